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
HUES = {"car": 0.00, "boat": 0.06, "bird": 0.58, "dog": 0.09, "umbrella": 0.83, "kite": 0.92,
        "bottle": 0.33, "cup": 0.52, "bowl": 0.62, "chair": 0.12, "clock": 0.16, "vase": 0.72}


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
    "car": [(-1, .35), (-1, -.05), (-.6, -.1), (-.35, -.5), (.3, -.5), (.6, -.1), (1, 0), (1, .35)]
           + arc(.55, .35, .24, .27, 0, 180, 6) + arc(-.55, .35, .24, .27, 0, 180, 6),
    "boat": [(-1, .3), (-.75, .3), (-.08, -1), (.75, .12), (.08, .12), (.08, .3), (1, .3),
             (.6, .85), (-.6, .85)],
    "bird": [(-1, -.15), (-.7, -.4), (-.4, -.3), (.1, -.95), (.35, -.15), (1, -.3), (.75, .2),
             (.1, .5), (-.45, .3), (-.65, 0)],
    "dog": [(-1, -.5), (-.62, -.8), (-.42, -.4), (.62, -.4), (.92, -.85), (1, -.7), (.85, -.1),
            (.82, .8), (.55, .8), (.5, .2), (-.28, .2), (-.33, .8), (-.6, .8), (-.6, -.1),
            (-.95, -.25)],
    "umbrella": arc(0, .1, 1, 1, 180, 360, 12) + [(.09, .1), (.09, .95), (-.35, .95), (-.35, .7),
                                                  (-.09, .7), (-.09, .1)],
    "kite": [(0, -1), (.66, -.25), (.08, .5), (.35, .72), (.1, .95), (-.05, .72), (-.08, .5),
             (-.66, -.25)],
    "bottle": mirrored([(-1, .16), (-.45, .16), (-.2, .42), (1, .42)]),
    "cup": [(-.7, -.8), (.5, -.8), (.5, -.5), (.95, -.5), (.95, .3), (.45, .3), (.35, .8),
            (-.55, .8)],
    "bowl": arc(0, -.4, 1, 1.1, 0, 180, 12) + [(-1, -.4)],
    "chair": [(-.65, -1), (-.3, -1), (-.3, -.1), (.65, -.1), (.65, 1), (.4, 1), (.4, .3),
              (-.35, .3), (-.35, 1), (-.65, 1)],
    "clock": arc(0, 0, 1, 1, 0, 345, 23),
    "vase": mirrored([(-1, .5), (-.78, .24), (-.5, .24), (-.1, .66), (.35, .74), (.8, .45),
                      (1, .5)]),
}
# marks: (polygon or line points, shade); shade > 0 mixes with white, < 0 with black
MARKS = {
    "car": [(arc(.55, .35, .2, .2, 0, 330, 11), -.8), (arc(-.55, .35, .2, .2, 0, 330, 11), -.8),
            ([(-.3, -.4), (0, -.4), (0, -.1), (-.48, -.1)], .75),
            ([(.08, -.4), (.26, -.4), (.45, -.1), (.08, -.1)], .75)],
    "boat": [([(-.7, .26), (-.08, -.94), (.68, .1), (-.08, .1), (-.08, .26)], .8)],
    "bird": [([(-.25, -.1), (.1, -.75), (.25, 0)], -.5), (arc(-.68, -.2, .1, .1, 0, 300, 5), .95)],
    "dog": [(arc(.1, -.12, .3, .2, 0, 330, 9), -.6), ([(-.62, -.8), (-.42, -.4), (-.6, -.45)], -.6)],
    "umbrella": [([(0, .05), (-.95, .05), (-.8, -.45)], .5), ([(0, .05), (-.35, -.82), (.3, -.84)], .5),
                 ([(0, .05), (.8, -.45), (.95, .05)], .5)],
    "kite": [([(0, -.95), (.6, -.25), (0, -.25)], .7), ([(0, .5), (-.6, -.25), (0, -.25)], .7)],
    "bottle": [([(-.38, .1), (.38, .1), (.38, .62), (-.38, .62)], .8),
               ([(-.16, -1), (.16, -1), (.16, -.8), (-.16, -.8)], -.7)],
    "cup": [([(.55, -.3), (.78, -.3), (.78, .1), (.55, .1)], -.7),
            ([(-.66, -.4), (.46, -.4), (.44, -.1), (-.62, -.1)], .7)],
    "bowl": [([(-.95, -.34), (.95, -.34), (.9, -.12), (-.9, -.12)], .75),
             ([(-.3, .2), (.3, .2), (.25, .4), (-.25, .4)], -.5)],
    "chair": [([(-.65, -1), (-.3, -1), (-.3, -.75), (-.65, -.75)], -.5),
              ([(-.3, -.1), (.65, -.1), (.65, .08), (-.3, .08)], .55)],
    "clock": [(arc(0, 0, .78, .78, 0, 345, 23), .85), ([(-.08, .1), (-.08, -.62), (.08, -.62), (.08, .1)], -.9),
              ([(-.05, -.08), (.5, -.08), (.5, .08), (-.05, .08)], -.9)],
    "vase": [([(-.7, .2), (-.35, -.05), (0, .2), (.35, -.05), (.7, .2), (.7, .4), (.35, .15),
               (0, .4), (-.35, .15), (-.7, .4)], .8)],
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
    transform: tuple   # centre x, centre y, scale, cos, sin, mirror (+1 or -1)
    polygon: list      # [(x, y), ...] pixels, one decimal

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
    return [(round(cx + s * (c * m * x - n * y), 1), round(cy + s * (n * m * x + c * y), 1))
            for x, y in points]


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
