"""Every table and figure of a run is complete, and each rule of table_rules.py can fail.

usage: tables_complete_test.py PATH_OF_make_report_run
       tables_complete_test.py RUN          checks the tables of that run only
"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import table_rules as rules  # noqa: E402

SUBJECT = sys.argv.pop(1) if len(sys.argv) > 1 else None
IDS = {"T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "T9_layers", "T10", "T11", "T12",
       "T12_transfer", "interventions", "class_balance", "agreement", "risk_coverage", "calibration",
       "label_audit", "label_agreement", "label_signals", "format_confound", "official_figures",
       "pooled_sets", "signals", "paper_delta"}
FIGURES = {"F2a", "F2b", "F2b_neurons", "F3", "F4", "F5", "F5_layers"}


class WholeRun(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="vrp-tables-")
        cls.run_folder = pathlib.Path(cls.temporary.name) / "run"
        subprocess.run([SUBJECT, str(cls.run_folder)], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def test_every_table_and_figure_is_complete(self):
        self.assertEqual(rules.faults(self.run_folder), [])

    def test_every_table_and_figure_is_there(self):
        index = json.loads((self.run_folder / "reduce/tables/index.json").read_text())
        self.assertLessEqual(IDS, {entry["id"] for entry in index["tables"]})
        self.assertLessEqual(FIGURES, {entry["id"] for entry in index["figures"]})

    def damaged(self, rule, what, change):
        """Asserts that `change` of a copy breaks `rule` with a fault that holds `what`."""
        with tempfile.TemporaryDirectory(prefix="vrp-tables-") as folder:
            run = pathlib.Path(folder) / "run"
            shutil.copytree(self.run_folder / "reduce", run / "reduce")
            change(run / "reduce" / "tables")
            found = rules.faults(run)
            self.assertTrue(any(fault.startswith(rule + ": ") and what in fault for fault in found),
                            f"expected '{rule}: ... {what}', found {found[:5]}")

    @staticmethod
    def json_change(name, change):
        def apply(tables):
            path = tables / f"{name}.json"
            data = json.loads(path.read_text())
            change(data)
            path.write_text(json.dumps(data))
        return apply

    @staticmethod
    def text_change(name, old, new, count=1):
        def apply(tables):
            path = tables / name
            text = path.read_text()
            assert old in text, (name, old)
            path.write_text(text.replace(old, new, count))
        return apply

    def both(self, name, column, value, row=0):
        """Sets a cell in CSV and JSON alike."""
        def apply(tables):
            path = tables / f"{name}.json"
            data = json.loads(path.read_text())
            data["rows"][row][column] = value
            path.write_text(json.dumps(data))
            header, rows = rules.read_csv(tables / f"{name}.csv")
            rows[row][column] = "" if value is None else str(value)
            with open(tables / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
                writer = rules.csv.writer(file, lineterminator="\n")
                writer.writerow(header)
                writer.writerows([[line[key] for key in header] for line in rows])
        return apply

    def test_rules_on_numbers_can_fail(self):
        for column, value, what in (("n", None, "n is ''"), ("invalid", None, "invalid is ''"),
                                    ("method", "", "no method"), ("seed", None, "seed is ''"),
                                    ("low", None, "one limit without the other"),
                                    ("interval", "", "of kind ''"), ("test", "", "no p, but test"),
                                    ("estimate", None, "without a reason"),
                                    ("note", rules.NO_REASON, rules.NO_REASON)):
            with self.subTest(column=column):
                self.damaged("number", what, self.both("class_balance", column, value))
        p = next(i for i, row in enumerate(json.loads(
            (self.run_folder / "reduce/tables/T4.json").read_text())["rows"]) if row["p"] is not None)
        for column, value, what in (("test", "", "p without a test"), ("family", "", "without a family"),
                                    ("p_adjusted", None, "p without adjusted p"), ("p", 1.5, "p is 1.5")):
            with self.subTest(column=column):
                self.damaged("number", what, self.both("T4", column, value, p))

    def test_rules_on_figures_can_fail(self):
        for column, value, what in (("n", None, "n is ''"), ("interval", "", "no interval"),
                                    ("method", "", "no method")):
            with self.subTest(column=column):
                self.damaged("number", what,
                             lambda tables, c=column, v=value: self.both("F2a", c, v)(tables.parent / "figures"))

    def test_rules_on_cells_can_fail(self):
        def cell(text):
            return self.json_change("T8", lambda data: data["display"][0].__setitem__(2, text))
        self.damaged("cell", "blank cell", cell(" "))
        self.damaged("cell", "'n/a' without its note", cell("n/a"))
        self.damaged("cell", "'n/a (z)' without its note", cell("n/a (z)"))
        self.damaged("cell", "'-' without a note",
                     self.json_change("T8", lambda data: data.update(
                         notes=[note.replace("'-'", "dash") for note in data["notes"]])))
        self.damaged("cell", rules.NO_REASON, self.json_change(
            "T8", lambda data: data["notes"].append(f"(a) {rules.NO_REASON}.")))

    def test_rules_on_files_can_fail(self):
        self.damaged("nan", "estimate is 'nan'", self.text_change("T8.csv", ",0.5,", ",nan,"))
        self.damaged("nan", "md: NaN", self.text_change("T8.md", "| 0.500 |", "| NaN |"))
        self.damaged("nan", "tex: inf", self.text_change("T8.tex", "0.500", "inf"))
        self.damaged("json", "'NaN' is no JSON", self.text_change("T8.json", '"estimate": 0.5', '"estimate": NaN'))
        self.damaged("json", "stands twice", self.text_change("T8.json", '"estimate": 0.5', '"n": 1, "n": 2'))
        self.damaged("csv", "the JSON has 0.5", self.text_change("T8.csv", ",0.5,", ",0.25,"))
        self.damaged("csv", "expected", self.text_change("T8.csv", ",0.5,", ",0.5,1,"))
        self.damaged("markdown", "cells, expected", self.text_change("T8.md", "| 0.500 |", "| 0.500 | 1 |"))
        self.damaged("markdown", "blank cell", self.text_change("T8.md", "| 0.500 |", "|  |"))
        self.damaged("markdown", "notes, expected", self.text_change("T8.md", "\n- ", "\n* "))
        self.damaged("partial", "no stamp in the md form", self.text_change("T8.md", "PARTIAL", "whole"))
        self.damaged("partial", "no stamp in the tex form", self.text_change("T8.tex", "PARTIAL", "whole", -1))
        self.damaged("forms", "missing: tex", lambda tables: (tables / "T8.tex").unlink())
        self.damaged("forms", "in all.tex", self.text_change("all.tex", "\\input{T8}", ""))

    def test_a_table_without_rows_must_say_why(self):
        def empty(tables):
            self.json_change("T8", lambda data: data.update(rows=[], display=[], notes=[]))(tables)
            header = (tables / "T8.csv").read_text().split("\n")[0]
            (tables / "T8.csv").write_text(header + "\n")
        self.damaged("empty", "no note that says why", empty)


if __name__ == "__main__":
    if not SUBJECT:
        raise SystemExit(__doc__)
    if pathlib.Path(SUBJECT).is_dir():
        found = rules.faults(SUBJECT)
        print("\n".join(found) or f"{SUBJECT}: every table and figure is complete")
        raise SystemExit(1 if found else 0)
    unittest.main()
