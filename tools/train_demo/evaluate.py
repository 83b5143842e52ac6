#!/usr/bin/env python3
"""Asks a checkpoint folder of any family the demo's questions with the transformers library.

  python tools/train_demo/evaluate.py --model FOLDER --data DIR [--samples 10] [--csv FILE]

DIR is a folder of tools/demo_data/make_demo_data.py. Prints one line per set: items,
accuracy of the greedy answer, invalid answers, share of "yes"; with --samples also the share of
items whose drawn answers differ and how well agreement tells right from wrong (AUROC). fp32,
PIL resizing.
"""

import argparse
import csv
import json
import os
import re
from collections import Counter

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoProcessor

from checkpoint import family
from questions import SUFFIX
from sets import build_sets, read_pope

WORDS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen "
    "sixteen seventeen eighteen nineteen twenty"
).split()


def norm(text):
    """Lower case, only letters a-z, digits and single spaces."""
    return " ".join(re.sub(r"[^a-z0-9\s]", "", text.lower()).split())


def verdict(kind, answer):
    """What the answer says: yes or no, an integer as text, or None."""
    for word in norm(answer).split():
        if kind != "counting" and word in ("yes", "no"):
            return word
        if kind == "counting":
            if word.isdigit():
                return str(int(word))
            if word in WORDS:
                return str(WORDS.index(word))
            if word in ("none", "no"):
                return "0"
    return None


class Asker:
    """A loaded checkpoint that answers batches of items."""

    def __init__(self, folder, data):
        with open(os.path.join(folder, "config.json"), encoding="utf-8") as f:
            self.family = family(json.load(f)["model_type"])
        self.model, found = self.family.model_class().from_pretrained(
            folder, dtype=torch.float32, output_loading_info=True
        )
        wrong = {k: v for k, v in found.items() if v}
        if wrong:
            raise SystemExit(f"{folder}: tensors that do not fit the library's model: {wrong}")
        self.model.eval()
        self.processor = AutoProcessor.from_pretrained(folder)
        self.processor.image_processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        self.data = data

    def text(self, question):
        """What the library's processor is given for a question."""
        if self.family.__name__ == "paligemma":  # it adds <bos> and the line end itself
            return f"<image>{question}"
        if self.family.__name__ == "llava":
            return self.family.prompt(question)
        content = [{"type": "image"}, {"type": "text", "text": question + SUFFIX}]
        return self.processor.apply_chat_template(
            [{"role": "user", "content": content}], add_generation_prompt=True
        )

    @torch.no_grad()
    def answers(self, items, draws=0, batch=32):
        """Per item a list of answers: one greedy, or `draws` samples (T 0.7, top-p 0.9)."""
        how = (
            {
                "do_sample": True,
                "temperature": 0.7,
                "top_p": 0.9,
                "top_k": 0,
                "num_return_sequences": draws,
            }
            if draws
            else {"do_sample": False}
        )
        out = []
        for start in range(0, len(items), batch):
            part = items[start : start + batch]
            images = [
                Image.open(os.path.join(self.data, "val2014", i["image"])).convert("RGB")
                for i in part
            ]
            inputs = self.processor(
                images=images,
                text=[self.text(i["question"]) for i in part],
                padding=True,
                return_tensors="pt",
            )
            ids = self.model.generate(**inputs, max_new_tokens=16, **how)[
                :, inputs["input_ids"].shape[1] :
            ]
            text = [
                t.strip()
                for t in self.processor.tokenizer.batch_decode(ids, skip_special_tokens=True)
            ]
            n = draws or 1
            out += [text[k : k + n] for k in range(0, len(text), n)]
        return out


def auroc(scores, labels):
    """Probability that a right item scores higher than a wrong one; ties count half."""
    right = [s for s, y in zip(scores, labels) if y]
    wrong = [s for s, y in zip(scores, labels) if not y]
    if not right or not wrong:
        return float("nan")
    wins = sum((r > w) + 0.5 * (r == w) for r in right for w in wrong)
    return wins / (len(right) * len(wrong))


def report(name, kind, asker, items, draws, limit, rows):
    """Prints the set's line and appends its items to `rows`."""
    greedy = [a[0] for a in asker.answers(items)]
    said = [verdict(kind, a) for a in greedy]
    right = [v == i["answer"] for v, i in zip(said, items)]
    line = (
        f"{name:18s} n={len(items):4d} accuracy={sum(right) / len(items):.3f} "
        f"invalid={sum(v is None for v in said)} "
        f"yes={sum(v == 'yes' for v in said) / len(items):.2f}"
    )
    agreement = [None] * len(items)
    if draws:
        step = max(1, len(items) // limit) | 1     # odd: yes and no alternate in POPE
        drawn = [[norm(a) for a in answers] for answers in asker.answers(items[::step], draws, 16)]
        agreement[::step] = [Counter(a).most_common(1)[0][1] / draws for a in drawn]
        differ = sum(len(set(a)) > 1 for a in drawn) / len(drawn)
        roc = auroc(agreement[::step], right[::step])
        line += f" samples_differ={differ:.2f} agreement_auroc={roc:.3f}"
    print(line, flush=True)
    for i, a, ok, g in zip(items, greedy, right, agreement):
        rows.append(
            [name, i["image"], i["question"], i["answer"], a, int(ok), "" if g is None else g]
        )
    return right


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--model", required=True)
    ap.add_argument("--data", required=True)
    ap.add_argument("--samples", type=int, default=0, help="answers drawn per item")
    ap.add_argument("--sampled-items", type=int, default=10000, help="about so many per set")
    ap.add_argument("--csv", help="write one line per item")
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(1)
    asker, rows = Asker(a.model, a.data), []
    counting, spatial = build_sets(a.data)
    sets = [
        (f"pope {split}", "existence", read_pope(a.data, split))
        for split in ("random", "popular", "adversarial")
    ] + [("counting", "counting", counting), ("spatial", "spatial", spatial)]
    for name, kind, items in sets:
        report(name, kind, asker, items, a.samples, a.sampled_items, rows)
    if a.csv:
        with open(a.csv, "w", newline="", encoding="utf-8") as f:
            csv.writer(f).writerows(
                [["set", "image", "question", "reference", "answer", "right", "agreement"], *rows]
            )


if __name__ == "__main__":
    main()
