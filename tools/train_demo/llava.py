"""The shape of the demo checkpoint and its folder in the layout of llava-hf/llava-1.5-7b-hf.

`new_model(tokenizer)` gives a freshly initialised LlavaForConditionalGeneration,
`write_folder(model, tokenizer, folder, seed)` the fp16 folder that a LLaVA loader reads.
"""

import torch

from checkpoint import CLIP_MEAN, CLIP_STD, View, initialise, normalised, save_weights
from questions import prompt  # noqa: F401  (the family's prompt)
from tokenizer import dump, write_tokenizer

IMAGE, PATCH = 96, 8
CELL, LONGEST = PATCH, IMAGE
IMAGE_TOKEN, EOS, JOIN, SPACE, SPECIAL, BIDIRECTIONAL = "<image>", "</s>", " ", "▁", True, False
VISION = {
    "hidden_size": 128,
    "image_size": IMAGE,
    "intermediate_size": 256,
    "model_type": "clip_vision_model",
    "num_attention_heads": 4,
    "num_hidden_layers": 5,
    "patch_size": PATCH,
    "projection_dim": 64,
    "vocab_size": 32000,
}
TEXT = {
    "architectures": ["LlamaForCausalLM"],
    "hidden_size": 160,
    "intermediate_size": 320,
    "max_position_embeddings": 1024,
    "model_type": "llama",
    "num_attention_heads": 8,
    "num_hidden_layers": 6,
    "rms_norm_eps": 1e-5,
    "torch_dtype": "float16",
}
HUB_NAMES = (
    ("model.vision_tower.vision_model.", "vision_tower.vision_model."),
    ("model.vision_tower.", "vision_tower.vision_model."),
    ("model.multi_modal_projector.", "multi_modal_projector."),
    ("model.language_model.", "language_model.model."),
    ("lm_head.", "language_model.lm_head."),
)
TOWER_WIDTH, TEXT_WIDTH = VISION["hidden_size"], TEXT["hidden_size"]
TEMPLATE = (
    "{% for message in messages %}{% if message['role'] != 'system' %}"
    "{{ message['role'].upper() + ': '}}{% endif %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'image') %}"
    "{{ '<image>\n' }}{% endfor %}"
    "{% for content in message['content'] | selectattr('type', 'equalto', 'text') %}"
    "{{ content['text'] + ' '}}{% endfor %}{% endfor %}"
    "{% if add_generation_prompt %}{{ 'ASSISTANT:' }}{% endif %}"
)


def configuration(tokenizer):
    """config.json as a dict; rows of the embedding are rounded up to a multiple of 64."""
    rows = (tokenizer["rows"] + 63) // 64 * 64
    return {
        "architectures": ["LlavaForConditionalGeneration"],
        "ignore_index": -100,
        "image_token_index": tokenizer["image"],
        "model_type": "llava",
        "pad_token_id": tokenizer["pad"],
        "projector_hidden_act": "gelu",
        "text_config": {**TEXT, "vocab_size": rows},
        "tie_word_embeddings": False,
        "torch_dtype": "float16",
        "transformers_version": "4.36.0.dev0",
        "vision_config": VISION,
        "vision_feature_layer": -2,
        "vision_feature_select_strategy": "default",
        "vocab_size": rows,
    }


def view(w, h):
    """Shortest edge to IMAGE (other side truncated), centre crop."""
    size = (IMAGE, int(IMAGE * h / w)) if w <= h else (int(IMAGE * w / h), IMAGE)
    return View(size, ((size[0] - IMAGE) // 2, (size[1] - IMAGE) // 2, IMAGE, IMAGE))


def positions(before, grid, after):
    """(positions [1, n] of a prefix with an image between texts, the next position)."""
    n = before + grid[0] * grid[1] + after
    return torch.arange(n)[None], n


def features(model, scenes):
    """(tower features of layer -2 without CLS [N, d], projected [N, D])."""
    x = normalised(scenes["images"], CLIP_MEAN, CLIP_STD).permute(0, 3, 1, 2)
    tower = model.model.vision_tower
    tower = getattr(tower, "vision_model", tower)
    h = tower.pre_layrnorm(tower.embeddings(x))
    for layer in tower.encoder.layers[:-1]:
        h = layer(h, attention_mask=None)
        h = h[0] if isinstance(h, tuple) else h
    h = h[:, 1:].flatten(0, 1)
    return h, model.model.multi_modal_projector(h)


def model_class():
    from transformers import LlavaForConditionalGeneration

    return LlavaForConditionalGeneration


def new_model(tokenizer, seed):
    """A fresh fp32 model of the demo's shape, for training."""
    from transformers import LlavaConfig

    config = LlavaConfig(
        **{
            k: v
            for k, v in configuration(tokenizer).items()
            if k not in ("architectures", "torch_dtype", "transformers_version", "vocab_size")
        }
    )
    config.text_config.bos_token_id, config.text_config.eos_token_id = 1, 2
    model = model_class()(config).float()
    initialise(model, seed, TEXT["num_hidden_layers"])
    return model


def write_folder(model, tokenizer, folder, seed):
    """Writes every file of the checkpoint; weights as fp16, the file replaced in one step."""
    write_tokenizer(folder, seed)
    dump(f"{folder}/config.json", configuration(tokenizer))
    dump(
        f"{folder}/generation_config.json",
        {
            "_from_model_config": True,
            "bos_token_id": 1,
            "eos_token_id": 2,
            "pad_token_id": tokenizer["pad"],
            "transformers_version": "4.36.0.dev0",
        },
    )
    dump(
        f"{folder}/preprocessor_config.json",
        {
            "crop_size": {"height": IMAGE, "width": IMAGE},
            "do_center_crop": True,
            "do_convert_rgb": True,
            "do_normalize": True,
            "do_rescale": True,
            "do_resize": True,
            "image_mean": CLIP_MEAN,
            "image_processor_type": "CLIPImageProcessor",
            "image_std": CLIP_STD,
            "processor_class": "LlavaProcessor",
            "resample": 3,
            "rescale_factor": 0.00392156862745098,
            "size": {"shortest_edge": IMAGE},
        },
    )
    dump(
        f"{folder}/processor_config.json",
        {
            "image_token": "<image>",
            "num_additional_image_tokens": 1,
            "patch_size": PATCH,
            "processor_class": "LlavaProcessor",
            "vision_feature_select_strategy": "default",
        },
    )
    dump(f"{folder}/chat_template.json", {"chat_template": TEMPLATE})
    save_weights(model, HUB_NAMES, torch.float16, folder)
