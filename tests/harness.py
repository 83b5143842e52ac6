"""Runs the real programs on a small demo sweep, for the tests of resume, ranks and bad input.

prepare(folder) draws 120 scenes and imports three item tables once; run(...) starts vrp-run under
mpirun; digest(run) is the overall digest that `vrp verify --digest` prints.
"""
import fcntl
import os
import re
import subprocess
import sys

SOURCE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BIN = os.environ["VRP_BIN"]
WORK = os.path.join(os.path.dirname(BIN), "test-data")
MPIRUN = ["mpirun", "--allow-run-as-root", "--oversubscribe", "--bind-to", "none", "--quiet"]


def check(condition, message):
    if not condition:
        sys.exit("FAILED: " + message)


def vrp(*arguments, code=0):
    done = subprocess.run([os.path.join(BIN, "vrp"), *arguments], capture_output=True, text=True)
    check(done.returncode == code,
          f"vrp {' '.join(arguments)} exited with {done.returncode}, expected {code}:\n"
          + done.stdout[-2000:] + done.stderr[-2000:])
    return done.stdout


def prepare():
    """Draws and imports the tests' data; several tests may call it at once."""
    os.makedirs(WORK, exist_ok=True)
    with open(os.path.join(WORK, "lock"), "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        data = os.path.join(WORK, "data")
        done = os.path.join(WORK, "done")
        newest = os.path.getmtime(os.path.join(BIN, "vrp"))
        if os.path.exists(done) and os.path.getmtime(done) > newest:
            return data
        subprocess.run([sys.executable, os.path.join(SOURCE, "tools/demo_data/make_demo_data.py"),
                        "--out", data, "--images", "260", "--seed", "77"], check=True,
                       stdout=subprocess.DEVNULL)
        instances = os.path.join(data, "annotations/instances_val2014.json")
        pope = os.path.join(data, "pope/coco_pope_adversarial.json")
        items = os.path.join(data, "items")
        common = ["--images", data, "--instances", instances, "--force"]
        vrp("import", "pope", "--annotations", pope, *common, "--out", f"{items}/pope.h5")
        vrp("import", "counting", *common, "--exclude-images", f"{pope}:60", "--n", "30",
            "--out", f"{items}/counting.h5")
        vrp("import", "spatial", *common, "--exclude-images", f"{pope}:60", "--exclude-images",
            f"{items}/counting.h5", "--n", "32", "--out", f"{items}/spatial.h5")
        with open(done, "w") as mark:
            mark.write("ok\n")
    return data


# Probes and interventions as in the demo, but few and short: what they find is of no interest here.
SMALL = [word for setting in (
    "probes.layers_per_part=4", "probes.shuffles_linear=2", "probes.shuffles_sparse=1",
    "probes.shuffles_net=1", "probes.mlp_width=8", "probes.mlp_epochs=3",
    "probes.attention_widths=8 4", "probes.attention_epochs=2", "probes.boosted_trees=5",
    "probes.forest_trees=5", "interventions.items=8", "interventions.mask_draws=1",
    "interventions.random_draws=2", "interventions.sweep_draws=1", "interventions.scaled_draws=1",
) for word in ("--set", setting)]


def sweep_arguments(data, limit=30, unit_items=5, name="demo", models="demo-llava"):
    """Arguments that point the demo sweep at the tests' data."""
    out = ["-C", os.path.join(SOURCE, "conf/sweeps/demo.ini"), "--models", models,
           "--benchmarks", "demo_pope,demo_counting,demo_spatial",
           "--limit", str(limit), "--progress", "1",
           "--set", f"run.unit_items={unit_items}", "--set", f"sweep.name={name}",
           "--set", "reduce.replicates=300", "--set", "metrics.permutations=50",
           "--set", "run.device=cpu", *SMALL]
    for benchmark in ("pope", "counting", "spatial"):
        out += ["--set", f"benchmark:demo_{benchmark}.table={data}/items/{benchmark}.h5",
                "--set", f"benchmark:demo_{benchmark}.images={data}"]
    return out


def command(run, ranks, arguments):
    program = [os.path.join(BIN, "vrp-run"), *arguments, "--output-dir", run]
    return MPIRUN + ["-n", str(ranks)] + program


def start(run, ranks, arguments):
    """Starts vrp-run and returns the process; its output goes to RUN.log."""
    with open(run.rstrip("/") + ".log", "a") as log:
        return subprocess.Popen(command(run, ranks, arguments), stdout=log, stderr=log, cwd=SOURCE,
                                start_new_session=True)


def log_tail(run):
    with open(run.rstrip("/") + ".log", errors="replace") as log:
        return log.read()[-3000:]


def run_whole(run, ranks, arguments, code=0):
    process = start(run, ranks, arguments)
    got = process.wait(timeout=600)
    check(got == code, f"vrp-run with {ranks} ranks exited with {got}, expected {code}:\n{log_tail(run)}")


def digest(run):
    out = vrp("verify", run, "--digest")
    return re.search(r"^([0-9a-f]{32})  overall$", out, re.M).group(1)


def ranks_of(run):
    """Process ids of the vrp-run processes that work on `run`."""
    pids = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit():
            continue
        try:
            with open(f"/proc/{entry}/cmdline", "rb") as file:
                words = file.read().split(b"\0")
        except OSError:
            continue
        if words and words[0].endswith(b"vrp-run") and run.encode() in words:
            pids.append(int(entry))
    return pids
