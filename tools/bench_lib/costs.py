"""Part (c): what capture, ten paths, 16-bit weights, pictures and edits cost, each beside the same
without it, in turns within one process (vrp-model-bench); and the logit lens by whole runs."""
import json

import checkpoint
import context
import edits
import families
import items
import process
import target
import vrp_side

CAPTURE, PATHS, HALF = 0.05, 1.5, 1.7  # targets
PREFILL, DECODE = 0.80, 0.70  # of a large product's rate, of the memory read rate
PICTURES = 0.01  # what of an item's time resizing may take to count as hidden


def model_costs(family, told, threads):
    work = told.folder(f"{family}-costs")
    sizes = families.sizes_of(family, told)
    checkpoint.write(work / "checkpoint", family, sizes)
    checkpoint.write(work / "checkpoint-bf16", family, sizes, "bfloat16")
    items.write(work, 5, families.PICTURES[family])
    _, _, text = process.run(
        [vrp_side.program("vrp-model-bench"), work / "checkpoint", work / "checkpoint-bf16", work / "images",
         families.TEMPLATES[family], context.TOKENS, threads, 1 if told.quick else 2 * told.rounds + 1, "small" if told.quick else "large"],
        threads, {"OMP_NUM_THREADS": str(threads)})
    found = json.loads(text)
    return {"family": family, **found,
            "capture_cost": found["captured_s"] / found["plain_s"] - 1,
            "ten_paths": found["full_step_10_s"] / found["full_step_1_s"],
            "half_one": found["full_step_1_s"] / found["half_step_1_s"],
            "half_ten": found["full_step_10_s"] / found["half_step_10_s"],
            "picture_share": found["prepare_s"] / found["captured_s"]}


def lens_cost(told):
    """Seconds per item of whole runs with and without the logit lens and the blank picture, in turns."""
    family, threads = told.families[0], max(told.threads)
    case = families.prepare(family, told, told.items)
    seconds = {"with": [], "without": []}
    for _ in range(told.rounds):
        for name, settings in (("with", {}), ("without", vrp_side.EQUAL_WORK)):
            entry = vrp_side.measure(case["sweep"], case["work"], told.items, 1, threads, context.TOKENS, settings)
            seconds[name].append(entry["seconds_per_item"])
    middle = {name: sorted(values)[len(values) // 2] for name, values in seconds.items()}
    return {"family": family, "threads": threads, "seconds_per_item": middle, "all": seconds,
            "lens_and_blank_cost": middle["with"] / middle["without"] - 1}


def measure(told):
    print("bench (c): what capture, paths, 16-bit weights, pictures and edits cost", flush=True)
    found = {"models": [model_costs(family, told, threads)
                        for family in told.families for threads in told.threads],
             "lens": lens_cost(told)}
    found["edits"] = edits.measure(told.folder("edits"), context.TOKENS, 1,
                                   edits.DEPTHS[:1] if told.quick else edits.DEPTHS[:2],
                                   sizes=checkpoint.TINY["llava"] if told.quick else None)
    return found


def show(found):
    print(f"\n{'family':<11}{'threads':>8}{'prompt':>8}{'prefill s':>11}{'item s':>9}{'captured':>10}{'step, 1 ms':>12}{'10 ms':>8}"
          f"{'bf16, 1':>9}{'10':>7}{'prefill':>9}{'decode':>8}{'picture ms':>12}{'prepare ms':>12}")
    for m in found["models"]:
        print(f"{m['family']:<11}{m['threads']:>8}{m['prompt_tokens']:>8}{m['prefill_s']:>11.3f}{m['plain_s']:>9.3f}"
              f"{100 * m['capture_cost']:>+9.1f}%{1e3 * m['full_step_1_s']:>12.1f}{1e3 * m['full_step_10_s']:>8.1f}"
              f"{m['half_one']:>8.2f}x{m['half_ten']:>6.2f}x"
              f"{100 * m['prefill_share']:>8.0f}%{100 * m['decode_share_1']:>7.0f}%{1e3 * m['decode_picture_s']:>12.1f}{1e3 * m['prepare_s']:>12.1f}")
    lens = found["lens"]
    print(f"{lens['family']}: logit lens and blank picture add {100 * lens['lens_and_blank_cost']:.0f} % to an item of "
          f"{lens['seconds_per_item']['without']:.2f} s")
    for e in found["edits"]:
        print(f"{e['conditions']} edits, {e['layers']} layers: shared {e['ratio']} times as fast as one by one")


def targets(found):
    for m in found["models"]:
        who = f"{m['family']}, {m['threads']} threads: "
        yield target.at_least(who + "prompt with picture, of a large product's rate", m["prefill_share"], PREFILL, "%")
        for count in (1, 10):
            yield target.at_least(who + f"decode step of {count} paths, weights' bytes, of the read rate",
                                  m[f"decode_share_{count}"], DECODE, "%")
        yield target.at_most(who + "capture on against off, item of K = 10", m["capture_cost"], CAPTURE, "%")
        yield target.at_most(who + "decode step of ten paths against one", m["ten_paths"], PATHS)
        yield target.at_least(who + "decode step, bf16 weights against fp32, 1 path", m["half_one"], HALF)
        yield target.at_least(who + "decode step, bf16 weights against fp32, 10 paths", m["half_ten"], HALF)
        yield target.at_most(who + "resize and tokenise (compute thread) of an item's time", m["picture_share"], PICTURES, "%")
