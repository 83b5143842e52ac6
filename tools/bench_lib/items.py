"""The benchmark's pictures and questions: a JPEG and a yes/no question per item."""
import json

import numpy as np
from PIL import Image, ImageDraw

WORDS = "dog cat bus chair table bottle person umbrella clock laptop bowl pizza".split()
COCO_SIZE = (640, 480)


def picture(index, size=COCO_SIZE):
    """Smooth noise with some rectangles and ellipses."""
    rng = np.random.default_rng([11, index])
    coarse = rng.integers(0, 256, (12, 16, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(image)
    for _ in range(8):
        x, y, w, h = rng.integers((0, 0, 40, 40), (size[0] - 80, size[1] - 80, 200, 160))
        shape = draw.rectangle if rng.random() < 0.5 else draw.ellipse
        shape((int(x), int(y), int(x + w), int(y + h)), fill=tuple(int(v) for v in rng.integers(0, 256, 3)))
    return image


def write(folder, number, size=COCO_SIZE, words=0):
    """folder/images/NNN.jpg and folder/items.jsonl; returns the rows. words: further ones in front of
    each question, for long prompts."""
    (folder / "images").mkdir(parents=True, exist_ok=True)
    rows = []
    for i in range(number):
        name = f"{i:03d}.jpg"
        picture(i, size).save(folder / "images" / name, quality=90)
        before = "".join(f"{WORDS[k % len(WORDS)]} " for k in range(words))
        rows.append({"question_id": i, "image": name,
                     "text": f"{before}Is there a {WORDS[i % len(WORDS)]} in the image?",
                     "label": "yes" if i % 2 else "no"})
    (folder / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return rows
