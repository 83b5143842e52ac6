#!/usr/bin/env python3
"""Writes the repository's golden data with the reference implementation.

  python tools/reference/make_golden.py [--out tests/golden/data] [FOLDER ...]

Draws the pictures, builds one random checkpoint a folder of `checkpoint.FAMILIES` (or of those named),
and records what transformers computes on them. Seeds are tried in order until no greedy step and no
sampled draw lies near a tie (and answers do not just repeat one token), so that another implementation
can be held to the same tokens. Needs transformers 5 and Pillow <= 12.2 (13 resizes in another order).
"""
import argparse
import os
import sys
import warnings

import h5py
import numpy as np
import PIL
import torch
import transformers
from PIL import Image

import cases
import checkpoint
import drawings
from record import Reference

warnings.filterwarnings("ignore")
transformers.logging.set_verbosity_error()
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
CASES = {
    "llava": [
        dict(name="full", image="photo_420.jpg", question="Is there a lantern on the pier?", style="authors", full=True),
        dict(name="chat", image="palette_4_bit.png", question="How many ropes are in the image?", style="chat", full=False),
        dict(name="unicode", image="size_31x150.png", question="Größe “日本” 🚢  x2?\nAnswer with yes or no.",
             style="authors", full=False)],
    "llava_fp16": [
        dict(name="full", image="rgba.png", question="Is the crane to the left of the buoy?", style="authors", full=True),
        dict(name="chat", image="size_1x1.png", question="Describe the harbour.", style="chat", full=False)],
    "paligemma": [
        dict(name="full", image="photo_422.jpg", question="Is the crane above the <loc0007> anchor?", style="authors",
             full=True),
        dict(name="unicode", image="size_31x150.png", question="detect “buoy” ; 日本 🚢\nyes  or no", style="authors",
             full=False)],
    "paligemma_untied": [
        dict(name="full", image="rgba.png", question="How many ropes are in the image?", style="authors", full=True),
        dict(name="empty", image="size_1x1.png", question="", style="chat", full=False)],
    "qwen2_vl": [
        dict(name="full", image="wide_17_to_1.jpg", question="Is there a lantern on the pier?", style="chat", full=True),
        dict(name="tall", image="size_31x150.png", question="It's “Größe” e\u0301 日本 🚢 x12?", style="authors",
             full=False),
        dict(name="smallest", image="size_1x1.png", question="Describe the harbour.", style="chat", full=False)],
    "qwen2_vl_tied": [
        dict(name="full", image="turned_exif8.jpg", question="Is the buoy above the anchor?", style="chat", full=True),
        dict(name="wide", image="size_90x1.png", question="How many ropes?\nAnswer with yes or no.", style="chat",
             full=False)],
}
# Only these are refused, by Qwen2-VL: one side is over 200 times the other.
THIN = "thin_"
# The rest repeats only the pictures whose sizes decide something.
DECISIVE = ("size_", "wide", "rgb_one")
PREPROCESSED = {
    "llava": lambda name: not name.startswith(THIN), "llava_fp16": lambda name: name.startswith(DECISIVE),
    "paligemma": lambda name: name.startswith((*DECISIVE, "photo")),
    "paligemma_untied": lambda name: name.startswith(DECISIVE),
    "qwen2_vl": lambda name: name.startswith((*DECISIVE, THIN, "grey_alpha")),
    "qwen2_vl_tied": lambda name: name.startswith((*DECISIVE, THIN, "photo"))}


def resizes_horizontally_first():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (90, 70, 3), dtype=np.uint8))
    steps = noise.resize((100, 90), Image.BICUBIC).resize((100, 40), Image.BICUBIC)
    return np.array_equal(np.array(noise.resize((100, 40), Image.BICUBIC)), np.array(steps))


def write_images(path, folder, names):
    with h5py.File(path, "w", libver=("v108", "v108")) as h:
        h.attrs["pillow"] = PIL.__version__
        for name in names:
            g = h.create_group(name)
            g.attrs["mode"] = Image.open(f"{folder}/{name}").mode
            cases.put(g, "rgb", np.array(Image.open(f"{folder}/{name}").convert("RGB")))


def record(path, folder, seed, images, names, cases_wanted):
    """golden.h5 at `path` of the checkpoint in `folder`: the tokenizer, what becomes of the pictures `names`,
    and the cases. Redraw when a case lies near a tie."""
    reference = Reference(folder)
    with torch.no_grad(), h5py.File(path, "w", libver=("v108", "v108")) as h:
        h.attrs.update(family=reference.family, seed=seed, transformers=transformers.__version__,
                       torch=str(torch.__version__), pillow=PIL.__version__, image_backend="pil", attention="eager",
                       dtype="float32", max_new_tokens=cases_wanted[0].get("steps", cases.STEPS))
        cases.write_tokenizer(h, reference)
        cases.write_preprocessing(h, reference, images, names)
        for case in cases_wanted:
            print(f"  {case['name']}: {cases.write_case(h, reference, case, images)}")


def write_folder(name, folder, images, names):
    for seed in range(100):
        print(f"{name}, seed {seed}")
        checkpoint.build(checkpoint.FAMILIES[name], seed, f"{folder}/checkpoint")
        try:
            record(f"{folder}/golden.h5", f"{folder}/checkpoint", seed, images, names, CASES[name])
            return
        except cases.Redraw as reason:
            print(f"  {reason}: next seed")
    sys.exit(f"{name}: no seed without near ties")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=f"{ROOT}/tests/golden/data")
    parser.add_argument("folders", nargs="*", metavar="FOLDER", help=", ".join(checkpoint.FAMILIES))
    options = parser.parse_args()
    if unknown := set(options.folders) - set(checkpoint.FAMILIES):
        parser.error(f"no such folder: {', '.join(sorted(unknown))}; expected some of {', '.join(checkpoint.FAMILIES)}")
    out = os.path.abspath(options.out)
    if not resizes_horizontally_first():
        sys.exit(f"Pillow {PIL.__version__} resizes in another order than the reference; install Pillow <= 12.2")
    torch.set_num_threads(1)
    images = f"{out}/images"
    names = drawings.draw_all(images)
    write_images(f"{out}/images.h5", images, names)
    for name in options.folders or checkpoint.FAMILIES:
        write_folder(name, f"{out}/{name}", images, list(filter(PREPROCESSED[name], names)))


if __name__ == "__main__":
    main()
