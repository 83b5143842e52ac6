"""Training batches: pooled scenes with several questions packed behind each image.

`Pool` reads the files of pool.py; `Questions` turns a scene into token ids. In a packed row the
prefix (the prompt up to the question) comes first; every question sees the prefix and itself only,
and its positions go on from the prefix, so that it equals a row with one question. That holds only
where the prefix does not see the question: families that are BIDIRECTIONAL also need rows with one
question each (`single`).
"""

import glob

import numpy as np
import torch
from tokenizers import Tokenizer

import checkpoint  # noqa: F401  (puts tools/demo_data on the path)
import questions as q
from labels import centres_of
from shapes import CATEGORIES, NAMES

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
        masks = out["masks"]
        out.setdefault("grids", np.tile(np.uint8(masks.shape[1:]), (len(masks), 1)))
        cell = out["images"].shape[1] // masks.shape[1]
        for i in np.flatnonzero(flip):
            h, w = map(int, out["grids"][i])
            for k, n in (("images", cell), ("masks", 1), ("centres", 1)):
                out[k][i, : n * h, : n * w] = out[k][i, : n * h, : n * w][:, ::-1]
        x, w = out["objects"][..., 1], out["objects"][..., 3]
        out["objects"][..., 1] = np.where(flip[:, None], out["sizes"][:, :1] - x - w, x)
        return out


class Questions:
    """Token ids of questions and answers for one family and tokenizer file."""

    def __init__(self, family, tokenizer_json):
        self.family, self.positions, self.wrong_spatial = family, family.positions, 0.0
        self.tokenizer, self.cache = Tokenizer.from_file(tokenizer_json), {}
        a, b = (self.ids(family.prompt(t)) for t in ("Is", "How"))
        same = next(i for i in range(len(a)) if a[i] != b[i])
        self.image = self.tokenizer.token_to_id(family.IMAGE_TOKEN)
        self.eos, self.space = map(self.tokenizer.token_to_id, (family.EOS, "▁"))
        at = a.index(self.image)
        self.skip, self.before, self.after = same, a[:at], a[at + 1 : same]

    def ids(self, text):
        return self.tokenizer.encode(text, add_special_tokens=self.family.SPECIAL).ids

    def prefix(self, grid):
        """(ids before the question, their positions [1 or 3, n], the next position) for an image
        of grid = (rows, columns) tokens."""
        rows, columns = map(int, grid)
        ids = self.before + [self.image] * (rows * columns) + self.after
        return ids, *self.positions(len(self.before), (rows, columns), len(self.after))

    def encode(self, question, answer, names):
        """(ids from the question to the end token, prompt tokens among them, name positions)."""
        key = (question, answer)
        if key not in self.cache:
            text = self.family.prompt(question)
            head = self.ids(text)
            full = self.ids(text + self.family.JOIN + answer)
            assert full[: len(head)] == head, (question, answer)
            words = [self.tokenizer.id_to_token(i).lstrip("▁Ġ") for i in head]
            at = [next(i for i, w in enumerate(words) if w in (n, q.PLURAL[n])) for n in names]
            self.cache[key] = (
                full[self.skip :] + [self.eos],
                len(head) - self.skip,
                [i - self.skip for i in at],
            )
        return self.cache[key]

    def draw(self, scene, rng, shares, number):
        """`number` questions about one scene: [(kind, question, answer, [category rows])].

        Kinds by `shares`; existence half yes half no, half of the no from the scene's theme; of the
        spatial answers a share `wrong_spatial` is wrong."""
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
                wrong = rng.random() < self.wrong_spatial if self.wrong_spatial else False
                out.append(
                    (
                        kind,
                        q.spatial_question(NAMES[a], NAMES[b], asked),
                        q.spatial_answer(NAMES[a], asked, yes != wrong),
                        [a, b],
                    )
                )
            if out[-1] in out[:-1]:
                out.pop()
        return out


class Row:
    """One token row under construction; `kinds` are 0 for the prefix, then one per question."""

    def __init__(self, questions, grid, image):
        self.ids, positions, self.next = questions.prefix(grid)
        self.positions, n = [positions], len(self.ids)
        self.labels, self.segment, self.prompt = [-100] * n, [0] * n, [True] * n
        self.image = image  # which image of the batch

    def add(self, tokens, head, segment):
        """A question with its answer: `tokens` to the end token, of which `head` are the prompt."""
        n = len(tokens) - 1
        self.ids = self.ids + tokens[:-1]
        self.labels += [-100] * (head - 1) + tokens[head:]
        self.segment += [segment] * n
        self.prompt += [i < head for i in range(n)]
        at = torch.arange(self.next, self.next + n)
        self.positions.append(at.expand(len(self.positions[0]), -1))


def visible(segment, prompt, bidirectional):
    """bool [B, 1, S, S]: which columns a row's query may see. Columns of the prefix (segment 0) or
    of the own question, not later ones; within the prompt also later ones if `bidirectional`."""
    order = torch.arange(segment.shape[1])
    mask = order[None, None, :] <= order[None, :, None]
    if bidirectional:
        mask = mask | (prompt[:, None, :] & prompt[:, :, None])
    own = segment[:, None, :] == segment[:, :, None]
    return (mask & ((segment[:, None, :] == 0) | own))[:, None]


def pack(scenes, questions, rng, shares, number, short=False, single=False):
    """One batch as a dict of tensors; `scenes` as Pool.take returns them. `short` cuts every
    question after its first category word and leaves out the answers; `single` gives every
    question a row of its own.

    ids, labels int64 [B, S] (label at the position that predicts it, -100 elsewhere), positions
    int64 [B, S] or [3, B, S], mask bool [B, 1, S, S]; image bool [B, S] marks image tokens, whose
    features are the rows `take` of all the scenes' image tokens;
    name_at int64 [M, 2] (row, position) with name_present, name_count, name_xy [M, 3], name_kind;
    first int64 [Q, 4]: row, position of the first telling answer token's logits, its id, kind;
    relation_at int64 [R, 3]: row, position of a spatial question's second name, the relation.
    """
    rows, names, targets, first, relations = [], [], [], [], []
    for i in range(len(scenes["images"])):
        counts, objects, size = scenes["counts"][i], scenes["objects"][i], scenes["sizes"][i]
        where = centres_of(objects, size)
        drawn = questions.draw((counts, objects, size), rng, shares, number)
        for s, (kind, ask, answer, cats) in enumerate(drawn, 1):
            if single or s == 1:
                rows.append(Row(questions, scenes["grids"][i], i))
            tokens, head, at = questions.encode(ask, answer, [NAMES[c] for c in cats])
            if short:
                tokens, cats, head = tokens[: at[0] + 1] + [questions.eos], cats[:1], at[0] + 1
            row, base = len(rows) - 1, len(rows[-1].ids)
            for c, a in zip(cats, at):
                names.append((row, base + a))
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
                relations.append((row, base + at[1], true))
            telling = head + (tokens[head] == questions.space)  # a digit may follow a lone "▁"
            first.append((row, base + telling - 1, tokens[telling], KINDS.index(kind)))
            rows[-1].add(tokens, head, 0 if single else s)
    longest = max(len(r.ids) for r in rows)

    def table(lists, fill):
        return torch.tensor([x + [fill] * (longest - len(x)) for x in lists])

    ids = table([r.ids for r in rows], questions.eos)
    positions = [torch.cat(r.positions, 1) for r in rows]
    positions = torch.stack(
        [torch.nn.functional.pad(p, (0, longest - p.shape[1])) for p in positions], 1
    )
    tokens = scenes["grids"].astype(int).prod(1)
    start = np.cumsum(tokens) - tokens
    t = np.array(targets, np.float32)
    return {
        "ids": ids,
        "labels": table([r.labels for r in rows], -100),
        "positions": positions if len(positions) > 1 else positions[0],
        "mask": visible(
            table([r.segment for r in rows], 99),
            table([r.prompt for r in rows], False),
            questions.family.BIDIRECTIONAL,
        ),
        "image": ids == questions.image,
        "take": torch.cat(
            [torch.arange(start[r.image], start[r.image] + tokens[r.image]) for r in rows]
        ),
        "first": torch.tensor(first),
        "name_at": torch.tensor(names),
        "relation_at": torch.tensor(relations).reshape(-1, 3),
        "name_present": torch.from_numpy(t[:, 0]),
        "name_count": torch.from_numpy(t[:, 1]).long(),
        "name_xy": torch.from_numpy(t[:, 2:5]),
        "name_kind": torch.from_numpy(t[:, 5]).long(),
    }
