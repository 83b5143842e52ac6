#!/usr/bin/env python3
"""Writes the demo data: drawn scenes in COCO's layout, POPE's question files, and a small set in
the official file format of every other benchmark (official_sets.py).

  python tools/demo_data/make_demo_data.py --out DIR [--images 1000] [--seed 2014]

DIR/val2014/COCO_val2014_<12 digits>.jpg, DIR/annotations/instances_val2014.json,
DIR/pope/coco_pope_{adversarial,popular,random}.json (100 images x 6 questions). The same arguments
give the same bytes for one Pillow version. Needs numpy and Pillow.
"""

import argparse
import json
import os
from collections import Counter
from itertools import combinations

import numpy as np

from official_sets import write_all
from questions import existence_question
from scenes import make_scene
from shapes import CATEGORIES, NAMES

WORLD = 70000  # keeps demo scenes apart from the scenes the demo model was trained on
JPEG_QUALITY = 88


def rectangle_rle(width, height, x, y, w, h):
    """Uncompressed COCO run lengths (column by column, background first) of a filled rectangle."""
    mask = np.zeros((height, width), np.uint8)
    mask[y : y + h, x : x + w] = 1
    flat = mask.T.ravel()
    edges = np.flatnonzero(np.diff(flat)) + 1
    return [int(n) for n in np.diff(np.concatenate([[0], edges, [flat.size]]))]


def annotations_of(scene, image_id):
    """COCO annotations of one scene, without ids."""
    out = []
    for obj in scene.objects:
        out.append(
            {
                "segmentation": [[v for p in obj.polygon for v in p]],
                "area": round(obj.area(), 2),
                "iscrowd": 0,
                "image_id": image_id,
                "bbox": [round(v, 2) for v in obj.box()],
                "category_id": CATEGORIES[obj.category][0],
            }
        )
    if scene.crowd:
        row, x, y, w, h = scene.crowd
        width, height = scene.image.size
        out.append(
            {
                "segmentation": {
                    "counts": rectangle_rle(width, height, x, y, w, h),
                    "size": [height, width],
                },
                "area": w * h,
                "iscrowd": 1,
                "image_id": image_id,
                "bbox": [x, y, w, h],
                "category_id": CATEGORIES[row][0],
            }
        )
    return out


def write_images(out, seed, number):
    """Draws and saves; returns [(image id, file name, size, present rows)], annotations."""
    rng = np.random.default_rng([seed, 1])
    ids = np.sort(rng.choice(np.arange(1, 581930), number, replace=False))
    folder = os.path.join(out, "val2014")
    os.makedirs(folder, exist_ok=True)
    images, annotations = [], []
    for i, image_id in enumerate(int(v) for v in ids):
        scene = make_scene(WORLD + seed, i)
        name = f"COCO_val2014_{image_id:012d}.jpg"
        scene.image.save(os.path.join(folder, name), quality=JPEG_QUALITY)
        images.append((image_id, name, scene.image.size, scene.present()))
        annotations += annotations_of(scene, image_id)
    return images, annotations


def write_instances(out, seed, images, annotations):
    """annotations/instances_val2014.json; annotations in seeded order with ids, as in COCO."""
    rng = np.random.default_rng([seed, 2])
    ids = np.sort(rng.choice(np.arange(1000, 2000000), len(annotations), replace=False))
    order = rng.permutation(len(annotations))
    listed = [{**annotations[k], "id": int(i)} for k, i in zip(order, ids)]
    document = {
        "info": {
            "description": "VRP demo scenes in the layout of COCO",
            "url": "",
            "version": "1.0",
            "year": 2026,
            "contributor": "VRP",
            "date_created": "2026/01/01",
        },
        "images": [
            {
                "license": 1,
                "file_name": name,
                "coco_url": "",
                "height": size[1],
                "width": size[0],
                "date_captured": "2026-01-01 00:00:00",
                "flickr_url": "",
                "id": image_id,
            }
            for image_id, name, size, _ in images
        ],
        "licenses": [{"url": "", "id": 1, "name": "the licence of this project"}],
        "annotations": listed,
        "categories": [
            {"supercategory": sup, "id": cid, "name": name} for cid, name, sup, _ in CATEGORIES
        ],
    }
    os.makedirs(os.path.join(out, "annotations"), exist_ok=True)
    with open(
        os.path.join(out, "annotations", "instances_val2014.json"), "w", encoding="utf-8"
    ) as f:
        json.dump(document, f)


def negatives(split, present, asked, frequency, together, rng):
    """Rows of len(asked) absent categories, chosen as POPE's three splits do."""
    absent = [r for r in range(len(NAMES)) if r not in present]
    if split == "random":
        return [int(r) for r in rng.choice(absent, len(asked), replace=False)]
    chosen = []
    for row in asked:
        rank = (
            frequency
            if split == "popular"
            else {r: together[min(r, row), max(r, row)] for r in absent}
        )
        chosen.append(max((r for r in absent if r not in chosen), key=lambda r: (rank[r], -r)))
    return chosen


def write_pope(out, seed, images, number=100):
    """The three POPE files over `number` images with at least three categories."""
    rng = np.random.default_rng([seed, 3])
    frequency, together = Counter(), Counter()
    for *_, present in images:
        frequency.update(present)
        together.update(combinations(present, 2))
    rich = [im for im in images if len(im[3]) >= 3]
    if len(rich) < number:
        raise SystemExit(
            f"only {len(rich)} of {len(images)} images show three categories, "
            f"POPE needs {number}: ask for more --images"
        )
    chosen = [rich[k] for k in np.sort(rng.choice(len(rich), number, replace=False))]
    asked = [[int(r) for r in rng.choice(present, 3, replace=False)] for *_, present in chosen]
    os.makedirs(os.path.join(out, "pope"), exist_ok=True)
    for split, newline in (("adversarial", "\r\n"), ("popular", "\r\n"), ("random", "\n")):
        lines = []
        for (_, name, _, present), yes in zip(chosen, asked):
            no = negatives(split, present, yes, frequency, together, rng)
            for row, label in [x for pair in zip(yes, no) for x in zip(pair, ("yes", "no"))]:
                lines.append(
                    json.dumps(
                        {
                            "question_id": len(lines) + 1,
                            "image": name,
                            "text": existence_question(NAMES[row]),
                            "label": label,
                        }
                    )
                )
        path = os.path.join(out, "pope", f"coco_pope_{split}.json")
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write("".join(line + newline for line in lines))


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--out", required=True, help="folder to write")
    ap.add_argument("--images", type=int, default=1000)
    ap.add_argument("--seed", type=int, default=2014, help="0..9999")
    a = ap.parse_args()
    if not 0 <= a.seed <= 9999:
        ap.error("--seed must be between 0 and 9999")
    images, annotations = write_images(a.out, a.seed, a.images)
    write_instances(a.out, a.seed, images, annotations)
    write_pope(a.out, a.seed, images, min(100, a.images // 4))
    sets = write_all(a.out, a.seed)
    print(
        f"{a.out}: {len(images)} images, {len(annotations)} annotations, POPE questions in 3 "
        f"splits, {len(sets)} further sets"
    )


if __name__ == "__main__":
    main()
