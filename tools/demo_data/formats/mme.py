"""MME: a folder per category, two questions per picture, one answered Yes and one No.

Five categories keep pictures and questions in two sub-folders, nine side by side. The scenes show
no posters, celebrities or text: apart from existence, count and position the categories carry
existence and spatial questions. A few questions have two blanks before "Please", as in the
published set, and some text files end in a blank line.
"""

import os

from PIL import Image

import questions as q
from asking import pick
from formats.common import folder_of, place_picture, truth

ROOT = "MME_Benchmark_release_version"
TWO_FOLDERS = ("artwork", "celebrity", "landmark", "posters", "scene")
SIDE_BY_SIDE = (
    "existence", "count", "position", "color", "OCR", "commonsense_reasoning",
    "numerical_calculation", "text_translation", "code_reasoning",
)  # fmt: skip
WIDE = {"color": 1, "count": 0, "position": 2}  # the pair whose first question has two blanks
PLEASE = "Please answer yes or no."


def existence_pair(scene, rng):
    """One category that is there, one that is not."""
    rows = range(len(q.NAMES))
    yes = q.NAMES[pick(rng, [r for r in rows if r in scene.present])]
    no = q.NAMES[pick(rng, [r for r in rows if r not in scene.present])]
    return q.existence_question(yes), q.existence_question(no)


def count_pair(scene, rng):
    """The true number, and one that is one off."""
    if not scene.counts:
        return None
    row = pick(rng, sorted(scene.counts))
    n = scene.counts[row]
    other = n + 1 if n == 1 or rng.random() < 0.5 else n - 1

    def text(number):
        name = q.NAMES[row]
        verb, noun = ("Is", name) if number == 1 else ("Are", q.PLURAL[name])
        return f"{verb} there {q.NUMBER_WORDS[number].lower()} {noun} in the image?"

    return text(n), text(other)


def position_pair(scene, rng):
    """The relation that holds and its opposite."""
    if not scene.pairs:
        return None
    a, b, relation = pick(rng, scene.pairs)
    names = q.NAMES[a], q.NAMES[b]
    return tuple(q.spatial_question(*names, r) for r in (relation, q.OPPOSITE[relation]))


def pair_maker(category):
    """What is asked in a category."""
    if category == "count":
        return count_pair
    spatial = ("position", "scene", "commonsense_reasoning", "code_reasoning")
    return position_pair if category in spatial else existence_pair


def _picture(scene, folder, stem, category):
    """The picture under its name there; code_reasoning has PNG files (of 48 colours)."""
    if category != "code_reasoning":
        place_picture(scene, folder, f"{stem}.jpg")
        return f"{stem}.jpg"
    with Image.open(scene.path) as picture:
        picture.quantize(48).save(os.path.join(folder_of(folder), f"{stem}.png"))
    return f"{stem}.png"


def _category(root, category, scenes, rng, number):
    folder = folder_of(root, category)
    two = category in TWO_FOLDERS
    pictures = os.path.join(folder, "images") if two else folder
    texts = folder_of(folder, "questions_answers_YN") if two else folder
    make, truths, made = pair_maker(category), [], 0
    for k in rng.permutation(len(scenes)):
        scene = scenes[k]
        pair = make(scene, rng) if made < number else None
        if pair is None:
            continue
        coco = category in ("existence", "count", "position", "color")
        stem = f"{scene.number:012d}" if coco else f"{made + 1:04d}"
        blanks = ["  " if WIDE.get(category) == made else " ", " "]
        lines = list(zip(pair, blanks, ("Yes", "No")))
        if made % 2:
            lines.reverse()
        with open(os.path.join(texts, f"{stem}.txt"), "w", encoding="utf-8", newline="") as f:
            text = "\n".join(f"{asked}{blank}{PLEASE}\t{answer}" for asked, blank, answer in lines)
            f.write(text + ("\n\n" if made == 1 else "\n"))
        name = _picture(scene, pictures, stem, category)
        truths += [
            truth(f"{category}/{name}/{n + 1}", name, f"{asked}{blank}{PLEASE}", answer.lower(), type_=category)
            for n, (asked, blank, answer) in enumerate(lines)
        ]
        made += 1
    return truths


def write(out, scenes, rng, pairs=2):
    """Writes OUT/mme/MME_Benchmark_release_version: `pairs` pictures per category, two more in
    existence, count, position and color. Count and existence share picture names, as published.
    In the truths, ids are category/picture/line."""
    root = folder_of(out, "mme", ROOT)
    truths = []
    for category in TWO_FOLDERS + SIDE_BY_SIDE:
        more = 2 if category in ("existence", "count", "position", "color") else 0
        truths += _category(root, category, scenes, rng, pairs + more)
    return truths
