"""How ranks of one host get their weights: --load read, bcast and mmap side by side.

For each: seconds until the first unit and until every rank has finished one, bytes that the ranks
asked the file system for (rchar; a mapped file is not asked for) and that came from the disk, and
the proportional set size of all ranks together when every rank has its weights.
"""
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import time

import checkpoint
import items
import process
import vrp_side

METHODS = ("read", "bcast", "mmap")
SECONDS = 600  # longest run


def rank_pids(out):
    """Processes of vrp-run that work on `out`."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"vrp-run") and str(out).encode() in words:
                found.append(int(entry.name))
    return found


def numbers(path):
    """{name: number} of a file of `name: number` lines; {} when the process is gone."""
    try:
        text = pathlib.Path(path).read_text()
    except OSError:
        return {}
    rows = (line.split(":", 1) for line in text.splitlines() if ":" in line and "-" not in line.split(":", 1)[0])
    return {name: int(value.split()[0]) for name, value in rows}


def ranks_with_a_unit(events, skip):
    try:
        lines = events.read_text().splitlines()[skip:]
    except OSError:
        return set()
    try:
        return {e["rank"] for e in map(json.loads, lines) if e["event"] == "unit"}
    except json.JSONDecodeError:  # a line is being written
        return set()


def one_run(command, out, ranks, env):
    events = out / "events.jsonl"
    skip = len(events.read_text().splitlines()) if events.exists() else 0
    start = time.perf_counter()
    with subprocess.Popen([str(c) for c in command], env=env, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                          text=True) as child:
        first = every = None
        pss, io = 0, {}
        while child.poll() is None:
            now = time.perf_counter() - start
            if now > SECONDS:
                child.kill()
                raise process.Failed(f"{command}: longer than {SECONDS} s")
            pids = rank_pids(out)
            for pid in pids:
                io[pid] = numbers(f"/proc/{pid}/io") or io.get(pid, {})
            done = ranks_with_a_unit(events, skip)
            if done and first is None:
                first = now
            if len(done) == ranks and every is None:
                every = now
                pss = sum(numbers(f"/proc/{pid}/smaps_rollup").get("Pss", 0) for pid in pids)
                child.terminate()  # the rest of the run is of no interest
            time.sleep(0.01)
        said = child.stderr.read()
    if every is None:
        raise process.Failed(f"{' '.join(map(str, command))}: exit code {child.returncode} before every rank had finished a "
                             f"unit\n{said[-2000:]}")
    return {"first_unit_s": first, "every_rank_s": every, "pss_mb": pss / 1024,
            "asked_mb": sum(each.get("rchar", 0) for each in io.values()) / 1e6,
            "disk_mb": sum(each.get("read_bytes", 0) for each in io.values()) / 1e6}


def small_pictures(folder):
    """The benchmark's checkpoint, but for pictures of 36 tokens: a first unit is mostly loading."""
    sizes = checkpoint.changed(checkpoint.MEDIUM["llava"])
    sizes["vision"]["image"] = 84
    return checkpoint.write(folder, "llava", sizes)


def measure(work, rounds, all_ranks=(1, 2, 4)):
    """A row for each way to load and number of ranks: medians over the rounds, ways in turns."""
    size = small_pictures(work / "checkpoint") * 4 / 1e6
    count = 4 * max(all_ranks)
    items.write(work, count)
    sweep = vrp_side.write_configuration(work, 2, 2)
    out = work / "run"
    shutil.rmtree(out, ignore_errors=True)
    env = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMP_NUM_THREADS": "1",
           "CUDA_VISIBLE_DEVICES": ""}
    found = {}
    for number in range(rounds + 1):
        for ranks in all_ranks if number else (1,):
            for method in METHODS if number else ("read",):  # the first run hashes, and warms the page cache
                for stale in ("units.journal", "bench", "reduce"):
                    path = out / stale
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
                command = ["mpirun", "-n", ranks, "--oversubscribe", "--bind-to", "none", vrp_side.BIN / "vrp-run", "-C", sweep,
                           "--output-dir", out, "--stages", "capture", "--load", method,
                           "--set", "capture.lens=0", "--set", "capture.blank=0"]
                entry = one_run(command, out, ranks, env)
                if number:
                    found.setdefault((method, ranks), []).append(entry)
                    print(f"  {method}, {ranks} ranks: first unit after {entry['first_unit_s']:.2f} s", flush=True)
    rows = [{"load": method, "ranks": ranks, "rounds": len(entries),
             **{key: round(statistics.median(e[key] for e in entries), 2) for key in entries[0]}}
            for (method, ranks), entries in found.items()]
    return {"checkpoint_mb": round(size, 1), "rows": rows}


def print_report(report):
    print(f"\ncheckpoint of {report['checkpoint_mb']} MB, page cache warm, hashes known")
    print(f"{'load':<8}{'ranks':>6}{'first unit s':>14}{'every rank s':>14}{'asked MB':>10}{'disk MB':>9}{'PSS MB':>9}")
    for r in report["rows"]:
        print(f"{r['load']:<8}{r['ranks']:>6}{r['first_unit_s']:>14.2f}{r['every_rank_s']:>14.2f}{r['asked_mb']:>10.0f}"
              f"{r['disk_mb']:>9.0f}{r['pss_mb']:>9.0f}")
