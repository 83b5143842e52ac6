"""Random Qwen2-VL checkpoints in the hub's file layout: a vision transformer over pictures of any
size, a merger of patches, Qwen2 with rotary positions in three axes."""
import math
import pathlib

from vocabulary import qwen_tokenizer
from weights import CLIP_MEAN, CLIP_STD, Weights, decoder, write_json, write_tokenizer

TEMPLATE = (
    "{% for m in messages %}{% if loop.first and m['role'] != 'system' %}<|im_start|>system\n"
    "You are a helpful assistant.<|im_end|>\n{% endif %}<|im_start|>{{ m['role'] }}\n"
    "{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}<|vision_start|><|image_pad|><|vision_end|>"
    "{% else %}{{ part['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}")
# What Qwen2-VL's generation_config.json asks of a caller that leaves it be: one answer, always.
HUB_SAMPLING = {"do_sample": True, "repetition_penalty": 1.05, "temperature": 0.01, "top_k": 1, "top_p": 0.001}


def vision_weights(w, v, out):
    width = v["width"]
    joined = width * v["merge"] ** 2
    w.normal("visual.patch_embed.proj.weight", (width, 3, 2, v["patch"], v["patch"]),
             1 / math.sqrt(6 * v["patch"] ** 2) * 2)
    for i in range(v["layers"]):
        block = f"visual.blocks.{i}."
        for name in ("norm1", "norm2"):
            w.layer_norm(block + name, width)
        w.linear(block + "attn.qkv", 3 * width, width, True, 1.3)
        w.linear(block + "attn.proj", width, width, True, 1.3)
        w.linear(block + "mlp.fc1", width * v["ratio"], width, True)
        w.linear(block + "mlp.fc2", width, width * v["ratio"], True)
    w.layer_norm("visual.merger.ln_q", width)
    w.linear("visual.merger.mlp.0", joined, joined, True)
    w.linear("visual.merger.mlp.2", out, joined, True, 1.5)


def weights(family, seed, rows, ids):
    w = Weights(seed, family["dtype"])
    t, tied = family["text"], family["tied"]
    vision_weights(w, family["vision"], t["width"])
    decoder(w, "model.", t, rows, embedding=2.0 / math.sqrt(t["width"]) if tied else 1.0, bias=True, out=1.5)
    if not tied:
        w.normal("lm_head.weight", (rows, t["width"]), 2.5 / math.sqrt(t["width"]))
    head = "model.embed_tokens.weight" if tied else "lm_head.weight"
    for token in ("<|image_pad|>", "<|video_pad|>"):
        w.tensors[head][ids[token]] = 0  # the model is not to answer with picture tokens
    return w.tensors


def config(family, rows, ids):
    t, v = family["text"], family["vision"]
    return {
        "architectures": ["Qwen2VLForConditionalGeneration"], "attention_dropout": 0.0,
        "bos_token_id": ids["<|endoftext|>"], "eos_token_id": ids["<|im_end|>"],
        "vision_start_token_id": ids["<|vision_start|>"], "vision_end_token_id": ids["<|vision_end|>"],
        "vision_token_id": ids["<|vision_pad|>"], "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"], "hidden_act": "silu", "hidden_size": t["width"],
        "intermediate_size": t["inter"], "max_position_embeddings": 32768, "max_window_layers": t["layers"],
        "model_type": "qwen2_vl", "num_attention_heads": t["heads"], "num_hidden_layers": t["layers"],
        "num_key_value_heads": t["kv"], "rms_norm_eps": t["eps"], "rope_theta": t["theta"],
        "rope_scaling": {"type": "mrope", "mrope_section": t["sections"]}, "sliding_window": 32768,
        "tie_word_embeddings": family["tied"], "torch_dtype": family["dtype"], "use_sliding_window": False,
        "vision_config": {"depth": v["layers"], "embed_dim": v["width"], "hidden_size": t["width"], "in_chans": 3,
                          "mlp_ratio": v["ratio"], "num_heads": v["heads"], "patch_size": v["patch"],
                          "spatial_merge_size": v["merge"], "spatial_patch_size": v["patch"],
                          "temporal_patch_size": 2},
        "vocab_size": rows}


def build(family, seed, folder):
    """Writes all but the weights; returns them by the hub's names."""
    v = family["vision"]
    tokenizer, ids = qwen_tokenizer(family["form"], family["merges"])
    rows = (max(ids.values()) + 40) // 32 * 32
    older = family["form"] == "strings"
    write_tokenizer(folder, tokenizer, additional_special_tokens=[t for t in ids if t != "<|endoftext|>"],
                    bos_token=None, clean_up_tokenization_spaces=False, eos_token="<|im_end|>",
                    errors="replace", pad_token="<|endoftext|>", tokenizer_class="Qwen2Tokenizer", unk_token=None)
    if older:
        write_json(f"{folder}/chat_template.json", {"chat_template": TEMPLATE})
    else:
        pathlib.Path(f"{folder}/chat_template.jinja").write_text(TEMPLATE)
    write_json(f"{folder}/config.json", config(family, rows, ids))
    write_json(f"{folder}/generation_config.json", {
        "bos_token_id": ids["<|endoftext|>"], "eos_token_id": [ids["<|im_end|>"], ids["<|endoftext|>"]],
        "pad_token_id": ids["<|endoftext|>"], **family["sampling"]})
    low, high = v["pixels"]
    bounds = ({"max_pixels": high, "min_pixels": low} if older else
              {"size": {"longest_edge": high, "shortest_edge": low}})
    write_json(f"{folder}/preprocessor_config.json", {
        "image_mean": CLIP_MEAN, "image_processor_type": "Qwen2VLImageProcessor", "image_std": CLIP_STD,
        "merge_size": v["merge"], "patch_size": v["patch"], "processor_class": "Qwen2VLProcessor",
        "temporal_patch_size": 2, **bounds})
    return weights(family, seed, rows, ids)
