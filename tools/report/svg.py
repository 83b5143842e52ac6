"""matplotlib figures as inline SVG, as files, and the plotted numbers as CSV."""
import csv
import io
import re

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (after the backend is chosen)

from html_text import element, esc  # noqa: E402

# Okabe and Ito's palette: told apart by people with any common colour vision; line styles differ too.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
STYLES = ["-", "--", "-.", ":", (0, (5, 1)), (0, (3, 1, 1, 1)), (0, (1, 1))]
MARKERS = ["o", "s", "^", "D", "v", "P", "X"]

pyplot.rcParams.update({
    "svg.fonttype": "none", "font.family": "sans-serif", "font.size": 10, "axes.spines.top": False,
    "axes.spines.right": False, "axes.grid": True, "grid.color": "#dddddd", "grid.linewidth": 0.6,
    "axes.axisbelow": True, "legend.frameon": False, "legend.fontsize": 9, "figure.dpi": 100,
    "axes.edgecolor": "#444444", "text.color": "#1a1a1a", "axes.labelcolor": "#1a1a1a",
    "xtick.color": "#1a1a1a", "ytick.color": "#1a1a1a", "savefig.facecolor": "white"})


def inline(text, prefix, label):
    """The <svg> element alone, with ids that no other figure has, a name for screen readers, and
    no metadata, prologue or fixed size."""
    text = text[text.index("<svg"):]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r"<!--.*?-->", "", text, flags=re.S)
    text = re.sub(r'\bid="([^"]+)"', rf'id="{prefix}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{prefix}-\1)", text)
    text = re.sub(r'(xlink:)?href="#([^"]+)"', rf'href="#{prefix}-\2"', text)
    head, rest = text.split(">", 1)
    head = re.sub(r'\s(width|height)="[^"]*"', "", head)
    return f'{head} role="img" aria-label="{esc(label)}">{rest}'


class Writer:
    """Saves figures under RUN/reduce/figures and returns them for the page."""

    def __init__(self, run):
        self.run = run
        self.folder = run.root / "reduce" / "figures"
        self.used = set()

    def _name(self, name):
        safe = re.sub(r"[^A-Za-z0-9._-]+", "_", name).strip("._") or "figure"
        unique, number = safe, 2
        while unique in self.used:
            unique, number = f"{safe}_{number}", number + 1
        self.used.add(unique)
        return unique

    def add(self, figure, name, caption, header=(), rows=None):
        """<figure> with the SVG; writes NAME.svg, NAME.png and, with rows, NAME.csv."""
        name = self._name(name)
        matplotlib.rcParams["svg.hashsalt"] = name
        buffer = io.StringIO()
        plain = {"Date": None, "Creator": None, "Format": None, "Type": None}
        figure.savefig(buffer, format="svg", metadata=plain)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / f"{name}.svg").write_text(buffer.getvalue(), encoding="utf-8")
            figure.savefig(self.folder / f"{name}.png", dpi=120, metadata={"Software": None})
            if rows is not None:
                with open(self.folder / f"{name}.csv", "w", newline="", encoding="utf-8") as file:
                    writer = csv.writer(file, lineterminator="\n")
                    writer.writerow(header)
                    writer.writerows(rows)
        except OSError as error:
            self.run.problem(f"{self.folder / name}: cannot be written: {error}")
        pyplot.close(figure)
        return element("figure", inline(buffer.getvalue(), name, caption),
                       element("figcaption", esc(caption)))


def new(width=4.6, height=3.4, **options):
    return pyplot.subplots(figsize=(width, height), layout="constrained", **options)
