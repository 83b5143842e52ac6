"""Edits that share work against the same edits one by one, over models of several depths.

The conditions are those of the paper's neuron table at the last block (edit_speed_program.cpp). The
ratio is of processor time where both ways run on one thread, else by the clock.
"""
import json

import checkpoint
import items
import process
import vrp_side

DEPTHS = (4, 8, 12, 16)


def ratio(found, threads):
    unit = "processor_s" if threads == 1 else "s"
    return round(found[f"one_by_one_{unit}"] / found[f"shared_{unit}"], 2)


def measure(work, tokens, threads, depths=DEPTHS, layer="-1", program=None, sizes=None):
    """One entry a depth: the program's figures and the ratio. Error unless all answers are equal."""
    program = program or vrp_side.BIN / "edit_speed"
    if not program.is_file():
        raise process.Failed(f"{program}: not there; build it first (cmake --build build -t edit_speed)")
    items.write(work, 1)
    entries = []
    for depth in depths:
        parameters = checkpoint.write(work / f"checkpoint-{depth}", "llava", checkpoint.changed(
            sizes or checkpoint.MEDIUM["llava"], layers=depth))
        _, peak, text = process.run([program, work / f"checkpoint-{depth}", work / "images" / "000.jpg",
                                     layer, tokens, threads], threads,
                                    {"OMP_NUM_THREADS": str(threads)})
        found = json.loads(text)
        if found["equal_answers"] != found["conditions"]:
            raise process.Failed(f"{found['equal_answers']} of {found['conditions']} edited answers are "
                                 f"equal at {depth} layers, expected all")
        entries.append({**found, "parameters": parameters, "threads": threads, "peak_rss_mb": peak,
                        "layer": layer, "ratio": ratio(found, threads)})
        print(f"  {depth} layers: shared {found['shared_s']:.2f} s, one by one "
              f"{found['one_by_one_s']:.2f} s for {found['conditions']} conditions: "
              f"{entries[-1]['ratio']} times as fast", flush=True)
    return entries
