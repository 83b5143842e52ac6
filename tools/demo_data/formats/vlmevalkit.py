"""Tables as VLMEvalKit reads them: tab-separated with a header, CSV quoting, pictures in base64.

POPE.tsv: categories with commas, later rows name an earlier row for their picture.
DEMO_MCQ.tsv: options A..D (some rows have two), hints, groups. TextVQA_VAL.tsv: ten answers as a
list literal. MME.tsv: pairs by category and image_path.
"""

import base64
import csv
import os

import questions as q
from asking import draw
from formats.common import folder_of, human_text, ten_answers, truth
from formats.mme import PLEASE, count_pair, existence_pair, position_pair
from formats.seed_bench import choices_of

SPLITS = (
    "adversarial", "popular", "random", "adversarial,popular", "adversarial,popular,random",
)  # fmt: skip


def write_table(path, columns, rows):
    """A header and the rows; missing cells are empty."""
    with open(path, "w", encoding="utf-8", newline="") as f:
        table = csv.DictWriter(f, columns, delimiter="\t", lineterminator="\n", restval="")
        table.writeheader()
        table.writerows(rows)


def picture(scene):
    """The file in base64."""
    with open(scene.path, "rb") as f:
        return base64.b64encode(f.read()).decode("ascii")


class Pictures:
    """Base64 at the first use of a scene, the index of that row later."""

    def __init__(self):
        self.first = {}

    def cell(self, scene, index):
        """What the image cell of row `index` holds."""
        if scene.name in self.first:
            return str(self.first[scene.name])
        self.first[scene.name] = index
        return picture(scene)

    def name(self, scene):
        """The file name under which the picture is stored when there is no image_path."""
        return f"{self.first[scene.name]}.png"


def write_pope(folder, scenes, rng, images=8):
    """Four questions per picture."""
    rows, truths, pictures = [], [], Pictures()
    for scene in [scenes[k] for k in rng.permutation(len(scenes))[:images]]:
        asked = set()
        for _ in range(2):
            for text, answer in zip(existence_pair(scene, rng), ("Yes", "No")):
                if text in asked:
                    continue
                asked.add(text)
                index, category = len(rows), SPLITS[len(rows) % len(SPLITS)]
                rows.append(
                    {
                        "index": index,
                        "image": pictures.cell(scene, index),
                        "question": text,
                        "answer": answer,
                        "category": category,
                    }
                )
                truths.append(
                    {
                        **truth(index, None, text, answer.lower(), type_=category),
                        "picture": scene.path,
                    }
                )
    columns = ["index", "image", "question", "answer", "category"]
    write_table(os.path.join(folder, "POPE.tsv"), columns, rows)
    return truths


def write_choices(folder, scenes, rng, number=12):
    """Four options, or two where only Yes and No make sense; every third row has a hint."""
    rows, truths, pictures = [], [], Pictures()
    for index, asked in enumerate(draw(scenes, rng, number)):
        options, letter = choices_of(asked, rng)
        if asked.kind != "counting" and index % 2:
            options, letter = ["Yes", "No"], "A" if asked.truth == "yes" else "B"
        hint = f'The picture\tshows\n"{asked.about}" or not.' if index % 3 == 0 else ""
        rows.append(
            {
                "index": index + 100,
                "image": pictures.cell(asked.scene, index + 100),
                "question": asked.question,
                "hint": hint,
                **dict(zip("ABCD", options)),
                "answer": letter,
                "category": asked.kind,
                "l2-category": "perception" if asked.kind != "spatial" else "relation",
                "split": "dev",
            }
        )
        truths.append(
            {
                **truth(index + 100, None, asked.question, letter, (), options, hint, asked.kind),
                "picture": asked.scene.path,
            }
        )
    columns = ["index", "image", "question", "hint", *"ABCD", "answer", "category"]
    columns += ["l2-category", "split"]
    write_table(os.path.join(folder, "DEMO_MCQ.tsv"), columns, rows)
    return truths


def write_textvqa(folder, scenes, rng, number=8):
    """Answers as Python prints a list; some with an apostrophe, which changes the quotes."""
    rows, truths, pictures = [], [], Pictures()
    for index, asked in enumerate(draw(scenes, rng, number, ("counting", "existence"))):
        people = ten_answers(human_text(asked, asked.about in q.WORDY), rng)
        if index % 3 == 0:
            people[0], people[1] = "can't say", 'it\'s "unclear"'
        rows.append(
            {
                "index": index,
                "image": pictures.cell(asked.scene, index),
                "question": asked.question,
                "answer": str(people),
            }
        )
        truths.append(
            {
                **truth(index, None, asked.question, None, people, type_=None),
                "picture": asked.scene.path,
            }
        )
    write_table(
        os.path.join(folder, "TextVQA_VAL.tsv"), ["index", "image", "question", "answer"], rows
    )
    return truths


def write_mme(folder, scenes, rng, pairs=4):
    """Two rows per (category, image_path)."""
    rows, truths = [], []
    makers = {"existence": existence_pair, "count": count_pair, "position": position_pair}
    for category, make in makers.items():
        made = 0
        for k in rng.permutation(len(scenes)):
            pair = make(scenes[k], rng) if made < pairs else None
            if pair is None:
                continue
            made += 1
            path = f"{category}/{scenes[k].number:012d}.jpg"
            for text, answer in zip(pair, ("Yes", "No")):
                question = f"{text} {PLEASE}"
                rows.append(
                    {
                        "index": len(rows),
                        "image_path": path,
                        "image": picture(scenes[k]),
                        "question": question,
                        "answer": answer,
                        "category": category,
                    }
                )
                truths.append(
                    {
                        **truth(len(truths), path, question, answer.lower(), type_=category),
                        "picture": scenes[k].path,
                    }
                )
    columns = ["index", "category", "image_path", "image", "question", "answer"]
    write_table(os.path.join(folder, "MME.tsv"), columns, rows)
    return truths


def write(out, scenes, rng):
    """Writes OUT/vlmevalkit; returns the truths of each table by its name."""
    folder = folder_of(out, "vlmevalkit")
    return {
        "POPE": write_pope(folder, scenes, rng),
        "DEMO_MCQ": write_choices(folder, scenes, rng),
        "TextVQA_VAL": write_textvqa(folder, scenes, rng),
        "MME": write_mme(folder, scenes, rng, 2),
    }
