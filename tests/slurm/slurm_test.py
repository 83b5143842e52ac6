"""Sweeps on a real Slurm end in the digest of an unbroken run, whatever happens on the way.

slurm_test.py [SCENARIO...]: all scenarios of scenarios.py, or some. Exit code 77 where Slurm is not
installed. VRP_KEEP=1 keeps the folders.
"""
import concurrent.futures
import os
import shutil
import sys
import tempfile
import time
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import cluster as slurm
import harness as h
import jobs
import scenarios

NODES = 7
AT_ONCE = 5


def reference(folder, data):
    """The digest of a run without Slurm and without interruption."""
    run = os.path.join(folder, "reference")
    h.run_whole(run, 2, ["-C", jobs.SWEEP, *jobs.run_options(data)])
    return h.digest(run)


def perform(scenario, cluster, pool, folder, data, expected):
    nodes = pool.take(scenario.nodes)
    start = time.monotonic()
    sweep = jobs.Sweep(cluster, folder, scenario.__name__, nodes, data)
    try:
        scenario(sweep, expected)
        problem = None
    except (Exception, SystemExit):  # SystemExit: a check of harness.py
        problem = traceback.format_exc() + "--- the job's log\n" + sweep.text()[-6000:]
    finally:
        for job in sweep.ids:
            cluster.call("scancel", job)
        pool.give(nodes)
    print(f"{jobs.now()} {'ok    ' if problem is None else 'FAILED'} {scenario.__name__} "
          f"({time.monotonic() - start:.0f} s)", flush=True)
    return problem


def main():
    missing = slurm.missing_programs()
    if missing:
        print("skipped: Slurm is not installed here; missing: " + " ".join(missing)
              + " (Debian: slurmctld slurmd slurm-client munge; tools/setup installs them)")
        sys.exit(77)
    chosen = [s for s in scenarios.ALL if not sys.argv[1:] or s.__name__ in sys.argv[1:]]
    h.check(chosen, f"no scenario {sys.argv[1:]}; there are {[s.__name__ for s in scenarios.ALL]}")
    data = h.prepare()
    folder = tempfile.mkdtemp(prefix="vrp_slurm_runs with a space_")
    problems = {}
    with slurm.Cluster(nodes=NODES) as cluster:
        try:
            expected = reference(folder, data)
            pool = jobs.NodePool([f"n{i + 1}" for i in range(NODES)])
            with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as executor:
                started = {s.__name__: executor.submit(perform, s, cluster, pool, folder, data, expected)
                           for s in chosen}
                problems = {name: job.result() for name, job in started.items() if job.result()}
        finally:
            if problems:
                print(cluster.logs())
    for name, problem in problems.items():
        print(f"======== {name}\n{problem}")
    if not os.environ.get("VRP_KEEP"):
        shutil.rmtree(folder)
    h.check(not problems, "on Slurm: " + " ".join(problems))
    print(f"{len(chosen)} scenarios: every digest is {expected}")


main()
