"""tools/bench: VRP beside the reference implementation, and every part of it beside its limit.

    a reference   an item of capture and K = 10 beside transformers in three ways, three families; memory
    b kernels     every CPU kernel against memory and product rates of the same run
    c costs       capture on and off, ten paths and one, 16-bit weights, pictures, lens, edits
    d statistics  the bootstrap beside scipy's
    e machinery   units that do nothing, writing records, starts of runs with many finished units
    f gpu         a beside transformers on a GPU, where there is one

Without --only: all of these, in this order. More parts by name: edits, imports, bootstrap, metadata,
scale, load. Everything goes into one JSON file; what is wanted stands beside what was measured.
"""
import argparse
import json
import os
import pathlib
import sys
import traceback

import checkpoint
import context
import machine
import parts
import process
import target


def save(path, report):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=1) + "\n")


def parse(argv):
    cores = len(os.sched_getaffinity(0))
    parser = argparse.ArgumentParser(prog="tools/bench", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], metavar="PART", help="parts by letter or name")
    parser.add_argument("--json", metavar="FILE", type=pathlib.Path, default=context.WORK / "report.json",
                        help="where the report goes (default .cache/bench/report.json)")
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, cores}), metavar="N",
                        help="cores to compare on (default: 1 and all)")
    parser.add_argument("--families", nargs="+", choices=checkpoint.FAMILIES, default=list(checkpoint.FAMILIES))
    parser.add_argument("--rounds", type=int, default=2, help="rounds over all sides (default 2)")
    parser.add_argument("--items", type=int, default=4 + 3 * cores, metavar="N",
                        help="items of VRP's run (default 4 + 3 per core)")
    parser.add_argument("--reference-items", type=int, default=1,
                        help="items of each reference process (default 1; one takes minutes)")
    parser.add_argument("--quick", action="store_true",
                        help="tiny models, one round: shows that everything runs; its figures mean nothing")
    for name in parts.BY_FLAG:
        parser.add_argument(f"--{parts.BY_FLAG[name]}", dest="only", action="append_const", const=name,
                            help=f"the same as --only {name}")
    arguments = parser.parse_args(argv)
    try:
        arguments.only = parts.named(arguments.only)
    except KeyError as error:
        parser.error(f"--only: no part {error}, expected {', '.join(parts.names())}")
    if max(arguments.threads) > cores or min(arguments.threads) < 1:
        parser.error(f"--threads: there are {cores} cores")
    if arguments.items <= parts.FIRST_PER_RANK * max(arguments.threads):
        parser.error(f"--items: more than {parts.FIRST_PER_RANK} per core are needed")
    if not 1 <= arguments.reference_items <= arguments.items or arguments.rounds < 1:
        parser.error("--reference-items: from 1 to --items; --rounds: at least 1")
    return arguments


def told_by(arguments, work=context.WORK):
    return context.Context(
        work=work, quick=arguments.quick, threads=tuple(sorted(set(arguments.threads))),
        rounds=1 if arguments.quick else arguments.rounds, items=arguments.items,
        reference_items=arguments.reference_items, families=tuple(arguments.families),
        sizes=checkpoint.TINY if arguments.quick else None)


def run_part(part, told, report):
    """Measures a part and adds it to the report; what went wrong is part of it too."""
    try:
        found = part.measure(told)
        report["parts"][part.name] = found
        part.show(found)
        if not told.quick:
            report["targets"] += list(part.targets(found))
    except Exception as error:  # the other parts go on
        known = isinstance(error, process.Failed)
        text = str(error) if known else traceback.format_exc()
        report["parts"][part.name] = {"error": text}
        report["failed"].append(part.name)
        print(f"bench: part {part.name} failed: {text}", file=sys.stderr, flush=True)


def run(arguments, work=context.WORK):
    """Exit code: 0, or 1 when a part failed."""
    told = told_by(arguments, work)
    facts = machine.facts()
    print(f"bench: {facts['processor']}, {facts['cores']} cores, load {facts['load_1min']} over the last minute", flush=True)
    report = {"machine": facts, "quick": told.quick, "rounds": told.rounds, "threads": list(told.threads),
              "parts": {}, "targets": [], "failed": []}
    for part in arguments.only:
        run_part(part, told, report)
        save(arguments.json, report)  # what was measured stays, whatever comes
    if report["targets"]:
        print()
        print("\n".join(target.lines(report["targets"])))
    print(f"\nbench: {arguments.json}" + ("; quick: its figures mean nothing" if told.quick else ""))
    if report["failed"]:
        print(f"bench: failed: {', '.join(report['failed'])}", file=sys.stderr)
    return 1 if report["failed"] else 0


if __name__ == "__main__":
    sys.exit(run(parse(sys.argv[1:])))
