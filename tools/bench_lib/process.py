"""Runs a program on a given number of cores and tells how long it took and how much it held."""
import os
import pathlib
import re
import subprocess
import tempfile
import threading
import time

LOOK_S = 0.01  # between two looks at a process's memory


class Failed(RuntimeError):
    pass


class OwnMemory:
    """The most that a process held of its own, in MB: anonymous and shared pages, without those of
    mapped files, which are its program's and libraries'. Looked at every LOOK_S seconds."""

    def __init__(self):
        self.peak_mb = 0
        self._over = threading.Event()

    def watch(self, pid):
        self._thread = threading.Thread(target=self._look, args=(pathlib.Path(f"/proc/{pid}/status"),))
        self._thread.start()

    def _look(self, status):
        while not self._over.wait(LOOK_S):
            try:
                found = re.findall(r"Rss(?:Anon|Shmem):\s+(\d+) kB", status.read_text())
            except OSError:
                return
            self.peak_mb = max(self.peak_mb, sum(map(int, found)) / 1024)

    def stop(self):
        self._over.set()
        self._thread.join()


def run(command, cores, environment=None, own=None):
    """(seconds, peak resident MB of the largest process, standard output). Both sides of the
    benchmark are bound to the same cores, so that helper threads are paid for by either. `own`: an
    OwnMemory that watches the process itself, not its children."""
    chosen = sorted(os.sched_getaffinity(0))[:cores]
    env = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
           "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "",
           **(environment or {})}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        child = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=err, env=env,
                                 preexec_fn=lambda: os.sched_setaffinity(0, chosen))
        if own:
            own.watch(child.pid)
        _, status, usage = os.wait4(child.pid, 0)
        if own:
            own.stop()
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        text = out.read()
        if child.returncode != 0:
            raise Failed(f"{' '.join(map(str, command))[:300]}: exit code {child.returncode}\n"
                         f"{(text + err.read())[-3000:]}")
    return seconds, round(usage.ru_maxrss / 1024), text
