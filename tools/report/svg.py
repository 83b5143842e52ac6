"""matplotlib figures as inline SVG, as files, and the plotted numbers as CSV."""
import csv
import io
import pathlib
import re
import warnings

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (after the backend is chosen)

from html_text import element, esc, plain  # noqa: E402

# Okabe and Ito's palette: told apart by people with any common colour vision; line styles differ too.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
STYLES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]

pyplot.rcParams.update({
    "svg.fonttype": "none", "text.parse_math": False, "font.family": "sans-serif", "font.size": 10, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd", "grid.linewidth": 0.6,
    "axes.axisbelow": True, "legend.frameon": False, "legend.fontsize": 9, "figure.dpi": 100,
    "axes.edgecolor": "#444444", "text.color": "#1a1a1a", "axes.labelcolor": "#1a1a1a",
    "xtick.color": "#1a1a1a", "ytick.color": "#1a1a1a", "savefig.facecolor": "white"})

PLACES = re.compile(r'\s(?:d|x|y|points)="[^"]*"')  # coordinates, in points: 0.01 is enough
LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")


def inline(text, prefix, label):
    """The <svg> element alone, with ids that no other figure has, a name for screen readers, and
    without what the page says already: metadata, prologue, fixed size, fonts, unused ids."""
    text = text[text.index("<svg"):]
    for useless in (r"<metadata>.*?</metadata>", r"<!--.*?-->", r"<style.*?</style>", r"font-family: [^;\"]*;? ?",
                    r' transform="rotate\(-?0 [^)]*\)"'):
        text = re.sub(useless, "", text, flags=re.S)
    used = set(re.findall(r'(?:url\(|href=")#([^)"]+)', text))
    text = re.sub(r'\sid="([^"]+)"',
                  lambda found: f' id="{prefix}-{found.group(1)}"' if found.group(1) in used else "", text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    text = re.sub(r'(xlink:)?href="#([^"]+)"', rf'href="#{prefix}-\2"', text)
    text = PLACES.sub(lambda found: LONG_NUMBER.sub(
        lambda digits: f"{float(digits.group()):.2f}", " " + " ".join(found.group().split())), text)
    text = re.sub(r">\s+<", "><", text).replace("<g></g>", "")
    head, rest = text.split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{esc(label)}">{rest}'


class Writer:
    """Saves figures under RUN/reduce/figures and returns them for the page; without a run nothing is
    saved."""

    def __init__(self, run):
        self.run = run
        self.folder = run.root / "reduce" / "figures" if run else None
        self.used = set()

    def _name(self, name):
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "figure"
        unique, number = safe, 2
        while unique in self.used:
            unique, number = f"{safe}_{number}", number + 1
        self.used.add(unique)
        return unique

    def _save(self, name, write):
        """Calls write(path without its ending) in the folder of the figures, if there is one."""
        if self.folder is None:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write(str(self.folder / name))
        except OSError as error:
            self.run.problem(f"{self.folder / name}: cannot be written: {error}")

    def picture(self, image, name):
        """Saves a picture beside the figures as NAME.png."""
        self._save(self._name(name), lambda path: image.save(path + ".png"))

    def add(self, figure, name, caption, header=(), rows=None):
        """<figure> with the SVG; writes NAME.svg, NAME.png and, with rows, NAME.csv."""
        name = self._name(name)
        if rows is not None:
            caption += f" Numbers: reduce/figures/{name}.csv."
        matplotlib.rcParams["svg.hashsalt"] = name

        def save(path):
            pathlib.Path(path + ".svg").write_text(text, encoding="utf-8")
            figure.savefig(path + ".png", dpi=120, metadata={"Software": None})
            if rows is not None:
                with open(path + ".csv", "w", newline="", encoding="utf-8") as file:
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerow(header)
                    writer.writerows(rows)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Glyph .* missing")  # names from data may be of any script
            text = svg_text(figure)
            self._save(name, save)
        pyplot.close(figure)
        return element("figure", inline(text, f"f{len(self.used)}", caption), element("figcaption", esc(caption)))


def svg_text(figure):
    """The figure as an SVG file that is the same for the same numbers."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg",
                   metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    return plain(buffer.getvalue())


def new(width=4.6, height=3.4, **options):
    return pyplot.subplots(figsize=(width, height), layout="constrained", **options)
