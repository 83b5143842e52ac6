"""vrp show on a made-up run: the numbers of the unit files, as text, JSON and page.

usage: report_item_test.py PATH_OF_make_report_run (VRP_BIN: folder of vrp)
"""
import json
import os
import pathlib
import shutil
import subprocess
import unittest

import h5py
import numpy as np

import report_support
from report_browser import CHROMIUM, Browser
from report_support import Outline, RunTest

VRP = pathlib.Path(os.environ.get("VRP_BIN", "build/bin")) / "vrp"
KEY = "demo_pope/test/1004"


class ItemTest(RunTest):
    def show(self, *arguments, run=None, check=True):
        done = subprocess.run([str(VRP), "show", str(run or self.whole), *arguments], capture_output=True, text=True,
                              env={**os.environ, "LC_ALL": "C.UTF-8"})
        if check:
            self.assertEqual(done.returncode, 0, done.stderr)
        return done

    def account(self, key=KEY, **options):
        text = self.show("--item", key, "--json", **options).stdout
        self.assertNotIn("NaN", text)
        return json.loads(text)

    def unit(self, stage, run=None):
        return h5py.File(next((run or self.whole).glob(f"demo-llava/demo_pope/{stage}@*/unit-000000.h5")))

    def test_the_numbers_are_those_of_the_unit_files(self):
        account = self.account()
        model = account["models"][0]
        with self.unit("capture") as file:
            at = list(file["item/key"].asstr()[()]).index(KEY)
            self.assertEqual(model["answer"]["text"], file["answer/text"].asstr()[at])
            self.assertEqual(model["lens"]["blocks"], list(range(-1, file["lens/margin"].shape[1] - 1)))
            np.testing.assert_allclose(model["lens"]["margin"], file["lens/margin"][at], rtol=1e-6)
            np.testing.assert_allclose(model["lens"]["margin_blank"], file["lens/margin_blank"][at], rtol=1e-6)
            confidence = file["output/confidence"][()]
        with self.unit("metrics") as file:
            h_s = file["metrics/h_s"][()]
        self.assertAlmostEqual(model["attention"]["h_s"], h_s[at], places=12)
        finite = h_s[np.isfinite(h_s)]
        place = 100 * ((finite < h_s[at]).sum() + 0.5 * (finite == h_s[at]).sum()) / len(finite)
        self.assertAlmostEqual(model["attention"]["h_s_percentile"], place, places=9)
        self.assertEqual(model["attention"]["n"], len(finite))
        found = next(s for s in model["signals"] if s["array"] == "output/confidence")
        self.assertAlmostEqual(found["value"], confidence[at], places=12)
        with self.unit("consistency") as file:
            paths = list(file["path/text"].asstr()[at])
            self.assertAlmostEqual(model["samples"]["s_sc"], file["consistency/s_sc"][at], places=12)
        self.assertEqual([path["text"] for path in model["samples"]["paths"]], paths)
        self.assertEqual(sum(entry["n"] for entry in model["samples"]["counts"]), len(paths))
        for entry in model["samples"]["counts"]:
            self.assertEqual(entry["n"], paths.count(entry["text"]))

    def test_labels_are_those_of_reduce(self):
        with self.unit("reduce") as file:
            keys = list(file["labels/key"].asstr()[()])
            label = int(file["label/yes_no"][keys.index(KEY)])
        labels = self.account()["models"][0]["labels"]
        self.assertEqual([entry["scorer"] for entry in labels], ["yes_no@1", "exact@1"])
        self.assertEqual(labels[0]["label"], label)
        self.assertTrue(labels[0]["primary"])

    def test_interventions_are_the_stored_conditions(self):
        found = self.account()["models"][0]["interventions"]
        with self.unit("interventions") as file:
            self.assertEqual([c["name"] for c in found["conditions"]], list(file["edit/name"].asstr()[()]))
            self.assertEqual([c["layer"] for c in found["conditions"]], list(file["edit/layer"][()]))
        self.assertGreater(len(found["conditions"]), 5)
        self.assertEqual({c["answer"] for c in found["conditions"]}, {None})  # the made-up run keeps labels only

    def test_the_text_says_what_the_json_says(self):
        model, text = self.account()["models"][0], self.show("--item", KEY).stdout
        self.assertTrue(text.startswith(KEY + "\n"))
        for part in ("question   demo_pope<script>", "reference  no", f"H_s {model['attention']['h_s']:.3f} nats",
                     f"S_SC {model['samples']['s_sc']:.2f}", "yes_no@1 (primary): ", "margin     of the right answer",
                     "on the object: mass", "hidden_probe "):
            self.assertIn(part, text)
        self.assertRegex(text, "[\u2581-\u2588]{5}")
        self.assertNotIn("\x1b", text)
        self.assertNotRegex(text, r"(?i)\bnan\b")

    def test_an_id_that_several_sets_have_lists_them(self):
        done = self.show("--item", "1004", check=False)
        self.assertEqual(done.returncode, 2)
        for name in ("demo_pope", "demo_counting", "demo_spatial"):
            self.assertIn(f"'{name}/test/1004'", done.stderr)
        self.assertIn(KEY, self.show("--item", "1004", "--benchmark", "demo_pope").stdout)

    def test_an_unknown_item_names_the_nearest(self):
        done = self.show("--item", "demo_pope/test/1O04", check=False)
        self.assertEqual(done.returncode, 7)
        self.assertIn("did you mean 'demo_pope/test/1", done.stderr)

    def test_a_failed_item_says_why(self):
        with self.unit("capture") as file:
            key = next(k for k, s in zip(file["item/key"].asstr()[()], file["item/status"][()]) if s == 1)
        text = self.show("--item", key).stdout
        self.assertIn("status     failed: image is truncated <at byte 12>", text)
        self.assertIsNone(self.account(key)["models"][0]["answer"])

    def test_stages_that_are_not_there_yet(self):
        folder = self.copy("unfinished")
        for stage in ("metrics", "probes"):
            shutil.rmtree(next(folder.glob(f"demo-llava/demo_pope/{stage}@*")))
        damaged = next(folder.glob("demo-llava/demo_pope/consistency@*/unit-*.h5"))
        damaged.write_bytes(damaged.read_bytes()[:4000])
        text = self.show("--item", KEY, run=folder).stdout
        self.assertIn("metrics    not computed yet", text)
        self.assertIn("consistency cannot be read:", text)
        self.assertIn("answer     ", text)
        page = self.page("--item", KEY, run=folder)
        self.assertIn("metrics: not computed yet", page)

    def page(self, *arguments, run=None):
        path = self.base / "item" / "page.html"
        done = self.show(*arguments, "--page", str(path), run=run)
        self.assertIn(str(path), done.stdout)
        self.assertEqual(sorted(p.name for p in path.parent.iterdir()), ["page.html"])
        return path.read_text(encoding="utf-8")

    def test_the_page_is_self_contained_and_complete(self):
        text = self.page("--item", KEY)
        outline = Outline(text)
        self.assertEqual(outline.faults, [])
        self.assertNotIn("<script>alert", text)
        self.assertEqual(len(outline.named("img")), 2)
        self.assertEqual(len(outline.named("svg")), 1)
        words = outline.words()
        for part in ("demo_pope<script>alert('question')</script>", "Under each rule, demo-llava", "S_SC 0.",
                     "Numbers by block", "Interventions, demo-llava", "All signals"):
            self.assertIn(part, words)
        self.assertNotIn("://", text.replace("http://www.w3.org", ""))

    @unittest.skipUnless(CHROMIUM, "no Chromium on this machine")
    def test_the_page_runs_under_its_policy_and_fits_a_phone(self):
        self.page("--item", KEY)
        browser = Browser(self.base / "profile")
        try:
            browser.size(360)
            browser.open((self.base / "item" / "page.html").as_uri())
            self.assertEqual(browser.complaints, [])
            self.assertEqual(browser.ask("document.documentElement.dataset.script"), "on")
            self.assertLessEqual(browser.ask("document.documentElement.scrollWidth"), 360)
        finally:
            browser.close()

    def test_every_array_stays_one_option_away(self):
        text = self.show("--item", KEY, "--all").stdout
        for part in ("demo-llava capture (", "lens/margin =", "consistency/s_sc =", "probe/hidden_probe ="):
            self.assertIn(part, text)


if __name__ == "__main__":
    report_support.main(__doc__)
