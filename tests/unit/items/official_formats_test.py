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
        self.assertEqual(facts["importer"].split("@")[0].replace("_", "-"),
                         {"counting": "set"}.get(official.SETS[name][0], official.SETS[name][0]))
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

    def test_pope_merged(self):
        rows, truths, _ = self.compare("pope_merged")
        self.assertEqual([r["key"].split("/")[1] for r in rows], [t["split"] for t in truths])

    def test_pope_v2(self):
        self.compare("pope_v2")

    def test_counting_set(self):
        self.compare("counting_set")

    def test_jsonl(self):
        self.compare("jsonl_yes_no")


if __name__ == "__main__":
    unittest.main(verbosity=2)
