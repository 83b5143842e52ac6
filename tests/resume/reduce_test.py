"""vrp reduce: tables of a finished, an unfinished and a live run; blocks of replicates on ranks."""
import csv
import filecmp
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), ".."))
import harness as h

DATA = h.prepare()
WORK = tempfile.mkdtemp(prefix="vrp_reduce_")
RUN = os.path.join(WORK, "run")
ARGUMENTS = h.sweep_arguments(DATA, limit=20) + [
    "--stages", "capture,metrics,consistency,probes,reduce", "--set", "consistency.samples=3"]


def files(folder):
    return sorted(os.path.relpath(os.path.join(at, name), folder)
                  for at, _, names in os.walk(folder) for name in names)


def same_tables(a, b, what):
    """RUN/reduce of two folders, byte by byte; plots that vrp report adds are left out."""
    names = [n for n in files(os.path.join(a, "reduce")) if not n.endswith((".svg", ".png"))]
    other = [n for n in files(os.path.join(b, "reduce")) if not n.endswith((".svg", ".png"))]
    h.check(names == other and names, f"{what}: other files: {set(names) ^ set(other)}")
    for name in names:
        if name == "stats.h5":  # HDF5 files hold times; their tables do not
            continue
        h.check(filecmp.cmp(os.path.join(a, "reduce", name), os.path.join(b, "reduce", name),
                            shallow=False), f"{what}: {name} differs")


def table(folder, name):
    with open(os.path.join(folder, "reduce/tables", name + ".json")) as file:
        return json.load(file)


def accuracy(folder, benchmark):
    rows = [r for r in table(folder, "signals")["rows"]
            if r["benchmark"] == benchmark and r["statistic"] == "accuracy"]
    h.check(len(rows) == 1, f"{len(rows)} accuracy rows of {benchmark}")
    return rows[0]


def refused(code, part, *arguments):
    done = subprocess.run([os.path.join(h.BIN, "vrp"), "reduce", *arguments], capture_output=True,
                          text=True)
    h.check(done.returncode == code and part in done.stderr,
            f"vrp reduce {' '.join(arguments)}: exit code {done.returncode}, expected {code}, and "
            f"'{part}' in: {done.stderr}")


def copy(name):
    to = os.path.join(WORK, name)
    shutil.copytree(RUN, to)
    return to


def remove(folder, pattern):
    found = glob.glob(os.path.join(folder, pattern))
    h.check(found, f"no file {pattern}")
    for path in found:
        os.remove(path)


def whole_run():
    out = os.path.join(WORK, "again")
    h.vrp("reduce", RUN, "--out", out)
    same_tables(RUN, out, "a finished run")
    units = os.path.join(WORK, "recomputed")
    shutil.copytree(RUN, units)
    remove(units, "*/*/reduce@*/unit-*.h5")
    shutil.rmtree(os.path.join(units, "reduce"))
    h.vrp("reduce", units)
    same_tables(RUN, units, "statistics computed again from the records")
    h.vrp("reduce", RUN, "--out", out, "--replicates", "100")
    rows = [r for r in table(out, "signals")["rows"] if r["statistic"] == "auroc"]
    h.check(rows and all(r["replicates"] <= 100 for r in rows), "--replicates is not used")
    print("a finished run gives its own tables")


def every_file_says_partial(folder):
    names = [n for n in files(os.path.join(folder, "reduce/tables"))]
    for name in names:
        with open(os.path.join(folder, "reduce/tables", name), encoding="utf-8") as file:
            text = file.read()
        if name.endswith(".csv"):
            rows = list(csv.DictReader(text.splitlines()))
            h.check(all(r["partial"] == "1" for r in rows), f"{name}: a row without partial = 1")
        elif name != "all.tex":
            h.check("unfinished run" in text, f"{name}: does not say that the run is unfinished")
    with open(os.path.join(folder, "reduce/paper_delta.md"), encoding="utf-8") as file:
        h.check("PARTIAL" in file.read(), "paper_delta.md does not say PARTIAL")


def part_of_a_run():
    part = copy("part")
    shutil.rmtree(os.path.join(part, "reduce"))
    remove(part, "*/*/reduce@*/unit-*.h5")
    remove(part, "*/*/probes@*/unit-*.h5")
    # POPE: units 0 and 2 of four are captured; consistency of unit 0 and of the uncaptured 1.
    for unit in ("000001", "000003"):
        remove(part, f"demo-llava/demo_pope/capture@*/unit-{unit}.h5")
    remove(part, "demo-llava/demo_pope/consistency@*/unit-000002.h5")
    remove(part, "demo-llava/demo_spatial/capture@*/unit-*.h5")
    out = h.vrp("reduce", part)
    h.check("PARTIAL: --limit 20; unfinished run: 30 of 60 items answered" in out, out)
    h.check("demo_pope: 10 of 20 items answered; capture 2 of 4 units" in out, out)
    every_file_says_partial(part)
    row = accuracy(part, "demo_pope")
    h.check(row["n"] == 10 and row["failed"] == 0, f"POPE: {row}")
    h.check(accuracy(part, "demo_counting")["n"] == 20, "counting is whole")
    pooled = accuracy(part, "pooled")
    h.check(pooled["n"] == 30, f"pooled: {pooled}")
    agreement = [r for r in table(part, "signals")["rows"] if r["benchmark"] == "demo_pope"
                 and r["signal"] == "s_sc" and r["statistic"] == "auroc"]
    h.check(agreement[0]["n"] == 5 and agreement[0]["undefined"] == 5, str(agreement))
    h.check(not [r for r in table(part, "signals")["rows"] if r["benchmark"] == "demo_spatial"],
            "a set without a captured item has statistics")
    # The same command resumes to the same end.
    h.run_whole(part, 1, ARGUMENTS)
    same_tables(RUN, part, "a part that was reduced and then finished")
    print("a part of a run gives tables that say PARTIAL")


def nothing_finished():
    empty = copy("empty")
    remove(empty, "*/*/capture@*/unit-*.h5")
    remove(empty, "*/*/reduce@*/unit-*.h5")
    refused(7, "no unit of stage capture is finished", empty)
    refused(7, "has no manifest.json", WORK)
    refused(2, "no folder given")
    refused(2, "--replicates", RUN, "--replicates", "7")
    refused(2, "did you mean", RUN, "--replicate", "700")
    damaged = copy("damaged")
    remove(damaged, "*/*/reduce@*/unit-*.h5")
    unit = glob.glob(os.path.join(damaged, "demo-llava/demo_pope/capture@*/unit-000001.h5"))[0]
    with open(unit, "r+b") as file:
        file.truncate(os.path.getsize(unit) // 2)
    refused(7, "unit-000001.h5", damaged)
    print("what cannot be reduced is refused")


def live_run():
    """Beside a run at work: tables of what is there, and the run's own end is not disturbed."""
    live = os.path.join(WORK, "live")
    process = h.start(live, 2, ARGUMENTS)
    deadline = time.time() + 300
    out = None
    while process.poll() is None and time.time() < deadline:
        if glob.glob(os.path.join(live, "demo-llava/*/capture@*/unit-*.h5")):
            out = h.vrp("reduce", live, "--replicates", "100")
            break
        time.sleep(0.05)
    h.check(out is not None, "the run ended before anything could be reduced")
    h.check(process.wait(timeout=600) == 0, "the live run failed")
    same_tables(RUN, live, "a run that was reduced while it was live")
    print("a live run can be reduced:", out.splitlines()[-2])


def blocks():
    """Replicates in blocks on one and on three ranks: the same statistics as in place."""
    digest = None
    for ranks, draws in ((1, 2000), (3, 2000), (2, 700)):
        run = os.path.join(WORK, f"blocks-{ranks}-{draws}")
        shutil.copytree(RUN, run)
        shutil.rmtree(os.path.join(run, "reduce"))
        remove(run, "*/*/reduce@*/unit-*.h5")
        h.run_whole(run, ranks, ARGUMENTS + ["--set", f"reduce.block_draws={draws}"])
        parts = glob.glob(os.path.join(run, "demo-llava/demo_pope/replicates@*/unit-*.h5"))
        h.check(len(parts) == -(-20 * 300 // draws), f"{len(parts)} blocks of POPE")
        pooled = glob.glob(os.path.join(run, "demo-llava/pooled/replicates@*/unit-*.h5"))
        h.check(len(pooled) == -(-60 * 300 // draws), f"{len(pooled)} blocks of the pooled set")
        same_tables(RUN, run, f"blocks of {draws} draws on {ranks} ranks")
    print("replicates in blocks give the same statistics on any number of ranks")


h.run_whole(RUN, 2, ARGUMENTS)
whole_run()
part_of_a_run()
nothing_finished()
live_run()
blocks()
shutil.rmtree(WORK)
