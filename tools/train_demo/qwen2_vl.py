"""The shape of the demo checkpoint and its folder in the layout of Qwen/Qwen2-VL-7B-Instruct.

Pictures keep their own size (edges to multiples of 28 pixels): the grid of image tokens differs
from picture to picture. Untied head, bf16; `write_folder` writes the folder.
"""

import math

import torch

import questions as q
from checkpoint import CLIP_MEAN, CLIP_STD, View, carry_blocks, initialise, normalised, save_weights
from tokenizer import dump
from tokenizer_qwen2 import SYSTEM, write_tokenizer

PATCH, MERGE, FRAMES = 14, 2, 2
CELL, LONGEST = PATCH * MERGE, 280
MIN_PIXELS, MAX_PIXELS = 4 * CELL**2, 128 * CELL**2
IMAGE_TOKEN, EOS, JOIN, SPACE = "<|image_pad|>", "<|im_end|>", "", "Ġ"
SPECIAL, BIDIRECTIONAL = False, False
VISION = {
    "depth": 4,
    "embed_dim": 128,
    "mlp_ratio": 2,
    "num_heads": 4,
    "in_chans": 3,
    "hidden_size": 160,
    "patch_size": PATCH,
    "spatial_merge_size": MERGE,
    "spatial_patch_size": PATCH,
    "temporal_patch_size": FRAMES,
}
TEXT = {
    "attention_dropout": 0.0,
    "hidden_act": "silu",
    "hidden_size": 160,
    "initializer_range": 0.02,
    "intermediate_size": 320,
    "max_position_embeddings": 32768,
    "max_window_layers": 6,
    "num_attention_heads": 8,
    "num_hidden_layers": 6,
    "num_key_value_heads": 2,
    "rms_norm_eps": 1e-6,
    "rope_scaling": {"type": "mrope", "mrope_section": [2, 4, 4]},
    "rope_theta": 10000.0,
    "sliding_window": 32768,
    "use_cache": True,
    "use_sliding_window": False,
}
TOWER_WIDTH, TEXT_WIDTH = MERGE**2 * VISION["embed_dim"], TEXT["hidden_size"]
HUB_NAMES = (
    ("model.visual.", "visual."),
    ("model.language_model.", "model."),
    ("lm_head.", "lm_head."),
)


def prompt(question):
    """The chat template's text for one picture and a question with the short-answer suffix."""
    return (
        f"<|im_start|>system\n{SYSTEM}<|im_end|>\n<|im_start|>user\n<|vision_start|><|image_pad|>"
        f"<|vision_end|>{question}{q.SUFFIX}<|im_end|>\n<|im_start|>assistant\n"
    )


def view(w, h):
    """Both edges to the nearest multiple of CELL (ties to even), the area kept between MIN_PIXELS
    and MAX_PIXELS."""
    rows, columns = round(h / CELL), round(w / CELL)
    if rows * columns * CELL**2 > MAX_PIXELS:
        shrink = math.sqrt(h * w / MAX_PIXELS)
        rows, columns = (max(1, math.floor(e / shrink / CELL)) for e in (h, w))
    elif rows * columns * CELL**2 < MIN_PIXELS:
        grow = math.sqrt(MIN_PIXELS / (h * w))
        rows, columns = (math.ceil(e * grow / CELL) for e in (h, w))
    size = (columns * CELL, rows * CELL)
    return View(size, (0, 0, *size))


def positions(before, grid, after):
    """(positions [3, n] over time, row, column of a prefix with an image between texts, the next
    position)."""
    rows, columns = grid
    row, column = torch.meshgrid(torch.arange(rows), torch.arange(columns), indexing="ij")
    image = before + torch.stack([torch.zeros_like(row), row, column]).flatten(1)
    end = before + max(rows, columns)
    text = torch.arange(end, end + after).expand(3, -1)
    return torch.cat([torch.arange(before).expand(3, -1), image, text], 1), end + after


def flat_patches(image):
    """uint8 [h, w, 3] to float [patches, 3 * FRAMES * PATCH * PATCH], block by block of MERGE x
    MERGE patches, the one frame repeated."""
    x = normalised(image, CLIP_MEAN, CLIP_STD)
    h, w = (e // CELL for e in x.shape[:2])
    x = x.reshape(h, MERGE, PATCH, w, MERGE, PATCH, 3).permute(0, 3, 1, 4, 6, 2, 5)
    x = x[..., None, :, :].expand(*x.shape[:5], FRAMES, PATCH, PATCH)
    return x.reshape(h * w * MERGE**2, -1)


def features(model, scenes):
    """(tower features of the patches of each image token [N, 4 d], projected [N, D])."""
    grids = scenes["grids"].astype(int)
    pixels = torch.cat(
        [
            flat_patches(image[: h * CELL, : w * CELL])
            for image, (h, w) in zip(scenes["images"], grids)
        ]
    )
    thw = torch.tensor([(1, MERGE * h, MERGE * w) for h, w in grids])
    out = model.model.visual(pixels, grid_thw=thw)
    return out.last_hidden_state.view(-1, TOWER_WIDTH), out.pooler_output


@torch.no_grad()
def carry_tower(old, model):
    """Starts the tower from LLaVA's blocks; its kernels are stretched to the larger patch."""
    new, old = model.model.visual, getattr(old, "vision_model", old)
    parts = {
        "layer_norm1": "norm1",
        "layer_norm2": "norm2",
        "self_attn.q_proj+self_attn.k_proj+self_attn.v_proj": "attn.qkv",
        "self_attn.out_proj": "attn.proj",
        "mlp.fc1": "mlp.fc1",
        "mlp.fc2": "mlp.fc2",
    }
    carry_blocks(old.encoder.layers, new.blocks, parts)
    kernel = old.embeddings.patch_embedding.weight
    share = (kernel.shape[-1] / PATCH) ** 2 / FRAMES
    large = torch.nn.functional.interpolate(kernel, (PATCH, PATCH), mode="bilinear") * share
    new.patch_embed.proj.weight.copy_(large[:, :, None].expand(-1, -1, FRAMES, -1, -1))


def configuration(tokenizer):
    """config.json as a dict; rows of the embedding are rounded up to a multiple of 64."""
    ids = tokenizer["ids"]
    return {
        "architectures": ["Qwen2VLForConditionalGeneration"],
        "bos_token_id": ids["<|endoftext|>"],
        "eos_token_id": ids["<|im_end|>"],
        "vision_start_token_id": ids["<|vision_start|>"],
        "vision_end_token_id": ids["<|vision_end|>"],
        "vision_token_id": ids["<|vision_pad|>"],
        "image_token_id": ids["<|image_pad|>"],
        "video_token_id": ids["<|video_pad|>"],
        "model_type": "qwen2_vl",
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "transformers_version": "4.41.2",
        "vision_config": VISION,
        "vocab_size": (tokenizer["rows"] + 63) // 64 * 64,
        **TEXT,
    }


def model_class():
    from transformers import Qwen2VLForConditionalGeneration

    return Qwen2VLForConditionalGeneration


def new_model(tokenizer, seed):
    """A fresh fp32 model of the demo's shape, for training."""
    from transformers import Qwen2VLConfig

    skip = ("architectures", "torch_dtype", "transformers_version")
    config = {k: v for k, v in configuration(tokenizer).items() if k not in skip}
    model = model_class()(Qwen2VLConfig(**config)).float()
    initialise(model, seed, TEXT["num_hidden_layers"])
    return model


def write_folder(model, tokenizer, folder, seed):
    """Writes every file of the checkpoint; weights as bf16."""
    write_tokenizer(folder, seed)
    ids = tokenizer["ids"]
    dump(f"{folder}/config.json", configuration(tokenizer))
    dump(
        f"{folder}/generation_config.json",
        {
            "bos_token_id": ids["<|endoftext|>"],
            "pad_token_id": ids["<|endoftext|>"],
            "do_sample": True,
            "eos_token_id": [ids["<|im_end|>"], ids["<|endoftext|>"]],
            "repetition_penalty": 1.0,
            "temperature": 0.01,
            "top_p": 0.001,
            "top_k": 1,
            "transformers_version": "4.37.0",
        },
    )
    dump(
        f"{folder}/preprocessor_config.json",
        {
            "min_pixels": MIN_PIXELS,
            "max_pixels": MAX_PIXELS,
            "patch_size": PATCH,
            "temporal_patch_size": FRAMES,
            "merge_size": MERGE,
            "image_mean": CLIP_MEAN,
            "image_std": CLIP_STD,
            "image_processor_type": "Qwen2VLImageProcessor",
            "processor_class": "Qwen2VLProcessor",
        },
    )
    save_weights(model, HUB_NAMES, torch.bfloat16, folder)
