"""The three phases of the training: tower, words, joint (see train.py).

Each takes the model, the helper heads, the scenes and the settings `a` (train.py's arguments);
`log` is None on every process but the first, `save(step)` writes the checkpoint folder.
"""

import math
import time

import numpy as np
import torch
import torch.distributed as dist
import torch.nn.functional as F

from batches import KINDS, pack
from heads import decode, decode_words, patch_features, pixels

SCHEDULE = [  # (ends after this share of the joint minutes, existence, counting, spatial)
    (0.08, (0.8, 0.2, 0.0)),
    (0.25, (0.45, 0.25, 0.30)),
    (0.4, (0.20, 0.15, 0.65)),
    (1.0, (0.15, 0.55, 0.30)),
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


def set_rate(optimiser, rate):
    for group in optimiser.param_groups:
        group["lr"] = rate * group.get("scale", 1.0)


@torch.no_grad()
def held_out(model, pool, questions, cast, scenes=320):
    """{kind: share of telling answer words that are right} on the first held-out scenes."""
    rng = np.random.default_rng(4)
    right, total = np.zeros(3), np.zeros(3)
    for start in range(0, scenes, 32):
        rows = np.arange(start, start + 32)
        batch_scenes = pool.take(rows, np.zeros(32, bool))
        batch = pack(batch_scenes, questions, rng, (0.34, 0.33, 0.33), 6)
        with cast():
            _, projected = patch_features(model, pixels(batch_scenes["images"]))
            _, last = decode(model, batch, projected, questions.image_slice)
            f = batch["first"]
            guess = model.lm_head(last[f[:, 0], f[:, 1]]).argmax(-1)
        for k in range(3):
            right[k] += (guess == f[:, 2])[f[:, 3] == k].sum().item()
            total[k] += (f[:, 3] == k).sum().item()
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


def train_tower(model, helpers, pool, rng, log, a, cast):
    """Phase one: tower and projector, helper losses on patches only."""
    modules = [model.model.vision_tower, model.model.multi_modal_projector, helpers]
    params = [p for m in modules for p in m.parameters()]
    optimiser = torch.optim.AdamW(params, lr=a.rate, weight_decay=0.01, betas=(0.9, 0.98))
    embedding = model.get_input_embeddings().weight.detach()
    start, mean, step = time.time(), 0.0, 0
    while (share := from_first((time.time() - start) / (60 * a.tower_minutes))) < 1:
        set_rate(optimiser, a.rate * min(1, (step + 1) / 40) * (1 - 0.7 * share))
        scenes = scenes_at_random(pool, rng, a.tower_batch)
        with cast():
            tower, projected = patch_features(model, pixels(scenes["images"]))
        loss, parts = helpers.patches(scenes, tower.float(), projected.float(), embedding)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(params)
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        optimiser.step()
        mean = loss.item() if step == 0 else 0.95 * mean + 0.05 * loss.item()
        if step % 50 == 0 and log:
            log.line("tower", step, mean, None, {k: v.item() for k, v in parts.items()})
        step += 1


def train_words(model, helpers, pool, questions, rng, log, a, save):
    """Phase two: the first decoder blocks learn to say at a category word whether, how many and
    where, on a frozen tower and short rows; several times cheaper than a joint step."""
    model.model.vision_tower.requires_grad_(False)
    params = [p for p in [*model.parameters(), *helpers.parameters()] if p.requires_grad]
    optimiser = torch.optim.AdamW(params, lr=a.rate, weight_decay=0.01, betas=(0.9, 0.98))
    start, saved, means, step = time.time(), time.time(), {}, 0
    while (share := from_first((time.time() - start) / (60 * a.words_minutes))) < 1:
        set_rate(optimiser, a.rate * min(1, (step + 1) / 30) * (1 - 0.6 * share))
        scenes = scenes_at_random(pool, rng, a.words_batch)
        batch = pack(scenes, questions, rng, (0.2, 0.65, 0.15), 7, short=True)
        _, projected = patch_features(model, pixels(scenes["images"]))
        loss, parts = helpers.names(
            batch, decode_words(model, batch, projected, questions.image_slice)
        )
        parts["match"] = helpers.centres(scenes, projected, model.get_input_embeddings().weight)
        loss = loss + 3 * parts["match"]
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(params)
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        optimiser.step()
        for k, v in {"loss": loss, **parts}.items():
            means[k] = v.item() if k not in means else 0.97 * means[k] + 0.03 * v.item()
        if step % 50 == 0 and log:
            log.line(
                "words", step, means["loss"], None, {k: v for k, v in means.items() if k != "loss"}
            )
        if log and time.time() - saved > 60 * a.save_minutes:
            save(step)
            saved = time.time()
        step += 1
    model.model.vision_tower.requires_grad_(True)


def joint_step(model, helpers, scenes, batch, questions, cast):
    """Total loss and its parts for one packed batch."""
    with cast():
        tower, projected = patch_features(model, pixels(scenes["images"]))
        hidden, last = decode(model, batch, projected, questions.image_slice)
        at = (batch["labels"] != -100).nonzero(as_tuple=True)
        logits = model.lm_head(last[at])
    answer = F.cross_entropy(logits.float(), batch["labels"][at])
    patches, _ = helpers.patches(
        scenes, tower.float(), projected.float(), model.get_input_embeddings().weight
    )
    words, parts = helpers.names(batch, hidden)
    return answer + 0.5 * patches + 0.5 * words, {"answer": answer, "patches": patches, **parts}


def train_joint(model, helpers, pool, heldout, questions, rng, log, a, cast, save):
    """Phase three: everything, several questions behind each image."""
    params = list(model.parameters()) + list(helpers.parameters())
    optimiser = torch.optim.AdamW(
        [
            {
                "params": [p for n, p in model.named_parameters() if "vision_tower" in n],
                "scale": 0.5,
            },
            {"params": [p for n, p in model.named_parameters() if "vision_tower" not in n]},
            {"params": list(helpers.parameters())},
        ],
        lr=a.rate,
        weight_decay=0.01,
        betas=(0.9, 0.98),
    )
    suited = [suited_rows(pool, rng, counting) for counting in (False, True)]
    start, saved, means, step = time.time(), time.time(), {}, 0
    while (share := from_first((time.time() - start) / (60 * a.joint_minutes))) < 1:
        share = a.begin + (1 - a.begin) * share
        warm = min(1, (step + 1) / 60)
        set_rate(optimiser, a.rate * warm * (0.05 + 0.95 * 0.5 * (1 + math.cos(math.pi * share))))
        shares = next(s for end, s in SCHEDULE if share < end)
        focus = share > SCHEDULE[1][0] and rng.random() < PAIRS
        scenes = scenes_at_random(
            pool, rng, a.batch, suited[share > SCHEDULE[2][0]] if focus else None
        )
        batch = pack(scenes, questions, rng, shares, a.questions)
        loss, parts = joint_step(model, helpers, scenes, batch, questions, cast)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        average_gradients(params)
        torch.nn.utils.clip_grad_norm_(params, 1.0)
        optimiser.step()
        for k, v in {"loss": loss, **parts}.items():
            means[k] = v.item() if k not in means else 0.97 * means[k] + 0.03 * v.item()
        if step % 25 == 0 and log:
            shown = {k: v for k, v in means.items() if k != "loss"}
            log.line(
                "joint",
                step,
                means["loss"],
                held_out(model, heldout, questions, cast) if step % 100 == 0 and step else None,
                shown,
            )
        if log and time.time() - saved > 60 * a.save_minutes:
            save(step)
            saved = time.time()
        step += 1
    if log:
        log.line("joint", step, means["loss"], held_out(model, heldout, questions, cast, 640), {})
