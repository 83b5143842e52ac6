#!/usr/bin/env python3
"""The benchmark's own arithmetic: equal work is demanded, ratios are of equal cores, arguments are checked."""
import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
import unittest.mock

import h5py
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "tools/bench_lib"))
import bench  # noqa: E402
import checkpoint  # noqa: E402
import edits  # noqa: E402
import families  # noqa: E402
import gpu  # noqa: E402
import items  # noqa: E402
import kernels_side  # noqa: E402
import parts  # noqa: E402
import process  # noqa: E402
import target  # noqa: E402
import tensors  # noqa: E402
import vocabulary  # noqa: E402
import vrp_side  # noqa: E402


def write_run(folder, lengths, path_length):
    """A run folder with one capture and one consistency unit."""
    for stage in ("capture", "consistency"):
        (folder / f"bench/bench/{stage}@0123").mkdir(parents=True)
    with h5py.File(folder / "bench/bench/capture@0123/unit-000000.h5", "w") as f:
        f["item/id"] = [str(i) for i in range(len(lengths))]
        f["item/prompt_tokens"] = [60] * len(lengths)
        f["answer/token_offset"] = np.concatenate([[0], np.cumsum(lengths)])
        f["answer/tokens"] = np.arange(sum(lengths))
    with h5py.File(folder / "bench/bench/consistency@0123/unit-000000.h5", "w") as f:
        f["path/length"] = np.full((len(lengths), 10), path_length)


def silent():
    return contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO())


class Bench(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_answers_come_back_by_question(self):
        write_run(self.folder, [3, 3], 3)
        self.assertEqual(vrp_side.answers(self.folder, 3), {"0": [0, 1, 2], "1": [3, 4, 5]})
        self.assertEqual(vrp_side.prompt_tokens(self.folder), [60, 60])

    def test_a_shorter_answer_on_either_stage_is_no_equal_work(self):
        write_run(self.folder / "a", [3, 2], 3)
        write_run(self.folder / "b", [3, 3], 2)
        for name in "ab":
            with self.assertRaisesRegex(process.Failed, r"answers have \[2, 3\] tokens, expected 3"):
                vrp_side.answers(self.folder / name, 3)

    def test_a_run_without_files_is_no_result(self):
        with self.assertRaisesRegex(process.Failed, r"answers have \[\] tokens"):
            vrp_side.answers(self.folder, 3)

    def test_one_other_token_is_other_work_and_so_is_no_common_item(self):
        self.assertEqual(families.check_tokens("llava", "b", {"0": [1, 2]}, {"0": [1, 2], "1": [3, 4]}), 1)
        with self.assertRaisesRegex(process.Failed, r"llava, item 1: vrp-run answers \[3, 4\], b \[3, 5\]"):
            families.check_tokens("llava", "b", {"1": [3, 5]}, {"0": [1, 2], "1": [3, 4]})
        with self.assertRaisesRegex(process.Failed, "no item was answered by both"):
            families.check_tokens("llava", "b", {"7": [3, 5]}, {"0": [1, 2]})

    def test_ratios_compare_equal_cores_of_a_family_and_the_median_of_rounds(self):
        table = families.Table()
        for seconds in (1.0, 9.0, 2.0):
            table.add("llava", "vrp-run", 2, 1, {"seconds_per_item": seconds, "load_s": 1, "peak_rss_mb": 5})
        for family, who, ranks, threads, seconds in (
                ("llava", "vrp-run", 1, 2, 4.0), ("llava", "vrp-run", 1, 1, 5.0), ("qwen2_vl", "vrp-run", 1, 1, 1.0),
                ("llava", "transformers, prefix", 1, 2, 10.0), ("llava", "transformers, prefix", 1, 1, 20.0),
                ("qwen2_vl", "transformers, prefix", 1, 1, 3.0)):
            table.add(family, who, ranks, threads, {"seconds_per_item": seconds, "load_s": 1, "peak_rss_mb": 5})
        rows = families.ratios(list(table.rows()))
        found = {(r["family"], r["cores"]): (r["vrp_ranks"], r["ratio"], r["ratio_one_rank"]) for r in rows}
        self.assertEqual(found, {("llava", 1): (1, 4.0, 4.0), ("llava", 2): (2, 5.0, 2.5),
                                 ("qwen2_vl", 1): (1, 3.0, 3.0)})

    def test_a_target_is_met_by_what_was_measured(self):
        self.assertTrue(target.at_least("a", 12.0, 12)["met"])
        self.assertFalse(target.at_least("a", 11.9, 12)["met"])
        self.assertTrue(target.at_most("a", 0.05, 0.05)["met"])
        self.assertTrue(target.at_most("a", -0.01, 0.05, "%")["met"])
        self.assertFalse(target.at_most("a", -12.0, 1.5)["met"])
        self.assertFalse(target.at_most("a", float("nan"), 0.05)["met"])
        self.assertFalse(target.at_least("a", float("nan"), 0.05)["met"])
        text = list(target.lines([target.at_most("b", 0.251, 0.25, "%"), target.at_least("c", 3, 2.5)]))
        self.assertIn("NOT MET", text[1])
        self.assertIn("25.1 %", text[1])
        self.assertTrue(text[2].endswith("  met"))

    def test_the_share_of_prefill_is_that_of_all_products_of_a_block(self):
        rows = [{"name": f"prefill {part}, 595 rows", "seconds": seconds, "limit_seconds": 1.0}
                for part, seconds in (("qkv", 1.0), ("out", 2.0), ("gate_up", 1.0), ("down", 1.0), ("head", 50.0))]
        self.assertEqual(kernels_side.prefill_share(rows, 595), 0.8)

    def test_a_failing_program_shows_what_it_said(self):
        with self.assertRaisesRegex(process.Failed, "(?s)exit code 3.*no weights"):
            process.run(["bash", "-c", "echo no weights >&2; exit 3"], 1)

    def test_a_program_that_is_not_built_is_named(self):
        with unittest.mock.patch.object(vrp_side, "BIN", self.folder):
            with self.assertRaisesRegex(process.Failed, "vrp-run: not there; build it first"):
                vrp_side.program("vrp-run")

    def test_edits_compare_processor_time_on_one_thread_and_demand_equal_answers(self):
        found = {"conditions": 40, "equal_answers": 40, "shared_s": 9.0, "one_by_one_s": 10.0,
                 "shared_processor_s": 2.0, "one_by_one_processor_s": 20.0}
        self.assertEqual(edits.ratio(found, 1), 10.0)
        self.assertEqual(edits.ratio(found, 2), 1.11)
        program = self.folder / "edit_speed"
        with self.assertRaisesRegex(process.Failed, "edit_speed: not there; build it first"):
            edits.measure(self.folder, 4, 1, [4], program=program)
        program.write_text(f"#!/bin/sh\necho '{json.dumps({**found, 'equal_answers': 39})}'\n")
        program.chmod(0o755)
        with unittest.mock.patch("checkpoint.write", return_value=1):
            with self.assertRaisesRegex(process.Failed, "39 of 40 edited answers are equal at 4 layers"):
                edits.measure(self.folder, 4, 1, [4], program=program)
            program.write_text(f"#!/bin/sh\necho '{json.dumps(found)}'\n")
            with contextlib.redirect_stdout(io.StringIO()):
                self.assertEqual(edits.measure(self.folder, 4, 1, [4], program=program)[0]["ratio"], 10.0)

    def test_unusable_arguments_are_refused(self):
        for argv in (["--threads", "0"], ["--threads", "100000"], ["--items", "1"], ["--rounds", "0"],
                     ["--reference-items", "99"], ["--only", "z"], ["--families", "gpt"]):
            with self.assertRaises(SystemExit) as caught, contextlib.redirect_stderr(io.StringIO()):
                bench.parse(argv)
            self.assertEqual(caught.exception.code, 2, argv)

    def test_parts_by_letter_name_and_flag_once_and_in_their_order(self):
        def chosen(*argv):
            return [p.name for p in bench.parse(["--threads", "1", *argv]).only]
        self.assertEqual(chosen(), ["reference", "kernels", "costs", "statistics", "machinery", "gpu"])
        self.assertEqual(chosen("--only", "c", "reference", "costs"), ["reference", "costs"])
        self.assertEqual(chosen("--edits"), ["edits"])
        self.assertEqual(chosen("--import"), ["imports"])
        self.assertEqual(chosen("--load", "--scale"), ["scale", "load"])

    def test_a_part_that_fails_is_in_the_report_and_the_others_go_on(self):
        def breaks(_):
            raise process.Failed("no such checkpoint")
        bad = parts.Part("", "bad", breaks, parts.nothing, parts.nothing)
        good = parts.Part("", "good", lambda told: {"rounds": told.rounds}, parts.nothing,
                          lambda found: [target.at_least("good", 1, 2)])
        path = self.folder / "sub/report.json"
        arguments = bench.parse(["--threads", "1", "--json", str(path)])
        arguments.only = [bad, good]
        out, err = silent()
        with out, err as said:
            self.assertEqual(bench.run(arguments, self.folder), 1)
        report = json.loads(path.read_text())
        self.assertEqual(report["parts"], {"bad": {"error": "no such checkpoint"}, "good": {"rounds": 2}})
        self.assertEqual((report["failed"], len(report["targets"])), (["bad"], 1))
        self.assertIn("failed: bad", said.getvalue())

    def test_quick_figures_are_not_held_against_targets(self):
        part = parts.Part("", "good", lambda told: {}, parts.nothing, lambda found: [target.at_least("good", 1, 2)])
        arguments = bench.parse(["--threads", "1", "--quick", "--json", str(self.folder / "r.json")])
        arguments.only = [part]
        with silent()[0]:
            self.assertEqual(bench.run(arguments, self.folder), 0)
        self.assertEqual(json.loads((self.folder / "r.json").read_text())["targets"], [])

    def test_without_a_gpu_the_part_says_so(self):
        with unittest.mock.patch.object(gpu, "on_path", return_value=False):
            found = gpu.measure(None)
        self.assertEqual(found, {"skipped": "no GPU"})
        self.assertEqual(list(gpu.targets(found)), [])
        with contextlib.redirect_stdout(io.StringIO()) as said:
            gpu.show(found)
        self.assertIn("no GPU: skipped", said.getvalue())

    def test_the_vocabulary_holds_every_piece_its_merges_make(self):
        pieces, merges = vocabulary.merged(vocabulary.BYTES + vocabulary.LETTERS + ["\u2581"], 2000, "\u2581")
        self.assertIn("\u2581umbrella", pieces)
        self.assertEqual(len(pieces), 2000)
        self.assertEqual(len(set(pieces)), 2000)
        self.assertTrue(all({a, b, a + b} <= set(pieces) for a, b in merges))
        self.assertEqual(len(set(vocabulary.byte_letters())), 256)
        self.assertEqual(vocabulary.byte_letters()[ord(" ")], "\u0120")

    def test_checkpoints_repeat_and_name_no_token_twice(self):
        for family in checkpoint.FAMILIES:
            for name in "ab":
                checkpoint.write(self.folder / name, family, checkpoint.TINY[family])
            files = sorted(p.name for p in (self.folder / "a").iterdir())
            self.assertIn("model.safetensors", files)
            for file in files:
                self.assertEqual((self.folder / "a" / file).read_bytes(), (self.folder / "b" / file).read_bytes(), file)
            vocabulary_ids = json.loads((self.folder / "a/tokenizer.json").read_text())
            ids = {**vocabulary_ids["model"]["vocab"], **{e["content"]: e["id"] for e in vocabulary_ids["added_tokens"]}}
            self.assertEqual(len(set(ids.values())), len(ids), family)

    def test_end_and_image_tokens_are_never_answered(self):
        heads = {"llava": "language_model.lm_head.weight", "paligemma": "language_model.model.embed_tokens.weight",
                 "qwen2_vl": "lm_head.weight"}
        for family, name in heads.items():
            checkpoint.write(self.folder, family, checkpoint.TINY[family])
            data = (self.folder / "model.safetensors").read_bytes()
            length = int.from_bytes(data[:8], "little")
            entry = json.loads(data[8:8 + length])[name]
            begin, end = (8 + length + offset for offset in entry["data_offsets"])
            head = np.frombuffer(data[begin:end], np.float32).reshape(entry["shape"])
            end_ids = json.loads((self.folder / "generation_config.json").read_text())["eos_token_id"]
            config = json.loads((self.folder / "config.json").read_text())
            silent_ids = np.flatnonzero(~head.any(axis=1)).tolist()
            image = config.get("image_token_index", config.get("image_token_id"))
            wanted = {image, *(end_ids if isinstance(end_ids, list) else [end_ids])}
            self.assertLessEqual(wanted, set(silent_ids), family)
            self.assertLess(len(silent_ids), 5, family)

    def test_sixteen_bit_weights_are_rounded_to_the_nearest(self):
        values = np.array([1.0, 1.0 + 2**-9, 1.0 + 2**-8, 1.0 + 3 * 2**-8, -2.5, 0.0], np.float32)
        bits = tensors.stored(values, "bfloat16").astype(np.uint32) << 16
        self.assertEqual(bits.view(np.float32).tolist(), [1.0, 1.0, 1.0, 1.015625, -2.5, 0.0])
        self.assertEqual(tensors.stored(values, "float16").tolist()[4], -2.5)

    def test_pictures_repeat(self):
        self.assertEqual(items.picture(3).tobytes(), items.picture(3).tobytes())
        self.assertNotEqual(items.picture(3).tobytes(), items.picture(4).tobytes())


if __name__ == "__main__":
    unittest.main()
