"""The benchmark's pictures and questions: a COCO-sized JPEG and a yes/no question per item."""
import json

import numpy as np
from PIL import Image, ImageDraw

WORDS = "dog cat bus chair table bottle person umbrella clock laptop bowl pizza".split()


def picture(index):
    """640 x 480: smooth noise with some rectangles and ellipses."""
    rng = np.random.default_rng([11, index])
    coarse = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize((640, 480), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(8):
        x, y, w, h = rng.integers((0, 0, 40, 40), (560, 400, 200, 160))
        shape = draw.rectangle if rng.random() < 0.5 else draw.ellipse
        shape((int(x), int(y), int(x + w), int(y + h)), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    return image


def write(folder, number):
    """folder/images/NNN.jpg and folder/items.jsonl; returns the rows."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = []
    for i in range(number):
        name = f"{i:03d}.jpg"
        picture(i).save(folder / "images" / name, quality=90)
        rows.append({"question_id": i, "image": name, "text": f"Is there a {WORDS[i % len(WORDS)]} in the image?",
                     "label": "yes" if i % 2 else "no"})
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows
