"""What the three families share in writing a checkpoint folder: first weights, hub names, files.

A family module (llava.py, paligemma.py, qwen2_vl.py) holds the shape, the prompt, the configuration
files and the vision forward pass; `family(name)` imports it. Each offers
  TEXT_WIDTH, TOWER_WIDTH            decoder width, helper input width
  CELL, LONGEST                      pixels per image token, longest edge of a picture
  IMAGE_TOKEN, EOS, JOIN, SPECIAL    texts of two tokens, what stands between prompt and answer,
                                     whether encoding adds special tokens
  BIDIRECTIONAL                      whether prompt tokens see later prompt tokens
  view(w, h)                         how pool.py brings a picture to the model's size
  prompt(question)                   the text before tokenisation, one IMAGE_TOKEN in it
  positions(before, grid, after)     rotary positions of the prefix and the next one
  features(model, scenes)            image tokens of all scenes, one after the other
  model_class(), new_model(tokenizer, seed), write_folder(model, tokenizer, folder, seed)
"""

import importlib
import math
import os
import sys
from typing import NamedTuple

import torch
from safetensors.torch import save_file

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "demo_data"))
FAMILIES = ("llava", "paligemma", "qwen2_vl")
CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]
RESIDUAL = tuple(
    f"{part}.weight" for part in ("o_proj", "down_proj", "out_proj", "attn.proj", "fc2")
)


class View(NamedTuple):
    """Resize to `size` (w, h), then cut out `box` (left, top, w, h)."""

    size: tuple
    box: tuple


def family(name):
    """The module of a family."""
    return importlib.import_module(name)


def initialise(model, seed, layers):
    """Fan-in scaled weights; keys start equal to queries: equal things attend to each other."""
    g = torch.Generator().manual_seed(seed)
    state = dict(model.named_parameters())
    deep = 1 / math.sqrt(2 * layers)
    with torch.no_grad():
        for name, p in state.items():
            if p.dim() < 2:
                continue
            if "embed_tokens" in name:
                std = 0.5
            elif "position_embedding" in name:
                std = 0.2
            else:
                std = 1 / math.sqrt(p[0].numel())
                if name.endswith(RESIDUAL):
                    std *= deep
            p.copy_(torch.randn(p.shape, generator=g) * std)
        for name, p in state.items():
            if "language_model" in name and name.endswith("k_proj.weight"):
                q = state[name.replace("k_proj", "q_proj")]
                if q.shape == p.shape:
                    p.copy_(q)


def normalised(images, mean, std):
    """uint8 [..., 3] to float, (x / 255 - mean) / std."""
    x = torch.from_numpy(images).float() / 255
    return (x - torch.tensor(mean)) / torch.tensor(std)


def carry_blocks(old, new, names):
    """Vision blocks: `names` maps the old block's parts to the new one's, (...) to joined rows."""
    with torch.no_grad():
        for a, b in zip(old, new):
            for theirs, ours in names.items():
                for kind in ("weight", "bias"):
                    parts = [getattr(a.get_submodule(p), kind) for p in theirs.split("+")]
                    getattr(b.get_submodule(ours), kind).copy_(torch.cat(parts))


def save_weights(model, names, dtype, folder):
    """model.safetensors with hub tensor names, replaced in one step; `names`: (library prefix,
    hub prefix) pairs, the first that fits counts. Tied tensors are written once."""
    tensors = {}
    for name, p in model.named_parameters():
        ours, hub = next((o, h) for o, h in names if name.startswith(o))
        tensors[hub + name[len(ours) :]] = p.detach().to(dtype).contiguous()
    part = f"{folder}/model.safetensors.part"
    save_file(dict(sorted(tensors.items())), part, metadata={"format": "pt"})
    os.replace(part, f"{folder}/model.safetensors")
