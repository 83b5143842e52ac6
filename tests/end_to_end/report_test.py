"""The report of a run: complete, self-contained, escaped, with the numbers of the tables.

usage: report_test.py PATH_OF_make_report_run
"""
import base64
import csv
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import h5py
import numpy as np
from PIL import Image

import report_support
from report_support import SCRIPT, Outline, RunTest, build
import cite  # noqa: E402  (of tools/report, as the next ones)
import html_table  # noqa: E402
import overlays  # noqa: E402
import results  # noqa: E402
import run as runs  # noqa: E402
import summary  # noqa: E402


class PageTest(RunTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        done = subprocess.run([sys.executable, str(SCRIPT), str(cls.whole)], capture_output=True,
                              text=True)
        cls.output, cls.code = done.stdout + done.stderr, done.returncode
        cls.page = (cls.whole / "report.html").read_text(encoding="utf-8")
        cls.outline = Outline(cls.page)

    def test_command_line_writes_the_page_without_complaint(self):
        self.assertEqual(self.code, 0, self.output)
        self.assertEqual(self.output.strip(), f"report: {self.whole / 'report.html'}")

    def test_page_nests_and_ids_are_unique(self):
        self.assertEqual(self.outline.faults, [])
        ids = self.outline.ids
        self.assertEqual(sorted(ids), sorted(set(ids)))
        for attributes in self.outline.named("a") + self.outline.named("use"):
            target = attributes.get("href", "")
            if target.startswith("#"):
                self.assertIn(target[1:], ids)

    def test_nothing_is_loaded_from_elsewhere_and_only_our_script_may_run(self):
        for tag in ("link", "iframe", "object", "embed", "base", "form"):
            self.assertEqual(self.outline.named(tag), [], tag)
        for tag, attributes in self.outline.tags:
            for name, value in attributes.items():
                if name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
                    self.assertRegex(value, r"^(data:image/|#)", f"{tag} {name}")
                self.assertFalse(name.startswith("on"), f"{tag} {name}")
        without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"|<script>.*?</script>', "", self.page, flags=re.S)
        self.assertNotRegex(without_namespaces, r"(?i)https?://|@import|url\((?!#)")
        policy = [a["content"] for a in self.outline.named("meta")
                  if a.get("http-equiv") == "Content-Security-Policy"]
        self.assertEqual(len(policy), 1)
        self.assertIn("default-src 'none'", policy[0])
        for tag in ("script", "style"):
            texts = re.findall(rf"<{tag}>(.*?)</{tag}>", self.page, re.S)
            self.assertEqual(len(texts), 1, tag)
            digest = base64.b64encode(hashlib.sha256(texts[0].encode()).digest()).decode()
            self.assertIn(f"'sha256-{digest}'", policy[0])
        self.assertEqual(self.page.count("<script"), 1)
        self.assertNotRegex(policy[0], r"script-src[^;]*unsafe")

    def test_text_of_items_is_escaped(self):
        self.assertNotIn("<script>alert", self.page)
        self.assertIn("&lt;script&gt;alert(&#x27;question&#x27;)&lt;/script&gt;", self.page)
        self.assertIn("<h1>demo &lt;run&gt;</h1>", self.page)
        self.assertIn("image is truncated &lt;at byte 12&gt;", self.page)

    def test_tables_and_pictures_can_be_read_aloud(self):
        tables = self.outline.named("table")
        self.assertGreater(len(tables), 14)
        self.assertEqual(len(tables), len(self.outline.named("caption")))
        for heading in self.outline.named("th"):
            self.assertIn(heading.get("scope"), ("row", "col"))
        for picture in self.outline.named("img"):
            self.assertTrue(picture.get("alt"))
        for drawing in self.outline.named("svg"):
            self.assertEqual(drawing.get("role"), "img")
            self.assertTrue(drawing.get("aria-label"))
        self.assertEqual(self.outline.named("html")[0].get("lang"), "en")

    def test_inline_plots_keep_their_lines_and_lose_no_reference(self):
        drawn = [dict(attributes) for tag, attributes in self.outline.tags if tag == "path"]
        self.assertGreater(len(drawn), 1000)
        for attributes in drawn:
            self.assertRegex(attributes["d"], r"^M -?[\d.]")
        self.assertEqual([tag for tag, _ in self.outline.tags if re.match(r"(path|use|text)[a-z]", tag)
                          if tag != "textpath"], [])
        for name in re.findall(r"url\(#([^)]+)\)", self.page):
            self.assertIn(name, self.outline.ids)

    def test_headings_go_down_one_level_at_a_time(self):
        levels = [int(tag[1]) for tag, _ in self.outline.tags if re.fullmatch("h[1-6]", tag)]
        self.assertEqual(levels[0], 1)
        for before, after in zip(levels, levels[1:]):
            self.assertLessEqual(after, before + 1)

    def test_summary_says_what_was_run_and_what_came_out(self):
        text = self.outline.words()
        rows = self.rows("class_balance")
        real = [row for row in rows if not row["type"] and row["benchmark"] != "pooled"]
        for row in real:
            self.assertIn(f"{100 * row['accuracy']:.1f} %{100 * row['low']:.1f} to {100 * row['high']:.1f} %"
                          f"n {row['n']}, maj. {100 * row['majority_rate']:.1f} %", text)
        low, high = min(row["accuracy"] for row in real), max(row["accuracy"] for row in real)
        self.assertIn(f"Accuracy goes from {100 * low:.1f} %", text)
        self.assertIn(f"to {100 * high:.1f} % (", text)
        self.assertIn("PARTIAL This run does not cover every item", text)
        self.assertRegex(text, r"demo-llava, pooled set: \d+ of \d+ signals above chance, strongest [^(]* "
                               r"0\.\d\d \(0\.\d\d to 0\.\d\d, p [<0]")
        self.assertRegex(text, r"Families of tests were fixed before labels were read: \d+ primary tests, digest \w+")
        self.assertIn("mpirun -n 2 vrp-run -C demo.ini", text)
        self.assertNotRegex(text, r"(?i)\bnan\b")
        for title in ("T1.", "T2.", "T3.", "T4.", "T5.", "T6.", "T7.", "T9.", "T11.", "T12.",
                      "Inside the model", "F5. Case study", "T8.", "T10.", "Class balance", "Label audit",
                      "Failed items", "Controls", "Beside the paper", "How to cite", "How to reproduce"):
            self.assertIn(title, text)

    def test_the_counts_of_the_summary_are_those_of_the_signals(self):
        rows = [row for row in self.rows("signals")
                if row["statistic"] == "auroc" and row["benchmark"] != "pooled" and
                row["signal"] in results.SIGNALS and not (row["label"] or "").startswith("majority:")]
        above = sum(row["p_adjusted"] is not None and row["p_adjusted"] < 0.05 and (row["low"] or 0) > 0.5
                    for row in rows)
        self.assertGreater(len(rows), 10)
        self.assertIn(f"{len(rows)} comparisons of a signal with correctness", self.outline.words())
        self.assertIn(f": {above} above chance,", self.outline.words())

    def test_a_model_is_said_to_beat_chance_to_fail_or_to_go_the_other_way(self):
        cell = runs.Cell({"model": "m", "benchmark": "b"})

        def row(signal, estimate, low, high, p):
            return {"signal": signal, "estimate": estimate, "low": low, "high": high, "p_adjusted": p, "n": 50}
        rows = [row("s_sc", 0.8, 0.7, 0.9, 0.0001), row("h_s", 0.3, 0.2, 0.4, 0.01), row("c_k", 0.55, 0.4, 0.7, 0.6),
                row("mass", 0.7, 0.45, 0.9, 0.01), row("iou", 0.99, 0.9, 1.0, None)]
        self.assertEqual(summary.model_finding("m", cell, rows),
                         "m, b: 1 of 5 signals above chance, strongest agreement of sampled answers S_SC 0.80 (0.70 to "
                         "0.90, p < 0.001, n = 50). Against the declared direction: spatial entropy H_s 0.30 (0.20 to "
                         "0.40, p 0.010, n = 50). Not told from chance: attention components C_k 0.55 (0.40 to 0.70, p "
                         "0.600, n = 50) and 1 other.")

    def test_cells_are_sorted_by_the_number_that_they_show(self):
        for text, value in (("67.6 %", 67.6), ("+1.2 pp", 1.2), ("-0.034", -0.034), ("\u22120.5", -0.5),
                            ("L17", 17), ("embeddings", -1), ("[-0.05, 0.02]", -0.05), ("n/a", None),
                            ("-", None), ("0.956 (sd 0.01)", 0.956), ("1e-05", 1e-5)):
            with self.subTest(text):
                self.assertEqual(html_table.value_of(text), value)
        self.assertLess(html_table.value_of("<0.001"), 0.001)
        self.assertGreater(html_table.value_of("<0.001"), 0.0009)
        self.assertIsNone(html_table.sort_value("12.5"))  # the text says it already
        self.assertEqual(html_table.sort_value("n/a"), "")

    def test_how_to_cite_names_nobody_but_the_licence(self):
        entry = cite.tool_entry({"program": "VRP 0.1.0", "revision": "01ab_%"})
        self.assertIn("author        = {{The VRP authors}}", entry)
        self.assertIn("version       = {0.1.0}", entry)
        self.assertIn("code revision 01ab\\_\\%", entry)
        self.assertIn("2606.17389", cite.paper_entry())
        for text in (entry, cite.paper_entry(), cite.tool_entry({})):
            self.assertEqual(text.count("{"), text.count("}"))

    def test_the_label_audit_shows_every_scorer_with_its_unparsed_share(self):
        page = " ".join(self.page.split())
        part = page[page.index('id="label_audit"'):]
        part = part[:part.index("</section>")]
        audit = self.rows("label_audit")
        self.assertEqual(len(audit), 6)
        for row in audit:
            with self.subTest(set=row["benchmark"], scorer=row["scorer"]):
                start = part.index(f"Accuracy under each rule, demo-llava on {row['benchmark']}")
                line = part[part.index(f">{row['scorer']}", start):]
                line = line[:line.index("</tr>")]
                self.assertIn(f">{100 * row['accuracy']:.1f} %<", line)
                self.assertIn(f">{100 * row['unparsed'] / row['n']:.1f} %<", line)
        for text in ("Cohen&#x27;s kappa", "AUROC of the form", "How the items were chosen",
                     "first, n = 96, seed 42"):
            self.assertIn(text, part)
        plots = sorted(p.stem for p in (self.whole / "reduce/figures").glob("label_signals_*.svg"))
        self.assertEqual(len(plots), 3)

    def test_an_extraction_failure_is_said_in_words(self):
        with tempfile.TemporaryDirectory() as folder:
            run = pathlib.Path(folder) / "run"
            shutil.copytree(self.whole, run)
            file = run / "reduce/tables/label_audit.json"
            data = json.loads(file.read_text())
            data["rows"][0].update(flags="extraction_failure", note="far below chance <here>")
            file.write_text(json.dumps(data))
            page, _ = build(run)
            self.assertIn("far below chance &lt;here&gt;.", page)
            self.assertNotIn("far below chance &lt;here&gt;.", self.page)

    def test_every_display_row_of_the_main_tables_is_on_the_page(self):
        for name in ("T1", "T2", "T4", "T5", "T6", "T8", "T9", "T11", "T12", "label_audit",
                     "label_agreement", "label_signals", "format_confound", "agreement"):
            table = json.loads((self.whole / f"reduce/tables/{name}.json").read_text())
            text = "\n".join(self.outline.text)
            for row in table["display"]:
                for cell in row:
                    self.assertIn(cell, text)

    def test_figures_come_as_svg_png_and_csv_with_the_numbers_of_the_statistics(self):
        folder = self.whole / "reduce/figures"
        names = sorted(path.stem for path in folder.glob("*.svg"))
        self.assertGreaterEqual(len(names), 4 * 4 + 1)
        self.assertTrue((folder / "F5_demo-llava_demo_pope_picture.png").is_file())
        for name in names:
            self.assertTrue((folder / f"{name}.png").is_file())
            data = name.split("_")[0] if re.match(r"F\d", name) else name
            self.assertTrue((folder / f"{data}.csv").is_file(), name)
        for name in ("F2a_demo_pope", "F2b_demo-llava_demo_pope", "F3_demo_pope", "F4_demo_pope",
                     "F5_demo-llava_demo_pope"):
            self.assertIn(name, names)
        lines = (folder / "agreement_demo-llava_demo_pope.csv").read_text().splitlines()
        rows = [dict(zip(lines[0].split(","), line.split(","))) for line in lines[1:]]
        with h5py.File(self.whole / "reduce/stats.h5") as file:
            frame = file["agreement"]
            keep = [i for i, b in enumerate(frame["benchmark"].asstr()[()]) if b == "demo_pope"]
            total = sum(int(frame["n"][i]) for i in keep)
        self.assertEqual(sum(int(row["n"]) for row in rows), total)

    def labels(self, folder, keys):
        """Primary labels of a cell from its reduce unit, in the order of `keys`."""
        with h5py.File(next(folder.glob("reduce@*/unit-*.h5"))) as file:
            known = dict(zip(file["labels/key"].asstr()[()], file["label/yes_no"][()]))
        return np.array([known[key] for key in keys])

    def test_the_numbers_of_f2a_are_those_of_the_capture_units(self):
        unit = next((self.whole / "demo-llava/demo_pope").glob("capture@*/unit-*.h5"))
        with h5py.File(unit) as file:
            margin = file["lens/margin"][()].astype(float)
            blank = file["lens/margin_blank"][()].astype(float)
            keys = file["item/key"].asstr()[()]
        y = self.labels(unit.parents[1], keys)
        with open(self.whole / "reduce/figures/F2a.csv", newline="") as file:
            rows = [row for row in csv.DictReader(file) if row["benchmark"] == "demo_pope"]
        self.assertEqual([int(row["layer"]) for row in rows], list(range(-1, margin.shape[1] - 1)))
        for state, row in enumerate(rows):
            self.assertAlmostEqual(float(row["margin"]), np.nanmean(margin[:, state]), places=9)
            self.assertAlmostEqual(float(row["delta_img"]), np.nanmean((margin - blank)[:, state]),
                                   places=9)
            gap = np.nanmean(margin[y == 1, state]) - np.nanmean(margin[y == 0, state])
            self.assertAlmostEqual(float(row["sep"]), gap, places=9)
            self.assertLess(float(row["low"]), float(row["margin"]))
            self.assertGreater(float(row["high"]), float(row["margin"]))

    def test_the_case_is_the_wrong_answer_with_the_lowest_entropy(self):
        with open(self.whole / "reduce/figures/F5.csv", newline="") as file:
            case = next(row for row in csv.DictReader(file) if row["benchmark"] == "demo_pope")
        folder = self.whole / "demo-llava/demo_pope"
        with h5py.File(next(folder.glob("capture@*/unit-*.h5"))) as file:
            keys = file["item/key"].asstr()[()]
        y = self.labels(folder, keys)
        with h5py.File(next(folder.glob("metrics@*/unit-*.h5"))) as file:
            h_s = file["metrics/h_s"][()]
        at = int(np.nanargmin(np.where(y == 0, h_s, np.nan)))
        self.assertEqual(case["key"], keys[at])
        self.assertAlmostEqual(float(case["h_s"]), h_s[at], places=12)
        finite = h_s[np.isfinite(h_s)]
        rank = (finite < h_s[at]).sum() + 0.5 * (finite == h_s[at]).sum()
        self.assertAlmostEqual(float(case["percentile"]), 100 * rank / len(finite), places=9)
        self.assertIn(f"item {case['key']}", self.page)

    def test_the_same_run_gives_the_same_bytes(self):
        figures = {p.name: p.read_bytes() for p in (self.whole / "reduce/figures").glob("*.svg")}
        again, _ = build(self.whole)
        self.assertEqual(again, self.page)
        for path in (self.whole / "reduce/figures").glob("*.svg"):
            self.assertEqual(path.read_bytes(), figures[path.name], path.name)

    # --- overlays

    def test_the_map_lies_on_the_part_of_the_picture_that_the_model_sees(self):
        image = Image.new("RGB", (200, 160), "black")
        image.putpixel((20, 0), (255, 255, 255))
        geometry = np.array([200, 160, 0.6, 0.6, 12, 0, 96, 96])
        seen, scale_x, scale_y, left, top = overlays.seen_part(image, geometry)
        self.assertEqual(seen.size, (336, 336))
        self.assertAlmostEqual(left, 20)
        self.assertAlmostEqual(top, 0)
        self.assertAlmostEqual(scale_x, 336 / 160)
        self.assertGreater(seen.getpixel((0, 0))[0], 128)  # source pixel (20, 0)

    def test_the_outlined_cells_hold_the_top_mass(self):
        values = np.array([[0.4, 0.3], [0.2, 0.1]])
        self.assertEqual(overlays.top_cells(values).tolist(), [[True, False], [False, False]])
        even = np.full((2, 2), 0.25)  # ties are cut by index: two cells reach 30 %
        self.assertEqual(overlays.top_cells(even).tolist(), [[True, True], [False, False]])

    def test_items_are_chosen_by_rule(self):
        nan = float("nan")
        rows = [{"key": "a", "y": 1, "h_s": 4.0, "s_sc": 0.5}, {"key": "b", "y": 1, "h_s": 5.0, "s_sc": 1.0},
                {"key": "c", "y": 0, "h_s": 2.0, "s_sc": 0.3}, {"key": "d", "y": 0, "h_s": nan, "s_sc": nan}]
        self.assertEqual([c.row["key"] for c in overlays.choose(rows)], ["b", "c", "a"])
        self.assertEqual(overlays.choose([]), [])

    def command(self, *arguments, python=(sys.executable,), **options):
        return subprocess.run([*python, str(SCRIPT), *arguments], capture_output=True, text=True,
                              **options)

    def test_exit_codes(self):
        self.assertEqual(self.command().returncode, 2)
        absent = self.command(str(self.base / "absent"))
        self.assertEqual(absent.returncode, 7)
        self.assertIn("has no manifest.json", absent.stderr)
        broken = self.base / "broken"
        broken.mkdir()
        (broken / "manifest.json").write_text("[1,")
        self.assertEqual(self.command(str(broken)).returncode, 7)
        (broken / "manifest.json").write_text("[1]")
        self.assertIn("expected an object", self.command(str(broken)).stderr)

    def test_out_names_another_file(self):
        target = self.base / "elsewhere" / "page.html"
        done = self.command(str(self.whole), "--out", str(target))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(target.is_file())
        self.assertFalse(target.with_name("page.html.part").exists())

    def test_missing_modules_are_named(self):
        done = self.command(str(self.whole), python=(sys.executable, "-I", "-S"))
        self.assertEqual(done.returncode, 7)
        self.assertIn("lacks h5py, numpy, matplotlib", done.stderr)


if __name__ == "__main__":
    report_support.main(__doc__)
