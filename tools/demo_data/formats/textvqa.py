"""TextVQA: questions with ten answers, and Rosetta's OCR tokens. The scenes show no text, so the
questions are about the shapes, and the OCR tokens are the few words that such a program sees in
noise or none at all.
"""

import os

import questions as q
from asking import draw, pick
from formats.common import (
    folder_of,
    human_text,
    place_picture,
    ten_answers,
    truth,
    write_json,
)

VAL = "TextVQA_0.5.1_val.json"
OCR = "TextVQA_Rosetta_OCR_v0.2_val.json"
WORDS = ("stop", "open", "cafe", "2", "exit", "no", "sale", "12:30")


def write(out, scenes, rng, number=40):
    """Writes OUT/textvqa; returns truths, each with its "tokens" (of OCR)."""
    folder = folder_of(out, "textvqa")
    data, ocr, truths = [], {}, []
    for k, asked in enumerate(draw(scenes, rng, number, ("counting", "existence", "spatial"))):
        scene = asked.scene
        image_id = f"{scene.number * 2654435761 % 2**64:016x}"
        place_picture(scene, os.path.join(folder, "train_images"), f"{image_id}.jpg")
        question = asked.question[0].lower() + asked.question[1:]
        people = ten_answers(human_text(asked, asked.about in q.WORDY), rng)
        classes = [q.NAMES[r].capitalize() for r in scene.present]
        data.append(
            {
                "question": question,
                "image_id": image_id,
                "image_classes": classes,
                "flickr_original_url": f"http://example.org/{image_id}_o.jpg",
                "flickr_300k_url": f"http://example.org/{image_id}_z.jpg",
                "image_width": scene.size[0],
                "image_height": scene.size[1],
                "answers": people,
                "question_tokens": question.rstrip("?").split(),
                "question_id": 34602 + k,
                "set_name": "val",
            }
        )
        if image_id not in ocr:
            ocr[image_id] = [pick(rng, WORDS) for _ in range(int(rng.integers(0, 4)))]
        truths.append(
            {
                **truth(34602 + k, f"{image_id}.jpg", question, None, people, type_=None),
                "tokens": ocr[image_id],
            }
        )
    head = {"dataset_type": "val", "dataset_name": "textvqa", "dataset_version": "0.5.1"}
    write_json(os.path.join(folder, VAL), {**head, "data": data})
    rows = [
        {
            "image_id": image_id,
            "ocr_tokens": tokens,
            "ocr_info": [{"word": word, "bounding_box": {}} for word in tokens],
        }
        for image_id, tokens in ocr.items()
    ]
    write_json(
        os.path.join(folder, OCR), {**head, "dataset_version": "0.2", "data": rows}
    )
    return truths
