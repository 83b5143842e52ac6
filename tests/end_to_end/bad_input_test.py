"""Nothing that is wrong with one item stops a sweep, and nothing wrong passes silently."""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness as h
import h5py
import numpy as np

WORK = tempfile.mkdtemp(prefix="vrp_bad_")


def copy_of_data():
    """A private copy of the tests' data whose pictures may be harmed."""
    data = os.path.join(WORK, "data")
    shutil.copytree(h.prepare(), data)
    return data


def refused(arguments, code, *texts, name="refused"):
    run = os.path.join(WORK, name)
    shutil.rmtree(run, ignore_errors=True)
    done = subprocess.run(h.command(run, 2, arguments), capture_output=True, text=True, cwd=h.SOURCE)
    h.check(done.returncode == code, f"{arguments[-2:]}: exit {done.returncode}, expected {code}:\n{done.stderr}")
    for text in texts:
        h.check(text in done.stderr, f"'{text}' is not in the message:\n{done.stderr}")
    h.check(done.stderr.count("vrp-run: ") + done.stderr.count("rank ") <= 2, f"the message is printed more than once:\n{done.stderr}")


def pictures_of(data, n):
    with h5py.File(os.path.join(data, "items/pope.h5")) as file:
        names = [x.decode() if isinstance(x, bytes) else x for x in file["item/image"][:]]
    return list(dict.fromkeys(names))[:n]


def harmed_pictures():
    """Missing, truncated, garbage and exchanged pictures are rows with a reason; then they return."""
    data = copy_of_data()
    arguments = h.sweep_arguments(data)
    clean = os.path.join(WORK, "clean")
    h.run_whole(clean, 2, arguments)
    names = pictures_of(data, 5)
    paths = []
    for name in names:
        path = os.path.join(data, name)
        paths.append(path if os.path.exists(path) else os.path.join(data, "val2014", os.path.basename(name)))
    kept = {p: open(p, "rb").read() for p in paths[:4]}
    os.remove(paths[0])
    with open(paths[1], "wb") as out:
        out.write(kept[paths[1]][:500])
    with open(paths[2], "wb") as out:
        out.write(b"not a picture at all")
    shutil.copyfile(paths[4], paths[3])
    run = os.path.join(WORK, "harmed")
    h.run_whole(run, 2, arguments + ["--max-failures", "0"], code=3)
    h.run_whole(run, 2, arguments + ["--max-failures", "100"])
    status = h.vrp("status", run)
    h.check(re.search(r"failed pope/\S+: .*", status), f"vrp status lists no reason:\n{status}")
    failed = reasons = 0
    for folder, _, files in os.walk(run):
        for file in files:
            if "/capture@" not in folder or not file.startswith("unit-"):
                continue
            with h5py.File(os.path.join(folder, file)) as unit:
                bad = unit["item/status"][:] == 1
                failed += int(bad.sum())
                reasons += sum(bool(r) for r in unit["item/reason"][:][bad])
                h.check(np.isnan(unit["output/p_tok"][:][bad]).all(), "a failed item has a number")
    h.check(failed == 24 and reasons == 24, f"{failed} failed items with {reasons} reasons, expected 24")
    balance = open(os.path.join(run, "reduce/tables/class_balance.csv")).read()
    h.check("nan" not in balance.lower(), "a table holds NaN")
    for path, content in kept.items():
        with open(path, "wb") as out:
            out.write(content)
    h.run_whole(run, 2, arguments + ["--retry-failed"])
    h.check(h.digest(run) == h.digest(clean), "retried items differ from a clean run")
    print("24 items of 4 harmed pictures fail with reasons, exit 3 by --max-failures, and --retry-failed "
          "brings them back with the digest of a clean run")
    return data, clean


def configurations(data):
    refused(h.sweep_arguments(data) + ["--set", "consistency.sampels=3"], 2, "did you mean 'samples'")
    refused(h.sweep_arguments(data) + ["--set", "consistency.samples=x"], 2, "expected an integer")
    refused(h.sweep_arguments(data) + ["--stages", "captur"], 2, "did you mean 'capture'")
    refused(["-C", os.path.join(WORK, "none.ini")], 2, "none.ini")
    refused(h.sweep_arguments(data) + ["--set", "benchmark:demo_pope.table=none.h5"], 7, "none.h5")
    os.environ["CUDA_VISIBLE_DEVICES"] = ""  # whatever this machine has
    refused(h.sweep_arguments(data) + ["--device", "cuda"], 2, "device = cuda, but rank 0 on", "has no GPU")
    del os.environ["CUDA_VISIBLE_DEVICES"]
    refused(h.sweep_arguments(data) + ["--set", "run.nccl=maybe"], 2, "expected auto, off or require")
    for setting, text in (("interventions.scaled=161", "expected 1 to 160"),
                          ("interventions.layer=6", "expected a block from 0 to 5"),
                          ("probes.neurons_kept=3", "expected at least 10"),
                          ("probes.fits=hidden_linear", "has no sparse"),
                          ("probes.outer_folds=1", "outer_folds"),
                          ("capture.margin=sett", "expected set, single or binary")):
        refused(h.sweep_arguments(data) + ["--set", setting], 2, text)
    # The authors' neurons are LLaVA-1.5-7B's; everything else in their profile is understood.
    profile = ["-C", os.path.join(h.SOURCE, "conf/profiles/authors.ini")]
    own = "interventions:demo-llava."
    ids = ["--set", own + "ids=1512 1360 1573 3556 2298", "--set", "interventions.tops=5"]
    refused(h.sweep_arguments(data) + profile + ids, 2, "demo-llava", "expected no ids")
    ids += ["--set", own + "top_operations=zero 100 -100"]
    refused(h.sweep_arguments(data) + profile + ids, 2, "demo-llava", "neuron 1512", "expected 0 to 159",
            "ids of --set")
    print("wrong configurations exit 2 or 7 and print one message")


def checkpoints(data):
    source = os.path.join(h.SOURCE, "tests/data/demo-llava")
    broken = os.path.join(WORK, "checkpoint")

    def with_damage(damage, *texts):
        shutil.rmtree(broken, ignore_errors=True)
        shutil.copytree(source, broken)
        damage()
        refused(h.sweep_arguments(data) + ["--set", f"model:demo-llava.checkpoint={broken}"], 7, *texts)

    weights = os.path.join(broken, "model.safetensors")
    with_damage(lambda: os.truncate(weights, os.path.getsize(weights) // 2), "model.safetensors")
    with_damage(lambda: os.remove(weights), "safetensors")
    with_damage(lambda: os.remove(os.path.join(broken, "config.json")), "config.json")
    with_damage(lambda: os.remove(os.path.join(broken, "tokenizer.json")), "tokenizer.json")

    def rename_tensor():
        with open(weights, "rb") as file:
            content = file.read()
        at = content.index(b"language_model.lm_head.weight")
        with open(weights, "wb") as file:
            file.write(content[:at] + b"language_model.lm_heaD.weight" + content[at + 29:])

    with_damage(rename_tensor, "lm_hea")

    def other_family():
        path = os.path.join(broken, "config.json")
        config = json.load(open(path))
        config["model_type"] = "qwen2_vl"
        json.dump(config, open(path, "w"))

    with_damage(other_family, "qwen2_vl")
    print("broken checkpoints exit 7 and name file and tensor")


def disk_full(data):
    """A file system of 3 MB fills up: the run stops, resumable, and nothing of it is damaged."""
    mount = os.path.join(WORK, "small")
    os.makedirs(mount)
    script = (f"mount -t tmpfs -o size=3m none {mount} && "
              + " ".join(f"'{a}'" for a in h.command(os.path.join(mount, "run"), 2, h.sweep_arguments(data)))
              + f"; code=$?; '{h.BIN}/vrp' status {mount}/run >{WORK}/status; "
              + f"mount -o remount,size=200m {mount}; "
              + " ".join(f"'{a}'" for a in h.command(os.path.join(mount, "run"), 2, h.sweep_arguments(data)))
              + f" || exit 9; '{h.BIN}/vrp' verify {mount}/run --digest >{WORK}/digest || exit 8; exit $code")
    done = subprocess.run(["unshare", "--mount", "--map-root-user", "--user", "sh", "-c", script],
                          capture_output=True, text=True, cwd=h.SOURCE)
    if "mount" in done.stderr and "permitted" in done.stderr or "unshare" in done.stderr:
        print("NOT TESTED: this machine allows no private file systems: " + done.stderr.strip()[:200])
        return None
    h.check(done.returncode == 75, f"a full disk gives {done.returncode}, expected 75:\n{done.stderr[-3000:]}")
    h.check("cannot be written" in done.stderr and "No space" in done.stderr, done.stderr[-3000:])
    print("a full disk gives 75 and a clear message; with space again the run ends whole")
    return re.search(r"^([0-9a-f]{32})  overall$", open(f"{WORK}/digest").read(), re.M).group(1)


def main():
    data, clean = harmed_pictures()
    configurations(data)
    checkpoints(data)
    full = disk_full(data)
    h.check(full is None or full == h.digest(clean), "the digest after a full disk differs")
    shutil.rmtree(WORK)


main()
