"""Random LLaVA checkpoints in the hub's file layout: CLIP, a two-layer projector, Llama."""
import math

import torch

from vocabulary import llama_tokenizer
from weights import CLIP_MEAN, CLIP_STD, Weights, decoder, head_width, tower, write_json, write_tokenizer

TEMPLATE = (
    "{% for m in messages %}{{ m['role'].upper() + ': ' }}{% for part in m['content'] %}"
    "{% if part['type'] == 'image' %}{{ '<image>\n' }}{% else %}{{ part['text'] + ' ' }}{% endif %}"
    "{% endfor %}{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}")


def weights(family, seed, rows, image):
    w = Weights(seed, family["dtype"])
    t, v, tied = family["text"], family["vision"], family["tied"]
    tower(w, v, clip=True)
    decoder(w, "language_model.model.", t, rows, embedding=0.25 if tied else 1.0)
    if not tied:
        w.normal("language_model.lm_head.weight", (rows, t["width"]), 2.5 / math.sqrt(t["width"]))
    w.linear("multi_modal_projector.linear_1", t["width"], v["width"], True)
    w.linear("multi_modal_projector.linear_2", t["width"], t["width"], True)
    head = "language_model.model.embed_tokens.weight" if tied else "language_model.lm_head.weight"
    w.tensors[head][image] = 0  # the model is not to answer with picture tokens
    if family.get("buffers"):
        width = head_width(t)
        for i in range(t["layers"]):
            w.tensors[f"language_model.model.layers.{i}.self_attn.rotary_emb.inv_freq"] = (
                t["theta"] ** -(torch.arange(0, width, 2).float() / width))
        cells = (v["side"] // v["patch"]) ** 2
        w.tensors["vision_tower.vision_model.embeddings.position_ids"] = torch.arange(cells + 1)[None]
    return w.tensors


def write_processor(family, folder):
    v = family["vision"]
    # The older form of sizes is a number alone.
    named = family["form"] == "legacy"
    write_json(f"{folder}/preprocessor_config.json", {
        "crop_size": {"height": v["side"], "width": v["side"]} if named else v["side"],
        "do_center_crop": True, "do_convert_rgb": True, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "image_mean": CLIP_MEAN, "image_processor_type": "CLIPImageProcessor", "image_std": CLIP_STD,
        "processor_class": "LlavaProcessor", "resample": 3, "rescale_factor": 1 / 255,
        "size": {"shortest_edge": v["side"]} if named else v["side"]})
    write_json(f"{folder}/processor_config.json", {
        "image_token": "<image>", "num_additional_image_tokens": 1, "patch_size": v["patch"],
        "processor_class": "LlavaProcessor", "vision_feature_select_strategy": "default"})
    write_json(f"{folder}/chat_template.json", {"chat_template": TEMPLATE})


def build(family, seed, folder):
    """Writes all but the weights; returns them by the hub's names."""
    t, v = family["text"], family["vision"]
    tokenizer, ids, image, pad = llama_tokenizer(family["form"], family["merges"])
    rows = (ids + 31) // 32 * 32
    write_tokenizer(
        folder, tokenizer, bos_token="<s>", clean_up_tokenization_spaces=False, eos_token="</s>",
        image_token="<image>", extra_special_tokens={"image_token": "<image>"}, pad_token="<pad>",
        processor_class="LlavaProcessor", tokenizer_class="PreTrainedTokenizerFast", unk_token="<unk>")
    text = {"architectures": ["LlamaForCausalLM"], "hidden_size": t["width"], "intermediate_size": t["inter"],
            "max_position_embeddings": 4096, "model_type": "llama", "num_attention_heads": t["heads"],
            "num_hidden_layers": t["layers"], "rms_norm_eps": t["eps"], "torch_dtype": family["dtype"],
            "vocab_size": rows}
    if t["kv"] != t["heads"]:
        text["num_key_value_heads"] = t["kv"]
    if t["theta"] != 10000.0:
        text["rope_theta"] = t["theta"]
    if "head_dim" in t:
        text["head_dim"] = t["head_dim"]
    write_json(f"{folder}/config.json", {
        "architectures": ["LlavaForConditionalGeneration"], "image_token_index": image, "model_type": "llava",
        "pad_token_id": pad, "projector_hidden_act": "gelu", "text_config": text,
        "tie_word_embeddings": family["tied"], "torch_dtype": family["dtype"],
        "vision_config": {"hidden_size": v["width"], "image_size": v["side"], "intermediate_size": v["inter"],
                          "model_type": "clip_vision_model", "num_attention_heads": v["heads"],
                          "num_hidden_layers": v["layers"], "patch_size": v["patch"], "projection_dim": 16},
        "vision_feature_layer": -2, "vision_feature_select_strategy": "default"})
    write_json(f"{folder}/generation_config.json", {"bos_token_id": 1, "eos_token_id": 2, "pad_token_id": pad})
    write_processor(family, folder)
    return weights(family, seed, rows, image)
