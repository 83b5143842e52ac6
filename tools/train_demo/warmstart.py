"""Starting PaliGemma and Qwen2-VL from a trained LLaVA of tools/train_demo.

Norms, MLPs and word embeddings are carried over one to one; attention with fewer key-value heads
starts from low-rank fits; the rest is learnt: image tokens and each block's attention have the
LLaVA's as targets (`Teacher.distance`, `Teacher.attention`).
"""

import tempfile

import numpy as np
import torch
import torch.nn.functional as F

import llava
from batches import Questions, pack
from heads import embedded

SILU_TO_GELU = 1.702  # silu(x) is about 1.702 gelu(x / 1.702)
SLOW = 0.011  # rotary pairs this slow (radians per token) hardly feel the position


def slow_rows(head_width, theta=1e4):
    """Rows of a head whose rotary pair turns by at most SLOW, then the others."""
    pair = torch.arange(head_width) % (head_width // 2)
    slow = theta ** (-2.0 * pair / head_width) <= SLOW
    return slow.nonzero()[:, 0], (~slow).nonzero()[:, 0]


def low_rank(products, rank):
    """([n, D, rank], [rank, D]) whose products come closest to the matrices [n, D, D]."""
    n, d, _ = products.shape
    u, s, v = torch.linalg.svd(products.reshape(n * d, d), full_matrices=False)
    root = s[:rank].sqrt()
    return (u[:, :rank] * root).reshape(n, d, rank), root[:, None] * v[:rank]


@torch.no_grad()
def share_heads(old, new, heads, kv_heads):
    """Attention weights for `heads` query heads on `kv_heads` key-value heads from attention with
    as many of both: per group the best common keys (slow rotary pairs only) and values."""
    d, width = old.q_proj.weight.shape[0] // heads, new.k_proj.weight.shape[0] // kv_heads
    q, k, v = (getattr(old, f"{p}_proj").weight.view(heads, d, -1) for p in "qkv")
    o = old.o_proj.weight.T.reshape(heads, d, -1)
    (from_slow, from_fast), (slow, fast) = slow_rows(d), slow_rows(width)
    nearest = from_fast[(torch.arange(len(fast)) * len(from_fast)) // len(fast)]
    q2, o2 = torch.zeros(heads, width, q.shape[2]), torch.zeros(heads, width, q.shape[2])
    k2, v2 = (torch.zeros(kv_heads, width, q.shape[2]) for _ in range(2))
    for g in range(kv_heads):
        group = slice(g * heads // kv_heads, (g + 1) * heads // kv_heads)
        left, right = low_rank(q[group][:, from_slow].mT @ k[group][:, from_slow], len(slow))
        q2[group, slow], k2[g, slow] = left.mT, right
        q2[group, fast], k2[g, fast] = q[group][:, nearest], k[group][:, nearest].mean(0)
        left, right = low_rank(o[group].mT @ v[group], width)
        o2[group], v2[g] = left.mT, right
    new.q_proj.weight.copy_(q2.flatten(0, 1) * (width / d) ** 0.5)
    new.k_proj.weight.copy_(k2.flatten(0, 1))
    new.v_proj.weight.copy_(v2.flatten(0, 1))
    new.o_proj.weight.copy_(o2.flatten(0, 1).T)


@torch.no_grad()
def carry_decoder(old, new, gemma):
    """Norms, MLPs and attention of LLaVA's decoder into another family's."""
    config = new.config
    for a, b in zip(old.layers, new.layers):
        for norm in ("input_layernorm", "post_attention_layernorm"):
            getattr(b, norm).weight.copy_(getattr(a, norm).weight - gemma)
        scale = SILU_TO_GELU if gemma else 1.0
        b.mlp.gate_proj.weight.copy_(a.mlp.gate_proj.weight / scale)
        b.mlp.up_proj.weight.copy_(a.mlp.up_proj.weight)
        b.mlp.down_proj.weight.copy_(a.mlp.down_proj.weight * scale)
        share_heads(
            a.self_attn, b.self_attn, config.num_attention_heads, config.num_key_value_heads
        )
    new.norm.weight.copy_(old.norm.weight - gemma)


def old_id(text, ids):
    """LLaVA's id for a token of another family, or None."""
    text = text.replace("Ġ", "▁").replace("Ċ", "\n")
    if text == "\n":
        return ids("<0x0A>")
    return ids("▁" + text) if ids(text) is None or text.isalpha() else ids(text)


@torch.no_grad()
def carry_words(teacher, run):
    """Embeddings and head rows of the tokens that both vocabularies have. With a tied head the
    tokens that begin an answer, and the end token, take the head's row, the others the word's."""
    old, ids = teacher.model, teacher.questions.tokenizer.token_to_id
    new, tokenizer = run.model, run.questions.tokenizer
    embedding, head = new.get_input_embeddings().weight, new.lm_head.weight
    words, outputs = old.get_input_embeddings().weight, old.lm_head.weight
    tied, scale = embedding is head, 1.0
    if tied:
        root = run.family.TEXT_WIDTH**0.5
        scale = words.std() / root / outputs.std()
        words = words / root
        norm = new.model.language_model.norm.weight
        norm.copy_((norm + 1) / scale - 1)
    begins = {"Yes", "No", *"123456789", *"One Two Three Four Five".split()}
    for text, i in tokenizer.get_vocab().items():
        same = ids("</s>") if text == run.family.EOS else old_id(text, ids)
        if same is None:
            continue
        if tied and (text in begins or text == run.family.EOS):
            embedding[i] = outputs[same] * scale
            continue
        embedding[i] = words[same]
        if not tied:
            head[i] = outputs[same]


class Teacher:
    """A trained LLaVA (a state file of train.py) that another family starts from."""

    def __init__(self, state, seed):
        with tempfile.TemporaryDirectory() as folder:
            tokenizer = llava.write_tokenizer(folder, seed)
            self.questions = Questions(llava, f"{folder}/tokenizer.json")
        self.model = llava.new_model(tokenizer, seed)
        loaded = torch.load(state)
        self.model.load_state_dict(loaded["model"])
        self.model.requires_grad_(False)
        self.helpers = loaded["helpers"]

    def start(self, run):
        """Carries everything over that fits."""
        carry_decoder(
            self.model.model.language_model,
            run.model.model.language_model,
            float(run.a.family == "paligemma"),
        )
        carry_words(self, run)
        run.family.carry_tower(self.model.model.vision_tower, run.model)
        heads = run.helpers.state_dict()
        fits = {
            k: v
            for k, v in self.helpers.items()
            if k in heads and k != "words" and v.shape == heads[k].shape
        }
        run.helpers.load_state_dict(fits, strict=False)

    @torch.no_grad()
    def tokens(self, scenes):
        """The LLaVA's image tokens [B, D, 12, 12] for the same pictures, squeezed to its size."""
        cell = scenes["images"].shape[1] // scenes["masks"].shape[1]
        small = []
        for image, (h, w) in zip(scenes["images"], scenes["grids"].astype(int) * cell):
            x = torch.from_numpy(image[:h, :w].copy()).permute(2, 0, 1)[None].float()
            size = (llava.IMAGE, llava.IMAGE)
            if (h, w) != size:
                x = F.interpolate(x, size, mode="bicubic", antialias=True).clamp(0, 255)
            small.append(x.round().byte()[0].permute(1, 2, 0))
        _, projected = llava.features(self.model, {"images": torch.stack(small).numpy()})
        g = llava.IMAGE // llava.PATCH
        return projected.reshape(len(small), g, g, -1).permute(0, 3, 1, 2)

    def distance(self, scenes, projected):
        """Mean squared distance from the LLaVA's image tokens, resampled to each scene's grid, as
        a share of their variance."""
        target = torch.cat(
            [
                F.interpolate(t[None], tuple(map(int, grid)), mode="bilinear")[0].flatten(1).T
                for t, grid in zip(self.tokens(scenes), scenes["grids"])
            ]
        )
        return F.mse_loss(projected, target) / target.var()

    def attention(self, run, scenes):
        """(loss, {block: loss}): how far each block's attention of the run's model is from the
        LLaVA's, on the LLaVA's rows and hidden states, as a share of their mean square."""
        tokens = self.tokens(scenes)
        g = tokens.shape[-1]
        rows = {**scenes, "grids": np.full((len(tokens), 2), g)}
        seed, batches = run.rng.integers(1 << 31), []
        for positions in (llava.positions, run.family.positions):
            self.questions.positions = positions
            rng = np.random.default_rng(seed)
            batches.append(pack(rows, self.questions, rng, (0.2, 0.45, 0.35), run.a.questions))
        mine, other = batches
        old, new = (m.model.language_model for m in (self.model, run.model))
        x = embedded(self.model, mine, tokens.permute(0, 2, 3, 1).flatten(0, 2))
        angles = old.rotary_emb(x, mine["positions"])
        new_angles = new.rotary_emb(x, other["positions"])
        losses = {}
        for i, (a, b) in enumerate(zip(old.layers, new.layers)):
            adds = a.self_attn(a.input_layernorm(x), angles, mine["mask"])[0]
            tried = b.self_attn(
                b.input_layernorm(x), position_embeddings=new_angles, attention_mask=mine["mask"]
            )[0]
            losses[f"block{i}"] = F.mse_loss(tried, adds) / adds.square().mean()
            x = x + adds
            x = x + a.mlp(a.post_attention_layernorm(x))
        return sum(losses.values()), losses
