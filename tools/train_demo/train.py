#!/usr/bin/env python3
"""Trains the small LLaVA of the demo on drawn scenes, on a CPU, in about an hour.

  python tools/train_demo/train.py --pool DIR --heldout DIR --out FOLDER [--log FILE]

First the vision tower alone (per-patch labels), then tower and decoder together, answers only, with
helper losses on patches and on category words. Every `--save-minutes` the folder is replaced and a line
with held-out accuracies (first answer word, teacher forced) goes to the log.
"""
import argparse
import csv
import math
import os
import time

import numpy as np
import torch
import torch.nn.functional as F

from batches import C, KINDS, NAMES, Pool, Questions, pack
from checkpoint import IMAGE, PATCH, new_model, write_folder
from heads import Helpers, decode, patch_features, pixels
from tokenizer import write_tokenizer

SCHEDULE = [  # (share of the joint steps after which it ends, shares of existence, counting, spatial)
    (.08, (.8, .2, .0)), (.25, (.45, .25, .30)), (1.0, (.30, .28, .42))]


def learning_rate(step, total, peak, warm=40):
    """Linear warm-up, cosine down to 5 % of the peak."""
    if step < warm:
        return peak * (step + 1) / warm
    return peak * (.05 + .95 * .5 * (1 + math.cos(math.pi * min(1, (step - warm) / (total - warm)))))


def set_rate(optimiser, rate):
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)


@torch.no_grad()
def held_out(model, pool, questions, cast, scenes=320):
    """{kind: share of first answer words that are right} on the first held-out scenes."""
    rng = np.random.default_rng(4)
    right, total = np.zeros(3), np.zeros(3)
    for start in range(0, scenes, 32):
        rows = np.arange(start, start + 32)
        batch_scenes = pool.take(rows, np.zeros(32, bool))
        batch = pack(batch_scenes, questions, rng, (.34, .33, .33), 6)
        with cast():
            _, projected = patch_features(model, pixels(batch_scenes["images"]))
            _, last = decode(model, batch, projected, questions.image_slice)
            f = batch["first"]
            guess = model.lm_head(last[f[:, 0], f[:, 1]]).argmax(-1)
        for k in range(3):
            right[k] += (guess == f[:, 2])[f[:, 3] == k].sum().item()
            total[k] += (f[:, 3] == k).sum().item()
    return {kind: right[k] / total[k] for k, kind in enumerate(KINDS)}


class Log:
    """training_log.csv: one line per report."""

    def __init__(self, path):
        self.path, self.start = path, time.time()
        with open(path, "w", newline="") as f:
            csv.writer(f).writerow(["minutes", "phase", "step", "loss", *KINDS, "parts"])

    def line(self, phase, step, loss, accuracy, parts):
        minutes = (time.time() - self.start) / 60
        text = " ".join(f"{k}={v:.3f}" for k, v in parts.items())
        cells = [f"{minutes:.1f}", phase, step, f"{loss:.4f}",
                 *(f"{accuracy[k]:.3f}" if accuracy else "" for k in KINDS), text]
        with open(self.path, "a", newline="") as f:
            csv.writer(f).writerow(cells)
        print(*cells, flush=True)


def scenes_at_random(pool, rng, n):
    return pool.take(rng.integers(0, len(pool), n), rng.random(n) < .5)


def train_tower(model, helpers, pool, rng, log, a, cast):
    """Phase one: tower and projector, helper losses on patches only."""
    modules = [model.model.vision_tower, model.model.multi_modal_projector, helpers]
    params = [p for m in modules for p in m.parameters()]
    optimiser = torch.optim.AdamW(params, lr=a.rate, weight_decay=.01, betas=(.9, .98))
    embedding = model.get_input_embeddings().weight.detach()
    end = time.time() + 60 * a.tower_minutes
    mean, step = 0.0, 0
    while time.time() < end:
        share = 1 - (end - time.time()) / (60 * a.tower_minutes)
        set_rate(optimiser, a.rate * min(1, (step + 1) / 40) * (1 - .7 * share))
        scenes = scenes_at_random(pool, rng, a.tower_batch)
        with cast():
            tower, projected = patch_features(model, pixels(scenes["images"]))
        loss, parts = helpers.patches(scenes, tower.float(), projected.float(), embedding)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        optimiser.step()
        mean = loss.item() if step == 0 else .95 * mean + .05 * loss.item()
        if step % 50 == 0:
            pool.refresh()
            log.line("tower", step, mean, None, {k: v.item() for k, v in parts.items()})
        step += 1


def joint_step(model, helpers, scenes, batch, questions, cast):
    """Total loss and its parts for one packed batch."""
    with cast():
        tower, projected = patch_features(model, pixels(scenes["images"]))
        middle, last = decode(model, batch, projected, questions.image_slice)
        at = (batch["labels"] != -100).nonzero(as_tuple=True)
        logits = model.lm_head(last[at])
    answer = F.cross_entropy(logits.float(), batch["labels"][at])
    patches, _ = helpers.patches(scenes, tower.float(), projected.float(), model.get_input_embeddings().weight)
    words, parts = helpers.names(batch, middle)
    return answer + .5 * patches + .5 * words, {"answer": answer, "patches": patches, **parts}


def train_joint(model, helpers, pool, heldout, questions, rng, log, a, cast, save):
    """Phase two: everything, several questions behind each image."""
    params = list(model.parameters()) + list(helpers.parameters())
    optimiser = torch.optim.AdamW(
        [{"params": [p for n, p in model.named_parameters() if "vision_tower" in n], "scale": .5},
         {"params": [p for n, p in model.named_parameters() if "vision_tower" not in n]},
         {"params": list(helpers.parameters())}], lr=a.rate, weight_decay=.01, betas=(.9, .98))
    start, saved, means, step = time.time(), time.time(), {}, 0
    budget = 60 * a.joint_minutes
    while time.time() - start < budget:
        share = (time.time() - start) / budget
        warm = min(1, (step + 1) / 60)
        set_rate(optimiser, a.rate * warm * (.05 + .95 * .5 * (1 + math.cos(math.pi * share))))
        shares = next(s for end, s in SCHEDULE if share < end)
        scenes = scenes_at_random(pool, rng, a.batch)
        batch = pack(scenes, questions, rng, shares, a.questions)
        loss, parts = joint_step(model, helpers, scenes, batch, questions, cast)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        optimiser.step()
        for k, v in {"loss": loss, **parts}.items():
            means[k] = v.item() if k not in means else .97 * means[k] + .03 * v.item()
        if step % 50 == 0:
            shown = {k: v for k, v in means.items() if k != "loss"}
            log.line("joint", step, means["loss"],
                     held_out(model, heldout, questions, cast) if step % 200 == 0 else None, shown)
        if time.time() - saved > 60 * a.save_minutes:
            save(step)
            saved = time.time()
        step += 1
    log.line("joint", step, means["loss"], held_out(model, heldout, questions, cast, 1600), {})


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--pool", required=True, help="folder of pool.py with the training scenes")
    ap.add_argument("--heldout", required=True, help="the same for held-out scenes (another seed)")
    ap.add_argument("--out", required=True, help="checkpoint folder")
    ap.add_argument("--log", default="training_log.csv")
    ap.add_argument("--resume", help="a state file written by an earlier run")
    ap.add_argument("--seed", type=int, default=17)
    ap.add_argument("--tower-minutes", type=float, default=10)
    ap.add_argument("--joint-minutes", type=float, default=40)
    ap.add_argument("--save-minutes", type=float, default=4)
    ap.add_argument("--tower-batch", type=int, default=48)
    ap.add_argument("--batch", type=int, default=16, help="images per joint step")
    ap.add_argument("--questions", type=int, default=6, help="questions per image")
    ap.add_argument("--rate", type=float, default=1.2e-3)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--bf16", action="store_true", help="bfloat16 matrix products (fp32 weights)")
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    torch.manual_seed(a.seed)
    rng = np.random.default_rng(a.seed)

    def cast():
        return torch.autocast("cpu", torch.bfloat16, enabled=a.bf16)

    os.makedirs(a.out, exist_ok=True)
    tokenizer = write_tokenizer(a.out, a.seed)
    model = new_model(tokenizer, a.seed)
    questions = Questions(f"{a.out}/tokenizer.json", (IMAGE // PATCH) ** 2)
    words = [questions.tokenizer.token_to_id("▁" + n) for n in NAMES]
    with torch.no_grad():          # singular and plural start close together
        e = model.get_input_embeddings().weight
        for n, w in zip(NAMES, words):
            plural = questions.tokenizer.token_to_id("▁" + n + "s")
            e[plural] = e[w] + .1 * e[plural]
    helpers = Helpers(words)
    state = f"{a.log}.state.pt"

    def save(step):
        write_folder(model, tokenizer, a.out, a.seed)
        torch.save({"model": model.state_dict(), "helpers": helpers.state_dict(), "step": step}, state + ".part")
        os.replace(state + ".part", state)

    log = Log(a.log)
    pool, heldout = Pool(a.pool), Pool(a.heldout)
    model.train()
    if a.resume:
        old = torch.load(a.resume)
        model.load_state_dict(old["model"])
        helpers.load_state_dict(old["helpers"])
    if a.tower_minutes > 0:
        train_tower(model, helpers, pool, rng, log, a, cast)
        save(0)
    train_joint(model, helpers, pool, heldout, questions, rng, log, a, cast, save)
    save(-1)


if __name__ == "__main__":
    main()
