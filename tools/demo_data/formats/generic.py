"""JSON Lines as LLaVA's question files (labels, choices, ten answers), POPE's merged file, POPEv2,
and the counting set as the paper's code reads it.
"""

import json
import os

import questions as q
from asking import draw
from formats.common import folder_of, human_text, ten_answers, truth, write_json, write_lines
from formats.mme import existence_pair
from formats.seed_bench import choices_of
from sets import read_pope


def write_jsonl(out, scenes, rng, number=12):
    """OUT/jsonl: yes_no.jsonl, choices.jsonl, vqa.jsonl; the truths of each by its name."""
    folder = folder_of(out, "jsonl")
    files = {"yes_no": [], "choices": [], "vqa": []}
    truths = {name: [] for name in files}
    for k, asked in enumerate(draw(scenes, rng, number, ("existence", "spatial"))):
        row = {"question_id": k, "image": asked.scene.name, "text": asked.question}
        files["yes_no"].append({**row, "category": asked.kind, "label": asked.truth})
        truths["yes_no"].append(
            truth(k, asked.scene.name, asked.question, asked.truth, type_=asked.kind)
        )
    for k, asked in enumerate(draw(scenes, rng, number)):
        options, letter = choices_of(asked, rng)
        row = {"question_id": f"c{k}", "image": asked.scene.name, "text": asked.question}
        files["choices"].append({**row, "choices": options, "answer": letter})
        truths["choices"].append(
            truth(f"c{k}", asked.scene.name, asked.question, letter, choices=options)
        )
    for k, asked in enumerate(draw(scenes, rng, number)):
        people = ten_answers(human_text(asked, asked.about in q.WORDY), rng)
        row = {"question_id": k, "image": asked.scene.name, "text": asked.question}
        files["vqa"].append({**row, "category": asked.kind, "answers": people})
        truths["vqa"].append(
            truth(k, asked.scene.name, asked.question, None, people, type_=asked.kind)
        )
    for name, rows in files.items():
        write_lines(os.path.join(folder, f"{name}.jsonl"), rows)
    return truths


def write_pope_merged(out, number=60):
    """OUT/pope_merged/llava_pope_test.jsonl: the first `number` questions of each split file without
    labels, ids unique over the splits, LLaVA's short-answer line."""
    folder = folder_of(out, "pope_merged")
    rows, truths = [], []
    for split in ("adversarial", "popular", "random"):
        for item in read_pope(out, split)[:number]:
            row = {
                "question_id": len(rows),
                "image": item["image"],
                "text": item["question"] + q.SUFFIX,
                "category": split,
            }
            rows.append(row)
            category = item["question"].split(" in the image")[0].split(" ", 3)[3]
            truths.append(
                {
                    **truth(row["question_id"], item["image"], item["question"], item["answer"],
                            type_=category),
                    "split": split,
                }
            )  # fmt: skip
    write_lines(os.path.join(folder, "llava_pope_test.jsonl"), rows)
    return truths


def write_pope_v2(out, scenes, rng, images=10):
    """OUT/pope_v2/POPEv2.json: one array, image names under /images/."""
    rows, truths = [], []
    for scene in [scenes[k] for k in rng.permutation(len(scenes))[:images]]:
        for text, answer in zip(existence_pair(scene, rng), ("Yes", "No")):
            category = text.split(" in the image")[0].split(" ", 3)[3]
            rows.append(
                {
                    "image_id": scene.number,
                    "image_name": f"/images/{scene.name}",
                    "target_object": category,
                    "query": text,
                    "label": answer,
                }
            )
            truths.append(truth(len(rows), scene.name, text, answer.lower(), type_=category))
    write_json(os.path.join(folder_of(out, "pope_v2"), "POPEv2.json"), rows)
    return truths


def write_counting(out, scenes, rng, number=40):
    """OUT/counting_set/counting.json: image_id, question, answer; an integer in every third row."""
    rows, truths = [], []
    for k, asked in enumerate(draw(scenes, rng, number, ("counting",))):
        answer = int(asked.truth) if k % 3 == 0 else asked.truth
        rows.append(
            {"image_id": asked.scene.name[:-4], "question": asked.question, "answer": answer}
        )
        truths.append(truth(None, asked.scene.name, asked.question, asked.truth, type_=None))
    path = os.path.join(folder_of(out, "counting_set"), "counting.json")
    with open(path, "w", encoding="utf-8") as f:
        json.dump(rows, f, indent=1)
    return truths
