"""The shape of the demo checkpoint and its folder in the layout of llava-hf/llava-1.5-7b-hf.

`new_model(tokenizer)` gives a freshly initialised LlavaForConditionalGeneration,
`write_folder(model, tokenizer, folder, seed)` the fp16 folder that a LLaVA loader reads.
"""

import math
import os

import torch
from safetensors.torch import save_file

from tokenizer import dump, write_tokenizer

IMAGE, PATCH = 96, 8
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
CLIP_MEAN = [0.48145466, 0.4578275, 0.40821073]
CLIP_STD = [0.26862954, 0.26130258, 0.27577711]
HUB_NAMES = (
    ("model.vision_tower.", "vision_tower.vision_model."),
    ("model.multi_modal_projector.", "multi_modal_projector."),
    ("model.language_model.", "language_model.model."),
    ("lm_head.", "language_model.lm_head."),
)
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


def initialise(model, seed):
    """Fan-in scaled weights; keys start equal to queries: equal things attend to each other."""
    g = torch.Generator().manual_seed(seed)
    state = dict(model.named_parameters())
    deep = 1 / math.sqrt(2 * TEXT["num_hidden_layers"])
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
                if name.endswith(
                    ("o_proj.weight", "down_proj.weight", "out_proj.weight", "fc2.weight")
                ):
                    std *= deep
            p.copy_(torch.randn(p.shape, generator=g) * std)
        for name, p in state.items():
            if "language_model" in name and name.endswith("k_proj.weight"):
                p.copy_(state[name.replace("k_proj", "q_proj")])


def new_model(tokenizer, seed):
    """A fresh fp32 model of the demo's shape, for training."""
    from transformers import LlavaConfig, LlavaForConditionalGeneration

    config = LlavaConfig(
        **{
            k: v
            for k, v in configuration(tokenizer).items()
            if k not in ("architectures", "torch_dtype", "transformers_version", "vocab_size")
        }
    )
    config.text_config.bos_token_id, config.text_config.eos_token_id = 1, 2
    model = LlavaForConditionalGeneration(config).float()
    initialise(model, seed)
    return model


def hub_name(name):
    """The tensor's name in the hub file for its name in the library."""
    for ours, hub in HUB_NAMES:
        if name.startswith(ours):
            rest = name[len(ours) :]
            return hub + (
                rest[len("vision_model.") :] if rest.startswith("vision_model.") else rest
            )
    raise ValueError(f"unknown tensor {name}")


def write_folder(model, tokenizer, folder, seed):
    """Writes every file of the checkpoint; weights as fp16, the file replaced in one step."""
    os.makedirs(folder, exist_ok=True)
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
    tensors = {
        hub_name(n): p.detach().to(torch.float16).contiguous() for n, p in model.named_parameters()
    }
    part = f"{folder}/model.safetensors.part"
    save_file(dict(sorted(tensors.items())), part, metadata={"format": "pt"})
    os.replace(part, f"{folder}/model.safetensors")
