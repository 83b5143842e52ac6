"""Damaged copies of the demo sets: each stops the import with exit code 7 and a message that names file,
place, field and the offending text, and leaves no table; `--on-error skip` leaves the bad rows out,
counts and lists them. Byte order marks, CRLF and blank lines at the end are no damage.
"""
import csv
import json
import unittest

import official

csv.field_size_limit(1 << 24)
FOLDER = {name: entry[1].split("/")[0] for name, entry in official.SETS.items()}
ANNOTATIONS = official.VQA_ANSWERS


def edit_json(path, change):
    """Reads, changes (in place or by returning another document) and writes a JSON file."""
    document = json.loads(path.read_text())
    changed = change(document)
    path.write_text(json.dumps(document if changed is None else changed))


def edit_line(path, number, change):
    """The same for one line of JSON Lines, counted from 1; change may return the line's text."""
    lines = path.read_text().splitlines()
    row = json.loads(lines[number - 1])
    changed = change(row)
    lines[number - 1] = changed if isinstance(changed, str) else json.dumps(row)
    path.write_text("\n".join(lines) + "\n")


def edit_table(path, number, change):
    """The same for one row (a dict) of a tab-separated table, counted from 1 behind the header."""
    with open(path, newline="") as file:
        reader = csv.DictReader(file, delimiter="\t")
        columns, rows = reader.fieldnames, list(reader)
    change(rows[number - 1])
    with open(path, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, delimiter="\t", lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def put(field, value):
    """A change that sets a field."""
    return lambda row: row.__setitem__(field, value)


def drop(field):
    """A change that removes a field."""
    return lambda row: row.pop(field) and None


def at(key, number, change):
    """A change of element `number` of the list `key` of a document."""
    return lambda document: change(document[key][number]) and None


# set: [(what is wrong, file, editor, its arguments, texts that the message must have)]
JSON, LINE, TABLE = edit_json, edit_line, edit_table
VQA, TEXT = official.VQA, official.SETS["textvqa"][1]
SEED, VET = official.SETS["seed_bench"][1], official.SETS["mm_vet"][1]
WILD = official.SETS["llava_bench_in_the_wild"][1]
WILD_TOLD = "llava_bench_in_the_wild/answers_gpt4.jsonl"
WILD_CONTEXT = "llava_bench_in_the_wild/context.jsonl"
POPE_TSV, MCQ, TEXT_TSV = (official.SETS[s][1] for s in ("tsv_pope", "tsv_choices", "tsv_textvqa"))
BAD_ROWS = {
    "vqav2": [
        ("nine answers", ANNOTATIONS, JSON, at("annotations", 3, lambda a: a["answers"].pop()),
         ["annotations[3]", "answers", "9"]),
        ("an answer id twice", ANNOTATIONS, JSON,
         at("annotations", 4, lambda a: put("answer_id", 1)(a["answers"][5])),
         ["annotations[4]", "answer_id", "1"]),
        ("an answer without id", ANNOTATIONS, JSON,
         at("annotations", 4, lambda a: drop("answer_id")(a["answers"][5])),
         ["annotations[4]", "answer_id"]),
        ("no answers", ANNOTATIONS, JSON, at("annotations", 2, drop("answers")),
         ["annotations[2]", "answers"]),
        ("an answer that is a number", ANNOTATIONS, JSON,
         at("annotations", 2, lambda a: put("answer", 7)(a["answers"][0])),
         ["annotations[2]", "answer", "7"]),
        ("unknown answer type", ANNOTATIONS, JSON, at("annotations", 1, put("answer_type", "colour")),
         ["annotations[1]", "answer_type", "colour"]),
        ("another picture", ANNOTATIONS, JSON, at("annotations", 1, put("image_id", 4321)),
         ["image_id", "4321"]),
        ("an empty question", VQA, JSON, at("questions", 2, put("question", " ")),
         ["questions[2]", "question", "empty"]),
        ("a question that is a list", VQA, JSON, at("questions", 2, put("question", ["x"])),
         ["questions[2]", "question", '["x"]']),
        ("an image id that is a text", VQA, JSON, at("questions", 2, put("image_id", "first")),
         ["questions[2]", "image_id", "first"]),
    ],
    "textvqa": [
        ("eleven answers", TEXT, JSON, at("data", 3, lambda r: r["answers"].append("x")),
         ["data[3]", "answers", "11"]),
        ("no answers", TEXT, JSON, at("data", 3, drop("answers")), ["data[3]", "answers"]),
        ("an answer that is a number", TEXT, JSON, at("data", 3, lambda r: put(0, 5)(r["answers"])),
         ["data[3]", "answers", "5"]),
        ("an empty question", TEXT, JSON, at("data", 2, put("question", "")),
         ["data[2]", "question"]),
        ("a picture outside", TEXT, JSON, at("data", 2, put("image_id", "../x")),
         ["data[2]", "../x"]),
        ("a picture that is not there", TEXT, JSON, at("data", 2, put("image_id", "feed")),
         ["data[2]", "feed"]),
    ],
    "llava_bench_in_the_wild": [
        ("unknown category", WILD, LINE, 3, put("category", "talk"),
         ["questions.jsonl:3", "category", "talk"]),
        ("an empty question", WILD, LINE, 4, put("text", ""), ["questions.jsonl:4", "question is empty"]),
        ("a missing field", WILD, LINE, 4, drop("image"), ["questions.jsonl:4", "image"]),
        ("a picture outside", WILD, LINE, 5, put("image", "../001.jpg"),
         ["questions.jsonl:5", "../001.jpg"]),
        ("an absolute picture", WILD, LINE, 5, put("image", "/001.jpg"),
         ["questions.jsonl:5", "/001.jpg"]),
        ("not JSON", WILD, LINE, 6, lambda row: '{"question_id": 5,', ["questions.jsonl:6"]),
    ],
    "mm_vet": [
        ("unknown capability", VET, JSON, lambda d: d["v1_3"]["capability"].append("smell"),
         ["v1_3", "capability", "smell"]),
        ("no capability", VET, JSON, lambda d: drop("capability")(d["v1_3"]),
         ["v1_3", "capability"]),
        ("an answer that is a number", VET, JSON, lambda d: put("answer", 5)(d["v1_4"]),
         ["v1_4", "answer", "5"]),
        ("an empty question", VET, JSON, lambda d: put("question", " ")(d["v1_4"]),
         ["v1_4", "question"]),
        ("a picture outside", VET, JSON, lambda d: put("imagename", "../a.jpg")(d["v1_4"]),
         ["v1_4", "../a.jpg"]),
    ],
    "seed_bench": [
        ("answer E", SEED, JSON, at("questions", 7, put("answer", "E")),
         ["questions[7]", "answer", "E"]),
        ("an empty choice", SEED, JSON, at("questions", 7, put("choice_c", "")),
         ["questions[7]", "choice_c"]),
        ("a missing choice", SEED, JSON, at("questions", 7, drop("choice_d")),
         ["questions[7]", "choice_d"]),
        ("unknown type", SEED, JSON, at("questions", 7, put("question_type_id", 77)),
         ["questions[7]", "question_type_id", "77"]),
        ("two pictures", SEED, JSON, at("questions", 7, put("data_id", ["a", "b"])),
         ["questions[7]", "data_id"]),
        ("a picture outside", SEED, JSON, at("questions", 7, put("data_id", "../a")),
         ["questions[7]", "data_id", "../a"]),
        ("a picture that is not there", SEED, JSON, at("questions", 7, put("data_id", "9_9")),
         ["questions[7]", "data_id", "9_9"]),
        ("a question id twice", SEED, JSON, lambda d: put("question_id", d["questions"][8]["question_id"])(
            d["questions"][7]), ["questions[8]", "before"]),
    ],
    "tsv_pope": [
        ("answer Maybe", POPE_TSV, TABLE, 3, put("answer", "Maybe"),
         ["POPE.tsv", "answer", "Maybe"], ["--kind", "yes_no"]),
        ("bad base64", POPE_TSV, TABLE, 1, put("image", "!" * 80), ["POPE.tsv:2", "image", "!!!"]),
        ("no picture", POPE_TSV, TABLE, 1, put("image", "QUJD" * 30), ["POPE.tsv:2", "picture"]),
        ("a reference to no row", POPE_TSV, TABLE, 3, put("image", "4711"),
         ["POPE.tsv:4", "image", "4711"]),
        ("a reference to a reference", POPE_TSV, TABLE, 3, put("image", "1"),
         ["POPE.tsv:4", "image", "1"]),
        ("an index twice", POPE_TSV, TABLE, 3, put("index", "1"), ["POPE.tsv:4", "index", "1"]),
        ("no index", POPE_TSV, TABLE, 3, put("index", ""), ["POPE.tsv:4", "index"]),
        ("no question", POPE_TSV, TABLE, 3, put("question", " "), ["POPE.tsv:4", "question"]),
    ],
    "tsv_choices": [
        ("a letter without option", MCQ, TABLE, 4, put("answer", "D"), ["DEMO_MCQ.tsv", "answer", "D"]),
        ("no letter", MCQ, TABLE, 2, put("answer", "2"), ["DEMO_MCQ.tsv", "answer", "2"],
         ["--kind", "choice"]),
    ],
    "tsv_textvqa": [
        ("nine answers", TEXT_TSV, TABLE, 3, put("answer", str(["a"] * 9)),
         ["TextVQA_VAL.tsv:4", "answer", "9"], ["--kind", "vqa"]),
        ("a list that does not end", TEXT_TSV, TABLE, 3, put("answer", "['a', 'b"),
         ["TextVQA_VAL.tsv:4", "answer", "['a', 'b"], ["--kind", "vqa"]),
        ("a list that calls", TEXT_TSV, TABLE, 3, put("answer", "[print('a')]"),
         ["TextVQA_VAL.tsv:4", "answer", "print"], ["--kind", "vqa"]),
    ],
    "jsonl_choices": [
        ("a letter without option", "jsonl/choices.jsonl", LINE, 2, put("answer", "E"),
         ["choices.jsonl:2", "answer", "E"]),
        ("an empty option", "jsonl/choices.jsonl", LINE, 2, put("choices", ["a", ""]),
         ["choices.jsonl:2", "choices"]),
        ("options that are a text", "jsonl/choices.jsonl", LINE, 2, put("choices", "ab"),
         ["choices.jsonl:2", "choices", "ab"]),
    ],
    "jsonl_vqa": [
        ("answers that are a text", "jsonl/vqa.jsonl", LINE, 2, put("answers", "ab"),
         ["vqa.jsonl:2", "answers", "ab"]),
    ],
    "pope_merged": [
        ("unknown split", "pope_merged/llava_pope_test.jsonl", LINE, 2, put("category", "easy"),
         ["llava_pope_test.jsonl:2", "category", "easy"]),
        ("an id twice", "pope_merged/llava_pope_test.jsonl", LINE, 2, put("question_id", 0),
         ["llava_pope_test.jsonl:2", "question_id", "0"]),
        ("a question without label", "pope_merged/llava_pope_test.jsonl", LINE, 2,
         put("text", "Is there a sofa in the image?"), ["llava_pope_test.jsonl:2", "label", "sofa"]),
    ],
    "pope_v2": [
        ("label in lower case", "pope_v2/POPEv2.json", JSON, lambda d: put("label", "yes")(d[2]),
         ["POPEv2.json", "label", "yes"]),
        ("no picture name", "pope_v2/POPEv2.json", JSON, lambda d: drop("image_name")(d[2]),
         ["POPEv2.json", "image_name"]),
    ],
    "counting_set": [
        ("no number", "counting_set/counting.json", JSON, lambda d: put("answer", "many")(d[2]),
         ["counting.json", "answer", "many"]),
    ],
}


class Damage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.demo = official.Demo()

    @classmethod
    def tearDownClass(cls):
        cls.demo.remove()

    def refused(self, root, name, *texts, more=()):
        """The import stops with 7, says all the texts and leaves nothing."""
        out = root / "tables/t.h5"
        done = official.run(root, name, out, *more)
        self.assertEqual(done.returncode, 7, f"{done.stdout}\n{done.stderr}")
        for text in texts:
            self.assertIn(text, done.stderr)
        left = list(out.parent.iterdir()) if out.parent.exists() else []
        self.assertEqual(left, [], "something stays behind")
        return done.stderr

    def whole(self, name, root=None, *more):
        """Imports without complaint; the table's rows and facts."""
        root = root or self.demo.root
        out = root / f"whole/{name}.h5"
        done = official.run(root, name, out, "--force", *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows, _, facts = official.read(out)
        return rows, facts, done.stdout

    def test_malformed_rows_are_refused_or_skipped(self):
        for name, cases in BAD_ROWS.items():
            rows = len(self.demo.truths[name])
            for what, file, editor, *rest in cases:
                more = rest.pop() if isinstance(rest[-2], list) else []
                *arguments, texts = rest
                with self.subTest(set=name, damage=what), \
                        self.demo.copy(FOLDER[name], "stored") as root:
                    editor(root / file, *arguments)
                    self.refused(root, name, *texts, more=more)
                    left, facts, printed = self.whole(name, root, "--on-error", "skip", *more)
                    skipped = int(facts["skipped"])
                    self.assertGreaterEqual(skipped, 1)
                    self.assertLessEqual(len(left) + skipped, rows + 1)
                    self.assertGreaterEqual(len(left), rows - 4)
                    reasons = " ".join(json.loads(facts["skipped_reasons"]))
                    for text in texts:
                        self.assertIn(text, reasons)
                    self.assertIn(str(skipped), printed)

    def test_cut_and_empty_files_and_bytes_that_are_no_text(self):
        for name, (_, file, *_) in official.SETS.items():
            if name == "mme":
                continue
            with self.subTest(set=name), self.demo.copy(FOLDER[name], "stored") as root:
                path = root / file
                content = path.read_bytes()
                path.write_bytes(content[:-len(content) // 3])
                self.refused(root, name, path.name)
                path.write_bytes(b"")
                self.refused(root, name, path.name)
                at = content.index(b"image?")
                path.write_bytes(content[:at] + b"\xff\xc0" + content[at + 2:])
                self.assertIn("UTF-8", self.refused(root, name, path.name))
                path.unlink()
                self.refused(root, name, path.name)

    def test_byte_order_mark_crlf_and_blank_lines_are_read(self):
        for name, (_, file, *_) in official.SETS.items():
            if name == "mme" or name.startswith("tsv"):
                continue
            want, _, _ = self.whole(name)
            with self.subTest(set=name), self.demo.copy(FOLDER[name], "stored") as root:
                path = root / file
                content = path.read_bytes().replace(b"}, {", b"},\n{").replace(b"\n", b"\r\n")
                path.write_bytes(b"\xef\xbb\xbf" + content + b"\r\n\r\n\n")
                self.assertEqual(self.whole(name, root)[0], want)

    def test_tables_with_crlf(self):
        for name in ("tsv_pope", "tsv_mme", "tsv_textvqa"):
            want, _, _ = self.whole(name)
            with self.subTest(set=name), self.demo.copy("vlmevalkit", "stored") as root:
                path = root / official.SETS[name][1]
                path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
                self.assertEqual(self.whole(name, root)[0], want)

    def test_cells_and_headers_of_tables(self):
        file = official.SETS["tsv_pope"][1]
        for change, texts in (
            (lambda b: b.replace(b"index\t", b"number\t", 1), ["index"]),
            (lambda b: b.replace(b"\tquestion\t", b"\ttext\t", 1), ["question"]),
            (lambda b: b.replace(b"\tYes\t", b"\tYes\tmore\t", 1), [":2", "6", "5"]),
            (lambda b: b.replace(b"\tYes\t", b"\t", 1), [":2", "4", "5"]),
            (lambda b: b.replace(b"\tIs there", b'\t"Is there', 1), ["quote"]),
        ):
            with self.subTest(texts=texts), self.demo.copy("vlmevalkit", "stored") as root:
                (root / file).write_bytes(change((root / file).read_bytes()))
                self.refused(root, "tsv_pope", "POPE.tsv", *texts)

    def test_a_missing_picture_is_an_error_never_a_smaller_set(self):
        for name, folder in (("vqav2", "val2014"), ("textvqa", "textvqa"), ("mm_vet", "mm_vet"),
                             ("llava_bench_coco", "val2014"), ("seed_bench", "seed_bench"),
                             ("llava_bench_in_the_wild", "llava_bench_in_the_wild"),
                             ("jsonl_yes_no", "val2014"), ("pope_merged", "val2014"),
                             ("pope_v2", "val2014"), ("counting_set", "val2014")):
            rows, _, _ = self.whole(name)
            with self.subTest(set=name), self.demo.copy(folder, FOLDER[name]) as root:
                image = rows[5]["image"]
                victim = root / official.SETS[name][3] / image
                if not victim.exists() and name == "pope_v2":
                    victim = root / "val2014" / image
                victim.unlink()
                self.refused(root, name, image.split("/")[-1].removeprefix("COCO_val2014_"))

    def test_folders_of_mme(self):
        text = "existence"

        def first(root):
            return sorted((root / official.MME / text).glob("*.txt"))[0]

        def rewrite(change):
            return lambda root: first(root).write_text(change(first(root).read_text()))

        for what, edit, texts in (
            ("one question", rewrite(lambda t: t.split("\n")[0]), ["1 question"]),
            ("three questions", rewrite(lambda t: t + "More?\tYes\n"), ["3 questions"]),
            ("truth in lower case", rewrite(lambda t: t.replace("\tYes", "\tyes")), [".txt:", "yes"]),
            ("no tab", rewrite(lambda t: t.replace("\t", " ", 1)), [".txt:1", "cells"]),
            ("empty", rewrite(lambda t: ""), ["empty"]),
            ("no picture", lambda root: first(root).with_suffix(".jpg").unlink(), ["no image"]),
            ("unknown category", lambda root: (root / official.MME / "smells").mkdir(), ["smells"]),
            ("bad bytes", lambda root: first(root).write_bytes(b"Is\xff there?\tYes\nIs there?\tNo\n"),
             [".txt:1", "UTF-8"]),
        ):
            with self.subTest(damage=what), self.demo.copy("mme") as root:
                edit(root)
                self.refused(root, "mme", *texts)
                rows, facts, _ = self.whole("mme", root, "--on-error", "skip")
                self.assertEqual(int(facts["skipped"]), 1)
        with self.demo.copy("mme") as root:
            for file in (root / official.MME).rglob("*.txt"):
                file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes().replace(b"\n", b"\r\n"))
            self.assertEqual(self.whole("mme", root)[0], self.whole("mme")[0])

    def test_pairs_of_files_that_do_not_belong_together(self):
        def questions_less(root):
            edit_json(root / VQA, lambda d: d["questions"].pop() and None)

        def annotations_less(root):
            edit_json(root / ANNOTATIONS, lambda d: d["annotations"].pop() and None)

        for edit in (questions_less, annotations_less):
            with self.subTest(edit=edit.__name__), self.demo.copy("vqav2") as root:
                edit(root)
                self.refused(root, "vqav2", "question_id")
        for file, change in ((WILD_TOLD, lambda row: put("question_id", 999)(row)),
                             (WILD_CONTEXT, lambda row: put("image", "999.jpg")(row))):
            with self.subTest(file=file), self.demo.copy("llava_bench_in_the_wild") as root:
                edit_line(root / file, 2, change)
                self.refused(root, "llava_bench_in_the_wild", file.split("/")[1])
        for file in (WILD_TOLD, WILD_CONTEXT):
            with self.subTest(file=file, gone=True), \
                    self.demo.copy("llava_bench_in_the_wild") as root:
                (root / file).write_text("{\n")
                self.refused(root, "llava_bench_in_the_wild", file.split("/")[1])


if __name__ == "__main__":
    unittest.main(verbosity=2)
