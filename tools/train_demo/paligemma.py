"""The shape of the demo checkpoint and its folder in the layout of google/paligemma-3b-pt-224.

SigLIP without CLS, one linear projector, Gemma with one key-value head and a head width apart from
the model width. `write_folder` writes the fp16 folder; the head is tied to the embedding.
"""

import torch

from checkpoint import CLIP_MEAN, CLIP_STD, View, carry_blocks, initialise, normalised, save_weights
from tokenizer import dump
from tokenizer_gemma import write_tokenizer

IMAGE, PATCH = 96, 8
TOKENS = (IMAGE // PATCH) ** 2
CELL, LONGEST = PATCH, IMAGE
IMAGE_TOKEN, EOS, JOIN, SPACE, SPECIAL, BIDIRECTIONAL = "<image>", "<eos>", "", "▁", False, True
VISION = {
    "hidden_size": 128,
    "image_size": IMAGE,
    "intermediate_size": 256,
    "model_type": "siglip_vision_model",
    "num_attention_heads": 4,
    "num_hidden_layers": 4,
    "num_image_tokens": TOKENS,
    "patch_size": PATCH,
    "projection_dim": 160,
    "projector_hidden_act": "gelu_fast",
    "vision_use_head": False,
}
TEXT = {
    "head_dim": 48,
    "hidden_size": 160,
    "intermediate_size": 320,
    "model_type": "gemma",
    "num_attention_heads": 8,
    "num_hidden_layers": 6,
    "num_image_tokens": TOKENS,
    "num_key_value_heads": 1,
    "torch_dtype": "float16",
}
TOWER_WIDTH, TEXT_WIDTH = VISION["hidden_size"], TEXT["hidden_size"]
HUB_NAMES = (
    ("model.vision_tower.vision_model.", "vision_tower.vision_model."),
    ("model.vision_tower.", "vision_tower.vision_model."),
    ("model.multi_modal_projector.", "multi_modal_projector."),
    ("model.language_model.", "language_model.model."),
)


def prompt(question):
    """The text that reaches the tokenizer; <image> stands for all image tokens."""
    return f"<image><bos>{question}\n"


def view(w, h):
    """Both edges to IMAGE, whatever the ratio."""
    return View((IMAGE, IMAGE), (0, 0, IMAGE, IMAGE))


def positions(before, grid, after):
    """(positions [1, n] of a prefix with an image between texts, the next position); from 1."""
    n = before + grid[0] * grid[1] + after
    return torch.arange(1, n + 1)[None], n + 1


def features(model, scenes):
    """(tower features after the last norm [N, d], projected [N, D])."""
    x = normalised(scenes["images"], [0.5] * 3, [0.5] * 3).permute(0, 3, 1, 2)
    h = model.model.vision_tower(pixel_values=x).last_hidden_state.flatten(0, 1)
    return h, model.model.multi_modal_projector(h)


@torch.no_grad()
def carry_tower(old, model):
    """Starts the tower from LLaVA's: blocks as they are, its norm before them and its pixel
    scaling folded into the patch and position embeddings (the norm for tokens of mean spread)."""
    new = model.model.vision_tower
    new, old = (getattr(t, "vision_model", t) for t in (new, old))
    parts = "layer_norm1 layer_norm2 self_attn.q_proj self_attn.k_proj self_attn.v_proj"
    parts += " self_attn.out_proj mlp.fc1 mlp.fc2"
    carry_blocks(old.encoder.layers, new.encoder.layers, {p: p for p in parts.split()})
    mean, std = torch.tensor(CLIP_MEAN), torch.tensor(CLIP_STD)
    kernel, place = old.embeddings.patch_embedding.weight, old.embeddings.position_embedding.weight
    spread = place[1:].var(1).mean() + kernel.sub(kernel.mean(0)).square().sum() / len(kernel)
    centre = torch.eye(len(kernel)) - 1 / len(kernel)
    fold = (old.pre_layrnorm.weight / spread.sqrt())[:, None] * centre
    shift = (kernel * ((0.5 - mean) / std)[None, :, None, None]).sum((1, 2, 3))
    scaled = kernel * (0.5 / std)[None, :, None, None]
    new.embeddings.patch_embedding.weight.copy_((fold @ scaled.flatten(1)).view_as(scaled))
    new.embeddings.patch_embedding.bias.copy_(fold @ shift + old.pre_layrnorm.bias)
    new.embeddings.position_embedding.weight.copy_(place[1:] @ fold.T)


def configuration(tokenizer):
    """config.json as a dict; <image> is followed by 63 rows without a token, as in the hub file."""
    rows = tokenizer["image"] + 64
    return {
        "architectures": ["PaliGemmaForConditionalGeneration"],
        "bos_token_id": 2,
        "eos_token_id": 1,
        "hidden_size": TEXT_WIDTH,
        "ignore_index": -100,
        "image_token_index": tokenizer["image"],
        "model_type": "paligemma",
        "pad_token_id": 0,
        "projection_dim": TEXT_WIDTH,
        "text_config": {**TEXT, "vocab_size": rows},
        "torch_dtype": "float16",
        "transformers_version": "4.41.0.dev0",
        "vision_config": VISION,
        "vocab_size": rows,
    }


def model_class():
    from transformers import PaliGemmaForConditionalGeneration

    return PaliGemmaForConditionalGeneration


def new_model(tokenizer, seed):
    """A fresh fp32 model of the demo's shape, for training."""
    from transformers import PaliGemmaConfig

    skip = ("architectures", "torch_dtype", "transformers_version", "vocab_size")
    config = {k: v for k, v in configuration(tokenizer).items() if k not in skip}
    config["text_config"].pop("torch_dtype")
    model = model_class()(PaliGemmaConfig(**config)).float()
    initialise(model, seed, TEXT["num_hidden_layers"])
    with torch.no_grad():  # the decoder multiplies embeddings by the root of its width
        model.get_input_embeddings().weight /= TEXT_WIDTH**0.5
    return model


def write_folder(model, tokenizer, folder, seed):
    """Writes every file of the checkpoint; weights as fp16."""
    write_tokenizer(folder, seed)
    dump(f"{folder}/config.json", configuration(tokenizer))
    dump(
        f"{folder}/generation_config.json",
        {
            "_from_model_config": True,
            "bos_token_id": 2,
            "eos_token_id": 1,
            "pad_token_id": 0,
            "transformers_version": "4.41.0.dev0",
        },
    )
    dump(
        f"{folder}/preprocessor_config.json",
        {
            "do_convert_rgb": None,
            "do_normalize": True,
            "do_rescale": True,
            "do_resize": True,
            "image_mean": [0.5, 0.5, 0.5],
            "image_processor_type": "SiglipImageProcessor",
            "image_seq_length": TOKENS,
            "image_std": [0.5, 0.5, 0.5],
            "processor_class": "PaliGemmaProcessor",
            "resample": 3,
            "rescale_factor": 0.00392156862745098,
            "size": {"height": IMAGE, "width": IMAGE},
        },
    )
    save_weights(model, HUB_NAMES, torch.float16, folder)
