"""Open answers with a judge's verdicts: LLaVA-Bench and MM-Vet from their own files, answered by a demo
model, judged by a stated rule (shared words, no judge model), and the benchmarks' figures from the tables.
"""
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness as h

RULE = "rule: share of the reference's words in the answer"
SETS = {"llava_bench_wild": ("llava-bench", "llava_bench_in_the_wild/questions.jsonl",
                             "llava_bench_in_the_wild/images"),
        "mm_vet": ("mm-vet", "mm_vet/mm-vet.json", "mm_vet/images")}


def share(answer, reference):
    """Share of the reference's distinct words that the answer has too."""
    words = set(reference.lower().replace("<and>", " ").replace("<or>", " ").replace(".", "").split())
    return len(words & set(answer.lower().replace(".", "").replace(",", "").split())) / len(words)


def answers_of(run, benchmark):
    out = {}
    for unit in sorted(Path(run, "demo-llava", benchmark).glob("capture@*/unit-*.h5")):
        with h5py.File(unit) as file:
            out.update(zip(file["item/id"].asstr()[:], file["answer/text"].asstr()[:]))
    return out


def figure(run, benchmark, group_kind, name):
    """The value of one official figure."""
    with open(Path(run, "reduce/tables/official_figures.csv"), newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["benchmark"] == benchmark
                and r["group_kind"] == group_kind and r["figure"] == name]
    h.check(len(rows) == 1, f"{benchmark}: {len(rows)} rows of {group_kind} {name}")
    return float(rows[0]["estimate"])


def main():
    work = tempfile.mkdtemp(prefix="vrp_judged_")
    data, run = os.path.join(work, "demo"), os.path.join(work, "run")
    subprocess.run([sys.executable, os.path.join(h.SOURCE, "tools/demo_data/make_demo_data.py"), "--out",
                    data, "--images", "40"], check=True, stdout=subprocess.DEVNULL)
    arguments = ["-C", os.path.join(h.SOURCE, "conf/sweeps/demo.ini"), "--models", "demo-llava",
                 "--benchmarks", ",".join(SETS), "--stages", "capture,metrics,reduce"]
    for name, (form, file, images) in SETS.items():
        h.vrp("import", form, f"{data}/{file}", "--images", f"{data}/{images}", "--out", f"{data}/{name}.h5")
        for key, value in (("table", f"{data}/{name}.h5"), ("images", f"{data}/{images}"),
                           ("max_new_tokens", "24")):
            arguments += ["--set", f"benchmark:{name}.{key}={value}"]
    judged = []
    for name in SETS:
        judged += ["--set", f"benchmark:{name}.reviews={data}/{name}.{{model}}.reviews"]
    h.run_whole(run, 2, arguments + ["--set", "benchmark:llava_bench_wild.reviews=",
                                     "--set", "benchmark:mm_vet.reviews="])

    with open(f"{data}/llava_bench_in_the_wild/answers_gpt4.jsonl") as file:
        told = [json.loads(line) for line in file]
    answers, model_scores, lines = answers_of(run, "llava_bench_wild"), [], []
    for row in told:
        score = 1 + round(9 * share(answers[str(row["question_id"])], row["text"]))
        model_scores.append(score)
        lines.append({"question_id": row["question_id"], "category": "llava_bench_" + row["category"],
                      "content": f"8 {score}\n{RULE}", "tuple": [8.0, score], "judge": RULE})
    Path(f"{data}/llava_bench_wild.demo-llava.reviews").write_text(
        "".join(json.dumps(line) + "\n" for line in lines))

    questions, answers = json.loads(Path(f"{data}/mm_vet/mm-vet.json").read_text()), answers_of(run, "mm_vet")
    grades = {key: round(share(answers[key], q["answer"]), 1) for key, q in questions.items()}
    Path(f"{data}/mm_vet.demo-llava.reviews").write_text(json.dumps(
        {key: {"model": [RULE], "content": [str(g)], "score": [g]} for key, g in grades.items()}))

    captures = {p: p.stat().st_mtime_ns for p in Path(run).rglob("capture@*/unit-*.h5")}
    h.run_whole(run, 2, arguments + judged)
    h.check(captures == {p: p.stat().st_mtime_ns for p in Path(run).rglob("capture@*/unit-*.h5")},
            "reviews made the model answer again")
    h.check(len(set(model_scores)) > 2 and len(set(grades.values())) > 1, "the rule tells nothing apart")
    mean = round(sum(model_scores) / len(model_scores), 3)
    for benchmark, name, want in (
            ("llava_bench_wild", "ratio", round(100 * mean / 8, 1)),
            ("mm_vet", "score", round(100 * sum(grades.values()) / len(grades), 1))):
        found = figure(run, benchmark, "all", name)
        h.check(abs(found - want) < 1e-9, f"{benchmark}: {name} is {found}, by the rule {want}")
        print(f"{benchmark}: {name} {found}, as by hand ({RULE})")
    shutil.rmtree(work)


main()
