"""A whole page: head with a strict content security policy, skip link, contents, main part."""
import base64
import hashlib
import os
import pathlib

from html_text import element, esc

HERE = pathlib.Path(__file__).parent


def hash_of(text):
    """The source expression that allows exactly this inline text."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode() + "'"


def policy(style, script):
    """Only this script and this style sheet run, only pictures inside the page are shown, nothing is
    loaded or sent. Style attributes (matplotlib's SVG has them) cannot load anything then."""
    return "; ".join(["default-src 'none'", "img-src data:", f"script-src {hash_of(script)}",
                      "style-src 'unsafe-inline'", f"style-src-elem {hash_of(style)}",
                      "style-src-attr 'unsafe-inline'", "base-uri 'none'", "form-action 'none'"])


def contents(links):
    """Navigation; links: (id, text) of parts that the page has."""
    if not links:
        return ""
    return element("nav", element("ul", *(element("li", element("a", esc(text), href=f"#{name}"))
                                          for name, text in links)), aria_label="Contents")


def document(title, over, heading, lead, links, body):
    """The page as text. `over`: the line above the heading; `lead`: HTML below it."""
    style = (HERE / "style.css").read_text(encoding="utf-8")
    script = (HERE / "script.js").read_text(encoding="utf-8")
    head = element(
        "head", '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{esc(policy(style, script))}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        '<meta name="color-scheme" content="light dark">',
        element("title", esc(title)), element("style", style))
    header = element("header", element("p", esc(over), class_="over"),
                     element("h1", esc(heading)), lead)
    page = element("body", element("a", "Skip to the results", href="#main", class_="skip"), header,
                   contents(links), element("main", body, id="main"),
                   element("p", id="spoken", class_="spoken", aria_live="polite"),
                   element("script", script))
    return f'<!DOCTYPE html>\n<html lang="en">{head}{page}</html>\n'


def write(path, text):
    """Writes the page as a whole (temporary neighbour, then rename)."""
    path = pathlib.Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
    return path
