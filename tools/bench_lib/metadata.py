"""What a start and `vrp status` do with a run of many finished units, on the file system at hand.

The folder is made by the code of real runs (tests/unit/control/metadata_program.cpp): unit files are
names of a few sealed files, one line of journal and one event each.
"""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import process

ROOT = pathlib.Path(__file__).resolve().parents[2]
UNITS = (10_000, 100_000, 1_000_000)


def program(name):
    path = pathlib.Path(os.environ.get("VRP_BIN", ROOT / "build" / "bin")) / name
    if not path.exists():
        raise process.Failed(f"{path}: not there; build it first (cmake --build build -t {name})")
    return str(path)


def measure(units=UNITS, scratch=None):
    """A list of what metadata_program says, with the clock's seconds of the command `vrp status`."""
    rows = []
    for count in units:
        with tempfile.TemporaryDirectory(dir=scratch, prefix="vrp-metadata-") as root:
            run = f"{root}/run"
            pathlib.Path(run).mkdir()
            done = subprocess.run([program("metadata_program"), run, str(count)], check=True,
                                  capture_output=True, text=True)
            row = json.loads(done.stdout)
            shutil.move(f"{run}/units.journal.kept", f"{run}/units.journal")
            begin = time.monotonic()
            subprocess.run([program("vrp"), "status", run], check=True, stdout=subprocess.DEVNULL)
            row["vrp_status_command_seconds"] = time.monotonic() - begin
            rows.append(row)
            print(line(row), flush=True)
    return rows


def line(row):
    def both(name):
        entry = row[name].get("seconds", row[name])
        return f"{entry['clock']:.2f} s (processor {entry['processor']:.2f})"

    return (f"  {row['units']} units: start {both('resume')}, without a journal {both('resume_without_journal')}, "
            f"state of the run {both('status_seconds')}, vrp status {row['vrp_status_command_seconds']:.2f} s, "
            f"manifest {row['manifest_bytes']} bytes, journal {row['journal_bytes'] / 1e6:.1f} MB")
