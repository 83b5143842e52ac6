"""vrp score: stored answers under other rules, without a model and without the sweep's files."""
import json
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/report"))
import harness as h
import run as report_run

DATA = h.prepare()
WORK = tempfile.mkdtemp(prefix="vrp_score_")
RUN = os.path.join(WORK, "run")
ARGUMENTS = h.sweep_arguments(DATA, limit=20) + ["--stages", "capture,metrics,probes,reduce"]


def starts(run):
    """Units to do, as each start of the run counted them."""
    with open(os.path.join(run, "events.jsonl")) as file:
        return [event["missing"] for event in map(json.loads, file) if event["event"] == "start"]


def captures(run):
    """Path -> time of every file of the stages that need a model."""
    out = {}
    for folder, _, names in os.walk(run):
        if "capture@" in folder:
            out.update({os.path.join(folder, n): os.stat(os.path.join(folder, n)).st_mtime_ns
                        for n in names if n.endswith(".h5")})
    return out


def table(run, name):
    """Rows of a table, the numbers of one thing as one row."""
    with open(os.path.join(run, "reduce/tables", name + ".json")) as file:
        return report_run.folded(json.load(file))


def scorers(run, benchmark="demo_pope"):
    return [row["scorer"] for row in table(run, "label_audit") if row["benchmark"] == benchmark]


def refused(code, part, *arguments):
    import subprocess
    done = subprocess.run([os.path.join(h.BIN, "vrp"), "score", *arguments], capture_output=True,
                          text=True)
    h.check(done.returncode == code and part in done.stderr,
            f"vrp score {' '.join(arguments)}: exit code {done.returncode}, expected {code}, and "
            f"'{part}' in: {done.stderr}")


def bad_input():
    refused(2, "did you mean 'exact'", RUN, "--scorer", "exct")
    refused(2, "did you mean 'demo_pope'", RUN, "--benchmark", "demo_pop")
    refused(2, "did you mean 'demo-llava'", RUN, "--model", "demo-lava")
    refused(2, "did you mean '--scorer'", RUN, "--scorr", "exact")
    refused(2, "--model M and --benchmark B", RUN, "--reviews", "x.jsonl")
    refused(2, "second folder", RUN, WORK)
    refused(2, "no folder given")
    refused(2, "needs a value", RUN, "--scorer")
    refused(2, "stands alone", RUN, "--reset", "--primary", "exact")
    refused(7, "has no manifest.json", WORK)
    refused(7, "", RUN, "--reviews", os.path.join(WORK, "none.jsonl"), "--model", "demo-llava",
            "--benchmark", "demo_pope")
    h.check(not os.path.exists(os.path.join(RUN, "score.json")), "a refused command left a file")
    print("bad input is refused and leaves nothing behind")


def no_captures():
    """A run whose manifest has no stage capture, and one without a finished unit."""
    copy = os.path.join(WORK, "empty")
    shutil.copytree(RUN, copy)
    for path in captures(copy):
        os.remove(path)
    refused(7, "no unit of stage capture is finished", copy)
    manifest = json.load(open(os.path.join(copy, "manifest.json")))
    manifest["work"] = [work for work in manifest["work"] if work["stage"] != "capture"]
    json.dump(manifest, open(os.path.join(copy, "manifest.json"), "w"))
    refused(7, "has no stage capture", copy)


def partial():
    """With one capture unit gone the others are read, and the output says PARTIAL."""
    copy = os.path.join(WORK, "partial")
    shutil.copytree(RUN, copy)
    path = next(p for p in sorted(captures(copy)) if "demo_pope" in p)
    os.remove(path)
    out = h.vrp("score", copy, "--benchmark", "demo_pope")
    h.check("PARTIAL: 3 of 4 units" in out, out)


def damaged():
    copy = os.path.join(WORK, "damaged")
    shutil.copytree(RUN, copy)
    path = next(p for p in sorted(captures(copy)) if "demo_pope" in p)
    with open(path, "r+b") as file:
        file.truncate(os.path.getsize(path) // 2)
    refused(7, os.path.basename(path), copy)


def reviews():
    """A judge's reviews give an open set its labels; RUN keeps a checked copy."""
    run, wild = os.path.join(WORK, "wild"), os.path.join(DATA, "llava_bench_in_the_wild")
    items = os.path.join(WORK, "wild.h5")
    h.vrp("import", "llava-bench", f"{wild}/questions.jsonl", "--images", f"{wild}/images", "--out",
          items)
    name = "llava_bench_wild"
    words = h.sweep_arguments(DATA)
    arguments = ["--stages", "capture,metrics,reduce", "--benchmarks", name]
    for option, value in zip(words[::2], words[1::2]):  # without what is about the other sets
        if option != "--benchmarks" and not value.startswith("benchmark:"):
            arguments += [option, value]
    for setting in (f"table={items}", f"images={wild}/images", "n=9", "max_new_tokens=6"):
        arguments += ["--set", f"benchmark:{name}.{setting}"]
    h.run_whole(run, 2, arguments)
    first, cell = h.digest(run), ("--model", "demo-llava", "--benchmark", name)
    audit = {row["scorer"]: row for row in table(run, "label_audit")}
    h.check(audit["judge@1"]["n"] == 0 and audit["judge@1"]["accuracy"] is None and
            audit["rouge_l@1"]["n"] == 9, audit)
    with open(f"{wild}/questions.jsonl") as file:
        questions = [json.loads(line) for line in file][:9]
    lines = [{"question_id": q["question_id"], "category": "llava_bench_" + q["category"],
              "judge": "a made-up judge", "tuple": [8.0, 9.0 if i < 6 else 3.0]}
             for i, q in enumerate(questions)]

    def write(path, rows):
        with open(path, "w") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        return path
    path = os.path.join(WORK, "reviews.jsonl")
    for change, part in (({"tuple": [8, 11]}, "1..10"), ({"question_id": 7777}, "7777"),
                         ({"category": "llava_bench_other"}, "category")):
        write(path, [lines[0] | change] + lines[1:])
        refused(7, part, run, "--reviews", path, *cell)
    refused(7, "", run, "--reviews", write(path, lines[1:]), *cell)
    h.check(not os.path.exists(os.path.join(run, "score.json")) and
            not os.path.exists(os.path.join(run, "reviews")), "refused reviews left something")
    write(path, lines)
    out = h.vrp("score", run, "--reviews", path, *cell)
    h.check("a made-up judge" in out and "66.7 %" in out, out)
    os.remove(path)
    h.run_whole(run, 2, arguments)
    h.check(starts(run)[-1] == 1, f"{starts(run)[-1]} units for reviews, expected reduce alone")
    audit = {row["scorer"]: row for row in table(run, "label_audit")}
    h.check(audit["judge@1"]["n"] == 9 and audit["judge@1"]["correct"] == 6, audit)
    ratio = [row["estimate"] for row in table(run, "official_figures")
             if row["scorer"] == "judge@1" and row["group"] == "all" and row["figure"] == "ratio"]
    h.check(ratio == [87.5], f"LLaVA-Bench's ratio {ratio}, expected 100 * 7 / 8")
    manifest = json.load(open(os.path.join(run, "manifest.json")))
    h.check(manifest["reviews"][f"demo-llava/{name}"]["facts"]["judge"] == "a made-up judge",
            "the manifest does not name the judge")
    requests = os.path.join(WORK, "wild_requests.jsonl")
    h.vrp("score", run, "--export-judge", requests, *cell)
    h.check(sum(1 for _ in open(requests)) == 9, "requests for a judge")
    os.remove(os.path.join(run, "reviews/demo-llava", name + ".jsonl"))
    h.run_whole(run, 1, arguments, code=7)
    h.vrp("score", run, "--reset")
    h.run_whole(run, 1, arguments)
    h.check(h.digest(run) == first, "reset does not give the digest without reviews again")
    print("reviews are checked, copied, and give labels and the official ratio")


def main():
    h.run_whole(RUN, 2, ARGUMENTS)
    first, files = h.digest(RUN), captures(RUN)
    h.check(len(files) == 12, f"{len(files)} capture units, expected 12")
    before = scorers(RUN)
    bad_input()

    # The sweep's item tables are not needed: the run has its own.
    out = h.vrp("score", RUN, "--scorer", "mme", "--benchmark", "demo_pope")
    for text in ("mme@1", "yes_no@1 (primary)", "unparsed", "yes ratio", "F1", "score.json",
                 "the benchmark's own figures"):
        h.check(text in out, f"vrp score does not say '{text}': {out}")
    h.check("demo_counting" not in out, "a set that was not asked for")
    h.check("mme@1" not in scorers(RUN), "tables changed before the next start")
    again = h.vrp("score", RUN, "--benchmark", "demo_pope")
    h.check("mme@1" in again and "kept in" not in again, again)

    h.run_whole(RUN, 2, ARGUMENTS)
    h.check(starts(RUN)[-1] == 2, f"{starts(RUN)[-1]} units for a new scorer, expected 2: reduce of "
            "the set and of the pooled one")
    h.check(captures(RUN) == files, "an added scorer touched capture")
    h.check(sorted(scorers(RUN)) == sorted(before + ["mme@1"]),
            f"scorers {scorers(RUN)}")
    h.check(h.digest(RUN) != first, "an added scorer left the digest as it was")
    added = h.digest(RUN)
    h.run_whole(RUN, 1, ARGUMENTS)
    h.check(starts(RUN)[-1] == 0 and h.digest(RUN) == added, "the next start computed again")
    print("an added scorer computes reduce only, and its labels lie beside the others")

    h.vrp("score", RUN, "--primary", "exact", "--benchmark", "demo_pope")
    plan = h.vrp("plan", *ARGUMENTS, "--output-dir", RUN)
    h.run_whole(RUN, 2, ARGUMENTS)
    audit = {row["scorer"]: row for row in table(RUN, "label_audit")
             if row["benchmark"] == "demo_pope"}
    h.check(audit["exact@1"]["primary"] == 1 and audit["yes_no@1"]["primary"] == 0, "primary")
    accuracy = [row for row in table(RUN, "class_balance")
                if row["benchmark"] == "demo_pope" and row["type"] == ""][0]
    h.check(accuracy["label"] == "exact@1" and
            accuracy["correct"] == audit["exact@1"]["correct"], "balance under the new primary")
    h.check(captures(RUN) == files, "another primary scorer touched capture")
    h.check(f"{starts(RUN)[-1]} to do" in plan, "vrp plan and vrp-run disagree")
    print("another primary scorer recomputes probes and reduce:", starts(RUN)[-1], "units")

    out = h.vrp("score", RUN, "--reset")
    h.check("forgotten" in out and not os.path.exists(os.path.join(RUN, "score.json")), out)
    h.check("nothing to forget" in h.vrp("score", RUN, "--reset"), "reset twice")
    h.run_whole(RUN, 2, ARGUMENTS)
    h.check(h.digest(RUN) == first, "reset does not give the first digest again")
    h.check(starts(RUN)[-1] == 0, "reset computed something again")
    print("reset gives the first digest again")

    listing = h.vrp("score", RUN, "--list")
    h.check("vlmevalkit@1" in listing and "demo_pope: yes_no@1 (primary)" in listing, listing)
    request = os.path.join(WORK, "requests.jsonl")
    h.vrp("score", RUN, "--export-judge", request, "--model", "demo-llava", "--benchmark", "demo_pope")
    lines = [json.loads(line) for line in open(request)]
    h.check(len(lines) == 20 and all("answer" in line and "question" in line for line in lines),
            f"{len(lines)} requests for a judge, expected 20")
    no_captures()
    partial()
    damaged()
    reviews()
    shutil.rmtree(WORK)


if __name__ == "__main__":
    main()
