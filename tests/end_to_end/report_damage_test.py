"""The report of runs with missing, damaged or hostile parts: a page each time, and what is missing said.

usage: report_damage_test.py PATH_OF_make_report_run
"""
import json
import shutil
import unittest

import h5py

import report_support
from report_support import Outline, RunTest, build
import run as runs  # noqa: E402  (of tools/report)


class DamageTest(RunTest):
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
        self.assertIn("No answer has been scored yet.", text)
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

    def test_units_that_are_planned_and_not_there_make_the_run_partial(self):
        folder = self.copy("unfinished")
        self.edit_manifest(folder, lambda manifest: manifest.pop("partial"))
        index = folder / "reduce/tables/index.json"
        index.write_text(json.dumps({**json.loads(index.read_text()), "partial": ""}))
        next((folder / "demo-llava/demo_counting").glob("consistency@*/unit-*.h5")).unlink()
        text, run = build(folder, plots=False)
        self.assertEqual(run.partial, "17 of 18 units are finished")
        self.assertIn("<strong>PARTIAL</strong>", text)
        self.assertIn("stage consistency: 0 of 1 unit finished", text)

    def test_only_captures_are_there(self):
        folder = self.copy("captures")
        shutil.rmtree(folder / "reduce")
        for stage in ("metrics", "consistency", "probes", "interventions", "reduce"):
            for place in folder.glob(f"demo-llava/*/{stage}@*"):
                shutil.rmtree(place)
        text, run = build(folder)
        self.assertEqual(Outline(text).faults, [])
        self.assertIn("A few items", text)
        self.assertIn("No answer has been scored yet.", text)
        self.assertTrue(any("stage probes: 0 of 3 units" in problem for problem in run.problems))

    HOSTILE = ["<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "'; drop table--", "</style><b>",
               "\u202egpj.exe", "nul\x00and\x1bescape", "]]><svg onload=alert(1)>", "$\\frac{1}{", "A" * 50000,
               "\ud800", "&lt;", "{{7*7}}", "-->", "\u05e9\u05dc\u05d5\u05dd"]

    def test_hostile_text_in_every_table_and_fact(self):
        folder = self.copy("hostile")

        def poison(data):
            for i, row in enumerate(data["display"]):
                for k, numeric in enumerate(data["numeric"]):
                    if not numeric or i % 2:
                        row[k] = self.HOSTILE[(i + k) % len(self.HOSTILE)]
            data["notes"] = list(self.HOSTILE)
            data["title"] = data["title"] + self.HOSTILE[1]
        for path in (folder / "reduce/tables").glob("*.json"):
            if path.stem != "index":
                self.edit_table(folder, path.stem, poison)

        def change(manifest):
            manifest["sweep"] = self.HOSTILE[1] + self.HOSTILE[5]
            manifest["launches"][0]["command"] = "".join(self.HOSTILE[:8])
            manifest["settings"]["reduce"]["replicates"]["origin"] = self.HOSTILE[1]
            manifest["models"]["demo-llava"]["hash"] = self.HOSTILE[1]
        self.edit_manifest(folder, change)
        self.check_harmless(build(folder, plots=False)[0])

    def test_hostile_model_and_set_names_in_plots(self):
        folder = self.copy("hostile-names")
        model, name = "$\\frac{<script>&\x00", "\"><img src=x onerror=alert(1)>\u202e"

        def renamed(value):
            return {"demo-llava": model, "demo_pope": name}.get(value, value)

        def change(manifest):
            for cell in manifest["cells"]:
                cell["model"], cell["benchmark"] = renamed(cell["model"]), renamed(cell["benchmark"])
        self.edit_manifest(folder, change)
        for path in (folder / "reduce/tables").glob("*.json"):
            if path.stem != "index":
                self.edit_table(folder, path.stem, lambda data: [row.update(
                    model=renamed(row.get("model")), benchmark=renamed(row.get("benchmark"))) for row in data["rows"]])
        with h5py.File(folder / "reduce/stats.h5", "r+") as file:
            for frame in file.values():
                for column in ("model", "benchmark"):
                    if isinstance(frame, h5py.Group) and column in frame:
                        frame[column][...] = [renamed(v.decode()).replace("\x00", "").encode()
                                              for v in frame[column][()]]
        text, _ = build(folder)
        self.check_harmless(text)

    def check_harmless(self, text):
        outline = Outline(text)
        self.assertEqual(outline.faults, [])
        self.assertEqual(len(outline.named("script")), 1)
        for tag, attributes in outline.tags:
            self.assertFalse([name for name in attributes if name.startswith("on")], tag)
            if tag == "img":
                self.assertTrue(attributes["src"].startswith("data:image/"))
        self.assertNotRegex(text, "[\x00-\x08\x0b\x0c\x0e-\x1f\u202a-\u202e\u2066-\u2069]")
        text.encode("utf-8")


if __name__ == "__main__":
    report_support.main(__doc__)
