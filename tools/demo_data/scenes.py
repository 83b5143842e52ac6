"""Deterministic cluttered scenes: `make_scene(seed, index)` gives one image and what is in it.

In: a seed and an index (numpy's PCG64 is keyed by both). Out: a `Scene` with a Pillow RGB image,
the placed objects and, now and then, one crowd (many small instances without own outlines).
"""

from dataclasses import dataclass, field

import numpy as np
from PIL import Image, ImageDraw

from shapes import CATEGORIES, FREQUENCY, HUES, NAMES, draw_object, hue_colour, place

COUNT_SHARE = (
    0.46,
    0.18,
    0.13,
    0.12,
    0.11,
)  # share of 1..5 instances of a category that is present
MAX_OBJECTS = 8


@dataclass
class Scene:
    """One image: `objects` are shapes.Placed; `crowd` is (category row, x, y, w, h) or None."""

    image: Image.Image
    objects: list = field(default_factory=list)
    crowd: tuple = None

    def present(self):
        """Rows of the categories that can be seen, crowd included, ascending."""
        rows = {o.category for o in self.objects}
        if self.crowd:
            rows.add(self.crowd[0])
        return sorted(rows)


def background(rng, width, height):
    """A blotchy colour field with muted rectangles and strokes."""
    cells = int(rng.integers(3, 8))
    base = rng.integers(40, 216, 3)
    coarse = np.clip(base + rng.integers(-70, 71, (cells, cells, 3)), 0, 255).astype(np.uint8)
    image = Image.fromarray(coarse).resize((width, height), Image.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(6, 22))):
        colour = hue_colour(rng.random(), 0.1 + 0.4 * rng.random(), 0.25 + 0.6 * rng.random())
        x, y = rng.integers(0, width), rng.integers(0, height)
        w, h = rng.integers(3, 40, 2)
        if rng.random() < 0.5:
            draw.rectangle([x, y, x + w, y + h // 2], fill=colour)
        else:
            draw.line(
                [x, y, x + w * rng.integers(-1, 2), y + h],
                fill=colour,
                width=int(rng.integers(1, 5)),
            )
    return image


def choose_counts(rng):
    """Category rows and how many of each: mostly of one theme, 2 to 5 categories, at most 8."""
    theme = "kitchen" if rng.random() < 0.5 else "street"
    weight = np.array(
        [FREQUENCY.get(name, 1.0) * (1.0 if t == theme else 0.12) for _, name, _, t in CATEGORIES]
    )
    kinds = int(rng.choice([2, 3, 4, 5], p=[0.2, 0.35, 0.3, 0.15]))
    rows = rng.choice(len(CATEGORIES), kinds, replace=False, p=weight / weight.sum())
    counts, left = [], MAX_OBJECTS
    for i, row in enumerate(rows):
        later = kinds - 1 - i
        n = min(int(rng.choice(5, p=COUNT_SHARE)) + 1, left - later)
        counts.append((int(row), n))
        left -= n
    return counts


def covered(box, others):
    """Largest share of the smaller box that two boxes have in common."""
    worst = 0.0
    for other in others:
        w = min(box[0] + box[2], other[0] + other[2]) - max(box[0], other[0])
        h = min(box[1] + box[3], other[1] + other[3]) - max(box[1], other[1])
        if w > 0 and h > 0:
            worst = max(worst, w * h / min(box[2] * box[3], other[2] * other[3]))
    return worst


def place_objects(rng, width, height, counts):
    """Placed objects without heavy overlap; an object that finds no room is left out."""
    placed, boxes = [], []
    short = min(width, height)
    left, top = (width - short) / 2, (height - short) / 2
    for row, n in counts:
        for _ in range(n):
            small = rng.random() < 0.06
            area = rng.uniform(450, 1000) if small else 1080 * (1 + rng.exponential(0.75))
            area = min(area, 5200.0)
            angle = rng.uniform(-40, 40) if NAMES[row] == "kite" else rng.uniform(-12, 12)
            mirror = 1 if rng.random() < 0.5 else -1
            for _ in range(30):
                obj = place(
                    row,
                    left + short * rng.uniform(0.08, 0.92),
                    top + short * rng.uniform(0.08, 0.92),
                    area,
                    angle,
                    mirror,
                )
                x, y, w, h = box = obj.box()
                if x < 3 or y < 3 or x + w > width - 3 or y + h > height - 3:
                    continue
                if covered(box, boxes) < 0.22:
                    placed.append(obj)
                    boxes.append(box)
                    break
    order = rng.permutation(len(placed))
    return [placed[i] for i in order], boxes


def object_colour(rng, row):
    """The usual hue of the category with some spread; one in seven has any hue."""
    hue = rng.random() if rng.random() < 0.14 else HUES[NAMES[row]] + rng.normal(0, 0.035)
    return hue_colour(hue, rng.uniform(0.45, 1.0), rng.uniform(0.45, 1.0))


def draw_crowd(rng, image, row, width, height):
    """Many small instances in a band; returns (row, x, y, w, h)."""
    w, h = int(rng.integers(70, 130)), int(rng.integers(26, 44))
    x, y = int(rng.integers(4, width - w - 4)), int(rng.integers(4, height - h - 4))
    draw = ImageDraw.Draw(image)
    for _ in range(int(rng.integers(9, 15))):
        obj = place(
            row,
            rng.uniform(x + 9, x + w - 9),
            rng.uniform(y + 9, y + h - 9),
            150.0,
            rng.uniform(-15, 15),
            1,
        )
        draw_object(draw, obj, object_colour(rng, row), 0.15, (128, 128, 128))
    return row, x, y, w, h


def make_scene(seed, index):
    """The scene number `index` of the world `seed`."""
    rng = np.random.default_rng([seed, index])
    width = int(rng.integers(224, 289))
    height = int(np.clip(width + rng.integers(-40, 41), 224, 288))
    image = background(rng, width, height)
    counts = choose_counts(rng)
    crowd = None
    if rng.random() < 0.04:
        absent = [r for r in range(len(CATEGORIES)) if r not in dict(counts)]
        crowd = draw_crowd(rng, image, int(rng.choice(absent + [counts[0][0]])), width, height)
    objects, _ = place_objects(rng, width, height, counts)
    draw = ImageDraw.Draw(image)
    for obj in objects:
        x, y = int(obj.transform[0]), int(obj.transform[1])
        behind = image.getpixel((min(max(x, 0), width - 1), min(max(y, 0), height - 1)))
        fade = rng.uniform(0, 0.35) if rng.random() < 0.75 else rng.uniform(0.35, 0.78)
        draw_object(draw, obj, object_colour(rng, obj.category), fade, behind)
    for _ in range(int(rng.integers(0, 5))):
        colour = hue_colour(rng.random(), 0.3, 0.2 + 0.7 * rng.random())
        x, y = rng.integers(0, width), rng.integers(0, height)
        draw.line(
            [x, y, x + rng.integers(-70, 71), y + rng.integers(-70, 71)],
            fill=colour,
            width=int(rng.integers(1, 4)),
        )
    amplitude = int(rng.integers(12, 64))
    noise = np.frombuffer(rng.bytes(width * height * 3), np.uint8).reshape(height, width, 3)
    noisy = np.asarray(image).astype(np.int16) + ((noise.astype(np.int16) - 128) * amplitude >> 7)
    return Scene(Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8)), objects, crowd)
