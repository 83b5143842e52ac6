#!/usr/bin/env python3
"""tools/bench --quick on one family: every part runs and fills its place in the report, and one wrong
token on either side fails the run. No speed is checked. Where transformers is not installed, what it
would answer is taken from vrp-run itself, and the one test that needs it is skipped."""
import contextlib
import importlib.util
import io
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools/bench_lib"))
os.environ.setdefault("OMP_NUM_THREADS", "1")
import bench  # noqa: E402
import checkpoint  # noqa: E402
import context  # noqa: E402
import families  # noqa: E402
import gpu  # noqa: E402
import items  # noqa: E402
import process  # noqa: E402
import vrp_side  # noqa: E402


REFERENCE = unittest.skipUnless(importlib.util.find_spec("transformers"),
                                "transformers is not installed (tools/setup --reference)")


def as_vrp_answers(case, mode, threads, count):
    """In place of the reference process: vrp-run's own answers to the first items."""
    entry = vrp_side.measure(case["sweep"], case["work"] / mode, 3, 1, 1, context.TOKENS)
    tokens = {key: entry["tokens"][key] for key in sorted(entry["tokens"])[:count]}
    return {"capture_s": 1.0, "sampling_s": 2.0, "seconds_per_item": 3.0, "load_s": 0.0, "peak_rss_mb": 1,
            "prompt_tokens": 60, "tokens": tokens}


def one_token_wrong(case, mode, threads, count):
    entry = as_vrp_answers(case, mode, threads, count)
    key = sorted(entry["tokens"])[0]
    entry["tokens"][key][-1] += 1
    return entry


def numbers_of(value):
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for each in value:
            yield from numbers_of(each)
    elif isinstance(value, float):
        yield value


class BenchSmoke(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def run_bench(self, *argv, modes=("prefix",), reference=None):
        """(exit code, report, what was printed)."""
        path = self.folder / "report.json"
        arguments = bench.parse(["--quick", "--threads", "1", "--items", "3", "--json", str(path), *argv])
        said = io.StringIO()
        with contextlib.ExitStack() as stack:
            stack.enter_context(unittest.mock.patch.object(families, "MODES", {m: families.MODES[m] for m in modes}))
            stack.enter_context(unittest.mock.patch.object(families, "words_for", return_value=3))
            if reference:
                stack.enter_context(unittest.mock.patch.object(families, "reference", reference))
            stack.enter_context(contextlib.redirect_stdout(said))
            stack.enter_context(contextlib.redirect_stderr(said))
            code = bench.run(arguments, self.folder / "work")
        return code, json.loads(path.read_text()), said.getvalue()

    def test_every_part_fills_its_place_in_the_report(self):
        code, report, said = self.run_bench("--only", "a", "b", "c", "e", "--families", "llava",
                                            reference=as_vrp_answers)
        self.assertEqual((code, report["failed"]), (0, []), said)
        self.assertTrue(report["quick"])
        self.assertIn("load_1min", report["machine"])
        a, b, c, e = (report["parts"][name] for name in ("reference", "kernels", "costs", "machinery"))
        self.assertEqual([(r["who"], r["family"]) for r in a["rows"]],
                         [("transformers, prefix", "llava"), ("vrp-run", "llava")])
        self.assertEqual(a["equal_greedy_answers"], 1)
        self.assertEqual([r["against"] for r in a["ratios"]], ["prefix"])
        self.assertGreater(a["memory"][0]["prompt_tokens"], 16)
        self.assertGreater(a["memory"][0]["peak_mb"], a["memory"][0]["weights_mb"])
        names = [row["name"] for row in b[0]["rows"]]
        self.assertEqual(len(names), len(set(names)))
        for name in ("prefill gate_up, 595 rows", "prefill head, 180 rows", "decode fp32, 1 row", "decode bf16, 11 rows",
                     "decode fp16, 64 rows", "decode attention qwen2_vl, K = 11", "prefill attention llava, 595 rows",
                     "rms norm", "softmax", "rotary, 32 of 48 heads", "top-p token, V = 257216", "dbscan clusters"):
            self.assertIn(name, names)
        for row in b[0]["rows"]:
            self.assertGreater(row["seconds"], 0, row)
            self.assertGreater(row["share"], 0, row)
        for key in ("capture_cost", "ten_paths", "half_one", "half_ten", "picture_share", "prefill_s", "prefill_share", "decode_share_1"):
            self.assertIn(key, c["models"][0])
        self.assertEqual(c["models"][0]["half_dtype"], "bfloat16")
        self.assertEqual(set(c["lens"]["seconds_per_item"]), {"with", "without"})
        self.assertEqual(c["edits"][0]["equal_answers"], c["edits"][0]["conditions"])
        self.assertGreater(e["units"][0]["seconds"], 0)
        self.assertGreater(e["store"]["record_mb_s"], 0)
        self.assertGreater(e["metadata"][0]["units"], 900)
        self.assertTrue(all(math.isfinite(x) for x in numbers_of(report)))
        self.assertFalse((self.folder / "work/store/vrp-store-bench").exists())

    def test_the_programs_name_what_they_cannot_use(self):
        (self.folder / "pictures").mkdir()
        for name, arguments, code, text in (
                ("vrp-kernel-bench", ["--fast"], 2, "unknown argument '--fast'"),
                ("vrp-kernel-bench", ["--threads", "none"], 2, "--threads 'none', expected a number from 1"),
                ("vrp-kernel-bench", ["--rounds"], 2, "--rounds needs a number"),
                ("vrp-model-bench", ["x"], 2, "vrp-model-bench takes CHECKPOINT"),
                ("vrp-model-bench", ["a", "b", self.folder / "pictures", "plain", 1, 1, 1, "small"], 2, "TOKENS 1,"),
                ("vrp-store-bench", [self.folder / "none", 1, 1], 2, "none: no folder"),
                ("vrp-store-bench", [self.folder, 0, 1], 2, "ITEMS 0, ROUNDS 1")):
            done = subprocess.run([vrp_side.program(name), *map(str, arguments)], capture_output=True, text=True, check=False)
            self.assertEqual(done.returncode, code, f"{name} {arguments}: {done.stderr}")
            self.assertIn(text, done.stderr)

    def test_one_wrong_token_fails_the_run(self):
        code, report, said = self.run_bench("--only", "a", "--families", "llava", reference=one_token_wrong)
        self.assertEqual((code, report["failed"]), (1, ["reference"]))
        self.assertIn("these are not the same work", report["parts"]["reference"]["error"])
        self.assertIn("failed: reference", said)

    @REFERENCE
    def test_the_limits_of_the_gpu_part_become_targets(self):
        work = self.folder / "gpu"
        checkpoint.write(work / "checkpoint", "llava", checkpoint.TINY["llava"], "bfloat16")
        items.write(work, 5)
        told = unittest.mock.Mock(quick=True)
        found = gpu.limits(work / "checkpoint", work / "images", told, "cpu", "bf16", "device", "small", 2)
        self.assertEqual((found["device"], found["batch"], found["paths"]), ("cpu", 2, 10))
        self.assertTrue(all(value > 0 for value in numbers_of(found)), found)
        report = {"ratios": {"prefix": 12.0, "authors": 30.0}, "limits": {**found, "decode_share": 0.8, "prefill_share": 0.5,
                                                                          "bootstrap_s": 0.06}}
        self.assertEqual([t["met"] for t in gpu.targets(report)], [True, True, False, False])
        self.assertEqual(list(gpu.targets({"skipped": "no GPU"})), [])

    def test_the_checkpoint_of_the_gpu_part_loads_on_both_sides(self):
        work = self.folder / "gpu"
        gpu.write_checkpoint(work / "checkpoint", checkpoint.TINY["llava"], 640, "cpu", 100_000)
        self.assertGreater(len(list((work / "checkpoint").glob("*.safetensors"))), 2)
        process.run([vrp_side.program("vrp"), "check-model", work / "checkpoint"], 1)
        rows = items.write(work, 1)
        job = {"checkpoint": str(work / "checkpoint"), "images": str(work / "images"), "items": rows, "mode": "prefix",
               "threads": 1, "samples": 2, "tokens": 3, "dtype": "bfloat16"}
        _, _, text = process.run([sys.executable, gpu.HERE / "reference.py", json.dumps(job)], 1)
        self.assertEqual(len(json.loads(text.splitlines()[-1])["items"][0]["tokens"]), 3)

    @REFERENCE
    def test_transformers_gives_the_same_greedy_tokens(self):
        code, report, said = self.run_bench("--only", "a", "--families", "qwen2_vl")
        self.assertEqual(code, 0, said)
        self.assertEqual(report["parts"]["reference"]["equal_greedy_answers"], 1)


if __name__ == "__main__":
    unittest.main()
