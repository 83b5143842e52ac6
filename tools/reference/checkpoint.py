"""Random checkpoints in the hub's file layout: `FAMILIES` describes those of the golden data, `build`
writes one. `layout`: "hub" (default) names tensors as the hub's files do, "newer" as transformers 5
does inside. What a family needs beyond that is in its own file."""
import llava
import paligemma
import qwen2_vl
from weights import empty_folder, newer_names, save_weights

WRITERS = {"llava": llava.build, "paligemma": paligemma.build, "qwen2_vl": qwen2_vl.build}
# llava: bf16 in shards with an index, grouped queries. llava_fp16: one fp16 file, tied head, buffers
# that old exports carry, a picture grid of 6 x 6.
# paligemma: bf16 in shards, one key for all heads, heads that do not divide the width; tied as the
# hub's are. paligemma_untied: one fp32 file, a head of its own, grouped queries, a 4 x 4 grid.
# qwen2_vl: bf16, a key for seven heads, a head of its own, the hub's sampling defaults, at most 12
# image tokens. qwen2_vl_tied: fp32 in shards, a key for four heads, no time in the rotation of the
# last angles, blocks of 3 x 3 patches, bounds in the newer form, a repetition penalty alone.
FAMILIES = {
    "llava": dict(family="llava", dtype="bfloat16", shard_bytes=100_000, form="legacy", merges=150, tied=False,
                  text=dict(width=48, layers=3, heads=6, kv=2, inter=112, eps=1e-5, theta=10000.0),
                  vision=dict(width=32, layers=3, heads=4, inter=72, side=70, patch=14)),
    "llava_fp16": dict(family="llava", dtype="float16", shard_bytes=0, form="metaspace", merges=110, tied=True,
                       buffers=True,
                       text=dict(width=40, layers=3, heads=4, kv=4, inter=96, eps=1e-6, theta=5000.0),
                       vision=dict(width=24, layers=4, heads=3, inter=64, side=48, patch=8)),
    "paligemma": dict(family="paligemma", dtype="bfloat16", shard_bytes=60_000, form="strings", merges=125, tied=True,
                      text=dict(width=40, layers=3, heads=3, kv=1, head_dim=16, inter=88, theta=10000.0),
                      vision=dict(width=32, layers=3, heads=4, inter=72, side=42, patch=14)),
    "paligemma_untied": dict(family="paligemma", dtype="float32", shard_bytes=0, form="pairs", merges=90, tied=False,
                             text=dict(width=24, layers=2, heads=4, kv=2, head_dim=10, inter=56, theta=2000.0),
                             vision=dict(width=24, layers=2, heads=3, inter=40, side=32, patch=8)),
    "qwen2_vl": dict(family="qwen2_vl", dtype="bfloat16", shard_bytes=0, form="strings", merges=130, tied=False,
                     sampling=qwen2_vl.HUB_SAMPLING,
                     text=dict(width=56, layers=2, heads=7, kv=1, inter=80, eps=1e-6, theta=1000000.0,
                               sections=[1, 1, 2]),
                     vision=dict(width=32, layers=2, heads=2, ratio=2, patch=14, merge=2, pixels=(3136, 9408))),
    "qwen2_vl_tied": dict(family="qwen2_vl", dtype="float32", shard_bytes=90_000, form="pairs", merges=100, tied=True,
                          sampling={"repetition_penalty": 1.05},
                          text=dict(width=32, layers=3, heads=4, kv=1, inter=48, eps=1e-5, theta=10000.0,
                                    sections=[2, 1, 1]),
                          vision=dict(width=16, layers=2, heads=2, ratio=3, patch=6, merge=3, pixels=(972, 5184))),
}


def build(description, seed, folder):
    """Writes the checkpoint folder anew; the same description and seed give the same files."""
    empty_folder(folder)
    tensors = WRITERS[description["family"]](description, seed, folder)
    if description.get("layout") == "newer":
        tensors = newer_names(description["family"], tensors)
    save_weights(folder, tensors, description["shard_bytes"])
