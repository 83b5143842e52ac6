"""Effects of interventions, MLP shares and the LaTeX of every table of a made-up run, against numpy
and scipy on the unit files.

usage: reduce_inside_oracle_test.py PATH_OF_make_report_run
"""
import csv
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
from scipy import stats

MAKER = sys.argv.pop(1) if len(sys.argv) > 1 else None
CELLS = ("demo_pope", "demo_counting", "demo_spatial")
TOLERANCE = 1e-9


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def without_draw(name, draw):
    return name if draw < 0 else re.sub(rf"( draw)? {draw}(?= |$)", "", name, count=1)


class Oracle(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="vrp-inside-")
        cls.folder = pathlib.Path(cls.temporary.name)
        subprocess.run([MAKER, str(cls.folder)], check=True)
        cls.tables = cls.folder / "reduce/tables"

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def unit(self, benchmark, stage):
        return h5py.File(next((self.folder / "demo-llava" / benchmark).glob(f"{stage}@*/unit-*.h5")))

    def conditions(self, benchmark):
        """{name without draw: labels [draws, N], NaN = none} of a cell."""
        out = {}
        with self.unit(benchmark, "interventions") as file:
            y = next(d[()] for d in file["label"].values() if d.attrs.get("primary") == "1")
            names, draws = file["edit/name"].asstr()[()], file["edit/draw"][()]
            for k, (name, draw) in enumerate(zip(names, draws)):
                column = np.where(y[:, k] < 0, np.nan, y[:, k].astype(float))
                out.setdefault(without_draw(name, int(draw)), []).append(column)
        return {name: np.array(columns) for name, columns in out.items()}

    def mean(self, draws):
        seen = np.isfinite(draws).any(axis=0)
        out = np.full(draws.shape[1], np.nan)
        out[seen] = np.nanmean(draws[:, seen], axis=0)
        return out

    def test_effects_flips_and_mcnemar(self):
        rows = read_csv(self.tables / "interventions.csv")
        checked = 0
        for benchmark in CELLS:
            known = self.conditions(benchmark)
            for row in rows:
                if row["benchmark"] != benchmark or row["type"] or " - " not in row["what"]:
                    continue
                a, b = (known[name] for name in row["what"].split(" - "))
                delta = self.mean(a) - self.mean(b)
                used = np.isfinite(delta)
                self.assertEqual(int(row["n"]), used.sum(), row["what"])
                self.assertEqual(int(row["n"]) + int(row["invalid"]), len(delta))
                if not used.any():
                    self.assertEqual(row["estimate"], "")
                    self.assertNotEqual(row["note"], "")
                    continue
                pairs = [(x[used], z[used]) for x in a for z in b]
                lost = np.mean([((x == 0) & (z == 1)).sum() for x, z in pairs])
                gained = np.mean([((x == 1) & (z == 0)).sum() for x, z in pairs])
                want = {"delta_pp": 100 * delta[used].mean(), "lost": lost, "gained": gained,
                        "item_pp": 100 / used.sum()}
                if row["statistic"] in want:
                    self.assertAlmostEqual(float(row["estimate"]), want[row["statistic"]],
                                           delta=TOLERANCE, msg=row["what"])
                    checked += 1
                if row["statistic"] == "delta_pp" and len(a) == len(b) == 1:
                    flips = int(lost + gained)
                    p = 1.0 if flips == 0 else \
                        stats.binomtest(int(min(lost, gained)), flips, 0.5).pvalue
                    # p allows for items of one image where there are any; McNemar's stands beside it.
                    self.assertAlmostEqual(float(row["p_item"] or row["p"]), p, delta=TOLERANCE,
                                           msg=row["what"])
        self.assertGreater(checked, 100)

    def test_holm_over_every_effect_on_a_benchmark(self):
        rows = [row for row in read_csv(self.tables / "interventions.csv")
                if row["statistic"] == "delta_pp" and row["p"] and not row["type"] and
                row["benchmark"] in CELLS]
        p = np.array([float(row["p"]) for row in rows])
        order = np.argsort(p, kind="stable")
        adjusted = np.empty(len(p))
        adjusted[order] = np.minimum(np.maximum.accumulate(p[order] * (len(p) - np.arange(len(p)))), 1)
        for row, want in zip(rows, adjusted):
            self.assertAlmostEqual(float(row["p_adjusted"]), want, delta=TOLERANCE)
            self.assertEqual(row["family"], f"causal/demo-llava (Holm, m = {len(p)})")

    def test_mlp_shares_in_every_form_and_layer_set(self):
        rows = read_csv(self.tables / "T2.csv")
        for benchmark in CELLS:
            with self.unit(benchmark, "capture") as file:
                mean = {name: np.nanmean(file[name][()].astype(float), axis=0) for name in
                        ("lens/margin", "contribution/attention", "contribution/mlp",
                         "contribution/attention_norm", "contribution/mlp_norm")}
                delta = np.nanmean(file["lens/margin"][()].astype(float) -
                                   file["lens/margin_blank"][()].astype(float), axis=0)[1:]
            growth = np.diff(mean["lens/margin"]) > 0
            last2 = np.arange(len(growth)) >= len(growth) - 2
            sets = {"growth": growth, "visual": np.abs(delta) > 0.5, "boost": delta > 0.5,
                    "last2": last2, "all": np.ones(len(growth), bool)}
            for row in rows:
                if row["benchmark"] != benchmark or row["statistic"] != "mlp_share":
                    continue
                form, name = row["what"].split(", ")[1:]
                suffix = "_norm" if form == "norm" else ""
                a, m = (mean[f"contribution/{x}{suffix}"][sets[name]] for x in ("attention", "mlp"))
                if form == "absolute":
                    a, m = np.abs(a), np.abs(m)
                self.assertAlmostEqual(float(row["estimate"]), m.sum() / (m.sum() + a.sum()),
                                       delta=1e-7, msg=row["what"])
        self.assertEqual(sum(row["statistic"] == "mlp_share" for row in rows), 15 * len(CELLS))

    def test_the_latex_of_every_table_is_well_formed(self):
        names = sorted(path for path in self.tables.glob("*.tex") if path.stem != "all")
        self.assertGreaterEqual(len(names), 23)
        for path in names:
            text = path.read_text(encoding="utf-8")
            self.assertEqual(sorted(re.findall(r"\\begin\{(\w+)\}", text)),
                             sorted(re.findall(r"\\end\{(\w+)\}", text)), path.name)
            depth = 0
            for brace in re.findall(r"(?<!\\)(?:\\\\)*([{}])", text):
                depth += 1 if brace == "{" else -1
                self.assertGreaterEqual(depth, 0, path.name)
            self.assertEqual(depth, 0, path.name)
            spec = re.search(r"\\begin\{(?:tabular|longtable)\}\{@\{\}(.*)@\{\}\}\n", text).group(1)
            spec = re.sub(r">\{[^}]*\}|p\{[^}]*\}", lambda m: "p" if m.group()[0] == "p" else "", spec)
            body = text[text.rindex(r"\midrule"):text.index(r"\bottomrule")]
            for line in body.splitlines():
                if line.endswith(r"\\") and "multicolumn" not in line:
                    self.assertEqual(len(re.findall(r"(?<!\\)&", line)), len(spec) - 1, path.name)
            plain = re.sub(r"\\label\{[^}]*\}|\$[^$]*\$|\\input\{[^}]*\}", "", text)
            self.assertNotRegex(plain.split("\n", 1)[1], r"(?<!\\)[%_#]", path.name)

    def test_no_cell_for_people_is_blank(self):
        for path in sorted(self.tables.glob("*.md")):
            for line in path.read_text(encoding="utf-8").splitlines():
                if line.startswith("|"):
                    cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
                    self.assertNotIn("", cells, f"{path.name}: {line}")


if __name__ == "__main__":
    if not MAKER:
        raise SystemExit(__doc__)
    unittest.main()
