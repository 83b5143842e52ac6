"""Pictures with the attention map over them, for a few telling items of each set."""
import base64
import collections
import io
import math

import matplotlib
import numpy as np
from PIL import Image, ImageDraw

from html_text import Raw, clip, definition_list, element, esc, paragraph, section

SIDE = 336           # pixels of the shorter side of a shown picture
TOP_MASS = 0.30      # share of the map's mass inside the outlined cells
CELLS_SHOWN = 6      # cells with pictures at most
MAX_PIXELS = 50_000_000


class Choice:
    """An item to show, and why."""

    def __init__(self, row, why):
        self.row, self.why = row, why


def number(value, digits=3):
    return "n/a" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def primary_labels(run, cell):
    """key -> 1 right, 0 wrong, -1 no label, by the primary scorer; from the record of reduce."""
    for file in run.units(cell, "reduce"):
        keys = [k.decode("utf-8", "replace") for k in file["labels/key"][()]] \
            if "labels/key" in file else []
        for dataset in (file.get("label") or {}).values():
            if dataset.attrs.get("primary") == "1":
                return dict(zip(keys, (int(y) for y in dataset[()])))
    return {}


def by_key(run, cell, stage, names):
    """key -> {name: value} of a stage's arrays [item, ...]."""
    joined = run.joined(cell, stage, ["item/key"] + names)
    keys = joined.pop("item/key", [])
    return {key: {name: values[i] for name, values in joined.items() if i < len(values)}
            for i, key in enumerate(keys)}


def choose(rows):
    """A right answer that all samples share, the wrong one with the most focused attention, and the
    answer with the least agreement; rows: list of dicts with y, h_s, s_sc. Ties: first key."""
    chosen = []

    def pick(candidates, score, why):
        left = [row for row in candidates if row["key"] not in {c.row["key"] for c in chosen}]
        if left:
            chosen.append(Choice(min(left, key=lambda row: (score(row), row["key"])), why))

    def h_s(row):
        return row["h_s"] if math.isfinite(row["h_s"]) else math.inf

    def s_sc(row):
        return row["s_sc"] if math.isfinite(row["s_sc"]) else 0

    pick([r for r in rows if r["y"] == 1], lambda r: (-s_sc(r), h_s(r)),
         "Right, with the most agreement between samples")
    pick([r for r in rows if r["y"] == 0], h_s,
         "Wrong, though the attention is the most focused of all wrong answers")
    pick([r for r in rows if math.isfinite(r["s_sc"])], s_sc,
         "The least agreement between samples")
    return chosen


def rows_of(run, cell):
    """Items of a cell that have an attention map, with all that is shown of them."""
    items = run.items(cell.benchmark)
    if not items.get("key"):
        return []
    labels = primary_labels(run, cell)
    capture = by_key(run, cell, "capture", ["item/status", "answer/text", "output/confidence"])
    metrics = by_key(run, cell, "metrics", ["metrics/h_s", "metrics/c_k"])
    samples = by_key(run, cell, "consistency", ["consistency/s_sc"])
    rows = []
    for i, key in enumerate(items["key"]):
        found = capture.get(key)
        if not found or int(found.get("item/status", 1)) != 0:
            continue
        rows.append({
            "key": key, "index": i, "image": items.get("image", [""] * (i + 1))[i],
            "question": items.get("question", [""] * (i + 1))[i],
            "reference": items.get("answer", [""] * (i + 1))[i],
            "answer": found.get("answer/text", ""), "y": labels.get(key, -1),
            "confidence": float(found.get("output/confidence", math.nan)),
            "h_s": float(metrics.get(key, {}).get("metrics/h_s", math.nan)),
            "c_k": float(metrics.get(key, {}).get("metrics/c_k", math.nan)),
            "s_sc": float(samples.get(key, {}).get("consistency/s_sc", math.nan)),
            "boxes": boxes_of(items, i)})
    return rows


def boxes_of(items, row):
    if "box" not in items or "region_offset" not in items:
        return []
    first, last = (int(v) for v in items["region_offset"][row:row + 2])
    return [tuple(map(float, box)) for box in items["box"][first:last]]


def map_of(run, cell, key):
    """(M [rows, cols], geometry) of an item: mean map over all layers; None when there is none."""
    for file in run.units(cell, "capture"):
        keys = [k.decode("utf-8", "replace") for k in file["item/key"][()]]
        if key not in keys or "attention/map" not in file:
            continue
        i = keys.index(key)
        first, last = (int(v) for v in file["item/patch_offset"][i:i + 2])
        rows, cols = (int(v) for v in file["item/grid"][i])
        values = file["attention/map"][:, first:last].astype(float).mean(axis=0)
        if rows * cols != len(values) or not values.sum() > 0:
            return None
        return values.reshape(rows, cols) / values.sum(), file["item/geometry"][i].astype(float)
    return None


def paths_of(run, cell, key):
    for file in run.units(cell, "consistency"):
        keys = [k.decode("utf-8", "replace") for k in file["item/key"][()]]
        if key in keys and "path/text" in file:
            return [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v)
                    for v in file["path/text"][keys.index(key)]]
    return []


def top_cells(values):
    """Mask of the shortest prefix of cells, largest first, that holds TOP_MASS of the mass."""
    flat = values.ravel()
    order = np.argsort(-flat, kind="stable")
    count = int(np.searchsorted(np.cumsum(flat[order]), TOP_MASS * flat.sum())) + 1
    mask = np.zeros(flat.size, bool)
    mask[order[:count]] = True
    return mask.reshape(values.shape)


def seen_part(image, geometry):
    """The part of the picture that the model sees, SIDE pixels on its shorter side, and the factors
    that take source pixels there: (picture, scale x, scale y, left, top)."""
    _, _, scale_x, scale_y, offset_x, offset_y, width, height = geometry
    left, top = offset_x / scale_x, offset_y / scale_y
    box = (left, top, left + width / scale_x, top + height / scale_y)
    factor = SIDE / min(width, height)
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    seen = image.convert("RGB").transform(size, Image.Transform.EXTENT, box,
                                          Image.Resampling.BILINEAR)
    return seen, size[0] / (box[2] - box[0]), size[1] / (box[3] - box[1]), left, top


def overlay(seen, values, boxes, scale_x, scale_y, left, top):
    """The picture in grey, the map in colour over it, the top cells outlined in white and the
    annotated boxes in green."""
    peak = values / values.max()
    smooth = Image.fromarray(peak.astype(np.float32)).resize(seen.size, Image.Resampling.BILINEAR)
    strength = np.asarray(smooth)[..., None].clip(0, 1)
    colour = matplotlib.colormaps["inferno"](strength[..., 0])[..., :3] * 255
    grey = np.asarray(seen.convert("L"), float)[..., None].repeat(3, axis=2) * 0.75
    mixed = Image.fromarray((grey * (1 - 0.75 * strength) + colour * 0.75 * strength)
                            .clip(0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(mixed)
    mask = np.pad(top_cells(values), 1)
    width, height = seen.size[0] / values.shape[1], seen.size[1] / values.shape[0]
    for r in range(mask.shape[0] - 1):
        for c in range(mask.shape[1] - 1):
            if r and mask[r, c] != mask[r, c + 1]:
                draw.line([(c * width, (r - 1) * height), (c * width, r * height)], "white", 2)
            if c and mask[r, c] != mask[r + 1, c]:
                draw.line([((c - 1) * width, r * height), (c * width, r * height)], "white", 2)
    for x, y, w, h in boxes:
        draw.rectangle([(x - left) * scale_x, (y - top) * scale_y, (x + w - left) * scale_x,
                        (y + h - top) * scale_y], outline="#00e08a", width=3)
    return mixed


def data_uri(image):
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=82)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")


def pictures(run, cell, row, save=None):
    """HTML of the two pictures, or a sentence that says why they are not there; `save` gets the one
    with the map."""
    found = map_of(run, cell, row["key"])
    if found is None:
        return paragraph("No attention map for this item.")
    path = run.image_path(cell.benchmark, row["image"])
    if path is None or not path.is_file():
        return paragraph(f"The picture {row['image']!r} is no longer in the image folder.")
    values, geometry = found
    try:
        with Image.open(path) as image:
            if image.width * image.height > MAX_PIXELS:
                return paragraph(f"The picture is too large to show: {image.width} x {image.height}.")
            seen, scale_x, scale_y, left, top = seen_part(image, geometry)
    except (OSError, ValueError, ZeroDivisionError, SyntaxError) as error:
        return paragraph(f"The picture cannot be shown: {error}")
    shown = overlay(seen, values, row["boxes"], scale_x, scale_y, left, top)
    if save:
        save(shown)
    size = {"width": str(seen.size[0]), "height": str(seen.size[1]), "decoding": "async"}
    return element("div", element("img", src=data_uri(seen), **size,
                                  alt=f"Picture of item {row['key']} as the model sees it"),
                   element("img", src=data_uri(shown), **size,
                           alt=described(values)), class_="pair")


def described(values):
    """The map in words: where its peak is and how many cells hold the top mass."""
    row, col = np.unravel_index(int(np.argmax(values)), values.shape)
    rows, cols = values.shape
    place = ("top", "middle", "bottom")[min(2, int(3 * row / rows))], \
        ("left", "centre", "right")[min(2, int(3 * col / cols))]
    return (f"The same picture with the attention map over it: the peak is in the {place[0]} {place[1]}, row "
            f"{row + 1} of {rows}, column {col + 1} of {cols}; {int(top_cells(values).sum())} of {rows * cols} "
            f"cells hold the top {100 * TOP_MASS:.0f} % of the mass")


def sampled(texts):
    """Distinct sampled answers, most frequent first, each with its count; HTML."""
    counts = collections.Counter(texts).most_common()
    return Raw(element("ul", *(element("li", esc(clip(text or "(empty)", 300)), " ",
                                       element("span", f"{n} of {len(texts)}", class_="count"))
                               for text, n in counts), class_="samples"))


def card(run, cell, choice):
    row = choice.row
    state = {1: "right", 0: "wrong"}.get(row["y"], "no label")
    facts = [("Question", clip(row["question"])), ("Reference", row["reference"] or "(none)"),
             ("Answer", Raw(esc(clip(row["answer"] or "(empty)")) + " " +
                            element("span", esc(state), class_=f"mark {state.replace(' ', '-')}"))),
             ("Signals", f"H_s {number(row['h_s'])} nats, C_k {number(row['c_k'], 0)}, "
                         f"S_SC {number(row['s_sc'], 2)}, confidence {number(row['confidence'], 2)}")]
    texts = paths_of(run, cell, row["key"])
    if texts:
        facts.append((f"{len(texts)} sampled answers", sampled(texts)))
    return element("article", element("h3", esc(choice.why)),
                   paragraph(f"{cell.name}, item {row['key']}", "small"),
                   pictures(run, cell, row), definition_list(facts), class_="item")


def build(run):
    cards = []
    for cell in run.real_cells()[:CELLS_SHOWN]:
        for choice in choose(rows_of(run, cell)):
            cards.append(card(run, cell, choice))
    if not cards:
        return section("items", "A few items", paragraph("No item has an answer and a map to show."))
    legend = ("Left: what the model sees after scaling and cropping. Right: mean attention of the "
              "answer over all layers, bright is more; white outline: the cells with the top 30 % "
              "of the mass; green: the annotated objects of the question. Items are chosen by rule, "
              "not by hand.")
    return section("items", "A few items", paragraph(legend), element("div", *cards, class_="items"))
