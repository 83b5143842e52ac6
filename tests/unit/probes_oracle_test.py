#!/usr/bin/env python3
"""The linear and the sparse probe against scikit-learn (coefficients of every nested fit to 1e-6),
the nets against torch."""
import pathlib
import subprocess
import sys
import tempfile
import unittest
import warnings

import h5py
import numpy as np
import torch
from sklearn.linear_model import LogisticRegression

PROGRAM = sys.argv.pop(1)


def fits_of(*arguments):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "fits.h5"
        subprocess.run([PROGRAM, str(path), *arguments], check=True, stdout=subprocess.DEVNULL)
        with h5py.File(path) as file:
            names = []
            file.visititems(lambda name, node: names.append(name) if isinstance(node, h5py.Dataset)
                            else None)
            return {name: file[name][()] for name in names}


def training_parts(fits, use):
    """Raw and z-scored training inputs and labels of every fit."""
    for k in range(fits[use].shape[0]):
        train = fits[use][k] == 0
        x = fits["x"][train].astype(np.float64)
        sd = x.std(axis=0)
        yield k, x, (x - x.mean(axis=0)) / np.where(sd > 0, sd, 1), fits["y"][train]


SIZES = ((), ("60", "90"))  # default: more items than columns; and fewer


class Linear(unittest.TestCase):
    def test_coefficients(self):
        for size in SIZES:
            with self.subTest(size=size):
                self.compare(fits_of(*size))

    def compare(self, fits):
        self.assertEqual(fits["use"].shape[0], 25)
        for k, _, x, y in training_parts(fits, "use"):
            oracle = LogisticRegression(C=0.1, solver="newton-cholesky", tol=1e-12, max_iter=1000)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # the tolerance is beyond what the line search sees
                oracle.fit(x, y)
            np.testing.assert_allclose(fits["linear/weight"][k], oracle.coef_[0], atol=1e-6, rtol=0)
            self.assertAlmostEqual(fits["linear/intercept"][k], oracle.intercept_[0], delta=1e-6)


class Sparse(unittest.TestCase):
    def test_coefficients(self):
        for size in SIZES:
            with self.subTest(size=size):
                self.compare(fits_of(*size))

    def compare(self, fits):
        self.assertEqual(fits["sparse/use"].shape[0], 6)
        for k, raw, x, y in training_parts(fits, "sparse/use"):
            oracle = LogisticRegression(l1_ratio=1, C=0.1, solver="saga", tol=1e-13,
                                        max_iter=200000)
            oracle.fit(x, y)
            np.testing.assert_allclose(fits["sparse/weight"][k], oracle.coef_[0], atol=1e-6, rtol=0)
            self.assertAlmostEqual(fits["sparse/intercept"][k], oracle.intercept_[0], delta=1e-6)
            self.assertEqual(np.count_nonzero(fits["sparse/weight"][k]),
                             np.count_nonzero(np.abs(oracle.coef_[0]) > 1e-9))
            delta = raw[y == 1].mean(axis=0) - raw[y == 0].mean(axis=0)
            np.testing.assert_allclose(fits["sparse/delta"][k], delta, rtol=1e-9, atol=1e-9)
            np.testing.assert_allclose(fits["sparse/mean"][k], raw.mean(axis=0), rtol=1e-9, atol=1e-9)


class Net(unittest.TestCase):
    def test_training(self):
        """Four epochs of a net with two hidden layers, step by step as torch's Adam takes them."""
        fits = fits_of()
        train, test = fits["use"][0] == 0, fits["use"][0] == 1
        x = fits["x"].astype(np.float64)
        x = torch.tensor((x - x[train].mean(axis=0)) / x[train].std(axis=0), dtype=torch.float32)
        y = torch.tensor(fits["y"], dtype=torch.float32)
        layers = []
        for name in ("net/weight0", "net/weight1", "net/weight2"):
            linear = torch.nn.Linear(*fits[name].shape)
            linear.weight.data = torch.tensor(fits[name].T.copy())
            linear.bias.data.zero_()
            layers += [linear, torch.nn.ReLU()]
        net = torch.nn.Sequential(*layers[:-1])
        self.assertEqual(net[0].out_features, 8)
        adam = torch.optim.Adam(net.parameters(), lr=1e-2)
        loss = torch.nn.BCEWithLogitsLoss()
        rows = np.flatnonzero(train)
        for order in fits["net/order"]:
            self.assertEqual(sorted(order), list(range(len(rows))))
            for first in range(0, len(rows), 16):
                batch = rows[order[first:first + 16]]
                adam.zero_grad()
                loss(net(x[batch]).squeeze(1), y[batch]).backward()
                adam.step()
        with torch.no_grad():
            expected = net(x[test]).squeeze(1).numpy()
        self.assertGreater(expected.std(), 0.5)
        np.testing.assert_allclose(fits["net/score"], expected, atol=2e-4)


if __name__ == "__main__":
    unittest.main()
