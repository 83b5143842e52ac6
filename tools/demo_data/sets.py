"""Question sets read back from a demo data folder, for checking a model in Python.

A simple independent construction: the counting and spatial filters of VRP without its per-category
caps, so the items differ from those that VRP's own importer picks from the same file.
"""

import json
import os

import numpy as np

import questions as q


def read_pope(folder, split):
    """[{image, question, answer}] of one POPE split; the answer is yes or no."""
    with open(os.path.join(folder, "pope", f"coco_pope_{split}.json"), encoding="utf-8") as f:
        rows = [json.loads(line) for line in f if line.strip()]
    return [{"image": r["image"], "question": r["text"], "answer": r["label"]} for r in rows]


def read_instances(folder):
    """[(file name, (w, h), [(row, box, area)], crowded rows)] in ascending image id."""
    with open(os.path.join(folder, "annotations", "instances_val2014.json"), encoding="utf-8") as f:
        doc = json.load(f)
    row = {c["id"]: q.NAMES.index(c["name"]) for c in doc["categories"]}
    found = {
        im["id"]: (im["file_name"], (im["width"], im["height"]), [], []) for im in doc["images"]
    }
    for an in doc["annotations"]:
        _, _, objects, crowded = found[an["image_id"]]
        if an["iscrowd"]:
            crowded.append(row[an["category_id"]])
        else:
            objects.append((row[an["category_id"]], tuple(an["bbox"]), an["area"]))
    return [found[k] for k in sorted(found)]


def fill(strata, each, used, rng):
    """Takes `each` items per stratum, rarest stratum first, one per image; returns the items."""
    out = []
    for key in sorted(strata, key=lambda k: len(strata[k])):
        items, n = strata[key], 0
        for k in rng.permutation(len(items)):
            if n < each and items[k]["image"] not in used:
                used.add(items[k]["image"])
                out.append({**items[k], "stratum": key})
                n += 1
    return out


def build_sets(folder, each_count=40, each_spatial=25, seed=42):
    """(counting items, spatial items) on images that POPE does not use; no image twice."""
    rng = np.random.default_rng(seed)
    used = {r["image"] for r in read_pope(folder, "adversarial")}
    counting = {str(n): [] for n in range(1, 6)}
    spatial = {(r, yes): [] for r in q.RELATIONS for yes in ("yes", "no")}
    for name, (w, h), objects, crowded in read_instances(folder):
        if name in used or min(w, h) < 200:
            continue
        for row, n in q.countable(objects, crowded, w, h).items():
            if 1 <= n <= 5:
                counting[str(n)].append(
                    {"image": name, "answer": str(n), "question": q.counting_question(q.NAMES[row])}
                )
        for a, b, relation in q.spatial_pairs(objects, crowded, w, h):
            names = q.NAMES[a], q.NAMES[b]
            for asked, yes in ((relation, "yes"), (q.OPPOSITE[relation], "no")):
                spatial[asked, yes].append(
                    {"image": name, "answer": yes, "question": q.spatial_question(*names, asked)}
                )
    second = fill(spatial, each_spatial, used, rng)
    return fill(counting, each_count, used, rng), second
