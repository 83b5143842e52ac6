"""Statistics of made-up cells, from unit files to signals.csv, against numpy, scipy and scikit-learn.

usage: reduce_oracle_test.py PATH_OF_make_report_run
"""
import csv
import pathlib
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
from scipy import stats
from sklearn import metrics

sys.path.insert(0, str(pathlib.Path(__file__).parent / "stats"))
from oracle_clustered import delta_method, obuchowski  # noqa: E402

MAKER = sys.argv.pop(1) if len(sys.argv) > 1 else None
CELLS = ("demo_pope", "demo_counting", "demo_spatial")
TOLERANCE = 1e-10


def aurc(x, y):
    """Mean over k of the expected errors among the k best, averaged over the orders of ties."""
    order = np.argsort(-x, kind="stable")
    x, wrong = x[order], 1.0 - y[order]
    for value in np.unique(x):
        wrong[x == value] = wrong[x == value].mean()
    return float(np.mean(np.cumsum(wrong) / np.arange(1, len(x) + 1)))


def ece(x, y, bins=15):
    at = np.minimum((x * bins).astype(int), bins - 1)
    return sum(abs((y[at == b] - x[at == b]).sum()) for b in range(bins)) / len(x)


def within_type(x, y, types):
    right = pairs = 0.0
    for kind in np.unique(types):
        good, bad = x[(types == kind) & (y == 1)], x[(types == kind) & (y == 0)]
        difference = good[:, None] - bad[None, :]
        right += (difference > 0).sum() + 0.5 * (difference == 0).sum()
        pairs += difference.size
    return right / pairs if pairs else None


class Oracle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="vrp-oracle-")
        cls.folder = pathlib.Path(cls.temporary.name)
        subprocess.run([MAKER, str(cls.folder)], check=True)
        with open(cls.folder / "reduce/tables/signals.csv", newline="") as file:
            cls.rows = [row for row in csv.DictReader(file) if not row["label"].startswith("majority")]

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def cell(self, benchmark):
        """Labels, types and {path: (values, orientation)} of a cell, in the order of its table."""
        folder = self.folder / "demo-llava" / benchmark
        signals, y, types = {}, None, None
        for path in sorted(folder.glob("*/unit-*.h5")):
            with h5py.File(path) as file:
                def visit(name, dataset):
                    if isinstance(dataset, h5py.Dataset) and dataset.attrs.get("role") == "signal":
                        signals[name] = (dataset[()], int(dataset.attrs["orientation"]))
                file.visititems(visit)
                if "item/type" in file:  # capture's
                    types, keys = file["item/type"].asstr()[()], list(file["item/key"].asstr()[()])
                if "labels/key" in file:  # reduce's
                    y = next(d[()] for d in file["label"].values() if d.attrs.get("primary") == "1")
                    labelled = list(file["labels/key"].asstr()[()])
        self.assertEqual(keys, labelled)
        return y, types, signals

    def images(self, benchmark):
        """Image of each item, in the order of the table."""
        for path in (self.folder / "demo-llava" / benchmark).glob("*/unit-*.h5"):
            with h5py.File(path) as file:
                if "item_signals/image" in file:  # reduce's
                    return file["item_signals/image"].asstr()[()]
        self.fail(f"no unit of {benchmark} has item_signals/image")

    def p_of_r(self, x, y, images):
        """Classical where each image has one item, else with images as clusters."""
        if len(set(images)) == len(images):
            return stats.pearsonr(x, y).pvalue
        r = stats.pearsonr(x, y).statistic
        error = delta_method(x, y, images) / (1 - r * r)
        return self.p_about_null(np.arctanh(r), error, len(set(images)))

    @staticmethod
    def p_about_null(distance, error, clusters):
        """Clusters' contributions squared about the null."""
        t = distance / np.sqrt(error**2 + distance**2 / clusters)
        return 2 * stats.t.sf(abs(t), clusters - 1)

    def close(self, row, want):
        if want is None or not np.isfinite(want):
            self.assertEqual(row["estimate"], "", row)
            self.assertNotEqual(row["note"], "", row)
        else:
            self.assertLessEqual(abs(float(row["estimate"]) - want), TOLERANCE, (want, row))

    def test_every_statistic_of_every_signal(self):
        checked = set()
        for benchmark in CELLS:
            y, types, signals = self.cell(benchmark)
            for row in self.rows:
                if row["benchmark"] != benchmark or row["path"] not in signals:
                    continue
                values, sign = signals[row["path"]]
                with self.subTest(benchmark=benchmark, signal=row["signal"], statistic=row["statistic"]):
                    self.check_row(row, np.asarray(values, float), sign, y, types,
                                   self.images(benchmark))
                checked.add(row["statistic"])
        self.assertLessEqual({"r", "auroc", "auroc_within_type", "mean", "aurc", "ece", "brier",
                              "precision_at_sc1"}, checked)

    def check_row(self, row, values, sign, y, types, images):
        use = np.isfinite(values) & (y >= 0)
        x, labels, name = values[use], y[use].astype(float), row["statistic"]
        oriented = -x if sign < 0 else x
        if name == "mean":
            finite = values[np.isfinite(values)]
            self.close(row, finite.mean() if len(finite) else None)
            return
        if name == "precision_at_sc1":
            full = labels[x >= 1 - 1e-9]
            self.assertEqual(int(row["n"]), len(full))
            self.close(row, full.mean() if len(full) else None)
            return
        if name in ("focused_share_of_wrong", "diffuse_share_of_correct"):
            wrong = name.startswith("focused")
            chosen = x[labels == (0 if wrong else 1)]
            inside = chosen < np.quantile(values[np.isfinite(values)], 0.15) if wrong else chosen > 4.5
            self.assertEqual(int(row["n"]), len(chosen))
            self.close(row, inside.mean() if len(chosen) else None)
            return
        self.assertEqual(int(row["n"]), len(x))
        self.assertEqual(int(row["n"]) + int(row["invalid"]), len(values))
        defined = len(x) > 0 and 0 < labels.mean() < 1
        varies = defined and len(np.unique(x)) > 1
        if name == "r":
            want = stats.pearsonr(x, labels) if varies else None
            self.close(row, want.statistic if varies else None)
            if varies:
                got = float(row["p"])
                self.assertLessEqual(abs(got - self.p_of_r(x, labels, images[use])), 1e-8)
        elif name == "auroc":
            self.close(row, metrics.roc_auc_score(labels, oriented) if defined else None)
            if row["p"] and len(set(images[use])) < len(x):
                theta, covariance, clusters = obuchowski([x], labels, images[use])
                want = self.p_about_null(theta[0] - 0.5, np.sqrt(covariance[0, 0]), clusters)
                self.assertLessEqual(abs(float(row["p"]) - want), 1e-8)
        elif name == "auroc_within_type":
            self.close(row, within_type(oriented, labels, types[use]) if defined else None)
        elif name == "aurc":
            self.close(row, aurc(oriented, labels) if len(x) else None)
        elif name == "ece":
            self.close(row, ece(x, labels) if len(x) else None)
        elif name == "brier":
            self.close(row, metrics.brier_score_loss(labels, x) if defined else None)

    def frame(self, name):
        """Rows of a frame of stats.h5 as dicts."""
        with h5py.File(self.folder / "reduce/stats.h5") as file:
            columns = {key: (d.asstr()[()] if d.dtype.kind == "O" else d[()])
                       for key, d in file[name].items()}
        return [dict(zip(columns, values)) for values in zip(*columns.values())]

    def test_differences_of_signals(self):
        checked = 0
        for row in self.frame("signal_difference"):
            if row["benchmark"] not in CELLS or row["model"] != "demo-llava":
                continue
            y, _, signals = self.cell(row["benchmark"])
            images = self.images(row["benchmark"])
            short = {path.rsplit("/", 1)[-1]: value for path, value in signals.items()}
            (a, sign_a), (b, sign_b) = short[row["signal_a"]], short[row["signal_b"]]
            use = np.isfinite(a) & np.isfinite(b) & (y >= 0)
            a, b = (a * (-1 if sign_a < 0 else 1))[use], (b * (-1 if sign_b < 0 else 1))[use]
            labels = y[use].astype(float)
            self.assertEqual(row["n"], use.sum())
            if not 0 < labels.mean() < 1:
                self.assertTrue(row["note"], row)
                continue
            auroc = [metrics.roc_auc_score(labels, x) for x in (a, b)]
            self.assertLessEqual(abs(row["auroc_a"] - auroc[0]), TOLERANCE)
            self.assertLessEqual(abs(row["auroc_b"] - auroc[1]), TOLERANCE)
            self.assertLessEqual(abs(row["estimate"] - (auroc[0] - auroc[1])), TOLERANCE)
            if np.isfinite(row["p"]) and len(set(images[use])) < len(a):
                theta, covariance, clusters = obuchowski([a, b], labels, images[use])
                error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
                want = self.p_about_null(theta[0] - theta[1], error, clusters)
                self.assertLessEqual(abs(row["p"] - want), 1e-8)
                checked += 1
        self.assertGreater(checked, 0)

    def test_accuracy_and_wilson(self):
        for benchmark in CELLS:
            y, _, _ = self.cell(benchmark)
            row = next(r for r in self.rows if r["benchmark"] == benchmark and
                       r["statistic"] == "accuracy")
            right, n = int((y == 1).sum()), int((y >= 0).sum())
            self.close(row, right / n)
            interval = stats.binomtest(right, n).proportion_ci(0.95, "wilson")
            self.assertLessEqual(abs(float(row["low"]) - interval.low), TOLERANCE)
            self.assertLessEqual(abs(float(row["high"]) - interval.high), TOLERANCE)

    def test_pooled_counts_are_sums(self):
        sums = sum(int((self.cell(benchmark)[0] >= 0).sum()) for benchmark in CELLS)
        row = next(r for r in self.rows if r["benchmark"] == "pooled" and r["statistic"] == "accuracy")
        self.assertEqual(int(row["n"]), sums)
        self.assertEqual(int(row["groups"]), 24)  # the three sets show the same 24 pictures


if __name__ == "__main__":
    if not MAKER:
        raise SystemExit(__doc__)
    unittest.main()
