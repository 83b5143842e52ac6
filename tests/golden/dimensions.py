"""Checkpoints of many dimensions, as tools/reference/checkpoint.py takes them: small ones that together
cover what decides something. `picture`: width and height of the picture asked about. `layout`: who
wrote the folder; "hub" and "newer" differ in the tensors' names, "saved" is what transformers saves."""
PLAIN_ANSWERS = {}  # nothing in generation_config.json but special tokens
HUB_ANSWERS = {"do_sample": True, "repetition_penalty": 1.05, "temperature": 0.01, "top_k": 1, "top_p": 0.001}


def llava(heads, kv, head_dim, layers, dtype, tied, layout, picture, shard=0, width=None, vision=()):
    text = dict(width=width or heads * head_dim, heads=heads, kv=kv, layers=layers, inter=50, eps=1e-5, theta=10000.0)
    if width:
        text["head_dim"] = head_dim
    return dict(family="llava", form="legacy" if layers % 2 else "metaspace", merges=110, text=text, dtype=dtype,
                tied=tied, layout=layout, picture=picture, shard_bytes=shard,
                vision=dict(width=24, layers=2, heads=2, inter=36, side=28, patch=14) | dict(vision))


def paligemma(heads, kv, head_dim, layers, dtype, tied, layout, picture, width, shard=0, vision=()):
    return dict(family="paligemma", form="pairs" if layers % 2 else "strings", merges=110, dtype=dtype, tied=tied,
                text=dict(width=width, heads=heads, kv=kv, head_dim=head_dim, layers=layers, inter=50, theta=10000.0),
                layout=layout, picture=picture, shard_bytes=shard,
                vision=dict(width=24, layers=2, heads=2, inter=36, side=28, patch=14) | dict(vision))


def qwen2_vl(heads, kv, head_dim, layers, dtype, tied, layout, picture, sections, shard=0, sampling=PLAIN_ANSWERS,
             vision=()):
    text = dict(width=heads * head_dim, heads=heads, kv=kv, layers=layers, inter=50, eps=1e-6, theta=1000000.0,
                sections=sections)
    return dict(family="qwen2_vl", form="pairs" if layers % 2 else "strings", merges=60, text=text, dtype=dtype,
                tied=tied, layout=layout, picture=picture, shard_bytes=shard, sampling=sampling,
                vision=dict(width=24, layers=2, heads=2, ratio=2, patch=14, merge=2, pixels=(3136, 9408)) | dict(vision))


CHECKPOINTS = {
    # heads, key heads, head size, layers, stored as, tied, layout, picture
    "llava-1": llava(1, 1, 256, 1, "float32", True, "hub", (37, 53)),
    "llava-2": llava(4, 2, 64, 2, "float16", False, "newer", (101, 17), shard=90_000),
    "llava-3": llava(4, 1, 128, 5, "bfloat16", False, "saved", (1, 1), width=48, vision=dict(patch=7)),
    "llava-4": llava(7, 1, 32, 3, "float16", True, "hub", (64, 3), shard=150_000, vision=dict(layers=4, heads=3)),
    "llava-5": llava(3, 3, 64, 6, "float32", False, "newer", (28, 28), width=42,
                     vision=dict(layers=1, side=30, patch=10)),
    "paligemma-1": paligemma(8, 1, 256, 2, "bfloat16", True, "hub", (37, 53), width=48),
    "paligemma-2": paligemma(8, 1, 256, 2, "bfloat16", True, "newer", (37, 53), width=48, vision=dict(side=56)),
    "paligemma-3": paligemma(7, 1, 32, 6, "float16", False, "saved", (101, 17), width=40, shard=120_000,
                             vision=dict(patch=7)),
    "paligemma-4": paligemma(4, 4, 128, 1, "float32", False, "newer", (5, 2), width=36, shard=100_000,
                             vision=dict(layers=1)),
    "paligemma-5": paligemma(6, 3, 64, 4, "float32", True, "saved", (28, 28), width=50,
                             vision=dict(layers=3, heads=4)),
    "paligemma-6": paligemma(4, 1, 64, 3, "bfloat16", True, "hub", (20, 90), width=30, shard=60_000),
    "qwen2_vl-1": qwen2_vl(7, 1, 32, 2, "bfloat16", False, "hub", (37, 53), [4, 6, 6], shard=150_000,
                           sampling=HUB_ANSWERS),
    "qwen2_vl-2": qwen2_vl(2, 1, 64, 3, "float16", True, "newer", (101, 17), [6, 16, 10],
                           vision=dict(patch=8, merge=3, pixels=(576, 5184))),
    "qwen2_vl-3": qwen2_vl(4, 1, 128, 1, "float32", True, "saved", (61, 83), [16, 24, 24],
                           vision=dict(merge=1, pixels=(196, 3136))),
    "qwen2_vl-4": qwen2_vl(2, 2, 256, 4, "bfloat16", False, "newer", (90, 1), [0, 64, 64],
                           vision=dict(layers=1, patch=6, merge=4, pixels=(576, 6912))),
    "qwen2_vl-5": qwen2_vl(14, 2, 32, 6, "bfloat16", True, "saved", (20, 90), [8, 4, 4], shard=400_000,
                           sampling=HUB_ANSWERS, vision=dict(layers=3, heads=6, ratio=4)),
}
