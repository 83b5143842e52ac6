"""The reference implementation (transformers, PIL image backend, eager attention, float32) opened up:
its states, its generation, and edits of its layers."""
import contextlib
from dataclasses import dataclass

import torch
from PIL import Image
from tokenizers import Tokenizer
from transformers import AutoImageProcessor, AutoModelForImageTextToText, AutoProcessor


@dataclass
class States:
    """One forward pass over T positions; T x d tensors are per layer, stacked."""
    logits: torch.Tensor        # [T, V]
    hidden: torch.Tensor        # [L+1, T, d]; the last one is after the final norm
    raw: torch.Tensor           # [L, T, d], output of every layer, before the final norm
    attention: torch.Tensor     # [L, H, T, T]
    attention_out: torch.Tensor  # [L, T, d]
    mlp_out: torch.Tensor       # [L, T, d]
    positions: torch.Tensor     # [1, T]; Qwen2-VL: [3, 1, T], time, row, column


def rgb(path):
    return Image.open(path).convert("RGB")


def joined(patches, grid, processor):
    """Qwen2-VL's patches [rows * columns, 3 * frames * side * side], block by block, as a picture [3, h, w]."""
    side, block, frames = processor.patch_size, processor.merge_size, processor.temporal_patch_size
    rows, columns = int(grid[1]), int(grid[2])
    out = torch.empty(3, frames, rows * side, columns * side)
    order = ((block_row * block + row, block_column * block + column)
             for block_row in range(rows // block) for block_column in range(columns // block)
             for row in range(block) for column in range(block))
    for patch, (row, column) in zip(patches.reshape(-1, 3, frames, side, side), order, strict=True):
        out[..., row * side:(row + 1) * side, column * side:(column + 1) * side] = patch
    if not torch.equal(out[:, 0], out[:, -1]):
        raise RuntimeError("the frames of one picture differ")
    return out[:, 0]


class Reference:
    def __init__(self, folder):
        self.model, info = AutoModelForImageTextToText.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        if info["missing_keys"] or info["mismatched_keys"]:
            raise RuntimeError(f"{folder}: {info}")
        self.ignored = sorted(info["unexpected_keys"])
        self.model.eval()
        self.family = self.model.config.model_type
        self.processor = AutoProcessor.from_pretrained(folder)
        self.processor.image_processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        self.tokenizer = Tokenizer.from_file(f"{folder}/tokenizer.json")
        inner = self.model.model
        self.decoder = inner.language_model
        self.layers = self.decoder.layers
        self.projector = inner.visual.merger if self.family == "qwen2_vl" else inner.multi_modal_projector
        self.image_token = self.model.config.image_token_id

    def prompt(self, question, style):
        """What the processor takes; it repeats the picture's token, and PaliGemma's adds <bos> and an end of line."""
        if self.family == "paligemma":
            return "<image>" + question
        if self.family == "llava" and style == "authors":
            return f"USER: <image>\n{question}\nASSISTANT:"
        turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
        return self.processor.apply_chat_template([turn], tokenize=False, add_generation_prompt=True)

    def inputs(self, picture, question, style):
        text = self.prompt(question, style)
        inputs = dict(self.processor(images=rgb(picture), text=text, return_tensors="pt"))
        inputs.pop("labels", None)
        return text, inputs

    def begins_texts(self):
        """Whether the processor's tokenizer puts its beginning token before a text."""
        return bool(self.processor.tokenizer("").input_ids)

    def features(self, inputs):
        """(features of the picture [N, d], hidden states of the tower [layers + 1, patches, width])."""
        names = [name for name in ("pixel_values", "image_grid_thw") if name in inputs]
        seen = self.model.get_image_features(**{name: inputs[name] for name in names},
                                             output_hidden_states=True, return_dict=True)
        features = torch.cat(list(seen.pooler_output))
        return (features.reshape(-1, features.shape[-1]),
                torch.stack([t.reshape(-1, t.shape[-1]) for t in seen.hidden_states]))

    def resized(self, picture):
        """(the picture after resize and crop, uint8 [h, w, 3], undone from the normalised values; what else
        the image processor says of it). ValueError where it refuses the picture."""
        p = self.processor.image_processor
        out = dict(p(images=rgb(picture), return_tensors="pt"))
        values = torch.as_tensor(out.pop("pixel_values"))
        values = joined(values, out["image_grid_thw"][0], p) if "image_grid_thw" in out else values[0]
        mean, std = torch.tensor(p.image_mean)[:, None, None], torch.tensor(p.image_std)[:, None, None]
        levels = ((values * std + mean) * 255).round()
        if float(((levels / 255 - mean) / std - values).abs().max()) > 2e-6:
            raise RuntimeError(f"{picture}: normalised values are no bytes")
        return levels.to(torch.uint8).permute(1, 2, 0), out

    def forward(self, inputs):
        taps = {"attention_out": [], "mlp_out": [], "raw": []}
        seen, hooks = {}, []

        def keep(kind):
            return lambda module, args, out: taps[kind].append(out[0] if isinstance(out, tuple) else out)

        for layer in self.layers:
            hooks.append(layer.self_attn.register_forward_hook(keep("attention_out")))
            hooks.append(layer.mlp.register_forward_hook(keep("mlp_out")))
            hooks.append(layer.register_forward_hook(keep("raw")))
        hooks.append(self.decoder.rotary_emb.register_forward_pre_hook(
            lambda module, args, named: seen.update(
                positions=named["position_ids"] if "position_ids" in named else args[1]), with_kwargs=True))
        try:
            self.forget()
            out = self.model(**inputs, use_cache=False, output_hidden_states=True, output_attentions=True)
        finally:
            for hook in hooks:
                hook.remove()
        stacked = {k: torch.stack([t.reshape(t.shape[-2:]) for t in v]) for k, v in taps.items()}
        return States(out.logits[0], torch.stack([t[0] for t in out.hidden_states]), stacked["raw"],
                      torch.stack([t[0] for t in out.attentions]), stacked["attention_out"],
                      stacked["mlp_out"], seen["positions"])

    def extended(self, inputs, tokens):
        """The inputs with answer tokens appended."""
        out = dict(inputs)
        out["input_ids"] = torch.cat([inputs["input_ids"], torch.tensor([tokens])], 1)
        out["attention_mask"] = torch.ones_like(out["input_ids"])
        # PaliGemma's type 1 is what follows the prompt; Qwen2-VL's type 0 is text.
        for name, kind in (("token_type_ids", 1), ("mm_token_type_ids", 0)):
            if name in inputs:
                out[name] = torch.nn.functional.pad(inputs[name], (0, len(tokens)), value=kind)
        return out

    def forget(self):
        """Qwen2-VL keeps the last prompt's offset of positions."""
        if self.family == "qwen2_vl":
            self.model.model.rope_deltas = None

    def last_logits(self, inputs):
        self.forget()
        return self.model(**inputs, use_cache=False).logits[0, -1]

    def generate(self, inputs, **options):
        self.forget()
        return self.model.generate(**inputs, return_dict_in_generate=True, **options)

    def lens(self, hidden):
        """Logits of hidden states as if they were the last layer's."""
        return self.model.lm_head(self.decoder.norm(hidden))

    def text(self, tokens, skip_special=True):
        return self.tokenizer.decode(list(tokens), skip_special_tokens=skip_special)

    @contextlib.contextmanager
    def edited(self, spec):
        """One causal change at all positions and steps: {"kind", "layer", "idx", "value"}."""
        layer = self.layers[spec["layer"]] if "layer" in spec else None
        columns = torch.tensor(spec.get("idx", []), dtype=torch.long)

        def with_columns(t):
            t = t.clone()
            t[..., columns] = spec["value"]
            return t

        def without_rows(module, args, out):
            out = out.clone()
            out[..., columns, :] = 0
            return out

        def residual(module, args, out):
            return (with_columns(out[0]), *out[1:]) if isinstance(out, tuple) else with_columns(out)

        if spec["kind"] == "mlp_neurons":
            hook = layer.mlp.down_proj.register_forward_pre_hook(lambda m, args: (with_columns(args[0]),))
        elif spec["kind"] == "residual":
            hook = layer.register_forward_hook(residual)
        elif spec["kind"] == "mlp_bypass":
            hook = layer.mlp.register_forward_hook(lambda m, args, out: torch.zeros_like(out))
        elif spec["kind"] == "image_tokens":
            hook = self.projector.register_forward_hook(without_rows)
        else:
            raise ValueError(spec["kind"])
        try:
            yield
        finally:
            hook.remove()
