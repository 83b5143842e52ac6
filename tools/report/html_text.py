"""HTML from plain values. Everything that is not our own literal goes through `esc`."""
import html
import re

VOID = {"img", "meta", "br"}  # elements without content and end tag
LONGEST = 2000                # characters of a text from data that the page shows

# Control characters and lone surrogates would make the page invalid; marks that turn the direction
# of text could show a reader other words than the data hold.
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
TURNING = re.compile(r"[\u202a-\u202e\u2066-\u2069]")


def plain(value):
    """The text that is shown: no control characters, marks of direction by their names."""
    text = UNPRINTABLE.sub("\ufffd", str(value))
    return TURNING.sub(lambda found: f"[U+{ord(found.group()):04X}]", text)


def esc(value):
    """Text for element content and attributes."""
    return html.escape(plain(value), quote=True)


def clip(text, limit=LONGEST):
    """A text from data, cut where it would fill the page."""
    text = str(text)
    return text if len(text) <= limit else f"{text[:limit]}... ({len(text)} characters)"


def element(tag, *children, **attributes):
    """<tag a="v">children</tag>; children are HTML, attribute values are escaped here.

    Trailing underscores of attribute names are dropped (class_), other ones become hyphens."""
    text = "".join(f' {name.rstrip("_").replace("_", "-")}="{esc(value)}"'
                   for name, value in attributes.items() if value is not None)
    if tag in VOID:
        return f"<{tag}{text}>"
    return f"<{tag}{text}>{''.join(children)}</{tag}>"


class Raw(str):
    """HTML made by this package."""


def content(value):
    """HTML of a plain text, or a `Raw` as it is."""
    return value if isinstance(value, Raw) else esc(value)


def paragraph(text, class_=None):
    return element("p", content(text), class_=class_)


def bullets(texts):
    """An unordered list of texts; "" when there are none."""
    return element("ul", *(element("li", content(text)) for text in texts)) if texts else ""


def definition_list(pairs):
    """<dl> of (term, text or HTML marked by `Raw`)."""
    return element("dl", *(element("div", element("dt", esc(term)), element("dd", content(value)))
                           for term, value in pairs))


def section(identifier, title, *content_):
    heading = element("h2", esc(title), id=f"{identifier}-title")
    return element("section", heading, *content_, id=identifier,
                   aria_labelledby=f"{identifier}-title")


def part(identifier, title, *content_):
    """A part of a section, with a heading below the section's."""
    heading = element("h3", esc(title), id=f"{identifier}-title")
    return element("section", heading, *content_, id=identifier, class_="part",
                   aria_labelledby=f"{identifier}-title")


def details(summary, *content_, long=False, open_=False):
    """A folded part; `long`: it stays folded on paper."""
    text = element("details", element("summary", esc(summary)), *content_,
                   class_="long" if long else None)
    return text.replace("<details", "<details open", 1) if open_ else text


def code_block(text):
    """Text to copy, line by line."""
    return element("pre", element("code", esc(text)), tabindex="0")


def banner(word, text):
    """A stamp that cannot be overlooked: a word, then why."""
    return element("p", element("strong", esc(word)), " ", content(text), class_="partial")


def digest(value, length=16):
    """A long hash in short; the whole one as its title."""
    text = str(value or "?")
    return text if len(text) <= length else Raw(element("abbr", esc(text[:length] + "\u2026"), title=text))
