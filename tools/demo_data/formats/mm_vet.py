"""MM-Vet: open questions with capabilities; <AND> = all parts needed, <OR> = one suffices."""

import os

import questions as q
from asking import ask, draw
from formats.common import folder_of, place_picture, truth, write_json

CAPABILITIES = {
    "existence": (["rec"], ["rec", "know"], ["rec", "gen"]),
    "counting": (["rec", "math"], ["rec"], ["ocr", "math"]),
    "spatial": (["rec", "spat"], ["spat"], ["ocr", "spat", "rec"]),
}
SOURCE = "http://example.org/demo"


def answer_of(asked):
    """A number or its word; the relation after yes or no, both needed."""
    if asked.kind == "counting":
        word = q.NUMBER_WORDS[int(asked.truth)].lower()
        return f"{asked.truth}<OR>{word}"
    if asked.kind == "spatial" and "," in asked.long:
        return "<AND>".join(part.strip().lower() for part in asked.long.split(","))
    return asked.truth


def questions_of(scenes, rng, number):
    """Questions, every fourth followed by another one about the same picture."""
    out = []
    for k, asked in enumerate(draw(scenes, rng, number)):
        out.append(asked)
        second = ask(asked.scene, "existence", rng, False) if k % 4 == 3 else None
        if second and second.question != asked.question:
            out.append(second)
    return out


def write(out, scenes, rng, number=32):
    """Writes OUT/mm_vet; some questions share a picture file. The type of an item is not in the
    truth; its "capability" is."""
    folder = folder_of(out, "mm_vet")
    entries, truths, names = {}, [], {}
    for k, asked in enumerate(questions_of(scenes, rng, number)):
        key = f"v1_{k}"
        name = names.setdefault(asked.scene.name, f"v1_{k}.jpg")
        if name == f"v1_{k}.jpg":
            place_picture(asked.scene, os.path.join(folder, "images"), name)
        capability = CAPABILITIES[asked.kind][k % 3]
        entries[key] = {
            "imagename": name,
            "question": asked.question,
            "answer": answer_of(asked),
            "imagesource": SOURCE if k % 2 else f"{SOURCE}/{k}.jpg",
            "capability": capability,
        }
        truths.append(
            {
                **truth(key, name, asked.question, answer_of(asked), type_=None),
                "capability": capability,
            }
        )
    write_json(os.path.join(folder, "mm-vet.json"), entries)
    write_json(os.path.join(folder, "bard_set.json"), list(entries)[::3])
    return truths
