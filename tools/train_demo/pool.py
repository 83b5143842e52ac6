"""Training scenes, drawn at full size and brought to a model's size as its family does.

  python tools/train_demo/pool.py --out DIR [--family llava] [--seed N] [--scenes 24000] [--first 0]

Writes DIR/pool-XXXXXX.npz, 2,000 scenes each; G image tokens at most along an edge, of CELL pixels:
  images  uint8 [n, G*CELL, G*CELL, 3]    counts  int8 [n, C], -1 where the category has a crowd
  masks, centres  uint16 [n, G, G], bit c: category c covers the token / has a centre in it
  grids   uint8 [n, 2]: rows and columns that are in use (from the top left)
  objects float32 [n, 8, 7]: category (-1 = none), x, y, w, h, area in pixels, spare
  sizes   int16 [n, 2]: width, height
"""

import argparse
import os

import numpy as np
from PIL import Image, ImageDraw

from checkpoint import FAMILIES, family
from scenes import MAX_OBJECTS, make_scene
from shapes import NAMES


def preprocess(image, view):
    """The picture as the model gets it, uint8 [h, w, 3]."""
    left, top, w, h = view.box
    small = image.resize(view.size, Image.BICUBIC)
    return np.asarray(small.crop((left, top, left + w, top + h)))


def patch_labels(scene, view, cell):
    """(masks, centres): uint16 [rows, columns] bit fields on the picture's image tokens."""
    left, top, w, h = view.box
    columns, rows = w // cell, h // cell
    masks, centres = np.zeros((rows, columns), np.uint16), np.zeros((rows, columns), np.uint16)
    sx, sy = (s / full / cell for s, full in zip(view.size, scene.image.size))
    left, top = left / cell, top / cell
    for obj in scene.objects:
        canvas = Image.new("L", (4 * columns, 4 * rows))
        ImageDraw.Draw(canvas).polygon(
            [(4 * (x * sx - left), 4 * (y * sy - top)) for x, y in obj.polygon], fill=1
        )
        cover = np.asarray(canvas).reshape(rows, 4, columns, 4).sum((1, 3))
        masks[cover >= 5] |= np.uint16(1 << obj.category)
        x, y, bw, bh = obj.box()
        col = int(np.clip((x + bw / 2) * sx - left, 0, columns - 1))
        row = int(np.clip((y + bh / 2) * sy - top, 0, rows - 1))
        centres[row, col] |= np.uint16(1 << obj.category)
    return masks, centres


def pack(module, seed, first, n):
    """Scenes first..first+n-1 of world `seed` as a dict of arrays (see the file's docstring)."""
    cell, g = module.CELL, module.LONGEST // module.CELL
    out = {
        "images": np.zeros((n, g * cell, g * cell, 3), np.uint8),
        "counts": np.zeros((n, len(NAMES)), np.int8),
        "masks": np.zeros((n, g, g), np.uint16),
        "centres": np.zeros((n, g, g), np.uint16),
        "grids": np.zeros((n, 2), np.uint8),
        "objects": np.full((n, MAX_OBJECTS, 7), -1, np.float32),
        "sizes": np.zeros((n, 2), np.int16),
    }
    for i in range(n):
        scene = make_scene(seed, first + i)
        view = module.view(*scene.image.size)
        image = preprocess(scene.image, view)
        masks, centres = patch_labels(scene, view, cell)
        rows, columns = masks.shape
        out["images"][i, : len(image), : image.shape[1]] = image
        out["masks"][i, :rows, :columns], out["centres"][i, :rows, :columns] = masks, centres
        out["grids"][i] = rows, columns
        for k, obj in enumerate(scene.objects):
            out["counts"][i, obj.category] += 1
            out["objects"][i, k] = (obj.category, *obj.box(), obj.area(), 0)
        if scene.crowd:
            out["counts"][i, scene.crowd[0]] = -1
        out["sizes"][i] = scene.image.size
    return out


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--out", required=True)
    ap.add_argument("--family", choices=FAMILIES, default="llava")
    ap.add_argument("--seed", type=int, default=90001, help="world of the training scenes")
    ap.add_argument("--scenes", type=int, default=24000)
    ap.add_argument("--first", type=int, default=0)
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    for first in range(a.first, a.first + a.scenes, 2000):
        path = f"{a.out}/pool-{first:06d}.npz"
        n = min(2000, a.first + a.scenes - first)
        np.savez(path + ".part.npz", **pack(family(a.family), a.seed, first, n))
        os.replace(path + ".part.npz", path)


if __name__ == "__main__":
    main()
