"""Ranks that hang, fail or are slow, in real MPI jobs of toy units: the job ends as design 4 says."""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.join(os.environ["VRP_BIN"], "toy_run")
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--quiet"]


def check(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


class Job:
    def __init__(self, ranks, out=None, **arguments):
        self.folder = tempfile.TemporaryDirectory() if out is None else None
        self.out = pathlib.Path(self.folder.name if out is None else out)
        words = [f"{key}={value}" for key, value in arguments.items()]
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [*MPIRUN, "-n", str(ranks), PROGRAM, f"out={self.out}", *words], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def end(self, within):
        """Exit code; fails the test when the job does not end in time."""
        try:
            self.stdout, self.stderr = self.process.communicate(timeout=within)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                self.process.kill()
            sys.exit(f"FAILED: {self.process.args[7:]} did not end within {within} s")
        self.seconds = time.monotonic() - self.began
        return self.process.returncode

    def wait_for(self, ready, what):
        for _ in range(1000):
            if ready():
                return
            time.sleep(0.02)
        sys.exit(f"FAILED: no {what} within 20 s")

    def events(self, kind):
        lines = (self.out / "events.jsonl").read_text().splitlines()
        return [e for e in map(json.loads, lines) if e["event"] == kind]

    def units_done(self):
        return len(list(self.out.glob("m/*/capture@*/unit-*.h5")))

    def pid(self, rank):
        return int((self.out / f"pid-{rank}").read_text())

    def explain(self):
        return f"{self.process.args[7:]}: exit {self.process.returncode}\n{self.stdout}{self.stderr}"


def stopped_rank():
    job = Job(4, items=400, seconds=0.05, heartbeat=3)
    job.wait_for(lambda: job.units_done() > 8, "units")
    pid = job.pid(2)
    os.kill(pid, signal.SIGSTOP)
    code = job.end(within=30)
    check(code == 75, "a stopped rank: " + job.explain())
    check("rank 2 on toy2 has been silent for" in job.stderr and "the same command resumes" in job.stderr,
          "the message names the rank: " + job.stderr)
    hung = job.events("hung")
    check(len(hung) == 1 and hung[0]["rank"] == 2 and hung[0]["host"] == "toy2", f"events: {hung}")
    check("capture@" in hung[0]["file"] and hung[0]["file"] in job.stderr, f"unit: {hung}")
    job.wait_for(lambda: not os.path.exists(f"/proc/{pid}"), "end of the stopped process")
    before = job.units_done()
    again = Job(4, job.out, items=400, seconds=0.001)
    check(again.end(within=30) == 0 and again.units_done() == 401 > before, "resumes: " + again.explain())


def stopped_coordinator():
    job = Job(3, items=2000, seconds=0.05, heartbeat=1)
    job.wait_for(lambda: job.units_done() > 4, "units")
    os.kill(job.pid(0), signal.SIGSTOP)
    code = job.end(within=30)
    check(code == 75, "a stopped rank 0: " + job.explain())
    check("rank 0, which hands out the work, has been silent" in job.stderr, job.stderr)


def busy_main_thread():
    job = Job(3, items=40, seconds=0.05, heartbeat=6, busy="1:3")
    check(job.end(within=30) == 0, "half a heartbeat of silence: " + job.explain())


def long_units():
    job = Job(2, items=2, seconds=5, heartbeat=2)
    check(job.end(within=40) == 0, "units longer than a heartbeat: " + job.explain())


def failing_unit():
    job = Job(3, items=20, seconds=0.02, fail="5:1")
    check(job.end(within=30) == 0 and job.units_done() == 21, "a unit that one rank cannot do: " + job.explain())
    job = Job(3, items=20, seconds=0.02, fail="5:-1")
    check(job.end(within=30) == 7, "a unit that no rank can do: " + job.explain())
    check(job.units_done() == 20, f"{job.units_done()} of the others are done")
    failures = job.events("failure")
    check([f["attempt"] for f in failures] == [1, 2, 3] and len({f["rank"] for f in failures}) == 3,
          f"three ranks try it: {failures}")
    check(not job.events("retired"), "nobody is retired for it")


def failing_rank():
    for rank in (1, 0):
        job = Job(3, items=60, seconds=0.02, fail=f"-1:{rank}")
        check(job.end(within=30) == 0 and job.units_done() == 61, "a rank that cannot work: " + job.explain())
        retired = job.events("retired")
        check(len(retired) == 1 and retired[0]["rank"] == rank and retired[0]["host"] == f"toy{rank}",
              f"retired: {retired}")
        check(len(job.events("failure")) <= 8, f"{len(job.events('failure'))} failures")
    job = Job(3, items=6, seconds=0.02, fail="-1:-1")
    check(job.end(within=30) == 7 and job.units_done() == 0, "ranks that cannot work: " + job.explain())


def straggler():
    for options in ({}, {"hosts": 1}):
        job = Job(3, items=30, seconds=0.02, slow="3:60", straggler_seconds=1, **options)
        check(job.end(within=30) == 0 and job.units_done() == 31, "a straggler: " + job.explain())
        check(job.seconds < 20, f"its rank was waited for: {job.seconds} s")
    # The last unit of all, and the straggler may be rank 0 itself.
    job = Job(2, items=1, seconds=0.02, slow="0:60", straggler_seconds=1)
    check(job.end(within=30) == 0 and job.units_done() == 2, "one unit: " + job.explain())


def hung_unit():
    job = Job(3, items=30, seconds=0.02, hang="3:1", straggler=0, unit_timeout=2)
    check(job.end(within=30) == 0 and job.units_done() == 31, "a unit that hangs once: " + job.explain())
    retired = job.events("retired")
    check(len(retired) == 1 and "unit_timeout" in retired[0]["reason"], f"retired: {retired}")
    job = Job(2, items=30, seconds=0.02, hang="3:9", straggler=0, unit_timeout=2)
    check(job.end(within=30) == 75, "a unit that hangs everywhere: " + job.explain())
    check("no other rank is left" in job.stderr and len(job.events("hung")) == 1, job.stderr)


def stop_while_hung():
    job = Job(2, items=3000, seconds=0.02, hang="3:1", straggler=0, margin=1)
    job.wait_for(lambda: job.units_done() > 20, "units")
    job.process.send_signal(signal.SIGUSR2)  # mpirun passes it on
    check(job.end(within=30) == 75, "a stop while a unit hangs: " + job.explain())
    check(len(job.events("stop")) == 1 and job.units_done() < 3000, "stopped early")


def many_ranks():
    """64 ranks: every unit once, in the journal and in the events; a log that units alone make grow."""
    job = Job(64, items=640, seconds=0.1)
    check(job.end(within=120) == 0 and job.units_done() == 641, "64 ranks: " + job.explain())
    units = 2 * 641 + 3  # capture and metrics of both sets, their reduce and the pooled one
    files = [e["file"] for e in job.events("unit")]
    check(len(files) == len(set(files)) == units, f"{len(files)} events, expected {units}")
    journal = [line for line in (job.out / "units.journal").read_text().splitlines() if line[0] != "#"]
    check(len(journal) == units, f"{len(journal)} journal lines, expected {units}")
    check((job.out / "events.jsonl").stat().st_size < 250 * units, "events take less than 250 bytes a unit")


CASES = (stopped_rank, stopped_coordinator, busy_main_thread, long_units, failing_unit, failing_rank, straggler,
         hung_unit, stop_while_hung, many_ranks)

if __name__ == "__main__":
    chosen = sys.argv[1:] or [case.__name__ for case in CASES]
    for case in CASES:
        if case.__name__ in chosen:
            start = time.monotonic()
            case()
            print(f"{case.__name__}: {time.monotonic() - start:.1f} s", flush=True)
