"""A disk that cannot read (EIO): 7 with file and reason, or an item's own failure; nothing is set
aside, nothing is lost. Short reads and writes and interrupted calls are nobody's business."""
import os
import shutil

import faults as f


def main():
    kept, expected = f.reference()
    run = f.folder("eio")
    for rule, at in (("read:*/capture@*/unit-*.h5:0:*:EIO", "capture@"), ("read:*/items/pope.h5:0:*:EIO", "pope.h5"),
                     ("read:*/model.safetensors:0:*:EIO", "model.safetensors"),
                     ("read:*/tokenizer.json:0:*:EIO", "tokenizer.json")):
        shutil.rmtree(run, ignore_errors=True)
        f.faulty(run, [rule], 7, "Input/output error", at)
        f.check_all(run)
        f.heals(run, expected)
    shutil.rmtree(run)
    f.faulty(run, ["read:*.jpg:0:1:EIO"], 3, "item results failed")
    f.h.run_whole(run, 2, f.ARGUMENTS + ["--retry-failed"])
    f.h.check(f.h.digest(run) == expected, "a picture read again gives another digest")
    # One read error in a start that checks all units: reported, not a damaged unit.
    run = f.folder("check")
    shutil.copytree(kept, run)
    os.remove(run + "/units.journal")
    f.faulty(run, ["read:*/capture@*/unit-*.h5:1:1:EIO"], 7, "Input/output error", "capture@")
    f.heals(run, expected)
    print("read errors give 7 and the file's name, a picture's one its item's reason")
    run = f.folder("short")
    f.faulty(run, [f"read,write:{f.WORK}/*:0:*:short", f"read:{f.h.SOURCE}/tests/data/*:0:*:short", f"read,write,open:{f.WORK}/*:5:3:EINTR"], 0, ranks=2, env={"VRP_OWNER_SECONDS": "0.2"})
    f.h.check(f.h.digest(run) == expected, "short reads and writes changed the digest")
    f.heals(run, expected)
    print(f"{len(f.met(run))} short or interrupted calls change nothing")
    shutil.rmtree(f.WORK)


main()
