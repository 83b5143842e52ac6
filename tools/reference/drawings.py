"""The test pictures: small drawings in every mode that the decoders promise, and odd sizes."""
import os
import struct

import numpy as np
from PIL import Image, ImageDraw

import png


def drawing(width, height, seed):
    """Rings, a bar and a triangle on a slanted gradient with a little grain: uint8 [h, w, 3]."""
    r = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    u, v = x / max(width - 1, 1), y / max(height - 1, 1)
    tint = r.uniform(40, 215, (2, 3))
    base = tint[0] + (tint[1] - tint[0]) * (0.7 * u + 0.3 * v)[..., None]
    base += r.normal(0, 2.0, base.shape)
    im = Image.fromarray(base.clip(0, 255).astype(np.uint8))
    pen = ImageDraw.Draw(im)
    for k in range(5):
        cx, cy = r.uniform(0, width), r.uniform(0, height)
        size = r.uniform(0.08, 0.3) * min(width, height) + 1
        colour = tuple(int(c) for c in r.integers(0, 256, 3))
        box = [cx - size, cy - size, cx + size, cy + size]
        if k % 3 == 0:
            pen.ellipse(box, outline=colour, width=max(1, int(size / 3)))
        elif k % 3 == 1:
            pen.rectangle([box[0], cy - size / 4, box[2], cy + size / 4], fill=colour)
        else:
            pen.polygon([(cx, box[1]), (box[0], box[3]), (box[2], box[3])], fill=colour)
    return np.array(im)


def ramp(width, height):
    """0..255 from left to right, uint8 [h, w]."""
    return np.tile(np.linspace(0, 255, width).astype(np.uint8), (height, 1))


def grey(picture):
    return picture[..., :1].astype(np.int64)


def jpegs(folder):
    """name -> (width, height, mode, save options)."""
    exif = Image.Exif()
    exif[0x0112] = 8
    for seed, (name, width, height, mode, options) in enumerate((
            ("photo_420", 118, 86, "RGB", {"quality": 88, "subsampling": "4:2:0"}),
            ("photo_422", 75, 52, "RGB", {"quality": 75, "subsampling": "4:2:2"}),
            ("photo_444_restarts", 50, 67, "RGB", {"quality": 93, "subsampling": "4:4:4",
                                                   "restart_marker_rows": 1}),
            ("photo_progressive_420", 93, 61, "RGB", {"quality": 70, "subsampling": "4:2:0",
                                                      "progressive": True}),
            ("photo_stored_rgb", 40, 31, "RGB", {"quality": 85, "keep_rgb": True}),
            ("grey", 64, 45, "L", {"quality": 80}),
            ("cmyk", 57, 49, "CMYK", {"quality": 90}),
            ("turned_exif8", 72, 47, "RGB", {"quality": 90, "exif": exif}),
            ("wide_17_to_1", 170, 10, "RGB", {"quality": 90}))):
        picture = drawing(width, height, 100 + seed)
        if mode == "CMYK":
            key = ramp(width, height) // 3
            im = Image.fromarray(np.dstack([255 - picture, key]), mode="CMYK")
        else:
            im = Image.fromarray(picture).convert(mode)
        im.save(f"{folder}/{name}.jpg", **options)


def pngs(folder):
    """One file a colour type, bit depth and kind of transparency."""
    def save(name, samples, kind, **options):
        png.write_png(f"{folder}/{name}.png", np.asarray(samples), kind, **options)

    d = [drawing(60 + 3 * i, 44 + 2 * i, 200 + i) for i in range(16)]
    save("rgb", d[0], png.RGB)
    save("rgb_interlaced", d[1], png.RGB, interlaced=True)
    save("rgb_16_bit", d[2].astype(np.int64) * 257 - 3 * (d[2] > 20), png.RGB, depth=16)
    save("rgb_one_transparent", d[3], png.RGB, transparency=struct.pack(">3H", *map(int, d[3][20, 30])))
    alpha = ramp(d[4].shape[1], d[4].shape[0])[..., None]
    save("rgba", np.concatenate([d[4], alpha], -1), png.RGBA)
    alpha = 65535 - ramp(d[5].shape[1], d[5].shape[0])[..., None].astype(np.int64) * 200
    save("rgba_16_bit_interlaced", np.concatenate([d[5].astype(np.int64) * 256, alpha], -1), png.RGBA,
         depth=16, interlaced=True)
    for depth in (1, 2, 4):
        save(f"grey_{depth}_bit", grey(d[5 + depth]) >> (8 - depth), png.GREY, depth=depth,
             interlaced=depth == 4)
    save("grey_one_transparent", grey(d[10]), png.GREY, transparency=struct.pack(">H", int(d[10][9, 9, 0])))
    wide = ramp(d[11].shape[1], d[11].shape[0]).astype(np.int64)[..., None] * 2
    save("grey_16_bit_dark", wide, png.GREY, depth=16)
    alpha = ramp(d[12].shape[1], d[12].shape[0])[..., None]
    save("grey_alpha", np.concatenate([grey(d[12]), alpha], -1), png.GREY_ALPHA)
    for depth, picture, clear in ((1, d[13], None), (4, d[14], bytes([255, 255, 0])),
                                  (8, d[15], bytes([10, 200, 255]))):
        colours = 2 ** min(depth, 6)
        q = Image.fromarray(picture).quantize(colours, dither=Image.Dither.NONE)
        table = np.array(q.getpalette()[:3 * colours]).reshape(-1, 3).tolist()
        save(f"palette_{depth}_bit", np.array(q)[..., None], png.PALETTE, depth=depth, palette=table,
             transparency=clear, interlaced=depth == 8)


def sizes(folder):
    """Sizes that decide whether a side is resized, cropped or left alone."""
    for width, height in ((48, 48), (70, 70), (48, 91), (1, 1), (2, 5), (1, 40), (90, 1), (31, 150)):
        png.write_png(f"{folder}/size_{width}x{height}.png", drawing(width, height, width + height), png.RGB)
    png.write_png(f"{folder}/thin_1x201.png", drawing(1, 201, 300), png.RGB)


def draw_all(folder):
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(folder):
        os.remove(f"{folder}/{name}")
    jpegs(folder)
    pngs(folder)
    sizes(folder)
    return sorted(os.listdir(folder))
