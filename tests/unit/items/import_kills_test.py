"""An import that is killed, or runs out of disk, leaves no table that a later run takes for whole: under
the final name there is nothing or the whole table, and the same command again ends as an unbroken one.
"""
import base64
import json
import random
import signal
import socket
import subprocess
import time
import unittest

import h5py

import official

QUESTIONS = 12000
ROWS = 240
KILLS = 10  # of each format


def write_vqav2(root):
    """A VQAv2 pair of files with 12,000 questions about the demo's pictures."""
    images = sorted((root / "val2014").iterdir())
    questions, annotations = [], []
    for k in range(QUESTIONS):
        image_id = int(images[k % len(images)].name[-16:-4])
        row = {"image_id": image_id, "question_id": k, "question": f"How many of kind {k}?"}
        questions.append(row)
        people = [{"answer": str(k % 7 + (n > 7)), "answer_confidence": "yes", "answer_id": n + 1}
                  for n in range(10)]
        annotations.append({"image_id": image_id, "question_id": k, "question_type": "how many",
                            "answer_type": "number", "multiple_choice_answer": str(k % 7),
                            "answers": people})
    (root / "q.json").write_text(json.dumps({"data_subtype": "val2014", "questions": questions}))
    (root / "a.json").write_text(json.dumps({"annotations": annotations}))


def write_table(root):
    """A table of 240 rows, each with a picture of its own."""
    pictures = [base64.b64encode(p.read_bytes()).decode() for p in (root / "val2014").iterdir()]
    with open(root / "t.tsv", "w") as file:
        file.write("index\timage\tquestion\tanswer\n")
        for k in range(ROWS):
            file.write(f"{k}\t{pictures[k % len(pictures)]}\tIs there a thing {k}?\tYes\n")


def content(path):
    """What a table's file holds."""
    with h5py.File(path) as table:
        return table.attrs["digest"], table.attrs["items_hash"], len(table["item/question"])


class Kills(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.demo = official.Demo()
        cls.root = cls.demo.root
        write_vqav2(cls.root)
        write_table(cls.root)

    @classmethod
    def tearDownClass(cls):
        cls.demo.remove()

    def vqav2(self, out):
        return [official.VRP, "import", "vqav2", self.root / "q.json", "--answers",
                self.root / "a.json", "--images", self.root, "--out", out]

    def table(self, out):
        return [official.VRP, "import", "tsv", self.root / "t.tsv", "--images", out.parent / "pictures",
                "--out", out]

    def killed(self, command, name):
        whole, out = self.root / f"whole_{name}/t.h5", self.root / f"killed_{name}/t.h5"
        start = time.monotonic()
        done = subprocess.run(command(whole), capture_output=True, text=True)
        seconds = time.monotonic() - start
        self.assertEqual(done.returncode, 0, done.stderr)
        want = content(whole)
        pictures = {p.name: p.read_bytes() for p in whole.parent.glob("pictures/*")}
        rng, hits, whole_ones = random.Random(name), 0, 0
        for _ in range(4 * KILLS):
            if hits == KILLS:
                break
            job = subprocess.Popen(command(out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(rng.uniform(0.02, 1.0) * seconds)
            job.send_signal(signal.SIGKILL)
            hit = job.wait() == -signal.SIGKILL
            hits += hit
            seconds *= 1 if hit else 0.7  # it ended before: the first import may have been slow
            if out.exists():
                whole_ones += 1
                self.assertEqual(content(out), want)
                out.unlink()
            for file in out.parent.glob("pictures/*"):
                if ".tmp-" not in file.name:
                    self.assertEqual(file.read_bytes(), pictures[file.name], "half a picture")
        self.assertEqual(hits, KILLS, "imports end before they can be killed")
        out.parent.mkdir(exist_ok=True)
        stale = out.parent / f"t.h5.part-{socket.gethostname()}-{job.pid}"
        stale.write_bytes(b"half a table")  # of a process that lives no more
        again = subprocess.run(command(out), capture_output=True, text=True)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(content(out), want)
        self.assertEqual([p.name for p in out.parent.iterdir() if p.is_file()], ["t.h5"])
        print(f"{name}: {hits} kills; {whole_ones} imports had ended whole; the last is the unbroken one")

    def test_killed_import_of_vqav2(self):
        self.killed(self.vqav2, "vqav2")

    def test_killed_import_of_a_table_with_pictures(self):
        self.killed(self.table, "tsv")

    def test_full_disk(self):
        mount = self.root / "small"
        mount.mkdir()
        for command, size in ((self.vqav2, "1m"), (self.table, "2m")):
            line = " ".join(f"'{word}'" for word in command(mount / "t.h5"))
            script = (f"mount -t tmpfs -o size={size} none '{mount}' || exit 99; {line}; code=$?; "
                      f"find '{mount}' -type f | sort; exit $code")
            done = subprocess.run(["unshare", "--mount", "--map-root-user", "--user", "sh", "-c", script],
                                  capture_output=True, text=True)
            if done.returncode == 99 or "unshare" in done.stderr:
                self.skipTest("no private file systems here: " + done.stderr.strip()[:200])
            with self.subTest(format=line.split("import'")[1][:10]):
                self.assertEqual(done.returncode, 75, done.stderr)
                self.assertIn("No space left", done.stderr)
                self.assertIn(str(mount), done.stderr)
                left = [name for name in done.stdout.splitlines() if name.startswith(str(mount))]
                self.assertFalse([n for n in left if "/pictures/" not in n], left)
                self.assertFalse([n for n in left if ".tmp-" in n], left)


if __name__ == "__main__":
    unittest.main(verbosity=2)
