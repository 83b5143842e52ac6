"""Training scenes, drawn at full size and brought to the model's size as LLaVA does.

  python tools/train_demo/pool.py --out DIR [--seed N] [--scenes 24000] [--first 0]

Writes DIR/pool-XXXXX.npz, 2,000 scenes each:
  images  uint8 [n, 96, 96, 3]    counts  int8 [n, C], -1 where the category has a crowd
  masks, centres  uint16 [n, 12, 12], bit c: category c covers the patch / has a centre in it
  objects float32 [n, 8, 7]: category (-1 = none), x, y, w, h, area in pixels, spare
  sizes   int16 [n, 2]: width, height
"""

import argparse
import os
import sys

import numpy as np
from PIL import Image, ImageDraw

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "demo_data"))
from scenes import MAX_OBJECTS, make_scene  # noqa: E402
from shapes import NAMES  # noqa: E402

SIZE, PATCH = 96, 8
GRID = SIZE // PATCH


def preprocess(image):
    """Shortest edge to SIZE (bicubic, other side truncated), centre crop; uint8 [SIZE, SIZE, 3]."""
    w, h = image.size
    if w <= h:
        w2, h2 = SIZE, int(SIZE * h / w)
    else:
        w2, h2 = int(SIZE * w / h), SIZE
    small = image.resize((w2, h2), Image.BICUBIC)
    left, top = (w2 - SIZE) // 2, (h2 - SIZE) // 2
    return np.asarray(small.crop((left, top, left + SIZE, top + SIZE)))


def patch_labels(scene):
    """(masks, centres): uint16 [GRID, GRID] bit fields in the cropped image."""
    masks, centres = np.zeros((GRID, GRID), np.uint16), np.zeros((GRID, GRID), np.uint16)
    w, h = scene.image.size
    short = min(w, h)
    left, top = (w - short) / 2, (h - short) / 2
    fine = 4 * GRID
    for obj in scene.objects:
        canvas = Image.new("L", (fine, fine))
        ImageDraw.Draw(canvas).polygon(
            [((x - left) * fine / short, (y - top) * fine / short) for x, y in obj.polygon], fill=1
        )
        cover = np.asarray(canvas).reshape(GRID, 4, GRID, 4).sum((1, 3))
        masks[cover >= 5] |= np.uint16(1 << obj.category)
        x, y, bw, bh = obj.box()
        col = int(np.clip((x + bw / 2 - left) * GRID / short, 0, GRID - 1))
        row = int(np.clip((y + bh / 2 - top) * GRID / short, 0, GRID - 1))
        centres[row, col] |= np.uint16(1 << obj.category)
    return masks, centres


def pack(seed, first, n):
    """Scenes first..first+n-1 of world `seed` as a dict of arrays (see the file's docstring)."""
    out = {
        "images": np.zeros((n, SIZE, SIZE, 3), np.uint8),
        "counts": np.zeros((n, len(NAMES)), np.int8),
        "masks": np.zeros((n, GRID, GRID), np.uint16),
        "centres": np.zeros((n, GRID, GRID), np.uint16),
        "objects": np.full((n, MAX_OBJECTS, 7), -1, np.float32),
        "sizes": np.zeros((n, 2), np.int16),
    }
    for i in range(n):
        scene = make_scene(seed, first + i)
        out["images"][i] = preprocess(scene.image)
        out["masks"][i], out["centres"][i] = patch_labels(scene)
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
    ap.add_argument("--seed", type=int, default=90001, help="world of the training scenes")
    ap.add_argument("--scenes", type=int, default=24000)
    ap.add_argument("--first", type=int, default=0)
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    for first in range(a.first, a.first + a.scenes, 2000):
        path = f"{a.out}/pool-{first:06d}.npz"
        np.savez(path + ".part.npz", **pack(a.seed, first, min(2000, a.first + a.scenes - first)))
        os.replace(path + ".part.npz", path)


if __name__ == "__main__":
    main()
