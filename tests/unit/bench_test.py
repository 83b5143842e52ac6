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
import edits  # noqa: E402
import items  # noqa: E402
import process  # noqa: E402
import vocabulary  # noqa: E402
import vrp_side  # noqa: E402


def write_run(folder, lengths, path_length):
    """A run folder with one capture and one consistency unit."""
    for stage in ("capture", "consistency"):
        (folder / f"bench/bench/{stage}@0123").mkdir(parents=True)
    with h5py.File(folder / "bench/bench/capture@0123/unit-000000.h5", "w") as f:
        f["item/id"] = [str(i) for i in range(len(lengths))]
        f["answer/token_offset"] = np.concatenate([[0], np.cumsum(lengths)])
        f["answer/tokens"] = np.arange(sum(lengths))
    with h5py.File(folder / "bench/bench/consistency@0123/unit-000000.h5", "w") as f:
        f["path/length"] = np.full((len(lengths), 10), path_length)


class Bench(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def test_answers_come_back_by_question(self):
        write_run(self.folder, [3, 3], 3)
        self.assertEqual(vrp_side.answers(self.folder, 3), {"0": [0, 1, 2], "1": [3, 4, 5]})

    def test_a_shorter_answer_on_either_stage_is_no_equal_work(self):
        write_run(self.folder / "a", [3, 2], 3)
        write_run(self.folder / "b", [3, 3], 2)
        for name in "ab":
            with self.assertRaisesRegex(process.Failed, r"answers have \[2, 3\] tokens, expected 3"):
                vrp_side.answers(self.folder / name, 3)

    def test_a_run_without_files_is_no_result(self):
        with self.assertRaisesRegex(process.Failed, r"answers have \[\] tokens"):
            vrp_side.answers(self.folder, 3)

    def test_ratios_compare_equal_cores_and_the_median_of_rounds(self):
        table = bench.Table()
        for seconds in (1.0, 9.0, 2.0):
            table.add("vrp-run", 2, 1, {"seconds_per_item": seconds, "load_s": 1, "peak_rss_mb": 5})
        for who, ranks, threads, seconds in (("vrp-run", 1, 2, 4.0), ("vrp-run", 1, 1, 5.0),
                                             ("other", 1, 2, 10.0), ("other", 1, 1, 20.0)):
            table.add(who, ranks, threads, {"seconds_per_item": seconds, "load_s": 1, "peak_rss_mb": 5})
        found = {r["cores"]: (r["vrp_ranks"], r["ratio"]) for r in bench.ratios(list(table.rows()))}
        self.assertEqual(found, {1: (1, 4.0), 2: (2, 5.0)})

    def test_a_failing_program_shows_what_it_said(self):
        with self.assertRaisesRegex(process.Failed, "(?s)exit code 3.*no weights"):
            process.run(["bash", "-c", "echo no weights >&2; exit 3"], 1)

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
                     ["--reference-items", "99"]):
            with self.assertRaises(SystemExit) as caught, contextlib.redirect_stderr(io.StringIO()):
                bench.parse(argv)
            self.assertEqual(caught.exception.code, 2, argv)

    def test_the_vocabulary_holds_every_piece_its_merges_make(self):
        pieces, merges = vocabulary.pieces_and_merges(2000)
        self.assertEqual(len(pieces), 2000)
        self.assertEqual(len(set(pieces)), 2000)
        self.assertTrue(all({a, b, a + b} <= set(pieces) for a, b in merges))

    def test_pictures_repeat(self):
        self.assertEqual(items.picture(3).tobytes(), items.picture(3).tobytes())
        self.assertNotEqual(items.picture(3).tobytes(), items.picture(4).tobytes())


if __name__ == "__main__":
    unittest.main()
