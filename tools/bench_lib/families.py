"""Part (a): an item of capture and K = 10 beside the reference implementation, for each family, and
the memory that vrp-run takes.

All sides take turns within a round; medians over the rounds are reported. Both sides must give the
same greedy tokens, else the figures would compare different work.
"""
import json
import pathlib
import statistics
import sys

import checkpoint
import context
import items
import process
import target
import vrp_side

HERE = pathlib.Path(__file__).resolve().parent
MODES = {"authors": 12, "batched": 5, "prefix": 2.5}  # and how many times as fast VRP is to be
# COCO-sized pictures; Qwen2-VL's have as many tokens as they have pixels: 144 of these.
PICTURES = {"llava": items.COCO_SIZE, "paligemma": items.COCO_SIZE, "qwen2_vl": (336, 336)}
TEMPLATES = {"llava": "plain", "paligemma": "plain", "qwen2_vl": "chat"}
MEMORY_PROMPT, MEMORY_OVER = 600, 0.25  # prompt tokens, and the share beside the weights


def sizes_of(family, told):
    return (told.sizes or checkpoint.MEDIUM)[family]


def prepare(family, told, count):
    """Checkpoint, pictures, questions and configuration of a family in a folder of its own."""
    work = told.folder(family)
    parameters = checkpoint.write(work / "checkpoint", family, sizes_of(family, told))
    rows = items.write(work, count, PICTURES[family])
    sweep = vrp_side.write_configuration(work, context.SAMPLES, context.TOKENS, TEMPLATES[family])
    return {"family": family, "work": work, "rows": rows, "sweep": sweep, "parameters": parameters}


def reference(case, mode, threads, count):
    job = {"checkpoint": str(case["work"] / "checkpoint"), "images": str(case["work"] / "images"),
           "items": case["rows"][:count], "mode": mode, "threads": threads, "samples": context.SAMPLES,
           "tokens": context.TOKENS}
    limits = {"OMP_NUM_THREADS": str(threads), "MKL_NUM_THREADS": str(threads)}
    _, _, text = process.run([sys.executable, HERE / "reference.py", json.dumps(job)], threads, limits)
    found = json.loads(text.splitlines()[-1])
    parts = {part: statistics.mean(i[part] for i in found["items"]) for part in ("capture_s", "sampling_s")}
    tokens = {str(row["question_id"]): item["tokens"] for row, item in zip(case["rows"], found["items"])}
    return {**parts, "seconds_per_item": sum(parts.values()), "load_s": found["load_s"],
            "peak_rss_mb": found["peak_rss_mb"], "prompt_tokens": found["items"][0]["prompt_tokens"],
            "tokens": tokens}


def check_tokens(family, who, theirs, ours):
    """How many greedy answers were compared. Error when one differs, or none could be."""
    both = [k for k in theirs if k in ours]
    if not both:
        raise process.Failed(f"{family}: no item was answered by both vrp-run and {who}")
    for key in both:
        if theirs[key] != ours[key]:
            raise process.Failed(f"{family}, item {key}: vrp-run answers {ours[key]}, {who} {theirs[key]}: "
                                 "these are not the same work")
    return len(both)


class Table:
    """Collects the rounds of each (family, who, ranks, threads)."""

    def __init__(self):
        self.rounds = {}

    def add(self, family, who, ranks, threads, entry):
        self.rounds.setdefault((family, who, ranks, threads), []).append(entry)

    def rows(self):
        for (family, who, ranks, threads), entries in self.rounds.items():
            seconds = statistics.median(e["seconds_per_item"] for e in entries)
            parts = {part: round(statistics.median(e[part] for e in entries), 4)
                     for part in ("capture_s", "sampling_s") if part in entries[0]}
            yield {"family": family, "who": who, "ranks": ranks, "threads": threads, "rounds": len(entries),
                   "seconds_per_item": round(seconds, 4), "items_per_s": round(1 / seconds, 5),
                   "all_seconds_per_item": [round(e["seconds_per_item"], 4) for e in entries],
                   "load_s": round(statistics.median(e["load_s"] for e in entries), 2),
                   "peak_rss_mb": max(e["peak_rss_mb"] for e in entries), **parts}


def one_round(table, case, cores, told):
    """The modes and VRP's arrangements on `cores` cores; returns how many answers were compared."""
    family, theirs, prompt, compared = case["family"], {}, None, 0
    for mode in MODES:
        entry = reference(case, mode, cores, told.reference_items)
        theirs[mode], prompt = entry.pop("tokens"), entry["prompt_tokens"]
        table.add(family, f"transformers, {mode}", 1, cores, entry)
        print(f"  {family}, {cores} cores: transformers, {mode}: {entry['seconds_per_item']:.2f} s per item",
              flush=True)
    for ranks in sorted({1, cores}):
        entry = vrp_side.measure(case["sweep"], case["work"], len(case["rows"]), ranks, cores // ranks,
                                 context.TOKENS)
        for mode, tokens in theirs.items():
            compared += check_tokens(family, f"transformers, {mode},", tokens, entry["tokens"])
        table.add(family, "vrp-run", ranks, cores // ranks, entry)
        print(f"  {family}, {cores} cores: vrp-run, {ranks} ranks: {entry['seconds_per_item']:.2f} s per item",
              flush=True)
    case["prompt_tokens"] = prompt
    return compared


def ratios(rows):
    """VRP against each reference mode on the same cores: its best arrangement, and one rank."""
    found = []
    for family, cores in sorted({(r["family"], r["ranks"] * r["threads"]) for r in rows}):
        same = [r for r in rows if r["family"] == family and r["ranks"] * r["threads"] == cores]
        ours = [r for r in same if r["who"] == "vrp-run"]
        best = max(ours, key=lambda r: r["items_per_s"])
        one = next(r for r in ours if r["ranks"] == 1)
        for row in same:
            if row["who"] != "vrp-run":
                found.append({"family": family, "cores": cores, "against": row["who"].split(", ")[1],
                              "vrp_ranks": best["ranks"],
                              "ratio": round(best["items_per_s"] / row["items_per_s"], 2),
                              "ratio_one_rank": round(one["items_per_s"] / row["items_per_s"], 2)})
    return found


def words_for(case, tokens):
    """Words in front of a question that bring a prompt of the family to about `tokens` tokens."""
    from tokenizers import Tokenizer
    tokenizer = Tokenizer.from_file(str(case["work"] / "checkpoint" / "tokenizer.json"))
    few = [len(tokenizer.encode(" ".join(items.WORDS * n)).ids) for n in (1, 11)]
    per_word = (few[1] - few[0]) / (10 * len(items.WORDS))
    return max(0, round((tokens - case["prompt_tokens"]) / per_word))


def memory(case, told):
    """Peak of one rank with batch 1, K = 10 and a prompt of about 600 tokens, beside its weights: of
    the process's own memory, and with the pages of its program and libraries."""
    work = told.folder(f"{case['family']}-memory")
    checkpoint_link = work / "checkpoint"
    checkpoint_link.unlink(missing_ok=True)
    checkpoint_link.symlink_to(case["work"] / "checkpoint")
    items.write(work, 2, PICTURES[case["family"]], words_for(case, MEMORY_PROMPT))
    sweep = vrp_side.write_configuration(work, context.SAMPLES, context.TOKENS, TEMPLATES[case["family"]])
    own = process.OwnMemory()
    _, peak, _ = vrp_side.whole_run(sweep, work / "run", 2, 1, 1, vrp_side.EQUAL_WORK, own=own)
    weights = (case["work"] / "checkpoint/model.safetensors").stat().st_size / 2**20
    return {"family": case["family"], "prompt_tokens": max(vrp_side.prompt_tokens(work / "run")),
            "weights_mb": round(weights, 1), "own_peak_mb": round(own.peak_mb, 1), "peak_mb": peak,
            "over": own.peak_mb / weights - 1}


def measure(told):
    print("bench (a): random checkpoints and their items", flush=True)
    cases = [prepare(family, told, told.items) for family in told.families]
    table, compared = Table(), 0
    for number in range(told.rounds):
        print(f"bench (a): round {number + 1} of {told.rounds}", flush=True)
        for case in cases:
            for cores in told.threads:
                compared += one_round(table, case, cores, told)
    rows = list(table.rows())
    return {"item": {"greedy_tokens": context.TOKENS, "samples": context.SAMPLES, "dtype": "float32"},
            "models": [{"family": c["family"], "parameters": c["parameters"],
                        "prompt_tokens": c["prompt_tokens"], "sizes": sizes_of(c["family"], told)} for c in cases],
            "rows": rows, "ratios": ratios(rows), "equal_greedy_answers": compared,
            "memory": [memory(case, told) for case in cases]}


def show(found):
    print(f"\n{'family':<11}{'who':<24}{'ranks':>6}{'threads':>8}{'s/item':>10}{'items/s':>10}{'load s':>8}{'MB':>7}")
    for r in found["rows"]:
        print(f"{r['family']:<11}{r['who']:<24}{r['ranks']:>6}{r['threads']:>8}{r['seconds_per_item']:>10.3f}"
              f"{r['items_per_s']:>10.4f}{r['load_s']:>8.1f}{r['peak_rss_mb']:>7}")
    for r in found["ratios"]:
        print(f"{r['family']}, {r['cores']} cores: VRP is {r['ratio']} times as fast as {r['against']}"
              f" ({r['vrp_ranks']} ranks; {r['ratio_one_rank']} as one rank)")
    print(f"greedy answers compared and equal: {found['equal_greedy_answers']}")
    for m in found["memory"]:
        print(f"{m['family']}: {m['own_peak_mb']} MB of its own at the peak with a prompt of {m['prompt_tokens']} tokens, "
              f"weights {m['weights_mb']} MB; with pages of the program and libraries {m['peak_mb']} MB")


def targets(found):
    most = max(r["cores"] for r in found["ratios"])
    for r in found["ratios"]:
        what = f"{r['family']}, {r['cores']} cores: VRP beside transformers, {r['against']}"
        if r["cores"] == most:
            yield target.at_least(what, r["ratio"], MODES[r["against"]])
    for m in found["memory"]:
        yield target.at_most(f"{m['family']}: peak of a rank's own memory beyond the weights", m["over"], MEMORY_OVER, "%")
