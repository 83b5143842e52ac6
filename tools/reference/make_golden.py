#!/usr/bin/env python3
"""Writes the repository's golden data with the reference implementation.

  python tools/reference/make_golden.py [--out tests/golden/data]

Draws the pictures, builds one random checkpoint a family of `checkpoint.FAMILIES`, and records what
transformers computes on them. Seeds are tried in order until no greedy step and no sampled draw lies
near a tie (and answers do not just repeat one token), so that another implementation can be held to the same tokens. Needs transformers 5 and
Pillow <= 12.2 (13 resizes in another order).
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
}
# llava_fp16 repeats only the pictures whose sizes decide something.
PREPROCESSED = {"llava": lambda name: True, "llava_fp16": lambda name: name.startswith(("size_", "wide", "rgb_one"))}


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


def write_family(name, seed, out, images, names):
    folder = f"{out}/{name}/checkpoint"
    checkpoint.build(name, seed, folder)
    reference = Reference(folder)
    with h5py.File(f"{out}/{name}/golden.h5", "w", libver=("v108", "v108")) as h:
        h.attrs.update(family="llava", seed=seed, transformers=transformers.__version__, torch=str(torch.__version__),
                       pillow=PIL.__version__, image_backend="pil", attention="eager", dtype="float32",
                       max_new_tokens=cases.STEPS)
        cases.write_tokenizer(h, folder)
        cases.write_preprocessing(h, reference, images, filter(PREPROCESSED[name], names))
        for case in CASES[name]:
            cases.write_case(h, reference, case, images)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", default=f"{ROOT}/tests/golden/data")
    out = os.path.abspath(parser.parse_args().out)
    if not resizes_horizontally_first():
        sys.exit(f"Pillow {PIL.__version__} resizes in another order than the reference; install Pillow <= 12.2")
    torch.set_num_threads(1)
    images = f"{out}/images"
    names = drawings.draw_all(images)
    write_images(f"{out}/images.h5", images, names)
    for name in checkpoint.FAMILIES:
        for seed in range(100):
            try:
                print(f"{name}, seed {seed}")
                with torch.no_grad():
                    write_family(name, seed, out, images, names)
                break
            except cases.Redraw as reason:
                print(f"  {reason}: next seed")
        else:
            sys.exit(f"{name}: no seed without near ties")


if __name__ == "__main__":
    main()
