#!/usr/bin/env python3
"""vrp check-model on whole, damaged, mixed-up and partial folders, and against fixtures."""
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

import h5py

ROOT = pathlib.Path(__file__).resolve().parents[2]
VRP = os.path.join(os.environ["VRP_BIN"], "vrp")
GOLDEN = ROOT / "tests/golden/data"


def families():
    return sorted(p.parent.name for p in GOLDEN.glob("*/golden.h5"))


def read_weights(path):
    """(header as a dict, bytes of the tensors) of a safetensors file."""
    data = path.read_bytes()
    (size,) = struct.unpack("<Q", data[:8])
    return json.loads(data[8 : 8 + size]), data[8 + size :]


def write_weights(path, header, data):
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def single_file(folder):
    """The weights of a folder, sharded or not, as one model.safetensors."""
    whole, bytes_ = {}, b""
    for shard in sorted(folder.glob("*.safetensors")):
        header, data = read_weights(shard)
        header.pop("__metadata__", None)
        for name, tensor in header.items():
            begin, end = tensor["data_offsets"]
            whole[name] = tensor | {"data_offsets": [len(bytes_), len(bytes_) + end - begin]}
            bytes_ += data[begin:end]
        shard.unlink()
    (folder / "model.safetensors.index.json").unlink(missing_ok=True)
    write_weights(folder / "model.safetensors", whole, bytes_)


class CheckModel(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def copy(self, family):
        folder = self.root / family
        shutil.copytree(GOLDEN / family / "checkpoint", folder)
        return folder

    def run_on(self, folder, *options):
        done = subprocess.run([VRP, "check-model", str(folder), *options], text=True, timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def change_header(self, folder, change):
        single_file(folder)
        header, data = read_weights(folder / "model.safetensors")
        change(header)
        write_weights(folder / "model.safetensors", header, data)

    def refused(self, folder, *parts):
        code, text = self.run_on(folder)
        self.assertEqual(code, 7, text)
        for part in parts:
            self.assertIn(part, text)

    def test_whole_folders_can_be_run_and_agree_with_their_fixtures(self):
        self.assertGreaterEqual(len(families()), 2)
        for family in families():
            code, text = self.run_on(GOLDEN / family / "checkpoint", "--fixtures",
                                     str(GOLDEN / family))
            self.assertEqual(code, 0, text)
            self.assertIn("can be run", text)
            self.assertIn("self-test passed", text)
            self.assertIn("memory of one rank, 10 answers of 16 tokens", text)
            self.assertRegex(text, r"parity: [1-9]\d* cases, 0 differences")

    def test_memory_of_an_accelerator_follows_the_questions_at_once(self):
        needs = []
        for options in (["--batch", "1"], [], ["--batch", "8"], ["--batch", "64"]):
            code, text = self.run_on(GOLDEN / "llava" / "checkpoint", "--prompt-tokens", "4000000", *options)
            self.assertEqual(code, 0, text)
            needs.append([re.search(rf"^ *{row}.*$", text, re.M)[0].split()[-6:] for row in ("CPU", "accelerator")])
        (cpu, one), (_, chosen), (_, eight), (_, many) = needs
        self.assertTrue(all(need[0] == cpu for need in needs), needs)
        self.assertEqual(chosen, eight)
        self.assertNotEqual(one, eight)
        self.assertNotEqual(eight, many)

    def test_every_missing_unexpected_and_misshapen_tensor_is_named(self):
        for family in families():
            folder = self.copy(family)
            changed = {}

            def change(header):
                names = sorted(n for n in header if n != "__metadata__")
                gone = [n for n in names if "layers.0" in n and "o_proj" in n][0]
                bent = [n for n in names if n.endswith("norm.weight")][0]
                changed.update(gone=gone, bent=bent)
                header["stranger.weight"] = header.pop(gone)
                header[bent]["shape"] = [1, *header[bent]["shape"]]

            self.change_header(folder, change)
            self.refused(folder, f"tensor missing: {changed['gone']}",
                         "tensor unexpected: stranger.weight",
                         f"tensor misshapen: '{changed['bent']}' is [1, ", "cannot be run: 3 findings")

    def test_other_types_are_refused(self):
        folder = self.copy(families()[0])

        def change(header):
            name = [n for n in header if n.endswith("layers.0.input_layernorm.weight")][0]
            header[name]["dtype"] = "I16" if header[name]["dtype"] != "F32" else "I32"

        self.change_header(folder, change)
        self.refused(folder, "expected F32, F16 or BF16")

    def test_another_models_tokenizer_is_noticed(self):
        for family in families():
            other = [f for f in families() if f.split("_")[0] != family.split("_")[0]]
            if not other:
                continue
            folder = self.copy(family)
            shutil.copy(GOLDEN / other[0] / "checkpoint/tokenizer.json", folder)
            self.refused(folder, "tokenizer")
            shutil.rmtree(folder)

    def test_an_end_token_that_is_not_the_models_is_noticed(self):
        for family in families():
            for text, part in (("<|nothing|>", "a token of tokenizer.json"),
                               ("a", "the model's end tokens")):
                folder = self.copy(family)
                path = folder / "tokenizer_config.json"
                path.write_text(json.dumps(json.loads(path.read_text()) | {"eos_token": text}))
                self.refused(folder, "tokenizer_config.json", "eos_token", part)
                shutil.rmtree(folder)

    def test_partial_folders_say_what_is_missing(self):
        family = families()[0]
        for name, part in (("config.json", "config.json"), ("tokenizer.json", "tokenizer.json"),
                           ("preprocessor_config.json", "preprocessor_config.json")):
            folder = self.copy(family)
            (folder / name).unlink()
            self.refused(folder, part)
            shutil.rmtree(folder)
        folder = self.copy(family)
        single_file(folder)
        path = folder / "model.safetensors"
        path.write_bytes(path.read_bytes()[:-100])
        self.refused(folder, "model.safetensors")
        path.unlink()
        self.refused(folder, "holds neither model.safetensors")
        self.refused(self.root / "nowhere", "nowhere")

    def test_fixtures_that_differ_give_4(self):
        family = families()[0]
        fixtures = self.root / "fixtures"
        shutil.copytree(GOLDEN / "images", fixtures / "images")
        shutil.copy(GOLDEN / family / "golden.h5", fixtures)
        with h5py.File(fixtures / "golden.h5", "r+") as file:
            case = sorted(file["cases"])[0]
            logits = file[f"cases/{case}/prefill/logits_last"]
            values = logits[...]
            values[0] += 1e-2
            logits[...] = values
        code, text = self.run_on(GOLDEN / family / "checkpoint", "--fixtures", str(fixtures))
        self.assertEqual(code, 4, text)
        self.assertIn("differs: " + case, text)
        self.assertIn("logits_last", text)
        code, text = self.run_on(GOLDEN / family / "checkpoint", "--fixtures", str(self.root))
        self.assertEqual(code, 7, text)

    def test_usage(self):
        for options in ([], ["a", "b"], ["a", "--samples", "0"], ["a", "--samples", "ten"],
                        ["a", "--sample", "3"], ["a", "--fixtures"]):
            done = subprocess.run([VRP, "check-model", *options], text=True, capture_output=True)
            self.assertEqual(done.returncode, 2, done.stderr)
        done = subprocess.run([VRP, "check-model", "--help"], text=True, capture_output=True)
        self.assertEqual(done.returncode, 0)
        self.assertIn("usage: vrp check-model DIR", done.stdout)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
