"""Stale handles and time-outs: a few are healed by another try, lasting ones are reported as such,
and a file that cannot be reached is never taken for a damaged one."""
import os
import shutil

import faults as f

READS = ["open,read,stat:*/unit-*.h5:0:2:ESTALE", "open:*/items/pope.h5:0:2:ESTALE",
         "read:*/items/pope.h5:0:1:ETIMEDOUT", "open,read:*/model.safetensors:0:2:ESTALE",
         "read:*/model.safetensors:1:1:EAGAIN", "open,read:*.jpg:0:3:ESTALE", "open:*/config.json:0:1:ESTALE",
         "open,read:*/manifest.json:0:1:ESTALE", "list:*@*:0:2:ESTALE"]
WRITES = ["open,fsync:*.part-*:0:2:ESTALE", "link,rename:*/unit-*:0:2:ETIMEDOUT", "rename:*/manifest.json:0:1:ESTALE",
          "fsync:*/reduce/*:0:2:ESTALE", "mkdir:*@*:0:2:ESTALE", "open,read,write,fsync:*/owner.json:0:2:ESTALE"]
LASTING = [("open:*/capture@*/unit-*.h5:0:*:ESTALE", "unit-"), ("read:*/capture@*/unit-*.h5:0:*:ETIMEDOUT", "unit-"),
           ("open:*/items/pope.h5:0:*:ESTALE", "items/pope.h5"), ("open:*.jpg:0:*:ESTALE", ".jpg")]


def main():
    kept, expected = f.reference()
    run = f.folder("once")
    for rules in (READS, WRITES):
        # A run from the start, and one that reads what another left; every rule must have been met.
        shutil.rmtree(run, ignore_errors=True)
        f.faulty(run, rules, 0, ranks=2, env={"VRP_OWNER_SECONDS": "0.2"})
        f.h.check(f.h.digest(run) == expected, "a few stale handles changed the digest")
        met = len({line.split(" ")[0] for line in f.met(run)})
        f.heals(run, expected)
        print(f"{len(f.met(run))} faults of {met} kinds of calls are healed by trying again")
    for rule, at in LASTING:
        run = f.folder("lasting")
        shutil.rmtree(run, ignore_errors=True)
        text = "Connection timed out" if "ETIMEDOUT" in rule else "Stale file handle"
        f.faulty(run, [rule], 75, text, at, "5 tries")
        f.check_all(run)
        f.heals(run, expected)
    # A resumed run whose journal is gone reads every unit: what it cannot reach stays where it is.
    run = f.folder("unreached")
    shutil.copytree(kept, run)
    before = [name for name in f.files(run) if "unit-" in name]
    f.h.check(before, "no units")
    os.remove(run + "/units.journal")
    f.faulty(run, ["read:*/metrics@*/unit-*.h5:0:*:ESTALE"], 75, "Stale file handle", "metrics@")
    f.h.check([name for name in f.files(run) if "unit-" in name] == before, "an unreachable unit was set aside")
    f.heals(run, expected)
    print("lasting ones end with 75, name the file, and nothing is set aside")
    shutil.rmtree(f.WORK)


main()
