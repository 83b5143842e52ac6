"""Part (b): every CPU kernel against what the machine reaches in the same run (vrp-kernel-bench)."""
import json
import re

import process
import target
import vrp_side

PREFILL, DECODE = 0.80, 0.70  # shares: of a large matrix product, of the memory read rate


def measure(told):
    program = vrp_side.program("vrp-kernel-bench")
    found = []
    for threads in told.threads:
        print(f"bench (b): kernels on {threads} threads", flush=True)
        options = ["--quick"] if told.quick else ["--rounds", 2 * told.rounds + 1]
        _, _, text = process.run([program, "--json", "--threads", threads, *options], threads,
                                 {"OMP_NUM_THREADS": str(threads)})
        found.append(json.loads(text))
    return found


def prefill_share(rows, count):
    """Of all products of a block with `count` rows together."""
    mine = [r for r in rows if re.fullmatch(rf"prefill (qkv|out|gate_up|down), {count} rows", r["name"])]
    return sum(r["limit_seconds"] for r in mine) / sum(r["seconds"] for r in mine)


def decode_row(rows, dtype, count):
    name = f"decode {dtype}, {count} row{'s' if count > 1 else ''}"
    return next(r for r in rows if r["name"] == name)


def show(found):
    for run in found:
        limits = run["limits"]
        print(f"\nkernels on {run['threads']} threads ({run['instructions']}): memory read {limits['read_gb_s']:.1f} GB/s, copy "
              f"{limits['copy_gb_s']:.1f} GB/s, product {limits['product_gflop_s']:.0f} Gflop/s")
        print(f"  {'kernel':<52}{'us':>12}{'limit':>14}{'us':>12}{'share':>9}")
        for r in run["rows"]:
            rate = f"  {r['per_second']:.3g} {r['what']}/s" if "what" in r else ""
            print(f"  {r['name']:<52}{1e6 * r['seconds']:>12.1f}{r['limit']:>14}{1e6 * r['limit_seconds']:>12.1f}"
                  f"{100 * r['share']:>8.1f}%{rate}")
        for count in (1, 10, 11):
            full, half = (decode_row(run["rows"], dtype, count)["seconds"] for dtype in ("fp32", "bf16"))
            print(f"  products of {count} rows: bf16 weights {full / half:.2f} times as fast as fp32")


def targets(found):
    for run in found:
        threads = run["threads"]
        for count in (595, 180):
            yield target.at_least(f"{threads} threads: prefill products, {count} rows, of a large product's rate",
                                  prefill_share(run["rows"], count), PREFILL, "%")
        for dtype, count in (("fp32", 1), ("fp32", 10), ("fp32", 11)):
            yield target.at_least(f"{threads} threads: decode products, {dtype}, {count} rows, of the read rate",
                                  decode_row(run["rows"], dtype, count)["read_share"], DECODE, "%")
