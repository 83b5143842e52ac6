"""Losses of an item's options, as stage capture writes them, beside transformers on the demo checkpoints: the
library's processor makes the prompt with the option behind it, one forward pass gives the logits, and the mean is
taken over the option's tokens and the end token. Without transformers (`tools/setup --reference`): skipped, code 77."""
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import warnings

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
try:
    import h5py
    import numpy as np
    import torch
    import transformers
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error}; tools/setup --reference installs the reference implementation")
    sys.exit(77)

ROOT = pathlib.Path(__file__).resolve().parents[2]
IMAGES = ROOT / "tests/golden/data/images"
CAPTURE = os.path.join(os.environ["VRP_BIN"], "capture_one")
QUESTION = "How many kettles are in the image?"
CHOICES = ["Two", "A small kite", "No", "to the right", "3"]
FAMILIES = {"demo-llava": "plain", "demo-paligemma": "plain", "demo-qwen2-vl": "chat"}
TOLERANCE = 1e-4

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
transformers.logging.disable_progress_bar()
torch.set_num_threads(1)


class Library:
    """A demo checkpoint as transformers runs it."""

    def __init__(self, name):
        folder = ROOT / "tests/data" / name
        self.name = name
        self.model = transformers.AutoModelForImageTextToText.from_pretrained(folder, dtype=torch.float32).eval()
        self.processor = transformers.AutoProcessor.from_pretrained(folder)
        self.processor.image_processor = transformers.AutoImageProcessor.from_pretrained(folder, backend="pil")

    def inputs(self, image, answer):
        """Prompt and answer, and how many tokens the prompt has."""
        def ready(text, **more):
            return self.processor(images=image, text=text, return_tensors="pt", **more)

        if self.name == "demo-paligemma":  # its own way to give an answer, end token and labels included
            both = ready(f"<image>{QUESTION}", suffix=answer)
            return both, int((both["labels"] == -100).sum())
        if self.name == "demo-llava":
            text, gap = f"USER: <image>\n{QUESTION}\nASSISTANT:", " "
        else:
            content = [{"type": "image"}, {"type": "text", "text": QUESTION}]
            text = self.processor.apply_chat_template([{"role": "user", "content": content}],
                                                      add_generation_prompt=True)
            gap = ""
        end = self.processor.tokenizer.eos_token
        return ready(text + gap + answer + end), ready(text)["input_ids"].shape[1]

    @torch.no_grad()
    def loss(self, image, answer):
        inputs, prompt = self.inputs(image, answer)
        ids = inputs["input_ids"][0]
        logits = self.model(**inputs).logits[0].double()
        ln = torch.log_softmax(logits[prompt - 1 : -1], dim=-1)
        return float(-ln.gather(1, ids[prompt:, None]).mean()), len(ids) - prompt - 1


def captured(name, image, choices, suffix=""):
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "one.h5")
        words = [CAPTURE, ROOT / "tests/data" / name, image, FAMILIES[name], QUESTION, "", out, f"suffix={suffix}",
                 "lens=0", "blank=0", "hidden=0", *(f"choice={choice}" for choice in choices)]
        subprocess.run(words, check=True)
        with h5py.File(out) as file:
            return {key: file[key][...] for key in ("choice/offset", "choice/loss", "choice/tokens",
                                                    "output/choice_margin")}


class Choices(unittest.TestCase):
    def test_losses_are_those_of_transformers(self):
        for name in FAMILIES:
            library = Library(name)
            for picture in ("rgb.png", "size_70x70.png"):
                found = captured(name, IMAGES / picture, CHOICES)
                image = Image.open(IMAGES / picture).convert("RGB")
                expected = [library.loss(image, choice) for choice in CHOICES]
                with self.subTest(model=name, picture=picture):
                    self.assertEqual(found["choice/offset"].tolist(), [0, len(CHOICES)])
                    self.assertEqual(found["choice/tokens"].tolist(), [tokens for _, tokens in expected])
                    losses = np.array([loss for loss, _ in expected])
                    worst = np.abs(found["choice/loss"] - losses).max()
                    print(f"{name} {picture}: losses {losses.round(3).tolist()}, largest difference {worst:.1e}")
                    self.assertTrue(worst <= TOLERANCE, (found["choice/loss"], losses))
                    least = np.sort(losses)
                    self.assertAlmostEqual(found["output/choice_margin"][0], least[1] - least[0], delta=2 * TOLERANCE)
                    self.assertGreater(least[-1] - least[0], 100 * TOLERANCE)

    def test_a_suffix_is_no_part_of_what_options_answer(self):
        for name in FAMILIES:
            bare, asked = (captured(name, IMAGES / "rgb.png", CHOICES[:2], suffix)
                           for suffix in ("", "\nAnswer the question using a single word or phrase."))
            self.assertEqual(bare["choice/loss"].tolist(), asked["choice/loss"].tolist())


if __name__ == "__main__":
    unittest.main()
