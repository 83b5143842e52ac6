"""Every demo set in its benchmark's file format comes back from its item table as the generator made it:
each question, answer, choice, picture and type, and nothing more. A second import changes nothing.
"""
import unittest

import official


class RoundTrip(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.demo = official.Demo()

    @classmethod
    def tearDownClass(cls):
        cls.demo.remove()

    def table(self, name, *more):
        """Imports a set twice; (rows, facts)."""
        out = self.demo.root / f"tables/{name}.h5"
        done = official.run(self.demo.root, name, out, *more)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows, kind, facts = official.read(out)
        self.assertEqual(kind, official.SETS[name][4])
        self.assertEqual(facts["importer"].split("@")[0].replace("_", "-"), official.SETS[name][0])
        before = out.stat().st_mtime_ns
        again = official.run(self.demo.root, name, out, *more)
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertEqual(out.stat().st_mtime_ns, before, "an equal table was written again")
        return rows, facts

    def compare(self, name, *more):
        """Every field of every item against the generator's truth (None = not said there)."""
        rows, facts = self.table(name, *more)
        truths = self.demo.truths[name]
        self.assertGreater(len(truths), 5)
        self.assertEqual(len(rows), len(truths))
        if name == "mme":  # a folder has no order
            rows, truths = (sorted(x, key=lambda row: row["id"]) for x in (rows, truths))
        for k, (row, truth) in enumerate(zip(rows, truths)):
            with self.subTest(set=name, item=k):
                for field in ("question", "answers", "choices", "hint"):
                    self.assertEqual(row[field], truth[field], field)
                for field in ("answer", "type"):
                    if truth[field] is not None:
                        self.assertEqual(row[field], truth[field], field)
                if truth["image"]:
                    self.assertTrue(row["image"].endswith(truth["image"]), row["image"])
                if truth["id"] not in ("", "None"):
                    self.assertEqual(row["id"], truth["id"])
        return rows, truths, facts

    def test_vqav2(self):
        rows, truths, _ = self.compare("vqav2")
        self.assertEqual({r["metadata"]["answer_type"] for r in rows}, {"yes/no", "number", "other"})
        self.assertTrue(all(len(r["answers"]) == 10 for r in rows))
        self.assertTrue(any(len(set(t["answers"])) == 1 for t in truths), "no unanimous question")
        self.assertEqual([r["image"] for r in rows], ["val2014/" + t["image"] for t in truths])

    def test_vqav2_questions_without_answers(self):
        rows, _, _ = self.compare("vqav2_test")
        self.assertEqual({r["answer"] for r in rows}, {""})

    def test_textvqa(self):
        rows, _, _ = self.compare("textvqa")
        self.assertEqual({r["metadata"]["set_name"] for r in rows}, {"val"})

    def test_textvqa_with_ocr_tokens_is_another_set(self):
        plain, truths, _ = self.compare("textvqa")
        root = self.demo.root
        out = root / "tables/textvqa_ocr.h5"
        done = official.run(root, "textvqa", out, "--ocr",
                            root / "textvqa/TextVQA_Rosetta_OCR_v0.2_val.json")
        self.assertEqual(done.returncode, 0, done.stderr)
        rows, _, _ = official.read(out)
        self.assertEqual(len(rows), len(plain))
        self.assertFalse({r["key"] for r in rows} & {r["key"] for r in plain})
        for row, truth in zip(rows, truths):
            line = f"{truth['question']}\nReference OCR token: {', '.join(truth['tokens'])}"
            self.assertEqual(row["question"].rstrip(), line.rstrip())
            self.assertEqual(row["answers"], truth["answers"])

    def test_llava_bench(self):
        for name in ("llava_bench_coco", "llava_bench_in_the_wild"):
            rows, _, _ = self.compare(name)
            self.assertEqual({r["metadata"]["category"] for r in rows}, {"conv", "detail", "complex"})
        self.assertEqual(len(rows), 60)

    def test_mm_vet(self):
        rows, truths, _ = self.compare("mm_vet")
        self.assertEqual([r["metadata"]["capability"] for r in rows],
                         [t["capability"] for t in truths])
        self.assertLess(len({r["image"] for r in rows}), len(rows), "no picture is shared")

    def test_mme(self):
        rows, truths, _ = self.compare("mme")
        self.assertEqual(len({r["type"] for r in rows}), 14)
        pairs = {}
        for row in rows:
            pairs.setdefault(row["metadata"]["pair"], []).append(row["answer"])
        self.assertEqual({tuple(sorted(p)) for p in pairs.values()}, {("no", "yes")})

    def test_mme_of_the_newer_archives_lies_one_level_deeper(self):
        with self.demo.copy("mme") as root:
            folder = root / official.MME
            (folder / "MME_Benchmark").mkdir()
            for category in [c for c in folder.iterdir() if c.name != "MME_Benchmark"]:
                category.rename(folder / "MME_Benchmark" / category.name)
            done = official.run(root, "mme", root / "t.h5")
            self.assertEqual(done.returncode, 0, done.stderr)
            rows, _, _ = official.read(root / "t.h5")
            self.assertEqual({r["id"] for r in rows}, {t["id"] for t in self.demo.truths["mme"]})

    def test_seed_bench(self):
        rows, _, facts = self.compare("seed_bench")
        self.assertEqual(len({r["type"] for r in rows}), 9)
        self.assertEqual({r["metadata"]["data_type"] for r in rows}, {"image"})
        self.assertEqual(int(facts["source_rows"]) - len(rows), 6, "video items are left out, counted")

    def test_tables_of_vlmevalkit(self):
        for name in ("tsv_pope", "tsv_choices", "tsv_textvqa", "tsv_mme"):
            rows, truths, _ = self.compare(name)
            folder = self.demo.root / official.SETS[name][3]
            for row, truth in zip(rows, truths):
                with open(truth["picture"], "rb") as want:
                    self.assertEqual((folder / row["image"]).read_bytes(), want.read())

    def test_pope_merged(self):
        rows, truths, _ = self.compare("pope_merged")
        self.assertEqual([r["key"].split("/")[1] for r in rows], [t["split"] for t in truths])

    def test_pope_v2(self):
        self.compare("pope_v2")

    def test_counting_set(self):
        self.compare("counting_set")

    def test_jsonl(self):
        for name in ("jsonl_yes_no", "jsonl_choices", "jsonl_vqa"):
            self.compare(name)


if __name__ == "__main__":
    unittest.main(verbosity=2)
