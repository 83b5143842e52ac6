"""The lens of stage capture beside a slow float64 one in numpy, which starts from the reference's numbers (golden.h5)
and the checkpoint's weights and shares no code with VRP: margins, ranks and yes/no logits from the reference's
logits and the tokenizers library, contributions from its block outputs, head gains from its hidden states."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = pathlib.Path(os.environ.get("VRP_GOLDEN_DIR") or ROOT / "tests/golden/data")
CAPTURE = os.path.join(os.environ["VRP_BIN"], "capture_one")
PREFIXES = ("language_model.model.", "model.language_model.", "model.")
REFERENCES = {"Is": "Yes", "How": "3"}


def read_tensors(path):
    """A safetensors file's tensors by name; bf16 is widened to fp32."""
    data = path.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    out = {}
    for name, info in json.loads(data[8:start]).items():
        kinds = {"F32": np.float32, "F16": np.float16, "BF16": np.uint16}
        if name == "__metadata__" or info["dtype"] not in kinds:
            continue
        begin, end = (start + offset for offset in info["data_offsets"])
        values = np.frombuffer(data[begin:end], kinds[info["dtype"]])
        if info["dtype"] == "BF16":
            values = (values.astype(np.uint32) << 16).view(np.float32)
        out[name] = values.reshape(info["shape"])
    return out


class Weights:
    """The text model's tensors in float64, whichever names the checkpoint uses."""

    def __init__(self, folder):
        self.tensors = {}
        for path in sorted(folder.glob("*.safetensors")):
            self.tensors.update(read_tensors(path))
        self.config = json.loads((folder / "config.json").read_text())
        text = self.config.get("text_config", self.config)
        self.text = {**text, **{k: v for k, v in self.config.items() if k in text}}
        self.gemma = self.config["model_type"] == "paligemma"
        self.prefix = next(p for p in PREFIXES if p + "norm.weight" in self.tensors)

    def __call__(self, name):
        return self.tensors[self.prefix + name].astype(np.float64)

    def maybe(self, name, width):
        return self(name) if self.prefix + name in self.tensors else np.zeros(width)

    def norm(self, name):
        return self(name) + (1.0 if self.gemma else 0.0)

    def head(self):
        for name in ("lm_head.weight", "language_model.lm_head.weight"):
            if name in self.tensors:
                return self.tensors[name].astype(np.float64)
        return self("embed_tokens.weight")


def rms(x, eps):
    return np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)


def angles(config, positions, head_dim):
    """[T, head_dim / 2]; positions [axes, T]."""
    rope = config.get("rope_parameters") or config.get("rope_scaling") or {}
    theta = config.get("rope_theta") or rope.get("rope_theta") or 10000.0
    inverse = theta ** (-np.arange(0, head_dim, 2) / head_dim)
    sections = rope.get("mrope_section")
    if sections is None:
        return positions[-1][:, None] * inverse
    axis = np.repeat(np.arange(3), sections)
    return positions[-3:][axis].T * inverse


def rotate(x, angle):
    """x [T, heads, head_dim], rotate-half."""
    half = x.shape[-1] // 2
    a, b = x[..., :half], x[..., half:]
    c, s = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return np.concatenate([a * c - b * s, b * c + a * s], -1)


def head_outputs(w, eps, l, x, positions):
    """[heads, d]: what each head of block l adds at the last position, which sees all of x [T, d]."""
    text = w.text
    heads = text["num_attention_heads"]
    kv = text.get("num_key_value_heads") or heads
    out = w(f"layers.{l}.self_attn.o_proj.weight")
    dim = out.shape[1] // heads
    y = x / rms(x, eps) * w.norm(f"layers.{l}.input_layernorm.weight")

    def project(name, count):
        at = f"layers.{l}.self_attn.{name}_proj."
        return (y @ w(at + "weight").T + w.maybe(at + "bias", count * dim)).reshape(-1, count, dim)

    angle = angles(text, positions, dim)
    q = rotate(project("q", heads), angle)[-1]
    k, v = rotate(project("k", kv), angle), project("v", kv)
    rows = []
    for h in range(heads):
        score = k[:, h * kv // heads] @ q[h] / np.sqrt(dim)
        p = np.exp(score - score.max())
        rows.append(out[:, h * dim:(h + 1) * dim] @ (p / p.sum() @ v[:, h * kv // heads]))
    return np.array(rows)


class Tokens:
    """Target sets by the tokenizers library."""

    def __init__(self, folder, vocab):
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        known = {i for i in self.tokenizer.get_vocab(with_added_tokens=True).values() if i < vocab}
        self.blank = [i for i in sorted(known)
                      if (text := self.tokenizer.decode([i, i], skip_special_tokens=False))
                      and not "".join(c for c in text if c > " " and not "\x7f" <= c <= "\xa0").strip()]

    def forms(self, word):
        out = set()
        for form in (word, word.lower(), word.capitalize(), word.upper()):
            for before in ("", " ", "\n"):
                ids = self.tokenizer.encode(before + form, add_special_tokens=False).ids
                out |= {i for i in ids if i not in self.blank and i == next(
                    j for j in ids if j not in self.blank)}
        return sorted(out)


def best(z, ids):
    return max(ids, key=lambda i: (z[i], -i))


class LensTest(unittest.TestCase):
    def record(self, family, attrs, reference, *fields):
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "record.h5")
            done = subprocess.run(
                [CAPTURE, family / "checkpoint", GOLDEN / "images" / attrs["image"], attrs["style"],
                 attrs["question"], reference, out, *fields], capture_output=True, text=True)
            self.assertEqual(done.returncode, 0, done.stderr)
            arrays = {}
            with h5py.File(out) as file:
                file.visititems(lambda name, node: arrays.update({name: node[()]})
                                if isinstance(node, h5py.Dataset) else None)
        self.assertEqual(int(arrays["item/status"][0]), 0, arrays["item/reason"][0])
        return arrays

    def close(self, found, expected, tolerance, what):
        found, expected = np.asarray(found, np.float64), np.asarray(expected, np.float64)
        self.assertEqual(found.shape, expected.shape, what)
        np.testing.assert_array_equal(np.isnan(found), np.isnan(expected), what)
        self.assertLessEqual(np.nanmax(np.abs(found - expected), initial=0), tolerance, what)

    def check_margins(self, found, tokens, z, reference):
        right = tokens.forms(reference)
        others = sorted(set(range(z.shape[1])) - set(right) - set(tokens.blank))
        margin = [row[right].max() - row[others].max() for row in z]
        self.close(found["lens/margin"][0], margin, 2e-4, "margin")
        self.close(found["lens/target"][0], z[:, right].max(1), 1e-4, "target")
        ordered = np.sort(z, 1)
        self.close(found["lens/top2"][0], ordered[:, -1] - ordered[:, -2], 2e-4, "top2")
        self.close(found["lens/yes"][0], z[:, tokens.forms("yes")].max(1), 1e-4, "yes")
        self.close(found["lens/no"][0], z[:, tokens.forms("no")].max(1), 1e-4, "no")
        for found_rank, row in zip(found["lens/rank"][0], z):
            gaps = row[others] - row[right].max()
            unsure = np.sum(np.abs(gaps) < 2e-4)
            self.assertLessEqual(abs(found_rank - 1 - np.sum(gaps > 0)), unsure, "rank")
        c, v = found["lens/target_token"][0], found["lens/rival_token"][0]
        self.assertEqual(c, best(z[-1], right))
        self.assertEqual(v, best(z[-1], others))
        self.close(found["lens/margin_last"][0], margin[-1], 2e-4, "margin_last")
        return c, v, margin[-1]

    def check_contributions(self, found, w, eps, case, states, c, v, margin):
        direction = (w.norm("norm.weight") / rms(states[-1], eps)) * (w.head()[c] - w.head()[v])
        attention = case["prefill/attn_out_last"][()].astype(np.float64)
        mlp = case["prefill/mlp_out_last"][()].astype(np.float64)
        parts = [states[0] @ direction, *(attention @ direction), *(mlp @ direction)]
        size = np.abs(parts).sum()
        self.close(found["contribution/attention"][0], attention @ direction, 1e-4 * size, "attention")
        self.close(found["contribution/mlp"][0], mlp @ direction, 1e-4 * size, "mlp")
        total = (found["contribution/embedding"][0] + found["contribution/attention"][0].sum()
                 + found["contribution/mlp"][0].sum())
        self.assertLessEqual(abs(total - found["lens/margin_last"][0]), 1e-4 * abs(margin))
        self.close(found["contribution/attention_norm"][0], np.linalg.norm(attention, axis=1), 1e-3, "norm")
        self.close(found["contribution/mlp_norm"][0], np.linalg.norm(mlp, axis=1), 1e-3, "norm")

    def check_updates(self, found, case):
        mean = case["prefill/image_token_update_norm"][()]
        self.close(found["residual_update/mean"][0], mean, 1e-5 * mean.max(), "update")
        if "prefill/hidden_states" not in case:
            return
        x = np.concatenate([case["prefill/hidden_states"][:-1], case["prefill/last_layer_raw"][()][None]])
        x = x[:, case["inputs/image_token_positions"][()]].astype(np.float64)
        relative = np.linalg.norm(np.diff(x, axis=0), axis=2) / np.linalg.norm(x[:-1], axis=2)
        self.close(found["residual_update/relative"][0], relative.mean(1), 1e-5 * relative.max(), "relative")

    def check_gains(self, found, w, eps, case, last):
        hidden = case["prefill/hidden_states"][()].astype(np.float64)
        positions = case["inputs/position_ids"][()].astype(np.float64)
        positions = positions.reshape(-1, positions.shape[-1])
        y0 = int(case["greedy/tokens"][0])
        scale = w.norm("norm.weight") / rms(last, eps)

        def logprob(x):
            z = w.head() @ (x * scale)
            return z[y0] - z.max() - np.log(np.exp(z - z.max()).sum())

        gains = []
        for l in range(len(hidden) - 1):
            added = head_outputs(w, eps, l, hidden[l], positions)
            self.assertLessEqual(np.abs(added.sum(0) - case["prefill/attn_out_last"][l]).max(), 1e-4)
            base = logprob(hidden[l][-1])
            gains.append([logprob(hidden[l][-1] + o) - base for o in added])
        self.assertGreater(np.abs(gains).max(), 1e-3)
        self.close(found["head/gain"][0], gains, 1e-4, "head gain")

    def check_case(self, family, name, fields):
        w = Weights(family / "checkpoint")
        with h5py.File(family / "golden.h5") as file:
            case = file["cases"][name]
            attrs = dict(case.attrs)
            reference = REFERENCES.get(attrs["question"].split(" ")[0], "No")
            found = self.record(family, attrs, reference, "head_gain=1", *fields)
            states = case["prefill/hidden_last"][()].astype(np.float64)
            states[-1] = case["prefill/last_layer_raw_last"][()]
            z = case["prefill/logit_lens"][()].astype(np.float64)
            tokens = Tokens(family / "checkpoint", z.shape[1])
            eps = w.text.get("rms_norm_eps", 1e-6)
            c, v, margin = self.check_margins(found, tokens, z, reference)
            self.check_contributions(found, w, eps, case, states, c, v, margin)
            self.check_updates(found, case)
            if "prefill/hidden_states" in case:
                self.check_gains(found, w, eps, case, states[-1])
        self.assertFalse(np.array_equal(found["lens/margin"], found["lens/margin_blank"]))
        self.assertFalse(np.array_equal(found["hidden/first"], found["hidden/blank"]))

    def test_every_case(self):
        cases = 0
        for path in sorted(GOLDEN.glob("*/golden.h5")):
            with h5py.File(path) as file:
                names = list(file["cases"])
            for name in names:
                for fields in ([], ["kernels=aten"]):
                    with self.subTest(family=path.parent.name, case=name, fields=fields):
                        self.check_case(path.parent, name, fields)
                        cases += 1
        print(f"{cases} cases", file=sys.stderr)
        self.assertGreater(cases, 0)


class ParityTest(unittest.TestCase):
    """vrp-parity tells a lens that norms the last state twice, and another sum over the image's positions."""

    def differences(self, dataset, change):
        with tempfile.TemporaryDirectory() as scratch:
            source = ROOT / "tests/golden/data"
            folder = pathlib.Path(scratch) / "llava"
            folder.mkdir()
            shutil.copy(source / "llava/golden.h5", folder)
            os.symlink(source / "images", folder / "images")
            with h5py.File(folder / "golden.h5", "r+") as file:
                case = file["cases/full"]
                case[dataset][...] = change(case)
            done = subprocess.run([os.path.join(os.environ["VRP_BIN"], "vrp-parity"), source / "llava/checkpoint",
                                   folder], text=True, capture_output=True)
        return done.returncode, [line for line in done.stdout.splitlines() if "differs:" in line]

    def test_nothing_changed(self):
        self.assertEqual(self.differences("prefill/logit_lens", lambda case: case["prefill/logit_lens"][()]), (0, []))

    def test_norm_twice(self):
        w = Weights(ROOT / "tests/golden/data/llava/checkpoint")
        eps = w.text["rms_norm_eps"]

        def twice(case):
            lens = case["prefill/logit_lens"][()]
            normed = case["prefill/hidden_last"][-1].astype(np.float64)
            lens[-1] = w.head() @ (normed / rms(normed, eps) * w.norm("norm.weight"))
            return lens

        code, lines = self.differences("prefill/logit_lens", twice)
        self.assertEqual((code, len(lines)), (4, 1))
        self.assertIn("full logit_lens", lines[0])

    def test_update_of_other_positions(self):
        code, lines = self.differences("prefill/image_token_update_norm",
                                       lambda case: case["prefill/image_token_update_norm"][()] * 1.001)
        self.assertEqual((code, len(lines)), (4, 1))
        self.assertIn("image_token_update_norm", lines[0])


if __name__ == "__main__":
    unittest.main()
