"""A file system without hard links: one run owns a folder all the same, and no unit is written over."""
import os
import shutil
import signal
import time

import faults as f
import killing

LONG = f.tiny(limit=30, unit_items=1, stages="capture,metrics")
QUICK = {"VRP_OWNER_SECONDS": "1"}


def launch(run, error, *more):
    """A run without links, each commit of which takes its time."""
    return f.start(run, 2, [*more, f"link:*:0:*:{error}", "fsync:*/unit-*.part-*:0:*:delay=200"], LONG, env=QUICK)


def until_units(run, process, more):
    end = time.monotonic() + 60
    while len(killing.unit_files(run)) < more:
        f.h.check(process.poll() is None and time.monotonic() < end, f"no unit is finished\n{f.h.log_tail(run)}")
        time.sleep(0.02)


def main():
    _, expected = f.reference(LONG)
    for error in ("EPERM", "EOPNOTSUPP"):
        # Two that have both found a new folder free: one takes it, the other is refused and leaves it alone.
        run, go = f.folder(error), f.folder(error + ".go")
        both = [launch(run, error, f"link:{run}/owner.json:0:1:until={go}") for _ in range(2)]
        end = time.monotonic() + 120
        while sum(line.endswith("owner.json until") for line in f.met(run)) < 2:
            f.h.check(time.monotonic() < end, f"two runs did not come to the folder\n{f.h.log_tail(run)}")
            time.sleep(0.02)
        open(go, "w").close()
        while all(process.poll() is None for process in both) and time.monotonic() < end:
            time.sleep(0.02)
        codes = [process.poll() for process in both]
        f.h.check(codes.count(6) == 1 and codes.count(None) == 1, f"{error}: {codes}\n{f.h.log_tail(run)}")
        said = f.h.log_tail(run)
        f.h.check("a live run holds this folder" in said and "taken this folder over" not in said, said)
        owner = both[codes.index(None)]
        until_units(run, owner, 1)
        f.h.check(any(line.startswith("link") and "owner.json" in line for line in f.met(run)), "no link was tried")
        # The owner dies: the next one takes over, and what was finished stays.
        for pid in [*f.h.ranks_of(run), owner.pid]:
            killing.send(pid, signal.SIGKILL)
        owner.wait()
        f.h.check(os.path.exists(os.path.join(run, "owner.json")), "the dead owner's record is gone")
        before = killing.unit_files(run)
        next_one = launch(run, error)
        f.h.check(next_one.wait(timeout=120) == 0, f"{error}: {next_one.returncode}\n{f.h.log_tail(run)}")
        now = killing.unit_files(run)
        f.h.check(all(now.get(file) == facts for file, facts in before.items()), "a finished unit is another file")
        f.heals(run, expected, arguments=LONG)
    print("without hard links one run owns the folder, a second one is refused, a dead one is followed")
    shutil.rmtree(f.WORK)


main()
