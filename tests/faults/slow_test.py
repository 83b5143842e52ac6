"""A slow file system: every call takes longer, the heart goes on beating, and the result is the same."""
import json
import os
import shutil
import statistics
import time

import faults as f


def beats(run):
    try:
        with open(os.path.join(run, "owner.json")) as file:
            return json.load(file)["beats"]
    except (OSError, ValueError):
        return None


INTERVAL = 0.5  # seconds between heartbeats


def main():
    _, expected = f.reference()
    run = f.folder("slow")
    process = f.start(run, 2, [f"open,stat,read,write,fsync,close,link,rename,mkdir:{run}/*:0:*:delay=12",
                               f"fsync,write:{run}/*unit-*:3:2:delay=1000"], env={"VRP_OWNER_SECONDS": str(INTERVAL)})
    seen = {}  # number of a beat: when it was first seen
    while process.poll() is None:
        seen.setdefault(beats(run), time.monotonic())
        time.sleep(0.02)
    seen.pop(None, None)
    f.h.check(process.returncode == 0, f"exit code {process.returncode}\n{f.h.log_tail(run)}")
    f.h.check(len(seen) >= 4, f"the heart beat {len(seen)} times on a slow disk, expected at least 4")
    # Without a thread of its own the heart would beat only when two and a half intervals are over, and
    # at a few steps of the run that look at the disk anyway.
    at = sorted(seen.items())
    gap = statistics.median((t1 - t0) / (n1 - n0) for (n0, t0), (n1, t1) in zip(at, at[1:]))
    f.h.check(gap < 2.5 * INTERVAL, f"{gap:.2f} s between beats, asked for was {INTERVAL}")
    f.h.check(f.h.digest(run) == expected, "a slow disk changed the digest")
    f.heals(run, expected)
    print(f"{len(f.met(run))} slow calls, {len(seen)} heartbeats seen, same digest")
    shutil.rmtree(f.WORK)


main()
