"""`vrp stats` beside scipy and scikit-learn: AUROC with a BCa interval from 10,000 resamples.

Whole processes, one thread each, the same table. scipy gets the AUROC in two ways: scikit-learn's
function called per resample, as most scripts do, and a vectorised rank sum, its better way.
"""
import csv
import json
import pathlib
import sys

import numpy as np

import process
from vrp_side import BIN

SCRIPT = """
import json, sys
import numpy as np
from scipy.stats import bootstrap, rankdata
from sklearn.metrics import roc_auc_score
file, way, resamples = sys.argv[1], sys.argv[2], int(sys.argv[3])
data = np.genfromtxt(file, delimiter=",", names=True)
label, signal = data["label"], data["signal"]
def rank_sum(label, signal, axis=-1):
    n1 = label.sum(axis)
    n0 = label.shape[axis] - n1
    r = (rankdata(signal, axis=axis) * label).sum(axis)
    return (r - n1 * (n1 + 1) / 2) / (n1 * n0)
if way == "vectorised":
    options = dict(statistic=rank_sum, vectorized=True, batch=200)
else:
    options = dict(statistic=roc_auc_score, vectorized=False)
result = bootstrap((label, signal), paired=True, n_resamples=resamples, method="BCa", rng=1, **options)
print(json.dumps([roc_auc_score(label, signal), *result.confidence_interval]))
"""


def write_table(path, rows):
    rng = np.random.default_rng(5)
    label = (rng.random(rows) < 0.6).astype(int)
    signal = rng.normal(size=rows) + 0.8 * label
    with open(path, "w", newline="") as f:
        out = csv.writer(f)
        out.writerow(["label", "signal"])
        out.writerows(zip(label.tolist(), signal.tolist()))


def measure(work, rows, resamples):
    """One entry per way: seconds of the whole process, estimate and interval."""
    table, out = work / "stats.csv", work / "stats.json"
    write_table(table, rows)
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    seconds, peak, _ = process.run(
        [BIN / "vrp", "stats", "--input", table, "--label", "label", "--signal", "signal",
         "--replicates", resamples, "--json", out], 1, threads)
    auroc = json.loads(pathlib.Path(out).read_text())["signals"][0]["auroc"]
    found = [{"who": "vrp stats", "seconds": seconds, "peak_rss_mb": peak,
              "interval": [auroc["estimate"], auroc["low"], auroc["high"]]}]
    for way in ("vectorised", "scikit-learn"):
        seconds, peak, text = process.run(
            [sys.executable, "-c", SCRIPT, table, way, resamples], 1, threads)
        found.append({"who": f"scipy bootstrap, {way}", "seconds": seconds, "peak_rss_mb": peak,
                      "interval": json.loads(text)})
    return {"rows": rows, "resamples": resamples, "ways": found}
