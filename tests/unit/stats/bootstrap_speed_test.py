#!/usr/bin/env python3
"""tools/bench --bootstrap on a small scale: the program and scipy compute the same statistic, parts
of the replicates add up to the whole, memory does not follow the replicates. No times are checked.

    bootstrap_speed_test.py PROGRAM
"""
import pathlib
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[3] / "tools" / "bench_lib"))
import bootstrap_side  # noqa: E402

PROGRAM = None


class BootstrapSpeed(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name)

    def test_the_same_statistic_on_both_sides(self):
        bootstrap_side.write_columns(self.data, 300, 2)
        ours = bootstrap_side.ours(PROGRAM, self.data, 300, 2, 4000)
        for way in bootstrap_side.SCIPY_WAYS:
            theirs = bootstrap_side.scipy_side(self.data, 300, way, 4000)
            for what in ("auroc", "r"):
                for a, b in zip(ours[what], theirs[what]):
                    self.assertAlmostEqual(a, b, delta=0.02, msg=f"{way} {what}")

    def test_parts_add_up_to_the_whole(self):
        bootstrap_side.write_columns(self.data, 900, 3)
        whole = bootstrap_side.ours(PROGRAM, self.data, 900, 3, 1000)
        for parts in (2, 3):
            shares = bootstrap_side.in_parts(PROGRAM, self.data, 900, 3, 1000, parts)
            self.assertEqual(sum(s["replicates"] for s in shares), 1000)
            self.assertEqual(sum(s["checksum"] for s in shares) % 2**64, whole["checksum"])

    def test_memory_beside_the_results_does_not_grow_with_the_replicates(self):
        bootstrap_side.write_columns(self.data, 3000, 10)
        beside = [s["peak_rss_mb"] - s["results_mb"] for s in
                  (bootstrap_side.ours(PROGRAM, self.data, 3000, 10, b) for b in (1000, 16000))]
        self.assertLess(beside[1] - beside[0], 2.0, beside)

    def test_the_plan_over_ranks_loses_what_rounding_and_sorting_cost(self):
        fit = {"plan_s": 0.1, "draw_s": 0.002, "signal_s": 0.0005}
        rows = bootstrap_side.plan_over_ranks(fit, 30, 10000)
        self.assertEqual([r["ranks"] for r in rows], [1, 2, 4, 8, 16, 32, 64])
        self.assertAlmostEqual(rows[0]["seconds"], 30 * 0.1 + 10016 * (0.002 + 30 * 0.0005))
        self.assertEqual(rows[-1]["replicates"], 157)
        self.assertAlmostEqual(rows[-1]["seconds"], 3 + 160 * 0.017)
        self.assertAlmostEqual(rows[-1]["resampling_efficiency"], 10016 / (64 * 160))
        self.assertEqual(rows[0]["efficiency"], 1.0)
        self.assertTrue(all(a["efficiency"] > b["efficiency"] for a, b in zip(rows, rows[1:])))

    def test_a_column_that_is_too_short_is_an_error(self):
        bootstrap_side.write_columns(self.data, 300, 2)
        with self.assertRaisesRegex(Exception, "holds fewer than 600 rows"):
            bootstrap_side.ours(PROGRAM, self.data, 600, 1, 100)


if __name__ == "__main__":
    PROGRAM = pathlib.Path(sys.argv.pop(1))
    unittest.main()
