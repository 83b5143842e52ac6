#!/usr/bin/env python3
"""`vrp compare` on made-up runs: every number against numpy, scipy and scikit-learn from the CSV of the
same call; unfinished, damaged and foreign runs; every kind of wrong call with message and exit code.

usage: compare_test.py PATH_OF_make_compare_run
"""
import csv
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import numpy as np
import scipy.stats as ss
from sklearn.metrics import cohen_kappa_score, roc_auc_score

MAKER = sys.argv.pop(1)
VRP = pathlib.Path(os.environ["VRP_BIN"]) / "vrp"


def vrp(*arguments):
    return subprocess.run([VRP, *map(str, arguments)], capture_output=True, text=True, timeout=300,
                          check=False)


def make(folder, items=96, unit=20, seed=1, variant=""):
    subprocess.run([MAKER, folder, str(items), str(unit), str(seed), variant], check=True, timeout=120)
    return folder


class CompareTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="vrp-compare-")
        cls.base = pathlib.Path(cls.temporary.name)
        cls.a = make(cls.base / "a", seed=1)
        cls.b = make(cls.base / "b", seed=2)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def copy(self, run):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.base)) / "copy"
        shutil.copytree(run, folder)
        return folder

    def compare(self, *arguments):
        out, table = self.base / "out.json", self.base / "out.csv"
        if "--replicates" not in arguments:
            arguments += ("--replicates", 1000)
        done = vrp("compare", *arguments, "--json", out, "--csv", table)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.text = done.stdout
        self.assertNotIn("nan", (done.stdout + out.read_text()).lower())
        with open(table, newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        return json.loads(out.read_text(), parse_constant=self.fail), rows

    def refused(self, code, message, *arguments):
        done = vrp("compare", *arguments)
        self.assertIn(message, done.stderr)
        self.assertEqual(done.returncode, code, done.stderr)

    def check_set(self, found, rows, intervals=False):
        """One set of the JSON against the oracle on the rows of the CSV; `intervals`: those too."""
        both = [r for r in rows if r["state"] == "compared"]
        self.assertEqual(found["items"]["compared"], len(both))
        labelled = [r for r in both if r["label_a"] and r["label_b"]]
        a, b = (np.array([int(r[c]) for r in labelled]) for c in ("label_a", "label_b"))
        image = np.unique([r["group"] for r in labelled], return_inverse=True)[1]
        accuracy = found["accuracy"]
        self.assertEqual(accuracy["n"], len(labelled))
        self.assertEqual(accuracy["groups"], len(set(image)))
        wilson = ss.binomtest(int(a.sum()), len(a)).proportion_ci(method="wilson")
        self.assertAlmostEqual(accuracy["a"]["estimate"], a.mean(), delta=1e-12)
        self.assertAlmostEqual(accuracy["a"]["low"], wilson.low, delta=1e-9)
        self.assertAlmostEqual(accuracy["a"]["high"], wilson.high, delta=1e-9)
        self.assertAlmostEqual(accuracy["b"]["estimate"], b.mean(), delta=1e-12)
        difference = accuracy["difference_pp"]
        self.assertAlmostEqual(difference["estimate"], 100 * (a - b).mean(), delta=1e-9)
        only_a, only_b = int(((a == 1) & (b == 0)).sum()), int(((a == 0) & (b == 1)).sum())
        self.assertEqual((accuracy["only_a"], accuracy["only_b"]), (only_a, only_b))
        want = ss.binomtest(min(only_a, only_b), only_a + only_b, 0.5).pvalue
        self.assertAlmostEqual(difference["p_item"], want, delta=1e-12)
        se, p = self.clustered(100.0 * (a - b), image)
        self.assertAlmostEqual(difference["se"], se, delta=1e-9)
        self.assertAlmostEqual(difference["p"], p, delta=1e-9)
        self.assertAlmostEqual(accuracy["detectable_pp"],
                               (ss.norm.ppf(0.975) + ss.norm.ppf(0.8)) * se, delta=1e-6)
        if intervals:  # BCa against percentile
            low, high = self.bootstrap(lambda r: 100 * (a[r] - b[r]).mean(), image)
            self.assertAlmostEqual(difference["low"], low, delta=0.5 * se)
            self.assertAlmostEqual(difference["high"], high, delta=0.5 * se)
        agreement = found["agreement"]
        self.assertAlmostEqual(agreement["same_text"]["estimate"],
                               np.mean([r["answer_a"] == r["answer_b"] for r in both]), delta=1e-12)
        self.assertEqual(agreement["same_text"]["n"], len(both))
        self.assertAlmostEqual(agreement["same_correctness"]["estimate"], (a == b).mean(), delta=1e-12)
        self.assertAlmostEqual(agreement["kappa"]["estimate"], cohen_kappa_score(a, b), delta=1e-9)
        for signal in found["signals"]:
            self.check_signal(signal, both, intervals and signal["name"] in ("p_tok", "h_s"))

    @staticmethod
    def clustered(x, image):
        """Cluster-robust standard error of a mean and its p by t with G-1 degrees of freedom."""
        sums = np.bincount(image, x - x.mean())
        sums = sums[np.unique(image)]
        groups = len(sums)
        se = np.sqrt(groups / (groups - 1) * (sums ** 2).sum()) / len(x)
        return se, 2 * ss.t.sf(abs(x.mean() / se), groups - 1)

    @staticmethod
    def bootstrap(statistic, image, replicates=1000):
        rng = np.random.default_rng(5)
        members = [np.flatnonzero(image == g) for g in np.unique(image)]
        values = []
        for _ in range(replicates):
            rows = np.concatenate([members[g] for g in rng.integers(len(members), size=len(members))])
            values.append(statistic(rows))
        return np.nanquantile(values, [0.025, 0.975])

    def check_signal(self, signal, both, intervals):
        name = signal["name"]
        defined = [r for r in both if r[name + "_a"] and r[name + "_b"]]
        x, y = (np.array([float(r[name + side]) for r in defined]) for side in ("_a", "_b"))
        image = np.unique([r["group"] for r in defined], return_inverse=True)[1]
        mean = signal["mean"]
        self.assertEqual(mean["difference"]["n"], len(defined))
        self.assertAlmostEqual(mean["a"]["estimate"], x.mean(), delta=1e-9)
        self.assertAlmostEqual(mean["difference"]["estimate"], (x - y).mean(), delta=1e-9)
        if np.ptp(x - y) > 0:
            se, p = self.clustered(x - y, image)
            self.assertAlmostEqual(mean["difference"]["se"], se, delta=1e-9)
            self.assertAlmostEqual(mean["difference"]["p"], p, delta=1e-9)
            self.assertAlmostEqual(signal["correlation"]["estimate"], ss.pearsonr(x, y)[0], delta=1e-9)
        keep = np.array([bool(r["label_a"] and r["label_b"]) for r in defined])
        la, lb = (np.array([int(r[c]) for r, k in zip(defined, keep) if k])
                  for c in ("label_a", "label_b"))
        x, y, image = x[keep], y[keep], image[keep]
        sign = -1 if signal["orientation"] < 0 else 1
        auroc, r = signal["auroc"], signal["r"]
        self.assertEqual(auroc["difference"]["n"], len(la))
        self.assertAlmostEqual(auroc["a"]["estimate"], roc_auc_score(la, sign * x), delta=1e-12)
        self.assertAlmostEqual(auroc["b"]["estimate"], roc_auc_score(lb, sign * y), delta=1e-12)
        self.assertAlmostEqual(r["a"]["estimate"], np.corrcoef(x, la)[0, 1], delta=1e-12)
        self.assertAlmostEqual(r["difference"]["estimate"],
                               np.corrcoef(x, la)[0, 1] - np.corrcoef(y, lb)[0, 1], delta=1e-12)
        if not intervals:
            return
        joint = lambda rows: (roc_auc_score(la[rows], sign * x[rows]) -
                              roc_auc_score(lb[rows], sign * y[rows]))
        low, high = self.bootstrap(joint, image)
        self.assertAlmostEqual(auroc["difference"]["low"], low, delta=0.02)
        self.assertAlmostEqual(auroc["difference"]["high"], high, delta=0.02)
        joint = lambda rows: (np.corrcoef(x[rows], la[rows])[0, 1] -
                              np.corrcoef(y[rows], lb[rows])[0, 1])
        low, high = self.bootstrap(joint, image)
        self.assertAlmostEqual(r["difference"]["low"], low, delta=0.03)
        self.assertAlmostEqual(r["difference"]["high"], high, delta=0.03)
        below = auroc["difference"]["p"] < 0.05
        outside = auroc["difference"]["low"] > 0 or auroc["difference"]["high"] < 0
        self.assertEqual(below, outside, "p and interval agree")

    def test_two_models_of_one_run_are_the_oracle_s_numbers(self):
        out, rows = self.compare(self.a, "--model", "model-a", "--with", "model-b", "--replicates", 10000)
        self.assertEqual([s["benchmark"] for s in out["sets"]],
                         ["demo_pope", "demo_counting", "pooled"])
        for found in out["sets"][:2]:
            self.check_set(found, [r for r in rows if r["benchmark"] == found["benchmark"]],
                           found["benchmark"] == "demo_pope")
        names = [s["name"] for s in out["sets"][0]["signals"]]
        self.assertEqual(names, sorted(names[:-1]) + ["control/prompt_tokens"])
        self.assertEqual(set(names), {"h_s", "hidden_probe", "logit_entropy", "margin_last", "p_tok",
                                      "s_sc", "control/prompt_tokens"})
        for line in self.text.splitlines():
            self.assertLessEqual(len(line), 100, line)

    def test_the_pooled_set_shares_pictures_between_sets(self):
        out, rows = self.compare(self.a, self.b, "--model", "model-a", "--signal", "p_tok")
        self.check_set(out["sets"][2], rows)
        self.assertEqual(out["sets"][2]["accuracy"]["groups"],
                         len({r["group"] for r in rows if r["state"] == "compared"}))

    def test_adjusted_p_are_holm_over_sets_and_bh_over_signals(self):
        out, _ = self.compare(self.a, self.b)
        self.assertEqual([(s["model_a"], s["benchmark"]) for s in out["sets"]],
                         [(m, s) for m in ("model-a", "model-b")
                          for s in ("demo_pope", "demo_counting", "pooled")])
        single = [s for s in out["sets"] if not s["pooled"]]
        p = np.array([s["accuracy"]["difference_pp"]["p"] for s in single])
        order = np.argsort(p)
        want = np.empty(len(p))
        want[order] = np.minimum(1, np.maximum.accumulate((len(p) - np.arange(len(p))) * p[order]))
        for s, expected in zip(single, want):
            self.assertAlmostEqual(s["accuracy"]["difference_pp"]["p_adjusted"], expected, delta=1e-12)
        for s in out["sets"]:
            if s["pooled"]:
                self.assertIsNone(s["accuracy"]["difference_pp"]["p_adjusted"])
        for pooled in (False, True):
            for statistic in ("mean", "auroc", "r"):
                tests = [(g[statistic]["difference"]["p"], g[statistic]["difference"]["p_adjusted"])
                         for s in out["sets"] if s["pooled"] == pooled for g in s["signals"]
                         if not g["needs_reference"] and not g["control"]]
                raw, adjusted = map(np.array, zip(*tests))
                np.testing.assert_allclose(adjusted, ss.false_discovery_control(raw), atol=1e-12)
        for s in out["sets"]:
            for g in s["signals"]:
                if g["needs_reference"] or g["control"]:
                    self.assertIsNone(g["mean"]["difference"]["p_adjusted"])

    def test_identical_runs_differ_in_nothing(self):
        again = make(pathlib.Path(tempfile.mkdtemp(dir=self.base)) / "again", seed=1)
        out, _ = self.compare(self.a, again)
        self.assertEqual(out["settings"], [])
        self.assertIn("no field of the fingerprints differs", self.text)
        for s in out["sets"]:
            difference = s["accuracy"]["difference_pp"]
            self.assertEqual((difference["estimate"], difference["p"], difference["p_item"]), (0, 1, 1))
            self.assertEqual(s["agreement"]["same_text"]["estimate"], 1)
            self.assertEqual(s["agreement"]["kappa"]["estimate"], 1)
            for signal in s["signals"]:
                for statistic in ("mean", "auroc", "r"):
                    found = signal[statistic]["difference"]
                    self.assertEqual((found["estimate"], found["low"], found["high"], found["p"]),
                                     (0, 0, 0, 1), signal["name"])

    def test_the_same_call_gives_the_same_bytes_and_another_seed_other_intervals(self):
        out, _ = self.compare(self.a, self.b, "--replicates", 500)
        text = self.text
        again, _ = self.compare(self.a, self.b, "--replicates", 500)
        self.assertEqual((out, text), (again, self.text))
        other, _ = self.compare(self.a, self.b, "--replicates", 500, "--seed", 7)
        first, second = (o["sets"][0]["signals"][0]["auroc"]["difference"] for o in (out, other))
        self.assertNotEqual(first["low"], second["low"])
        self.assertEqual(first["estimate"], second["estimate"])

    def test_settings_that_differ_are_named(self):
        changed = self.copy(self.a)
        manifest = json.loads((changed / "manifest.json").read_text())
        for work in manifest["work"]:
            if work["stage"] == "capture" and work["benchmark"] == "demo_pope":
                work["fingerprint"]["model.dtype"] = "fp16"
            if work["stage"] == "consistency":
                work["fingerprint"]["consistency.temperature"] = "1"
        manifest["profile"] = "authors"
        (changed / "manifest.json").write_text(json.dumps(manifest))
        out, _ = self.compare(self.a, changed)
        found = {(d["stage"], d["field"]): (d["a"], d["b"], d["benchmarks"]) for d in out["settings"]}
        self.assertEqual(found, {
            ("run", "profile"): ("default", "authors", []),
            ("capture", "model.dtype"): ("", "fp16", ["demo_pope"]),
            ("consistency", "consistency.temperature"): ("", "1", ["demo_pope", "demo_counting"])})
        self.assertIn("capture: model.dtype: (none) | fp16  (demo_pope)", self.text)

    def test_items_of_other_content_or_one_run_only_are_counted_and_left_out(self):
        other = make(self.base / "other", seed=2, variant="other")
        out, rows = self.compare(self.a, other, "--model", "model-a")
        pope = out["sets"][0]
        self.assertEqual(pope["items"]["other_content"], 10)
        self.assertIn("first item that asks something else: 'demo_pope/test/100003' (another question)",
                      self.text)
        self.check_set(pope, [r for r in rows if r["benchmark"] == "demo_pope"])
        self.assertEqual(sum(r["state"] == "other question" for r in rows), 20)
        more = make(self.base / "more", seed=2, variant="more")
        out, rows = self.compare(self.a, more, "--model", "model-a")
        self.assertEqual(out["sets"][0]["items"]["only_b"], 12)
        counts = out["sets"][0]["items"]
        parts = [counts[k] for k in ("compared", "only_a", "only_b", "other_content", "not_computed",
                                     "failed_a", "failed_b", "failed_both")]
        self.assertEqual(sum(parts), sum(r["benchmark"] == "demo_pope" for r in rows))
        self.assertGreater(counts["failed_a"], 0)

    def test_an_unfinished_run_is_compared_as_far_as_it_is(self):
        part = self.copy(self.b)
        for stage in ("capture@aaaa", "metrics@bbbb", "consistency@cccc"):
            (part / "model-a/demo_pope" / stage / "unit-000001.h5").unlink()
        (part / "model-a/demo_pope/metrics@bbbb/unit-000002.h5").unlink()
        shutil.rmtree(part / "model-a/demo_counting/capture@aaaa")
        out, rows = self.compare(self.a, part, "--model", "model-a")
        self.assertTrue(out["partial"])
        self.assertIn("PARTIAL: 12 of 16 units of B are finished", self.text)
        self.assertIn("not compared: model-a on demo_counting: B has no finished unit", self.text)
        self.assertEqual([s["benchmark"] for s in out["sets"]], ["demo_pope"])
        self.assertEqual(out["sets"][0]["items"]["not_computed"], 20)
        self.check_set(out["sets"][0], rows)

    def test_a_damaged_unit_is_named(self):
        damaged = self.copy(self.b)
        unit = damaged / "model-a/demo_pope/metrics@bbbb/unit-000002.h5"
        unit.write_bytes(unit.read_bytes()[:-40])
        self.refused(7, str(unit), self.a, damaged)

    def test_flips_and_another_scorer(self):
        out, rows = self.compare(self.a, self.b, "--flips", 3, "--scorer", "exact", "--model", "model-b",
                                 "--benchmark", "demo_counting")
        flips = out["sets"][0]["flips"]
        want = [r for r in rows if r["label_a"] and r["label_b"] and r["label_a"] != r["label_b"]]
        self.assertEqual([f["key"] for f in flips], [r["key"] for r in want[:3]])
        self.assertEqual([f["right_in"] for f in flips],
                         ["A" if r["label_a"] == "1" else "B" for r in want[:3]])
        self.assertEqual(flips[0]["answer_a"], want[0]["answer_a"])
        self.assertEqual(out["sets"][0]["scorer_a"], "exact@1")
        self.assertIn("Flips on demo_counting: the first 3 of", self.text)

    def test_one_class_in_one_run_is_said(self):
        flat = make(self.base / "flat", seed=3, variant="flat")
        out, _ = self.compare(self.a, flat, "--model", "model-a", "--signal", "s_sc")
        auroc = out["sets"][0]["signals"][0]["auroc"]
        self.assertIsNone(auroc["difference"]["estimate"])
        self.assertIn("one class only", auroc["difference"]["note"])
        self.assertIn("s_sc: AUROC: one class only", self.text)

    def test_numbers_keep_to_their_signals(self):
        whole, _ = self.compare(self.a, self.b, "--model", "model-a")
        one, _ = self.compare(self.a, self.b, "--model", "model-a", "--signal", "s_sc")
        pick = lambda out: [g for g in out["sets"][0]["signals"] if g["name"] == "s_sc"][0]
        for found in (whole, one):
            for statistic in ("mean", "auroc", "r"):
                pick(found)[statistic]["difference"].pop("p_adjusted")
        self.assertEqual(pick(whole), pick(one))
        vrp("compare", self.a, self.b, "--signal", "all")
        self.assertEqual(len(one["sets"][0]["signals"]), 1)

    def test_wrong_calls_say_what_was_expected(self):
        self.refused(2, "the run has no model 'model-c'; did you mean 'model-a'?", self.a, self.b,
                     "--model", "model-c")
        self.refused(2, "the run has no benchmark 'demo_pop'; did you mean 'demo_pope'?", self.a, self.b,
                     "--benchmark", "demo_pop")
        self.refused(2, "share no signal 'hs'; did you mean 'h_s'?", self.a, self.b, "--signal", "hs")
        self.refused(2, "unknown scorer", self.a, self.b, "--scorer", "yesno")
        self.refused(2, "expected --model M --with N, or a second run", self.a)
        self.refused(7, "has no manifest.json", self.a, self.base)
        renamed = self.copy(self.b)
        text = (renamed / "manifest.json").read_text()
        (renamed / "manifest.json").write_text(text.replace("model-", "net-"))
        self.refused(2, "the runs share no model", self.a, renamed)
        self.assertEqual(vrp("compare", self.a, self.copy(self.b), "--model", "model-a", "--with",
                             "model-b", "--replicates", 100).returncode, 0)
        sets = self.copy(self.b)
        text = (sets / "manifest.json").read_text()
        (sets / "manifest.json").write_text(re.sub(r'"demo_(\w+)"', r'"our_\1"', text))
        self.refused(2, "nothing to compare", self.a, sets)
        done = vrp("compare", self.a, self.b, "--replicates", 100, "--json", "/nonexistent/out.json")
        self.assertEqual(done.returncode, 7)
        self.assertIn("/nonexistent/out.json", done.stderr)
        self.assertEqual(vrp("compare", "--help").returncode, 0)


if __name__ == "__main__":
    unittest.main()
