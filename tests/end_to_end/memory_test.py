#!/usr/bin/env python3
"""Weights in fp16 and bf16 stay as stored on the CPU: peak memory within weights + 20 %.

  memory_test.py PROGRAM [--full]

Writes checkpoints of zeros as sparse files (nothing on disk but the headers) in the shapes of the
families, scaled down; with --full the shapes of the 7B checkpoints themselves (needs 20 GB of
memory). Prints one line a checkpoint: what loading and answering took, and what vrp check-model's
estimate says, which must be an upper bound.
"""
import argparse
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden/data"


def write_sparse(path, tensors, dtype):
    """A safetensors file of zeros: {name: shape}, data never written."""
    header, at = {}, 0
    for name, shape in tensors.items():
        size = 2
        for side in shape:
            size *= side
        header[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        f.truncate(8 + len(text) + at)
    return at


def names_and_shapes(family, config):
    """The tensors of a family by its configuration, as the hub files name them."""
    text = config if family == "qwen2_vl" else config["text_config"]
    vision, out = config["vision_config"], {}
    d, inter, heads = text["hidden_size"], text["intermediate_size"], text["num_attention_heads"]
    kv, width = text["num_key_value_heads"], text.get("head_dim", d // heads)
    base = "model." if family == "qwen2_vl" else "language_model.model."
    out[base + "embed_tokens.weight"] = (text["vocab_size"], d)
    for i in range(text["num_hidden_layers"]):
        b = f"{base}layers.{i}."
        for name, rows in (("q_proj", heads), ("k_proj", kv), ("v_proj", kv)):
            out[f"{b}self_attn.{name}.weight"] = (rows * width, d)
            if family == "qwen2_vl":
                out[f"{b}self_attn.{name}.bias"] = (rows * width,)
        out[b + "self_attn.o_proj.weight"] = (d, heads * width)
        out[b + "mlp.gate_proj.weight"] = out[b + "mlp.up_proj.weight"] = (inter, d)
        out[b + "mlp.down_proj.weight"] = (d, inter)
        out[b + "input_layernorm.weight"] = out[b + "post_attention_layernorm.weight"] = (d,)
    out[base + "norm.weight"] = (d,)
    if family == "llava":
        out["language_model.lm_head.weight"] = (text["vocab_size"], d)
    if family == "qwen2_vl":
        if not config["tie_word_embeddings"]:
            out["lm_head.weight"] = (text["vocab_size"], d)
        e, m = vision["embed_dim"], vision["spatial_merge_size"] ** 2
        p, wide = vision["patch_size"], int(e * vision["mlp_ratio"])
        out["visual.patch_embed.proj.weight"] = (e, 3, vision["temporal_patch_size"], p, p)
        for i in range(vision["depth"]):
            b = f"visual.blocks.{i}."
            for name, rows, cols in (("attn.qkv", 3 * e, e), ("attn.proj", e, e),
                                     ("mlp.fc1", wide, e), ("mlp.fc2", e, wide)):
                out[b + name + ".weight"], out[b + name + ".bias"] = (rows, cols), (rows,)
            for name in ("norm1", "norm2"):
                out[f"{b}{name}.weight"] = out[f"{b}{name}.bias"] = (e,)
        out["visual.merger.ln_q.weight"] = out["visual.merger.ln_q.bias"] = (e,)
        for name, rows in (("0", m * e), ("2", d)):
            out[f"visual.merger.mlp.{name}.weight"] = (rows, m * e)
            out[f"visual.merger.mlp.{name}.bias"] = (rows,)
        return out
    e, p, side = vision["hidden_size"], vision["patch_size"], vision["image_size"]
    clip = family == "llava"
    base = "vision_tower.vision_model."
    out[base + "embeddings.patch_embedding.weight"] = (e, 3, p, p)
    out[base + "embeddings.position_embedding.weight"] = ((side // p) ** 2 + clip, e)
    if clip:
        out[base + "embeddings.class_embedding"] = (e,)
    else:
        out[base + "embeddings.patch_embedding.bias"] = (e,)
    for name in ["post_layernorm"] + ["pre_layrnorm"] * clip:
        out[f"{base}{name}.weight"] = out[f"{base}{name}.bias"] = (e,)
    for i in range(vision["num_hidden_layers"]):
        b = f"{base}encoder.layers.{i}."
        for name in ("layer_norm1", "layer_norm2"):
            out[f"{b}{name}.weight"] = out[f"{b}{name}.bias"] = (e,)
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            out[f"{b}self_attn.{name}.weight"], out[f"{b}self_attn.{name}.bias"] = (e, e), (e,)
        inner = vision["intermediate_size"]
        out[b + "mlp.fc1.weight"], out[b + "mlp.fc1.bias"] = (inner, e), (inner,)
        out[b + "mlp.fc2.weight"], out[b + "mlp.fc2.bias"] = (e, inner), (e,)
    for name, cols in (("linear_1", e), ("linear_2", d)) if clip else (("linear", e),):
        out[f"multi_modal_projector.{name}.weight"] = (d, cols)
        out[f"multi_modal_projector.{name}.bias"] = (d,)
    return out


def merged(config, changes):
    for key, value in changes.items():
        config[key] = merged(config.get(key, {}), value) if isinstance(value, dict) else value
    return config


# Scaled: as wide as memory asks for, as shallow as time allows. Full: the hub's shapes.
CASES = {
    "llava": ("llava", "F16", dict(
        text_config=dict(hidden_size=2048, intermediate_size=5504, num_hidden_layers=6,
                         num_attention_heads=16, num_key_value_heads=16, vocab_size=32064),
        vision_config=dict(hidden_size=512, intermediate_size=2048, num_hidden_layers=4,
                           num_attention_heads=8))),
    # The vocabulary is most of it: a tied matrix must not be there twice.
    "paligemma": ("paligemma", "BF16", dict(
        text_config=dict(hidden_size=1024, intermediate_size=4096, num_hidden_layers=2,
                         num_attention_heads=4, num_key_value_heads=1, head_dim=256,
                         vocab_size=257216),
        vision_config=dict(hidden_size=512, intermediate_size=2048, num_hidden_layers=2,
                           num_attention_heads=8),
        projection_dim=1024, hidden_size=1024)),
    "qwen2_vl": ("qwen2_vl", "BF16", dict(
        hidden_size=1536, intermediate_size=8960, num_hidden_layers=6, num_attention_heads=12,
        num_key_value_heads=2, vocab_size=151936, tie_word_embeddings=False,
        rope_scaling=dict(type="mrope", mrope_section=[16, 24, 24]),
        vision_config=dict(depth=2, embed_dim=640, num_heads=8, mlp_ratio=4, hidden_size=1536))),
}
FULL = {
    "qwen2_vl 7B": ("qwen2_vl", "BF16", dict(
        hidden_size=3584, intermediate_size=18944, num_hidden_layers=28, num_attention_heads=28,
        num_key_value_heads=4, vocab_size=152064, tie_word_embeddings=False,
        rope_scaling=dict(type="mrope", mrope_section=[16, 24, 24]),
        vision_config=dict(depth=32, embed_dim=1280, num_heads=16, mlp_ratio=4,
                           hidden_size=3584))),
}


def build(folder, family, dtype, changes):
    """The repository's small checkpoint of the family with other dimensions and weights of zero."""
    shutil.copytree(GOLDEN / family / "checkpoint", folder,
                    ignore=shutil.ignore_patterns("*.safetensors*"))
    path = folder / "config.json"
    config = merged(json.loads(path.read_text()), changes)
    config["torch_dtype"] = {"F16": "float16", "BF16": "bfloat16"}[dtype]
    path.write_text(json.dumps(config))
    return write_sparse(folder / "model.safetensors", names_and_shapes(family, config), dtype)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--full", action="store_true")
    a = parser.parse_args()
    picture = sorted((GOLDEN / "images").glob("*.jpg"))[0]
    failures = 0
    for name, (family, dtype, changes) in (FULL if a.full else CASES).items():
        with tempfile.TemporaryDirectory() as root:
            folder = pathlib.Path(root) / "checkpoint"
            size = build(folder, family, dtype, changes)
            done = subprocess.run([a.program, folder, picture], text=True, capture_output=True)
            if done.returncode:
                sys.exit(f"{name}: {done.stderr}")
            m = json.loads(done.stdout)
        print(f"{name}: weights on disk {size / 1e9:.3f} GB; loading took {m['loaded'] / size:.3f} "
              f"of that, answering {m['peak'] / size:.3f} at the peak (prompt of {m['prompt']} "
              f"tokens, {m['paths']} paths); estimate {m['need'] / size:.3f}", flush=True)
        if not m["tokens"] == 4 or not m["paths"] == 10:
            print(f"FAILED: {m['tokens']} tokens and {m['paths']} paths, expected 4 and 10")
            failures += 1
        if not 0.95 * size <= m["peak"] <= 1.2 * size:
            print("FAILED: the peak is not within weights and 20 %")
            failures += 1
        if not m["peak"] <= 1.02 * m["need"] <= 1.5 * m["peak"]:
            print("FAILED: the estimate is no close upper bound")
            failures += 1
    sys.exit(failures > 0)


if __name__ == "__main__":
    main()
