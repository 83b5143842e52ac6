"""Time and memory of large imports: VQAv2's size of questions, and a COCO instances file.

Both inputs are made in a temporary folder. The pictures are small files that are no images: an import
hashes their bytes and decodes none.
"""
import json
import os
import pathlib
import random
import tempfile

import process

ROOT = pathlib.Path(__file__).resolve().parents[2]
QUESTIONS, VQA_IMAGES = 200_000, 4000
SECONDS, MEGABYTES = 60, 500  # targets: of the VQAv2 import, of the instances import
INSTANCES_MB, COCO_IMAGES = 450, 4000
WORDS = "red blue green yes no 1 2 3 cup cat dog left right wood metal none white black".split()


def vrp_program():
    return pathlib.Path(os.environ.get("VRP_BIN", ROOT / "build" / "bin")) / "vrp"


def write_pictures(folder, number, rng):
    folder.mkdir(parents=True)
    for i in range(1, number + 1):
        (folder / f"COCO_val2014_{i:012d}.jpg").write_bytes(rng.randbytes(2000))


def write_list(path, head, key, rows):
    """{head..., key: [rows]}, row by row."""
    with open(path, "w", encoding="utf-8") as out:
        out.write(json.dumps(head)[:-1] + f', "{key}": [')
        for i, row in enumerate(rows):
            out.write((", " if i else "") + json.dumps(row))
        out.write("]}")


def annotation(i, rng):
    people = [rng.choice(WORDS) for _ in range(10)]
    return {"question_type": f"what is the {i % 65}", "multiple_choice_answer": people[0],
            "answers": [{"answer": text, "answer_confidence": "yes", "answer_id": k + 1}
                        for k, text in enumerate(people)],
            "image_id": i % VQA_IMAGES + 1, "answer_type": ("yes/no", "number", "other")[i % 3],
            "question_id": 1000 * i}


def write_vqa(folder, rng):
    write_pictures(folder / "val2014", VQA_IMAGES, rng)
    head = {"info": {"version": "2.0"}, "data_type": "mscoco", "data_subtype": "val2014"}
    questions = ({"image_id": i % VQA_IMAGES + 1, "question_id": 1000 * i,
                  "question": f"What is the {WORDS[i % len(WORDS)]} thing number {i // VQA_IMAGES}?"}
                 for i in range(QUESTIONS))
    write_list(folder / "questions.json", head, "questions", questions)
    write_list(folder / "annotations.json", head, "annotations",
               (annotation(i, rng) for i in range(QUESTIONS)))


def coco_annotations(path, rng):
    """Annotations with polygons until the file has its size."""
    size, number = 0, 0
    while size < INSTANCES_MB * 1_000_000:
        number += 1
        image = number % COCO_IMAGES + 1
        category = number // COCO_IMAGES % 80 + 1
        x, y = rng.randrange(20, 300), rng.randrange(20, 200)
        outline = [round(rng.uniform(0, 640), 2) for _ in range(60)]
        row = {"segmentation": [outline], "area": 6400.0, "iscrowd": 0, "image_id": image,
               "bbox": [x, y, 80, 80], "category_id": category, "id": number}
        size += len(json.dumps(row)) + 2
        yield row


def write_coco(folder, rng):
    write_pictures(folder / "val2014", COCO_IMAGES, rng)
    images = [{"id": i, "file_name": f"COCO_val2014_{i:012d}.jpg", "width": 640, "height": 480}
              for i in range(1, COCO_IMAGES + 1)]
    categories = [{"id": c, "name": f"kind{c}", "supercategory": "thing"} for c in range(1, 81)]
    path = folder / "instances_val2014.json"
    write_list(path, {"images": images, "categories": categories}, "annotations",
               coco_annotations(path, rng))


def measure_one(name, files, arguments):
    seconds, megabytes, text = process.run([vrp_program(), "import", *arguments], 1)
    return {"import": name, "input_mb": round(sum(os.path.getsize(f) for f in files) / 1e6),
            "seconds": round(seconds, 1), "peak_rss_mb": megabytes,
            "items": text.splitlines()[0] if text else ""}


def measure():
    """One entry per import; one core, the clock's seconds, the process's largest resident memory."""
    rng = random.Random(7)
    rows = []
    with tempfile.TemporaryDirectory(prefix="vrp-bench-imports-") as name:
        vqa, coco = pathlib.Path(name) / "vqa", pathlib.Path(name) / "coco"
        write_vqa(vqa, rng)
        files = [vqa / "questions.json", vqa / "annotations.json"]
        row = measure_one("vqav2", files, ["vqav2", files[0], "--answers", files[1], "--images", vqa,
                                           "--out", vqa / "t.h5"])
        rows.append({**row, "questions": QUESTIONS, "target_seconds": SECONDS})
        write_coco(coco, rng)
        files = [coco / "instances_val2014.json"]
        row = measure_one("counting", files, ["counting", "--instances", files[0], "--images", coco,
                                              "--out", coco / "t.h5", "--allow-short"])
        rows.append({**row, "target_mb": MEGABYTES})
    return rows


def print_report(rows):
    print(f"{'import':<12}{'input MB':>10}{'seconds':>10}{'target':>8}{'peak MB':>10}{'target':>8}")
    for r in rows:
        print(f"{r['import']:<12}{r['input_mb']:>10}{r['seconds']:>10.1f}"
              f"{r.get('target_seconds', '-'):>8}{r['peak_rss_mb']:>10}{r.get('target_mb', '-'):>8}")
