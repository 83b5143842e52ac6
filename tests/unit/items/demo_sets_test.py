"""The counting and spatial sets drawn from the demo scenes, held against a second implementation
of the filters: the one the demo's trainer uses (tools/demo_data/questions.py).
"""
import json
import os
import subprocess
import sys
import tempfile
import unittest
from collections import Counter, defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/demo_data"))
import questions  # noqa: E402  (found through the path above)
from shapes import NAMES  # noqa: E402

VRP = Path(os.environ["VRP_BIN"]) / "vrp"
OPPOSITE = questions.OPPOSITE


class DemoSets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="vrp-demo-sets-")
        cls.root = Path(cls.folder.name)
        subprocess.run([sys.executable, ROOT / "tools/demo_data/make_demo_data.py", "--out", cls.root,
                        "--images", "400"], check=True, stdout=subprocess.DEVNULL)
        cls.file = cls.root / "annotations/instances_val2014.json"
        data = json.loads(cls.file.read_text())
        names = {c["id"]: NAMES.index(c["name"]) for c in data["categories"]}
        cls.images = {Path(i["file_name"]).stem: i for i in data["images"]}
        by_id = {i["id"]: Path(i["file_name"]).stem for i in data["images"]}
        cls.objects, cls.crowded = defaultdict(list), defaultdict(set)
        for a in data["annotations"]:
            image, row = by_id[a["image_id"]], names[a["category_id"]]
            if a["iscrowd"]:
                cls.crowded[image].add(row)
            else:
                cls.objects[image].append((row, tuple(a["bbox"]), a["area"]))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def draw(self, family, *more):
        out = self.root / f"{family}.h5"
        got = subprocess.run([VRP, "import", family, "--instances", self.file, "--images", self.root,
                              "--out", out, "--n", "40", *more], capture_output=True, text=True)
        self.assertEqual(got.returncode, 0, got.stderr)
        rows = json.loads(out.with_suffix(".json").read_text())
        report = json.loads((self.root / f"{family}.balance.json").read_text())
        self.assertEqual(len({r["image_id"] for r in rows}), 40)
        return rows, report["candidates"]

    def usable(self):
        """Images with both sides >= 200 pixels: (stem, objects, crowded, width, height)."""
        for stem, image in self.images.items():
            if min(image["width"], image["height"]) >= 200:
                yield (stem, self.objects[stem], self.crowded[stem], image["width"],
                       image["height"])

    def test_counting(self):
        rows, candidates = self.draw("counting")
        want, counts = Counter(), {}
        for stem, *scene in self.usable():
            counts[stem] = questions.countable(*scene)
            want.update(str(n) for n in counts[stem].values() if 1 <= n <= 5)
        self.assertEqual(candidates, dict(want))
        self.assertEqual(Counter(r["answer"] for r in rows), {str(n): 8 for n in range(1, 6)})
        for row in rows:
            self.assertEqual(counts[row["image_id"]][NAMES.index(row["type"])], int(row["answer"]))
            self.assertEqual(row["question"], questions.counting_question(row["type"]))

    def test_spatial(self):
        rows, candidates = self.draw("spatial")
        want, pairs = Counter(), defaultdict(dict)
        for stem, objects, crowded, width, height in self.usable():
            for a, b, relation in questions.spatial_pairs(objects, crowded, width, height):
                pairs[stem][(NAMES[a], NAMES[b])] = relation
                want[f"{relation}/yes"] += 1
                want[f"{OPPOSITE[relation]}/no"] += 1
        self.assertEqual(candidates, dict(want))
        self.assertEqual(set(Counter(r["stratum"] for r in rows).values()), {5})
        for row in rows:
            a, b = (o["category"] for o in row["objects"])
            true = pairs[row["image_id"]][(a, b)]
            asked = true if row["answer"] == "yes" else OPPOSITE[true]
            self.assertEqual(row["question"], questions.spatial_question(a, b, asked))


if __name__ == "__main__":
    unittest.main(verbosity=2)
