"""Checkpoint folders with random weights in the layout of the hub's, of all three families.

`MEDIUM` has about 180 M parameters each: large enough that matrix products dominate as they do in
the 7 B models, small enough for a laptop. `TINY` is for tests. `write(folder, family)` takes seconds;
the same arguments, same bytes. The end tokens and the image tokens have rows of zeros in the head,
so that no answer holds one.
"""
import copy
import json
import math
import pathlib

import llava
import paligemma
import qwen2_vl
import vocabulary
from tensors import Tensors

BUILDERS = {"llava": llava.build, "paligemma": paligemma.build, "qwen2_vl": qwen2_vl.build}
FAMILIES = tuple(BUILDERS)
MEDIUM = {
    "llava": {"pieces": 3998, "text": {"hidden": 1024, "layers": 12, "heads": 16, "kv": 16, "inter": 2816},
              "vision": {"hidden": 512, "layers": 8, "heads": 8, "inter": 2048, "image": 336, "patch": 14}},
    "paligemma": {"pieces": 4000,
                  "text": {"hidden": 1024, "layers": 9, "heads": 4, "kv": 1, "head_dim": 256, "inter": 4096},
                  "vision": {"hidden": 576, "layers": 10, "heads": 8, "inter": 2152, "image": 224, "patch": 14}},
    "qwen2_vl": {"pieces": 4000,
                 "text": {"hidden": 1024, "layers": 12, "heads": 8, "kv": 2, "inter": 2816, "sections": [16, 24, 24]},
                 "vision": {"hidden": 512, "layers": 10, "heads": 8, "ratio": 4, "patch": 14, "merge": 2}},
}
TINY = {
    "llava": {"pieces": 500, "text": {"hidden": 64, "layers": 2, "heads": 4, "kv": 4, "inter": 96},
              "vision": {"hidden": 32, "layers": 2, "heads": 2, "inter": 64, "image": 56, "patch": 14}},
    "paligemma": {"pieces": 500,
                  "text": {"hidden": 64, "layers": 2, "heads": 4, "kv": 1, "head_dim": 32, "inter": 96},
                  "vision": {"hidden": 32, "layers": 2, "heads": 2, "inter": 64, "image": 56, "patch": 14}},
    "qwen2_vl": {"pieces": 500,
                 "text": {"hidden": 64, "layers": 2, "heads": 4, "kv": 2, "inter": 96, "sections": [2, 3, 3]},
                 "vision": {"hidden": 32, "layers": 2, "heads": 2, "ratio": 2, "patch": 14, "merge": 2}},
}


def dump(path, value):
    pathlib.Path(path).write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def changed(sizes, **text):
    """The sizes with other numbers for the text model, such as layers=4."""
    sizes = copy.deepcopy(sizes)
    sizes["text"].update(text)
    return sizes


def write(folder, family="llava", sizes=None, dtype="float32"):
    """Writes the folder; returns the number of parameters. sizes: as MEDIUM[family], the default."""
    folder = pathlib.Path(folder)
    sizes = sizes or MEDIUM[family]
    folder.mkdir(parents=True, exist_ok=True)
    ids = vocabulary.WRITERS[family](folder, dump, sizes["pieces"])
    ids["rows"] = math.ceil(ids["rows"] / 64) * 64  # more rows than tokens, as the hub's have
    tensors = Tensors(dtype)
    BUILDERS[family](folder, dump, sizes, ids, tensors)
    tensors.save(folder / "model.safetensors")
    return tensors.parameters
