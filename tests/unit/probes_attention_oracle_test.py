"""Learners on attention against numpy, scikit-learn, torch and the XGBoost library from Python."""
import ctypes
import ctypes.util
import json
import os
import subprocess
import sys
import unittest

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

PROGRAM = sys.argv.pop(1)


def ask(*arguments, **environment):
    done = subprocess.run([PROGRAM, *map(str, arguments)], check=True, stdout=subprocess.PIPE,
                          env=os.environ | environment)
    return done.stdout


def answer(*arguments):
    return json.loads(ask(*arguments))


class XGBoost:
    """The C API through ctypes: what stages/probes/boosted.cpp calls, called by other hands."""

    def __init__(self):
        name = ctypes.util.find_library("xgboost") or "libxgboost.so.0"
        self.library = ctypes.CDLL(name)
        self.library.XGBGetLastError.restype = ctypes.c_char_p

    def call(self, name, *arguments):
        if getattr(self.library, name)(*arguments) != 0:
            raise RuntimeError(self.library.XGBGetLastError().decode())

    def matrix(self, x, **fields):
        handle = ctypes.c_void_p()
        floats = ctypes.POINTER(ctypes.c_float)
        x = np.ascontiguousarray(x, np.float32)
        self.call("XGDMatrixCreateFromMat", x.ctypes.data_as(floats), ctypes.c_ulong(x.shape[0]),
                  ctypes.c_ulong(x.shape[1]), ctypes.c_float(np.nan), ctypes.byref(handle))
        for field, values in fields.items():
            values = np.ascontiguousarray(values, np.float32)
            self.call("XGDMatrixSetFloatInfo", handle, field.encode(),
                      values.ctypes.data_as(floats), ctypes.c_ulong(len(values)))
        return handle

    def fit_predict(self, x, settings, rounds, **fields):
        data, booster = self.matrix(x, **fields), ctypes.c_void_p()
        self.call("XGBoosterCreate", (ctypes.c_void_p * 1)(data), ctypes.c_ulong(1),
                  ctypes.byref(booster))
        for name, value in settings:
            self.call("XGBoosterSetParam", booster, name.encode(), value.encode())
        for k in range(rounds):
            self.call("XGBoosterUpdateOneIter", booster, k, data)
        length, out = ctypes.c_ulong(), ctypes.POINTER(ctypes.c_float)()
        self.call("XGBoosterPredict", booster, self.matrix(x), 0, ctypes.c_uint(0), 0,
                  ctypes.byref(length), ctypes.byref(out))
        return np.array(out[:length.value])


def features(item):
    """The 11 features of methods 6.2 for one item."""
    maps = [np.array(m) / np.sum(m) for m in item["maps"]][-3:]
    rows, cols = item["grid"]
    nats = [-np.sum(m * np.log(m + 1e-9)) for m in maps]
    strength, entropy, variance = np.mean(item["shares"][-3:]), np.mean(nats), np.var(nats)
    p = maps[-1]
    r, c = np.divmod(np.arange(p.size), cols)
    centre = (rows - 1) / 2, (cols - 1) / 2
    distance = np.hypot(p @ r - centre[0], p @ c - centre[1]) / np.hypot(*centre)
    return [strength, entropy, variance, np.sum(p * p), distance, -np.sum(p * np.log(p + 1e-12)),
            entropy / (strength + 1e-9), strength / (variance + 1e-9), np.log(1 + entropy),
            np.log(1 + strength), strength * entropy]


class Columns(unittest.TestCase):
    def setUp(self):
        self.out = answer("columns")
        self.features = np.array([item["features"] for item in self.out["items"]])

    def test_features_are_those_of_numpy(self):
        expected = np.array([features(item) for item in self.out["items"]])
        np.testing.assert_allclose(self.features, expected, rtol=1e-9, atol=1e-12)

    def test_columns_are_those_of_scikit_learn(self):
        # mean_strength and strength_log are constant in this cell.
        train = self.out["train"]
        constant = np.ptp(self.features[train], axis=0) == 0
        self.assertEqual(list(np.flatnonzero(constant)), [0, 9])
        scaler = StandardScaler().fit(self.features[train])
        products = PolynomialFeatures(2, include_bias=False)
        expected = products.fit_transform(scaler.transform(self.features))
        self.assertEqual(expected.shape[1], 77)
        keep = (products.powers_ @ constant) == 0
        matrix = np.array(self.out["matrix"]).reshape(len(self.features), -1)
        self.assertEqual(self.out["kept"], keep.sum())
        np.testing.assert_allclose(matrix, expected[:, keep], rtol=2e-6, atol=1e-6)


class Trees(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.raw = ask("trees", OMP_NUM_THREADS="1")
        cls.out = json.loads(cls.raw)
        cls.y, cls.weight = np.array(cls.out["y"]), np.array(cls.out["weight"])
        cls.x = np.array(cls.out["x"]).reshape(len(cls.y), -1)

    def test_the_library_called_from_python_predicts_the_same(self):
        library = XGBoost()
        for name, fields in (("boosted", {}), ("forest", {"weight": self.weight}), ("stacking", {})):
            with self.subTest(name):
                mine = self.out[name]
                other = library.fit_predict(self.x, mine["settings"], mine["rounds"], label=self.y,
                                            **fields)
                np.testing.assert_allclose(mine["predictions"], other, rtol=0, atol=1e-6)
                self.assertGreater(np.ptp(other), 0.5)

    def test_other_thread_counts_give_the_same_bytes(self):
        self.assertEqual(ask("trees", OMP_NUM_THREADS="3"), self.raw)

    def test_the_forest_is_near_that_of_scikit_learn(self):
        forest = RandomForestClassifier(400, max_depth=16, min_samples_split=3, min_samples_leaf=2,
                                        max_features="sqrt", class_weight="balanced_subsample",
                                        random_state=0)
        theirs = forest.fit(self.x, self.y).predict_proba(self.x)[:, 1]
        ours = np.array(self.out["forest"]["predictions"])
        self.assertTrue(np.all((ours >= 0) & (ours <= 1 + 1e-6)))
        self.assertGreater(np.corrcoef(ours, theirs)[0, 1], 0.97)
        self.assertLess(abs(np.mean(ours) - np.mean(theirs)), 0.05)


def normalised_entropy(m):
    p = m / m.sum()
    return -np.sum(p * np.log(p + 1e-9)) / np.log(p.size)


def top(gain, k):
    return np.lexsort((np.arange(gain.size), -gain))[:k]


class Heads(unittest.TestCase):
    KS = (1, 3, 7)

    def setUp(self):
        out = self.out = answer("heads")
        self.y, self.fold = np.array(out["y"]), np.array(out["fold"])
        n = len(self.y)
        self.gain = np.array(out["gain"]).reshape(n, 12)
        self.maps = np.array(out["maps"]).reshape(12, n, 16)

    def values(self, train, items, k):
        heads = top(self.gain[train].mean(axis=0), k)
        return np.array([normalised_entropy(self.maps[heads, i].mean(axis=0)) for i in items])

    def test_scores_choices_and_r2_are_those_of_numpy(self):
        got = self.out["mean_gain"]
        score = {k: np.full(len(self.y), np.nan) for k in (0, *self.KS)}
        for f in range(5):
            test, train = np.flatnonzero(self.fold == f), np.flatnonzero(self.fold != f)
            inner_fold = np.array(self.out["inner"][f])
            mean = []
            for k in self.KS:
                inner = []
                for g in range(4):
                    held = np.flatnonzero(inner_fold == g)
                    rest = np.flatnonzero((inner_fold >= 0) & (inner_fold != g))
                    inner.append(roc_auc_score(self.y[held], -self.values(rest, held, k)))
                mean.append(np.mean(inner))
                score[k][test] = self.values(train, test, k)
                name = f"head_entropy_k{k}"
                self.assertAlmostEqual(got["inner"][name][f], mean[-1], places=12)
                self.assertAlmostEqual(got["auroc"][name][f],
                                       roc_auc_score(self.y[test], -score[k][test]), places=12)
                heads = " ".join(f"{h // 3}.{h % 3}" for h in top(self.gain[train].mean(axis=0), k))
                self.assertEqual(got["choice"][name][f], "heads=" + heads)
            best = self.KS[int(np.argmax(mean))]
            self.assertEqual(got["choice"]["head_entropy"][f], f"k={best}")
            score[0][test] = score[best][test]
        squares = []
        for k in (0, *self.KS):
            name = f"head_entropy_k{k}" if k else "head_entropy"
            np.testing.assert_allclose(got["score"][name], score[k], rtol=1e-12)
            squares.append(np.corrcoef(score[k], self.y)[0, 1] ** 2)
            self.assertAlmostEqual(got["control"][name + " r2"], squares[-1], places=10)
        self.assertAlmostEqual(got["control"]["head_entropy r2_max"], max(squares[1:]), places=10)

    def test_authors_form_is_that_of_numpy(self):
        got, squares = self.out["authors"], []
        for k in self.KS:
            score = []
            for i, gain in enumerate(self.gain):
                heads = top(gain, k)
                weight = np.exp(gain[heads]) / np.exp(gain[heads]).sum()
                m = weight @ self.maps[heads, i]
                m = (m - m.min()) / np.ptp(m)
                p = m[m > 0] / m.sum()
                score.append(-np.sum(p * np.log2(p)) / np.log2(m.size))
            name = f"head_entropy_k{k}"
            np.testing.assert_allclose(got["score"][name], score, rtol=1e-9)
            squares.append(np.corrcoef(score, self.out["logprob"])[0, 1] ** 2)
            self.assertAlmostEqual(got["control"][name + " r2"], squares[-1], places=10)
        self.assertAlmostEqual(got["control"]["head_entropy r2_max"], max(squares), places=10)


class Resampling(unittest.TestCase):
    def test_maps_are_resampled_as_torch_does(self):
        import torch
        for case in answer("resample"):
            m = torch.tensor(case["map"], dtype=torch.float64).reshape(1, 1, *case["from"])
            expected = torch.nn.functional.interpolate(m, (24, 24), mode="bilinear",
                                                       align_corners=False)
            np.testing.assert_allclose(case["to"], expected.numpy().ravel(), rtol=1e-12, atol=1e-14)


class Memory(unittest.TestCase):
    def test_memory_grows_by_no_more_than_the_columns_and_gains(self):
        """20 times the items: what is added is 77 float32 columns, a few copies, and the gains."""
        few, many = 100, 2000
        small, large = answer("memory", few), answer("memory", many)
        self.assertEqual(large["n"], many)
        if small["sanitized"]:
            self.skipTest("the address sanitizer keeps freed memory, so the peak is not the fit's")
        head_maps = (many - few) * 8 * 16 * 576 * 4 / 1024
        columns = (many - few) * (77 * 4 + 8 * 16 * 4 + 1000) / 1024
        grown = large["kb"] - small["kb"]
        self.assertGreater(head_maps, 500_000)
        self.assertLess(grown, 4 * columns + 20_000, (small, large))


if __name__ == "__main__":
    unittest.main(verbosity=2)
