#!/usr/bin/env python3
"""vrp status, failed and why beside real runs: one that is live, one that is killed, one that is finished,
with pictures that cannot be read, and after a setting was changed."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import h5py

import harness as h

VRP = os.path.join(h.BIN, "vrp")


def images_without(data, folder, count):
    """A folder like `data` in which the pictures of the first `count` items of POPE are missing."""
    with h5py.File(f"{data}/items/pope.h5") as file:
        names = [name.decode() if isinstance(name, bytes) else name for name in file["item/image"][:]]
    for root, folders, files in os.walk(data):
        there = os.path.join(folder, os.path.relpath(root, data))
        os.makedirs(there, exist_ok=True)
        for name in files:
            os.symlink(os.path.join(root, name), os.path.join(there, name))
    gone = list(dict.fromkeys(names))[:count]
    for name in gone:
        path = os.path.join(folder, name)
        os.remove(path if os.path.lexists(path) else os.path.join(folder, "val2014", os.path.basename(name)))
    return folder


def arguments_for(data, images, *more):
    out = h.sweep_arguments(data, limit=36, unit_items=3)
    out[out.index("--benchmarks") + 1] = "demo_pope"
    return out + ["--set", f"benchmark:demo_pope.images={images}", "--set", "run.heartbeat=30",
                  "--set", "sweep.stages=capture metrics consistency", "--max-failures", "100%", *more]


def status(run):
    return json.loads(h.vrp("status", run, "--json"))


def check_live_and_killed(run, arguments):
    process = h.start(run, 2, arguments)
    deadline = time.time() + 120
    while not os.path.exists(f"{run}/units.journal"):
        h.check(time.time() < deadline and process.poll() is None, "no unit was finished:\n" + h.log_tail(run))
        time.sleep(0.02)
    watch = subprocess.Popen([VRP, "status", run, "--watch", "0.2"], stdout=subprocess.PIPE, text=True)
    live = status(run)
    if live["condition"] == "live":
        h.check(live["ranks"] == 2 and live["owner"], f"a live run: {live}")
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    for pid in h.ranks_of(run):
        os.kill(pid, signal.SIGKILL)
    out, _ = watch.communicate(timeout=120)
    h.check(watch.returncode == 75 and "it died, without heartbeat" in out,
            f"--watch of a killed run ended with {watch.returncode}:\n{out}")
    dead = status(run)
    h.check(dead["condition"] == "died" and 0 < dead["done"] < dead["units"], f"a killed run: {dead}")
    missing = [s for s in dead["stages"] if s["done"] < s["units"]][0]
    h.check("the run ended before it" in h.vrp("why", run, f"{missing['folder']}/{last_unit(run, missing)}"),
            "vrp why does not say why a unit of a killed run is not done")


def last_unit(run, stage):
    names = [f"unit-{i:06d}.h5" for i in range(stage["units"])]
    return [n for n in names if not os.path.exists(f"{run}/{stage['folder']}/{n}")][-1]


def check_finished(run, arguments):
    h.run_whole(run, 2, arguments)
    done = subprocess.run([VRP, "status", run, "--watch"], capture_output=True, text=True, timeout=60)
    h.check(done.returncode == 0 and "complete; no live run" in done.stdout, f"--watch of a whole run: {done}")
    state = status(run)
    h.check(state["condition"] == "complete" and state["done"] == state["units"] and state["restarts"] == 1
            and state["failed_items"] > 0, f"a finished run: {state}")
    h.check(all(s["seconds"] > 0 for s in state["stages"]), f"stages without seconds: {state['stages']}")
    failed = json.loads(h.vrp("failed", run, "--group-by", "reason,stage", "--json", "--items"))
    h.check(len(failed["failures"]) == state["failed_items"], "vrp failed misses items")
    capture = [g for g in failed["groups"] if g["by"]["stage"] == "capture"]
    h.check(len(capture) == 1 and capture[0]["count"] > 1, f"missing pictures are not one reason: {capture}")
    h.check(failed["failures"][0]["node"], "the node of a failed item is not known")
    with open(f"{run}/events.jsonl", "a") as events:
        events.write('{"event":"unit","fi')
    with open(f"{run}/units.journal", "a") as journal:
        journal.write("12 34 torn")
    torn = status(run)
    h.check(torn["done"] == state["done"] and torn["unreadable_lines"] == {"events": 1, "journal": 1},
            f"torn lines: {torn['unreadable_lines']}")


def check_changed(run, arguments):
    same = [*arguments, "--output-dir", run]
    h.check("up to date" in h.vrp("why", *same), "an unchanged sweep is not up to date")
    changed = h.vrp("why", *same, "--set", "metrics.top_mass=0.5", "metrics")
    h.check("12 of 12 units to compute" in changed and re.search(r"metrics\.top_mass: '0\.3' -> '0\.5' \(--set\)", changed),
            f"vrp why of a changed setting:\n{changed}")
    traced = h.vrp("why", *same, "--set", "capture.head_gain=0", "metrics")
    h.check("capture changed: capture.head_gain: '1' -> '0'" in traced, f"not traced:\n{traced}")
    h.vrp("why", *same, "metrcs", code=2)
    h.vrp("status", run, "--watch", "soon", code=2)
    h.vrp("failed", run, "--group-by", "moon", code=2)
    h.vrp("status", os.path.join(run, "none"), code=7)


with tempfile.TemporaryDirectory() as scratch:
    items = h.prepare()
    pictures = images_without(items, os.path.join(scratch, "pictures"), 2)
    folder = os.path.join(scratch, "run")
    sweep = arguments_for(items, pictures)
    check_live_and_killed(folder, sweep)
    check_finished(folder, sweep)
    check_changed(folder, sweep)
