"""SEED-Bench: four choices per question, nine types of picture questions, and a few video questions
that a run on pictures leaves out. Picture files have no extension, as published.
"""

import os

from asking import draw, pick
from formats.common import folder_of, place_picture, truth, write_json

TYPES = (
    "Scene Understanding", "Instance Identity", "Instance Attributes", "Instance Location",
    "Instances Counting", "Spatial Relation", "Instance Interaction", "Visual Reasoning",
    "Text Understanding", "Action Recognition", "Action Prediction", "Procedure Understanding",
)  # fmt: skip
KIND = (
    "existence", "existence", "counting", "spatial", "counting", "spatial", "spatial", "counting",
    "existence",
)  # fmt: skip  what is asked in types 1..9
LETTERS = "ABCD"


def choices_of(asked, rng):
    """(four choices in random order, the right letter)."""
    right = asked.truth.capitalize()
    if asked.kind == "counting":
        near = [n for n in range(1, 10) if 0 < abs(n - int(right)) <= 3]
        wrong = [str(near[k]) for k in rng.permutation(len(near))[:3]]
    else:
        wrong = ["No" if right == "Yes" else "Yes", "Maybe", "It cannot be seen"]
    texts = [right, *wrong]
    order = [int(k) for k in rng.permutation(4)]
    return [texts[k] for k in order], LETTERS[order.index(0)]


def row_of(asked, choices, letter, question_id, data_id, type_id):
    """One entry of "questions"."""
    return {
        "answer": letter,
        **{f"choice_{c.lower()}": text for c, text in zip(LETTERS, choices)},
        "data_id": data_id,
        "data_type": "image",
        "question": asked.question,
        "question_id": question_id,
        "question_type_id": type_id,
    }


def video_row(number, rng):
    """A question about a video; type 11 has seconds, type 12 frames as its segment."""
    type_id = 10 + number % 3
    segment = [round(float(rng.uniform(0, 30)), 2), 42.5] if type_id == 11 else [150, 480]
    return {
        "answer": pick(rng, LETTERS),
        **{f"choice_{c.lower()}": f"action {c}" for c in LETTERS},
        "data_id": f"video_{number}.mp4",
        "data_type": "video",
        "question": "What happens in the video?",
        "question_id": f"v{1738 + number}",
        "question_type_id": type_id,
        "segment": segment,
    }


def write(out, scenes, rng, each=7, videos=6):
    """Writes OUT/seed_bench: `each` questions of types 1..9. Returns the truths of the picture
    questions in the file's order."""
    folder = folder_of(out, "seed_bench")
    rows, truths = [], []
    for type_id, kind in enumerate(KIND, start=1):
        for asked in draw(scenes, rng, each, (kind,)):
            choices, letter = choices_of(asked, rng)
            data_id = f"{asked.scene.number}_{asked.scene.number * 7919 % 1000003}"
            place_picture(asked.scene, os.path.join(folder, "SEED-Bench-image"), data_id)
            question_id = str(101669 + len(rows))
            row = row_of(asked, choices, letter, question_id, data_id, type_id)
            if any(r["data_id"] == data_id and r["question"] == row["question"] for r in rows):
                continue
            rows.append(row)
            truths.append(
                truth(
                    question_id, data_id, asked.question, letter, choices=choices,
                    type_=TYPES[type_id - 1],
                )
            )  # fmt: skip
    for k in range(videos):
        rows.insert(5 * k, video_row(k, rng))
    document = {"questions": rows, "question_type": {t: k + 1 for k, t in enumerate(TYPES)}}
    write_json(os.path.join(folder, "SEED-Bench.json"), document)
    return truths
