"""The report of a run: complete, self-contained, escaped, seen in a browser, robust to missing parts.

usage: report_test.py PATH_OF_make_report_run
"""
import csv
import html.parser
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

import h5py
import numpy as np
from PIL import Image, ImageDraw

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "report" / "report.py"
sys.path.insert(0, str(SCRIPT.parent))
import figures  # noqa: E402
import inside  # noqa: E402
import overlays  # noqa: E402
import page  # noqa: E402
import run as runs  # noqa: E402

MAKER = sys.argv.pop(1) if len(sys.argv) > 1 else None
VOID = {"meta", "img", "br", "hr", "link", "input"}
CHROMIUM = next((p for p in map(shutil.which, ("chromium", "chromium-browser", "google-chrome")) if p),
                None)


def draw_pictures(folder):
    folder.mkdir(parents=True)
    for i in range(24):
        image = Image.new("RGB", (200, 160), (120, 140, 90 + i))
        ImageDraw.Draw(image).ellipse([60, 40, 110, 100], fill=(200, 60, 40))
        image.save(folder / f"scene-{i}.png")


class Outline(html.parser.HTMLParser):
    """Checks that tags nest, and collects what the tests ask about."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.ids, self.text, self.faults = [], [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else at {self.getpos()}")

    def handle_data(self, data):
        self.text.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]


def build(folder, plots=True):
    """(page text, run) of a run folder; without plots where they are not the point, for speed."""
    run = runs.Run(folder)
    if plots:
        path = page.write(run)
    else:
        with unittest.mock.patch.object(figures, "build", lambda *_: ""), \
                unittest.mock.patch.object(inside, "build", lambda *_: ""), \
                unittest.mock.patch.object(figures, "auroc_overview", lambda *_: ""):
            path = page.write(run)
    return path.read_text(encoding="utf-8"), run


class ReportTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="vrp-report-")
        cls.base = pathlib.Path(cls.temporary.name)
        cls.whole = cls.base / "whole"
        draw_pictures(cls.whole / "images")
        subprocess.run([MAKER, str(cls.whole)], check=True)
        done = subprocess.run([sys.executable, str(SCRIPT), str(cls.whole)], capture_output=True,
                              text=True)
        cls.output, cls.code = done.stdout + done.stderr, done.returncode
        cls.page = (cls.whole / "report.html").read_text(encoding="utf-8")
        cls.outline = Outline(cls.page)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def copy(self, name):
        """A copy of the whole run to damage; its images are those of the original."""
        target = self.base / name
        shutil.copytree(self.whole, target, ignore=shutil.ignore_patterns("images", "report.html"))
        return target

    def edit_manifest(self, folder, change):
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest))

    # --- the page itself

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

    def test_nothing_is_loaded_from_elsewhere(self):
        for tag in ("script", "link", "iframe", "object", "embed", "base", "form"):
            self.assertEqual(self.outline.named(tag), [], tag)
        for tag, attributes in self.outline.tags:
            for name, value in attributes.items():
                if name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href"):
                    self.assertRegex(value, r"^(data:image/|#|reduce/tables/[\w.]+$)", f"{tag} {name}")
                self.assertFalse(name.startswith("on"), f"{tag} {name}")
        without_namespaces = re.sub(r'xmlns(:\w+)?="[^"]*"', "", self.page)
        self.assertNotRegex(without_namespaces, r"(?i)https?://|@import|url\((?!#)")
        policy = [a["content"] for a in self.outline.named("meta")
                  if a.get("http-equiv") == "Content-Security-Policy"]
        self.assertEqual(len(policy), 1)
        self.assertIn("default-src 'none'", policy[0])
        self.assertNotIn("script-src", policy[0])

    def test_text_of_items_is_escaped(self):
        self.assertNotIn("<script", self.page)
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

    def test_summary_says_what_was_run_and_what_came_out(self):
        text = " ".join("".join(self.outline.text).split())
        rows = json.loads((self.whole / "reduce/tables/class_balance.json").read_text())["rows"]
        for row in rows:
            if row["type"]:
                continue
            self.assertIn(f"{row['correct']} of {row['n']} answers right: "
                          f"{100 * row['accuracy']:.1f} % (95 % interval {100 * row['low']:.1f} % to "
                          f"{100 * row['high']:.1f} %), {100 * row['unparsed'] / row['n']:.1f} % of "
                          "the answers unparsed", text)
        self.assertIn("PARTIAL", text)
        self.assertIn("Above chance: agreement of sampled answers S_SC", text)
        self.assertIn("mpirun -n 2 vrp-run -C demo.ini", text)
        self.assertNotRegex(text, r"(?i)\bnan\b")
        for title in ("T1.", "T2.", "T3.", "T4.", "T5.", "T6.", "T7.", "T9.", "T11.", "T12.",
                      "Inside the model", "F5. Case study", "T8.", "T10.", "Class balance", "Label audit", "Failed items"):
            self.assertIn(title, text)

    def test_the_label_audit_shows_every_scorer_with_its_unparsed_share(self):
        page = " ".join(self.page.split())
        part = page[page.index('id="label_audit"'):]
        part = part[:part.index("</section>")]
        audit = json.loads((self.whole / "reduce/tables/label_audit.json").read_text())["rows"]
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
            data["rows"][2].update(flags="extraction_failure", note="far below chance <here>")
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

    # --- missing and damaged parts

    def test_no_consistency_stage(self):
        folder = self.copy("no-consistency")

        def change(manifest):
            for cell in manifest["cells"]:
                cell["stages"].pop("consistency", None)
        self.edit_manifest(folder, change)
        text, _ = build(folder, plots=False)
        self.assertEqual(Outline(text).faults, [])
        self.assertNotIn("10 sampled answers", text)
        self.assertIn("A few items", text)

    def test_pictures_that_are_gone_or_broken(self):
        folder = self.copy("no-pictures")
        (folder / "images").mkdir()
        for i in range(0, 24, 2):
            (folder / "images" / f"scene-{i}.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")

        def change(manifest):
            for entry in manifest["benchmarks"].values():
                entry["images"] = str(folder / "images")
        self.edit_manifest(folder, change)
        text, _ = build(folder, plots=False)
        self.assertEqual(Outline(text).faults, [])
        self.assertIn("is no longer in the image folder", text)
        self.assertIn("The picture cannot be shown", text)

    def test_an_image_name_that_leaves_the_folder_is_not_opened(self):
        run = runs.Run(self.whole)
        self.assertIsNone(run.image_path("demo_pope", "../manifest.json"))
        self.assertIsNone(run.image_path("demo_pope", "/etc/hostname"))
        self.assertIsNotNone(run.image_path("demo_pope", "scene-0.png"))

    def test_a_truncated_unit_and_control_characters(self):
        folder = self.copy("damaged")
        unit = next((folder / "demo-llava/demo_counting").glob("capture@*/unit-*.h5"))
        unit.write_bytes(unit.read_bytes()[:5000])
        unit = next((folder / "demo-llava/demo_pope").glob("capture@*/unit-*.h5"))
        with h5py.File(unit, "r+") as file:
            answers = file["answer/text"]
            answers[...] = [b"\x01\xff<b>" + bytes([65 + i % 26]) for i in range(len(answers))]
        text, run = build(folder, plots=False)
        self.assertEqual(Outline(text).faults, [])
        self.assertTrue(any("unit-000000.h5: cannot be read" in problem for problem in run.problems))
        self.assertIn("What could not be shown", text)
        self.assertIn("\ufffd\ufffd&lt;b&gt;", text)

    def test_no_results_yet(self):
        folder = self.copy("no-reduce")
        shutil.rmtree(folder / "reduce")
        text, run = build(folder)
        self.assertEqual(Outline(text).faults, [])
        self.assertIn("No results yet.", text)
        self.assertIn("reduce/stats.h5: not there", run.problems)

    def test_no_numbers_of_the_figures(self):
        folder = self.copy("no-figures")
        shutil.rmtree(folder / "reduce/figures")
        text, run = build(folder)
        self.assertEqual(Outline(text).faults, [])
        self.assertIn("There is nothing to plot: the run holds no lens", text)
        self.assertIn("No case was computed.", text)
        self.assertIn("reduce/figures/F2a.csv: not there", run.problems)

    def test_a_case_whose_item_is_gone(self):
        folder = self.copy("no-item")
        path = folder / "reduce/figures/F5.csv"
        path.write_text(path.read_text().replace("demo_pope/test/", "demo_pope/gone/"))
        text, _ = build(folder, plots=False)
        self.assertEqual(Outline(text).faults, [])
        self.assertIn("The item table does not hold this item.", text)

    def test_damaged_statistics(self):
        folder = self.copy("bad-stats")
        (folder / "reduce/stats.h5").write_bytes(b"not HDF5")
        (folder / "reduce/tables/T4.json").write_text("{")
        text, run = build(folder)
        self.assertEqual(Outline(text).faults, [])
        self.assertTrue(any("stats.h5: cannot be read" in problem for problem in run.problems))
        self.assertTrue(any("T4.json: cannot be read" in problem for problem in run.problems))
        self.assertIn("T8.", text)

    def test_a_manifest_with_nothing_in_it(self):
        folder = self.base / "nothing"
        folder.mkdir()
        (folder / "manifest.json").write_text("{}")
        text, _ = build(folder)
        self.assertEqual(Outline(text).faults, [])
        self.assertIn("neither a model nor a set", text)

    def test_every_item_failed(self):
        folder = self.copy("all-failed")
        for unit in folder.glob("demo-llava/*/capture@*/unit-*.h5"):
            with h5py.File(unit, "r+") as file:
                file["item/status"][...] = 1
        text, _ = build(folder, plots=False)
        self.assertEqual(Outline(text).faults, [])
        self.assertIn("No item has an answer and a map to show.", text)

    # --- the command line

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

    # --- in a browser

    def browser(self, *arguments):
        command = [CHROMIUM, "--no-sandbox", "--headless", "--disable-gpu", "--hide-scrollbars",
                   f"--user-data-dir={self.base / 'profile'}", *arguments,
                   (self.whole / "report.html").as_uri()]
        return subprocess.run(command, capture_output=True, text=True, timeout=180)

    @unittest.skipUnless(CHROMIUM, "no Chromium on this machine")
    def test_the_page_renders_on_a_desk_and_on_a_phone(self):
        dom = self.browser("--dump-dom").stdout
        for title in ("Class balance: how the answers were judged", "T4. Structural", "T8. Predictors",
                      "T10. Relevance-aware", "Label audit"):
            self.assertIn(title, dom)
        self.assertGreaterEqual(dom.count("<table"), 15)
        for name, width in (("desk", 1280), ("phone", 390)):
            shot = self.base / f"{name}.png"
            done = self.browser(f"--window-size={width},2400", f"--screenshot={shot}")
            self.assertTrue(shot.is_file(), done.stderr)
            with Image.open(shot) as image:
                self.assertEqual(image.size, (width, 2400))
                pixels = np.asarray(image.convert("L"))
            self.assertGreater((pixels < 100).mean(), 0.005, name)  # text and plots
            self.assertGreater((pixels > 235).mean(), 0.5, name)    # on a light ground
            # Nothing runs off the page: the outermost columns of pixels hold background only.
            self.assertEqual(len(np.unique(pixels[:, -2:])), 1, name)


if __name__ == "__main__":
    if not MAKER or not os.access(MAKER, os.X_OK):
        raise SystemExit(__doc__)
    unittest.main()
