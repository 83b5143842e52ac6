"""Part (e): what the machinery around a model costs: units that do nothing, writing a unit's record
against a plain file, and starts and `vrp status` of many finished units."""
import json
import os
import statistics
import subprocess
import tempfile

import metadata
import process
import target
import vrp_side

UNITS = 2000
COORDINATOR_MS, RESUME_S = 1.0, 1.0  # targets


def empty_units(ranks, units):
    """Seconds of the clock and of the coordinator's processor for each unit of a run over MPI."""
    with tempfile.TemporaryDirectory(prefix="vrp-units-") as folder:
        done = subprocess.run(
            ["mpirun", "--oversubscribe", "--bind-to", "none", "--quiet", "-n", str(ranks),
             str(vrp_side.program("toy_run")), f"out={folder}/run", f"items={units}", "seconds=0"],
            text=True, capture_output=True, check=False, stdin=subprocess.DEVNULL,
            env={**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"})
        if done.returncode != 0:
            raise process.Failed(f"toy_run on {ranks} ranks: exit code {done.returncode}\n{done.stderr[-2000:]}")
        found = json.loads(done.stdout.splitlines()[-1])
    return {"seconds": found["seconds"] / found["units"],
            "coordinator_s": found["coordinator_cpu_seconds"] / found["units"], "units": found["units"]}


def unit_overhead(told):
    rounds, units = (1, 50) if told.quick else (told.rounds, UNITS)
    rows = {ranks: [] for ranks in sorted({1, max(told.threads)})}
    for _ in range(rounds):
        for ranks, entries in rows.items():
            entries.append(empty_units(ranks, units))
    return [{"ranks": ranks, "units": entries[0]["units"],
             "seconds": statistics.median(e["seconds"] for e in entries),
             "coordinator_s": statistics.median(e["coordinator_s"] for e in entries)}
            for ranks, entries in rows.items()]


def write_rate(told):
    items, rounds = (2, 1) if told.quick else (32, 2 * told.rounds + 1)
    _, _, text = process.run([vrp_side.program("vrp-store-bench"), told.folder("store"), items, rounds], 1)
    return json.loads(text)


def measure(told):
    print("bench (e): units, records and finished runs", flush=True)
    units = (1000,) if told.quick else metadata.UNITS[:2]
    return {"units": unit_overhead(told), "store": write_rate(told), "metadata": metadata.measure(units)}


def show(found):
    for u in found["units"]:
        print(f"\nunits that do nothing, {u['ranks']} ranks: {1e3 * u['seconds']:.2f} ms a unit (file written and flushed), "
              f"coordinator {1e6 * u['coordinator_s']:.0f} us of the processor")
    s = found["store"]
    print(f"a record of {s['items']} items, {s['file_mb']:.0f} MB: {s['record_mb_s']:.0f} MB/s as HDF5 with its seal, flushed; a plain "
          f"file and fsync {s['plain_mb_s']:.0f} MB/s")


def targets(found):
    for u in found["units"]:
        yield target.at_most(f"{u['ranks']} ranks: coordinator's processor time a unit", 1e3 * u["coordinator_s"],
                             COORDINATOR_MS, "ms")
    for row in found["metadata"]:
        if 90_000 < row["units"] < 110_000:  # whole folders of them
            yield target.at_most("start of a run with 100,000 finished units", row["resume"]["seconds"]["clock"],
                                 RESUME_S, "s")
            yield target.at_most("vrp status of a run with 100,000 finished units", row["vrp_status_command_seconds"],
                                 RESUME_S, "s")
