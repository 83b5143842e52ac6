"""Random PaliGemma checkpoints in the hub's file layout: SigLIP, one linear layer, Gemma."""
import math

from vocabulary import gemma_tokenizer
from weights import Weights, decoder, tower, write_json, write_tokenizer


def weights(family, seed, rows, image):
    w = Weights(seed, family["dtype"])
    t, v, tied = family["text"], family["vision"], family["tied"]
    tower(w, v, clip=False)
    # Token vectors are multiplied by sqrt(width) on the way in, and norms by 1 + weight.
    decoder(w, "language_model.model.", t, rows, embedding=1.5 / math.sqrt(t["width"]), norm=0.0, out=3.0)
    head = "language_model.model.embed_tokens.weight"
    if not tied:
        head = "language_model.lm_head.weight"
        w.normal(head, (rows, t["width"]), 2.5 / math.sqrt(t["width"]))
    w.linear("multi_modal_projector.linear", t["width"], v["width"], True, 1.5)
    w.tensors[head][image] = 0  # the model is not to answer with picture tokens
    return w.tensors


def config(family, rows, image):
    t, v = family["text"], family["vision"]
    cells = (v["side"] // v["patch"]) ** 2
    text = {"hidden_size": t["width"], "intermediate_size": t["inter"], "model_type": "gemma",
            "num_attention_heads": t["heads"], "num_hidden_layers": t["layers"], "num_image_tokens": cells,
            "num_key_value_heads": t["kv"], "torch_dtype": family["dtype"], "vocab_size": rows}
    tower_fields = {"hidden_size": v["width"], "intermediate_size": v["inter"], "model_type": "siglip_vision_model",
                    "num_attention_heads": v["heads"], "num_hidden_layers": v["layers"], "num_image_tokens": cells,
                    "patch_size": v["patch"], "projection_dim": t["width"], "vision_use_head": False}
    # Hub files leave out what is the library's default.
    if t["head_dim"] != 256:
        text["head_dim"] = t["head_dim"]
    if t["theta"] != 10000.0:
        text["rope_theta"] = t["theta"]
    if v["side"] != 224:
        tower_fields["image_size"] = v["side"]
    out = {"architectures": ["PaliGemmaForConditionalGeneration"], "bos_token_id": 2, "eos_token_id": 1,
           "hidden_size": t["width"], "ignore_index": -100, "image_token_index": image, "model_type": "paligemma",
           "pad_token_id": 0, "projection_dim": t["width"], "text_config": text, "torch_dtype": family["dtype"],
           "vision_config": tower_fields, "vocab_size": rows}
    if not family["tied"]:
        out["tie_word_embeddings"] = False
    return out


def build(family, seed, folder):
    """Writes all but the weights; returns them by the hub's names."""
    v = family["vision"]
    tokenizer, ids = gemma_tokenizer(family["form"], family["merges"])
    image, rows = ids - 1, ids + 40
    write_tokenizer(folder, tokenizer, add_bos_token=True, add_eos_token=False, additional_special_tokens=["<image>"],
                    bos_token="<bos>", clean_up_tokenization_spaces=False, eos_token="<eos>", pad_token="<pad>",
                    processor_class="PaliGemmaProcessor", tokenizer_class="GemmaTokenizer", unk_token="<unk>")
    write_json(f"{folder}/config.json", config(family, rows, image))
    write_json(f"{folder}/generation_config.json", {"bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0})
    write_json(f"{folder}/preprocessor_config.json", {
        "do_convert_rgb": None, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "image_mean": [0.5] * 3, "image_processor_type": "SiglipImageProcessor",
        "image_seq_length": (v["side"] // v["patch"]) ** 2, "image_std": [0.5] * 3,
        "processor_class": "PaliGemmaProcessor", "resample": 3, "rescale_factor": 1 / 255,
        "size": {"height": v["side"], "width": v["side"]}})
    return weights(family, seed, rows, image)
