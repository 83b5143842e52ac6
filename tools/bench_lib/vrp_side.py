"""VRP's side: vrp-run with the stages capture and consistency over the same items.

Seconds per item are the difference between a run over all items and a run over the first few,
divided by the difference in items: start, model loading and plan drop out and are reported apart.
Where the longer run took no longer, on a busy machine with a tiny model, its whole time stands in:
`start_included`.
"""
import os
import pathlib
import shutil

import process

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("VRP_BIN", ROOT / "build" / "bin"))
FIRST_PER_RANK = 2  # items per rank of the short run
# Equal work on both sides: the reference has no logit lens and no blank picture.
EQUAL_WORK = {"capture.lens": 0, "capture.blank": 0}


def program(name):
    path = BIN / name
    if not path.is_file():
        raise process.Failed(f"{path}: not there; build it first (cmake --build build -t {name})")
    return path


def write_configuration(work, samples, tokens, template="plain", dtype="fp32"):
    """Item table and INI files in `work`; returns the sweep file."""
    for folder in ("sweeps", "models", "benchmarks"):
        (work / "conf" / folder).mkdir(parents=True, exist_ok=True)
    process.run([program("vrp"), "import", "jsonl", "--force", "--annotations", work / "items.jsonl",
                 "--images", work / "images", "--name", "bench", "--out", work / "bench.h5"], 1)
    (work / "conf/models/bench.ini").write_text(
        f"[model]\ncheckpoint = {work / 'checkpoint'}\ntemplate = {template}\ndtype = {dtype}\n")
    (work / "conf/benchmarks/bench.ini").write_text(
        f"[benchmark]\ntable = {work / 'bench.h5'}\nimages = {work / 'images'}\n"
        f"max_new_tokens = {tokens}\n")
    sweep = work / "conf/sweeps/bench.ini"
    sweep.write_text(
        "[sweep]\nname = bench\nmodels = bench\nbenchmarks = bench\nstages = capture consistency\n"
        f"[capture]\nignore_eos = 1\n[consistency]\nsamples = {samples}\nignore_eos = 1\n"
        "temperature = 0.7\ntop_p = 0.9\n[run]\nunit_items = 1\ndevice = cpu\nprogress = 0\n")
    return sweep


def whole_run(sweep, out, items, ranks, threads, settings, device="cpu", own=None):
    shutil.rmtree(out, ignore_errors=True)
    command = [program("vrp-run"), "-C", sweep, "--output-dir", out, "--device", device,
               "--set", f"run.threads={threads}", "--set", f"benchmark:bench.n={items}"]
    for key, value in settings.items():
        command += ["--set", f"{key}={value}"]
    if ranks > 1:
        command = ["mpirun", "-n", ranks, "--oversubscribe", "--bind-to", "none", *command]
    hidden = {} if device == "cpu" else {"CUDA_VISIBLE_DEVICES": os.environ.get("CUDA_VISIBLE_DEVICES", "0")}
    return process.run(command, ranks * threads, {"OMP_NUM_THREADS": str(threads), **hidden}, own)


def answers(out, tokens):
    """Greedy token ids by question id. Error unless every answer has all its tokens."""
    import h5py
    found = {}
    for path in sorted(out.glob("*/*/capture@*/*.h5")):
        with h5py.File(path) as f:
            offsets, ids = f["answer/token_offset"][:], f["answer/tokens"][:]
            for row, name in enumerate(f["item/id"].asstr()[:]):
                found[name] = ids[offsets[row]:offsets[row + 1]].tolist()
    lengths = {len(v) for v in found.values()}
    for path in sorted(out.glob("*/*/consistency@*/*.h5")):
        with h5py.File(path) as f:
            lengths |= set(f["path/length"][:].ravel().tolist())
    if lengths != {tokens}:
        raise process.Failed(f"{out}: answers have {sorted(lengths)} tokens, expected {tokens} each")
    return found


def prompt_tokens(out):
    """Lengths of the prompts, picture included, of all items of a run."""
    import h5py
    found = []
    for path in sorted(out.glob("*/*/capture@*/*.h5")):
        with h5py.File(path) as f:
            found += f["item/prompt_tokens"][:].tolist()
    return found


def measure(sweep, work, items, ranks, threads, tokens, settings=EQUAL_WORK, device="cpu"):
    """Seconds per item, seconds of everything else, peak MB, greedy token ids."""
    out = work / "run"
    first = FIRST_PER_RANK * ranks
    short, _, _ = whole_run(sweep, out, first, ranks, threads, settings, device)
    long, peak, _ = whole_run(sweep, out, items, ranks, threads, settings, device)
    found = {"seconds_per_item": (long - short) / (items - first), "start_included": long <= short}
    if found["start_included"]:
        found["seconds_per_item"] = long / items
    found["load_s"] = max(0.0, short - first * found["seconds_per_item"])
    return {**found, "peak_rss_mb": peak, "tokens": answers(out, tokens)}
