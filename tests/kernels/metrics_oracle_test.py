"""H_s, C_k (mass, cells) and C_k (dbscan) of many maps against numpy, SciPy and scikit-learn."""
import os
import subprocess
import sys

import numpy as np
from scipy import ndimage
from sklearn.cluster import DBSCAN

PROGRAM = os.path.join(os.environ["VRP_BIN"], "metrics_oracle_program")
DBSCAN_OPTIONS = [(90, 1.5, 3), (90, 1.0, 3), (80, 1.5, 4), (80, 2.3, 5), (95, 1.5, 1)]


def maps_of(rows, cols, rng):
    """Noise, smooth blobs, heavy tails, ties, constants and single peaks."""
    out = [np.full((rows, cols), 0.25), np.full((rows, cols), 1 / 3)]
    peak = np.zeros((rows, cols))
    peak[rows // 2, cols // 3] = 2.0
    out.append(peak)
    for k in range(40):
        noise = rng.random((rows, cols))
        out += [noise, noise**6, np.floor(noise * 4) / 4 + 0.25]
        smooth = ndimage.gaussian_filter(rng.random((rows, cols)), 0.7 + 0.05 * k)
        out.append((smooth - smooth.min() + 1e-6) ** 2)
    return out


def entropy(m):
    p = m.ravel() / m.sum()
    return -np.sum(p * np.log(p + 1e-9))


def components(mask, neighbours):
    structure = np.ones((3, 3)) if neighbours == 8 else None
    return ndimage.label(mask, structure=structure)[1]


def top_mass(m, share=0.30):
    flat = m.ravel()
    order = np.lexsort((np.arange(flat.size), -flat))
    reached = np.cumsum(flat[order]) >= share * flat.sum() * (1 - 1e-12)
    mask = np.zeros(flat.size, bool)
    mask[order[: np.argmax(reached) + 1]] = True
    return mask.reshape(m.shape)


def top_cells(m, share=0.30):
    flat = m.ravel()
    order = np.lexsort((np.arange(flat.size), -flat))
    mask = np.zeros(flat.size, bool)
    mask[order[: int(np.ceil(share * flat.size - 1e-9))]] = True
    return mask.reshape(m.shape)


def dbscan(m, percentile, eps, min_samples):
    points = np.argwhere(m >= np.percentile(m, percentile))
    labels = DBSCAN(eps=eps, min_samples=min_samples).fit(points).labels_
    return len(set(labels) - {-1})


def expected(m):
    out = [entropy(m), components(top_mass(m), 8), components(top_mass(m), 4),
           components(top_cells(m), 8)]
    return out + [dbscan(m, *o) for o in DBSCAN_OPTIONS] + [np.percentile(m, 90)]


def main():
    rng = np.random.default_rng(20260617)
    failures, compared, seen = 0, 0, set()
    for rows, cols in [(24, 24), (16, 16), (7, 19), (1, 30), (2, 2)]:
        maps = maps_of(rows, cols, rng)
        text = f"{rows} {cols} {len(maps)}\n"
        text += "\n".join(" ".join(float(v).hex() for v in m.ravel()) for m in maps)
        done = subprocess.run([PROGRAM], input=text, capture_output=True, text=True, check=True)
        lines = done.stdout.splitlines()
        assert len(lines) == len(maps), f"{len(lines)} lines for {len(maps)} maps"
        for k, (m, line) in enumerate(zip(maps, lines)):
            got, want = line.split(), expected(m)
            values = [float.fromhex(got[0])] + [int(v) for v in got[1:-1]] + [float.fromhex(got[-1])]
            seen.add(tuple(values[1:5]))
            compared += 1
            same = abs(values[0] - want[0]) <= 1e-12 and values[1:] == want[1:]
            if not same:
                failures += 1
                print(f"{rows}x{cols} map {k}: got {values}, expected {want}")
    print(f"{compared} maps, {len(seen)} different count tuples, {failures} failures")
    assert compared > 700 and len(seen) > 100
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
