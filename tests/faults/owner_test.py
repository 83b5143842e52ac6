"""Two runs on one folder, a run that sleeps through a take-over, a heart that cannot beat, a folder
that is deleted or moved under a live run."""
import json
import os
import shutil
import signal
import subprocess
import time

import faults as f
import killing

LONG = f.tiny(limit=40, unit_items=1, stages="capture,metrics,consistency")
QUICK = {"VRP_OWNER_SECONDS": "1"}


def begin(run, env=None, ranks=2):
    """A run that has finished a unit and goes on for half a minute: each commit takes long."""
    before = len(killing.unit_files(run))
    process = f.start(run, ranks, ["fsync:*/unit-*.part-*:0:*:delay=500"], LONG, env=dict(QUICK, **(env or {})))
    until(lambda: len(killing.unit_files(run)) > before or process.poll() is not None, "no unit is finished")
    f.h.check(process.poll() is None, f"over too early:\n{f.h.log_tail(run)}")
    return process


def until(true, message, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        f.h.check(time.monotonic() < end, message)
        time.sleep(0.01)


def second(run, *options, env=None, code=6, ranks=2):
    done = subprocess.run(f.h.command(run, ranks, [*LONG, *options]), capture_output=True, text=True, cwd=f.h.SOURCE,
                          env=dict(os.environ, **QUICK, **(env or {})))
    f.h.check(done.returncode == code, f"{options} {env}: exit code {done.returncode}, expected {code}\n{done.stderr}")
    return done.stderr


def stop(process, run):
    for pid in [*f.h.ranks_of(run), process.pid]:
        killing.send(pid, signal.SIGCONT)
    process.send_signal(signal.SIGUSR2)
    code = process.wait(timeout=120)
    f.h.check(code == 75, f"the first run was disturbed, exit code {code}:\n{f.h.log_tail(run)}")


def second_launch(expected):
    run = f.folder("second")
    process = begin(run, {"SLURM_JOB_ID": "4711"})
    for env in (None, {"VRP_OWNER_PLACE": "another host"}):
        said = second(run, env=env)
        for text in ("live run", "process", "job 4711", "scancel 4711", "--wait-live", run):
            f.h.check(text in said, f"the refusal does not say '{text}':\n{said}")
        f.h.check(said.count("live run holds") == 1, f"said more than once:\n{said}")
    second(run, "--wait-live", "0.5", ranks=1)
    second(run, "--wait-live", "-1", code=2, ranks=1)
    stop(process, run)
    # It waits for the end of the first and then finishes the run.
    def said():
        with open(run + ".waits") as log:
            return log.read()

    process = begin(run)
    with open(run + ".waits", "w") as log:
        waiting = subprocess.Popen(f.h.command(run, 1, [*LONG, "--wait-live", "120"]), cwd=f.h.SOURCE, stderr=log,
                                   env=dict(os.environ, **QUICK))
    until(lambda: "waiting for its end" in said(), "it does not say that it waits")
    stop(process, run)
    f.h.check(waiting.wait(timeout=300) == 0, f"the waiting run exits with {waiting.returncode}: {said()}")
    f.h.check(f.h.digest(run) == expected, "another digest")
    print("a second launch exits 6 and says who holds the folder; --wait-live waits for its turn")


def sleeper(expected):
    """All of a job is suspended, as by a preempting scheduler; a job on another host takes over."""
    run = f.folder("sleeper")
    process = begin(run, {"VRP_OWNER_PLACE": "host 0"})
    ranks = f.h.ranks_of(run)
    for pid in ranks:
        os.kill(pid, signal.SIGSTOP)
    ledger = killing.Ledger(run, 0)
    ledger.begin()
    new = subprocess.Popen(f.h.command(run, 2, [*LONG, "--wait-live", "60"]), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                           cwd=f.h.SOURCE, env=dict(os.environ, **QUICK, VRP_OWNER_PLACE="host 1"))
    until(lambda: json_token(run) == "host 1", "nobody takes over")
    until(lambda: len(killing.unit_files(run)) > len(ledger.known), "the new run finishes nothing")
    for pid in ranks:
        os.kill(pid, signal.SIGCONT)
    code = process.wait(timeout=60)
    f.h.check(code == 6, f"the sleeper exits with {code}, expected 6:\n{f.h.log_tail(run)}")
    f.h.check("taken this folder over" in f.h.log_tail(run), f.h.log_tail(run))
    said = new.communicate(timeout=300)[1]
    f.h.check(new.returncode == 0, f"the new run was disturbed: {new.returncode}\n{said}")
    now = killing.unit_files(run)
    f.h.check(all(now.get(file) == facts for file, facts in ledger.known.items()), "a finished unit is another file")
    f.h.check(f.h.digest(run) == expected, "another digest")
    f.h.run_whole(run, 1, LONG)
    print("a run that slept through a take-over exits 6 and disturbs nothing")


def json_token(run):
    try:
        with open(os.path.join(run, "owner.json")) as file:
            return json.load(file)["place"]
    except (OSError, ValueError):
        return ""


def heart(expected):
    slow = "fsync:*/unit-*.part-*:0:*:delay=200"  # the run lasts for many beats
    run = f.folder("heart")
    f.faulty(run, ["fsync:*/owner.json:1:1:EIO", slow], 0, "heartbeat cannot be flushed", "trying again",
             arguments=LONG, env=QUICK)
    f.h.check(f.h.digest(run) == expected, "another digest")
    run = f.folder("no_heart")
    f.faulty(run, ["write:*/owner.json:2:*:EIO", slow], 75, "heartbeat cannot be written", "Input/output error",
             "no heartbeat for", ranks=2, arguments=LONG, env=QUICK)
    f.check_all(run)
    f.h.run_whole(run, 2, LONG)
    f.h.check(f.h.digest(run) == expected, "another digest")
    print("one beat that fails is said and nothing more; many end the run with 75")


def gone(expected):
    run = f.folder("moved")
    process = begin(run)
    os.rename(run, run + "-elsewhere")
    code = process.wait(timeout=60)
    f.h.check(code == 7, f"a moved folder gives {code}, expected 7:\n{f.h.log_tail(run)}")
    f.h.check("deleted or moved" in f.h.log_tail(run), f.h.log_tail(run))
    f.h.check(not os.path.exists(run), f"the run made its folder anew: {f.files(run)[:5]}")
    os.rename(run + "-elsewhere", run)
    f.h.run_whole(run, 2, LONG)
    f.h.check(f.h.digest(run) == expected, "another digest")
    run = f.folder("deleted")
    process = begin(run)
    while os.path.exists(run) and process.poll() is None:
        shutil.rmtree(run, ignore_errors=True)  # the heart may put owner.json back in the middle of it
    code = process.wait(timeout=60)
    # A commit may fail in the middle of the deletion (75), before the heart sees that all is gone (7).
    f.h.check(code in (7, 75), f"a deleted folder gives {code}, expected 7:\n{f.h.log_tail(run)}")
    f.h.check(not os.path.exists(run) or not killing.unit_files(run), "the run went on in a folder made anew")
    print("a folder that is moved or deleted under a live run ends it with 7 and is not made anew")


def main():
    _, expected = f.reference(LONG)
    second_launch(expected)
    sleeper(expected)
    heart(expected)
    gone(expected)
    shutil.rmtree(f.WORK)


main()
