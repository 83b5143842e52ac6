"""A slow file system: every call takes longer, the heart goes on beating, and the result is the same."""
import json
import os
import shutil
import time

import faults as f


def beats(run):
    try:
        with open(os.path.join(run, "owner.json")) as file:
            return json.load(file)["beats"]
    except (OSError, ValueError):
        return None


def main():
    _, expected = f.reference()
    run = f.folder("slow")
    process = f.start(run, 2, [f"open,stat,read,write,fsync,close,link,rename,mkdir:{run}/*:0:*:delay=12",
                               f"fsync,write:{run}/*unit-*:3:2:delay=1000"], env={"VRP_OWNER_SECONDS": "0.25"})
    seen = set()
    while process.poll() is None:
        seen.add(beats(run))
        time.sleep(0.05)
    seen.discard(None)
    f.h.check(process.returncode == 0, f"exit code {process.returncode}\n{f.h.log_tail(run)}")
    f.h.check(len(seen) >= 4, f"the heart beat {len(seen)} times on a slow disk, expected at least 4")
    f.h.check(f.h.digest(run) == expected, "a slow disk changed the digest")
    f.heals(run, expected)
    print(f"{len(f.met(run))} slow calls, {len(seen)} heartbeats seen, same digest")
    shutil.rmtree(f.WORK)


main()
