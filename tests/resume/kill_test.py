"""However often a run is killed, and on however many ranks, its results are those of an unbroken one.

Ranks or mpirun itself are killed with SIGKILL at random moments (at least 20 kills, seeded), and
every killed run is continued by the same command until it is complete.
"""
import os
import random
import shutil
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness as h

KILLS = 22
KILLS_A_FOLDER = 5


def kill_once(run, arguments, rng):
    """Starts the run and kills something at a random moment; True when the kill hit a live run."""
    ranks = rng.randint(1, 4)
    process = h.start(run, ranks, arguments)
    wait = rng.uniform(0.2, 4.0)
    time.sleep(wait)
    victims = h.ranks_of(run)
    whole_job = rng.random() < 0.3
    hit = process.poll() is None and (whole_job or bool(victims))
    if hit:
        try:
            os.kill(process.pid if whole_job else rng.choice(victims), signal.SIGKILL)
        except ProcessLookupError:
            hit = False
    process.wait()
    for _ in range(200):  # ranks whose mpirun was killed notice it and leave
        if not h.ranks_of(run):
            break
        time.sleep(0.1)
    for pid in h.ranks_of(run):
        os.kill(pid, signal.SIGKILL)
    time.sleep(0.05)
    print(f"  {ranks} ranks, {'mpirun' if whole_job else 'a rank'} killed after {wait:.1f} s: "
          f"{'hit' if hit else 'was over already'}", flush=True)
    return hit


def main():
    data = h.prepare()
    arguments = h.sweep_arguments(data)
    work = tempfile.mkdtemp(prefix="vrp_kill_")
    reference = os.path.join(work, "reference")
    h.run_whole(reference, 1, arguments)
    expected = h.digest(reference)
    rng = random.Random(20260617)
    kills = folder = starts = 0
    while kills < KILLS:
        folder += 1
        h.check(folder <= 4 * KILLS, "runs end before they can be killed")
        run = os.path.join(work, f"killed{folder}")
        for _ in range(KILLS_A_FOLDER):
            starts += 1
            kills += kill_once(run, arguments, rng)
        h.run_whole(run, rng.randint(1, 4), arguments)
        found = h.digest(run)
        h.check(found == expected, f"{run}: digest {found}, an unbroken run has {expected}")
        shutil.rmtree(run)
    shutil.rmtree(work)
    print(f"{kills} kills in {starts} starts of {folder} runs: every digest is {expected}")


main()
