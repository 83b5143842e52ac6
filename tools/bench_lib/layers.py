"""The parts that families share, under the hub's names: a CLIP or SigLIP tower, a decoder, a head."""
import math

CLIP_MEAN, CLIP_STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def tower(t, v, clip):
    top, width, patch = "vision_tower.vision_model", v["hidden"], v["patch"]
    cells = (v["image"] // patch) ** 2
    if clip:
        t.normal(f"{top}.embeddings.class_embedding", (width,), 1.0)
        t.norm(f"{top}.pre_layrnorm", width, True)  # spelled so in the hub's files
    else:
        t.normal(f"{top}.embeddings.patch_embedding.bias", (width,), 0.1)
    t.normal(f"{top}.embeddings.patch_embedding.weight", (width, 3, patch, patch),
             1 / math.sqrt(3 * patch * patch))
    t.normal(f"{top}.embeddings.position_embedding.weight", (cells + clip, width), 0.5)
    t.norm(f"{top}.post_layernorm", width, True)
    for layer in range(v["layers"]):
        name = f"{top}.encoder.layers.{layer}"
        for part in ("layer_norm1", "layer_norm2"):
            t.norm(f"{name}.{part}", width, True)
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            t.linear(f"{name}.self_attn.{part}", width, width, True)
        t.linear(f"{name}.mlp.fc1", v["inter"], width, True)
        t.linear(f"{name}.mlp.fc2", width, v["inter"], True)


def decoder(t, base, s, rows, embedding, silent=(), bias=False, norm=1.0, out=1.0):
    """The text model without its head. embedding: standard deviation of the token vectors; silent: rows
    of it that are zero; bias: of q, k and v; norm: mean of the norms' weights; out: gain of what the
    blocks add."""
    width, head = s["hidden"], s.get("head_dim") or s["hidden"] // s["heads"]
    t.normal(f"{base}.embed_tokens.weight", (rows, width), embedding, zero_rows=silent)
    t.norm(f"{base}.norm", width, False, norm)
    for layer in range(s["layers"]):
        name = f"{base}.layers.{layer}"
        for part in ("input_layernorm", "post_attention_layernorm"):
            t.norm(f"{name}.{part}", width, False, norm)
        for part, heads in (("q_proj", s["heads"]), ("k_proj", s["kv"]), ("v_proj", s["kv"])):
            t.linear(f"{name}.self_attn.{part}", heads * head, width, bias)
        t.linear(f"{name}.self_attn.o_proj", width, s["heads"] * head, False, out)
        t.linear(f"{name}.mlp.gate_proj", s["inter"], width, False, 1.5)
        t.linear(f"{name}.mlp.up_proj", s["inter"], width, False)
        t.linear(f"{name}.mlp.down_proj", width, s["inter"], False, 1.5 * out)


def head(t, name, rows, width, silent):
    t.normal(name, (rows, width), 3 / math.sqrt(width), zero_rows=silent)
