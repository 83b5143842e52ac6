"""`vrp import` as a program: exit codes, files that other tools can open, and an import that is
killed at any moment. With VRP_CASES_DIR set, the published POPE files found there are read too.
"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import h5py

VRP = Path(os.environ["VRP_BIN"]) / "vrp"
POPE_SHA256 = {
    "adversarial": "420b3407db1fa9f1187a805dca41cb7b97fd91504e6c2179706188c107fb8ef8",
    "popular": "72c1a8ad45d0c13514f5f22598261df41d3b533854d29682e924db50ed8aa753",
    "random": "ac25245170b975a5bdf9080b23fd431dfe6be458bc038259c1f4f09a6bef7994",
}


def vrp(*arguments):
    return subprocess.run([VRP, "import", *map(str, arguments)], capture_output=True, text=True)


def write_pope(folder, questions=1200):
    """A POPE file of six questions per image and small image files of random bytes."""
    rng = random.Random(1)
    lines = []
    for i in range(questions):
        name = f"COCO_val2014_{i // 6 + 1:012d}.jpg"
        path = folder / "val2014" / name
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(rng.randbytes(20000))
        lines.append({"question_id": i + 1, "image": name,
                      "text": f"Is there a thing{i % 6} in the image?",
                      "label": "yes" if i % 2 == 0 else "no"})
    file = folder / "coco_pope_popular.json"
    file.write_text("\r\n".join(json.dumps(line) for line in lines))
    return file


def content(path):
    """What a table's file holds: its digest and every question."""
    with h5py.File(path) as table:
        return (table.attrs["digest"], table.attrs["items_hash"],
                list(table["item/question"].asstr()[:]))


class Import(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="vrp-import-")
        self.root = Path(self.folder.name)
        self.addCleanup(self.folder.cleanup)

    def test_exit_codes_and_messages(self):
        file = write_pope(self.root, 12)
        good = vrp("pope", file, "--images", self.root, "--out", self.root / "t.h5")
        self.assertEqual(good.returncode, 0, good.stderr)
        self.assertIn("12 items on 2 images", good.stdout)
        (self.root / "val2014/COCO_val2014_000000000002.jpg").unlink()
        missing = vrp("pope", file, "--images", self.root, "--out", self.root / "u.h5")
        self.assertEqual(missing.returncode, 7)
        self.assertIn("coco_pope_popular.json:7: image 'COCO_val2014_000000000002.jpg'",
                      missing.stderr)
        self.assertFalse((self.root / "u.h5").exists())
        self.assertEqual(vrp("pope", file).returncode, 2)
        other = write_pope(self.root, 18)
        self.assertEqual(
            vrp("pope", other, "--images", self.root, "--out", self.root / "t.h5").returncode, 5)

    def test_h5py_reads_the_table(self):
        file = write_pope(self.root, 12)
        vrp("pope", file, "--images", self.root, "--out", self.root / "t.h5")
        with h5py.File(self.root / "t.h5") as table:
            self.assertEqual(table.attrs["benchmark"], "pope_popular")
            self.assertEqual(table["item/key"].asstr()[1], "pope/popular/2")
            self.assertEqual(list(table["item/answer"].asstr()[:2]), ["yes", "no"])
            self.assertEqual(table["item/question"].shape, (12,))
            self.assertIn("items_hash", table.attrs)
            facts = json.loads(table.attrs["facts"])
            self.assertEqual(facts["source_rows"], "12")

    def test_killed_import_leaves_nothing_that_passes_for_whole(self):
        file = write_pope(self.root)
        start = time.monotonic()
        whole = vrp("pope", file, "--images", self.root, "--out", self.root / "whole.h5")
        seconds = time.monotonic() - start
        self.assertEqual(whole.returncode, 0, whole.stderr)
        want = content(self.root / "whole.h5")
        out = self.root / "t.h5"
        killed = 0
        rng = random.Random(2)
        for _ in range(20):
            job = subprocess.Popen([VRP, "import", "pope", file, "--images", self.root, "--out", out],
                                   stdout=subprocess.DEVNULL)
            time.sleep(rng.uniform(0, 1.2 * seconds))
            job.send_signal(signal.SIGKILL)
            killed += job.wait() == -signal.SIGKILL
            if out.exists():
                self.assertEqual(content(out), want)
                out.unlink()
        self.assertGreater(killed, 0)
        last = vrp("pope", file, "--images", self.root, "--out", out)
        self.assertEqual(last.returncode, 0, last.stderr)
        self.assertEqual(content(out), want)

    def test_published_pope_files(self):
        folder = os.environ.get("VRP_CASES_DIR")
        files = sorted(Path(folder).rglob("coco_pope_*.json")) if folder else []
        if not files:
            self.skipTest("VRP_CASES_DIR names no folder with the published files")
        for file in files:
            split = file.stem.rsplit("_", 1)[1]
            for line in file.read_text().splitlines():
                (self.root / json.loads(line)["image"]).touch()
            out = self.root / f"{split}.h5"
            start = time.monotonic()
            got = vrp("pope", file, "--images", self.root, "--out", out)
            self.assertEqual(got.returncode, 0, got.stderr)
            print(f"{file.name}: {time.monotonic() - start:.2f} s")
            self.assertNotIn("warning", got.stdout)
            with h5py.File(out) as table:
                facts = json.loads(table.attrs["facts"])
                keys, answers = table["item/key"].asstr()[:], table["item/answer"].asstr()[:]
                groups, types = table["item/group"].asstr()[:], table["item/type"].asstr()[:]
            self.assertEqual(facts["source_sha256"], POPE_SHA256[split])
            self.assertIn("commit 08d957b", facts["published"])
            self.assertEqual(keys[2999], f"pope/{split}/3000")
            self.assertEqual((answers == "yes").sum(), 1500)
            self.assertEqual(len(set(groups)), 500)
            self.assertNotIn("other", set(types))


if __name__ == "__main__":
    unittest.main(verbosity=2, argv=sys.argv)
