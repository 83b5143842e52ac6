"""`vrp import tsv` killed at any moment: no table, or the whole one; pictures that are there are
whole; the next import goes on as if nothing had happened.
"""
import base64
import csv
import io
import os
import random
import signal
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import h5py
import numpy as np
from PIL import Image

VRP = Path(os.environ["VRP_BIN"]) / "vrp"


def write_table(path, number=120):
    """A table of `number` PNG pictures with two rows each; {name of the stored file: bytes}."""
    rng, pictures = np.random.default_rng(1), {}
    with open(path, "w", newline="") as file:
        table = csv.writer(file, delimiter="\t", lineterminator="\n")
        table.writerow(["index", "image", "question", "answer"])
        for i in range(number):
            buffer = io.BytesIO()
            pixels = rng.integers(0, 255, (96, 96, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(buffer, "PNG")
            pictures[f"{i}.png"] = buffer.getvalue()
            table.writerow([i, base64.b64encode(buffer.getvalue()).decode(), f"q{i}?", "Yes"])
            table.writerow([i + number, i, f"r{i}?", "No"])
    return pictures


def content(path):
    with h5py.File(path) as table:
        return table.attrs["items_hash"], list(table["item/image_hash"].asstr()[:])


class KilledImport(unittest.TestCase):
    def test_nothing_half_done_passes_for_whole(self):
        with tempfile.TemporaryDirectory(prefix="vrp-tsv-") as folder:
            root = Path(folder)
            want_pictures = write_table(root / "t.tsv")
            command = [VRP, "import", "tsv", root / "t.tsv", "--out"]
            start = time.monotonic()
            subprocess.run([*command, root / "whole.h5", "--images", root / "whole"], check=True,
                           stdout=subprocess.DEVNULL)
            seconds = time.monotonic() - start
            want = content(root / "whole.h5")
            out, rng, killed, extracted = root / "t.h5", random.Random(3), 0, 0
            for attempt in range(8):
                pictures = root / f"pictures{attempt}"
                arguments = [*command, out, "--images", pictures]
                job = subprocess.Popen(arguments, stdout=subprocess.DEVNULL)
                time.sleep(rng.uniform(0, 1.1 * seconds))
                job.send_signal(signal.SIGKILL)
                killed += job.wait() == -signal.SIGKILL
                for file in pictures.glob("*.png"):
                    self.assertEqual(file.read_bytes(), want_pictures[file.name], file)
                    extracted += 1
                if out.exists():
                    self.assertEqual(content(out), want)
                    out.unlink()
                subprocess.run(arguments, check=True, stdout=subprocess.DEVNULL)
                self.assertEqual(content(out), want)
                out.unlink()
            self.assertGreater(killed, 0)
            self.assertGreater(extracted, 0)


if __name__ == "__main__":
    unittest.main(verbosity=2)
