"""Runs a tiny sweep on a file system that fails (shim.c), for the tests of this folder.

A case: start(...) with rules of the shim, which must have been met; then the same command without
faults must end in the digest of an undisturbed run, with nothing set aside and nothing half left.
"""
import atexit
import os
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "resume"))
import harness as h

SHIM = sys.argv[1]
DATA = h.prepare()
WORK = tempfile.mkdtemp(prefix="vrp_faults_")


def tiny(limit=6, unit_items=2, stages="capture,metrics,reduce"):
    """One model, one set, few stages: ten units in a second."""
    words, out = h.sweep_arguments(DATA, limit=limit, unit_items=unit_items), []
    for option, value in zip(words[::2], words[1::2]):
        if option == "--benchmarks":
            value = "demo_pope"
        if value.startswith("benchmark:") and "demo_pope" not in value:
            continue
        out += [option, value]
    return out + ["--stages", stages, "--set", "reduce.replicates=100"]


ARGUMENTS = tiny()


def end_runs():
    """A test that fails leaves no run behind, not even a suspended one."""
    for entry in os.listdir(WORK) if os.path.isdir(WORK) else []:
        for pid in h.ranks_of(os.path.join(WORK, entry)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


atexit.register(end_runs)


def folder(name):
    return os.path.join(WORK, name)


def start(run, ranks, rules, arguments=None, env=None):
    """Starts a run with faults; its output goes to RUN.log and its faults to RUN.faults."""
    words = h.command(run, ranks, arguments or ARGUMENTS)
    at = next(i for i, word in enumerate(words) if word.endswith("vrp-run"))
    # For vrp-run alone: mpirun would take a SLURM_JOB_ID for its own.
    inner = {"LD_PRELOAD": SHIM, "VRP_FAULTS": ";".join(rules), "VRP_FAULTS_LOG": run + ".faults", **(env or {})}
    words[at:at] = ["env", *(f"{name}={value}" for name, value in inner.items())]
    with open(run + ".log", "a") as log:
        return subprocess.Popen(words, stdout=log, stderr=log, cwd=h.SOURCE)


def met(run):
    """The faults that were injected so far."""
    try:
        with open(run + ".faults") as file:
            return file.read().splitlines()
    except FileNotFoundError:
        return []


def faulty(run, rules, code, *texts, ranks=1, arguments=None, env=None):
    """One start with faults: exit code, the faults were met, the message holds `texts`."""
    for name in (run + ".log", run + ".faults"):
        if os.path.exists(name):
            os.remove(name)
    got = start(run, ranks, rules, arguments, env).wait(timeout=300)
    with open(run + ".log", errors="replace") as file:
        said = file.read()
    h.check(met(run), f"{rules}: no such call was made\n{said[-2000:]}")
    h.check(got == code, f"{rules}: exit code {got}, expected {code}\n{said[-3000:]}\nfaults: {met(run)[-5:]}")
    for text in texts:
        h.check(text in said, f"{rules}: the message does not say '{text}':\n{said[-3000:]}")
    return said


def files(run):
    return sorted(os.path.relpath(os.path.join(at, name), run) for at, _, names in os.walk(run) for name in names)


def check_all(run):
    """The next start reads every unit and checks its seal: half a file would be set aside as .bad."""
    journal = os.path.join(run, "units.journal")
    if os.path.exists(journal):
        os.remove(journal)


def heals(run, expected, ranks=2, arguments=None):
    """The same command without faults."""
    h.run_whole(run, ranks, arguments or ARGUMENTS)
    found = h.digest(run)
    h.check(found == expected, f"{run}: digest {found}, an undisturbed run has {expected}")
    odd = [f for f in files(run) if ".bad" in f or ".part-" in f or ".tmp-" in f or "owner.json" in f]
    h.check(not odd, f"{run}: left behind or set aside: {odd}")


def reference(arguments=None):
    run = folder("reference")
    h.run_whole(run, 2, arguments or ARGUMENTS)
    return run, h.digest(run)
