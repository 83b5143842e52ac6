"""What the helper losses are told about a batch of scenes (arrays as Pool.take returns them).

Per image token, all scenes' tokens one after the other, each scene's row by row: N in all.
"""

import numpy as np
import torch

from shapes import NAMES

C = len(NAMES)


def in_use(scenes, field):
    """The tokens in use of a field [B, G, G], flat [N]."""
    return np.concatenate([f[:h, :w].ravel() for f, (h, w) in zip(scenes[field], scenes["grids"])])


def scene_of(grids):
    """Which scene each token belongs to, int64 [N]."""
    tokens = torch.from_numpy(grids.astype(np.int64).prod(1))
    return torch.repeat_interleave(torch.arange(len(tokens)), tokens)


def bits(field):
    """uint16 [N] bit field to float [N, C]."""
    return torch.from_numpy((field[:, None].astype(np.int64) >> np.arange(C)) & 1).float()


def own_counts(scenes, masks):
    """Per token the count (1..5, -1 = none or crowd) of the first category that covers it."""
    counts = scenes["counts"][scene_of(scenes["grids"]).numpy()]
    m = masks.numpy()
    n = counts[np.arange(len(m)), m.argmax(1)]
    return torch.from_numpy(np.where(m.any(1) & (n > 0), np.minimum(n, 5), -1).astype(np.int64))


def token_places(grids):
    """float [N, 2]: x, y of each token, -1..1 over its picture (outermost token centres)."""
    out = []
    for h, w in grids:
        y, x = np.meshgrid(np.linspace(-1, 1, h), np.linspace(-1, 1, w), indexing="ij")
        out.append(np.stack([x, y], -1).reshape(-1, 2))
    return torch.from_numpy(np.concatenate(out).astype(np.float32))


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
