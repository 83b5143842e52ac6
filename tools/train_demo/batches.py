"""Training batches: pooled scenes with several questions packed behind each image.

`Pool` reads the files of pool.py; `Questions` turns a scene into token ids. In a packed row the
prefix (BOS, "USER: ", image tokens, line end) comes first; every question sees the prefix and
itself only, and its positions go on from the prefix, so that it equals a row with one question.
"""

import glob
import os
import sys

import numpy as np
import torch
from tokenizers import Tokenizer

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "demo_data"))
import questions as q  # noqa: E402
from shapes import CATEGORIES, NAMES  # noqa: E402

EOS = 2
C = len(NAMES)
KINDS = ("existence", "counting", "spatial")
THEME = np.array([c[3] == "kitchen" for c in CATEGORIES])


class Pool:
    """All scenes under a folder, as arrays (names as in pool.py)."""

    def __init__(self, folder):
        self.folder, self.files, self.data = folder, [], {}
        self.refresh()

    def refresh(self):
        """Takes in files that have appeared since."""
        new = [
            f for f in sorted(glob.glob(f"{self.folder}/pool-??????.npz")) if f not in self.files
        ]
        parts = [dict(np.load(f)) for f in new]
        if parts:
            old = [self.data] if self.data else []
            self.data = {k: np.concatenate([p[k] for p in old + parts]) for k in parts[0]}
            self.files += new

    def __len__(self):
        return len(self.data["images"]) if self.data else 0

    def with_pairs(self):
        """Rows of the scenes about which a spatial question can be asked."""
        d = self.data
        return np.array(
            [
                i
                for i in range(len(self))
                if q.spatial_pairs(
                    [(int(o[0]), tuple(o[1:5]), float(o[5])) for o in d["objects"][i] if o[0] >= 0],
                    list(np.flatnonzero(d["counts"][i] < 0)),
                    *d["sizes"][i],
                )
            ]
        )

    def take(self, rows, flip):
        """The scenes at `rows`, mirrored left-right where `flip` is true."""
        out = {k: v[rows].copy() for k, v in self.data.items()}
        for k in ("images", "masks", "centres"):
            out[k][flip] = out[k][flip][:, :, ::-1]
        x, w = out["objects"][..., 1], out["objects"][..., 3]
        out["objects"][..., 1] = np.where(flip[:, None], out["sizes"][:, :1] - x - w, x)
        return out


def bits(field):
    """uint16 [B, G, G] bit fields to float [B, G*G, C]."""
    flat = field.reshape(len(field), -1, 1).astype(np.int64)
    return torch.from_numpy((flat >> np.arange(C)) & 1).float()


def own_counts(counts, masks):
    """Per patch the count (1..5, -1 = none or crowd) of the first category that covers it."""
    m = bits(masks).numpy()
    first = m.argmax(2)
    n = np.take_along_axis(counts[:, None, :].repeat(m.shape[1], 1), first[..., None], 2)[..., 0]
    return torch.from_numpy(np.where(m.any(2) & (n > 0), np.minimum(n, 5), -1).astype(np.int64))


class Questions:
    """Token ids of questions and answers for one tokenizer file."""

    def __init__(self, tokenizer_json, image_tokens):
        self.tokenizer, self.cache = Tokenizer.from_file(tokenizer_json), {}
        a, b = (self.tokenizer.encode(q.prompt(t)).ids for t in ("Is", "How"))
        same = next(i for i in range(len(a)) if a[i] != b[i])
        image = a.index(self.tokenizer.token_to_id("<image>"))
        self.skip, self.space = same, self.tokenizer.token_to_id("▁")
        self.before, self.after = a[:image], a[image + 1 : same]
        self.prefix = self.before + [a[image]] * image_tokens + self.after
        self.image_slice = slice(image, image + image_tokens)

    def encode(self, question, answer, names):
        """(ids from the question to EOS, prompt tokens among them, name positions)."""
        key = (question, answer)
        if key not in self.cache:
            text = q.prompt(question)
            head = self.tokenizer.encode(text).ids
            full = self.tokenizer.encode(f"{text} {answer}").ids
            assert full[: len(head)] == head
            words = self.tokenizer.encode(text).tokens
            at = [
                next(i for i, w in enumerate(words) if w.lstrip("▁") in (n, q.PLURAL[n]))
                for n in names
            ]
            self.cache[key] = (
                full[self.skip :] + [EOS],
                len(head) - self.skip,
                [i - self.skip for i in at],
            )
        return self.cache[key]

    def draw(self, scene, rng, shares, number):
        """`number` questions about one scene: [(kind, question, answer, [category rows])].

        Kinds by `shares`; existence half yes half no, half of the no from the scene's theme."""
        counts, objects, size = scene
        objs = [(int(o[0]), tuple(o[1:5]), float(o[5])) for o in objects if o[0] >= 0]
        crowded = [r for r in range(C) if counts[r] < 0]
        present = [r for r in range(C) if counts[r] != 0]
        absent = [r for r in range(C) if counts[r] == 0]
        pairs = q.spatial_pairs(objs, crowded, *size)
        single = {r: int(counts[r]) for r in range(C) if 1 <= counts[r] <= 5}
        out = []
        for _ in range(4 * number):
            if len(out) == number:
                break
            kind = KINDS[rng.choice(3, p=shares)]
            if kind == "spatial" and not pairs:
                kind = "counting" if rng.random() < 0.5 else "existence"
            if kind == "counting" and not single:
                kind = "existence"
            if kind == "existence":
                yes = rng.random() < 0.5
                if yes:
                    row = int(rng.choice(present))
                else:
                    theme = THEME[present].mean() > 0.5
                    near = [r for r in absent if THEME[r] == theme]
                    row = int(rng.choice(near if near and rng.random() < 0.5 else absent))
                n = NAMES[row]
                out.append((kind, q.existence_question(n), q.existence_answer(n, yes), [row]))
            elif kind == "counting":
                several = [r for r in single if single[r] > 1]
                rows = several if several and rng.random() < 0.7 else list(single)
                weight = np.array([(1.0, 2.2, 3.5, 4.2, 5.0)[single[r] - 1] for r in rows])
                row = int(rng.choice(rows, p=weight / weight.sum()))
                n = NAMES[row]
                out.append((kind, q.counting_question(n), q.counting_answer(n, single[row]), [row]))
            else:
                a, b, relation = pairs[rng.integers(len(pairs))]
                yes = rng.random() < 0.5
                asked = relation if yes else q.OPPOSITE[relation]
                out.append(
                    (
                        kind,
                        q.spatial_question(NAMES[a], NAMES[b], asked),
                        q.spatial_answer(NAMES[a], asked, yes),
                        [a, b],
                    )
                )
            if out[-1] in out[:-1]:
                out.pop()
        return out


def centres_of(objects, size):
    """float [C, 3]: x, y in -1..1 of the only instance of a category, and 1 where there is one."""
    out, rows = np.zeros((C, 3), np.float32), objects[:, 0].astype(int)
    for o in objects:
        if o[0] >= 0 and (rows == int(o[0])).sum() == 1:
            out[int(o[0])] = (
                2 * (o[1] + o[3] / 2) / size[0] - 1,
                2 * (o[2] + o[4] / 2) / size[1] - 1,
                1,
            )
    return out


def pack(scenes, questions, rng, shares, number, short=False):
    """One batch as a dict of tensors; `scenes` as Pool.take returns them. `short` cuts every
    question after its first category word and leaves out the answers.

    ids, labels, positions int64 [B, S] (label at the position that
    predicts it, -100 elsewhere), mask bool [B, 1, S, S];
    name_at int64 [M, 2] (row, position) with name_present, name_count, name_xy [M, 3], name_kind;
    first int64 [Q, 4]: row, position of the first telling answer token's logits, its id, kind;
    relation_at int64 [R, 3]: row, position of a spatial question's second name, the relation.
    """
    rows, p = [], len(questions.prefix)
    names, targets, first, relations = [], [], [], []
    for i in range(len(scenes["images"])):
        counts, objects, size = scenes["counts"][i], scenes["objects"][i], scenes["sizes"][i]
        where = centres_of(objects, size)
        ids, labels, positions, segment = (
            list(questions.prefix),
            [-100] * p,
            list(range(p)),
            [0] * p,
        )
        drawn = questions.draw((counts, objects, size), rng, shares, number)
        for s, (kind, ask, answer, cats) in enumerate(drawn, 1):
            tokens, head, at = questions.encode(ask, answer, [NAMES[c] for c in cats])
            if short:
                tokens, cats, head = tokens[: at[0] + 1] + [EOS], cats[:1], at[0] + 1
            base = len(ids)
            for c, a in zip(cats, at):
                names.append((i, base + a))
                targets.append(
                    (
                        counts[c] != 0,
                        -1 if counts[c] < 0 else min(counts[c], 5),
                        *where[c],
                        KINDS.index(kind),
                    )
                )
            if kind == "spatial" and not short:
                dx, dy = where[cats[1]][:2] - where[cats[0]][:2]
                true = (0 if dx > 0 else 1) if abs(dx) > abs(dy) else (2 if dy > 0 else 3)
                relations.append((i, base + at[1], true))
            telling = head + (tokens[head] == questions.space)  # a digit follows a lone "▁"
            first.append((i, base + telling - 1, tokens[telling], KINDS.index(kind)))
            ids += tokens[:-1]
            labels += [-100] * (head - 1) + tokens[head:]
            positions += range(p, p + len(tokens) - 1)
            segment += [s] * (len(tokens) - 1)
        rows.append((ids, labels, positions, segment))
    longest = max(len(r[0]) for r in rows)

    def table(k, fill):
        return torch.tensor([r[k] + [fill] * (longest - len(r[k])) for r in rows])

    segment = table(3, 99)
    order = torch.arange(longest)
    mask = (order[None, :] <= order[:, None]) & (
        (segment[:, None, :] == 0) | (segment[:, None, :] == segment[:, :, None])
    )
    t = np.array(targets, np.float32)
    return {
        "ids": table(0, EOS),
        "labels": table(1, -100),
        "positions": table(2, 0),
        "mask": mask[:, None],
        "first": torch.tensor(first),
        "name_at": torch.tensor(names),
        "relation_at": torch.tensor(relations).reshape(-1, 3),
        "name_present": torch.from_numpy(t[:, 0]),
        "name_count": torch.from_numpy(t[:, 1]).long(),
        "name_xy": torch.from_numpy(t[:, 2:5]),
        "name_kind": torch.from_numpy(t[:, 5]).long(),
    }
