"""Random LLaVA checkpoints in the hub's file layout. `FAMILIES` describes them, `build` writes one."""
import json
import math
import os
import shutil

import torch
from safetensors.torch import save_file

from vocabulary import tokenizer_json

MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
# llava: bf16 in shards with an index, grouped queries. llava_fp16: one fp16 file, tied head, buffers
# that old exports carry, a picture grid of 6 x 6.
FAMILIES = {
    "llava": dict(dtype="bfloat16", shard_bytes=100_000, form="legacy", merges=150, tied=False, buffers=False,
                  text=dict(width=48, layers=3, heads=6, kv=2, inter=112, eps=1e-5, theta=10000.0),
                  vision=dict(width=32, layers=3, heads=4, inter=72, side=70, patch=14)),
    "llava_fp16": dict(dtype="float16", shard_bytes=0, form="metaspace", merges=110, tied=True, buffers=True,
                       text=dict(width=40, layers=3, heads=4, kv=4, inter=96, eps=1e-6, theta=5000.0),
                       vision=dict(width=24, layers=4, heads=3, inter=64, side=48, patch=8)),
}
TEMPLATE = (
    "{% for m in messages %}{{ m['role'].upper() + ': ' }}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}{{ '<image>\n' }}{% else %}{{ part['text'] + ' ' }}{% endif %}"
    "{% endfor %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}")


class Weights:
    """Named random tensors, a function of the seed."""

    def __init__(self, seed, dtype):
        self.dice, self.dtype, self.tensors = torch.Generator().manual_seed(seed), dtype, {}

    def normal(self, name, shape, std, mean=0.0):
        self.tensors[name] = (mean + std * torch.randn(shape, generator=self.dice)).to(self.dtype)

    def linear(self, name, rows, cols, bias, gain=1.0):
        self.normal(name + ".weight", (rows, cols), gain / math.sqrt(cols))
        if bias:
            self.normal(name + ".bias", (rows,), 0.1)

    def layer_norm(self, name, width):
        self.normal(name + ".weight", (width,), 0.1, 1.0)
        self.normal(name + ".bias", (width,), 0.1)


def vision_weights(w, v):
    base, width = "vision_tower.vision_model.", v["width"]
    w.normal(base + "embeddings.class_embedding", (width,), 0.6)
    w.normal(base + "embeddings.patch_embedding.weight", (width, 3, v["patch"], v["patch"]),
             1 / math.sqrt(3 * v["patch"] ** 2) * 2)
    w.normal(base + "embeddings.position_embedding.weight", ((v["side"] // v["patch"]) ** 2 + 1, width), 0.4)
    for name in ("pre_layrnorm", "post_layernorm"):
        w.layer_norm(base + name, width)
    for i in range(v["layers"]):
        block = f"{base}encoder.layers.{i}."
        for name in ("layer_norm1", "layer_norm2"):
            w.layer_norm(block + name, width)
        for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
            w.linear(block + "self_attn." + name, width, width, True, 1.3)
        w.linear(block + "mlp.fc1", v["inter"], width, True)
        w.linear(block + "mlp.fc2", width, v["inter"], True)


def text_weights(w, t, rows, tied):
    base, width, head = "language_model.model.", t["width"], t["width"] // t["heads"]
    w.normal(base + "embed_tokens.weight", (rows, width), 0.25 if tied else 1.0)
    for i in range(t["layers"]):
        block = f"{base}layers.{i}."
        for name in ("input_layernorm", "post_attention_layernorm"):
            w.normal(f"{block}{name}.weight", (width,), 0.1, 1.0)
        for name, out in (("q_proj", t["heads"]), ("k_proj", t["kv"]), ("v_proj", t["kv"])):
            w.linear(f"{block}self_attn.{name}", out * head, width, False, 1.5)
        w.linear(block + "self_attn.o_proj", width, t["heads"] * head, False)
        w.linear(block + "mlp.gate_proj", t["inter"], width, False)
        w.linear(block + "mlp.up_proj", t["inter"], width, False)
        w.linear(block + "mlp.down_proj", width, t["inter"], False, 1.4)
    w.normal(base + "norm.weight", (width,), 0.1, 1.0)
    if not tied:
        w.normal("language_model.lm_head.weight", (rows, width), 2.5 / math.sqrt(width))


def weights(family, seed, rows, image):
    w = Weights(seed, getattr(torch, family["dtype"]))
    t, v = family["text"], family["vision"]
    vision_weights(w, v)
    text_weights(w, t, rows, family["tied"])
    w.linear("multi_modal_projector.linear_1", t["width"], v["width"], True)
    w.linear("multi_modal_projector.linear_2", t["width"], t["width"], True)
    head = "language_model.model.embed_tokens.weight" if family["tied"] else "language_model.lm_head.weight"
    w.tensors[head][image] = 0  # the model is not to answer with picture tokens
    if family["buffers"]:
        head_width = t["width"] // t["heads"]
        for i in range(t["layers"]):
            w.tensors[f"language_model.model.layers.{i}.self_attn.rotary_emb.inv_freq"] = (
                t["theta"] ** -(torch.arange(0, head_width, 2).float() / head_width))
        cells = (v["side"] // v["patch"]) ** 2
        w.tensors["vision_tower.vision_model.embeddings.position_ids"] = torch.arange(cells + 1)[None]
    return w.tensors


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


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as f:
        json.dump(value, f, ensure_ascii=False, indent=1)
        f.write("\n")


def build(name, seed, folder):
    """Writes the checkpoint folder of FAMILIES[name] anew."""
    family = FAMILIES[name]
    t, v = family["text"], family["vision"]
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    tokenizer, ids, image, pad = tokenizer_json(family["form"], family["merges"])
    rows = (ids + 31) // 32 * 32
    write_json(f"{folder}/tokenizer.json", tokenizer)
    write_json(f"{folder}/tokenizer_config.json", {
        "added_tokens_decoder": {str(e["id"]): {k: x for k, x in e.items() if k != "id"}
                                 for e in tokenizer["added_tokens"]},
        "bos_token": "<s>", "clean_up_tokenization_spaces": False, "eos_token": "</s>",
        "image_token": "<image>", "extra_special_tokens": {"image_token": "<image>"}, "pad_token": "<pad>",
        "processor_class": "LlavaProcessor", "tokenizer_class": "PreTrainedTokenizerFast", "unk_token": "<unk>"})
    text = {"architectures": ["LlamaForCausalLM"], "hidden_size": t["width"], "intermediate_size": t["inter"],
            "max_position_embeddings": 4096, "model_type": "llama", "num_attention_heads": t["heads"],
            "num_hidden_layers": t["layers"], "rms_norm_eps": t["eps"], "torch_dtype": family["dtype"],
            "vocab_size": rows}
    if t["kv"] != t["heads"]:
        text["num_key_value_heads"] = t["kv"]
    if t["theta"] != 10000.0:
        text["rope_theta"] = t["theta"]
    write_json(f"{folder}/config.json", {
        "architectures": ["LlavaForConditionalGeneration"], "image_token_index": image, "model_type": "llava",
        "pad_token_id": pad, "projector_hidden_act": "gelu", "text_config": text,
        "tie_word_embeddings": family["tied"], "torch_dtype": family["dtype"],
        "vision_config": {"hidden_size": v["width"], "image_size": v["side"], "intermediate_size": v["inter"],
                          "model_type": "clip_vision_model", "num_attention_heads": v["heads"],
                          "num_hidden_layers": v["layers"], "patch_size": v["patch"], "projection_dim": 16},
        "vision_feature_layer": -2, "vision_feature_select_strategy": "default"})
    write_json(f"{folder}/generation_config.json", {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": pad})
    write_json(f"{folder}/preprocessor_config.json", {
        "crop_size": {"height": v["side"], "width": v["side"]} if family["shard_bytes"] else v["side"],
        "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "image_mean": MEAN, "image_processor_type": "CLIPImageProcessor", "image_std": STD,
        "processor_class": "LlavaProcessor", "resample": 3, "rescale_factor": 1 / 255,
        "size": {"shortest_edge": v["side"]} if family["shard_bytes"] else v["side"]})
    write_json(f"{folder}/processor_config.json", {
        "image_token": "<image>", "num_additional_image_tokens": 1, "patch_size": v["patch"],
        "processor_class": "LlavaProcessor", "vision_feature_select_strategy": "default"})
    write_json(f"{folder}/chat_template.json", {"chat_template": TEMPLATE})
    save_weights(folder, weights(family, seed, rows, image), family["shard_bytes"])
