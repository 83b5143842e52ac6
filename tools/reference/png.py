"""A PNG writer for what Pillow's does not offer: Adam7, 2- and 4-bit grey, 16-bit colour, any tRNS."""
import struct
import zlib

GREY, RGB, PALETTE, GREY_ALPHA, RGBA = 0, 2, 3, 4, 6
CHANNELS = {GREY: 1, RGB: 3, PALETTE: 1, GREY_ALPHA: 2, RGBA: 4}
ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def chunk(name, data):
    body = name + data
    return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))


def pack_row(samples, depth):
    """One row of samples (flat list of integers) as bytes, most significant bits first."""
    if depth == 16:
        return b"".join(struct.pack(">H", s) for s in samples)
    if depth == 8:
        return bytes(samples)
    out, per_byte = bytearray(), 8 // depth
    for i in range(0, len(samples), per_byte):
        value = 0
        for k in range(per_byte):
            value = value << depth | (samples[i + k] if i + k < len(samples) else 0)
        out.append(value)
    return bytes(out)


def filtered(rows, depth, channels):
    """Filter types 0, 1 and 2 in turn, so that a reader has to undo each of them."""
    step, out, above = max(1, depth * channels // 8), bytearray(), None
    for y, row in enumerate(rows):
        kind = y % 3 if above is not None or y % 3 != 2 else 0
        out.append(kind)
        left = bytes(step) + row
        base = (bytes(len(row)), left, above or bytes(len(row)))[kind]
        out += bytes((v - b) & 255 for v, b in zip(row, base))
        above = row
    return bytes(out)


def write_png(path, samples, kind, depth=8, interlaced=False, palette=None, transparency=None):
    """samples: integer array [height, width, channels]; palette: list of (r, g, b); transparency:
    bytes of the tRNS chunk."""
    height, width, channels = samples.shape
    assert channels == CHANNELS[kind]
    grids = [samples[y0::dy, x0::dx] for x0, y0, dx, dy in ADAM7] if interlaced else [samples]
    data = b""
    for grid in grids:
        if grid.size:
            rows = [pack_row([int(v) for v in row.reshape(-1)], depth) for row in grid]
            data += filtered(rows, depth, channels)
    out = b"\x89PNG\r\n\x1a\n" + chunk(
        b"IHDR", struct.pack(">IIBBBBB", width, height, depth, kind, 0, 0, int(interlaced)))
    if palette is not None:
        out += chunk(b"PLTE", bytes(v for colour in palette for v in colour))
    if transparency is not None:
        out += chunk(b"tRNS", transparency)
    packed, half = zlib.compress(data, 9), 200
    out += chunk(b"IDAT", packed[:half]) + (chunk(b"IDAT", packed[half:]) if packed[half:] else b"")
    with open(path, "wb") as f:
        f.write(out + chunk(b"IEND", b""))
