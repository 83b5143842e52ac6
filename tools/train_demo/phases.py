"""The phases of the training: tower, words, joint (see train.py).

Each takes the run (train.py's `Run`: model, helper heads, family, scenes, questions, generator,
settings) and trains for its share of the time; only the first process logs and saves.
"""

import math
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F

from batches import KINDS, pack
from heads import NAME_LAYER, decode

SCHEDULE = [  # (ends after this share of the joint minutes, existence, counting, spatial)
    (0.08, (0.8, 0.2, 0.0)),
    (0.25, (0.45, 0.25, 0.30)),
    (0.4, (0.20, 0.15, 0.65)),
    (1.0, (0.12, 0.70, 0.18)),
]
PAIRS = 0.85  # share of batches, in the last two parts, whose scenes suit the questions


def average_gradients(params):
    """Means the gradients over all processes."""
    if not dist.is_initialized():
        return
    for p in params:  # a head that one process's batch did not reach counts as zero there
        if p.grad is None:
            p.grad = torch.zeros_like(p)
    grads = [p.grad for p in params]
    flat = torch.cat([g.flatten() for g in grads])
    dist.all_reduce(flat)
    flat /= dist.get_world_size()
    for g, part in zip(grads, flat.split([g.numel() for g in grads])):
        g.copy_(part.view_as(g))


def from_first(value):
    """The first process's number, on every process."""
    if not dist.is_initialized():
        return value
    x = torch.tensor([value], dtype=torch.float64)
    dist.broadcast(x, 0)
    return x.item()


@torch.no_grad()
def held_out(run, scenes=320):
    """{kind: share of telling answer words that are right} on the first held-out scenes; one
    question per row where the family needs that, then fewer of them."""
    rng = np.random.default_rng(4)
    single = run.family.BIDIRECTIONAL
    run.questions.wrong_spatial = 0.0
    right, total = np.zeros(3), np.zeros(3)
    for start in range(0, scenes, 32):
        rows = np.arange(start, start + 32)
        batch_scenes = run.heldout.take(rows, np.zeros(32, bool))
        number = 2 if single else 6
        batch = pack(batch_scenes, run.questions, rng, (0.34, 0.33, 0.33), number, single=single)
        with run.cast():
            _, projected = run.family.features(run.model, batch_scenes)
            _, last = decode(run.model, batch, projected)
            f = batch["first"]
            guess = run.model.lm_head(last[f[:, 0], f[:, 1]]).argmax(-1)
        for k in range(3):
            right[k] += (guess == f[:, 2])[f[:, 3] == k].sum().item()
            total[k] += (f[:, 3] == k).sum().item()
    run.questions.wrong_spatial = run.a.wrong_spatial
    return {kind: right[k] / total[k] for k, kind in enumerate(KINDS)}


def scenes_at_random(pool, rng, n, among=None):
    """n scenes, each mirrored with probability one half; `among`: rows to choose from."""
    rows = rng.integers(0, len(pool), n) if among is None else among[rng.integers(0, len(among), n)]
    return pool.take(rows, rng.random(n) < 0.5)


def suited_rows(pool, rng, counting):
    """Scenes that suit spatial questions; with `counting` as many that show 2 to 5 of a kind."""
    paired = pool.with_pairs()
    if not counting:
        return paired
    counts = pool.data["counts"]
    shown = [np.flatnonzero((counts == n).any(1)) for n in (2, 3, 4, 5)]
    return np.concatenate(
        [rng.choice(paired, 4000)]
        + [rng.choice(s, k) for s, k in zip(shown, (800, 1000, 1000, 1400))]
    )


class Loop:
    """Steps of one phase until its minutes are over: `for share in loop` gives the share done.
    They are minutes of the first process's own work, so that a busy machine cuts nothing short."""

    def __init__(self, run, phase, minutes, groups, every, warm):
        self.run, self.phase, self.minutes, self.every, self.warm = run, phase, minutes, every, warm
        self.params = [p for g in groups for p in g["params"]]
        self.optimiser = torch.optim.AdamW(
            groups, lr=run.a.rate, weight_decay=0.01, betas=(0.9, 0.98)
        )
        self.start, self.saved, self.means, self.step = time.process_time(), time.time(), {}, 0

    def __iter__(self):
        while (share := from_first(self.minutes_done() / self.minutes)) < 1:
            yield share
            self.step += 1

    def minutes_done(self):
        return (time.process_time() - self.start) / 60

    def learn(self, loss, parts, rate, check=False):
        """One optimiser step at `rate`, the report every `every` steps (with held-out accuracies
        every fourth time if `check`), the checkpoint every save_minutes."""
        run = self.run
        for group in self.optimiser.param_groups:
            warm = min(1, (self.step + 1) / self.warm)
            group["lr"] = run.a.rate * warm * rate * group.get("scale", 1.0)
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(self.params)
        torch.nn.utils.clip_grad_norm_(self.params, 1.0)
        self.optimiser.step()
        for k, v in {"loss": loss, **parts}.items():
            old = self.means.get(k, v.item())
            self.means[k] = 0.97 * old + 0.03 * v.item()
        if not run.log:
            return
        if self.step % self.every == 0:
            check = check and self.step and self.step % (4 * self.every) == 0
            self.report(held_out(run) if check else None)
        if time.time() - self.saved > 60 * run.a.save_minutes:
            run.save(self.step)
            self.saved = time.time()

    def report(self, accuracy):
        parts = {k: v for k, v in self.means.items() if k != "loss"}
        self.run.log.line(self.phase, self.step, self.means["loss"], accuracy, parts)


def train_tower(run, minutes):
    """Tower and projector, helper losses on image tokens only; with a teacher also the distance
    from its image tokens."""
    a, model, helpers = run.a, run.model, run.helpers
    embed = model.get_input_embeddings()
    params = [
        p
        for n, p in model.named_parameters()
        if "language_model" not in n and "lm_head" not in n
    ]
    loop = Loop(run, "tower", minutes, [{"params": params + list(helpers.parameters())}], 50, 40)
    for share in loop:
        scenes = scenes_at_random(run.pool, run.rng, a.tower_batch)
        with run.cast():
            tower, projected = run.family.features(model, scenes)
        loss, parts = helpers.patches(
            scenes, tower.float(), projected.float(), lambda ids: embed(ids).detach()
        )
        if run.teacher:
            parts["teacher"] = run.teacher.distance(scenes, projected.float())
            loss = loss + parts["teacher"]
        loop.learn(loss, parts, 1 - 0.7 * share)


def train_attention(run, minutes):
    """Attention of the decoder blocks only: each block learns, by itself, to add to the teacher's
    hidden states what the teacher's attention adds there."""
    params = [
        p for n, p in run.model.model.language_model.named_parameters() if "self_attn" in n
    ]
    loop = Loop(run, "attention", minutes, [{"params": params}], 50, 40)
    for share in loop:
        scenes = scenes_at_random(run.pool, run.rng, run.a.batch)
        loss, parts = run.teacher.attention(run, scenes)
        loop.learn(loss, parts, 1 - 0.9 * share)


def train_words(run, minutes):
    """The first decoder blocks learn to say at a category word whether, how many and where, on a
    frozen tower and short rows; several times cheaper than a joint step."""
    model, helpers = run.model, run.helpers
    tower = [p for n, p in model.named_parameters() if "vision_tower" in n or "visual" in n]
    for p in tower:
        p.requires_grad_(False)
    params = [p for p in [*model.parameters(), *helpers.parameters()] if p.requires_grad]
    loop = Loop(run, "words", minutes, [{"params": params}], 50, 30)
    for share in loop:
        scenes = scenes_at_random(run.pool, run.rng, run.a.words_batch)
        batch = pack(scenes, run.questions, run.rng, (0.2, 0.65, 0.15), 7, short=True)
        _, projected = run.family.features(model, scenes)
        loss, parts = helpers.names(batch, decode(model, batch, projected, NAME_LAYER)[0])
        parts["match"] = helpers.centres(scenes, projected, model.get_input_embeddings())
        loop.learn(loss + 3 * parts["match"], parts, 1 - 0.6 * share)
    for p in tower:
        p.requires_grad_(True)


def joint_step(run, scenes, batch):
    """Total loss and its parts for one batch."""
    model, helpers = run.model, run.helpers
    with run.cast():
        tower, projected = run.family.features(model, scenes)
        hidden, last = decode(model, batch, projected)
        at = (batch["labels"] != -100).nonzero(as_tuple=True)
        logits = model.lm_head(last[at])
    answer = F.cross_entropy(logits.float(), batch["labels"][at])
    patches, _ = helpers.patches(
        scenes, tower.float(), projected.float(), model.get_input_embeddings()
    )
    words, parts = helpers.names(batch, hidden)
    return answer + 0.6 * patches + 0.5 * words, {"answer": answer, "patches": patches, **parts}


def train_joint(run, minutes, single=False):
    """Everything: several questions behind each image, or with `single` one question per row.
    --begin, --end: which part of the schedule of question kinds and rates this is."""
    a, model = run.a, run.model
    is_tower = {n: "vision_tower" in n or "visual" in n for n, _ in model.named_parameters()}
    groups = [
        {"params": [p for n, p in model.named_parameters() if is_tower[n]], "scale": 0.5},
        {"params": [p for n, p in model.named_parameters() if not is_tower[n]]},
        {"params": list(run.helpers.parameters())},
    ]
    loop = Loop(run, "single" if single else "joint", minutes, groups, 25, 60)
    suited = [suited_rows(run.pool, run.rng, counting) for counting in (False, True)]
    begin, end = (a.single_begin, 1) if single else (a.begin, a.end)
    for share in loop:
        share = begin + (end - begin) * share
        shares = a.shares or next(s for stop, s in SCHEDULE if share < stop)
        focus = (a.shares or share > SCHEDULE[1][0]) and run.rng.random() < PAIRS
        rows = suited[bool(a.shares) or share > SCHEDULE[2][0]] if focus else None
        images, questions = (a.single_batch, 4) if single else (a.batch, a.questions)
        scenes = scenes_at_random(run.pool, run.rng, images, rows)
        batch = pack(scenes, run.questions, run.rng, shares, questions, single=single)
        loss, parts = joint_step(run, scenes, batch)
        loop.learn(loss, parts, 0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * share)), check=True)
    if run.log:
        loop.report(held_out(run, 640))
