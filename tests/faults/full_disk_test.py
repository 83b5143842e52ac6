"""A full disk or a used quota, wherever it strikes: 75, a message that names file and reason, nothing
half under a final name, and with space again the same command ends in the same digest."""
import shutil

import faults as f

# What fails, at which call, and whether the run goes on without it. "at" is in the message.
STOPS = [
    ("mkdir:*/capture@*:0:*:ENOSPC", "No space left on device", "capture@"),
    ("write:*/unit-*.part-*:0:*:ENOSPC", "No space left on device", "unit-"),
    ("write:*/unit-*.part-*:30000B:*:EDQUOT", "Disk quota exceeded", "unit-"),
    ("fsync:*/unit-*.part-*:1:*:ENOSPC", "No space left on device", "flush failed"),
    ("close:*/unit-*.part-*:1:*:EDQUOT", "Disk quota exceeded", "close failed"),
    ("rename:*/unit-*.part-*:0:*:ENOSPC", "No space left on device", "unit-"),
    ("link:*/unit-*.h5:0:*:EDQUOT", "Disk quota exceeded", "unit-"),
    ("write:*manifest.json.tmp-*:0:*:ENOSPC", "No space left on device", "manifest.json"),
    ("rename:*/manifest.json:0:*:ENOSPC", "No space left on device", "manifest.json"),
    ("write:*/items/*.tmp-*:0:*:ENOSPC", "No space left on device", "items/demo_pope.h5"),
    ("write:*owner.json.tmp-*:0:*:ENOSPC", "No space left on device", "owner.json"),
]
TABLES = [("write:*/reduce/tables/*.tmp-*:3:*:ENOSPC", "No space left on device", "reduce/tables")]
GOES_ON = ["write:*/units.journal:0:*:ENOSPC", "write:*/events.jsonl:0:*:ENOSPC",
           "write,writev:*/logs/rank-*:0:*:ENOSPC", "write:*/owner.json:0:1:ENOSPC",
           "open:*/units.journal:0:*:EDQUOT"]


def main():
    _, expected = f.reference()
    run = f.folder("stops")
    # Each start on the folder that the last one left: whatever was finished stays so.
    for rule, text, at in STOPS:
        if "items" in rule:
            shutil.rmtree(run + "/items", ignore_errors=True)
        f.faulty(run, [rule], 75, text, at, ranks=2 if "30000B" in rule else 1)
        f.check_all(run)
    f.heals(run, expected)
    for rule, text, at in TABLES:
        f.faulty(run, [rule], 75, text, at)
        f.heals(run, expected)
    print(f"{len(STOPS) + len(TABLES)} places of a full disk end with 75 and heal")
    for rule in GOES_ON:
        run = f.folder("goes_on")
        shutil.rmtree(run, ignore_errors=True)
        said = f.faulty(run, [rule], 0, ranks=2, env={"VRP_OWNER_SECONDS": "0.2"})
        f.h.check("units.journal" not in rule or said.count("next start checks") == 1,
                  f"{rule}: said {said.count('next start checks')} times, expected once:\n{said}")
        f.h.check(f.h.digest(run) == expected, f"{rule}: another digest")
        f.heals(run, expected)
    print(f"{len(GOES_ON)} files that a run can do without stop nothing")
    shutil.rmtree(f.WORK)


main()
