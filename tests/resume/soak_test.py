"""However often a run is killed, nothing that was finished is lost or computed again.

    soak_test.py --kills 500 --seed 7 [--minutes 60] [--limit 40] [--keep]

One sweep of many short units at a time is started by the same command, on a random number of ranks,
and killed at a random moment: in start-up, in a unit, in a commit, while tables are written; a rank,
mpirun or everything at once; SIGKILL mostly, else SIGTERM, SIGUSR2, SIGINT or SIGSTOP first. Now and
then a finished unit is truncated or altered between two starts. After every start each finished unit
is the very same file as before, no finished unit was started, the journal knows each once, and the
start has made progress unless it was killed before it could. A complete sweep has the digest and,
byte for byte, the tables of an unbroken run; then the next sweep begins. Kills that met a live job
are counted. With the same seed the same choices are made, though the machine's timing differs.
"""
import argparse
import filecmp
import os
import random
import re
import shutil
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness as h
import killing as k

WEAPONS = {"a rank killed": 30, "mpirun killed": 20, "all killed at once": 22, "SIGTERM to a rank": 5,
           "SIGUSR2 to a rank": 4, "SIGINT to a rank": 4, "SIGUSR2 to mpirun": 5,
           "a rank stopped, then all killed": 10}
MOMENTS = {"time": 55, "start-up": 10, "commit": 35}
TABLE_KILLS = 4  # a sweep: how often its tables are interrupted
SETTLE = 3.0     # seconds a loaded machine may add to the longest unit before "no progress" is a fault


def choose(weights, rng):
    return rng.choices(list(weights), list(weights.values()))[0]


def longest_unit(run):
    """Seconds between two lines of a one-rank run's log, at most: no unit took longer."""
    with open(os.path.join(run, "logs", "rank-0000.log")) as log:
        times = [re.match(r"\d+-\d+-\d+T(\d+):(\d+):(\d+)Z", line) for line in log]
    seconds = [int(t[1]) * 3600 + int(t[2]) * 60 + int(t[3]) for t in times if t]
    return max((b - a) % 86400 for a, b in zip(seconds, seconds[1:])) + 1


def files_below(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names)


def same_end(run, reference, expected, harms):
    """A complete run against an unbroken one."""
    found = h.digest(run)
    h.check(found == expected, f"{run}: digest {found}, an unbroken run has {expected}")
    tables = [os.path.join(folder, "reduce") for folder in (run, reference)]
    names = [files_below(folder) for folder in tables]
    h.check(names[0] == names[1] and names[0], f"{run}: other tables: {set(names[0]) ^ set(names[1])}")
    for name in names[0]:
        h.check(filecmp.cmp(*[os.path.join(folder, name) for folder in tables], shallow=False),
                f"{run}: reduce/{name} differs from the unbroken run's")
    left = [f for f in files_below(run) if ".part-" in f or ".tmp-" in f or "owner.json" in f]
    h.check(not left, f"{run}: killed starts left {left[:5]}")
    bad = [f for f in files_below(run) if ".h5.bad" in f]
    h.check(len(bad) == harms, f"{run}: {len(bad)} files set aside, {harms} were damaged")


class Soak:
    def __init__(self, arguments, options):
        self.arguments, self.options = arguments, options
        self.rng = random.Random(options.seed)
        self.kills = self.starts = self.sweeps = self.harms = self.idle = 0
        self.began = time.monotonic()

    def over(self):
        late = self.options.minutes and time.monotonic() - self.began > 60 * self.options.minutes
        return self.kills >= self.options.kills or late

    def one_start(self, ledger, moment, span):
        """Starts, kills, checks. Returns how many units were finished, and whether the start had
        come to its first unit."""
        rng, run = self.rng, ledger.run
        words = []
        if rng.random() < 0.08:
            words.append(ledger.harm(rng))
        ledger.begin()
        ranks, weapon = rng.randint(1, self.options.ranks), choose(WEAPONS, rng)
        process = h.start(run, ranks, self.arguments)
        when = k.wait_for_moment(moment, ledger, process, rng, span)
        worked = ledger.works()
        hit = k.strike(weapon, process, run, rng)
        graceful = weapon in k.GRACEFUL
        code = k.bury(process, run, 60 if graceful else 15)
        self.starts += 1
        self.kills += hit
        if hit and graceful and worked:
            h.check(code in (0, 75), f"{weapon}: exit code {code}, expected 75\n{h.log_tail(run)}")
        h.check(hit or code in (0, 75), f"{run}: exit code {code} without a kill\n{h.log_tail(run)}")
        progress = ledger.end()
        words += [f"{ranks} ranks", f"{weapon} {when}" if hit else "was over before the kill", f"{progress} units"]
        print(f"  kill {self.kills}: " + ", ".join(words), flush=True)
        return progress, worked

    def one_sweep(self, reference, expected, total, grace):
        self.sweeps += 1
        run = os.path.join(os.path.dirname(reference), f"sweep{self.sweeps}")
        ledger, span, fruitless, table_kills = k.Ledger(run, total), self.options.span, 0, 0
        while not self.over():
            complete = ledger.complete()
            if complete and table_kills == TABLE_KILLS:
                break
            moment = "tables" if complete else choose(MOMENTS, self.rng)
            table_kills += complete
            progress, worked = self.one_start(ledger, moment, span)
            # A start that was not let to work explains itself; one that had time must have used it.
            fruitless = 0 if progress or complete or not worked else fruitless + 1
            self.idle += progress == 0
            span = self.options.span * 1.5 ** fruitless
            h.check(span < grace * 4, f"{run}: {fruitless} starts in a row, the last of up to {span:.0f} s, "
                    f"finished no unit; the longest takes {grace:.0f} s\n{h.log_tail(run)}")
        ledger.begin()
        h.run_whole(run, self.rng.randint(1, self.options.ranks), self.arguments)
        ledger.end()
        h.check(ledger.complete(), f"{run}: exit code 0, but not every unit is there")
        same_end(run, reference, expected, sum(ledger.harms.values()))
        self.harms += sum(ledger.harms.values())
        print(f"sweep {self.sweeps}: complete after {self.kills} kills in {self.starts} starts, digest as expected",
              flush=True)
        if not self.options.keep:
            shutil.rmtree(run)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=24, help="end after so many kills of live jobs")
    parser.add_argument("--seed", type=int, default=20260617)
    parser.add_argument("--minutes", type=float, default=0, help="... or after so many minutes")
    parser.add_argument("--limit", type=int, default=20, help="items of each set: the length of a sweep")
    parser.add_argument("--ranks", type=int, default=6, help="a start takes 1 to so many ranks")
    parser.add_argument("--span", type=float, default=3, help="a start works for up to so many seconds")
    parser.add_argument("--keep", action="store_true", help="keep the folders")
    options = parser.parse_args()
    arguments = h.sweep_arguments(h.prepare(), limit=options.limit, unit_items=1)
    work = tempfile.mkdtemp(prefix="vrp_soak_")
    reference = os.path.join(work, "reference")
    h.run_whole(reference, 1, arguments)
    expected, total = h.digest(reference), len(k.unit_files(reference))
    soak = Soak(arguments, options)
    grace = longest_unit(reference) + SETTLE
    print(f"{work}: sweeps of {total} units, digest {expected}, seed {options.seed}", flush=True)
    while not soak.over():
        soak.one_sweep(reference, expected, total, grace)
    if not options.keep:
        shutil.rmtree(work)
    print(f"{soak.kills} kills in {soak.starts} starts of {soak.sweeps} sweeps with {total} units each, {soak.harms} "
          f"files damaged, {soak.idle} starts killed before they finished a unit: nothing finished was lost or "
          f"computed again, every digest is {expected}, tables equal byte for byte; "
          f"{(time.monotonic() - soak.began) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
