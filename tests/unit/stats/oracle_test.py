#!/usr/bin/env python3
"""Statistics against scipy, scikit-learn, statsmodels and plain numpy, to 1e-10.

    oracle_test.py DRIVER     DRIVER: the program stats_oracle_driver

Where no library has the statistic (DeLong, ECE, AURC), its definition is written out here
in the slow way: pair by pair, step by step.
"""
import json
import math
import subprocess
import sys

import numpy as np
import scipy.stats as ss
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, cohen_kappa_score, roc_auc_score
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

import oracle_clustered

TOLERANCE = 1e-10
failures = []
checked = 0


def close(what, got, want, tolerance=TOLERANCE):
    """Numbers agree within the tolerance; p by their digits, however small."""
    global checked
    checked += 1
    limit = tolerance * abs(want) if " p " in what else tolerance * max(1.0, abs(want))
    if got is None or not abs(got - want) <= limit:
        failures.append(f"{what}: {got!r}, expected {want!r}")


class Batch:
    """Calls are collected and answered by one run of the driver. A check may ask for more
    (`later`), answered by a second run."""

    def __init__(self):
        self.calls, self.checks, self.rest = [], [], None

    def later(self, check, f, **arguments):
        self.rest = self.rest or Batch()
        self.rest.add(check, f, **arguments)

    def add(self, check, f, **arguments):
        clean = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in arguments.items()}
        self.calls.append({"f": f, **clean})
        self.checks.append(check)

    def run(self, driver):
        done = subprocess.run([driver], input=json.dumps(self.calls), text=True,
                              capture_output=True, check=False)
        if done.returncode != 0:
            sys.exit(f"{driver}: exit code {done.returncode}: {done.stderr}")
        answers = json.loads(done.stdout)
        assert len(answers) == len(self.calls)
        for check, result in zip(self.checks, answers):
            check(result)
        if self.rest:
            self.rest.run(driver)


def columns():
    """(name, signal, second signal, label): sizes, ties, scales, imbalance."""
    rng = np.random.default_rng(20260617)
    for n, share, ties, shift in [(12, 0.5, 0, 0.5), (50, 0.3, 4, 0.2), (200, 0.5, 1, 0.0),
                                  (200, 0.9, 0, 1.5), (777, 0.6, 10, 0.4), (3090, 0.7, 0, 0.1)]:
        y = (rng.random(n) < share).astype(int)
        y[:2], y[2:4] = 1, 0
        x = rng.normal(size=n) + shift * y
        z = x + rng.normal(size=n)
        if ties:
            x, z = np.round(x * ties) / ties, np.round(z * ties) / ties
        yield f"n={n} ties={ties}", x, z, y
        yield f"n={n} ties={ties} far from 0", 1e6 + 1e-2 * x, z, y


def delong(columns_, y):
    """AUROCs and their covariance from the matrix of pairs. DeLong, DeLong, Clarke-Pearson 1988."""
    psi = [np.sign(c[y == 1][:, None] - c[y == 0][None, :]) / 2 + 0.5 for c in columns_]
    v10, v01 = np.array([p.mean(1) for p in psi]), np.array([p.mean(0) for p in psi])
    covariance = np.atleast_2d(np.cov(v10)) / v10.shape[1] + np.atleast_2d(np.cov(v01)) / v01.shape[1]
    return np.array([p.mean() for p in psi]), covariance


def add_signals(batch):
    z95 = ss.norm.ppf(0.975)
    for name, x, z, y in columns():
        r = ss.pearsonr(x, y)
        fisher = r.confidence_interval()

        def check_r(e, name=name, r=r, fisher=fisher):
            # Far from 0 scipy's own centring has lost digits of p: 12 of 16 stay in r.
            loose = 1e-8 if "far" in name else TOLERANCE
            close(f"R {name}", e["value"], r.statistic)
            close(f"R p {name}", e["p"], r.pvalue, loose)
            close(f"R low {name}", e["low"], fisher.low)
            close(f"R high {name}", e["high"], fisher.high)
        batch.add(check_r, "point_biserial", x=x, y=y)
        both = ss.pearsonr(x, z)
        batch.add(lambda e, w=both, n=name: close(f"pearson {n}", e["value"], w.statistic),
                  "pearson", x=x, z=z)

        (auc, other), covariance = delong([x, z], y)
        error = math.sqrt(covariance[0, 0])

        def check_auroc(e, name=name, x=x, y=y, auc=auc, error=error):
            close(f"AUROC {name}", e["value"], roc_auc_score(y, x))
            close(f"AUROC p {name}", e["p"], 2 * ss.norm.sf(abs(auc - 0.5) / error), 1e-9)
            close(f"AUROC low {name}", e["low"], max(0, auc - z95 * error))
            close(f"AUROC high {name}", e["high"], min(1, auc + z95 * error))
        batch.add(check_auroc, "auroc", x=x, y=y)

        spread = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])

        def check_difference(e, name=name, d=auc - other, spread=spread):
            close(f"AUROC difference {name}", e["value"], d)
            close(f"AUROC difference p {name}", e["p"], 2 * ss.norm.sf(abs(d) / spread), 1e-9)
            close(f"AUROC difference high {name}", e["high"], min(1, d + z95 * spread))
        batch.add(check_difference, "auroc_difference", x=x, z=z, y=y)

        for continuity in (True, False):
            u = ss.mannwhitneyu(x[y == 1], x[y == 0], use_continuity=continuity,
                                method="asymptotic")
            batch.add(lambda e, u=u, n=name: close(f"Mann-Whitney p {n}", e["p"], u.pvalue),
                      "mann_whitney", x=x, y=y, continuity=continuity)
        batch.add(lambda e, x=x, n=name: [close(f"midrank {n}", a, b)
                                          for a, b in zip(e, ss.rankdata(x))], "midranks", x=x)
        add_probability(batch, name, 1 / (1 + np.exp(-z)), y)
        add_risk(batch, name, z, y)


def add_probability(batch, name, p, y):
    edges = np.minimum((p * 15).astype(int), 14)
    ece = sum(abs(y[edges == b].mean() - p[edges == b].mean()) * (edges == b).mean()
              for b in range(15) if (edges == b).any())

    def check(c):
        close(f"ECE {name}", c["ece"], ece)
        close(f"Brier {name}", c["brier"], brier_score_loss(y, p))
    batch.add(check, "calibration", x=p, y=y)


def add_risk(batch, name, x, y):
    # The errors' expected number among the k highest, ties in random order, and thresholds.
    order = np.argsort(-x, kind="stable")
    x, wrong = x[order], 1.0 - y[order]
    for v in np.unique(x):
        wrong[x == v] = wrong[x == v].mean()
    k = np.arange(1, len(x) + 1)
    risk = np.cumsum(wrong) / k
    oracle = np.cumsum(np.sort(1 - y)) / k
    ends = np.append(x[1:] != x[:-1], True)

    def check(c):
        close(f"AURC {name}", c["aurc"], risk.mean())
        close(f"oracle AURC {name}", c["oracle"], oracle.mean())
        for got, limit in zip(c["coverage_at"], (0.05, 0.1, 0.2)):
            good = k[ends & (risk <= limit + 1e-12)]
            close(f"coverage at {limit} {name}", got, good.max() / len(x) if len(good) else 0.0)
    batch.add(check, "risk_coverage", x=x, y=y[order])


def add_counts(batch):
    for k, n in [(0, 1), (1, 1), (0, 50), (50, 50), (1, 3), (17, 90), (612, 1000), (2999, 3090)]:
        interval = ss.binomtest(k, n).proportion_ci(method="wilson")

        def check(e, k=k, n=n, interval=interval):
            close(f"Wilson {k}/{n}", e["value"], k / n)
            close(f"Wilson low {k}/{n}", e["low"], interval.low)
            close(f"Wilson high {k}/{n}", e["high"], interval.high)
            low, high = proportion_confint(k, n, method="wilson")
            close(f"Wilson low {k}/{n}, statsmodels", e["low"], low)
            close(f"Wilson high {k}/{n}, statsmodels", e["high"], high)
        batch.add(check, "wilson", k=k, n=n)
    for b, c in [(0, 1), (1, 0), (0, 6), (3, 9), (9, 3), (12, 12), (40, 71), (150, 90), (7, 1200)]:
        for want in (ss.binomtest(min(b, c), b + c, 0.5).pvalue,
                     mcnemar([[5, b], [c, 9]], exact=True).pvalue):
            batch.add(lambda p, want=want, b=b, c=c: close(f"McNemar p {b},{c}", p, want), "mcnemar",
                      b=b, c=c)


def add_multiplicity(batch):
    rng = np.random.default_rng(5)
    for m in (1, 2, 7, 40):
        p = rng.random(m) ** 3
        p[: m // 3] = p[0]  # ties
        for name, method in (("holm", "holm"), ("benjamini_hochberg", "fdr_bh")):
            want = multipletests(p, method=method)[1]
            batch.add(lambda q, want=want, name=name: [close(name, a, b) for a, b in zip(q, want)],
                      name, p=p)


def add_bootstrap(batch):
    """scipy's BCa and percentile intervals from the very replicates that ours are given."""
    rng = np.random.default_rng(8)
    statistics = {
        "mean of a skewed column": (lambda x, axis=-1: np.mean(x, axis=axis), rng.exponential(size=60)),
        "sd": (lambda x, axis=-1: np.std(x, axis=axis), rng.normal(size=35)),
        "share, with ties": (lambda x, axis=-1: np.mean(x, axis=axis),
                             (rng.random(40) < 0.3).astype(float)),
    }
    for name, (statistic, x) in statistics.items():
        for method in ("BCa", "percentile"):
            first = ss.bootstrap((x,), statistic, n_resamples=2000, method=method, rng=rng)
            want = first.confidence_interval
            jackknife = np.array([statistic(np.delete(x, i)) for i in range(len(x))])
            arguments = {"replicates": first.bootstrap_distribution}
            if method == "BCa":
                arguments |= {"observed": float(statistic(x)), "jackknife": jackknife}

            def check(i, want=want, name=f"{method} {name}"):
                close(f"{name} low", i["low"], want.low)
                close(f"{name} high", i["high"], want.high)
            batch.add(check, method.lower(), **arguments)


def add_labels(batch):
    """Cohen's kappa and the ridge logistic regression of labels on a few features."""
    rng = np.random.default_rng(11)
    for n, width, c in [(40, 1, 1.0), (200, 3, 1.0), (300, 12, 0.1), (60, 12, 100.0)]:
        x = rng.normal(size=(n, width)) * rng.uniform(0.2, 3, width)
        y = (rng.random(n) < 1 / (1 + np.exp(-(0.3 + 0.8 * x[:, 0])))).astype(int)
        z = np.where(rng.random(n) < 0.8, y, 1 - y)
        want = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-12, max_iter=1000).fit(x, y)

        def check(fit, want=want, name=f"n = {n}, {width} features, C = {c}"):
            close(f"logistic intercept {name}", fit["intercept"], want.intercept_[0], 1e-7)
            for a, b in zip(fit["weight"], want.coef_[0], strict=True):
                close(f"logistic weight {name}", a, b, 1e-7)
        batch.add(check, "logistic_ridge", x=x.ravel(), y=y, width=width, c=c)
        batch.add(lambda e, k=cohen_kappa_score(y, z), n=n: close(f"kappa {n}", e["value"], k),
                  "kappa", y=y, z=z)


def main():
    batch = Batch()
    add_labels(batch)
    add_signals(batch)
    add_counts(batch)
    add_multiplicity(batch)
    add_bootstrap(batch)
    oracle_clustered.add_clustered(batch, close)
    oracle_clustered.add_replicates(batch, close)
    oracle_clustered.add_limit(batch, close)
    oracle_clustered.add_pooling_and_power(batch, close)
    batch.run(sys.argv[1])
    for line in failures:
        print(line)
    print(f"{checked} numbers compared, {len(failures)} differ")
    return 1 if failures or checked < 9000 else 0


if __name__ == "__main__":
    sys.exit(main())
