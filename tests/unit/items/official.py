"""The demo sets in their benchmarks' formats, for tests of importers: a small copy of all of them, the
command that imports each, and how a table is read back. The truth comes from the generator.
"""
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import h5py

ROOT = Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tools/demo_data"))
from official_sets import write_all  # noqa: E402  (found through the path above)

VRP = Path(os.environ["VRP_BIN"]) / "vrp"
SEED = 2014
VQA = "vqav2/v2_OpenEnded_mscoco_val2014_questions.json"
VQA_ANSWERS = "vqav2/v2_mscoco_val2014_annotations.json"
MME = "mme/MME_Benchmark_release_version"

# name: (format, its file, further options, folder of the images, kind). Paths are below the demo data folder.
SETS = {
    "vqav2": ("vqav2", VQA, ["--answers", VQA_ANSWERS], ".", "vqa"),
    "vqav2_test": ("vqav2", "vqav2/v2_OpenEnded_mscoco_test2015_questions.json", [], "vqav2", "vqa"),
    "textvqa": ("textvqa", "textvqa/TextVQA_0.5.1_val.json", [], "textvqa/train_images", "vqa"),
    "llava_bench_coco": ("llava-bench", "llava_bench_coco/qa90_questions.jsonl", [], ".", "open"),
    "llava_bench_in_the_wild": ("llava-bench", "llava_bench_in_the_wild/questions.jsonl", [],
                                "llava_bench_in_the_wild/images", "open"),
    "mm_vet": ("mm-vet", "mm_vet/mm-vet.json", [], "mm_vet/images", "open"),
    "mme": ("mme", MME, [], None, "yes_no"),
    "seed_bench": ("seed-bench", "seed_bench/SEED-Bench.json", [], "seed_bench/SEED-Bench-image",
                   "choice"),
    "tsv_pope": ("tsv", "vlmevalkit/POPE.tsv", [], "stored/pope", "yes_no"),
    "tsv_choices": ("tsv", "vlmevalkit/DEMO_MCQ.tsv", [], "stored/choices", "choice"),
    "tsv_textvqa": ("tsv", "vlmevalkit/TextVQA_VAL.tsv", [], "stored/textvqa", "vqa"),
    "tsv_mme": ("tsv", "vlmevalkit/MME.tsv", [], "stored/mme", "yes_no"),
    "jsonl_yes_no": ("jsonl", "jsonl/yes_no.jsonl", [], ".", "yes_no"),
    "jsonl_choices": ("jsonl", "jsonl/choices.jsonl", [], ".", "choice"),
    "jsonl_vqa": ("jsonl", "jsonl/vqa.jsonl", [], ".", "vqa"),
    "pope_merged": ("pope", "pope_merged/llava_pope_test.jsonl",
                    ["--labels", *(f"pope/coco_pope_{s}.json"
                                   for s in ("adversarial", "popular", "random"))], ".", "yes_no"),
    "pope_v2": ("pope", "pope_v2/POPEv2.json", [], "val2014", "yes_no"),
    "counting_set": ("counting", "counting_set/counting.json", [], ".", "integer"),
}


def flat(truths):
    """The generator's truths under the names of SETS."""
    out = dict(truths)
    out["vqav2_test"] = truths["vqav2"]["test"]
    out["vqav2"] = truths["vqav2"]["val"]
    for name in ("yes_no", "choices", "vqa"):
        out[f"jsonl_{name}"] = truths["jsonl"][name]
    for name, table in (("pope", "POPE"), ("choices", "DEMO_MCQ"), ("textvqa", "TextVQA_VAL"),
                        ("mme", "MME")):
        out[f"tsv_{name}"] = truths["vlmevalkit"][table]
    return out


class Demo:
    """A demo data folder of `scenes` scenes with every set, and the truths; remove() at the end."""

    def __init__(self, scenes=24):
        self.temporary = tempfile.TemporaryDirectory(prefix="vrp-official-")
        self.root = Path(self.temporary.name) / "demo"
        subprocess.run([sys.executable, ROOT / "tools/demo_data/make_demo_data.py", "--out", self.root,
                        "--images", str(scenes), "--seed", str(SEED)], check=True,
                       stdout=subprocess.DEVNULL)
        self.truths = flat(write_all(str(self.root), SEED))
        self.copies = 0

    def remove(self):
        self.temporary.cleanup()

    @contextlib.contextmanager
    def copy(self, *folders):
        """A copy of the named sets' folders beside links to everything else, to be damaged."""
        self.copies += 1
        root = Path(self.temporary.name) / f"copy{self.copies}"
        root.mkdir()
        for entry in self.root.iterdir():
            if entry.name in folders:
                shutil.copytree(entry, root / entry.name)
            else:
                (root / entry.name).symlink_to(entry)
        yield root
        shutil.rmtree(root)


def words(root, name, out, *more):
    """The command line that imports the set `name` below `root`."""
    form, file, options, images, _ = SETS[name]
    line = [VRP, "import", form, root / file]
    line += [o if o.startswith("--") else root / o for o in options]
    if images is not None:
        if images.startswith("stored/"):
            (root / images).mkdir(parents=True, exist_ok=True)
        line += ["--images", root / images]
    return [str(w) for w in [*line, "--out", out, *more]]


def run(root, name, out, *more):
    """Imports a set; the finished process."""
    return subprocess.run(words(root, name, out, *more), capture_output=True, text=True,
                          errors="replace")


def _lists(table, what):
    texts, ends = table[f"{what}/text"].asstr()[:], table[f"item/{what}_offset"][:]
    return [list(texts[a:b]) for a, b in zip(ends[:-1], ends[1:])]


def read(path):
    """(rows as the generator's truths have them, kind, facts) of a table."""
    with h5py.File(path) as table:
        column = {name: table[f"item/{name}"].asstr()[:]
                  for name in ("id", "key", "image", "question", "answer", "type", "hint", "metadata")}
        answers, choices = _lists(table, "reference"), _lists(table, "choice")
        rows = [{**{name: values[k] for name, values in column.items()}, "answers": answers[k],
                 "choices": choices[k]} for k in range(len(answers))]
        for row in rows:
            row["metadata"] = json.loads(row["metadata"])
        return rows, table.attrs["kind"], json.loads(table.attrs["facts"])
