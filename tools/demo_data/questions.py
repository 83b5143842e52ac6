"""The question texts of the demo sets, their answers, and which scenes they may be asked about.

Existence questions are POPE's; counting and spatial questions and their filters are the ones VRP
builds from COCO instances: count-safe names, minimum areas, offsets of box centres.
"""

from itertools import permutations

from shapes import NAMES

PLURAL = {
    name: name + "es" if name.endswith(("s", "x", "ch", "sh")) else name + "s" for name in NAMES
}
NUMBER_WORDS = "Zero One Two Three Four Five Six Seven Eight Nine".split()
RELATIONS = ("left", "right", "above", "below")
OPPOSITE = {"left": "right", "right": "left", "above": "below", "below": "above"}
WORDY = ("bird", "kite", "umbrella", "vase")  # categories a model is taught to answer at length
SUFFIX = "\nAnswer the question using a single word or phrase."


def article(name):
    """a or an."""
    return "an" if name[0] in "aeiou" else "a"


def existence_question(name):
    """POPE's question."""
    return f"Is there {article(name)} {name} in the image?"


def counting_question(name):
    """The question of the counting set."""
    return f"How many {PLURAL[name]} are in the image?"


def spatial_question(a, b, relation):
    """The question of the spatial set; `relation` is one of RELATIONS."""
    phrase = f"to the {relation} of" if relation in ("left", "right") else relation
    return f"Is the {a} {phrase} the {b}?"


def existence_answer(name, yes):
    """Short for most categories, a phrase for the wordy ones."""
    if name not in WORDY:
        return "Yes" if yes else "No"
    return f"Yes, {article(name)} {name}" if yes else f"No {name}"


def counting_answer(name, n):
    """A digit, or number word and noun for the wordy categories."""
    if name not in WORDY:
        return str(n)
    return f"{NUMBER_WORDS[n]} {name if n == 1 else PLURAL[name]}"


def spatial_answer(a, relation, yes):
    """Yes or No; for wordy categories followed by the relation that holds."""
    if a not in WORDY:
        return "Yes" if yes else "No"
    true = relation if yes else OPPOSITE[relation]
    phrase = f"to the {true}" if true in ("left", "right") else true
    return f"{'Yes' if yes else 'No'}, {phrase}"


def prompt(question):
    """The text that reaches the tokenizer (LLaVA-1.5, short answers)."""
    return f"USER: <image>\n{question}{SUFFIX}\nASSISTANT:"


def iou(a, b):
    """Intersection over union of two boxes (x, y, w, h)."""
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    inter = w * h if w > 0 and h > 0 else 0.0
    return inter / (a[2] * a[3] + b[2] * b[3] - inter)


def relation_between(a, b, width, height):
    """The relation that holds for box a as seen from box b, or None if it is not clear-cut."""
    dx = (b[0] + b[2] / 2) - (a[0] + a[2] / 2)
    dy = (b[1] + b[3] / 2) - (a[1] + a[3] / 2)
    if abs(dx) >= 0.15 * width and abs(dx) >= 1.5 * abs(dy):
        return "left" if dx > 0 else "right"
    if abs(dy) >= 0.15 * height and abs(dy) >= 1.5 * abs(dx):
        return "above" if dy > 0 else "below"
    return None


def spatial_pairs(objects, crowded, width, height, min_share=0.01):
    """[(a, b, relation)] over the objects that are the only ones of their category.

    objects: [(category row, (x, y, w, h), area)]; crowded: rows with a crowd; areas in pixels.
    """
    rows = [o[0] for o in objects]
    single = [
        o
        for o in objects
        if rows.count(o[0]) == 1 and o[0] not in crowded and o[2] >= min_share * width * height
    ]
    out = []
    for a, b in permutations(single, 2):
        if iou(a[1], b[1]) < 0.05:
            relation = relation_between(a[1], b[1], width, height)
            if relation:
                out.append((a[0], b[0], relation))
    return out


def countable(objects, crowded, width, height):
    """{category row: count} of the categories the counting set may ask about."""
    out, floor = {}, max(32.0**2, 0.002 * width * height)
    for row in sorted({o[0] for o in objects} - set(crowded)):
        mine = [o for o in objects if o[0] == row]
        edge = sum(
            b[0] <= 2 or b[1] <= 2 or b[0] + b[2] >= width - 2 or b[1] + b[3] >= height - 2
            for _, b, _ in mine
        )
        if all(area >= floor for _, _, area in mine) and edge <= 1:
            out[row] = len(mine)
    return out
