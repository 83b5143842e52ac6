"""Forward passes over the library's modules and the helper losses that only training uses.

The helper heads are thrown away afterwards; the checkpoint holds the plain LLaVA tensors.
"""

import torch
import torch.nn.functional as F
from torch import nn

from batches import C, KINDS, bits, own_counts
from checkpoint import CLIP_MEAN, CLIP_STD, TEXT, VISION

NAME_LAYER, RELATION_LAYER = 3, 4  # helper losses read words after this many decoder blocks
COUNT_WEIGHT = torch.tensor([0.4, 0.4, 1.0, 1.4, 1.5, 2.0])  # 0..5, evens out their frequencies
COUNTING = KINDS.index("counting")
GRID = VISION["image_size"] // VISION["patch_size"]


def pixels(images):
    """uint8 [B, S, S, 3] to normalised float [B, 3, S, S]."""
    x = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 255
    return (x - torch.tensor(CLIP_MEAN)[:, None, None]) / torch.tensor(CLIP_STD)[:, None, None]


def patch_features(model, x):
    """(tower features of layer -2 without CLS [B, N, d], projected [B, N, D])."""
    tower = model.model.vision_tower
    tower = getattr(tower, "vision_model", tower)
    h = tower.pre_layrnorm(tower.embeddings(x))
    for layer in tower.encoder.layers[:-1]:
        h = layer(h, attention_mask=None)
        h = h[0] if isinstance(h, tuple) else h
    h = h[:, 1:]
    return h, model.model.multi_modal_projector(h)


class Helpers(nn.Module):
    """Linear read-outs: per patch (category, centre, count, place) and per category word."""

    def __init__(self, words):
        super().__init__()
        d, t = VISION["hidden_size"], TEXT["hidden_size"]
        self.category, self.centre, self.count = nn.Linear(d, C), nn.Linear(d, C), nn.Linear(d, 6)
        self.place = nn.Linear(t, 2)
        self.align = nn.Parameter(torch.tensor([1.0, -2.0]))
        self.present, self.word_count, self.word_place = (
            nn.Linear(t, 1),
            nn.Linear(t, 6),
            nn.Linear(t, 2),
        )
        self.relation = nn.Linear(t, 4)
        self.to_centre = nn.Parameter(torch.eye(t))
        self.centre_scale = nn.Parameter(torch.tensor([1.0, -3.0]))
        self.register_buffer("words", torch.tensor(words))
        y, x = torch.meshgrid(
            torch.linspace(-1, 1, GRID), torch.linspace(-1, 1, GRID), indexing="ij"
        )
        self.register_buffer("grid", torch.stack([x, y], -1).reshape(1, -1, 2))

    def centres(self, scenes, projected, embedding):
        """Loss of telling by one bilinear form, as attention does, which patches hold the
        centre of an object of a given category word: what counting needs."""
        words = F.embedding(self.words, embedding) @ self.to_centre
        match = projected @ words.T / words.shape[1] ** 0.5
        return F.binary_cross_entropy_with_logits(
            match * self.centre_scale[0] + self.centre_scale[1],
            bits(scenes["centres"]),
            pos_weight=torch.tensor(9.0),
        )

    def patches(self, scenes, tower, projected, embedding):
        """Loss on patches and a dict of its parts."""
        masks, centres = bits(scenes["masks"]), bits(scenes["centres"])
        w = torch.tensor(3.0)
        loss = {
            "cat": F.binary_cross_entropy_with_logits(self.category(tower), masks, pos_weight=w),
            "centre": F.binary_cross_entropy_with_logits(
                self.centre(tower), centres, pos_weight=3 * w
            ),
        }
        n = own_counts(scenes["counts"], scenes["masks"])
        loss["count"] = 0.3 * F.cross_entropy(
            self.count(tower).flatten(0, 1), n.flatten(), ignore_index=-1
        )
        words = F.embedding(self.words, embedding)
        match = projected @ words.T / words.shape[1] ** 0.5
        loss["align"] = F.binary_cross_entropy_with_logits(
            match * self.align[0] + self.align[1], masks, pos_weight=w
        )
        loss["match"] = self.centres(scenes, projected, embedding)
        loss["place"] = 0.1 * F.mse_loss(
            self.place(projected), self.grid.expand(len(masks), -1, -1)
        )
        return sum(loss.values()), loss

    def names(self, batch, hidden):
        """Loss on category words: is it there, how many, where (if only one); on the second name of
        spatial questions: which relation holds. `hidden` as `decode` returns it."""
        h = hidden[NAME_LAYER][batch["name_at"][:, 0], batch["name_at"][:, 1]].float()
        present = F.binary_cross_entropy_with_logits(self.present(h)[:, 0], batch["name_present"])
        weight = COUNT_WEIGHT[batch["name_count"].clamp(min=0)]
        weight = torch.where(
            batch["name_kind"] == COUNTING, weight, 0.1
        )  # other counts are mostly 0, 1
        count = F.cross_entropy(
            self.word_count(h), batch["name_count"], ignore_index=-1, reduction="none"
        )
        count = (count * weight).sum() / weight.sum()
        xy = batch["name_xy"]
        known = xy[:, 2:]
        place = (F.smooth_l1_loss(self.word_place(h), xy[:, :2], reduction="none") * known).sum()
        place = place / known.sum().clamp(min=1)
        row, column, true = batch["relation_at"].T
        if not len(true):
            return present + 1.5 * count + 3 * place, {
                "w_present": present,
                "w_count": count,
                "w_place": place,
            }
        r = self.relation(hidden[RELATION_LAYER][row, column].float())
        relation = F.cross_entropy(r, true)
        return present + 1.5 * count + 3 * place + relation, {
            "w_present": present,
            "w_count": count,
            "w_place": place,
            "w_relation": relation,
        }


def decode(model, batch, projected, image_slice):
    """({blocks passed: hidden states [B, S, D]}, normed states after the last block)."""
    inner = model.model.language_model
    x = inner.embed_tokens(batch["ids"])
    x = torch.cat([x[:, : image_slice.start], projected.to(x.dtype), x[:, image_slice.stop :]], 1)
    seen, hooks = {}, []
    for depth in (NAME_LAYER, RELATION_LAYER):

        def keep(_module, _args, out, depth=depth):
            seen[depth] = out[0] if isinstance(out, tuple) else out

        hooks.append(inner.layers[depth - 1].register_forward_hook(keep))
    last = inner(
        inputs_embeds=x,
        attention_mask=batch["mask"],
        position_ids=batch["positions"],
        use_cache=False,
    ).last_hidden_state
    for hook in hooks:
        hook.remove()
    return seen, last


def decode_words(model, batch, projected, image_slice):
    """Hidden states after the first NAME_LAYER blocks only, as `decode` gives them."""
    inner = model.model.language_model
    x = inner.embed_tokens(batch["ids"])
    x = torch.cat([x[:, : image_slice.start], projected, x[:, image_slice.stop :]], 1)
    angles = inner.rotary_emb(x, batch["positions"])
    for layer in inner.layers[:NAME_LAYER]:
        x = layer(
            x,
            attention_mask=batch["mask"],
            position_ids=batch["positions"],
            position_embeddings=angles,
        )
        x = x[0] if isinstance(x, tuple) else x
    return {NAME_LAYER: x}
