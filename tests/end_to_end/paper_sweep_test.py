#!/usr/bin/env python3
"""conf/sweeps/paper.ini itself, with the small trained checkpoints in place of the published ones and
small sets in the published formats in place of the six benchmarks: every table and figure of the paper
comes out of that one run, with rows for all three models, and every command that the table beside the
paper gives can be started.

Only paths and sizes are overridden: what the sweep asks for is what its file says.
"""
import csv
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import h5py

import harness as h

MODELS = {"llava-1.5-7b": "demo-llava", "paligemma-3b-mix-224": "demo-paligemma",
          "qwen2-vl-7b": "demo-qwen2-vl"}
# Importer, question file, its other options; below the data folder.
SETS = {
    "pope": ("pope", None, ["--annotations", "pope/coco_pope_adversarial.json"]),
    "counting": ("counting", None, ["--n", "20"]),
    "spatial": ("spatial", None, ["--n", "16"]),
    "llava_bench": ("llava-bench", "llava_bench_coco/qa90_questions.jsonl", []),
    "vqav2": ("vqav2", "vqav2/v2_OpenEnded_mscoco_val2014_questions.json",
              ["--answers", "vqav2/v2_mscoco_val2014_annotations.json"]),
    "textvqa": ("textvqa", "textvqa/TextVQA_0.5.1_val.json", []),
}
SIZES = {
    "run.device": "cpu", "run.unit_items": "8", "run.progress": "0",
    "benchmark:*.max_new_tokens": "12", "benchmark:pope.n": "36", "benchmark:llava_bench.n": "24",
    "benchmark:vqav2.n": "24", "benchmark:textvqa.n": "24",
    "consistency.samples": "4", "metrics.permutations": "50", "reduce.replicates": "300",
    "probes.layers_per_part": "6", "probes.shuffles_linear": "2", "probes.shuffles_sparse": "1",
    "probes.shuffles_net": "1", "probes.mlp_width": "8", "probes.mlp_epochs": "5",
    "probes.attention_widths": "8 4", "probes.attention_epochs": "2", "probes.boosted_trees": "5",
    "probes.forest_trees": "5",
    "probes.sparse_c": "5",  # of a sum over 30 items in place of 1000
    "interventions:*.items": "6", "interventions.mask_draws": "2", "interventions.singles": "2",
    "interventions.random_draws": "2", "interventions.sweep_draws": "1",
    "interventions.scaled_draws": "2",
    # Blocks and numbers of neurons that six blocks of width 160 have, in the places of the published ones.
    "interventions:llava-1.5-7b.layer": "5", "interventions:llava-1.5-7b.sweep": "1 2 4",
    "interventions:paligemma-3b-mix-224.layer": "3",
    "interventions:paligemma-3b-mix-224.scaled": "20 40",
    "interventions:qwen2-vl-7b.layer": "4", "interventions:qwen2-vl-7b.scaled": "20 40 80",
}
BLOCKS = {"llava-1.5-7b": (5, {22, 45, 90}), "paligemma-3b-mix-224": (3, {20, 40}),
          "qwen2-vl-7b": (4, {20, 40, 80})}
# What profile authors says by a model's name, at this size.
NEURONS = {"interventions:llava-1.5-7b.ids": "1 2 3 4 5",
           "interventions:llava-1.5-7b.random_ids": "10 11 12 13 14",
           "interventions:paligemma-3b-mix-224.items": "6", "interventions:qwen2-vl-7b.items": "6"}
FIGURES = ("F2a", "F2b", "F3", "F4", "F5")
# Rows on a real set where the table has one for each cell; the pooled set alone where not.
TABLES = ("T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T10", "T11", "T12")
RULE = "rule: share of the reference's words in the answer"


def draw(work):
    """Draws the scenes and imports the six sets; returns the settings that name them."""
    data = os.path.join(work, "data")
    subprocess.run([sys.executable, os.path.join(h.SOURCE, "tools/demo_data/make_demo_data.py"),
                    "--out", data, "--images", "160", "--seed", "9"], check=True,
                   stdout=subprocess.DEVNULL)
    coco = ["--instances", f"{data}/annotations/instances_val2014.json"]
    pope = f"{data}/pope/coco_pope_adversarial.json"
    settings = {}
    for name, (form, file, more) in SETS.items():
        folder = f"{data}/textvqa/train_images" if name == "textvqa" else data
        options = [f"{data}/{word}" if "/" in word else word for word in more]
        if name in ("pope", "counting", "spatial"):
            options += coco
        if name in ("counting", "spatial"):
            options += ["--exclude-images", f"{pope}:36"]
        if name == "spatial":
            options += ["--exclude-images", f"{work}/counting.h5"]
        question = [f"{data}/{file}"] if file else []
        h.vrp("import", form, *question, *options, "--images", folder, "--out", f"{work}/{name}.h5")
        settings[f"benchmark:{name}.table"] = f"{work}/{name}.h5"
        settings[f"benchmark:{name}.images"] = folder
    return data, settings


def set_options(settings):
    return [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]


def start_options(settings):
    return ["-C", os.path.join(h.SOURCE, "conf/sweeps/paper.ini"), *set_options(settings)]


def share(answer, reference):
    """Share of the reference's distinct words that the answer has too."""
    words = set(reference.lower().replace(".", "").split())
    return len(words & set(answer.lower().replace(".", "").split())) / max(1, len(words))


def write_reviews(data, run, model, path):
    """A judge's reviews in the published form, from a stated rule and no judge."""
    answers = {}
    for unit in sorted(Path(run, model, "llava_bench").glob("capture@*/unit-*.h5")):
        with h5py.File(unit) as file:
            answers.update(zip(file["item/id"].asstr()[:], file["answer/text"].asstr()[:]))
    h.check(len(answers) >= 20, f"{model}: {len(answers)} answers to LLaVA-Bench")
    told = [json.loads(line) for line in
            Path(data, "llava_bench_coco/qa90_gpt4_answer.jsonl").read_text().splitlines()]
    told = [row for row in told if str(row["question_id"]) in answers]
    told.sort(key=lambda row: share(answers[str(row["question_id"])], row["text"]))
    lines = []
    for rank, row in enumerate(told):  # half of them are good enough, whatever the model says
        score = 9 if 2 * rank >= len(told) else 3
        lines.append({"question_id": row["question_id"], "category": "llava_bench_" + row["category"],
                      "content": f"8 {score}\n{RULE}", "tuple": [8.0, float(score)], "judge": RULE})
    Path(path).write_text("".join(json.dumps(line) + "\n" for line in lines))


def rows_of(run, name, folder="tables"):
    path = Path(run, "reduce", folder, f"{name}.csv")
    h.check(path.is_file(), f"{path} is missing")
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def check_tables(run):
    for table in TABLES:
        rows = rows_of(run, table)
        for model in MODELS:
            ours = [row for row in rows if row["model"] == model]
            h.check(ours, f"{table} has no row of {model}")
            h.check(any(row["estimate"] for row in ours), f"{table} has no number of {model}")
            h.check(all(row["n"] != "" for row in ours), f"{table}: a row of {model} without n")
        for form in ("md", "tex", "json"):
            h.check(Path(run, f"reduce/tables/{table}.{form}").is_file(), f"no {table}.{form}")
    for figure in FIGURES:
        rows = rows_of(run, figure, "figures")
        models = {row["model"] for row in rows}
        h.check(models == set(MODELS), f"{figure} has rows of {sorted(models)}")
    print("tables T1 to T12 and figures F2a to F5 have rows of all three models")

    pooled = {row["model"]: row for row in rows_of(run, "T4")
              if row["benchmark"] == "pooled" and row["signal"] == "h_s" and row["statistic"] == "r"}
    sets = {row["set"] for row in rows_of(run, "pooled_sets") if "set" in row}
    for model in MODELS:
        h.check(int(pooled[model]["n"]) == 36 + 20 + 16 + 24,
                f"{model}: pooled set has n {pooled[model]['n']}, with LLaVA-Bench 96 ({sets})")
    probes = {(row["model"], row["benchmark"]): row for row in rows_of(run, "T3")
              if row["signal"] == "hidden_probe" and row["statistic"] == "auroc"}
    for model in MODELS:
        for name in ("pope", "llava_bench", "vqav2", "textvqa"):
            row = probes.get((model, name))
            h.check(row, f"T3 has no probe of {model} on {name}")
            h.check(row["estimate"] or row["note"], f"T3: {model} on {name} without number and reason")
        # Half of these answers are right, so that a probe of them exists; a small model may be right on
        # all of the others.
        h.check(int(probes[model, "llava_bench"]["n"]) == 24, f"{model}: LLaVA-Bench in T3 is not judged")
    print("the pooled set holds judged LLaVA-Bench; T3 has probes on all four sets")


def check_blocks(run):
    """T5 and T6 are about each model's own block, T6 about its own numbers of neurons."""
    for table in ("T5", "T6"):
        for row in rows_of(run, table):
            block = BLOCKS[row["model"]][0]
            h.check(row["what"].startswith(("baseline", f"L{block} ")),
                    f"{table} of {row['model']} has '{row['what']}', expected block {block}")
    for model, (block, counts) in BLOCKS.items():
        with h5py.File(Path(run, "reduce/stats.h5")) as file:
            columns = {name: file[f"effect/{name}"][:] for name in ("layer", "count")}
            of = file["effect/model"].asstr()[:] == model
            scaled = of & (file["effect/family"].asstr()[:] == "scaled")
        h.check(set(columns["layer"][scaled]) == {block}, f"{model}: random neurons at other blocks")
        h.check(set(columns["count"][scaled]) == counts,
                f"{model}: {sorted(set(columns['count'][scaled]))} random neurons, expected {sorted(counts)}")
    layers = {row["what"].split()[0] for row in rows_of(run, "interventions")
              if row["model"] == "llava-1.5-7b" and row["what"].startswith("L")}
    h.check(layers == {"L1", "L2", "L4", "L5"}, f"blocks of LLaVA's sweep are {sorted(layers)}")
    print("T5 and T6 stand on each model's own block and numbers of neurons")


def check_delta(run):
    rows = rows_of(run, "paper_delta")
    h.check(len(rows) >= 171, f"paper_delta has {len(rows)} rows")
    for row in rows:
        for column in ("definition", "print", "command", "verdict", "quantity"):
            h.check(row[column], f"paper_delta: {row['table']} {row['quantity']} without {column}")
        h.check(row["verdict"] == "not testable", "a demo checkpoint was held against the paper")
        h.check(row["reason"], f"paper_delta: {row['table']} {row['quantity']} without a reason")
    with_ours = [row for row in rows if row["estimate"]]
    h.check(len(with_ours) > 100, f"paper_delta has {len(with_ours)} numbers of ours")
    for row in with_ours:
        if row["table"] not in ("F5",):
            h.check("another checkpoint" in row["reason"],
                    f"{row['table']} {row['quantity']}: {row['reason']}")
    page = Path(run, "reduce/paper_delta.md").read_text()
    h.check("printed numbers of arXiv 2606.17389" in page and "## T1: " in page, "paper_delta.md")
    print(f"paper_delta: {len(rows)} rows, {len(with_ours)} with a number of ours")
    return sorted({row["command"] for row in rows})


def check_commands(commands, settings, work):
    """Each command, with the small models and sets behind it, plans."""
    for line in commands:
        words = shlex.split(line)
        h.check(words[0] == "vrp-run", line)
        words = [os.path.join(h.SOURCE, w) if w.startswith("conf/") else w for w in words[1:]]
        more = dict(settings, **(NEURONS if any("authors" in w for w in words) else {}))
        done = subprocess.run([os.path.join(h.BIN, "vrp-run"), *words, *set_options(more), "--dry-run",
                               "--output-dir", os.path.join(work, "planned")],
                              capture_output=True, text=True, cwd=h.SOURCE)
        h.check(done.returncode == 0, f"{line}\nexited with {done.returncode}: {done.stderr[-800:]}")
        h.check("units" in done.stdout, f"{line}: no plan")
    print(f"{len(commands)} commands plan")


def check_authors(settings, work):
    """The authors' profile over the same sweep, on the sets that its prints come from."""
    run = os.path.join(work, "authors")
    h.run_whole(run, 2, ["-C", os.path.join(h.SOURCE, "conf/sweeps/paper.ini"),
                         "-C", os.path.join(h.SOURCE, "conf/profiles/authors.ini"),
                         "--benchmarks", "pope vqav2", *set_options(dict(settings, **NEURONS))])
    rows = rows_of(run, "paper_delta")
    h.check({row["profile"] for row in rows} == {"authors"}, "profile of paper_delta")
    accuracy = [row for row in rows if row["table"] == "T1" and row["statistic"] == "accuracy"]
    h.check({row["benchmark"] for row in accuracy} == {"vqav2"} and len(accuracy) == 3,
            "T1's accuracies of profile authors are those of VQAv2")
    for row in rows_of(run, "T5"):
        if row["model"] == "llava-1.5-7b" and "single" in row["what"]:
            h.check(" N" in row["what"], f"profile authors edits '{row['what']}', expected fixed neurons")
    print("profile authors: the sweep with all three models, T1 beside VQAv2, LLaVA's fixed neurons")


def main():
    work = tempfile.mkdtemp(prefix="vrp_paper_")
    data, settings = draw(work)
    settings.update(SIZES)
    for model, small in MODELS.items():
        settings[f"model:{model}.checkpoint"] = os.path.join(h.SOURCE, "tests/data", small)
        settings[f"model:{model}.dtype"] = "fp32"
    settings["model:qwen2-vl-7b.max_pixels"] = "0"
    run = os.path.join(work, "run")
    options = start_options(settings)
    h.run_whole(run, 2, options + ["--benchmarks", "llava_bench", "--stages", "capture"])
    for model in MODELS:
        path = os.path.join(work, f"{model}.jsonl")
        write_reviews(data, run, model, path)
        h.vrp("score", run, "--reviews", path, "--model", model, "--benchmark", "llava_bench")
    h.run_whole(run, 2, options)
    check_tables(run)
    check_blocks(run)
    check_commands(check_delta(run), settings, work)
    check_authors(settings, work)
    shutil.rmtree(work)


main()
