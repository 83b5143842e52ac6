"""HTML from plain values. Everything that is not our own literal goes through `esc`."""
import html
import re


VOID = {"img", "meta", "br"}  # elements without content and end tag


def esc(value):
    """Text for element content and attributes. Control characters would make the page invalid."""
    text = re.sub(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", "\ufffd", str(value))
    return html.escape(text, quote=True)


def element(tag, *children, **attributes):
    """<tag a="v">children</tag>; children are HTML, attribute values are escaped here.

    Trailing underscores of attribute names are dropped (class_), other ones become hyphens."""
    text = "".join(f' {name.rstrip("_").replace("_", "-")}="{esc(value)}"'
                   for name, value in attributes.items() if value is not None)
    if tag in VOID:
        return f"<{tag}{text}>"
    return f"<{tag}{text}>{''.join(children)}</{tag}>"


def paragraph(text, class_=None):
    return element("p", esc(text), class_=class_)


def bullets(texts):
    """An unordered list of plain texts; "" when there are none."""
    return element("ul", *(element("li", esc(text)) for text in texts)) if texts else ""


def definition_list(pairs):
    """<dl> of (term, text or HTML marked by `Raw`)."""
    return element("dl", *(element("div", element("dt", esc(term)),
                                   element("dd", value if isinstance(value, Raw) else esc(value)))
                           for term, value in pairs))


class Raw(str):
    """HTML made by this package."""


def section(identifier, title, *content):
    heading = element("h2", esc(title), id=f"{identifier}-title")
    return element("section", heading, *content, id=identifier,
                   aria_labelledby=f"{identifier}-title")


def details(summary, *content):
    return element("details", element("summary", esc(summary)), *content)


def table(caption, headers, numeric, rows, row_headers=1):
    """A table with a caption, column and row scopes, inside a box that scrolls sideways.

    rows: lists of plain texts as long as headers; the first `row_headers` cells head their row."""
    def cell(text, index):
        side = "number" if numeric[index] else None
        if index < row_headers:
            return element("th", esc(text), scope="row", class_=side)
        if text == "n/a":
            return element("td", element("abbr", "n/a", title="not defined, see the notes"),
                           class_=side)
        return element("td", esc(text), class_=side)
    head = element("tr", *(element("th", esc(text), scope="col",
                                   class_="number" if numeric[i] else None)
                           for i, text in enumerate(headers)))
    body = [element("tr", *(cell(text, i) for i, text in enumerate(row))) for row in rows]
    if not body:
        body = [element("tr", element("td", "No rows.", colspan=str(len(headers))))]
    return element("div", element("table", element("caption", esc(caption)), element("thead", head),
                                  element("tbody", *body)),
                   class_="scroll", tabindex="0", role="region", aria_label=caption)
