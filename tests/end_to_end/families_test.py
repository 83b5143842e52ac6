#!/usr/bin/env python3
"""A sweep over all three families: grids that differ from item to item, boxes through each item's own
preprocessing, one digest for every number of ranks, K answers shared or one by one.

The checkpoints are the small random ones of tests/golden/data: what they say means nothing, but every
number of it goes the whole way.
"""
import glob
import math
import os
import pathlib
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import h5py
import numpy as np

import harness as h

FAMILIES = ("llava", "paligemma", "qwen2_vl")


def write_conf(root, data):
    """A conf folder of its own: one sweep, three models, two benchmarks."""
    root = pathlib.Path(root)
    for folder in ("sweeps", "models", "benchmarks"):
        (root / folder).mkdir(parents=True)
    for family in FAMILIES:
        checkpoint = os.path.join(h.SOURCE, "tests/golden/data", family, "checkpoint")
        bounds = "max_pixels = 40000\n" if family == "qwen2_vl" else ""
        (root / f"models/{family}.ini").write_text(f"[model]\ncheckpoint = {checkpoint}\n{bounds}")
    for name in ("pope", "counting"):
        (root / f"benchmarks/{name}.ini").write_text(
            f"[benchmark]\ntable = {data}/items/{name}.h5\nimages = {data}\nmax_new_tokens = 4\n")
    (root / "sweeps/families.ini").write_text(
        f"[sweep]\nname = families\nmodels = {' '.join(FAMILIES)}\nbenchmarks = pope counting\n"
        "stages = capture metrics consistency reduce\n[run]\nunit_items = 6\nprogress = 1\n"
        "device = cpu\n[reduce]\nreplicates = 300\n[metrics]\npermutations = 50\n")
    return str(root / "sweeps/families.ini")


def units(run, family, benchmark, stage):
    paths = sorted(glob.glob(f"{run}/{family}/{benchmark}/{stage}@*/unit-*.h5"))
    h.check(paths, f"{run} has no {stage} units of {family}")
    return [h5py.File(path) for path in paths]


def check_grids(run, family):
    """Grids by item, offsets that fit them, and boxes that lie where the picture was resized to."""
    grids = set()
    for file in units(run, family, "pope", "capture"):
        grid, offset = file["item/grid"][:], file["item/patch_offset"][:]
        h.check((np.diff(offset) == grid.prod(1)).all(), f"{family}: offsets do not fit the grids")
        h.check(file["attention/map"].shape[1] == offset[-1], f"{family}: maps of another length")
        geometry = file["item/geometry"][:]
        width, height, sx, sy, ox, oy, inner_w, inner_h = geometry.T
        if family != "llava":  # nothing is cut off: the whole picture is the model's input
            # The input may end a little behind the last whole cell.
            h.check((width * sx - ox >= inner_w).all() and (height * sy - oy >= inner_h).all(),
                    f"{family}: the picture does not cover its cells")
        if family == "llava":
            h.check(np.allclose(sx, sy, rtol=0.05), "llava: the ratio is kept")
        grids |= {tuple(g) for g in grid}
    h.check((len(grids) > 1) == (family == "qwen2_vl"),
            f"{family}: {len(grids)} grids, expected {'several' if family == 'qwen2_vl' else 'one'}")


def check_metrics(run, family):
    seen = 0
    captures = units(run, family, "pope", "capture")
    for file, captured in zip(units(run, family, "pope", "metrics"), captures):
        cells = captured["item/grid"][:].prod(1)
        ok = file["item/status"][:] == 0
        h_s, h_n = file["metrics/h_s"][:], file["metrics/h_n"][:]
        for i in np.flatnonzero(ok):
            h.check(0 <= h_s[i] <= math.log(cells[i]) + 1e-6, f"{family}: H_s {h_s[i]} of {cells[i]}")
            h.check(abs(h_n[i] - h_s[i] / math.log(cells[i])) < 1e-9, f"{family}: H_n is not H_s / ln S")
        lift = file["relevance/lift"][:]
        area = file["relevance/area"][:]
        known = ok & np.isfinite(lift)
        h.check((area[known] > 0).all() and (area[known] <= 1).all(), f"{family}: area shares")
        seen += int(known.sum())
    h.check(seen > 0, f"{family}: no item has relevance metrics")


def main():
    data = h.prepare()
    with tempfile.TemporaryDirectory() as root:
        sweep = write_conf(os.path.join(root, "conf"), data)
        arguments = ["-C", sweep, "--limit", "18"]
        digests = {}
        for name, ranks, more in (("one", 1, []), ("three", 3, []),
                                  ("apart", 2, ["--set", "consistency.share_prefix=0"])):
            run = os.path.join(root, name)
            h.run_whole(run, ranks, arguments + more)
            digests[name] = h.digest(run)
            h.vrp("verify", run)
        h.check(digests["one"] == digests["three"], f"ranks change the results: {digests}")
        run = os.path.join(root, "one")
        for family in FAMILIES:
            check_grids(run, family)
            check_metrics(run, family)
            for together, apart in zip(units(run, family, "pope", "consistency"),
                                       units(os.path.join(root, "apart"), family, "pope", "consistency")):
                texts = "path/text" if "path/text" in together else "answer/text"
                h.check((together[texts][:] == apart[texts][:]).all(),
                        f"{family}: answers differ when prompts are not shared")
        with open(f"{run}/reduce/tables/T4.csv", encoding="utf-8") as file:
            models = {line.split(",")[1] for line in file.readlines()[1:]}
        h.check(models >= set(FAMILIES), f"T4 has rows of {models}")
        # Wider bounds of the picture's area give other grids, and so another fingerprint.
        wider = os.path.join(root, "wider")
        h.run_whole(wider, 1, arguments + ["--models", "qwen2_vl", "--benchmarks", "pope", "--stages", "capture",
                                           "--set", "model:qwen2_vl.max_pixels=100000"])
        more = sum(int(f["item/patch_offset"][-1]) for f in units(wider, "qwen2_vl", "pope", "capture"))
        less = sum(int(f["item/patch_offset"][-1]) for f in units(run, "qwen2_vl", "pope", "capture"))
        h.check(more > less, f"max_pixels has no effect: {more} and {less} image tokens")
        h.run_whole(os.path.join(root, "bounds"), 1, arguments + ["--set", "model:llava.max_pixels=100000"], code=2)


if __name__ == "__main__":
    main()
