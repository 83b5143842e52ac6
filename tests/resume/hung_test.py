"""A rank of a real run that hangs ends the job with 75 and a message; the same command then resumes at once."""
import json
import os
import pathlib
import signal
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
import harness as h  # noqa: E402


def rank_of(pid):
    for word in pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
        if word.startswith(b"OMPI_COMM_WORLD_RANK="):
            return int(word.split(b"=")[1])
    return -1


def main():
    data = h.prepare()
    with tempfile.TemporaryDirectory(prefix="vrp-hung-") as work:
        run = os.path.join(work, "run")
        arguments = [*h.sweep_arguments(data, limit=24, unit_items=1), "--stages", "capture"]
        job = h.start(run, 2, [*arguments, "--set", "run.heartbeat=3"])
        units = lambda: len(list(pathlib.Path(run).glob("*/*/capture@*/unit-*.h5")))  # noqa: E731
        for _ in range(3000):
            if units() >= 3:
                break
            h.check(job.poll() is None, "the run ended early:\n" + h.log_tail(run))
            time.sleep(0.02)
        hung = [pid for pid in h.ranks_of(run) if rank_of(pid) == 1]
        h.check(len(hung) == 1, f"processes of rank 1: {hung}")
        os.kill(hung[0], signal.SIGSTOP)
        code = job.wait(timeout=120)
        text = h.log_tail(run)
        h.check(code == 75, f"exit {code}, expected 75:\n{text}")
        h.check("rank 1 on " in text and "has been silent for" in text and "the same command resumes" in text, text)
        events = [json.loads(line) for line in open(os.path.join(run, "events.jsonl"))]
        told = [e for e in events if e["event"] == "hung"]
        h.check(len(told) == 1 and told[0]["rank"] == 1 and told[0]["host"], f"events: {told}")
        h.check(told[0]["file"].split("/")[-1] in text, f"the unit is named: {told}\n{text}")
        h.check(not os.path.exists(os.path.join(run, "owner.json")), "the folder is free")
        before = units()
        h.run_whole(run, 2, arguments)
        # Not fewer than before; all may be there already, if the rank stopped behind its last commit.
        h.check(units() == 72 >= before, f"{units()} units, {before} before")
        h.vrp("verify", run)
    print("a hung rank ends the job, the same command resumes")


if __name__ == "__main__":
    main()
