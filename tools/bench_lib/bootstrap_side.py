"""The bootstrap of AUROC and R over groups beside scipy.stats.bootstrap, and at a million items.

Both sides resample groups of three rows and take AUROC and R of each resample. scipy gets the
statistic in two vectorised ways: from the rows of each resample (rankdata), as most scripts have it,
and from how often each group was drawn and an order sorted beforehand, the way this project goes.
It runs fewer resamples of one signal; its seconds are scaled up and said to be.
"""
import json
import os
import statistics
import subprocess
import sys

import numpy as np

import process
from vrp_side import BIN

SIGNALS, ROWS, RESAMPLES = 30, 3090, 10_000
TARGET_S, TARGET_RATIO = 2.0, 100
LARGE_ROWS, LARGE_RESAMPLES, LARGE_SIGNALS = 1_000_000, 1000, (1, 3)
EACH = 3   # rows of a group
STEP = 32  # a block of fewer replicates costs as much as STEP
SCIPY_WAYS = {"rows of each resample": 300, "presorted, weighted": 1000}  # resamples that are run

SCRIPT = """
import json, sys, time
import numpy as np
from scipy.stats import bootstrap, rankdata
folder, rows, way, resamples, each = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), int(sys.argv[5])
y = np.fromfile(folder + "/label.i8", np.int8, rows).astype(float)
group = np.fromfile(folder + "/group.i32", np.int32, rows)
x = np.fromfile(folder + "/signals.f64", np.float64, rows)
groups = rows // each
members = np.argsort(group, kind="stable").reshape(groups, each)
def from_rows(drawn, axis=-1):
    at = members[drawn].reshape(*drawn.shape[:-1], rows)
    label, signal = y[at], x[at]
    n1 = label.sum(-1)
    auroc = ((rankdata(signal, axis=-1) * label).sum(-1) - n1 * (n1 + 1) / 2) / (n1 * (rows - n1))
    d = signal - signal.mean(-1, keepdims=True)
    e = label - label.mean(-1, keepdims=True)
    return np.stack([auroc, (d * e).sum(-1) / np.sqrt((d * d).sum(-1) * (e * e).sum(-1))])
order = np.argsort(x, kind="stable")
sorted_group, negative = group[order], 1 - y[order]
centred = x - x.mean()
def by_group(v):
    return np.bincount(group, v, groups)
totals = np.stack([by_group(v) for v in (y, centred, centred ** 2, centred * y, np.ones(rows))], 1)
def from_weights(drawn, axis=-1):
    flat = drawn.reshape(-1, groups)
    offset = flat + groups * np.arange(len(flat))[:, None]
    weight = np.bincount(offset.ravel(), minlength=flat.size).reshape(flat.shape)
    w = weight[:, sorted_group]
    below = np.cumsum(w * negative, axis=1)
    n1, sx, sxx, sxy, n = (weight @ totals).T
    auroc = (w * (1 - negative) * below).sum(1) / (n1 * (n - n1))
    r = (sxy - sx * n1 / n) / np.sqrt((sxx - sx * sx / n) * (n1 - n1 * n1 / n))
    return np.stack([auroc, r]).reshape(2, *drawn.shape[:-1])
statistic = from_rows if way == "rows of each resample" else from_weights
start, processor = time.perf_counter(), time.process_time()
result = bootstrap((np.arange(groups),), statistic, n_resamples=resamples, method="percentile",
                   vectorized=True, batch=100, rng=1)
seconds, processor = time.perf_counter() - start, time.process_time() - processor
low, high = result.confidence_interval
print(json.dumps({"replicates": resamples, "replicates_s": seconds, "replicates_processor_s": processor,
                  "auroc": [low[0], high[0]], "r": [low[1], high[1]]}))
"""


def write_columns(folder, rows, signals):
    """label.i8, group.i32 and signals.f64: groups of three rows that share an effect, mixed."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    group = rng.permutation(np.arange(rows) // EACH).astype(np.int32)
    effect = rng.normal(size=rows // EACH + 1)
    label = (rng.random(rows) < 0.6).astype(np.int8)
    label.tofile(folder / "label.i8")
    group.tofile(folder / "group.i32")
    with open(folder / "signals.f64", "wb") as out:
        for s in range(signals):
            (rng.normal(size=rows) + effect[group] + 0.03 * s * label).tofile(out)


def command(program, folder, rows, signals, replicates, part=0, parts=1):
    return [str(a) for a in (program, folder, rows, signals, replicates, part, parts)]


def ours(program, folder, rows, signals, replicates):
    _, _, text = process.run(command(program, folder, rows, signals, replicates), 1)
    return json.loads(text)


def in_parts(program, folder, rows, signals, replicates, parts):
    """One entry per part; all run at once, each on a core of its own as far as there are cores."""
    cores = sorted(os.sched_getaffinity(0))
    children = []
    for part in range(parts):
        core = cores[part % len(cores)]
        children.append(subprocess.Popen(
            command(program, folder, rows, signals, replicates, part, parts), text=True,
            stdout=subprocess.PIPE, preexec_fn=lambda core=core: os.sched_setaffinity(0, {core})))
    texts = [child.communicate()[0] for child in children]
    for child in children:
        if child.returncode != 0:
            raise process.Failed(f"{' '.join(child.args)}: exit code {child.returncode}")
    return [json.loads(text) for text in texts]


def scipy_side(folder, rows, way, resamples):
    threads = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    _, peak, text = process.run([sys.executable, "-c", SCRIPT, folder, rows, way, resamples, EACH], 1,
                                threads)
    return {**json.loads(text), "peak_rss_mb": peak}


def median(entries, key):
    return statistics.median(e[key] for e in entries)


def beside_scipy(program, folder, rounds):
    """Both sides in turn; medians over rounds, ratios of processor time and of the clock's."""
    write_columns(folder, ROWS, SIGNALS)
    mine, theirs = [], {way: [] for way in SCIPY_WAYS}
    for _ in range(rounds):
        mine.append(ours(program, folder, ROWS, SIGNALS, RESAMPLES))
        for way, resamples in SCIPY_WAYS.items():
            theirs[way].append(scipy_side(folder, ROWS, way, resamples))
    found = {"rows": ROWS, "signals": SIGNALS, "resamples": RESAMPLES, "rounds": rounds,
             "plan_s": median(mine, "plan_s"), "seconds": median(mine, "replicates_s"),
             "processor_s": median(mine, "replicates_processor_s"),
             "auroc": mine[0]["auroc"], "r": mine[0]["r"], "scipy": []}
    for way, entries in theirs.items():
        scale = SIGNALS * RESAMPLES / SCIPY_WAYS[way]
        seconds, processor = (scale * median(entries, k) for k in ("replicates_s", "replicates_processor_s"))
        found["scipy"].append({
            "way": way, "resamples_run": SCIPY_WAYS[way], "scaled_by": scale, "seconds": seconds,
            "processor_s": processor, "ratio": round(seconds / found["seconds"], 1),
            "processor_ratio": round(processor / found["processor_s"], 1),
            "auroc": entries[0]["auroc"], "r": entries[0]["r"]})
    return found


def memory(program, folder):
    return [{"replicates": b, **{k: e[k] for k in ("peak_rss_mb", "results_mb")}}
            for b in (RESAMPLES, 4 * RESAMPLES)
            for e in [ours(program, folder, ROWS, SIGNALS, b)]]


def plan_over_ranks(fit, signals, replicates):
    """Seconds of each rank: all signals sorted once, which every rank does, then its replicates in
    whole steps. `efficiency` is that of both, `resampling_efficiency` without the sorting."""
    rows = []
    for ranks in (1, 2, 4, 8, 16, 32, 64):
        share = -(-replicates // ranks)
        steps = -(-share // STEP) * STEP
        resampling = steps * (fit["draw_s"] + signals * fit["signal_s"])
        rows.append({"ranks": ranks, "replicates": share, "resampling_s": resampling,
                     "seconds": signals * fit["plan_s"] + resampling})
    for row in rows:
        for key, name in (("seconds", "efficiency"), ("resampling_s", "resampling_efficiency")):
            row[name] = rows[0][key] / (row["ranks"] * row[key])
    return rows


def large(program, folder, rows, replicates):
    """A million items: one process and two, for two numbers of signals; then the plan over ranks."""
    few, more = LARGE_SIGNALS
    write_columns(folder, rows, more)
    entries = {}
    for signals in LARGE_SIGNALS:
        whole = ours(program, folder, rows, signals, replicates)
        halves = in_parts(program, folder, rows, signals, replicates, 2)
        if sum(h["checksum"] for h in halves) % 2**64 != whole["checksum"]:
            raise process.Failed("two processes have other replicates than one")
        work = sum(h["replicates_processor_s"] for h in halves)
        entries[signals] = {
            "signals": signals, "replicates": replicates, "plan_s": whole["plan_s"],
            "plan_processor_s": whole["plan_processor_s"], "one_s": whole["replicates_s"],
            "one_processor_s": whole["replicates_processor_s"],
            "two_s": max(h["replicates_s"] for h in halves),
            "two_processor_s": max(h["replicates_processor_s"] for h in halves),
            "efficiency": whole["replicates_s"] / (2 * max(h["replicates_s"] for h in halves)),
            "processor_efficiency": whole["replicates_processor_s"] / work,
            "peak_rss_mb": whole["peak_rss_mb"]}
    a, b = entries[few], entries[more]
    steps = -(-replicates // STEP) * STEP
    signal_s = (b["one_processor_s"] - a["one_processor_s"]) / (more - few) / steps
    fit = {"plan_s": (b["plan_processor_s"] - a["plan_processor_s"]) / (more - few),
           "draw_s": a["one_processor_s"] / steps - few * signal_s, "signal_s": signal_s}
    per_signal_mb = (b["peak_rss_mb"] - a["peak_rss_mb"]) / (more - few)
    return {"rows": rows, "entries": list(entries.values()), "fit": fit, "signals": SIGNALS,
            "resamples": RESAMPLES, "ranks": plan_over_ranks(fit, SIGNALS, RESAMPLES),
            "rank_mb": a["peak_rss_mb"] + (SIGNALS - few) * per_signal_mb}


def measure(folder, quick=False, program=None):
    program = program or BIN / "bootstrap_speed"
    if not program.is_file():
        raise process.Failed(
            f"{program}: not there; build it first (cmake --build build -t bootstrap_speed)")
    found = {"beside_scipy": beside_scipy(program, folder / "small", 1 if quick else 3)}
    print_beside_scipy(found["beside_scipy"])
    found["memory"] = memory(program, folder / "small")
    print_memory(found["memory"])
    found["large"] = large(program, folder / "large", LARGE_ROWS, 200 if quick else LARGE_RESAMPLES)
    print_large(found["large"])
    return found


def print_beside_scipy(f):
    print(f"\nAUROC and R of {f['signals']} signals, {f['rows']} items in groups of {EACH}, {f['resamples']} resamples"
          f" of groups, one thread:\n  this project: {f['seconds']:.3f} s by the clock, {f['processor_s']:.3f} s of the"
          f" processor, sorting before {f['plan_s']:.3f} s (target {TARGET_S:.0f} s)")
    for s in f["scipy"]:
        print(f"  scipy.stats.bootstrap, {s['way']}: {s['seconds']:.1f} s ({s['resamples_run']} resamples of one signal,"
              f" scaled by {s['scaled_by']:.0f}): {s['processor_ratio']} times the processor's time, {s['ratio']} the"
              f" clock's (target {TARGET_RATIO})")
    ends = lambda i: f"[{i[0]:.4f}, {i[1]:.4f}]"
    print(f"  first signal: AUROC {ends(f['auroc'])}, R {ends(f['r'])}; scipy "
          + "; ".join(f"{ends(s['auroc'])}, {ends(s['r'])}" for s in f["scipy"]))


def print_memory(rows):
    for m in rows:
        print(f"  {m['replicates']} replicates: {m['peak_rss_mb']:.1f} MB at the peak, of which results"
              f" {m['results_mb']:.1f} MB")


def print_large(f):
    print(f"\n{f['rows']} items in groups of {EACH}:")
    for e in f["entries"]:
        print(f"  {e['signals']} signals x {e['replicates']} resamples: one process {e['one_s']:.2f} s"
              f" ({e['one_processor_s']:.2f} s of the processor), two {e['two_s']:.2f} s ({e['two_processor_s']:.2f}),"
              f" efficiency {e['efficiency']:.2f} by the clock, {e['processor_efficiency']:.2f} by processor time;"
              f" sorting {e['plan_s']:.2f} s, peak {e['peak_rss_mb']:.0f} MB")
    print(f"  plan for {f['signals']} signals x {f['resamples']} resamples, {f['rank_mb']:.0f} MB a rank, from the"
          f" processor's seconds above; every rank sorts all signals ({f['signals'] * f['fit']['plan_s']:.1f} s):\n"
          f"  {'ranks':>7}{'replicates':>12}{'resampling s':>14}{'efficiency':>12}{'with sorting s':>16}{'efficiency':>12}")
    for r in f["ranks"]:
        print(f"  {r['ranks']:>7}{r['replicates']:>12}{r['resampling_s']:>14.2f}{r['resampling_efficiency']:>12.2f}"
              f"{r['seconds']:>16.1f}{r['efficiency']:>12.2f}")
