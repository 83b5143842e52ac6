"""The scheduler on many ranks: simulated jobs of 1,000 and 10,000 ranks, and 64 real ranks with short units.

The simulation drives the coordinator of vrp-run with made-up ranks (tests/scale); unit times are
spread as measured in the demo (tests/scale/demo.times) around a mean of 10 seconds.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import process
from vrp_side import BIN

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMES = ROOT / "tests/scale/demo.times"
FAILURES = ["--unit-fails", "0.001", "--straggles", "0.0005", "--thread-hangs", "0.00002", "--broken-ranks", "0.002",
            "--slow-ranks", "0.01", "--rank-hours", "20000", "--hang-hours", "40000", "--unit-timeout", "900"]
INDEPENDENT = ["--independent"]
RUNS = (  # what, ranks, units, further options
    ("independent units", 1000, 100_000, INDEPENDENT),
    ("independent units", 1000, 400_000, INDEPENDENT),
    ("independent units", 1000, 1_000_000, INDEPENDENT),
    ("a sweep's graph", 1000, 100_000, []),
    ("a sweep's graph", 1000, 1_000_000, []),
    ("a sweep's graph, failures", 1000, 1_000_000, FAILURES),
    ("independent units", 10_000, 1_000_000, INDEPENDENT),
    ("a sweep's graph", 10_000, 1_000_000, []),
    ("a sweep's graph, failures", 10_000, 1_000_000, FAILURES),
    ("... of 60 s", 10_000, 1_000_000, [*FAILURES, "--unit-seconds", "60"]),
)
REAL_RANKS, REAL_UNITS, REAL_SECONDS = 64, 3200, 0.5


def simulate(what, ranks, units, options):
    _, _, text = process.run([BIN / "vrp-simulate", "--json", "--ranks", ranks, "--units", units, "--times", TIMES,
                              *options], 1)
    return {"what": what, **json.loads(text)}


def real_ranks(units):
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            ["mpirun", "--oversubscribe", "--bind-to", "none", "--quiet", "-n", str(REAL_RANKS), str(BIN / "toy_run"),
             f"out={folder}/run", f"items={units}", f"seconds={REAL_SECONDS}"], text=True, capture_output=True,
            env={**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}, check=False)
        if done.returncode != 0:
            raise process.Failed(f"64 ranks: exit code {done.returncode}\n{done.stderr[-3000:]}")
        found = json.loads(done.stdout.splitlines()[-1])
    found["cpu_us_per_unit"] = found["coordinator_cpu_seconds"] / found["units"] * 1e6
    found["us_per_unit"] = found["coordinator_seconds"] / found["units"] * 1e6
    return found


def print_header():
    print(f"{'simulated':<27}{'ranks':>7}{'units':>9}{'hours':>7}{'effic.':>8}{'us/unit':>8}{'p99 us':>7}{'queue':>7}"
          f"{'jobs':>5}{'fail':>6}{'repeat':>8}{'lost':>5}{'twice':>6}")


def print_row(r):
    print(f"{r['what']:<27}{r['ranks']:>7}{r['units']:>9}{r['makespan_s'] / 3600:>7.2f}{r['efficiency']:>8.4f}"
          f"{r['coordinator_us_per_unit']:>8.1f}{r['message_us_p99']:>7.1f}{r['longest_queue']:>7}{r['jobs']:>5}"
          f"{r['failures']:>6}{r['repeated_share']:>8.4f}{r['lost']:>5}{r['twice']:>6}", flush=True)


def measure(quick):
    rows = []
    print_header()
    for run in RUNS:
        if quick and run[2] > 100_000:
            continue
        rows.append(simulate(*run))
        print_row(rows[-1])
    real = real_ranks(REAL_UNITS // 8 if quick else REAL_UNITS)
    print(f"\n{REAL_RANKS} real ranks, {real['units']} units, of which half of {REAL_SECONDS} s: {real['seconds']:.1f} s; "
          f"coordinator {real['cpu_us_per_unit']:.0f} us of the processor a unit, {real['us_per_unit']:.0f} us of the clock")
    return {"simulated": rows, "real": real}


if __name__ == "__main__":
    measure("--quick" in sys.argv)
