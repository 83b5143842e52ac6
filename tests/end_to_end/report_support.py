"""What the tests of the report share: a made-up run, its page taken apart, and damaged copies."""
import html.parser
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

from PIL import Image, ImageDraw

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "report" / "report.py"
sys.path.insert(0, str(SCRIPT.parent))
import figures  # noqa: E402
import inside  # noqa: E402
import page  # noqa: E402
import run as runs  # noqa: E402

MAKER = sys.argv.pop(1) if len(sys.argv) > 1 else None
VOID = {"meta", "img", "br", "hr", "link", "input"}


def draw_pictures(folder):
    folder.mkdir(parents=True)
    for i in range(24):
        image = Image.new("RGB", (200, 160), (120, 140, 90 + i))
        ImageDraw.Draw(image).ellipse([60, 40, 110, 100], fill=(200, 60, 40))
        image.save(folder / f"scene-{i}.png")


def make_run(folder):
    draw_pictures(folder / "images")
    subprocess.run([MAKER, str(folder)], check=True)


class Outline(html.parser.HTMLParser):
    """Checks that tags nest, and collects what the tests ask about."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.ids, self.text, self.faults = [], [], [], [], []
        self.feed(text)
        self.close()
        if self.open:
            self.faults.append(f"never closed: {self.open}")

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.ids += [value for name, value in attrs if name == "id"]

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> closes something else at {self.getpos()}")

    def handle_data(self, data):
        if not self.open or self.open[-1] not in ("script", "style"):
            self.text.append(data)

    def named(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    def words(self):
        return " ".join("".join(self.text).split())


def build(folder, plots=True):
    """(page text, run) of a run folder; without plots where they are not the point, for speed."""
    run = runs.Run(folder)
    if plots:
        path = page.write(run)
    else:
        with unittest.mock.patch.object(figures, "build", lambda *_: ""), \
                unittest.mock.patch.object(inside, "build", lambda *_: ""), \
                unittest.mock.patch.object(figures, "auroc_overview", lambda *_: ""):
            path = page.write(run)
    return path.read_text(encoding="utf-8"), run


class RunTest(unittest.TestCase):
    """A made-up run, once for each class of tests."""

    @classmethod
    def setUpClass(cls):
        cls.temporary = tempfile.TemporaryDirectory(prefix="vrp-report-")
        cls.base = pathlib.Path(cls.temporary.name)
        cls.whole = cls.base / "whole"
        make_run(cls.whole)

    @classmethod
    def tearDownClass(cls):
        cls.temporary.cleanup()

    def assertIn(self, part, whole, message=None):
        """As unittest's, without a whole page in the message."""
        if part not in whole:
            self.fail(message or f"{str(part)[:400]!r} is not in it ({len(whole)} parts: {str(whole)[:200]!r}...)")

    def rows(self, name):
        """Rows of a table of the whole run, as the report reads them."""
        return runs.folded(json.loads((self.whole / f"reduce/tables/{name}.json").read_text()))

    def copy(self, name):
        """A copy of the whole run to damage; its images are those of the original."""
        target = self.base / name
        shutil.copytree(self.whole, target, ignore=shutil.ignore_patterns("images", "report.html"))
        return target

    def edit_manifest(self, folder, change):
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text())
        change(manifest)
        path.write_text(json.dumps(manifest))

    def edit_table(self, folder, name, change):
        path = folder / f"reduce/tables/{name}.json"
        data = json.loads(path.read_text())
        change(data)
        path.write_text(json.dumps(data))


def main(document):
    """Runs the tests of the calling file; needs the path of make_report_run."""
    if not MAKER or not pathlib.Path(MAKER).is_file():
        raise SystemExit(document)
    unittest.main(module="__main__")
