"""Runs a program on a given number of cores and tells how long it took and how much it held."""
import os
import subprocess
import tempfile
import time


class Failed(RuntimeError):
    pass


def run(command, cores, environment=None):
    """(seconds, peak resident MB of the largest process, standard output). Both sides of the
    benchmark are bound to the same cores, so that helper threads are paid for by either."""
    chosen = sorted(os.sched_getaffinity(0))[:cores]
    env = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
           "TOKENIZERS_PARALLELISM": "false", "HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "",
           **(environment or {})}
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        start = time.perf_counter()
        child = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=out,
                                 stderr=err, env=env,
                                 preexec_fn=lambda: os.sched_setaffinity(0, chosen))
        _, status, usage = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        err.seek(0)
        text = out.read()
        if child.returncode != 0:
            raise Failed(f"{' '.join(map(str, command))[:300]}: exit code {child.returncode}\n"
                         f"{(text + err.read())[-3000:]}")
    return seconds, round(usage.ru_maxrss / 1024), text
