"""A random Qwen2-VL checkpoint: a vision transformer over pictures of any size, a merger, Qwen2."""
import math

from layers import CLIP_MEAN, CLIP_STD, decoder, head

TEMPLATE = (
    "{% for m in messages %}{% if loop.first and m['role'] != 'system' %}<|im_start|>system\n"
    "You are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")


def config(sizes, ids, dtype):
    s, v, token = sizes["text"], sizes["vision"], ids["tokens"]
    return {
        "architectures": ["Qwen2VLForConditionalGeneration"], "attention_dropout": 0.0,
        "bos_token_id": token["<|endoftext|>"], "eos_token_id": token["<|im_end|>"],
        "vision_start_token_id": token["<|vision_start|>"], "vision_end_token_id": token["<|vision_end|>"],
        "vision_token_id": token["<|vision_pad|>"], "image_token_id": ids["image"],
        "video_token_id": ids["video"], "hidden_act": "silu", "hidden_size": s["hidden"],
        "intermediate_size": s["inter"], "max_position_embeddings": 32768, "max_window_layers": s["layers"],
        "model_type": "qwen2_vl", "num_attention_heads": s["heads"], "num_hidden_layers": s["layers"],
        "num_key_value_heads": s["kv"], "rms_norm_eps": 1e-6, "rope_theta": 1000000.0,
        "rope_scaling": {"type": "mrope", "mrope_section": s["sections"]}, "sliding_window": 32768,
        "tie_word_embeddings": False, "torch_dtype": dtype, "use_sliding_window": False,
        "vision_config": {"depth": v["layers"], "embed_dim": v["hidden"], "hidden_size": s["hidden"],
                          "in_chans": 3, "mlp_ratio": v["ratio"], "num_heads": v["heads"],
                          "patch_size": v["patch"], "spatial_merge_size": v["merge"],
                          "spatial_patch_size": v["patch"], "temporal_patch_size": 2},
        "vocab_size": ids["rows"]}


def vision_tower(t, v, out):
    width, joined = v["hidden"], v["hidden"] * v["merge"] ** 2
    t.normal("visual.patch_embed.proj.weight", (width, 3, 2, v["patch"], v["patch"]),
             1 / math.sqrt(6 * v["patch"] ** 2))
    for layer in range(v["layers"]):
        name = f"visual.blocks.{layer}"
        t.norm(f"{name}.norm1", width, True)
        t.norm(f"{name}.norm2", width, True)
        t.linear(f"{name}.attn.qkv", 3 * width, width, True)
        t.linear(f"{name}.attn.proj", width, width, True)
        t.linear(f"{name}.mlp.fc1", width * v["ratio"], width, True)
        t.linear(f"{name}.mlp.fc2", width, width * v["ratio"], True)
    t.norm("visual.merger.ln_q", width, True)
    t.linear("visual.merger.mlp.0", joined, joined, True)
    t.linear("visual.merger.mlp.2", out, joined, True)


def build(folder, dump, sizes, ids, t):
    s, v = sizes["text"], sizes["vision"]
    dump(folder / "config.json", config(sizes, ids, t.dtype))
    dump(folder / "generation_config.json", {"bos_token_id": ids["pad"], "eos_token_id": ids["end"],
                                             "pad_token_id": ids["pad"]})
    dump(folder / "preprocessor_config.json", {
        "image_mean": CLIP_MEAN, "image_processor_type": "Qwen2VLImageProcessor", "image_std": CLIP_STD,
        "max_pixels": 12845056, "merge_size": v["merge"], "min_pixels": 3136, "patch_size": v["patch"],
        "processor_class": "Qwen2VLProcessor", "temporal_patch_size": 2})
    dump(folder / "chat_template.json", {"chat_template": TEMPLATE})
    vision_tower(t, v, s["hidden"])
    decoder(t, "model", s, ids["rows"], 0.5, bias=True)
    head(t, "lm_head.weight", ids["rows"], s["hidden"], [ids["image"], ids["video"], *ids["end"]])
