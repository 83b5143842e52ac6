#!/usr/bin/env python3
"""vrp plan says what the stages will write, held against the unit files of the same sweep: captures within
5 % of their arrays (an upper bound called so where pictures differ in size), the other stages, called
"about", within a factor of 2 (of 4 for probes, statistics and their replicates, which follow what is found), and the
files of all stages together within a factor of 2. The calibration writes one file and no unit, and the
time then comes from it."""
import glob
import json
import os
import pathlib
import re
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import h5py

import harness as h
from families_test import write_conf

UNITS = {"B": 1, "kB": 1e3, "MB": 1e6, "GB": 1e9}


def planned(text):
    """{(model, benchmark, stage): (word before the figure, bytes or None)} of the plan's table."""
    out = {}
    for line in text.splitlines():
        words = re.split(r"\s{2,}", line.strip())
        if len(words) != 8 or words[0] == "model":
            continue
        size = re.fullmatch(r"(at most |about )?([0-9.]+) (B|kB|MB|GB)", words[6])
        h.check(size or words[6] == "-", f"vrp plan prints the size '{words[6]}'")
        out[tuple(words[:3])] = (size[1], float(size[2]) * UNITS[size[3]]) if size else (None, None)
    return out


def written(run, model, benchmark, stage):
    """Bytes of the arrays of a stage's unit files; text counts by its length."""
    total = 0

    def add(name, node):
        nonlocal total
        if not isinstance(node, h5py.Dataset) or node.attrs.get("CLASS") == b"DIMENSION_SCALE":
            return
        total += (sum(len(text) for text in node[()].reshape(-1)) if node.dtype.kind == "O" else node.nbytes)

    paths = glob.glob(f"{run}/{model}/{benchmark}/{stage}@*/unit-*.h5")
    h.check(paths, f"{run} has no {stage} units of {model}")
    for path in paths:
        with h5py.File(path) as file:
            file.visititems(add)
    return total


def check_sizes(run, sizes, factor):
    wrong = []
    for (model, benchmark, stage), (word, size) in sizes.items():
        if size is None:
            h.check(not glob.glob(f"{run}/{model}/{benchmark}/{stage}@*/unit-*.h5"), f"stage {stage} has no size")
            continue
        found = written(run, model, benchmark, stage)
        print(f"{model} {benchmark} {stage}: {size:.0f} planned, {found} written")
        if stage == "capture":
            good = word is None and abs(size - found) <= 0.05 * found
        elif benchmark != "pooled":
            most = 4 if stage in ("probe_fits", "probes", "reduce", "replicates") else factor
            good = word == "about " and found / most <= size <= most * found
        else:
            continue
        if not good:
            wrong.append(f"{model} {benchmark} {stage}: {word}{size} bytes planned, {found} written")
    h.check(not wrong, "; ".join(wrong))


def check_demo(data, folder):
    run = os.path.join(folder, "all")
    arguments = h.sweep_arguments(data, limit=24, unit_items=8)
    arguments[arguments.index("--benchmarks") + 1] = "demo_pope"
    arguments += ["--set", "reduce.block_draws=2400"]  # three blocks of replicates
    text = h.vrp("plan", *arguments, "--output-dir", run)
    h.check("time: unknown, run vrp plan --calibrate" in text, f"a time without figures:\n{text}")
    h.check(not os.path.exists(run), "vrp plan wrote something")
    disk = re.search(r"disk: about ([0-9.]+) (B|kB|MB|GB) still to write .*free in", text)
    h.check(disk, f"no need of disk:\n{text}")
    text = h.vrp("plan", *arguments, "--output-dir", run, "--calibrate=6", "--ranks", "2")
    h.check(os.listdir(run) == ["calibration.json"], f"the calibration wrote {os.listdir(run)}")
    stages = json.load(open(f"{run}/calibration.json"))["models"]["demo-llava"]["stages"]
    for stage in ("capture", "metrics", "consistency", "interventions"):
        h.check(stages[stage].get("seconds_per_item", 0) > 0, f"{stage} has no figure: {stages[stage]}")
    h.check(re.search(r"time: about 2 ranks .*\n.*calibration.json of", text), f"no time:\n{text}")
    h.run_whole(run, 2, arguments)
    check_sizes(run, planned(text), 2)
    total = sum(os.path.getsize(path) for path in glob.glob(f"{run}/*/*/*@*/unit-*.h5"))
    said = float(disk[1]) * UNITS[disk[2]]
    print(f"files: {said:.0f} planned, {total} written")
    h.check(total / 2 <= said <= 2 * total, f"{said} bytes of files planned, {total} written")
    os.remove(f"{run}/calibration.json")
    text = h.vrp("plan", *arguments, "--output-dir", run)
    h.check("time: nothing to do" in text, f"a finished run has time left:\n{text}")
    more = [word if word != "24" else "48" for word in arguments]
    text = h.vrp("plan", *more, "--output-dir", run)
    h.check("from finished units of" in text, f"no time from the journal:\n{text}")


def check_heads(data, folder):
    run = os.path.join(folder, "heads")
    arguments = h.sweep_arguments(data, limit=12, unit_items=6, models="demo-llava demo-paligemma")
    arguments += ["--set", "sweep.stages=capture metrics", "--set", "capture.head_gain=1",
                  "--set", "capture.head_map=1"]
    sizes = planned(h.vrp("plan", *arguments, "--output-dir", run))
    h.run_whole(run, 1, arguments)
    check_sizes(run, sizes, 2)


def check_bound(data, folder):
    sweep = write_conf(os.path.join(folder, "conf"), data)
    sizes = planned(h.vrp("plan", "-C", sweep, "--limit", "6", "--output-dir", os.path.join(folder, "families")))
    seen = {model: word for (model, _, stage), (word, _) in sizes.items() if stage == "capture"}
    h.check(seen == {"llava": None, "paligemma": None, "qwen2_vl": "at most "}, f"upper bounds: {seen}")
    h.vrp("plan", "-C", sweep, "--set", "capture.margin=both", code=2)
    h.vrp("plan", "-C", sweep, "--ranks", "0", code=2)
    h.vrp("plan", "-C", sweep, "--calibrate=1", code=2)


with tempfile.TemporaryDirectory() as scratch:
    items = h.prepare()
    check_demo(items, scratch)
    check_heads(items, scratch)
    check_bound(items, scratch)
