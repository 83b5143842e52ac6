"""tools/bench: items per second of VRP beside the reference implementation, in one run."""
import argparse
import json
import os
import pathlib
import statistics
import sys

import bootstrap_side
import checkpoint
import edits
import imports
import items
import load_side
import machine
import metadata
import process
import scale
import stats_side
import vrp_side

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE.parents[1] / ".cache" / "bench"
MODES = ("authors", "batched", "prefix")
SAMPLES, TOKENS = 10, 16


def reference_rows(mode, threads, rows):
    job = {"checkpoint": str(WORK / "checkpoint"), "images": str(WORK / "images"), "items": rows,
           "mode": mode, "threads": threads, "samples": SAMPLES, "tokens": TOKENS}
    limits = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    _, _, text = process.run([sys.executable, HERE / "reference.py", json.dumps(job)], threads, limits)
    return json.loads(text.splitlines()[-1])


class Table:
    """Collects the rounds of each (who, ranks, threads) and prints a row when one is complete."""

    def __init__(self):
        self.rounds = {}
        self.greedy = {}

    def add(self, who, ranks, threads, entry):
        self.rounds.setdefault((who, ranks, threads), []).append(entry)

    def rows(self):
        for (who, ranks, threads), entries in self.rounds.items():
            seconds = statistics.median(e["seconds_per_item"] for e in entries)
            parts = {part: round(statistics.median(e[part] for e in entries), 4)
                     for part in ("capture_s", "sampling_s") if part in entries[0]}
            yield {"who": who, "ranks": ranks, "threads": threads, "rounds": len(entries),
                   "seconds_per_item": round(seconds, 4), "items_per_s": round(1 / seconds, 5),
                   "all_seconds_per_item": [round(e["seconds_per_item"], 4) for e in entries],
                   "load_s": round(statistics.median(e["load_s"] for e in entries), 2),
                   "peak_rss_mb": max(e["peak_rss_mb"] for e in entries), **parts}


def one_round(table, sweep, cores, arguments, rows):
    for mode in MODES:
        result = reference_rows(mode, cores, rows[:arguments.reference_items])
        parts = {part: statistics.mean(i[part] for i in result["items"])
                 for part in ("capture_s", "sampling_s")}
        seconds = sum(parts.values())
        table.add(f"transformers, {mode}", 1, cores, {**result, **parts, "seconds_per_item": seconds})
        for row, item in zip(rows, result["items"]):
            table.greedy[str(row["question_id"])] = item["tokens"]
        print(f"  {cores} cores: transformers, {mode}: {seconds:.2f} s per item", flush=True)
    for ranks in sorted({1, cores}):
        result = vrp_side.measure(sweep, WORK, len(rows), ranks, cores // ranks, TOKENS)
        table.add("vrp-run", ranks, cores // ranks, result)
        table.vrp_tokens = result["tokens"]
        print(f"  {cores} cores: vrp-run, {ranks} ranks: {result['seconds_per_item']:.2f} s per item",
              flush=True)


def ratios(rows):
    """VRP's best arrangement of each number of cores against each reference mode."""
    found = []
    for cores in sorted({r["ranks"] * r["threads"] for r in rows}):
        same = [r for r in rows if r["ranks"] * r["threads"] == cores]
        ours = max((r for r in same if r["who"] == "vrp-run"), key=lambda r: r["items_per_s"])
        for row in same:
            if row["who"] != "vrp-run":
                found.append({"cores": cores, "against": row["who"], "vrp_ranks": ours["ranks"],
                              "ratio": round(ours["items_per_s"] / row["items_per_s"], 2)})
    return found


def agreement(table):
    both = [k for k in table.greedy if k in table.vrp_tokens]
    same = sum(table.greedy[k] == table.vrp_tokens[k] for k in both)
    return {"items": len(both), "equal_greedy_answers": same}


def print_report(report):
    print(f"\n{'who':<24}{'ranks':>6}{'threads':>8}{'s/item':>10}{'items/s':>10}{'load s':>8}{'MB':>7}")
    for r in report["items"]:
        print(f"{r['who']:<24}{r['ranks']:>6}{r['threads']:>8}{r['seconds_per_item']:>10.3f}"
              f"{r['items_per_s']:>10.4f}{r['load_s']:>8.1f}{r['peak_rss_mb']:>7}")
    for r in report["ratios"]:
        print(f"{r['cores']} cores: VRP is {r['ratio']} times as fast as {r['against']}")
    a = report["agreement"]
    print(f"greedy answers equal on {a['equal_greedy_answers']} of {a['items']} items")
    s = report["stats"]
    print(f"\nAUROC with BCa interval, {s['rows']} rows, {s['resamples']} resamples, whole process:")
    for way in s["ways"]:
        estimate, low, high = way["interval"]
        print(f"  {way['who']:<32}{way['seconds']:>8.2f} s   {estimate:.4f} [{low:.4f}, {high:.4f}]")


def parse(argv):
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__)
    parser.add_argument("--json", metavar="FILE", help="also write everything as JSON")
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, cores}), metavar="N",
                        help="cores to compare on (default: 1 and all)")
    parser.add_argument("--rounds", type=int, default=2, help="rounds over all sides (default 2)")
    parser.add_argument("--items", type=int, default=4 + 3 * cores, metavar="N",
                        help="items of VRP's run (default 4 + 3 per core)")
    parser.add_argument("--reference-items", type=int, default=1,
                        help="items of each reference process (default 1; one takes minutes)")
    parser.add_argument("--edits", action="store_true",
                        help="instead: edits that share work against the same edits one by one, at "
                             + ", ".join(map(str, edits.DEPTHS)) + " layers")
    parser.add_argument("--import", dest="imports", action="store_true",
                        help="instead: time and memory of importing 200,000 VQAv2 questions and a "
                             "COCO instances file of 450 MB")
    parser.add_argument("--bootstrap", action="store_true",
                        help="instead: the bootstrap of 30 signals beside scipy's, its memory, and a "
                             "million items over one and two processes")
    parser.add_argument("--metadata", action="store_true",
                        help="instead: a start and vrp status of runs with 10,000 to 1,000,000 units")
    parser.add_argument("--scale", action="store_true",
                        help="instead: the scheduler with 10,000 simulated ranks and a million units, and "
                             "with 64 real ranks")
    parser.add_argument("--load", action="store_true",
                        help="instead: start-up of 1, 2 and 4 ranks of one host that read the weights each for "
                             "itself, share one copy, or map the file")
    parser.add_argument("--quick", action="store_true", help="one round on all cores, fewer items")
    arguments = parser.parse_args(argv)
    if arguments.quick:
        arguments.rounds, arguments.items, arguments.threads = 1, 4 + 2 * cores, [cores]
    if max(arguments.threads) > cores or min(arguments.threads) < 1:
        parser.error(f"--threads: there are {cores} cores")
    if arguments.items <= vrp_side.FIRST_PER_RANK * max(arguments.threads):
        parser.error(f"--items: more than {vrp_side.FIRST_PER_RANK} per core are needed")
    if not 1 <= arguments.reference_items <= arguments.items or arguments.rounds < 1:
        parser.error("--reference-items: from 1 to --items; --rounds: at least 1")
    return arguments


def edits_report(arguments):
    print("bench: neuron edits at the last block, shared and one by one", flush=True)
    threads = min(arguments.threads)
    facts = machine.facts()
    return {"machine": facts, "tokens": TOKENS,
            "edits": edits.measure(WORK / "edits", TOKENS, threads,
                                   edits.DEPTHS[:2] if arguments.quick else edits.DEPTHS)}


def imports_report(arguments):
    print("bench: large imports; making their input takes about a minute", flush=True)
    report = {"machine": machine.facts(), "imports": imports.measure()}
    imports.print_report(report["imports"])
    text = json.dumps(report, indent=1) + "\n"
    pathlib.Path(arguments.json).write_text(text) if arguments.json else print(text, end="")


def bootstrap_report(arguments):
    print("bench: bootstrap of AUROC and R over groups, and scipy's", flush=True)
    report = {"machine": machine.facts(),
              "bootstrap": bootstrap_side.measure(WORK / "bootstrap", arguments.quick)}
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=1) + "\n")


def metadata_report(arguments):
    print("bench: folders of many finished units", flush=True)
    rows = metadata.measure(metadata.UNITS[:1] if arguments.quick else metadata.UNITS)
    report = {"machine": machine.facts(), "metadata": rows}
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=1) + "\n")


def scale_report(arguments):
    print("bench: the scheduler on many ranks", flush=True)
    report = {"machine": machine.facts(), "scale": scale.measure(arguments.quick)}
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=1) + "\n")


def load_report(arguments):
    print("bench: ranks of one host and their weights", flush=True)
    report = {"machine": machine.facts(), "load": load_side.measure(WORK / "load", arguments.rounds)}
    load_side.print_report(report["load"])
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=1) + "\n")


def main(argv):
    arguments = parse(argv)
    if arguments.load:
        return load_report(arguments)
    if arguments.scale:
        return scale_report(arguments)
    if arguments.metadata:
        return metadata_report(arguments)
    if arguments.bootstrap:
        return bootstrap_report(arguments)
    if arguments.imports:
        return imports_report(arguments)
    if arguments.edits:
        report = edits_report(arguments)
        text = json.dumps(report, indent=1) + "\n"
        pathlib.Path(arguments.json).write_text(text) if arguments.json else print(text, end="")
        return
    print("bench: making a random checkpoint and its items", flush=True)
    parameters = checkpoint.write(WORK / "checkpoint")
    rows = items.write(WORK, arguments.items)
    sweep = vrp_side.write_configuration(WORK, SAMPLES, TOKENS)
    facts = machine.facts()
    table = Table()
    for number in range(arguments.rounds):
        print(f"bench: round {number + 1} of {arguments.rounds}", flush=True)
        for cores in arguments.threads:
            one_round(table, sweep, cores, arguments, rows)
    measured = list(table.rows())
    report = {"machine": facts,
              "model": {"family": "llava", "parameters": parameters, "dtype": "float32",
                        "image_tokens": 576, "text": checkpoint.TEXT, "vision": checkpoint.VISION},
              "item": {"greedy_tokens": TOKENS, "samples": SAMPLES, "sample_tokens": TOKENS},
              "items": measured, "ratios": ratios(measured), "agreement": agreement(table),
              "stats": stats_side.measure(WORK, 500 if arguments.quick else 2000,
                                          2000 if arguments.quick else 10000)}
    print_report(report)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=1) + "\n")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except process.Failed as error:
        sys.exit(f"tools/bench: {error}")
