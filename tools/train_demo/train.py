#!/usr/bin/env python3
"""Trains the small LLaVA of the demo on drawn scenes, on a CPU, in about an hour.

  python tools/train_demo/train.py --pool DIR --heldout DIR --out FOLDER [--log FILE]

First the vision tower alone (per-patch labels), then the first decoder blocks at category words,
then tower and decoder together, answers only, with helper losses on patches and on words. Every
`--save-minutes` the folder is replaced; the log gets held-out accuracies (first telling answer
word, teacher forced). `--ranks` processes of one thread each average their gradients: on a busy
machine that loses less time than threads that wait.
"""

import argparse
import csv
import os
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp

from batches import KINDS, NAMES, Pool, Questions
from checkpoint import IMAGE, PATCH, new_model, write_folder
from heads import Helpers
from phases import train_joint, train_tower, train_words
from tokenizer import write_tokenizer


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
    ap.add_argument("--resume", help="a state file written by an earlier run")
    ap.add_argument("--seed", type=int, default=17)
    ap.add_argument("--tower-minutes", type=float, default=10)
    ap.add_argument("--words-minutes", type=float, default=15)
    ap.add_argument(
        "--words-batch", type=int, default=16, help="images per step of the word phase and process"
    )
    ap.add_argument("--joint-minutes", type=float, default=40)
    ap.add_argument(
        "--begin", type=float, default=0, help="share of the joint schedule that is done"
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
    tokenizer = write_tokenizer(a.out, a.seed)
    if a.ranks > 1:
        mp.spawn(run, (a, tokenizer), nprocs=a.ranks)
    else:
        run(0, a, tokenizer)


def run(rank, a, tokenizer):
    """One process of the training; the first one logs, saves and checks on held-out scenes."""
    torch.set_num_threads(1)
    torch.manual_seed(a.seed)
    rng = np.random.default_rng([a.seed, rank])
    if a.ranks > 1:
        dist.init_process_group(
            "gloo", init_method=f"tcp://127.0.0.1:{a.port}", rank=rank, world_size=a.ranks
        )

    def cast():
        return torch.autocast("cpu", torch.bfloat16, enabled=a.bf16)

    model = new_model(tokenizer, a.seed)
    questions = Questions(f"{a.out}/tokenizer.json", (IMAGE // PATCH) ** 2)
    words = [questions.tokenizer.token_to_id("▁" + n) for n in NAMES]
    with torch.no_grad():  # singular and plural start close together
        e = model.get_input_embeddings().weight
        for n, w in zip(NAMES, words):
            plural = questions.tokenizer.token_to_id("▁" + n + "s")
            e[plural] = e[w] + 0.1 * e[plural]
    helpers = Helpers(words)
    state = f"{a.log}.state.pt"

    def save(step):
        write_folder(model, tokenizer, a.out, a.seed)
        torch.save(
            {"model": model.state_dict(), "helpers": helpers.state_dict(), "step": step},
            state + ".part",
        )
        os.replace(state + ".part", state)

    log = Log(a.log) if rank == 0 else None
    pool, heldout = Pool(a.pool), Pool(a.heldout)
    model.train()
    if a.resume:
        old = torch.load(a.resume)
        model.load_state_dict(old["model"])
        helpers.load_state_dict(old["helpers"], strict=False)
    if a.tower_minutes > 0:
        train_tower(model, helpers, pool, rng, log, a, cast)
        if log:
            save(0)
    if a.words_minutes > 0:
        train_words(model, helpers, pool, questions, rng, log, a, save)
        if log:
            save(0)
    train_joint(model, helpers, pool, heldout, questions, rng, log, a, cast, save)
    if log:
        save(-1)


if __name__ == "__main__":
    main()
