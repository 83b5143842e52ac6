"""pdflatex compiles the tables of a run and tables full of hostile text, and nothing runs off the page.

usage: latex_test.py PATH_OF_make_report_run PATH_OF_latex_program
Exits 77 (skipped) where there is no pdflatex.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

PDFLATEX = shutil.which("pdflatex")
MAKER, HOSTILE = (sys.argv.pop(1), sys.argv.pop(1)) if len(sys.argv) > 2 else (None, None)
OVERFULL = 3.0  # pt, about 1 mm: what a line may stand out


def preamble(fragment):
    """The two-line document of a fragment, as its first line says."""
    sideways = "sideways" in fragment.splitlines()[0]
    packages = re.search(r"Preamble: (.*)", fragment.splitlines()[0]).group(1)
    return (f"\\documentclass[10pt,a4paper{',landscape' if sideways else ''}]{{article}}{packages}"
            "\\usepackage[margin=2cm]{geometry}\n")


class Latex(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="vrp-latex-")
        cls.base = pathlib.Path(cls.temporary.name)
        subprocess.run([MAKER, str(cls.base / "run")], check=True)
        subprocess.run([HOSTILE, str(cls.base / "hostile")], check=True)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def compiled(self, folder, name):
        """The log of pdflatex over NAME.tex, which must end well."""
        done = subprocess.run([PDFLATEX, "-interaction=batchmode", "-halt-on-error", f"{name}.tex"], cwd=folder,
                              capture_output=True, env={**os.environ, "max_print_line": "1000"})
        log = (folder / f"{name}.log").read_text(encoding="latin-1")
        errors = [line for line in log.splitlines() if line.startswith("!")]
        self.assertEqual((done.returncode, errors), (0, []), f"{folder.name}/{name}: {log[-1500:]}")
        for fault in ("Undefined control sequence", "Missing character", "Float too large", "Font shape"):
            self.assertNotIn(fault, log, f"{folder.name}/{name}")
        for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt too wide\)", log):
            self.assertLessEqual(float(width), OVERFULL, f"{folder.name}/{name}: overfull")
        self.assertNotIn("Overfull \\vbox", log, f"{folder.name}/{name}")
        self.assertIn("Output written on", log)
        return log

    def check_folder(self, folder):
        self.compiled(folder, "all")
        log = self.compiled(folder, "all")  # the second time with the list of tables
        self.assertNotIn("multiply defined", log)
        fragments = sorted(path for path in folder.glob("*.tex") if path.stem not in ("all", "single"))
        self.assertGreaterEqual(len(fragments), 6)
        for path in fragments:
            with self.subTest(fragment=path.name):
                text = path.read_text(encoding="utf-8")
                self.assertIn(f"\\label{{tab:{path.stem}}}", text)
                (folder / "single.tex").write_text(
                    preamble(text) + f"\\begin{{document}}\\input{{{path.stem}}}\\end{{document}}\n")
                self.compiled(folder, "single")

    def test_the_tables_of_a_run(self):
        self.check_folder(self.base / "run/reduce/tables")

    def test_tables_full_of_hostile_text(self):
        self.check_folder(self.base / "hostile")

    def test_the_checks_can_fail(self):
        folder = self.base / "broken"
        folder.mkdir()
        for name, body in (("undefined", "\\nosuchcommand"), ("special", "a & b"), ("unknown", "\u4e2d"),
                           ("wide", "\\noindent\\hbox to 30cm{x\\hfil y}")):
            (folder / f"{name}.tex").write_text(
                f"\\documentclass{{article}}\n\\begin{{document}}{body}\\end{{document}}\n", encoding="utf-8")
            with self.subTest(name=name), self.assertRaises(AssertionError):
                self.compiled(folder, name)


if __name__ == "__main__":
    if not MAKER:
        raise SystemExit(__doc__)
    if not PDFLATEX:
        print("skipped: pdflatex is not installed (Debian: texlive-latex-recommended)")
        raise SystemExit(77)
    unittest.main()
