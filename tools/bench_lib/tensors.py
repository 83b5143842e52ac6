"""Named random tensors and the safetensors file that holds them, with numpy alone."""
import hashlib
import json
import math

import numpy as np

SEED = 7
CODES = {"float32": "F32", "float16": "F16", "bfloat16": "BF16"}


def stored(values, dtype):
    """float32 values as the bytes of `dtype`; bfloat16 is rounded to the nearest, ties to even."""
    if dtype == "float32":
        return values
    if dtype == "float16":
        return values.astype(np.float16)
    bits = values.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) >> 16).astype(np.uint16)


class Layers:
    """Layers of tensors that `normal` draws."""

    def linear(self, name, out, into, bias, gain=1.0):
        self.normal(f"{name}.weight", (out, into), gain / math.sqrt(into))
        if bias:
            self.normal(f"{name}.bias", (out,), 0.1)

    def norm(self, name, width, bias, mean=1.0):
        self.normal(f"{name}.weight", (width,), 0.1, mean)
        if bias:
            self.normal(f"{name}.bias", (width,), 0.1)


class Tensors(Layers):
    """Each tensor has a generator of its own, so that neither order nor company matters."""

    def __init__(self, dtype="float32"):
        self.dtype, self.values, self.parameters = dtype, {}, 0

    def normal(self, name, shape, std, mean=0.0, zero_rows=()):
        key = int.from_bytes(hashlib.sha256(f"{SEED}:{name}".encode()).digest()[:8], "little")
        values = np.random.default_rng(key).standard_normal(shape, dtype=np.float32)
        values *= np.float32(std)
        values += np.float32(mean)
        for row in zero_rows:
            values[row] = 0
        self.parameters += values.size
        self.values[name] = stored(values, self.dtype)

    def save(self, path):
        """One safetensors file: the header's length, the header, the tensors one behind the other."""
        header, offset = {"__metadata__": {"format": "pt"}}, 0
        for name, values in self.values.items():
            header[name] = {"dtype": CODES[self.dtype], "shape": list(values.shape),
                            "data_offsets": [offset, offset + values.nbytes]}
            offset += values.nbytes
        text = json.dumps(header).encode()
        text += b" " * (-len(text) % 8)
        with open(path, "wb") as out:
            out.write(len(text).to_bytes(8, "little") + text)
            for values in self.values.values():
                values.tofile(out)
