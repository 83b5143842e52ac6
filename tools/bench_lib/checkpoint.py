"""A LLaVA-1.5 checkpoint folder with random weights, in the layout of the hub's, of medium size.

190 M parameters as fp32, 576 image tokens: large enough that matrix products dominate as they do in
the 7 B model, small enough for a laptop. `write(folder)` takes seconds; the same seed, same bytes.
"""
import hashlib
import json
import math

import numpy as np

import vocabulary

VISION = {"hidden_size": 512, "image_size": 336, "intermediate_size": 2048,
          "model_type": "clip_vision_model", "num_attention_heads": 8, "num_hidden_layers": 8,
          "patch_size": 14, "projection_dim": 256, "vocab_size": 32000}
TEXT = {"architectures": ["LlamaForCausalLM"], "hidden_size": 1024, "intermediate_size": 2816,
        "max_position_embeddings": 4096, "model_type": "llama", "num_attention_heads": 16,
        "num_hidden_layers": 12, "rms_norm_eps": 1e-5, "torch_dtype": "float32"}
PIECES = 3998
SEED = 7
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]
TEMPLATE = ("{% for message in messages %}{{ message['role'].upper() + ': ' }}"
            "{% for part in message['content'] %}"
            "{{ '<image>\n' if part['type'] == 'image' else part['text'] + ' ' }}{% endfor %}"
            "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}")


def dump(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


class Tensors:
    """Random tensors by name: each has a generator of its own, so order does not matter."""

    def __init__(self):
        self.values = {}

    def normal(self, name, shape, std, mean=0.0):
        key = int.from_bytes(hashlib.sha256(f"{SEED}:{name}".encode()).digest()[:8], "little")
        draw = np.random.default_rng(key).standard_normal(shape, dtype=np.float32)
        self.values[name] = draw * np.float32(std) + np.float32(mean)

    def linear(self, name, out, into, bias, gain=1.0):
        self.normal(f"{name}.weight", (out, into), gain / math.sqrt(into))
        if bias:
            self.normal(f"{name}.bias", (out,), 0.1)

    def norm(self, name, width, bias):
        self.normal(f"{name}.weight", (width,), 0.1, 1.0)
        if bias:
            self.normal(f"{name}.bias", (width,), 0.1)


def vision_tensors(t):
    width, wide, patch = VISION["hidden_size"], VISION["intermediate_size"], VISION["patch_size"]
    cells = (VISION["image_size"] // patch) ** 2
    top = "vision_tower.vision_model"
    t.normal(f"{top}.embeddings.class_embedding", (width,), 1.0)
    t.normal(f"{top}.embeddings.patch_embedding.weight", (width, 3, patch, patch),
             1 / math.sqrt(3 * patch * patch))
    t.normal(f"{top}.embeddings.position_embedding.weight", (cells + 1, width), 0.5)
    t.norm(f"{top}.pre_layrnorm", width, True)  # spelled so in the hub's files
    t.norm(f"{top}.post_layernorm", width, True)
    for layer in range(VISION["num_hidden_layers"]):
        name = f"{top}.encoder.layers.{layer}"
        for part in ("layer_norm1", "layer_norm2"):
            t.norm(f"{name}.{part}", width, True)
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            t.linear(f"{name}.self_attn.{part}", width, width, True)
        t.linear(f"{name}.mlp.fc1", wide, width, True)
        t.linear(f"{name}.mlp.fc2", width, wide, True)


def text_tensors(t, rows, layers):
    width, wide = TEXT["hidden_size"], TEXT["intermediate_size"]
    t.normal("language_model.model.embed_tokens.weight", (rows, width), 0.5)
    t.normal("language_model.lm_head.weight", (rows, width), 3 / math.sqrt(width))
    t.norm("language_model.model.norm", width, False)
    for layer in range(layers):
        name = f"language_model.model.layers.{layer}"
        for part in ("input_layernorm", "post_attention_layernorm"):
            t.norm(f"{name}.{part}", width, False)
        for part in ("q_proj", "k_proj", "v_proj", "o_proj"):
            t.linear(f"{name}.self_attn.{part}", width, width, False)
        t.linear(f"{name}.mlp.gate_proj", wide, width, False, 1.5)
        t.linear(f"{name}.mlp.up_proj", wide, width, False)
        t.linear(f"{name}.mlp.down_proj", width, wide, False, 1.5)


def write(folder, layers=TEXT["num_hidden_layers"]):
    """Writes the folder; returns the number of parameters."""
    from safetensors.numpy import save_file
    text = {**TEXT, "num_hidden_layers": layers}
    folder.mkdir(parents=True, exist_ok=True)
    ids = vocabulary.write(folder, dump, PIECES)
    rows = (ids["rows"] + 63) // 64 * 64
    t = Tensors()
    vision_tensors(t)
    t.linear("multi_modal_projector.linear_1", TEXT["hidden_size"], VISION["hidden_size"], True)
    t.linear("multi_modal_projector.linear_2", TEXT["hidden_size"], TEXT["hidden_size"], True)
    text_tensors(t, rows, layers)
    dump(folder / "config.json", {
        "architectures": ["LlavaForConditionalGeneration"], "model_type": "llava",
        "ignore_index": -100, "image_token_index": ids["image"], "pad_token_id": ids["pad"],
        "projector_hidden_act": "gelu", "text_config": {**text, "vocab_size": rows},
        "tie_word_embeddings": False, "torch_dtype": "float32", "vision_config": VISION,
        "vision_feature_layer": -2, "vision_feature_select_strategy": "default", "vocab_size": rows,
        "transformers_version": "4.36.0.dev0"})
    dump(folder / "generation_config.json", {"_from_model_config": True, "bos_token_id": 1,
                                             "eos_token_id": 2, "pad_token_id": ids["pad"]})
    side = VISION["image_size"]
    dump(folder / "preprocessor_config.json", {
        "crop_size": {"height": side, "width": side}, "do_center_crop": True, "do_convert_rgb": True,
        "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": MEAN,
        "image_std": STD, "image_processor_type": "CLIPImageProcessor", "resample": 3,
        "processor_class": "LlavaProcessor", "rescale_factor": 1 / 255,
        "size": {"shortest_edge": side}})
    dump(folder / "processor_config.json", {
        "image_token": "<image>", "num_additional_image_tokens": 1, "patch_size": VISION["patch_size"],
        "processor_class": "LlavaProcessor", "vision_feature_select_strategy": "default"})
    dump(folder / "chat_template.json", {"chat_template": TEMPLATE})
    save_file(t.values, folder / "model.safetensors", metadata={"format": "pt"})
    return sum(v.size for v in t.values.values())
