"""LLaVA-Bench: the COCO version (30 pictures x conv, detail, complex) and in-the-wild (60 questions
on 24 pictures). The reference answers are made from what the scenes show.
"""

import os

import questions as q
from asking import draw, listing
from formats.common import folder_of, place_picture, truth, write_lines

DETAIL = "Describe the following image in detail."
COMPLEX = "Which of the things in the image are there more than once?"


def answers_of(scene, asked):
    """[(category, question, reference answer)] in the published order."""
    many = sorted(
        q.PLURAL[q.NAMES[r]] for r in scene.present if sum(o == r for o, _ in scene.objects) > 1
    )
    boxes = [
        f"The {q.NAMES[row]} is in the {'left' if x + w / 2 < scene.size[0] / 2 else 'right'} half."
        for row, (x, _, w, _) in scene.objects[:3]
    ]
    return [
        ("conv", asked.question, f"{asked.long}."),
        ("detail", DETAIL, " ".join([f"{listing(scene)} can be seen.", *boxes])),
        ("complex", COMPLEX, f"There are several {' and '.join(many)}." if many else "None."),
    ]


def captions(scene):
    """Five sentences, as COCO has."""
    text = listing(scene)
    lower = text[0].lower() + text[1:]
    return [f"{text}.", f"A picture of {lower}.", f"There is {lower}.", f"{text} on a background.",
            f"Drawn: {lower}."]


def boxes_of(scene):
    """Corners as fractions of width and height."""
    w, h = scene.size
    return [
        {
            "category": q.NAMES[row],
            "bbox": [round(v, 3) for v in (x / w, y / h, (x + a) / w, (y + b) / h)],
        }
        for row, (x, y, a, b) in scene.objects
    ]


def _rows(triples):
    """Question, answer lines and truths of [(image, category, question, answer)]; ids from 0."""
    asked = [
        {"question_id": k, "image": image, "text": question, "category": category}
        for k, (image, category, question, _) in enumerate(triples)
    ]
    told = [
        {"question_id": k, "text": answer, "category": category}
        for k, (_, category, _, answer) in enumerate(triples)
    ]
    truths = [
        truth(k, image, question, answer, type_=category)
        for k, (image, category, question, answer) in enumerate(triples)
    ]
    return asked, told, truths


def write_coco(out, scenes, rng, images=30):
    """OUT/llava_bench_coco; image names without COCO's prefix, as published."""
    folder = folder_of(out, "llava_bench_coco")
    triples, context, seen = [], [], set()
    for asked in draw(scenes, rng, 4 * images):
        scene = asked.scene
        if scene.name in seen or len(seen) == images:
            continue
        seen.add(scene.name)
        name = f"{scene.number:012d}.jpg"
        triples += [(name, *row) for row in answers_of(scene, asked)]
        context.append(
            {
                "id": name[:-4],
                "image": name,
                "captions": captions(scene),
                "instances": boxes_of(scene),
            }
        )
    asked, told, truths = _rows(triples)
    write_lines(os.path.join(folder, "qa90_questions.jsonl"), asked)
    write_lines(os.path.join(folder, "qa90_gpt4_answer.jsonl"), told)
    write_lines(os.path.join(folder, "caps_boxes_coco2014_val_80.jsonl"), context)
    return truths


def write_wild(out, scenes, rng, number=60, images=24):
    """OUT/llava_bench_in_the_wild: two or three questions on each picture."""
    folder = folder_of(out, "llava_bench_in_the_wild")
    triples, context, seen = [], [], {}
    for asked in draw(scenes, rng, 4 * images):
        if asked.scene.name in seen or len(seen) == images:
            continue
        name = seen[asked.scene.name] = f"{len(seen) + 1:03d}.jpg"
        place_picture(asked.scene, os.path.join(folder, "images"), name)
        keep = number * len(seen) // images - len(triples)
        triples += [(name, *row) for row in answers_of(asked.scene, asked)[:keep]]
        text = captions(asked.scene)
        caption = text[0] if len(seen) % 2 else text[:2]  # text, or a list of texts
        context.append({"id": name[:-4], "image": name, "caption": caption})
    asked, told, truths = _rows(triples)
    write_lines(os.path.join(folder, "questions.jsonl"), asked)
    write_lines(os.path.join(folder, "answers_gpt4.jsonl"), told)
    write_lines(os.path.join(folder, "context.jsonl"), context)
    return truths
