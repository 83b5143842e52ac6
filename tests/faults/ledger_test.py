"""Rank 0's journal, events and log on a file system that stalls: units are handed out all the same, and
the run ends in the same digest with every line written. When it never answers again, the run still ends."""
import json
import os
import shutil
import time

import faults as f

MANY = f.tiny(limit=20, unit_items=1, stages="capture,metrics")
HELD = 2  # units that a rank holds at a time: all it can finish without rank 0


def until(true, process, message, seconds=120):
    end = time.monotonic() + seconds
    while not true():
        if process.poll() is not None:
            f.h.check(False, f"{message}; the run ended with {process.returncode}")
        f.h.check(time.monotonic() < end, message)
        time.sleep(0.02)


def units(run):
    return [file for file in f.files(run) if "/unit-" in file and file.endswith(".h5")]


def noted(run):
    """Files in the journal, and in events of finished units."""
    with open(os.path.join(run, "units.journal")) as lines:
        journal = [line.split()[-1] for line in lines if not line.startswith("#")]
    with open(os.path.join(run, "events.jsonl")) as lines:
        events = [json.loads(line) for line in lines]
    f.h.check(events[-1]["event"] == "end", f"the last event is {events[-1]}")
    return sorted(journal), sorted(event["file"] for event in events if event["event"] == "unit")


def complete(run, expected):
    f.h.check(f.h.digest(run) == expected, f"{run}: another digest")
    journal, events = noted(run)
    f.h.check(journal == units(run), f"{run}: the journal names {len(journal)} of {len(units(run))} units")
    f.h.check(events == units(run), f"{run}: the events name {len(events)} of {len(units(run))} units")


def stalls(name, pattern, after, expected, count):
    """Writes of rank 0 do not come back until all units are done."""
    run, go = f.folder(name), f.folder(name + ".go")
    process = f.start(run, 2, [f"write:{run}/{pattern}:{after}:*:until={go}"],
                      [*MANY, "--set", "run.heartbeat=10", "--set", "run.straggler_seconds=1"])
    held = lambda: any("until" in line for line in f.met(run))  # noqa: E731
    until(held, process, f"{name}: no call was held\n{f.h.log_tail(run)}")
    begun = len(units(run))
    f.h.check(begun + 2 * HELD < count, f"{name}: {begun} of {count} units were done before anything stalled")
    until(lambda: len(units(run)) == count, process,
          f"{name}: {len(units(run))} of {count} units while a call of rank 0 stalls\n{f.h.log_tail(run)}")
    open(go, "w").close()
    f.h.check(process.wait(timeout=120) == 0, f"{name}: exit code {process.returncode}\n{f.h.log_tail(run)}")
    complete(run, expected)


def slow(expected, count):
    """Half a second a call: the lines of many units become one write."""
    run = f.folder("slow")
    f.faulty(run, [f"open,write:{run}/units.journal:0:*:delay=500", f"open,write:{run}/events.jsonl:0:*:delay=500"], 0,
             ranks=2, arguments=MANY)
    complete(run, expected)
    writes = sum(line.startswith("write") and "units.journal" in line for line in f.met(run))
    f.h.check(writes < count, f"{writes} writes to the journal for {count} units")
    print(f"{count} units, {writes} slow writes to the journal")


def never(expected):
    """The journal never answers again: the job ends with 75 and the next start finishes it."""
    run = f.folder("never")
    f.faulty(run, [f"write:{run}/units.journal:1:*:until=/nowhere/at/all"], 75, "does not answer",
             "the next start checks their files", ranks=2, arguments=[*MANY, "--set", "run.heartbeat=10"])
    f.heals(run, expected, arguments=MANY)


def damaged(expected, count):
    """A damaged input is out of the way before its unit is computed again, however slow that is."""
    run = f.folder("damaged")
    f.h.run_whole(run, 2, f.tiny(limit=20, unit_items=1, stages="capture"))
    victim = units(run)[3]
    facts = os.stat(os.path.join(run, victim))
    with open(os.path.join(run, victim), "r+b") as file:  # the journal goes on to vouch for it
        file.seek(facts.st_size // 2)
        file.write(b"\xff" * 64)
    os.utime(os.path.join(run, victim), ns=(facts.st_atime_ns, facts.st_mtime_ns))
    f.faulty(run, [f"rename:{run}/{victim}.bad:0:*:delay=3000"], 0, "input is damaged and will be computed again",
             ranks=2, arguments=MANY)
    f.h.check(os.path.exists(os.path.join(run, victim + ".bad")), "the damaged file was not set aside")
    os.remove(os.path.join(run, victim + ".bad"))
    f.h.check(len(units(run)) == count, f"{len(units(run))} of {count} units")
    f.heals(run, expected, arguments=MANY)


def main():
    kept, expected = f.reference(MANY)
    count = len(units(kept))
    stalls("journal", "units.journal", 1, expected, count)
    stalls("events", "events.jsonl", 1, expected, count)
    stalls("log", "logs/rank-0000.log", 6, expected, count)  # rank 1 repeats what rank 0 is held up in
    slow(expected, count)
    never(expected)
    damaged(expected, count)
    print("rank 0's files may stall: units are handed out, every line is written in the end")
    shutil.rmtree(f.WORK)


main()
