"""A random PaliGemma checkpoint: SigLIP, one linear layer, Gemma with a tied head."""
import math

from layers import decoder, tower


def config(sizes, ids, dtype):
    s, v = sizes["text"], sizes["vision"]
    cells = (v["image"] // v["patch"]) ** 2
    text = {"hidden_size": s["hidden"], "intermediate_size": s["inter"], "model_type": "gemma",
            "num_attention_heads": s["heads"], "num_hidden_layers": s["layers"], "num_image_tokens": cells,
            "num_key_value_heads": s["kv"], "torch_dtype": dtype, "vocab_size": ids["rows"]}
    vision = {"hidden_size": v["hidden"], "intermediate_size": v["inter"], "model_type": "siglip_vision_model",
              "num_attention_heads": v["heads"], "num_hidden_layers": v["layers"], "num_image_tokens": cells,
              "patch_size": v["patch"], "projection_dim": s["hidden"], "vision_use_head": False}
    if s["head_dim"] != 256:  # the hub's files leave out what is the library's default
        text["head_dim"] = s["head_dim"]
    if v["image"] != 224:
        vision["image_size"] = v["image"]
    return {"architectures": ["PaliGemmaForConditionalGeneration"], "bos_token_id": 2, "eos_token_id": 1,
            "hidden_size": s["hidden"], "ignore_index": -100, "image_token_index": ids["image"],
            "model_type": "paligemma", "pad_token_id": 0, "projection_dim": s["hidden"], "text_config": text,
            "torch_dtype": dtype, "vision_config": vision, "vocab_size": ids["rows"],
            "transformers_version": "4.41.0.dev0"}


def build(folder, dump, sizes, ids, t):
    s, v = sizes["text"], sizes["vision"]
    side = v["image"]
    dump(folder / "config.json", config(sizes, ids, t.dtype))
    dump(folder / "generation_config.json", {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0})
    dump(folder / "preprocessor_config.json", {
        "do_convert_rgb": None, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3, "image_processor_type": "SiglipImageProcessor",
        "image_seq_length": (side // v["patch"]) ** 2, "processor_class": "PaliGemmaProcessor", "resample": 3,
        "rescale_factor": 1 / 255, "size": {"height": side, "width": side}})
    tower(t, v, clip=False)
    t.linear("multi_modal_projector.linear", s["hidden"], v["hidden"], True, 1.5)
    # Token vectors are multiplied by sqrt(hidden) on the way in, and norms by 1 + weight.
    decoder(t, "language_model.model", s, ids["rows"], 1.5 / math.sqrt(s["hidden"]),
            [ids["image"], *ids["end"]], norm=0.0, out=3.0)
