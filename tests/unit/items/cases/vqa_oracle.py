"""Expected values of own_vqa_cases.json: VQA normalisation and soft accuracy, written anew.

Follows the published programs with Python's own regular expressions and str methods; the table of
contractions is read from pipeline/items/vqa_contractions.cpp and checked for its size, order and
the rule that an entry only moves apostrophes. `vqa_oracle.py` checks the file, `--write` fills it
from its `answer`, `gt_answers`, `question_type` and `answer_type`.
"""
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
FILE = HERE / "own_vqa_cases.json"
TABLE = HERE.parents[3] / "pipeline/items/vqa_contractions.cpp"
MARKS = [";", "/", "[", "]", '"', "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@", "`",
         ",", "?", "!"]
NUMBERS = {"none": "0", "zero": "0", "one": "1", "two": "2", "three": "3", "four": "4",
           "five": "5", "six": "6", "seven": "7", "eight": "8", "nine": "9", "ten": "10"}
RULES = ("official", "textvqa", "vlmevalkit", "lmms_eval")


def contractions():
    entries = re.findall(r'^ *\{"([^"]+)", "([^"]+)"\},$', TABLE.read_text(), re.M)
    keys = [key for key, _ in entries]
    if len(entries) != 120 or keys != sorted(set(keys)):
        sys.exit(f"{TABLE.name}: {len(entries)} entries, expected 120 different ones in order")
    for key, value in entries:
        if key.replace("'", "") != value.replace("'", ""):
            sys.exit(f"{TABLE.name}: {key} -> {value} changes more than apostrophes")
    return dict(entries)


CONTRACTIONS = contractions()


def trimmed(text):
    return text.replace("\n", " ").replace("\t", " ").strip()


def normalised(text, rule):
    if rule == "textvqa":
        text = text.lower().replace(",", "").replace("?", "").replace("'s", " 's").strip()
    text = trimmed(text)
    runs = rule in ("textvqa", "lmms_eval")
    comma_number = re.search("[0-9],+[0-9]" if runs else "[0-9],[0-9]", text) is not None
    out = text
    for mark in MARKS:
        goes = mark + " " in text or " " + mark in text or comma_number
        out = out.replace(mark, "" if goes else " ")
    period = r"(?<![0-9])\.(?![0-9])" if rule == "vlmevalkit" else r"\.(?![0-9])"
    out = re.sub(period, "", out, count=32)
    words = [NUMBERS.get(word, word) for word in out.lower().split()]
    words = [word for word in words if word not in ("a", "an", "the")]
    return " ".join(CONTRACTIONS.get(word, word) for word in words)


def accuracy(answer, humans, rule):
    humans = [trimmed(human) for human in humans]
    answer_text = trimmed(answer) if rule != "textvqa" else answer
    if rule != "official" or len(set(humans)) > 1:
        answer_text = normalised(answer, rule)
        humans = [normalised(human, rule) for human in humans]
    scores = []
    for i in range(len(humans)):
        others = humans[:i] + humans[i + 1:]
        scores.append(min(1, sum(human == answer_text for human in others) / 3))
    return sum(scores) / len(scores)


def expected(document):
    cases = []
    for case in document["cases"]:
        row = {key: case[key] for key in ("id", "question_type", "answer_type", "answer",
                                          "gt_answers")}
        humans = row["gt_answers"]
        row["gt_normalised"] = [normalised(human, "official") for human in humans]
        row["gt_unanimous"] = len({trimmed(human) for human in humans}) == 1
        for rule in RULES:
            prefix = "" if rule == "official" else rule + "_"
            row[prefix + "normalised"] = normalised(row["answer"], rule)
            row[prefix + "accuracy"] = round(accuracy(row["answer"], humans, rule), 12)
        cases.append(row)

    def percent(rows):
        return round(100 * sum(row["accuracy"] for row in rows) / len(rows), 2)

    def groups(field):
        return {name: percent([row for row in cases if row[field] == name])
                for name in sorted({row[field] for row in cases})}

    aggregate = {"vqa_official": {"overall": percent(cases), "perAnswerType": groups("answer_type"),
                                  "perQuestionType": groups("question_type")}}
    for rule in RULES[1:]:
        mean = sum(row[rule + "_accuracy"] for row in cases) / len(cases)
        aggregate[rule + "_mean"] = round(mean, 12)
    return {"title": document["title"], "aggregate": aggregate, "cases": cases}


def main():
    document = json.loads(FILE.read_text())
    want = expected(document)
    if "--write" in sys.argv:
        lines = ",\n".join("    " + json.dumps(case) for case in want["cases"])
        FILE.write_text('{\n  "title": %s,\n  "aggregate": %s,\n  "cases": [\n%s\n  ]\n}\n' % (
            json.dumps(want["title"]), json.dumps(want["aggregate"]), lines))
        return 0
    bad = [(a, b) for a, b in zip(document["cases"], want["cases"]) if a != b]
    for a, b in bad:
        print("  file  ", a, "\n  oracle", b)
    if bad or document != want:
        print(f"{FILE.name}: differs from the oracle")
        return 1
    print(f"{FILE.name}: {len(want['cases'])} cases as the oracle says")
    return 0


if __name__ == "__main__":
    sys.exit(main())
