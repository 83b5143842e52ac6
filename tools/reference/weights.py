"""What the checkpoints of all families are made of: named random tensors, the parts that families
share, and the files that hold them."""
import json
import math
import os
import shutil

import torch
from safetensors.torch import save_file

CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
# The names that transformers 5 gives the tensors, by the hub's; the first prefix that fits counts.
NEWER_NAMES = {
    "towers": {"language_model.model.": "model.language_model.", "language_model.lm_head.": "lm_head.",
               "vision_tower.": "model.vision_tower.", "multi_modal_projector.": "model.multi_modal_projector."},
    "qwen2_vl": {"visual.": "model.visual.", "model.": "model.language_model."},
}


class Weights:
    """Named random tensors, a function of the seed."""

    def __init__(self, seed, dtype):
        self.dice, self.dtype, self.tensors = torch.Generator().manual_seed(seed), getattr(torch, dtype), {}

    def normal(self, name, shape, std, mean=0.0):
        self.tensors[name] = (mean + std * torch.randn(shape, generator=self.dice)).to(self.dtype)

    def linear(self, name, rows, cols, bias, gain=1.0):
        self.normal(name + ".weight", (rows, cols), gain / math.sqrt(cols))
        if bias:
            self.normal(name + ".bias", (rows,), 0.1)

    def layer_norm(self, name, width):
        self.normal(name + ".weight", (width,), 0.1, 1.0)
        self.normal(name + ".bias", (width,), 0.1)


def head_width(t):
    return t.get("head_dim") or t["width"] // t["heads"]


def tower(w, v, clip):
    """A CLIP or SigLIP tower under the hub's names."""
    base, width = "vision_tower.vision_model.", v["width"]
    if clip:
        w.normal(base + "embeddings.class_embedding", (width,), 0.6)
    w.normal(base + "embeddings.patch_embedding.weight", (width, 3, v["patch"], v["patch"]),
             1 / math.sqrt(3 * v["patch"] ** 2) * 2)
    if not clip:
        w.normal(base + "embeddings.patch_embedding.bias", (width,), 0.1)
    w.normal(base + "embeddings.position_embedding.weight",
             ((v["side"] // v["patch"]) ** 2 + int(clip), width), 0.4)
    for name in ("pre_layrnorm", "post_layernorm") if clip else ("post_layernorm",):
        w.layer_norm(base + name, width)
    for i in range(v["layers"]):
        block = f"{base}encoder.layers.{i}."
        for name in ("layer_norm1", "layer_norm2"):
            w.layer_norm(block + name, width)
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            w.linear(block + "self_attn." + name, width, width, True, 1.3)
        w.linear(block + "mlp.fc1", v["inter"], width, True)
        w.linear(block + "mlp.fc2", width, v["inter"], True)


def decoder(w, base, t, rows, embedding, bias=False, norm=1.0, out=1.0):
    """The text model without its head. embedding: standard deviation of the token vectors; bias: of
    q, k and v; norm: mean of the norms' weights; out: gain of what the blocks add."""
    width, head = t["width"], head_width(t)
    w.normal(base + "embed_tokens.weight", (rows, width), embedding)
    for i in range(t["layers"]):
        block = f"{base}layers.{i}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            w.normal(f"{block}{name}.weight", (width,), 0.1, norm)
        for name, heads in (("q_proj", t["heads"]), ("k_proj", t["kv"]), ("v_proj", t["kv"])):
            w.linear(f"{block}self_attn.{name}", heads * head, width, bias, 1.5)
        w.linear(block + "self_attn.o_proj", width, t["heads"] * head, False, out)
        w.linear(block + "mlp.gate_proj", t["inter"], width, False)
        w.linear(block + "mlp.up_proj", t["inter"], width, False)
        w.linear(block + "mlp.down_proj", width, t["inter"], False, 1.4 * out)
    w.normal(base + "norm.weight", (width,), 0.1, norm)


def newer_names(family, tensors):
    prefixes = NEWER_NAMES["qwen2_vl" if family == "qwen2_vl" else "towers"]
    out = {}
    for name, tensor in tensors.items():
        old = next((p for p in prefixes if name.startswith(p)), "")
        out[prefixes.get(old, "") + name[len(old):]] = tensor
    return out


def save_weights(folder, tensors, shard_bytes):
    if not shard_bytes:
        save_file(tensors, f"{folder}/model.safetensors", metadata={"format": "pt"})
        return
    shards, used = [{}], 0
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size()
        if shards[-1] and used + size > shard_bytes:
            shards.append({})
            used = 0
        shards[-1][name] = tensor
        used += size
    place = {}
    for i, shard in enumerate(shards):
        file = f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors"
        save_file(shard, f"{folder}/{file}", metadata={"format": "pt"})
        place.update({name: file for name in shard})
    total = sum(t.numel() * t.element_size() for t in tensors.values())
    write_json(f"{folder}/model.safetensors.index.json",
               {"metadata": {"total_size": total}, "weight_map": dict(sorted(place.items()))})


def empty_folder(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=1)
        f.write("\n")


def write_tokenizer(folder, tokenizer, **config):
    """tokenizer.json, and tokenizer_config.json with its added tokens and the fields given."""
    write_json(f"{folder}/tokenizer.json", tokenizer)
    write_json(f"{folder}/tokenizer_config.json", {
        "added_tokens_decoder": {str(e["id"]): {k: x for k, x in e.items() if k != "id"}
                                 for e in tokenizer["added_tokens"]}, **config})
