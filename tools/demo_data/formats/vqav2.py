"""VQAv2: questions and annotations of val2014, questions alone of test2015 (benchmarks' names).

Answer type yes/no: existence and spatial questions; number: counting questions; other: questions
about categories that people (and the demo models) answer at length, "two kites".
"""

import os

import questions as q
from asking import draw
from formats.common import (
    folder_of,
    human_text,
    most_frequent,
    place_picture,
    ten_answers,
    truth,
    write_json,
)

HEAD = {
    "info": {"description": "VRP demo scenes in the format of VQA v2.0", "version": "2.0"},
    "data_type": "mscoco",
    "license": {"url": "", "name": "the licence of this project"},
}
QUESTIONS = "v2_OpenEnded_mscoco_val2014_questions.json"
ANNOTATIONS = "v2_mscoco_val2014_annotations.json"
TEST = "v2_OpenEnded_mscoco_test2015_questions.json"
STARTS = ("is there a ", "is there ", "how many ", "is the ")  # of VQAv2's 65 question types


def question_type(question):
    """The question type: the known start of the question."""
    return next(s.strip() for s in STARTS if question.lower().startswith(s))


def _questions_file(subtype, rows):
    return {**HEAD, "task_type": "Open-Ended", "data_subtype": subtype, "questions": rows}


def _annotation(asked, row, rng):
    talkative = asked.about in q.WORDY
    people = ten_answers(human_text(asked, talkative), rng)
    kind = "other" if talkative else "number" if asked.kind == "counting" else "yes/no"
    return {
        "question_id": row["question_id"],
        "image_id": row["image_id"],
        "question_type": question_type(asked.question),
        "answer_type": kind,
        "multiple_choice_answer": most_frequent(people),
        "answers": [
            {
                "answer": text,
                "answer_confidence": ("yes", "yes", "maybe", "no")[int(rng.integers(4))],
                "answer_id": k + 1,
            }
            for k, text in enumerate(people)
        ],
    }


def write(out, scenes, rng, number=60):
    """Writes OUT/vqav2; returns {"val": truths, "test": truths}. Question id = image id x 1000 +
    number of the question about that image, as in the published files."""
    folder = folder_of(out, "vqav2")
    rows, annotations, val, asked_of = [], [], [], {}
    for asked in draw(scenes, rng, number):
        k = asked_of[asked.scene.name] = asked_of.get(asked.scene.name, -1) + 1
        number_of = asked.scene.number
        row = {
            "image_id": number_of,
            "question": asked.question,
            "question_id": 1000 * number_of + k,
        }
        annotation = _annotation(asked, row, rng)
        rows.append(row)
        annotations.append(annotation)
        val.append(
            truth(
                row["question_id"],
                asked.scene.name,
                asked.question,
                annotation["multiple_choice_answer"],
                [a["answer"] for a in annotation["answers"]],
                type_=annotation["question_type"],
            )
        )
    write_json(os.path.join(folder, QUESTIONS), _questions_file("val2014", rows))
    shuffled = [annotations[k] for k in rng.permutation(len(annotations))]
    write_json(
        os.path.join(folder, ANNOTATIONS),
        {**HEAD, "data_subtype": "val2014", "annotations": shuffled},
    )
    return {"val": val, "test": _write_test(folder, scenes, rng)}


def _write_test(folder, scenes, rng):
    """Six questions without annotations about pictures of test2015."""
    rows, truths = [], []
    for k, asked in enumerate(draw(scenes, rng, 6)):
        name = f"COCO_test2015_{k + 1:012d}.jpg"
        place_picture(asked.scene, os.path.join(folder, "test2015"), name)
        row = {"image_id": k + 1, "question": asked.question, "question_id": 1000 * (k + 1)}
        rows.append(row)
        truths.append(truth(row["question_id"], name, asked.question, type_=None))
    write_json(os.path.join(folder, TEST), _questions_file("test2015", rows))
    return truths
