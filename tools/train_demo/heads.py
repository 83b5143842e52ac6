"""Forward passes over the library's modules and the helper losses that only training uses.

The helper heads are thrown away afterwards; the checkpoint holds the family's plain tensors.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from batches import KINDS
from labels import C, bits, in_use, own_counts, scene_of, token_places

NAME_LAYER, RELATION_LAYER = 3, 4  # helper losses read words after this many decoder blocks
COUNT_WEIGHT = torch.tensor([0.4, 0.4, 1.0, 1.4, 1.5, 2.0])  # 0..5, evens out their frequencies
COUNTING = KINDS.index("counting")


class Helpers(nn.Module):
    """Linear read-outs: per image token (category, centre, count, density, place) and per word."""

    def __init__(self, words, tower_width, text_width):
        super().__init__()
        d, t = tower_width, text_width
        self.category, self.centre, self.count = nn.Linear(d, C), nn.Linear(d, C), nn.Linear(d, 6)
        self.density, self.word_density = nn.Linear(d, C), nn.Linear(t, t, bias=False)
        nn.init.constant_(self.density.bias, -4.0)
        self.word_scale = nn.Parameter(torch.tensor([1.0, -4.0]))
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

    def match(self, projected, embed, centred):
        """Bilinear match of image tokens [N, D] with category words, as attention does: [N, C]."""
        words = embed(self.words)
        if centred:
            words = words @ self.to_centre
        return projected @ words.T / words.shape[1] ** 0.5

    def centres(self, scenes, projected, embed):
        """Loss of telling by one bilinear form, as attention does, which tokens hold the
        centre of an object of a given category word: what counting needs."""
        match = self.match(projected, embed, True)
        return F.binary_cross_entropy_with_logits(
            match * self.centre_scale[0] + self.centre_scale[1],
            bits(in_use(scenes, "centres")),
            pos_weight=torch.tensor(9.0),
        )

    def densities(self, scenes, tower, projected, embed):
        """Loss of counting by a sum: per image token and category a non-negative density whose sum
        over the picture is the number of instances (crowds are left out, six is the most); read
        from the tower, and from the projected tokens by one bilinear form with the word."""
        n = torch.from_numpy(scenes["counts"].astype(np.float32))
        weight = (n >= 0) * torch.where(n > 0, 0.75 + 0.4 * n.clamp(max=5), 0.15)
        words = embed(self.words)
        match = self.word_density(projected) @ words.T / words.shape[1] ** 0.5
        scene = scene_of(scenes["grids"])
        loss = 0
        for logits in (self.density(tower), match * self.word_scale[0] + self.word_scale[1]):
            found = torch.zeros_like(n).index_add(0, scene, F.softplus(logits))
            miss = F.smooth_l1_loss(found, n.clamp(0, 6), reduction="none", beta=0.5)
            loss = loss + (miss * weight).sum() / weight.sum()
        return loss

    def patches(self, scenes, tower, projected, embed):
        """Loss on image tokens and a dict of its parts; `embed` maps token ids to embeddings."""
        masks, centres = bits(in_use(scenes, "masks")), bits(in_use(scenes, "centres"))
        w = torch.tensor(3.0)
        loss = {
            "cat": F.binary_cross_entropy_with_logits(self.category(tower), masks, pos_weight=w),
            "centre": F.binary_cross_entropy_with_logits(
                self.centre(tower), centres, pos_weight=3 * w
            ),
        }
        n = own_counts(scenes, masks)
        loss["count"] = 0.3 * F.cross_entropy(self.count(tower), n, ignore_index=-1)
        match = self.match(projected, embed, False)
        loss["align"] = F.binary_cross_entropy_with_logits(
            match * self.align[0] + self.align[1], masks, pos_weight=w
        )
        loss["match"] = self.centres(scenes, projected, embed)
        loss["density"] = 1.5 * self.densities(scenes, tower, projected, embed)
        loss["place"] = 0.1 * F.mse_loss(self.place(projected), token_places(scenes["grids"]))
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


def embedded(model, batch, projected):
    """Input embeddings [B, S, D] with the image tokens' features in their places."""
    x = model.get_input_embeddings()(batch["ids"])
    return x.masked_scatter(batch["image"][..., None], projected[batch["take"]].to(x.dtype))


def decode(model, batch, projected, blocks=None):
    """({blocks passed: hidden states [B, S, D]}, normed states after the last of `blocks`)."""
    inner, seen = model.model.language_model, {}
    x = embedded(model, batch, projected)
    angles = inner.rotary_emb(x, batch["positions"])
    for depth, layer in enumerate(inner.layers[:blocks], 1):
        x = layer(x, attention_mask=batch["mask"], position_embeddings=angles)
        x = seen[depth] = x[0] if isinstance(x, tuple) else x
    return seen, inner.norm(x)
