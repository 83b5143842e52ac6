#!/usr/bin/env python3
"""`vrp stats` as a user calls it: numbers against scipy, scikit-learn and a bootstrap in numpy;
invariance to the order of rows; every kind of bad input with its message and exit code."""
import csv
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import scipy.stats as ss
from sklearn.metrics import roc_auc_score

from oracle_clustered import delta_method, half_width, null_t, obuchowski

VRP = pathlib.Path(os.environ["VRP_BIN"]) / "vrp"
NAMES = ["id", "image", "kind", "correct", "masked", "conf", "sc, votes", "gaps", "flat"]


def made_up(n=450, seed=4):
    """Rows of a table with images of three questions, whose label depends on type and image."""
    rng = np.random.default_rng(seed)
    image, kind = np.arange(n) // 3, np.arange(n) % 3
    share = np.array([0.45, 0.6, 0.8])[kind] + rng.normal(size=n)[image] * 0.15
    y = (rng.random(n) < share).astype(int)
    conf = rng.normal(size=n) + 0.8 * y + 0.5 * rng.normal(size=n)[image]
    votes = np.round(np.clip(0.6 + 0.2 * y + 0.25 * rng.normal(size=n), 0.1, 1), 1)
    masked = np.where(rng.random(n) < 0.15, 1 - y, y)
    gaps = [repr(float(v)) if rng.random() > 0.1 else rng.choice(["", "NA", "nan"]) for v in conf]
    return [[f"q{i}", f"im{image[i]}", ["count", "left", "there"][kind[i]], y[i], masked[i],
             repr(float(conf[i])), votes[i], gaps[i], 0.5] for i in range(n)]


class StatsCommand(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.table = self.folder / "t.csv"

    def write(self, rows, names=NAMES):
        with open(self.table, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([names, *rows])

    def vrp(self, *arguments):
        return subprocess.run([VRP, "stats", *map(str, arguments)], capture_output=True, text=True,
                              timeout=120, check=False)

    def numbers(self, *arguments):
        out = self.folder / "out.json"
        done = self.vrp("--input", self.table, *arguments, "--json", out)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.text = done.stdout
        return json.loads(out.read_text())

    def refused(self, code, message, *arguments):
        done = self.vrp(*arguments)
        self.assertIn(message, done.stderr)
        self.assertEqual(done.returncode, code)
        self.assertEqual(done.stderr.count("\n"), 1, "one line")

    def test_point_estimates_are_those_of_the_libraries(self):
        rows = made_up()
        self.write(rows)
        out = self.numbers("--label", "correct", "--signal", "conf", "sc, votes", "--signal",
                           "gaps", "--group", "image", "--type", "kind", "--replicates", 200)
        self.assertEqual((out["n"], out["groups"]), (450, 150))
        self.assertEqual([s["name"] for s in out["signals"]], ["conf", "sc, votes", "gaps"])
        for signal in out["signals"]:
            at = NAMES.index(signal["name"])
            used = [r for r in rows if r[at] not in ("", "NA", "nan")]
            x, y = np.array([float(r[at]) for r in used]), np.array([r[3] for r in used])
            kind = np.array([r[2] for r in used])
            self.assertEqual(signal["n"], len(used))
            self.assertAlmostEqual(signal["auroc"]["estimate"], roc_auc_score(y, x), delta=1e-10)
            r = ss.pearsonr(x, y)
            self.assertAlmostEqual(signal["r"]["estimate"], r.statistic, delta=1e-10)
            self.assertAlmostEqual(signal["r"]["p"] / r.pvalue, 1, delta=1e-9)
            fisher = r.confidence_interval()
            self.assertAlmostEqual(signal["r"]["fisher_low"], fisher.low, delta=1e-10)
            self.assertAlmostEqual(signal["r"]["fisher_high"], fisher.high, delta=1e-10)
            pairs = [(a > b) + 0.5 * (a == b) for k in set(kind)
                     for a in x[(kind == k) & (y == 1)] for b in x[(kind == k) & (y == 0)]]
            within = signal["auroc_within_type"]
            self.assertEqual(within["pairs"], len(pairs))
            self.assertAlmostEqual(within["estimate"], np.mean(pairs), delta=1e-10)
        self.assertLess(out["signals"][2]["n"], 450)
        self.assertIn("invalid", self.text)

    def test_intervals_agree_with_a_bootstrap_in_numpy(self):
        rows = made_up()
        self.write(rows)
        out = self.numbers("--label", "correct", "--signal", "conf", "--group", "image")
        x, y = np.array([float(r[5]) for r in rows]), np.array([r[3] for r in rows])
        auroc = out["signals"][0]["auroc"]
        rng = np.random.default_rng(1)
        members = np.arange(450).reshape(150, 3)
        drawn = [members[rng.integers(150, size=150)].ravel() for _ in range(3000)]
        low, high = np.quantile([roc_auc_score(y[d], x[d]) for d in drawn], [0.025, 0.975])
        self.assertAlmostEqual(auroc["low_cluster"], low, delta=0.004)
        self.assertAlmostEqual(auroc["high_cluster"], high, delta=0.004)
        r = lambda a, b, axis=-1: np.corrcoef(a, b)[0, 1]
        bca = ss.bootstrap((x, y), r, paired=True, vectorized=False, n_resamples=3000,
                           method="BCa", rng=rng).confidence_interval
        self.assertAlmostEqual(out["signals"][0]["r"]["low"], bca.low, delta=0.006)
        self.assertAlmostEqual(out["signals"][0]["r"]["high"], bca.high, delta=0.006)

    def test_p_over_groups_stand_beside_the_classical_ones(self):
        rows = made_up()
        self.write(rows)
        arguments = ("--label", "correct", "--signal", "conf", "--replicates", 200)
        out = self.numbers(*arguments, "--group", "image")["signals"][0]
        for text in ("p (DeLong)", "p (t-test)", "p over groups", "Obuchowski", "cluster-robust"):
            self.assertIn(text, self.text)
        x, y = np.array([r[5] for r in rows], float), np.array([r[3] for r in rows])
        group = np.array([r[1] for r in rows])
        (a,), covariance, _ = obuchowski([x], y, group)
        se = np.sqrt(covariance[0, 0])
        area, r = out["auroc"]["cluster"], out["r"]["cluster"]
        self.assertEqual((area["method"], area["df"]), ("Obuchowski", 149))
        self.assertAlmostEqual(area["se"], se, delta=1e-12)
        self.assertAlmostEqual(area["p"] / (2 * ss.t.sf(null_t(a - 0.5, se, 150), 149)), 1, delta=1e-9)
        self.assertAlmostEqual(area["low"], a - half_width(0.95, se, 150), delta=1e-10)
        self.assertAlmostEqual(r["se"], delta_method(x, y, group), delta=1e-12)
        self.assertGreater(area["p"], out["auroc"]["p"], "rows of an image are alike here")
        alone = self.numbers(*arguments)["signals"][0]
        self.assertIsNone(alone["auroc"]["cluster"])
        self.assertIsNone(alone["r"]["cluster"])
        self.assertEqual(alone["auroc"]["p"], out["auroc"]["p"])
        self.assertNotIn("over groups", self.text)

    def test_compare_is_the_paired_difference_of_two_signals(self):
        rows = made_up()
        for row, gone in ((4, "sc, votes"), (9, "conf")):
            rows[row][NAMES.index(gone)] = ""
        rows[20][3] = ""  # no label
        self.write(rows)
        out = self.numbers("--label", "correct", "--compare", "conf,sc, votes", "--group", "image",
                           "--replicates", 1000)
        self.assertEqual(out["signals"], [])
        compare = out["compare"]
        used = [r for i, r in enumerate(rows) if i not in (4, 9, 20)]
        x, z = (np.array([r[k] for r in used], float) for k in (5, 6))
        y, group = np.array([r[3] for r in used]), np.array([r[1] for r in used])
        self.assertEqual(compare["columns"], ["conf", "sc, votes"])
        self.assertEqual((compare["n"], compare["invalid"]), (447, 3))
        self.assertAlmostEqual(compare["auroc_a"], roc_auc_score(y, x), delta=1e-12)
        self.assertAlmostEqual(compare["auroc_b"], roc_auc_score(y, z), delta=1e-12)
        difference = roc_auc_score(y, x) - roc_auc_score(y, z)
        self.assertAlmostEqual(compare["difference"], difference, delta=1e-12)
        for group_of, found, tail in (
                (np.arange(447), compare, lambda d, se: ss.norm.sf(d / se)),
                (group, compare["cluster"], lambda d, se: ss.t.sf(null_t(d, se, 150), 149))):
            _, c, _ = obuchowski([x, z], y, group_of)
            se = np.sqrt(c[0, 0] + c[1, 1] - 2 * c[0, 1])
            self.assertAlmostEqual(found["se"], se, delta=1e-12)
            self.assertAlmostEqual(found["p"] / (2 * tail(abs(difference), se)), 1, delta=1e-9)
        self.assertEqual(compare["bootstrap"], "percentile over groups")
        self.assertAlmostEqual(compare["low_bootstrap"], compare["cluster"]["low"], delta=0.02)
        self.assertAlmostEqual(compare["high_bootstrap"], compare["cluster"]["high"], delta=0.02)
        self.assertIn("p over groups", self.text)
        other = self.numbers("--label", "correct", "--compare", "sc, votes,conf")["compare"]
        self.assertAlmostEqual(other["difference"], -compare["difference"], delta=1e-12)
        self.assertAlmostEqual(other["p"], compare["p"], delta=1e-12)
        self.assertIsNone(other["cluster"])
        self.assertEqual(other["bootstrap"], "percentile over items")
        self.assertNotIn("over groups", self.text)

    def test_a_comparison_that_is_undefined_says_why(self):
        rows = made_up(60)
        self.write(rows)
        same = self.numbers("--label", "correct", "--compare", "conf,conf", "--group", "image")
        self.assertEqual(same["compare"]["difference"], 0)
        self.assertIsNone(same["compare"]["p"])
        self.assertIn("variance is 0", same["compare"]["reason"])
        self.assertIn("variance is 0", same["compare"]["cluster"]["reason"])
        for row in rows:
            row[3] = 0
        self.write(rows)
        single = self.numbers("--label", "correct", "--compare", "conf,flat")["compare"]
        self.assertIsNone(single["difference"])
        self.assertIn("one class only", single["reason"])
        self.assertIn("undefined", self.text)
        self.assertNotIn("nan", self.text.lower())

    def test_order_of_rows_and_other_signals_change_no_digit(self):
        rows = made_up(150)
        arguments = ("--label", "correct", "--group", "image", "--type", "kind", "--replicates", 500)
        self.write(rows)
        arguments += ("--compare", "conf,gaps")
        first = self.numbers(*arguments, "--signal", "conf", "sc, votes", "--pair", "masked,correct")
        np.random.default_rng(2).shuffle(rows)
        self.write(rows)
        again = self.numbers(*arguments, "--signal", "sc, votes", "conf", "--pair", "masked,correct")
        self.assertEqual(first["signals"], again["signals"][::-1])
        self.assertEqual(first["pair"], again["pair"])
        self.assertEqual(first["compare"], again["compare"])
        alone = self.numbers(*arguments, "--signal", "conf")
        self.assertEqual(first["signals"][0], alone["signals"][0])
        other_seed = self.numbers(*arguments, "--signal", "conf", "--seed", 1)
        self.assertNotEqual(other_seed["signals"][0], alone["signals"][0])
        self.assertEqual(other_seed["signals"][0]["auroc"]["p"], alone["signals"][0]["auroc"]["p"])

    def test_pair_has_difference_interval_and_exact_mcnemar(self):
        rows = made_up()
        rows[0][4] = ""
        self.write(rows)
        pair = self.numbers("--pair", "masked,correct", "--group", "image")["pair"]
        a, b = (np.array([r[k] for r in rows[1:]], int) for k in (4, 3))
        only_a, only_b = int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())
        self.assertEqual((pair["n"], pair["b"], pair["c"]), (449, only_a, only_b))
        self.assertAlmostEqual(pair["difference_pp"], 100 * (a.mean() - b.mean()), delta=1e-10)
        want = ss.binomtest(min(only_a, only_b), only_a + only_b, 0.5).pvalue
        self.assertAlmostEqual(pair["p"], want, delta=1e-12)
        error = 100 * (a - b).std() / np.sqrt(len(a))
        self.assertAlmostEqual(pair["low"], pair["difference_pp"] - 1.96 * error, delta=0.4)
        self.assertAlmostEqual(pair["high"], pair["difference_pp"] + 1.96 * error, delta=0.4)
        self.assertEqual(pair["columns"], ["masked", "correct"])

    def test_what_is_undefined_is_null_with_a_reason(self):
        rows = made_up(60)
        self.write(rows)
        out = self.numbers("--label", "correct", "--signal", "flat", "--replicates", 100)
        flat = out["signals"][0]
        self.assertEqual(flat["auroc"]["estimate"], 0.5)
        self.assertIn("constant", flat["auroc"]["flags"])
        self.assertIsNone(flat["r"]["estimate"])
        self.assertEqual(flat["r"]["reason"], "the signal is constant")
        self.assertIsNone(out["groups"])
        self.assertIsNone(flat["auroc"]["low_cluster"])
        self.assertIn("not_given", flat["auroc_within_type"]["flags"])
        for row in rows:
            row[3] = 1
        self.write(rows)
        single = self.numbers("--label", "correct", "--signal", "conf", "--type", "kind")
        for key in ("auroc", "auroc_within_type", "r"):
            self.assertIsNone(single["signals"][0][key]["estimate"])
            self.assertIsNone(single["signals"][0][key]["low"])
            self.assertIn("one class only", single["signals"][0][key]["reason"])
        self.assertIn("undefined", self.text)
        self.assertNotIn("nan", self.text.lower())
        self.write([])
        nothing = self.numbers("--label", "correct", "--signal", "conf", "--group", "image")
        self.assertEqual(nothing["n"], 0)
        self.assertEqual(nothing["signals"][0]["auroc"]["reason"], "no row to use")

    def test_bad_tables_exit_7_with_file_line_and_column(self):
        rows = made_up(12)
        signal = ("--input", self.table, "--label", "correct", "--signal", "conf")
        for at, cell, message in [(5, "high", f"{self.table}:4: column 'conf': 'high' is not a number"),
                                  (3, "2", f"{self.table}:4: column 'correct': '2', expected 0 or 1"),
                                  (1, "", f"{self.table}:4: column 'image': '' is missing")]:
            bad = [list(row) for row in rows]
            bad[2][at] = cell
            self.write(bad)
            self.refused(7, message, *signal, "--group", "image")
        self.write([*rows, ["short"]])
        self.refused(7, f"{self.table}:14: 1 cells, expected 9", *signal)
        self.refused(7, "none.csv: cannot be opened", "--input", self.folder / "none.csv",
                     *signal[2:])
        self.table.write_bytes(b"")
        self.refused(7, "empty, expected a header line", *signal)

    def test_bad_command_lines_exit_2(self):
        self.write(made_up(12))
        table = ("--input", self.table)
        label = (*table, "--label", "correct")
        self.refused(2, "no column 'cnf'; did you mean 'conf'?", *label, "--signal", "cnf")
        self.refused(2, "no column 'corect'; did you mean 'correct'?", *table, "--label", "corect",
                     "--signal", "conf")
        self.refused(2, "unknown option '--sgnal'; did you mean --signal?", *label, "--sgnal", "x")
        self.refused(2, "--input TABLE.csv is missing", "--label", "correct", "--signal", "conf")
        self.refused(2, "--signal is missing", *label)
        self.refused(2, "--label is missing", *table, "--signal", "conf")
        self.refused(2, "nothing to compute", *table)
        self.refused(2, "--type needs --signal", *table, "--pair", "masked,correct", "--type", "kind")
        self.refused(2, "signal 'conf' is given twice", *label, "--signal", "conf", "conf")
        self.refused(2, "expected 100 .. 10000000", *label, "--signal", "conf", "--replicates", 3)
        self.refused(2, "'--replicates'", *label, "--signal", "conf", "--replicates", "many")
        self.refused(2, "--seed is -4, expected 0 or more", *label, "--signal", "conf", "--seed=-4")
        self.refused(2, "expected two columns A,B", *table, "--pair", "correct")
        self.refused(2, "--compare is 'conf', expected two columns A,B", *label, "--compare", "conf")
        self.refused(2, "no column 'cnf'; did you mean 'conf'?", *label, "--compare", "cnf,gaps")
        self.refused(2, "--compare needs --label", *table, "--compare", "conf,gaps")
        self.refused(2, "no column 'maskd'; did you mean 'masked'?", *table, "--pair",
                     "maskd,correct")
        self.refused(2, "'stray'", *label, "--signal=conf", "--json", "o.json", "stray")

    def test_json_that_cannot_be_written_is_an_error(self):
        self.write(made_up(12))
        self.refused(7, "no/such", "--input", self.table, "--label", "correct", "--signal", "conf",
                     "--replicates", 100, "--json", self.folder / "no/such/o.json")

    def test_help_names_every_option(self):
        done = self.vrp("--help")
        self.assertEqual(done.returncode, 0)
        for option in "input label signal group type compare pair replicates seed json".split():
            self.assertIn(f"--{option}", done.stdout)


if __name__ == "__main__":
    if not VRP.exists():
        sys.exit(f"{VRP} is not there; build it first")
    unittest.main()
