"""A random LLaVA-1.5 checkpoint: CLIP, a two-layer projector, Llama."""
from layers import CLIP_MEAN, CLIP_STD, decoder, head, tower

TEMPLATE = ("{% for message in messages %}{{ message['role'].upper() + ': ' }}"
            "{% for part in message['content'] %}"
            "{{ '<image>\n' if part['type'] == 'image' else part['text'] + ' ' }}{% endfor %}"
            "{% endfor %}{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}")


def config(sizes, ids, dtype):
    s, v = sizes["text"], sizes["vision"]
    text = {"architectures": ["LlamaForCausalLM"], "hidden_size": s["hidden"], "intermediate_size": s["inter"],
            "max_position_embeddings": 4096, "model_type": "llama", "num_attention_heads": s["heads"],
            "num_key_value_heads": s["kv"], "num_hidden_layers": s["layers"], "rms_norm_eps": 1e-5,
            "torch_dtype": dtype, "vocab_size": ids["rows"]}
    vision = {"hidden_size": v["hidden"], "image_size": v["image"], "intermediate_size": v["inter"],
              "model_type": "clip_vision_model", "num_attention_heads": v["heads"],
              "num_hidden_layers": v["layers"], "patch_size": v["patch"], "projection_dim": 256,
              "vocab_size": 32000}
    return {"architectures": ["LlavaForConditionalGeneration"], "model_type": "llava", "ignore_index": -100,
            "image_token_index": ids["image"], "pad_token_id": ids["pad"], "projector_hidden_act": "gelu",
            "text_config": text, "tie_word_embeddings": False, "torch_dtype": dtype, "vision_config": vision,
            "vision_feature_layer": -2, "vision_feature_select_strategy": "default",
            "vocab_size": ids["rows"], "transformers_version": "4.36.0.dev0"}


def build(folder, dump, sizes, ids, t):
    s, v = sizes["text"], sizes["vision"]
    side = v["image"]
    dump(folder / "config.json", config(sizes, ids, t.dtype))
    dump(folder / "generation_config.json", {"_from_model_config": True, "bos_token_id": 1, "eos_token_id": 2,
                                             "pad_token_id": ids["pad"]})
    dump(folder / "preprocessor_config.json", {
        "crop_size": {"height": side, "width": side}, "do_center_crop": True, "do_convert_rgb": True,
        "do_normalize": True, "do_rescale": True, "do_resize": True, "image_mean": CLIP_MEAN,
        "image_std": CLIP_STD, "image_processor_type": "CLIPImageProcessor", "resample": 3,
        "processor_class": "LlavaProcessor", "rescale_factor": 1 / 255, "size": {"shortest_edge": side}})
    dump(folder / "processor_config.json", {
        "image_token": "<image>", "num_additional_image_tokens": 1, "patch_size": v["patch"],
        "processor_class": "LlavaProcessor", "vision_feature_select_strategy": "default"})
    dump(folder / "chat_template.json", {"chat_template": TEMPLATE})
    tower(t, v, clip=True)
    t.linear("multi_modal_projector.linear_1", s["hidden"], v["hidden"], True)
    t.linear("multi_modal_projector.linear_2", s["hidden"], s["hidden"], True)
    decoder(t, "language_model.model", s, ids["rows"], 0.5)
    head(t, "language_model.lm_head.weight", ids["rows"], s["hidden"], [ids["image"], *ids["end"]])
