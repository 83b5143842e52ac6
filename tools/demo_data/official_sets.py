"""Demo sets in the official file format of every benchmark that VRP imports.

  python tools/demo_data/official_sets.py --data DIR [--seed 2014]

DIR is a folder of make_demo_data.py, which calls `write_all` itself. Each set lies in a folder of
its own below DIR; pictures are hard links to DIR/val2014. The same scenes and seed give the same
bytes.
"""

import argparse

import numpy as np

from asking import read_scenes
from formats import generic, llava_bench, mm_vet, mme, seed_bench, textvqa, vlmevalkit, vqav2


def write_all(out, seed):
    """Writes every set below the demo data folder `out`; returns {set: truths of its items}. A set
    draws from a generator of its own, so that one more set leaves the others as they are."""
    scenes = read_scenes(out)

    def rng(stream):
        return np.random.default_rng([seed, 100 + stream])

    return {
        "vqav2": vqav2.write(out, scenes, rng(1)),
        "textvqa": textvqa.write(out, scenes, rng(2)),
        "llava_bench_coco": llava_bench.write_coco(out, scenes, rng(3)),
        "llava_bench_in_the_wild": llava_bench.write_wild(out, scenes, rng(4)),
        "mme": mme.write(out, scenes, rng(5)),
        "seed_bench": seed_bench.write(out, scenes, rng(6)),
        "mm_vet": mm_vet.write(out, scenes, rng(7)),
        "vlmevalkit": vlmevalkit.write(out, scenes, rng(8)),
        "jsonl": generic.write_jsonl(out, scenes, rng(9)),
        "pope_merged": generic.write_pope_merged(out),
        "pope_v2": generic.write_pope_v2(out, scenes, rng(10)),
        "counting_set": generic.write_counting(out, scenes, rng(11)),
    }


def main():
    ap = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    ap.add_argument("--data", required=True, help="folder that make_demo_data.py wrote")
    ap.add_argument("--seed", type=int, default=2014, help="0..9999")
    a = ap.parse_args()
    print(f"{a.data}: {len(write_all(a.data, a.seed))} sets in their benchmarks' file formats")


if __name__ == "__main__":
    main()
