"""Capture and consistency in one pass of the model, or each by itself: the same files.

A sweep of both stages runs with [run] share_pass and without, on one rank and on two, and once more after some files of
either stage were removed, so that some units have their companion to do and others do not.
"""
import glob
import os
import re
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness

STAGES = ["--set", "sweep.stages=capture consistency"]


def units(run, stage):
    return sorted(glob.glob(f"{run}/*/*/{stage}@*/*.h5"))


def started_together(run):
    """How many units were begun right behind another that was not yet finished, by the ranks' logs."""
    count = 0
    for path in glob.glob(f"{run}/logs/rank-*.log"):
        with open(path) as log:
            said = [re.sub(r"^.*?: ", "", line) for line in log]
        count += sum(a.startswith("starts ") and b.startswith("starts ") and "/consistency@" in b
                     for a, b in zip(said, said[1:]))
    return count


def main():
    data = harness.prepare()
    with tempfile.TemporaryDirectory() as folder:
        arguments = harness.sweep_arguments(data, limit=12, unit_items=3) + STAGES
        apart = os.path.join(folder, "apart")
        harness.run_whole(apart, 1, arguments + ["--set", "run.share_pass=0"])
        expected = harness.digest(apart)
        harness.check(started_together(apart) == 0, "share_pass = 0 ran units together")
        for ranks in (1, 2):
            run = os.path.join(folder, f"together-{ranks}")
            # What is asked at once on a GPU is nothing to the CPU, and nothing that a result is filed under.
            harness.run_whole(run, ranks, arguments + ["--set", f"run.batch={ranks}"])
            found = harness.digest(run)
            harness.check(found == expected, f"{ranks} ranks with share_pass: digest {found}, expected {expected}")
            pairs = len(units(run, "capture"))
            harness.check(pairs == len(units(run, "consistency")) == 12, f"{pairs} units of capture")
            together = started_together(run)
            # Two ranks may share the last units out between them.
            harness.check(pairs - ranks < together <= pairs, f"{ranks} ranks: {together} of {pairs} pairs ran together")
        for path in units(run, "capture")[::3] + units(run, "consistency")[1::2]:
            os.remove(path)
        harness.run_whole(run, 1, arguments)
        harness.check(harness.digest(run) == expected, "other files after some were computed again")
        shutil.rmtree(run)
    print("share_pass: the same digest in one pass and in two, on 1 and 2 ranks, and half of the units again")


main()
