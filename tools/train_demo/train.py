#!/usr/bin/env python3
"""Trains a small demo checkpoint of one family on drawn scenes, on a CPU.

  python tools/train_demo/train.py --family F --pool DIR --heldout DIR --out FOLDER [--log FILE]

First the vision tower alone (labels per image token), then the first decoder blocks at category
words, then tower and decoder together, answers only, with helper losses on image tokens and on
words. PaliGemma and Qwen2-VL start from a trained LLaVA (--teacher, a state file of its run): its
weights are carried over where the shapes allow (warmstart.py), the tower also learns its image
tokens, and --attention-minutes teach each block's attention what the LLaVA's adds. Families whose
prompt is bidirectional end with one question per row (--single-minutes), as they are asked later.

Every `--save-minutes` the folder is replaced; the log gets held-out accuracies (first telling
answer word, teacher forced). `--ranks` processes of one thread each average their gradients: on a
busy machine that loses less time than threads that wait.
"""

import argparse
import csv
import os
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from batches import KINDS, Pool, Questions
from checkpoint import FAMILIES, family
from heads import Helpers
from phases import train_attention, train_joint, train_tower, train_words
from questions import PLURAL
from shapes import NAMES
from warmstart import Teacher


class Log:
    """training_log.csv: one line per report."""

    def __init__(self, path):
        self.path, self.start = path, time.time()
        with open(path, "w", newline="") as f:
            csv.writer(f).writerow(["minutes", "phase", "step", "loss", *KINDS, "parts"])

    def line(self, phase, step, loss, accuracy, parts):
        minutes = (time.time() - self.start) / 60
        text = " ".join(f"{k}={v:.3f}" for k, v in parts.items())
        cells = [
            f"{minutes:.1f}",
            phase,
            step,
            f"{loss:.4f}",
            *(f"{accuracy[k]:.3f}" if accuracy else "" for k in KINDS),
            text,
        ]
        with open(self.path, "a", newline="") as f:
            csv.writer(f).writerow(cells)
        print(*cells, flush=True)


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--pool", required=True, help="folder of pool.py with the training scenes")
    ap.add_argument("--heldout", required=True, help="the same for held-out scenes (another seed)")
    ap.add_argument("--out", required=True, help="checkpoint folder")
    ap.add_argument("--log", default="training_log.csv")
    ap.add_argument("--family", choices=FAMILIES, default="llava")
    ap.add_argument("--teacher", help="a LLaVA's state file to start from (other families)")
    ap.add_argument("--resume", help="a state file written by an earlier run")
    ap.add_argument("--seed", type=int, default=17)
    ap.add_argument("--tower-minutes", type=float, default=10)
    ap.add_argument("--attention-minutes", type=float, default=0)
    ap.add_argument("--words-minutes", type=float, default=15)
    ap.add_argument(
        "--words-batch", type=int, default=16, help="images per step of the word phase and process"
    )
    ap.add_argument("--joint-minutes", type=float, default=40)
    ap.add_argument(
        "--begin", type=float, default=0, help="share of the joint schedule that is done"
    )
    ap.add_argument("--end", type=float, default=1, help="the share after the joint minutes")
    ap.add_argument("--single-minutes", type=float, default=0)
    ap.add_argument("--single-begin", type=float, default=0.5, help="share at their start")
    ap.add_argument("--single-batch", type=int, default=4, help="images per step of that phase")
    ap.add_argument(
        "--wrong-spatial",
        type=float,
        default=0,
        help="share of wrong spatial answers in training, for a model that errs now and then",
    )
    ap.add_argument(
        "--shares", type=float, nargs=3, help="existence, counting, spatial; not the schedule's"
    )
    ap.add_argument("--save-minutes", type=float, default=4)
    ap.add_argument("--tower-batch", type=int, default=24, help="images per tower step and process")
    ap.add_argument("--batch", type=int, default=10, help="images per joint step and process")
    ap.add_argument("--questions", type=int, default=6, help="questions per image")
    ap.add_argument("--rate", type=float, default=1.2e-3)
    ap.add_argument("--ranks", type=int, default=2, help="processes")
    ap.add_argument("--port", type=int, default=29533, help="local port on which they meet")
    ap.add_argument("--bf16", action="store_true", help="bfloat16 matrix products (fp32 weights)")
    a = ap.parse_args()
    os.makedirs(a.out, exist_ok=True)
    tokenizer = family(a.family).write_tokenizer(a.out, a.seed)
    if a.ranks > 1:
        mp.spawn(start, (a, tokenizer), nprocs=a.ranks)
    else:
        start(0, a, tokenizer)


class Run:
    """One process of the training and everything its phases need."""

    def __init__(self, rank, a, tokenizer):
        self.a, self.tokenizer, self.family = a, tokenizer, family(a.family)
        self.rng = np.random.default_rng([a.seed, rank, round(1000 * a.begin)])
        self.questions = Questions(self.family, f"{a.out}/tokenizer.json")
        self.questions.wrong_spatial = a.wrong_spatial
        self.model = self.family.new_model(tokenizer, a.seed)
        space = self.family.SPACE
        ids = self.questions.tokenizer.token_to_id
        words = [ids(space + n) for n in NAMES]
        with torch.no_grad():  # singular and plural start close together
            e = self.model.get_input_embeddings().weight
            for n, w in zip(NAMES, words):
                e[ids(space + PLURAL[n])] = e[w] + 0.1 * e[ids(space + PLURAL[n])]
        self.helpers = Helpers(words, self.family.TOWER_WIDTH, self.family.TEXT_WIDTH)
        self.teacher = Teacher(a.teacher, a.seed) if a.teacher else None
        if a.resume:
            old = torch.load(a.resume)
            self.model.load_state_dict(old["model"])
            self.helpers.load_state_dict(old["helpers"], strict=False)
        elif self.teacher:
            self.teacher.start(self)
        self.log = Log(a.log) if rank == 0 else None
        self.pool, self.heldout = Pool(a.pool), Pool(a.heldout)
        self.model.train()

    def cast(self):
        return torch.autocast("cpu", torch.bfloat16, enabled=self.a.bf16)

    def save(self, step):
        """The checkpoint folder and the state that --resume takes, each replaced in one step."""
        self.family.write_folder(self.model, self.tokenizer, self.a.out, self.a.seed)
        state = f"{self.a.log}.state.pt"
        torch.save(
            {
                "model": self.model.state_dict(),
                "helpers": self.helpers.state_dict(),
                "step": step,
            },
            state + ".part",
        )
        os.replace(state + ".part", state)


def start(rank, a, tokenizer):
    """One process of the training; the first one logs, saves and checks on held-out scenes."""
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    if a.ranks > 1:
        dist.init_process_group(
            "gloo", init_method=f"tcp://127.0.0.1:{a.port}", rank=rank, world_size=a.ranks
        )
    run = Run(rank, a, tokenizer)
    phases = (
        (train_tower, a.tower_minutes, {}),
        (train_attention, a.attention_minutes, {}),
        (train_words, a.words_minutes, {}),
        (train_joint, a.joint_minutes, {}),
        (train_joint, a.single_minutes, {"single": True}),
    )
    for phase, minutes, how in phases:
        if minutes > 0:
            phase(run, minutes, **how)
            if run.log:
                run.save(-1)


if __name__ == "__main__":
    main()
