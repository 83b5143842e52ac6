"""The object categories of the demo scenes: COCO names and ids, outlines, colours and drawing.

Outlines are polygons in unit coordinates (x to the right, y down, about -1..1); `place` turns them
into pixels and `draw_object` paints one object with its marks on a Pillow image.
"""

import colorsys
import math
from dataclasses import dataclass

CATEGORIES = [  # (COCO id, name, supercategory, theme)
    (3, "car", "vehicle", "street"),
    (9, "boat", "vehicle", "street"),
    (16, "bird", "animal", "street"),
    (18, "dog", "animal", "street"),
    (28, "umbrella", "accessory", "street"),
    (38, "kite", "sports", "street"),
    (44, "bottle", "kitchen", "kitchen"),
    (47, "cup", "kitchen", "kitchen"),
    (51, "bowl", "kitchen", "kitchen"),
    (62, "chair", "furniture", "kitchen"),
    (85, "clock", "indoor", "kitchen"),
    (86, "vase", "indoor", "kitchen"),
]
NAMES = [c[1] for c in CATEGORIES]
FREQUENCY = {"car": 1.5, "chair": 1.5, "cup": 1.3, "bird": 1.3, "vase": 0.7, "clock": 0.8}
HUES = {
    "car": 0.00,
    "boat": 0.06,
    "bird": 0.58,
    "dog": 0.09,
    "umbrella": 0.83,
    "kite": 0.92,
    "bottle": 0.33,
    "cup": 0.52,
    "bowl": 0.62,
    "chair": 0.12,
    "clock": 0.16,
    "vase": 0.72,
}


def arc(cx, cy, rx, ry, start, stop, steps):
    """Points on an ellipse from angle start to stop in degrees (y down), both ends included."""
    out = []
    for i in range(steps + 1):
        a = math.radians(start + (stop - start) * i / steps)
        out.append((cx + rx * math.cos(a), cy + ry * math.sin(a)))
    return out


def mirrored(profile):
    """A closed outline symmetric about x = 0 from (y, half width) pairs, top to bottom."""
    return [(-w, y) for y, w in profile] + [(w, y) for y, w in reversed(profile)]


OUTLINES = {
    "car": [
        (-1, 0.35),
        (-1, -0.05),
        (-0.6, -0.1),
        (-0.35, -0.5),
        (0.3, -0.5),
        (0.6, -0.1),
        (1, 0),
        (1, 0.35),
    ]
    + arc(0.55, 0.35, 0.24, 0.27, 0, 180, 6)
    + arc(-0.55, 0.35, 0.24, 0.27, 0, 180, 6),
    "boat": [
        (-1, 0.3),
        (-0.75, 0.3),
        (-0.08, -1),
        (0.75, 0.12),
        (0.08, 0.12),
        (0.08, 0.3),
        (1, 0.3),
        (0.6, 0.85),
        (-0.6, 0.85),
    ],
    "bird": [
        (-1, -0.15),
        (-0.7, -0.4),
        (-0.4, -0.3),
        (0.1, -0.95),
        (0.35, -0.15),
        (1, -0.3),
        (0.75, 0.2),
        (0.1, 0.5),
        (-0.45, 0.3),
        (-0.65, 0),
    ],
    "dog": [
        (-1, -0.5),
        (-0.62, -0.8),
        (-0.42, -0.4),
        (0.62, -0.4),
        (0.92, -0.85),
        (1, -0.7),
        (0.85, -0.1),
        (0.82, 0.8),
        (0.55, 0.8),
        (0.5, 0.2),
        (-0.28, 0.2),
        (-0.33, 0.8),
        (-0.6, 0.8),
        (-0.6, -0.1),
        (-0.95, -0.25),
    ],
    "umbrella": arc(0, 0.1, 1, 1, 180, 360, 12)
    + [(0.09, 0.1), (0.09, 0.95), (-0.35, 0.95), (-0.35, 0.7), (-0.09, 0.7), (-0.09, 0.1)],
    "kite": [
        (0, -1),
        (0.66, -0.25),
        (0.08, 0.5),
        (0.35, 0.72),
        (0.1, 0.95),
        (-0.05, 0.72),
        (-0.08, 0.5),
        (-0.66, -0.25),
    ],
    "bottle": mirrored([(-1, 0.16), (-0.45, 0.16), (-0.2, 0.42), (1, 0.42)]),
    "cup": [
        (-0.7, -0.8),
        (0.5, -0.8),
        (0.5, -0.5),
        (0.95, -0.5),
        (0.95, 0.3),
        (0.45, 0.3),
        (0.35, 0.8),
        (-0.55, 0.8),
    ],
    "bowl": arc(0, -0.4, 1, 1.1, 0, 180, 12) + [(-1, -0.4)],
    "chair": [
        (-0.65, -1),
        (-0.3, -1),
        (-0.3, -0.1),
        (0.65, -0.1),
        (0.65, 1),
        (0.4, 1),
        (0.4, 0.3),
        (-0.35, 0.3),
        (-0.35, 1),
        (-0.65, 1),
    ],
    "clock": arc(0, 0, 1, 1, 0, 345, 23),
    "vase": mirrored(
        [(-1, 0.5), (-0.78, 0.24), (-0.5, 0.24), (-0.1, 0.66), (0.35, 0.74), (0.8, 0.45), (1, 0.5)]
    ),
}
# marks: (polygon or line points, shade); shade > 0 mixes with white, < 0 with black
MARKS = {
    "car": [
        (arc(0.55, 0.35, 0.2, 0.2, 0, 330, 11), -0.8),
        (arc(-0.55, 0.35, 0.2, 0.2, 0, 330, 11), -0.8),
        ([(-0.3, -0.4), (0, -0.4), (0, -0.1), (-0.48, -0.1)], 0.75),
        ([(0.08, -0.4), (0.26, -0.4), (0.45, -0.1), (0.08, -0.1)], 0.75),
    ],
    "boat": [([(-0.7, 0.26), (-0.08, -0.94), (0.68, 0.1), (-0.08, 0.1), (-0.08, 0.26)], 0.8)],
    "bird": [
        ([(-0.25, -0.1), (0.1, -0.75), (0.25, 0)], -0.5),
        (arc(-0.68, -0.2, 0.1, 0.1, 0, 300, 5), 0.95),
    ],
    "dog": [
        (arc(0.1, -0.12, 0.3, 0.2, 0, 330, 9), -0.6),
        ([(-0.62, -0.8), (-0.42, -0.4), (-0.6, -0.45)], -0.6),
    ],
    "umbrella": [
        ([(0, 0.05), (-0.95, 0.05), (-0.8, -0.45)], 0.5),
        ([(0, 0.05), (-0.35, -0.82), (0.3, -0.84)], 0.5),
        ([(0, 0.05), (0.8, -0.45), (0.95, 0.05)], 0.5),
    ],
    "kite": [
        ([(0, -0.95), (0.6, -0.25), (0, -0.25)], 0.7),
        ([(0, 0.5), (-0.6, -0.25), (0, -0.25)], 0.7),
    ],
    "bottle": [
        ([(-0.38, 0.1), (0.38, 0.1), (0.38, 0.62), (-0.38, 0.62)], 0.8),
        ([(-0.16, -1), (0.16, -1), (0.16, -0.8), (-0.16, -0.8)], -0.7),
    ],
    "cup": [
        ([(0.55, -0.3), (0.78, -0.3), (0.78, 0.1), (0.55, 0.1)], -0.7),
        ([(-0.66, -0.4), (0.46, -0.4), (0.44, -0.1), (-0.62, -0.1)], 0.7),
    ],
    "bowl": [
        ([(-0.95, -0.34), (0.95, -0.34), (0.9, -0.12), (-0.9, -0.12)], 0.75),
        ([(-0.3, 0.2), (0.3, 0.2), (0.25, 0.4), (-0.25, 0.4)], -0.5),
    ],
    "chair": [
        ([(-0.65, -1), (-0.3, -1), (-0.3, -0.75), (-0.65, -0.75)], -0.5),
        ([(-0.3, -0.1), (0.65, -0.1), (0.65, 0.08), (-0.3, 0.08)], 0.55),
    ],
    "clock": [
        (arc(0, 0, 0.78, 0.78, 0, 345, 23), 0.85),
        ([(-0.08, 0.1), (-0.08, -0.62), (0.08, -0.62), (0.08, 0.1)], -0.9),
        ([(-0.05, -0.08), (0.5, -0.08), (0.5, 0.08), (-0.05, 0.08)], -0.9),
    ],
    "vase": [
        (
            [
                (-0.7, 0.2),
                (-0.35, -0.05),
                (0, 0.2),
                (0.35, -0.05),
                (0.7, 0.2),
                (0.7, 0.4),
                (0.35, 0.15),
                (0, 0.4),
                (-0.35, 0.15),
                (-0.7, 0.4),
            ],
            0.8,
        )
    ],
}


def shoelace(points):
    """Area of a simple polygon."""
    x = sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1]))
    return abs(x) / 2


UNIT_AREA = {name: shoelace(outline) for name, outline in OUTLINES.items()}


@dataclass
class Placed:
    """One object in an image: category row, how it was placed, and its outline in pixels."""

    category: int
    transform: tuple  # centre x, centre y, scale, cos, sin, mirror (+1 or -1)
    polygon: list  # [(x, y), ...] pixels, one decimal

    def box(self):
        """x, y, width, height of the outline in pixels."""
        xs, ys = [p[0] for p in self.polygon], [p[1] for p in self.polygon]
        return min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)

    def area(self):
        """Pixels inside the outline."""
        return shoelace(self.polygon)


def to_pixels(points, transform):
    """Unit coordinates to pixels, one decimal."""
    cx, cy, s, c, n, m = transform
    return [
        (round(cx + s * (c * m * x - n * y), 1), round(cy + s * (n * m * x + c * y), 1))
        for x, y in points
    ]


def place(category, cx, cy, area, angle, mirror):
    """An object of `area` pixels at (cx, cy), turned by `angle` degrees."""
    name = NAMES[category]
    a = math.radians(angle)
    t = (cx, cy, math.sqrt(area / UNIT_AREA[name]), math.cos(a), math.sin(a), mirror)
    return Placed(category, t, to_pixels(OUTLINES[name], t))


def mix(colour, other, share):
    """`share` of `other` mixed into `colour`; both (r, g, b)."""
    return tuple(int(round(a + (b - a) * share)) for a, b in zip(colour, other))


def hue_colour(hue, saturation, value):
    """(r, g, b) 0..255."""
    return tuple(int(round(255 * v)) for v in colorsys.hsv_to_rgb(hue % 1.0, saturation, value))


def draw_object(draw, placed, colour, fade, behind):
    """Paints one object; `fade` 0..1 is the share of the colour `behind` it that shines through."""
    draw.polygon(placed.polygon, fill=mix(colour, behind, fade))
    for points, shade in MARKS[NAMES[placed.category]]:
        shaded = mix(colour, (255, 255, 255) if shade > 0 else (0, 0, 0), abs(shade))
        draw.polygon(to_pixels(points, placed.transform), fill=mix(shaded, behind, fade))
