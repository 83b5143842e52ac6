#!/usr/bin/env python3
"""The benchmark of edits on a small checkpoint: all conditions, equal answers, errors with their code."""
import json
import pathlib
import subprocess
import sys
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests/golden/data"
PROGRAM = sys.argv.pop(1)


def run(*arguments):
    return subprocess.run([PROGRAM, *map(str, arguments)], capture_output=True, text=True)


class EditSpeed(unittest.TestCase):
    def test_both_ways_give_the_same_answers(self):
        picture = sorted((GOLDEN / "images").glob("*.jpg"))[0]
        done = run(GOLDEN / "llava/checkpoint", picture, "-1", 4, 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        found = json.loads(done.stdout)
        self.assertEqual(found["conditions"], 40)
        self.assertEqual(found["equal_answers"], 40)
        for way in ("shared", "one_by_one"):
            self.assertGreater(found[f"{way}_s"], 0)
            self.assertGreater(found[f"{way}_processor_s"], 0)

    def test_a_block_that_is_not_there_is_a_usage_error(self):
        picture = sorted((GOLDEN / "images").glob("*.jpg"))[0]
        done = run(GOLDEN / "llava/checkpoint", picture, "99", 4, 1)
        self.assertEqual(done.returncode, 2)
        self.assertIn("expected a block from 0", done.stderr)
        self.assertEqual(run("x").returncode, 2)


if __name__ == "__main__":
    unittest.main()
