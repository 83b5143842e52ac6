#!/usr/bin/env python3
"""vrp plan says what stage capture will write: within 5 % of the arrays in the unit files of the same
sweep, an upper bound called so where pictures differ in size, and "-" for stages of which it says nothing."""
import glob
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
    """{(model, benchmark, stage): (at most?, bytes or None)} of the plan's table."""
    out = {}
    for line in text.splitlines():
        words = re.split(r"\s{2,}", line.strip())
        if len(words) != 8 or words[0] == "model":
            continue
        size = re.fullmatch(r"(at most )?([0-9.]+) (B|kB|MB|GB)", words[6])
        h.check(size or words[6] == "-", f"vrp plan prints the size '{words[6]}'")
        out[tuple(words[:3])] = (bool(size[1]), float(size[2]) * UNITS[size[3]]) if size else (False, None)
    return out


def written(run, model, benchmark):
    """Bytes of the arrays of capture's unit files; text counts by its length."""
    total = 0

    def add(name, node):
        nonlocal total
        if not isinstance(node, h5py.Dataset) or node.attrs.get("CLASS") == b"DIMENSION_SCALE":
            return
        total += (sum(len(text) for text in node[()].reshape(-1)) if node.dtype.kind == "O" else node.nbytes)

    paths = glob.glob(f"{run}/{model}/{benchmark}/capture@*/unit-*.h5")
    h.check(paths, f"{run} has no capture units of {model}")
    for path in paths:
        with h5py.File(path) as file:
            file.visititems(add)
    return total


def check_demo(data, folder):
    for extra in ([], ["--set", "capture.head_gain=1", "--set", "capture.head_map=1"]):
        run = os.path.join(folder, f"demo{len(extra)}")
        arguments = h.sweep_arguments(data, limit=12, unit_items=6, models="demo-llava demo-paligemma")
        arguments += ["--set", "sweep.stages=capture metrics", *extra]
        sizes = planned(h.vrp("plan", *arguments, "--output-dir", run))
        h.run_whole(run, 1, arguments)
        for (model, benchmark, stage), (bound, size) in sizes.items():
            h.check((size is not None) == (stage == "capture"), f"stage {stage} has the size {size}")
            if size is None:
                continue
            found = written(run, model, benchmark)
            print(f"{model} {benchmark}: {size:.0f} planned, {found} written")
            h.check(not bound and abs(size - found) <= 0.05 * found,
                    f"{model} {benchmark}: {size} bytes planned, {found} written")


def check_bound(data, folder):
    sweep = write_conf(os.path.join(folder, "conf"), data)
    sizes = planned(h.vrp("plan", "-C", sweep, "--limit", "6", "--output-dir", os.path.join(folder, "families")))
    seen = {model: bound for (model, _, stage), (bound, _) in sizes.items() if stage == "capture"}
    h.check(seen == {"llava": False, "paligemma": False, "qwen2_vl": True}, f"upper bounds: {seen}")
    h.vrp("plan", "-C", sweep, "--set", "capture.margin=both", code=2)


with tempfile.TemporaryDirectory() as scratch:
    items = h.prepare()
    check_demo(items, scratch)
    check_bound(items, scratch)
