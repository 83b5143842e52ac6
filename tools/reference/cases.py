"""Writing golden.h5: tokenizer/NN, preproc/FILE and cases/C, from a Reference."""
import json

import numpy as np
import torch
from transformers import LogitsProcessor, LogitsProcessorList, TemperatureLogitsWarper, TopPLogitsWarper

STEPS, EDIT_STEPS, PATHS, TEMPERATURE, TOP_P = 12, 8, 6, 0.7, 0.9
# Nothing of the checkpoint's generation_config.json but its end tokens.
PLAIN = dict(do_sample=False, repetition_penalty=1.0)
# A second implementation sums in another order: greedy steps and path draws stay this far from a tie.
MIN_MARGIN, MIN_GAP = 5e-3, 5e-5
TEXTS = ["Is there a lantern on the pier?", "", " ", "\n", "  two  spaces   three", " lead", "trail ",
         "tab\tline\nnext\n\n", "yes", "Größe façade 日本 港 🚢", "a\u0301 combining", "\u00a0nbsp\u2003em",
         "USER: <image>\nAre there any ropes?\nASSISTANT:", "<image>", " <image> <image>x", "a<s>b</s>",
         "x <left> y <right>  z", "the <word> here, not<word> or <word>s", "old pier<n> and pier<n>s",
         "<image><more><image>", "<imag", "<0x41><0x0A>", "▁▁mark", "0123456789", "zzz" * 40,
         "\u200b\ufeffinvisible", "\x00\x7f", "“quoted” – …", "Straße" * 30]
MORE_TEXTS = {
    "llava": [],
    "paligemma": ["detect buoy ; crane\n", "<loc0003><loc0012><seg001> buoy", "x   y    z     ", "\n\n\n a\n",
                  "a<bos>b<eos>", "<loc0016> <mask><2mass>", " <image>\t<image>", "2024 10.5"],
    "qwen2_vl": ["<|im_start|>user\nhi<|im_end|>\n", "it's WE'LL don'T I'm YOU'Re o'clock", "e\u0301n\u0303 \u212b\u2126",
                 "\u1100\u1161\u11a8 a\u0316\u0301 a\u0301\u0316", "\r\n\r\n x\r  \n", "100%; $5.00 (a/b) [c]",
                 "\u0664\u0663 \u2177 \u00b2 \ufb01", "<|vision_start|><|image_pad|><|vision_end|>Is it?",
                 "wide\u3000space\u2028line", "<|im_end|", "   three  spaces   ", "\U0001d4b3 \U0001f6a2\ufe0f"],
}


class Redraw(Exception):
    """The numbers lie too close to a tie, or the answer repeats itself; another seed is needed."""


def put(group, name, values):
    array = values.detach().numpy() if torch.is_tensor(values) else np.asarray(values)
    packed = dict(compression="gzip", compression_opts=9, shuffle=True) if array.nbytes > 4000 else {}
    group.create_dataset(name, data=array, **packed)


def text_of(reference, tokens, skip_special=True):
    text = reference.text(tokens, skip_special)
    if "\0" in text:
        raise Redraw("an attribute of HDF5 cannot hold an answer with U+0000")
    return text


def write_tokenizer(h, reference):
    """By the tokenizers library from tokenizer.json itself, and not by a tokenizer class."""
    t = reference.tokenizer
    for i, text in enumerate(TEXTS + MORE_TEXTS[reference.family]):
        g = h.create_group(f"tokenizer/{i:02d}")
        ids = t.encode(text, add_special_tokens=False).ids
        put(g, "ids", np.array(ids, np.int64))
        put(g, "ids_with_special", np.array(t.encode(text, add_special_tokens=reference.begins_texts()).ids, np.int64))
        g.attrs["text"] = text.encode().hex()
        g.attrs["decoded"] = t.decode(ids, skip_special_tokens=False).encode().hex()
        g.attrs["decoded_skip_special"] = t.decode(ids).encode().hex()


def write_preprocessing(h, reference, folder, names):
    for name in names:
        g = h.create_group(f"preproc/{name}")
        try:
            levels, more = reference.resized(f"{folder}/{name}")
        except ValueError as error:
            g.attrs["error"] = str(error)
            continue
        put(g, "resized_uint8", levels)
        for key, values in more.items():
            put(g, key, values)


class PathPicker(LogitsProcessor):
    """Draws by given uniforms: the first id whose cumulative probability exceeds u, in id order."""

    def __init__(self, uniforms):
        self.uniforms, self.step, self.gap = uniforms, 0, 1.0
        self.warpers = [TemperatureLogitsWarper(TEMPERATURE), TopPLogitsWarper(TOP_P)]

    def __call__(self, ids, scores):
        for warp in self.warpers:
            scores = warp(ids, scores)
        total = scores.double().softmax(-1)[0].cumsum(0)
        total = total / total[-1]
        u = self.uniforms[self.step]
        self.step += 1
        self.gap = min(self.gap, float((total - u).abs().min()))
        chosen = torch.full_like(scores, -torch.inf)
        chosen[0, int((total <= u).sum())] = 0
        return chosen


def write_paths(g, reference, inputs, case, dice):
    count, steps = case.get("paths", PATHS), case.get("steps", STEPS)
    uniforms, length = dice.random((count, steps)), inputs["input_ids"].shape[1]
    tokens, texts = np.full((count, steps), -1, np.int64), []
    for k in range(count):
        picker = PathPicker(uniforms[k])
        out = reference.generate(inputs, max_new_tokens=steps, logits_processor=LogitsProcessorList([picker]), **PLAIN)
        path = out.sequences[0, length:].tolist()
        if picker.gap < MIN_GAP:
            raise Redraw(f"a path draw is {picker.gap:.1e} from a tie")
        tokens[k, :len(path)] = path
        texts.append(text_of(reference, path))
    if len({tuple(path) for path in tokens}) < count:
        raise Redraw("two paths are the same")
    put(g, "path_uniforms", uniforms)
    put(g, "path_tokens", tokens)
    g.attrs["path_texts"] = json.dumps(texts, ensure_ascii=False)


def write_sampling(g, reference, inputs, case, dice):
    g.attrs.update(temperature=TEMPERATURE, top_p=TOP_P)
    options = dict(do_sample=True, temperature=TEMPERATURE, top_p=TOP_P, max_new_tokens=1, output_scores=True)
    torch.manual_seed(0)
    for name, extra in (("probs_generation_defaults", {}), ("probs_plain", dict(top_k=0, repetition_penalty=1.0))):
        put(g, name, reference.generate(inputs, **options, **extra).scores[0][0].softmax(-1))
    if case.get("paths", case["full"]):
        write_paths(g, reference, inputs, case, dice)


def write_prefill(case, reference, inputs, image, full):
    s = reference.forward(inputs)
    put(case["inputs"], "position_ids", s.positions)
    g = case.create_group("prefill")
    layers = len(reference.layers)
    put(g, "hidden_last", s.hidden[:, -1])
    put(g, "last_layer_raw_last", s.raw[-1, -1])
    put(g, "logits_last", s.logits[-1])
    put(g, "attn_out_last", s.attention_out[:, -1])
    put(g, "mlp_out_last", s.mlp_out[:, -1])
    put(g, "logit_lens", torch.cat([reference.lens(s.hidden[:layers, -1]), s.logits[-1:]]))
    put(g, "image_token_update_norm", (s.raw - s.hidden[:layers])[:, image].norm(dim=-1).mean(-1))
    if full:
        put(g, "hidden_states", s.hidden)
        put(g, "last_layer_raw", s.raw[-1])
        put(g, "logits_tail", s.logits[-8:])
        put(g, "attentions", s.attention)


def write_greedy(g, reference, inputs, image, case):
    length, steps = inputs["input_ids"].shape[1], case.get("steps", STEPS)
    out = reference.generate(inputs, max_new_tokens=steps, output_logits=True, output_attentions=True,
                             output_hidden_states=True, **PLAIN)
    tokens = out.sequences[0, length:].tolist()
    logits = torch.stack([t[0] for t in out.logits])
    best = logits.topk(2, -1).values
    margin = best[:, 0] - best[:, 1]
    if float(margin.min()) < MIN_MARGIN:
        raise Redraw(f"a greedy step is {float(margin.min()):.1e} from a tie")
    if len(set(tokens)) < steps // 2:
        raise Redraw(f"the answer has only {len(set(tokens))} different tokens")
    if tokens != logits.argmax(-1).tolist():
        raise RuntimeError("greedy tokens are not those of the largest logits")
    g.attrs.update(text=text_of(reference, tokens), text_with_special=text_of(reference, tokens, False))
    rows = torch.stack([torch.stack([a[0, :, -1, image] for a in step]) for step in out.attentions])
    put(g, "tokens", np.array(tokens, np.int64))
    put(g, "logits", logits)
    put(g, "top1_margin", margin)
    put(g, "attn_rows", rows)
    put(g, "attn_map", rows.mean((0, 2)))
    if case["full"]:
        put(g, "hidden_last", torch.stack([torch.stack([t[0, -1] for t in step]) for step in out.hidden_states]))
        s = reference.forward(reference.extended(inputs, tokens))
        put(g, "teacher_forced_position_ids", s.positions)
        put(g, "teacher_forced_attn_rows", s.attention[:, :, length - 1:][..., image])
    if len(tokens) > 4:
        stopped = reference.generate(inputs, max_new_tokens=steps, eos_token_id=[tokens[3]], **PLAIN)
        put(g, "tokens_eos_is_4th", stopped.sequences[0, length:])
    if reference.model.generation_config.repetition_penalty not in (None, 1.0):
        put(g, "tokens_generation_defaults", with_penalty(reference, inputs, steps, tokens, case["full"]))
    return tokens


def with_penalty(reference, inputs, steps, tokens, has_to_differ):
    """The greedy answer under the checkpoint's own repetition penalty."""
    out = reference.generate(inputs, do_sample=False, max_new_tokens=steps)
    penalised = out.sequences[0, inputs["input_ids"].shape[1]:].tolist()
    if has_to_differ and penalised == tokens:
        raise Redraw("the repetition penalty changes nothing")
    return penalised


def edits(reference, cells, dice):
    width, inner = reference.decoder.config.hidden_size, reference.decoder.config.intermediate_size
    last, middle = len(reference.layers) - 1, len(reference.layers) // 2

    def some(n, k):
        return sorted(int(i) for i in dice.choice(n, k, replace=False))

    yield dict(kind="mlp_neurons", layer=last, idx=some(inner, 4), value=0.0)
    yield dict(kind="mlp_neurons", layer=0, idx=some(inner, inner // 3), value=0.0)
    yield dict(kind="mlp_neurons", layer=middle, idx=some(inner, 2), value=60.0)
    yield dict(kind="residual", layer=last, idx=some(width, 1), value=0.0)
    yield dict(kind="residual", layer=middle, idx=some(width, 3), value=-40.0)
    yield dict(kind="residual", layer=0, idx=some(width, 2), value=25.0)
    yield dict(kind="mlp_bypass", layer=middle)
    yield dict(kind="image_tokens", idx=some(cells, max(1, cells // 3)))


def write_ablations(h, reference, inputs, cells, case, dice):
    length = inputs["input_ids"].shape[1]
    for k, spec in enumerate(edits(reference, cells, dice)):
        if k not in case.get("edits", range(99)):
            continue
        g = h.create_group(f"ablations/a{k}")
        g.attrs["spec"] = json.dumps(spec)
        with reference.edited(spec):
            put(g, "logits_last", reference.last_logits(inputs))
            out = reference.generate(inputs, max_new_tokens=EDIT_STEPS, output_logits=True, **PLAIN)
        tokens = out.sequences[0, length:]
        best = torch.stack([t[0] for t in out.logits]).topk(2, -1).values
        if float((best[:, 0] - best[:, 1]).min()) < MIN_MARGIN:
            raise Redraw(f"edit {k} has a greedy step near a tie")
        put(g, "greedy_tokens", tokens)
        g.attrs["text"] = text_of(reference, tokens.tolist())


def write_case(h, reference, case, folder):
    """case: {"name", "image", "question", "style", "full"}, and optionally "steps" of an answer, "paths" (their
    number; 0 for none) and "edits" (the numbers of those wanted)."""
    dice = np.random.default_rng([7, *case["name"].encode()])
    text, inputs = reference.inputs(f"{folder}/{case['image']}", case["question"], case["style"])
    ids = inputs["input_ids"][0]
    image = (ids == reference.image_token).nonzero()[:, 0]
    g = h.create_group(f"cases/{case['name']}")
    g.attrs.update(image=case["image"], question=case["question"], style=case["style"], prompt=text,
                   n_image_tokens=len(image), seq_len=len(ids))
    group = g.create_group("inputs")
    for name, values in inputs.items():
        put(group, name, values)
    put(group, "image_token_positions", image)
    features, states = reference.features(inputs)
    vision = g.create_group("vision")
    put(vision, "projected", features)
    if case["full"]:
        put(vision, "tower_hidden_states", states)
    write_prefill(g, reference, inputs, image, case["full"])
    tokens = write_greedy(g.create_group("greedy"), reference, inputs, image, case)
    write_sampling(g.create_group("sample"), reference, inputs, case, dice)
    write_ablations(g, reference, inputs, len(image), case, dice)
    return f"{len(ids)} prompt tokens, {len(image)} of the picture, answer {reference.text(tokens)!r}"
