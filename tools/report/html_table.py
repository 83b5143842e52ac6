"""Tables that are read aloud, sorted and printed."""
import re

from html_text import content, element, esc

TALL = 25  # rows; a longer table scrolls under its headings
TAG = re.compile(r"<[^>]*>")  # of cells that are HTML
LAYER = re.compile(r"L(\d+)(?:\s|$)")
NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
NOTHING = {"", "n/a", "-", "?"}
PLAIN = re.compile(r"-?\d+(?:\.\d+)?")


def value_of(text):
    """The number that a numeric cell is sorted by, or None: 67.6 of "67.6 %", 5 of "L5", -1 of
    "embeddings", the lower limit of an interval, just below 0.001 for "<0.001"."""
    text = text.strip().replace("\u2212", "-")
    if text in NOTHING or text.startswith("n/a"):
        return None
    if text == "embeddings":
        return -1.0
    layer = LAYER.match(text)
    if layer:
        return float(layer.group(1))
    found = NUMBER.search(text)
    if not found:
        return None
    value = float(found.group())
    return value - abs(value) * 1e-6 if text.startswith("<") else value


def sort_value(text):
    """The attribute data-value of a numeric cell; None when its text is the number already."""
    text = TAG.sub("", text)
    if PLAIN.fullmatch(text):
        return None
    value = value_of(text)
    return "" if value is None else f"{value:.12g}"


def cell(text, numeric, heads_row):
    """<td>, or <th> for a cell that heads its row."""
    return element("th" if heads_row else "td", content(text), scope="row" if heads_row else None,
                   class_="number" if numeric else None,
                   data_value=sort_value(text) if numeric else None)


def table(caption, headers, numeric, rows, row_headers=1):
    """A table with a caption, column and row scopes, inside a box that scrolls sideways.

    rows: lists of texts (or `Raw` HTML) as long as headers; the first `row_headers` cells head
    their row."""
    head = element("tr", *(element("th", esc(text), scope="col",
                                   class_="number" if numeric[i] else None)
                           for i, text in enumerate(headers)))
    body = [element("tr", *(cell(text, numeric[i], i < row_headers) for i, text in enumerate(row)))
            for row in rows]
    kind = "sortable" if body else None
    if not body:
        body = [element("tr", element("td", "No rows.", colspan=str(len(headers))))]
    return element("div", element("table", element("caption", esc(caption)), element("thead", head),
                                  element("tbody", *body), class_=kind),
                   class_="scroll tall" if len(body) > TALL else "scroll", tabindex="0", role="region", aria_label=caption)
