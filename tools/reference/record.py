"""The reference implementation (transformers, PIL image backend, eager attention, float32) opened up:
its states, its generation, and edits of its layers."""
import contextlib
from dataclasses import dataclass

import torch
from PIL import Image
from transformers import AutoImageProcessor, AutoProcessor, LlavaForConditionalGeneration


@dataclass
class States:
    """One forward pass over T positions; T x d tensors are per layer, stacked."""
    logits: torch.Tensor        # [T, V]
    hidden: torch.Tensor        # [L+1, T, d]; the last one is after the final norm
    raw: torch.Tensor           # [L, T, d], output of every layer, before the final norm
    attention: torch.Tensor     # [L, H, T, T]
    attention_out: torch.Tensor  # [L, T, d]
    mlp_out: torch.Tensor       # [L, T, d]
    positions: torch.Tensor     # [1, T]


def rgb(path):
    return Image.open(path).convert("RGB")


class Reference:
    def __init__(self, folder):
        self.model, info = LlavaForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        if info["missing_keys"] or info["mismatched_keys"]:
            raise RuntimeError(f"{folder}: {info}")
        self.ignored = sorted(info["unexpected_keys"])
        self.model.eval()
        self.processor = AutoProcessor.from_pretrained(folder)
        self.processor.image_processor = AutoImageProcessor.from_pretrained(folder, backend="pil")
        self.decoder = self.model.model.language_model
        self.layers = self.decoder.layers
        self.image_token = self.model.config.image_token_id

    def prompt(self, question, style):
        if style == "authors":
            return f"USER: <image>\n{question}\nASSISTANT:"
        turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
        return self.processor.apply_chat_template([turn], tokenize=False, add_generation_prompt=True)

    def inputs(self, picture, question, style):
        text = self.prompt(question, style)
        return text, dict(self.processor(images=rgb(picture), text=text, return_tensors="pt"))

    def resized(self, picture):
        """The picture after resize and crop, uint8 [h, w, 3], undone from the normalised values."""
        p = self.processor.image_processor
        values = torch.as_tensor(p(images=rgb(picture), return_tensors="pt")["pixel_values"][0])
        mean, std = torch.tensor(p.image_mean)[:, None, None], torch.tensor(p.image_std)[:, None, None]
        levels = ((values * std + mean) * 255).round()
        if float(((levels / 255 - mean) / std - values).abs().max()) > 2e-6:
            raise RuntimeError(f"{picture}: normalised values are no bytes")
        return levels.to(torch.uint8).permute(1, 2, 0)

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
        return out

    def generate(self, inputs, **options):
        return self.model.generate(**inputs, return_dict_in_generate=True, **options)

    def lens(self, hidden):
        """Logits of hidden states as if they were the last layer's."""
        return self.model.lm_head(self.decoder.norm(hidden))

    def text(self, tokens, skip_special=True):
        return self.processor.tokenizer.decode(tokens, skip_special_tokens=skip_special)

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
            hook = self.model.model.multi_modal_projector.register_forward_hook(without_rows)
        else:
            raise ValueError(spec["kind"])
        try:
            yield
        finally:
            hook.remove()
