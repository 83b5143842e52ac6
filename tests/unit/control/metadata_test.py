#!/usr/bin/env python3
"""A start and vrp status of many finished units open no result that the journal knows, look at each file
once and list each folder once; a lost journal is rebuilt by one look at each; the manifest does not grow
with the units."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

BIN = os.environ["VRP_BIN"]
UNITS = 2400


def check(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


def run(folder, units):
    done = subprocess.run([os.path.join(BIN, "metadata_program"), folder, str(units)],
                          capture_output=True, text=True)
    check(done.returncode == 0, done.stderr)
    return json.loads(done.stdout)


def opened_results(command):
    """Names of unit files that a command opens, by strace; None where it cannot be used."""
    if not shutil.which("strace"):
        return None
    with tempfile.NamedTemporaryFile() as trace:
        done = subprocess.run(["strace", "-f", "-e", "trace=open,openat", "-o", trace.name, *command],
                              capture_output=True)
        text = open(trace.name, errors="replace").read()
    if done.returncode != 0 or "units.journal" not in text:
        return None
    return re.findall(r'"([^"]*/unit-[^"]*\.h5)"', text)


with tempfile.TemporaryDirectory() as scratch:
    small, large = (run(os.path.join(scratch, str(n)), n) for n in (UNITS // 4, UNITS))
    check(large["units"] == UNITS and large["status_done"] == UNITS, f"units: {large}")
    check(large["resume"] == {**large["resume"], "done": UNITS, "folders": 12, "looked_at": UNITS, "seals": 0,
                              "opened": 0}, f"resume: {large['resume']}")
    lost = large["resume_without_journal"]
    check(lost == {**lost, "done": UNITS, "folders": 12, "looked_at": UNITS, "seals": UNITS, "opened": UNITS},
          f"resume without a journal: {lost}")
    check(large["manifest_bytes"] < small["manifest_bytes"] + 200, "the manifest grows with the units")
    check(abs(large["journal_bytes"] / small["journal_bytes"] - 4) < 0.2, "the journal is not linear")
    opened = opened_results([os.path.join(BIN, "vrp"), "status", os.path.join(scratch, str(UNITS))])
    print("strace:", "cannot be used here" if opened is None else f"{len(opened)} results opened")
    check(not opened, f"vrp status opens {opened and opened[:3]}")
