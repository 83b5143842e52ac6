#!/usr/bin/env python3
"""`vrp export` on made-up runs: values against the unit files read by h5py, the run's own statistics from
the exported table, every form, failed and missing items, full disks, wrong calls, flat memory.

usage: export_test.py PATH_OF_make_compare_run
"""
import csv
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np

MAKER = sys.argv.pop(1)
VRP = pathlib.Path(os.environ["VRP_BIN"]) / "vrp"
SETS = ["demo_pope", "demo_counting"]


def vrp(*arguments, **more):
    return subprocess.run([VRP, *map(str, arguments)], capture_output=True, text=True, timeout=300,
                          check=False, **more)


def make(folder, items=96, unit=20, seed=1, variant=""):
    subprocess.run([MAKER, folder, str(items), str(unit), str(seed), variant], check=True, timeout=300)
    return folder


def stored(run, model, benchmark, stage, name):
    """An array of all units of a stage, joined over items; texts as str."""
    folder, = (run / model / benchmark).glob(stage + "@*")
    parts = []
    for unit in sorted(folder.glob("unit-*.h5")):
        with h5py.File(unit) as file:
            array = file[name]
            parts.append(array.asstr()[()] if array.dtype.kind == "O" else array[()])
    return np.concatenate(parts)


class ExportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="vrp-export-")
        cls.base = pathlib.Path(cls.temporary.name)
        cls.run_folder = make(cls.base / "run")

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def copy(self):
        folder = pathlib.Path(tempfile.mkdtemp(dir=self.base)) / "copy"
        shutil.copytree(self.run_folder, folder)
        return folder

    def text(self, *arguments, run=None):
        done = vrp("export", run or self.run_folder, *arguments)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.stderr = done.stderr
        self.assertNotRegex(done.stdout, r"(?i)(^|[,:\[])-?(nan|inf)")
        return done.stdout

    def rows(self, *arguments, run=None):
        return list(csv.DictReader(self.text(*arguments, run=run).splitlines(keepends=True)))

    def lines(self, *arguments, run=None):
        out = self.text(*arguments, "--format", "jsonl", run=run)
        return [json.loads(line, parse_constant=self.fail) for line in out.splitlines()]

    def refused(self, code, message, *arguments):
        done = vrp("export", *arguments)
        self.assertIn(message, done.stderr)
        self.assertEqual(done.returncode, code, done.stderr)
        self.assertEqual(done.stdout, "")

    def same_numbers(self, cells, values, failed):
        """Cells of a column against stored values: the same doubles, empty where not defined."""
        self.assertEqual(len(cells), len(values))
        for cell, value, bad in zip(cells, values, failed):
            if bad or not np.isfinite(value):
                self.assertEqual(cell, "")
            else:
                self.assertEqual(float(cell), float(value))

    def test_every_signal_of_every_item_in_the_order_of_the_table(self):
        rows = self.rows()
        self.assertEqual(len(rows), 4 * 96)
        self.assertEqual(list(rows[0])[:10], ["model", "benchmark", "key", "id", "group", "type",
                                              "status", "reason", "scorer", "label"])
        self.assertEqual(list(rows[0])[10:], ["h_s", "hidden_probe", "logit_entropy", "margin_last",
                                              "p_tok", "s_sc"])
        at = 0
        for model in ("model-a", "model-b"):
            for benchmark in SETS:
                part = rows[at:at + 96]
                at += 96
                self.assertEqual({(r["model"], r["benchmark"]) for r in part}, {(model, benchmark)})
                keys = stored(self.run_folder, model, benchmark, "capture", "item/key")
                self.assertEqual([r["key"] for r in part], list(keys))
                status = stored(self.run_folder, model, benchmark, "capture", "item/status")
                self.assertEqual([r["status"] for r in part],
                                 [["ok", "failed", "attention_invalid"][s] for s in status])
                failed = status == 1
                for stage, path in [("metrics", "metrics/h_s"), ("probes", "probe/hidden_probe"),
                                    ("capture", "output/logit_entropy"), ("capture", "output/p_tok"),
                                    ("consistency", "consistency/s_sc")]:
                    self.same_numbers([r[path.split("/")[1]] for r in part],
                                      stored(self.run_folder, model, benchmark, stage, path), failed)
                for row, bad in zip(part, failed):
                    if bad:
                        self.assertEqual(row["reason"], 'image is "truncated", byte 12')
                        self.assertEqual(row["label"], "")
                    else:
                        self.assertIn(row["label"], "01")

    def test_the_table_gives_the_run_s_own_statistics(self):
        with h5py.File(self.run_folder / "reduce/stats.h5") as file:
            frame = file["statistic"]
            text = {n: frame[n].asstr()[()] for n in ("model", "benchmark", "signal", "statistic",
                                                      "label")}
            own = {(text["model"][i], text["benchmark"][i], text["signal"][i], text["statistic"][i]):
                   (frame["estimate"][i], frame["n"][i], frame["orientation"][i])
                   for i in range(len(text["model"])) if not text["label"][i].startswith("majority:")}
        table, out = self.base / "own.csv", self.base / "own.json"
        signals = ["h_s", "s_sc", "p_tok", "logit_entropy", "hidden_probe", "margin_last"]
        for model in ("model-a", "model-b"):
            for benchmark in SETS:
                self.text("--signal", *signals, "--benchmark", benchmark, "--model", model, "--out",
                          table)
                done = vrp("stats", "--input", table, "--label", "label", "--signal", *signals,
                           "--group", "group", "--type", "type", "--replicates", 100, "--json", out)
                self.assertEqual(done.returncode, 0, done.stderr)
                found = json.loads(out.read_text())
                for signal in found["signals"]:
                    where = (model, benchmark, signal["name"])
                    value, n, orientation = own[(*where, "auroc")]
                    raw = signal["auroc"]["estimate"]
                    self.assertEqual(signal["n"], n)
                    self.assertAlmostEqual(1 - raw if orientation < 0 else raw, value, delta=1e-12)
                    self.assertAlmostEqual(signal["r"]["estimate"], own[(*where, "r")][0], delta=1e-12)
                accuracy = own[(model, benchmark, "", "accuracy")]
                rows = csv.DictReader(table.read_text().splitlines(keepends=True))
                labels = [r["label"] for r in rows if r["label"]]
                self.assertAlmostEqual(np.mean([int(y) for y in labels]), accuracy[0], delta=1e-12)

    def test_arrays_by_layer_in_every_form(self):
        pick = ("--benchmark", "demo_pope", "--signal", "h_s_layer", "lens/margin")
        rows = self.rows(*pick)
        self.assertEqual(list(rows[0])[10:], [f"h_s_layer[{i}]" for i in range(4)] +
                         [f"lens/margin[{i}]" for i in range(5)])
        objects = self.lines(*pick)
        tall = self.rows(*pick, "--long")
        at = 0
        for m, (model, layers) in enumerate((("model-a", 3), ("model-b", 4))):
            part = rows[96 * m:96 * (m + 1)]
            failed = stored(self.run_folder, model, "demo_pope", "capture", "item/status") == 1
            h_s = stored(self.run_folder, model, "demo_pope", "metrics", "metrics/h_s_layer")
            margin = stored(self.run_folder, model, "demo_pope", "capture", "lens/margin")
            for l in range(layers):
                self.same_numbers([r[f"h_s_layer[{l}]"] for r in part], h_s[:, l], failed)
            for s in range(layers + 1):
                self.same_numbers([r[f"lens/margin[{s}]"] for r in part], margin[:, s], failed)
            if layers == 3:
                self.assertEqual({r["h_s_layer[3]"] for r in part}, {""})
            for i, entry in enumerate(objects[96 * m:96 * (m + 1)]):
                values = entry["signals"]["h_s_layer"]
                if failed[i]:
                    self.assertIsNone(values)
                    continue
                self.assertEqual(values, [None if np.isnan(v) else v for v in h_s[i]])
            for i in range(96):
                expected = 2 if failed[i] else layers + layers + 1
                block = tall[at:at + expected]
                at += expected
                self.assertEqual({r["key"] for r in block}, {part[i]["key"]})
                if failed[i]:
                    self.assertEqual([r["value"] for r in block], ["", ""])
                    continue
                self.assertEqual([(r["signal"], r["layer"], r["state"]) for r in block],
                                 [("h_s_layer", str(l), "") for l in range(layers)] +
                                 [("lens/margin", "", str(s)) for s in range(layers + 1)])
                self.same_numbers([r["value"] for r in block], [*h_s[i], *margin[i]], [False] * 99)
        self.assertEqual(at, len(tall))

    def test_states_and_maps_only_when_named(self):
        self.assertNotIn("map", self.text("--benchmark", "demo_pope").splitlines()[0])
        objects = self.lines("--signal", "attention/map", "hidden/first", "answer/tokens", "--model",
                             "model-a", "--benchmark", "demo_pope")
        at = 0
        for i, entry in enumerate(objects):
            signals = entry["signals"]
            if entry["status"] == "failed":
                self.assertEqual(set(signals.values()), {None})
                continue
            self.assertEqual(np.shape(signals["hidden/first"]), (4, 2))
            self.assertEqual(signals["answer/tokens"], [i + t for t in range(1 + i % 3)])
            cells = 2 + i % 3 if entry["status"] == "ok" else 0
            self.assertEqual([len(layer) for layer in signals["attention/map"]], [cells] * 3)
            if cells:
                self.assertEqual(signals["attention/map"][2][1], float(np.float32(0.1 * 3 + 1)))
            at += 1
        self.assertGreater(at, 80)
        self.refused(2, "'attention/map' has another length for each item", self.run_folder, "--signal",
                     "attention/map")
        tall = self.rows("--signal", "attention/map", "--model", "model-a", "--benchmark", "demo_pope",
                         "--long")
        self.assertEqual({r["layer"] for r in tall if r["value"]}, {"0", "1", "2"})

    def test_labels_answers_questions_paths(self):
        rows = self.rows("--signal", "p_tok", "--labels", "all", "--answers", "--questions", "--paths",
                         "--model", "model-b")
        self.assertEqual(list(rows[0])[10:13], ["label_yes_no@1", "label_exact@1", "label_integer@1"])
        answers = [a for s in SETS for a in stored(self.run_folder, "model-b", s, "capture",
                                                   "answer/text")]
        self.assertEqual([r["answer"] for r in rows], answers)
        self.assertIn('maybe, "so"', answers)
        paths = [p for s in SETS for p in stored(self.run_folder, "model-b", s, "consistency",
                                                 "path/text")]
        self.assertEqual([[r[f"path[{k}]"] for k in range(4)] for r in rows], [list(p) for p in paths])
        for row in rows:
            self.assertIn(row["id"], row["question"])
            own = "label_yes_no@1" if row["benchmark"] == "demo_pope" else "label_integer@1"
            self.assertEqual(row["label"], row[own])
            if row["status"] != "failed":
                self.assertEqual(row["label_exact@1"],
                                 str(int(row["answer"].lower() == row["reference"])))
        exact = self.rows("--signal", "p_tok", "--scorer", "exact", "--model", "model-b")
        self.assertEqual([r["label"] for r in exact], [r["label_exact@1"] for r in rows])
        entry = self.lines("--signal", "p_tok", "--labels", "exact", "--paths", "--model", "model-b")[0]
        self.assertEqual(entry["labels"], {"exact@1": int(rows[0]["label_exact@1"])})
        self.assertEqual(len(entry["paths"]), 4)

    def test_unfinished_units_are_rows_that_say_so(self):
        part = self.copy()
        cell = part / "model-a/demo_pope"
        (cell / "capture@aaaa/unit-000001.h5").unlink()
        (cell / "metrics@bbbb/unit-000002.h5").unlink()
        whole = self.rows("--model", "model-a", "--benchmark", "demo_pope")
        rows = self.rows("--model", "model-a", "--benchmark", "demo_pope", run=part)
        self.assertEqual([r["key"] for r in rows], [r["key"] for r in whole])
        self.assertIn("PARTIAL: 14 of 16 units are finished", self.stderr)
        for i, (row, full) in enumerate(zip(rows, whole)):
            if 20 <= i < 40:
                self.assertEqual((row["status"], row["label"], row["p_tok"]), ("not_computed", "", ""))
            elif 40 <= i < 60:
                self.assertEqual({**row, "h_s": full["h_s"]}, full)
                self.assertEqual(row["h_s"], "")
            else:
                self.assertEqual(row, full)

    def test_the_list_names_what_there_is(self):
        text = self.text("--list")
        for line in ("model-a  demo_pope      96     16 of 16  yes_no@1, exact@1",
                     "h_s            nats         -1           metrics      spatial entropy",
                     "map *                  probability  layer 3|4 x image_token ?  capture"):
            self.assertIn(line, text)
        self.assertRegex(text, r"h_s_layer +nats +layer 3\|4 +metrics")
        self.assertRegex(text, r"first \* +1 +state 4\|5 x hidden 2 +capture")

    def test_out_is_written_whole_or_not_at_all(self):
        out = self.base / "out.csv"
        out.write_text("old")
        text = self.text("--signal", "h_s")
        done = vrp("export", self.run_folder, "--signal", "h_s", "--out", out)
        self.assertEqual(done.stdout, f"384 items of 4 cells to {out}\n")
        self.assertEqual(out.read_text(), text)
        damaged = self.copy()
        unit = damaged / "model-b/demo_counting/capture@aaaa/unit-000003.h5"
        unit.write_bytes(unit.read_bytes()[:-100])
        done = vrp("export", damaged, "--signal", "h_s", "--out", out)
        self.assertEqual(done.returncode, 7)
        self.assertIn(str(unit), done.stderr)
        self.assertEqual(out.read_text(), text)
        self.assertEqual(list(self.base.glob("out.csv.tmp*")), [])
        limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))
        done = subprocess.run(["sh", "-c", 'trap "" XFSZ; exec "$@"', "sh", VRP, "export",
                               self.run_folder, "--signal", "h_s", "--out", out], preexec_fn=limit,
                              capture_output=True, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 7, done.stderr)
        self.assertIn("write failed: File too large", done.stderr)
        self.assertEqual(out.read_text(), text)
        self.assertEqual(list(self.base.glob("out.csv.tmp*")), [])
        with open("/dev/full", "w") as full:
            done = subprocess.run([VRP, "export", self.run_folder, "--signal", "h_s"], stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=60, check=False)
        self.assertEqual(done.returncode, 7)
        self.assertIn("standard output: write failed: No space left on device", done.stderr)

    def test_wrong_calls_say_what_was_expected(self):
        run = self.run_folder
        self.refused(2, "have no signal or array 'h_z'; did you mean 'h_s'?", run, "--signal", "h_z")
        self.refused(2, "the run has no benchmark 'demo_pop'; did you mean 'demo_pope'?", run,
                     "--benchmark", "demo_pop")
        self.refused(2, "the run has no model 'modela'; did you mean 'model-a'?", run, "--model",
                     "modela")
        self.refused(2, "unknown scorer", run, "--labels", "exat")
        self.refused(2, "unknown scorer", run, "--scorer", "exat")
        self.refused(7, "has no manifest.json", self.base)
        self.refused(7, "cannot be created", run, "--out", self.base / "none" / "x.csv")
        self.refused(7, "is a folder", run, "--out", self.base)
        self.assertEqual(vrp("export", "--help").returncode, 0)

    def test_memory_does_not_grow_with_the_units(self):
        """Four times the units at the same unit size: the peak grows by the item table alone."""
        peaks = []
        for n in (2000, 8000):
            run = make(self.base / f"large-{n}", items=n, unit=500, seed=4)
            script = ("import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True,"
                      " stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL);"
                      " print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)")
            done = subprocess.run([sys.executable, "-c", script, VRP, "export", run, "--signal",
                                   "hidden/first", "h_s_layer", "attention/map", "--format", "jsonl"],
                                  capture_output=True, text=True, timeout=300, check=True)
            peaks.append(int(done.stdout))
            shutil.rmtree(run)
        self.assertLess(peaks[1] - peaks[0], 20 * 1024, f"peaks in KiB: {peaks}")


if __name__ == "__main__":
    unittest.main()
