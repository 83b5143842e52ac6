"""The forward pass against the reference implementation on checkpoints of many dimensions, made here and
now: VRP_BIN/vrp-parity agrees with what transformers computes on each, and says so when a value, a weight
or a setting is another one. Without transformers (`tools/setup --reference`): skipped, code 77."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
ROOT = pathlib.Path(__file__).resolve().parents[2]
try:
    import h5py
    import torch
    import transformers
except ImportError as error:
    print(f"skipped: {error}; tools/setup --reference installs the reference implementation")
    sys.exit(77)
sys.path.insert(0, str(ROOT / "tools/reference"))
sys.path.insert(0, str(ROOT / "tests/golden"))
import cases  # noqa: E402
import checkpoint  # noqa: E402
import drawings  # noqa: E402
import make_golden  # noqa: E402
import png  # noqa: E402
from dimensions import CHECKPOINTS  # noqa: E402
from record import Reference  # noqa: E402

BIN = pathlib.Path(os.environ["VRP_BIN"])
warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)
SEEDS = 40


def run(*command, **environment):
    """(exit code, output)."""
    done = subprocess.run(command, text=True, capture_output=True, env=os.environ | environment)
    return done.returncode, done.stdout + done.stderr


def parity(folder):
    return run(BIN / "vrp-parity", folder / "checkpoint", folder)


def save(description, hub, folder):
    """The checkpoint in `hub` as transformers saves it."""
    model = transformers.AutoModelForImageTextToText.from_pretrained(hub, dtype="auto")
    shutil.rmtree(folder, ignore_errors=True)
    options = {"max_shard_size": description["shard_bytes"]} if description["shard_bytes"] else {}
    model.save_pretrained(folder, **options)
    transformers.AutoProcessor.from_pretrained(hub).save_pretrained(folder)
    if description["family"] == "paligemma":
        # Its processor adds the <loc> and <seg> tokens that small vocabularies lack, without rows for them.
        shutil.copy(hub / "tokenizer.json", folder)


def build(description, seed, folder):
    hub = folder / ("hub" if description["layout"] == "saved" else "checkpoint")
    checkpoint.build(description, seed, hub)
    if description["layout"] == "saved":
        save(description, hub, folder / "checkpoint")


def record(name, root):
    """root/NAME/checkpoint and golden.h5 of one short case, with the first seed without near ties."""
    description, folder = CHECKPOINTS[name], root / name
    folder.mkdir()
    case = dict(name="short", image=picture(description), question="Is the crane above it?", style="chat", full=False,
                steps=6, paths=3, edits=(2, 4, 7))
    for seed in range(SEEDS):
        build(description, seed, folder)
        try:
            make_golden.record(folder / "golden.h5", folder / "checkpoint", seed, root / "images", [case["image"]], [case])
            return
        except cases.Redraw:
            continue
    raise RuntimeError(f"{name}: no seed of {SEEDS} without near ties")


def picture(description):
    return "{}x{}.png".format(*description["picture"])


def draw(root):
    """root/images, and what Pillow reads in them."""
    (root / "images").mkdir()
    names = sorted({picture(d) for d in CHECKPOINTS.values()})
    for width, height in {d["picture"] for d in CHECKPOINTS.values()}:
        png.write_png(root / f"images/{width}x{height}.png", drawings.drawing(width, height, width), png.RGB)
    make_golden.write_images(root / "images.h5", root / "images", names)


class Dimensions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(cls.enterClassContext(tempfile.TemporaryDirectory()))
        draw(cls.root)
        for name in CHECKPOINTS:
            record(name, cls.root)

    def differs(self, folder):
        code, text = parity(folder)
        self.assertEqual(code, 4, text)
        self.assertIn("differs: short ", text)

    def copy(self, name):
        root = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        shutil.copytree(self.root / "images", root / "images")
        shutil.copytree(self.root / name, root / name)
        return root / name

    def test_every_checkpoint_agrees_with_the_reference(self):
        for name in CHECKPOINTS:
            with self.subTest(name):
                code, text = parity(self.root / name)
                self.assertEqual(code, 0, text)
                self.assertIn("parity: 1 cases, 0 differences", text)

    def test_so_do_the_other_kernels_and_the_front_end(self):
        for program, last in (("test_golden_forward", f"{len(CHECKPOINTS)} cases run, 0 cases not supported"),
                              ("test_golden_front", f"families checked: {len(CHECKPOINTS)}, not supported: 0")):
            code, text = run(BIN / program, VRP_GOLDEN_DIR=str(self.root))
            self.assertEqual(code, 0, text)
            self.assertIn(last, text)

    def test_the_checkpoints_cover_what_decides_something(self):
        for family in checkpoint.WRITERS:
            found = [d for d in CHECKPOINTS.values() if d["family"] == family]
            heads = [(d["text"]["heads"], d["text"]["kv"]) for d in found]
            self.assertGreaterEqual({h // kv for h, kv in heads}, {1, 2, 4, 7})
            sizes = {d["text"].get("head_dim") or d["text"]["width"] // d["text"]["heads"] for d in found}
            self.assertGreaterEqual(sizes, {32, 64, 128, 256})
            self.assertEqual({d["tied"] for d in found}, {True, False})
            self.assertEqual({d["dtype"] for d in found}, {"float32", "float16", "bfloat16"})
            self.assertEqual({d["layout"] for d in found}, {"hub", "newer", "saved"})
            self.assertEqual({bool(d["shard_bytes"]) for d in found}, {True, False})
        self.assertEqual({d["text"]["layers"] for d in CHECKPOINTS.values()}, {1, 2, 3, 4, 5, 6})
        for name, description in CHECKPOINTS.items():
            shards = len(list((self.root / name / "checkpoint").glob("*.safetensors")))
            self.assertEqual(shards > 1, description["shard_bytes"] > 0, name)

    def test_an_altered_value_is_noticed(self):
        altered = {"inputs/input_ids": 1, "inputs/position_ids": 1, "inputs/pixel_values": 1e-5,
                   "vision/projected": 1e-2, "prefill/logits_last": 1e-3, "prefill/attn_out_last": 1e-3,
                   "greedy/attn_rows": 1e-4, "greedy/tokens": 1, "sample/probs_plain": 1e-4, "sample/path_tokens": 1,
                   "ablations/a4/logits_last": 1e-3}
        for name in ("llava-4", "paligemma-3", "qwen2_vl-1"):
            folder = self.copy(name)
            for dataset, change in altered.items():
                with self.subTest(f"{name} {dataset}"):
                    with h5py.File(folder / "golden.h5", "r+") as file:
                        values = file["cases/short"][dataset]
                        before = values[...]
                        after = before.copy()
                        after.flat[-1] += change
                        values[...] = after
                    self.differs(folder)
                    with h5py.File(folder / "golden.h5", "r+") as file:
                        file["cases/short"][dataset][...] = before

    def test_another_setting_is_noticed(self):
        """The cases are long enough to tell settings apart that shapes do not give away."""
        settings = {"llava-4": [("text_config", "rope_theta", 5000.0), ("vision_config", "hidden_act", "gelu")],
                    "paligemma-1": [("text_config", "rope_theta", 5000.0), ("text_config", "rms_norm_eps", 1e-2)],
                    "qwen2_vl-1": [(None, "rope_theta", 10000.0),
                                   (None, "rope_scaling", {"type": "mrope", "mrope_section": [6, 4, 6]}),
                                   ("vision_config", "hidden_act", "gelu")]}
        for name, changes in settings.items():
            folder = self.copy(name)
            path = folder / "checkpoint/config.json"
            original = path.read_text()
            for part, field, value in changes:
                with self.subTest(f"{name} {field}"):
                    config = json.loads(original)
                    (config[part] if part else config)[field] = value
                    path.write_text(json.dumps(config))
                    self.differs(folder)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
