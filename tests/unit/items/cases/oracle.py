"""Expected values of the case files in this folder, by an implementation of its own.

`oracle.py` checks that every file holds what this script computes; `oracle.py --write` fills the
rule columns and the aggregates of each file from its `answer` and `label` columns. The rules are
those of the published programs and of the project's methods, written here with Python's own
regular expressions and str methods and nothing of the C++ code.
"""
import json
import re
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
WORDS = ("zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
         "fifteen sixteen seventeen eighteen nineteen twenty").split()
RELATIONS = {"left": "left", "right": "right", "above": "above", "over": "above", "top": "above",
             "below": "below", "under": "below", "beneath": "below", "bottom": "below"}


def norm(text):
    """Lower case, only a-z, 0-9 and white space, single spaces."""
    return re.sub(r"\s+", " ", re.sub(r"[^a-z0-9\s]", "", text.lower())).strip()


def yes_no(answer, _):
    found = [w for w in norm(answer).split() if w in ("yes", "no")]
    return found[0] if found else None


def pope(answer, _):
    """The loop of POPE's evaluate.py."""
    if answer.find(".") != -1:
        answer = answer.split(".")[0]
    words = answer.replace(",", "").split(" ")
    return "no" if "No" in words or "not" in words or "no" in words else "yes"


def vlmevalkit(answer, _):
    """Punctuation step and word test of VLMEvalKit."""
    text = answer.lower()
    out = text
    for p in [";", "/", "[", "]", '"', "{", "}", "(", ")", "=", "+", "\\", "_", "-", ">", "<", "@",
              "`", ",", "?", "!"]:
        strip = p + " " in text or " " + p in text or re.search(r"[0-9],[0-9]", text)
        out = out.replace(p, "" if strip else " ")
    words = re.sub(r"(?<!\d)\.(?!\d)", "", out, count=32).split()
    if ("yes" in words) == ("no" in words):
        return None
    return "Yes" if "yes" in words else "No"


def mme(answer, _):
    head = answer.lower()[:4]
    return "yes" if "yes" in head else "no" if "no" in head else None


def exact(answer, _):
    return norm(answer) or None


def integer(answer, _):
    pattern = r"\d+|\b(?:" + "|".join(WORDS) + r"|none|no)\b"
    found = re.search(pattern, norm(answer))
    if not found:
        return None
    word = found.group()
    if word in ("none", "no"):
        return "0"
    return str(WORDS.index(word) if word in WORDS else int(word))


def relation(answer, _):
    found = [RELATIONS[w] for w in norm(answer).split() if w in RELATIONS]
    return found[0] if found else None


def lenient(answer, label):
    """The kind of the label decides: yes/no, a relation word, or the first number."""
    words = norm(answer).split()
    if norm(label) in ("yes", "no"):
        found = {w for w in words if w in ("yes", "no")}
        return found.pop() if len(found) == 1 else None
    if norm(label) in ("left", "right", "above", "below"):
        found = {RELATIONS[w] for w in words if w in RELATIONS}
        return found.pop() if len(found) == 1 else None
    number = r"[0-9]{1,3}(?:,[0-9]{3}(?![0-9]))+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
    word = r"(?<![a-z])(?:" + "|".join(WORDS) + r")(?![a-z])"
    found = re.search(number + "|" + word, answer.lower())
    if not found:
        return None
    text = found.group().replace(",", "")
    if text in WORDS:
        return str(WORDS.index(text))
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    return str(int(whole)) + ("." + fraction if fraction else "")


RULES = {"yes_no": (yes_no, "invalid"), "pope": (pope, None), "vlmevalkit": (vlmevalkit, "Unknown"),
         "mme": (mme, "other"), "exact": (exact, "invalid"), "integer": (integer, "invalid"),
         "relation": (relation, "invalid"), "lenient": (lenient, "invalid")}
COLUMNS = {"own_yes_no_cases.json": ["yes_no", "pope", "vlmevalkit", "mme", "lenient"],
           "own_counting_cases.json": ["integer", "exact", "lenient"],
           "own_relation_cases.json": ["relation", "exact", "lenient"]}
YES_NO_RULES = ["yes_no", "pope", "vlmevalkit", "mme"]


def is_correct(rule, read, label):
    if read is None:
        return False
    if rule == "exact":
        return read == norm(label)
    return read.lower() == RULES[rule][0](label, label).lower()


def ratio(a, b):
    return a / b if b else None


def aggregate(cases, rule):
    """Counts and shares, positive class yes; None = undefined."""
    reads = [(RULES[rule][0](c["answer"], c["label"]) or "").lower() for c in cases]
    pairs = list(zip(reads, [c["label"] for c in cases]))
    tp, fp = pairs.count(("yes", "yes")), pairs.count(("yes", "no"))
    tn, fn = pairs.count(("no", "no")), pairs.count(("no", "yes"))
    positive = sum(label == "yes" for _, label in pairs)
    precision, recall = ratio(tp, tp + fp), ratio(tp, positive)
    f1 = None if precision is None or recall is None else ratio(2 * precision * recall,
                                                                precision + recall)
    out = {"accuracy": ratio(tp + tn, len(pairs)), "precision": precision, "recall": recall,
           "f1": f1, "yes_ratio": ratio(tp + fp, len(pairs)), "tp": tp, "fp": fp, "tn": tn,
           "fn": fn, "unparsed": ratio(reads.count(""), len(pairs))}
    if rule == "vlmevalkit":
        for name in ("accuracy", "precision", "recall", "f1"):
            out[name + "_percent"] = 100 * (out[name] or 0)
    return out


def expected(name, document):
    cases = []
    for case in document["cases"]:
        row = {key: case[key] for key in ("id", "answer", "label")}
        for rule in COLUMNS[name]:
            function, unread = RULES[rule]
            read = function(row["answer"], row["label"])
            row[rule] = unread if read is None else read
            row[rule + "_correct"] = is_correct(rule, read, row["label"])
        cases.append(row)
    out = {"title": document["title"], "cases": cases}
    if name == "own_yes_no_cases.json":
        out["aggregate"] = {rule: aggregate(cases, rule) for rule in YES_NO_RULES}
    return out


def text_of(document):
    lines = ",\n".join("    " + json.dumps(c) for c in document["cases"])
    head = "".join(f"  {json.dumps(k)}: {json.dumps(v)},\n" for k, v in document.items()
                   if k != "cases")
    return "{\n" + head + '  "cases": [\n' + lines + "\n  ]\n}\n"


def main():
    bad = 0
    for name in COLUMNS:
        path = HERE / name
        document = json.loads(path.read_text())
        want = expected(name, document)
        if "--write" in sys.argv:
            path.write_text(text_of(want))
        elif json.loads(json.dumps(want)) != document:
            bad += 1
            print(f"{name}: differs from the oracle")
            for a, b in zip(document["cases"], want["cases"]):
                if a != b:
                    print("  file  ", a, "\n  oracle", b)
        else:
            print(f"{name}: {len(document['cases'])} cases as the oracle says")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
