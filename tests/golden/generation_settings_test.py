"""What generation_config.json asks of a caller never reaches our answers. Qwen2-VL's hub folders come with
top_k 1, temperature .01 and a repetition penalty: golden data of such a folder, where each of them would
give other tokens, and VRP_BIN/vrp-parity, which has to tell those from ours."""
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

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
import harness  # noqa: E402

GOLDEN = ROOT / "tests/golden/data"
PARITY = os.path.join(os.environ["VRP_BIN"], "vrp-parity")
HUB = {"do_sample": True, "temperature": 0.01, "top_p": 0.001, "top_k": 1, "repetition_penalty": 1.05}
CASE = "cases/full"


def parity(folder):
    done = subprocess.run([PARITY, folder / "checkpoint", folder], text=True, capture_output=True)
    return done.returncode, done.stdout + done.stderr


def records_of(run):
    """Every dataset of the run's units as text, by stage, benchmark and name."""
    out = {}
    for path in sorted(run.glob("*/*/*@*/unit-*.h5")):
        stage = path.parent.name.split("@")[0]

        def keep(name, node):
            if isinstance(node, h5py.Dataset):
                values = node.asstr()[...] if node.dtype.kind == "O" else node[...]
                out[f"{path.parent.parent.name}/{stage}/{name}"] = json.dumps(values.tolist())

        with h5py.File(path) as file:
            file.visititems(keep)
    return out


class GenerationSettings(unittest.TestCase):
    def setUp(self):
        root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.folder = root / "qwen2_vl"
        shutil.copytree(GOLDEN / "qwen2_vl", self.folder)
        shutil.copytree(GOLDEN / "images", root / "images")
        self.settings = self.folder / "checkpoint/generation_config.json"

    def golden(self, dataset):
        with h5py.File(self.folder / "golden.h5") as file:
            return file[f"{CASE}/{dataset}"][...]

    def replace(self, dataset, values):
        with h5py.File(self.folder / "golden.h5", "r+") as file:
            self.assertEqual(file[f"{CASE}/{dataset}"].shape, values.shape)
            file[f"{CASE}/{dataset}"][...] = values

    def test_the_folder_has_settings_that_would_change_answers(self):
        self.assertEqual(json.loads(self.settings.read_text()) | HUB, json.loads(self.settings.read_text()))
        # top_k 1 leaves one token, plain sampling many.
        self.assertEqual(np.count_nonzero(self.golden("sample/probs_generation_defaults")), 1)
        self.assertGreater(np.count_nonzero(self.golden("sample/probs_plain")), 5)
        # The penalty gives another greedy answer than the largest logits.
        tokens = self.golden("greedy/tokens")
        np.testing.assert_array_equal(tokens, self.golden("greedy/logits").argmax(-1))
        self.assertFalse(np.array_equal(tokens, self.golden("greedy/tokens_generation_defaults")))

    def test_our_answers_are_those_without_the_settings(self):
        paths = self.golden("sample/path_tokens")
        self.assertEqual(len({tuple(path) for path in paths}), len(paths), "sampled paths repeat each other")
        self.assertGreater(len(set(paths[:, 0])), 1, "all sampled paths begin with the same token")
        code, text = parity(self.folder)
        self.assertEqual(code, 0, text)
        for way in ("shared prefix", "one by one"):
            self.assertIn(f"paths, {way}: {len(paths)} compared, worst 0,", text)

    def test_no_other_settings_change_them_either(self):
        kept = {name: value for name, value in json.loads(self.settings.read_text()).items() if name not in HUB}
        for settings in ({}, {"do_sample": False}, HUB | {"top_k": 3, "temperature": 1.7, "top_p": 0.5},
                         HUB | {"repetition_penalty": 3.0}, {"min_p": 0.2, "typical_p": 0.5, "num_beams": 4},
                         {"max_new_tokens": 1, "max_length": 2, "min_new_tokens": 30}):
            with self.subTest(settings):
                self.settings.write_text(json.dumps(kept | settings))
                code, text = parity(self.folder)
                self.assertEqual(code, 0, text)

    def test_a_sweep_gives_the_same_records_without_them(self):
        arguments = harness.sweep_arguments(harness.prepare(), limit=4)
        records = []
        for settings in (HUB, {}):
            kept = {name: value for name, value in json.loads(self.settings.read_text()).items() if name not in HUB}
            self.settings.write_text(json.dumps(kept | settings))
            run = self.folder / f"run{len(records)}"
            harness.run_whole(str(run), 1, arguments + [
                "--set", f"model:demo-llava.checkpoint={self.folder / 'checkpoint'}",
                "--set", "sweep.stages=capture consistency"])
            records.append(records_of(run))
        self.assertEqual(records[0], records[1])
        drawn = [values for name, values in records[0].items() if name.endswith("path/text")]
        self.assertTrue(drawn)
        for texts in drawn:
            for item in json.loads(texts):
                self.assertGreater(len(set(item)), 1, "all sampled answers of an item are the same")

    def test_answers_under_the_settings_would_be_noticed(self):
        penalised = self.golden("greedy/tokens_generation_defaults")
        paths = self.golden("sample/path_tokens")
        for dataset, values, quantity in (
                ("greedy/tokens", penalised, "greedy tokens"),
                ("sample/probs_plain", self.golden("sample/probs_generation_defaults"), "probs_plain"),
                ("sample/path_tokens", np.tile(paths[:1], (len(paths), 1)), "paths, shared prefix")):
            with self.subTest(dataset):
                before = self.golden(dataset)
                self.replace(dataset, values)
                code, text = parity(self.folder)
                self.assertEqual(code, 4, text)
                self.assertIn(f"differs: full {quantity}", text)
                self.replace(dataset, before)


if __name__ == "__main__":
    unittest.main()
