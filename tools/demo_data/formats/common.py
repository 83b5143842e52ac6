"""What the writers share: files, links to pictures, ten human answers, the truth of an item."""

import json
import os
import shutil
from collections import Counter

import questions as q


def truth(item_id, image, question, answer="", answers=(), choices=(), hint="", type_="all"):
    """What an item table must hold for one item; `image` is the end of the stored file's name."""
    return {
        "id": str(item_id),
        "image": image,
        "question": question,
        "answer": answer,
        "answers": list(answers),
        "choices": list(choices),
        "hint": hint,
        "type": type_,
    }


def folder_of(*parts):
    """The folder, made."""
    path = os.path.join(*parts)
    os.makedirs(path, exist_ok=True)
    return path


def place_picture(scene, folder, name):
    """A second name of the scene's picture: a hard link, a copy where links cannot be."""
    target = os.path.join(folder_of(folder), name)
    if os.path.exists(target):
        os.remove(target)
    try:
        os.link(scene.path, target)
    except OSError:
        shutil.copyfile(scene.path, target)


def write_json(path, document):
    """One JSON document, without a final newline, as most published files are."""
    with open(path, "w", encoding="utf-8") as f:
        json.dump(document, f)


def write_lines(path, rows):
    """JSON Lines."""
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.writelines(json.dumps(row) + "\n" for row in rows)


def _other(text, rng):
    """What somebody answers who sees it differently."""
    if text.isdigit():
        return str(max(0, int(text) + (1 if rng.random() < 0.6 else -1)))
    if text in ("yes", "no"):
        return "no" if text == "yes" else "yes"
    return "not sure"


def _variant(text, rng):
    """The same answer, written in another way."""
    if text.isdigit() and int(text) < len(q.NUMBER_WORDS):
        return q.NUMBER_WORDS[int(text)].lower()
    words = text.split()
    if words[0].capitalize() in q.NUMBER_WORDS and len(words) > 1:
        return " ".join([str(q.NUMBER_WORDS.index(words[0].capitalize()))] + words[1:])
    return text + "." if rng.random() < 0.3 else text


def ten_answers(text, rng):
    """Ten human-like answers, most of them `text`: one in six sets is unanimous, else one to four
    people see it differently or write it differently."""
    answers = [text] * 10
    if rng.random() < 1 / 6:
        return answers
    for k in range(int(rng.integers(1, 5))):
        answers[k] = _other(text, rng) if rng.random() < 0.5 else _variant(text, rng)
    return [answers[k] for k in rng.permutation(10)]


def most_frequent(answers):
    """The most frequent answer, the first in order of appearance among equals."""
    return Counter(answers).most_common(1)[0][0]


def human_text(asked, talkative):
    """What most people answer: the short form, or the long one in lower case without a comma."""
    return asked.long.lower().replace(",", "") if talkative else asked.truth
