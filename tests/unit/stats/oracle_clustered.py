"""Clustered statistics, the bootstrap's replicates and power against scipy, scikit-learn and
statsmodels; part of oracle_test.py. Where no library has the formula (Obuchowski's variance), it
is written out here from the matrix of pairs."""
import math

import numpy as np
import scipy.optimize
import scipy.stats as ss
import statsmodels.api as sm
from sklearn.metrics import roc_auc_score
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.power import normal_power
from statsmodels.stats.weightstats import DescrStatsW


def clustered_columns():
    """(name, signal, second signal, label, group): sizes of groups, ties, image effects."""
    rng = np.random.default_rng(31)
    for groups, largest, ties, shift in [(5, 6, 0, 1.0), (8, 3, 0, 1.0), (40, 5, 0, 0.5), (60, 4, 4, 0.3),
                                         (300, 9, 0, 0.0), (25, 30, 2, 0.2), (200, 1, 0, 0.4)]:
        size = rng.integers(1, largest + 1, groups)
        group = np.repeat(np.arange(groups), size)
        effect = rng.normal(size=groups)[group]
        n = len(group)
        y = (rng.random(n) < ss.norm.cdf(0.3 + 0.8 * rng.normal(size=groups)[group])).astype(int)
        y[:2], y[-2:] = 1, 0
        x = rng.normal(size=n) + shift * y + effect
        z = 0.5 * x + rng.normal(size=n)
        if ties:
            x, z = np.round(x * ties) / ties, np.round(z * ties) / ties
        order = rng.permutation(n)
        yield f"G={groups} ties={ties}", x[order], z[order], y[order], group[order]


def obuchowski(columns, y, group):
    """AUROCs and their covariance. Obuchowski 1997, equations of section 2, cluster by cluster."""
    psi = [np.sign(c[y == 1][:, None] - c[y == 0][None, :]) / 2 + 0.5 for c in columns]
    theta = np.array([p.mean() for p in psi])
    m, n = psi[0].shape
    clusters = np.unique(group)
    x = [np.array([p.mean(1)[group[y == 1] == g].sum() - t * (group[y == 1] == g).sum()
                   for g in clusters]) for p, t in zip(psi, theta)]
    w = [np.array([p.mean(0)[group[y == 0] == g].sum() - t * (group[y == 0] == g).sum()
                   for g in clusters]) for p, t in zip(psi, theta)]
    i, i10, i01 = len(clusters), len(set(group[y == 1])), len(set(group[y == 0]))
    covariance = np.empty((len(psi), len(psi)))
    for a in range(len(psi)):
        for b in range(len(psi)):
            s10 = i10 / ((i10 - 1) * m) * (x[a] * x[b]).sum()
            s01 = i01 / ((i01 - 1) * n) * (w[a] * w[b]).sum()
            s11 = i / (i - 1) * ((x[a] * w[b]).sum() + (x[b] * w[a]).sum()) / 2
            covariance[a, b] = s10 / m + s01 / n + 2 * s11 / (m * n)
    return theta, covariance, i


def delta_method(x, y, group):
    """Standard error of R: gradient of R in the five moments, and the clustered covariance of their
    means."""
    data = np.column_stack([x, y, x * x, y * y, x * y])
    mx, my, mxx, myy, mxy = data.mean(0)
    vx, vy, c = mxx - mx**2, myy - my**2, mxy - mx * my
    root = math.sqrt(vx * vy)
    r = c / root
    gradient = np.array([-my / root + r * mx / vx, -mx / root + r * my / vy,
                         -r / (2 * vx), -r / (2 * vy), 1 / root])
    sums = np.array([(data[group == g] - data.mean(0)).sum(0) for g in np.unique(group)])
    g = len(sums)
    return math.sqrt(gradient @ (sums.T @ sums * g / (g - 1)) @ gradient) / len(x)


def mean_error(values, group):
    """Cluster-robust standard error of a mean: statsmodels' regression on a constant."""
    fit = sm.OLS(values, np.ones(len(values))).fit(cov_type="cluster", cov_kwds={"groups": group})
    return fit.bse[0]


def null_t(distance, se, groups):
    """t with the groups' contributions squared about the null."""
    return distance / math.sqrt(se**2 + distance**2 / groups)


def half_width(level, se, groups):
    """Where null_t reaches its critical value, by search."""
    c = ss.t.ppf((1 + level) / 2, groups - 1)
    if c * c >= groups:
        return math.inf
    return scipy.optimize.brentq(lambda d: null_t(d, se, groups) - c, 0, 1e6 * se, xtol=1e-15, rtol=1e-14)


def check_t(close, name, e, value, null, se, df):
    close(f"{name}", e["value"], value)
    close(f"{name} se", e["se"], se)
    close(f"{name} df", e["df"], df)
    close(f"{name} p ", e["p"], 2 * ss.t.sf(abs(null_t(value - null, se, df + 1)), df), 1e-9)


def add_clustered(batch, close):
    for name, x, z, y, group in clustered_columns():
        arguments = {"x": x, "y": y, "group": group}
        theta, covariance, g = obuchowski([x, z], y, group)
        se = math.sqrt(covariance[0, 0])
        half = half_width(0.95, se, g)

        def check_auroc(e, name=f"clustered AUROC {name}", x=x, y=y, a=theta[0], se=se, g=g, half=half):
            close(name, e["value"], roc_auc_score(y, x))
            check_t(close, name, e, a, 0.5, se, g - 1)
            close(f"{name} low", e["low"], max(0, a - half))
            close(f"{name} high", e["high"], min(1, a + half))
        batch.add(check_auroc, "auroc_clustered", **arguments)

        spread = math.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])

        def check_difference(e, name=f"clustered difference {name}", d=theta[0] - theta[1],
                             s=spread, g=g):
            check_t(close, name, e, d, 0, s, g - 1)
            close(f"{name} low", e["low"], max(-1, d - half_width(0.95, s, g)))
        batch.add(check_difference, "difference_clustered", z=z, **arguments)

        zx, zy = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
        r = ss.pearsonr(x, y).statistic
        influence = zx * zy - r * (zx**2 + zy**2) / 2
        error = mean_error(influence, group)
        depth, fisher = math.atanh(r), error / (1 - r * r)

        def check_r(e, name=f"clustered R {name}", r=r, error=error, delta=delta_method(x, y, group),
                    depth=depth, fisher=fisher, g=g, half=half_width(0.95, fisher, g)):
            close(name, e["value"], r)
            close(f"{name} se", e["se"], error)
            close(f"{name} se by the delta method", e["se"], delta)
            close(f"{name} df", e["df"], g - 1)
            close(f"{name} p ", e["p"], 2 * ss.t.sf(abs(null_t(depth, fisher, g)), g - 1), 1e-9)
            close(f"{name} low", e["low"], math.tanh(depth - half))
            close(f"{name} high", e["high"], math.tanh(depth + half))
        batch.add(check_r, "r_clustered", **arguments)

        limit = math.atanh(0.1)

        def check_tost(e, name=f"clustered TOST {name}", depth=depth, fisher=fisher, g=g,
                       limit=limit):
            p = max(ss.t.sf(null_t(depth + limit, fisher, g), g - 1),
                    ss.t.cdf(null_t(depth - limit, fisher, g), g - 1))
            close(f"{name} p ", e["p"], p, 1e-9)
            close(f"{name} low", e["low"], math.tanh(depth - half_width(0.9, fisher, g)))
        batch.add(check_tost, "tost_clustered", **arguments)

        # Where R is 0 its error is that of the slope of one standardised column on the other.
        flat = x - np.polyval(np.polyfit(y, x, 1), y)
        scaled = flat / flat.std()
        fit = sm.OLS(scaled, sm.add_constant(zy)).fit(
            cov_type="cluster", cov_kwds={"groups": group, "use_correction": False})

        def check_slope(e, name=name, bse=fit.bse[1] * math.sqrt(g / (g - 1))):
            close(f"R of 0 {name}", e["value"], 0.0)
            close(f"R of 0 se {name}", e["se"], bse)
        batch.add(check_slope, "r_clustered", x=flat, y=y, group=group)
    for df in (1, 2, 7, 30, 999, 1e6):
        for t in (0.0, 0.3, -1.7, 4.0, 40.0):
            def check(s, t=t, df=df):
                close(f"t p {t} {df}", s["p"], 2 * ss.t.sf(abs(t), df), 1e-9)
                close(f"t cdf {t} {df}", s["cdf"], ss.t.cdf(t, df))
                close(f"t critical {df}", s["critical"], ss.t.ppf(0.975, df), 1e-9)
            batch.add(check, "student", t=t, df=df)


def add_replicates(batch, close):
    """Replicates and jackknife values, weight by weight; BCa of AUROC and R from scipy's replicates
    and our jackknife."""
    rng = np.random.default_rng(4)
    n = 70
    y = (rng.random(n) < 0.6).astype(int)
    x = np.round(rng.normal(size=n) + 0.7 * y, 1)
    group = np.arange(n) // 3
    r_of = lambda a, b: np.corrcoef(a, b)[0, 1]
    for name, g in (("items", []), ("groups", group.tolist())):
        def check(b, name=name, g=g):
            for w, auroc, r in zip(b["weights"], b["auroc"], b["r"]):
                w = np.array(w)
                close(f"replicate AUROC {name}", auroc, roc_auc_score(y, x, sample_weight=w))
                close(f"replicate R {name}", r, DescrStatsW(np.column_stack([x, y]), w).corrcoef[0, 1])
            units = g if g else list(range(n))
            for u in range(max(units) + 1):
                keep = np.array(units) != u
                close(f"jackknife AUROC {name}", b["jackknife_auroc"][u], roc_auc_score(y[keep], x[keep]))
                close(f"jackknife R {name}", b["jackknife_r"][u], r_of(x[keep], y[keep]))
            if g:
                return
            for what, statistic in (("auroc", lambda a, b: roc_auc_score(b, a)), ("r", r_of)):
                first = ss.bootstrap((x, y), statistic, paired=True, vectorized=False,
                                     n_resamples=400, method="BCa", rng=rng)

                def compare(i, what=what, want=first.confidence_interval):
                    close(f"BCa of {what} low", i["low"], want.low)
                    close(f"BCa of {what} high", i["high"], want.high)
                batch.later(compare, "bca", replicates=first.bootstrap_distribution,
                            observed=float(statistic(x, y)), jackknife=b[f"jackknife_{what}"])
        batch.add(check, "bootstrap", x=x, y=y, group=g, replicates=40)


def add_limit(batch, close):
    """The closed forms' standard errors are those of the jackknife where groups are many."""
    rng = np.random.default_rng(9)
    groups, each = 2000, 4
    effect = rng.normal(size=groups)
    y = (rng.random(groups * each) < ss.norm.cdf(np.repeat(effect, each))).astype(int)
    x = rng.normal(size=groups * each) + 0.3 * y + np.repeat(rng.normal(size=groups) + effect, each)
    many = np.repeat(np.arange(groups), each)
    errors = {}

    def jackknife(b):
        for what in ("auroc", "r"):
            v = np.array(b[f"jackknife_{what}"])
            errors[what] = math.sqrt((groups - 1) / groups * ((v - v.mean()) ** 2).sum())
    batch.add(jackknife, "bootstrap", x=x, y=y, group=many, replicates=0)
    for f, what in (("auroc_clustered", "auroc"), ("r_clustered", "r")):
        batch.add(lambda e, f=f, what=what: close(f"{f} se in the limit of the jackknife",
                                                  e["se"] / errors[what], 1, 0.005),
                  f, x=x, y=y, group=many)


def add_pooling_and_power(batch, close):
    rng = np.random.default_rng(12)
    strata, z, weight = [], [], []
    for n in (30, 200, 900):
        y = (rng.random(n) < 0.6).astype(int)
        x = rng.normal(size=n) + 0.3 * y
        strata.append({"x": x.tolist(), "y": y.tolist()})
        z.append(math.atanh(ss.pearsonr(x, y).statistic))
        weight.append(n - 3)
    pooled = combine_effects(np.array(z), 1 / np.array(weight)).summary_frame().loc["fixed effect"]

    def check(e):
        close("stratified R", e["value"], math.tanh(pooled["eff"]))
        close("stratified R low", e["low"], math.tanh(pooled["ci_low"]))
        close("stratified R high", e["high"], math.tanh(pooled["ci_upp"]))
        close("stratified R p ", e["p"], 2 * ss.norm.sf(abs(pooled["eff"]) / pooled["sd_eff"]), 1e-9)
    batch.add(check, "stratified", strata=strata)

    for stratum, depth, w in zip(strata, z, weight):
        limit, root = math.atanh(0.1), math.sqrt(w)

        def check_tost(e, depth=depth, limit=limit, root=root):
            close("TOST p ", e["p"], max(ss.norm.sf((depth + limit) * root),
                                         ss.norm.cdf((depth - limit) * root)), 1e-9)
            close("TOST low", e["low"], math.tanh(depth - ss.norm.ppf(0.95) / root))
        batch.add(check_tost, "tost", **stratum)

    # scipy's permutation test; |R| with one tail is the two-sided count.
    x, y = np.array(strata[0]["x"]), np.array(strata[0]["y"])
    done = ss.permutation_test((x,), lambda a: abs(np.corrcoef(a, y)[0, 1]), n_resamples=999,
                               permutation_type="pairings", alternative="greater", vectorized=False,
                               rng=rng)
    batch.add(lambda p: close("permutation p ", p, done.pvalue), "permutation",
              observed=float(done.statistic), permuted=done.null_distribution)

    for se, alpha, power in ((0.02, 0.05, 0.8), (0.3, 0.01, 0.9), (1e-6, 0.1, 0.5)):
        def check_detectable(d, se=se, alpha=alpha, power=power):
            close("detectable effect", d, (ss.norm.isf(alpha / 2) + ss.norm.ppf(power)) * se)
            # statsmodels counts the far tail of the test too.
            close("its power", normal_power(d, 1, alpha, sigma=se), power, 1e-3)
        batch.add(check_detectable, "detectable", se=se, alpha=alpha, power=power)

    for n, share, alpha, power in ((3090, 0.05, 0.05, 0.8), (200, 0.3, 0.05, 0.8), (90, 0.2, 0.01, 0.9)):
        za, zb = ss.norm.isf(alpha / 2), ss.norm.ppf(power)
        short = lambda d: za * math.sqrt(share) + zb * math.sqrt(share - d * d) - math.sqrt(n) * d
        want = scipy.optimize.brentq(short, 0, share, xtol=1e-15)
        batch.add(lambda d, want=want: close("detectable difference", d, want),
                  "detectable_difference", n=n, discordant=share, alpha=alpha, power=power)
