"""Expected values of own_letter_cases.json: the letter rules of multiple choice, written anew.

`letter_oracle.py` checks the file, `--write` fills it from its `answer`, `label`, `choices` and
`choice_loss` columns.
"""
import json
import re
import sys
from pathlib import Path

FILE = Path(__file__).resolve().parent / "own_letter_cases.json"


def letters(choices):
    return [chr(65 + k) for k, text in enumerate(choices) if text] or list("ABCD")


def exact(case):
    n = len(case["choices"]) or 4
    return case["answer"] if case["answer"] in [chr(65 + k) for k in range(n)] else None


def first(case):
    n = len(case["choices"]) or 4
    head = case["answer"].strip()[:1]
    return head if head in [chr(65 + k) for k in range(n)] else None


def vlmevalkit(case):
    """The option as a word, `answer is X`, the option's text: in this order."""
    answer, known = case["answer"], letters(case["choices"])
    words = re.sub(r"[.()\[\],:;!*#{}]", " ", answer).split()
    there = [letter for letter in known if letter in words]
    if len(there) == 1 and words.index(there[0]) > len(words) - 5:
        return there[0]
    if not there and "Z" in words:
        return None
    stated = re.search(r"answer\s+is\s+\**([A-D])", answer, re.I)
    if stated and stated[1].upper() in known:
        return stated[1].upper()
    texts = {letter: case["choices"][ord(letter) - 65].lower() for letter in known
             if case["choices"]}
    found = [letter for letter, text in texts.items() if text in answer.lower()]
    long = len(answer.lower()) > 2 * sum(len(text) for text in case["choices"])
    return found[0] if len(found) == 1 and not long else None


def likelihood(case):
    if not case["choice_loss"]:
        return None
    return chr(65 + case["choice_loss"].index(min(case["choice_loss"])))


RULES = {"letter_exact": exact, "letter_first": first, "letter_vlmevalkit": vlmevalkit,
         "likelihood": likelihood}


def expected(document):
    cases = []
    for case in document["cases"]:
        row = {key: case[key] for key in ("id", "answer", "label", "choices", "choice_loss")}
        for name, rule in RULES.items():
            if name == "likelihood" and not row["choice_loss"]:
                row[name] = "unlabelled"
                continue
            read = rule(row)
            row[name] = read or "invalid"
            row[name + "_correct"] = read == row["label"]
        cases.append(row)
    return {"title": document["title"], "cases": cases}


def main():
    document = json.loads(FILE.read_text())
    want = expected(document)
    if "--write" in sys.argv:
        lines = ",\n".join("    " + json.dumps(case) for case in want["cases"])
        FILE.write_text('{\n  "title": %s,\n  "cases": [\n%s\n  ]\n}\n' % (
            json.dumps(want["title"]), lines))
        return 0
    for a, b in zip(document["cases"], want["cases"]):
        if a != b:
            print("  file  ", a, "\n  oracle", b)
    if document != want:
        print(f"{FILE.name}: differs from the oracle")
        return 1
    print(f"{FILE.name}: {len(want['cases'])} cases as the oracle says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
