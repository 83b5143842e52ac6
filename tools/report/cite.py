"""How to cite the tool and the paper, from the licence and the manifest."""
import pathlib
import re

from html_text import code_block, element, esc, paragraph, section

LICENCE = pathlib.Path(__file__).parents[2] / "LICENSE"
PAPER = "2606.17389"


def copyright_of(licence=LICENCE):
    """(year or None, authors) of the licence's copyright line."""
    try:
        found = re.search(r"Copyright \(c\) (\d{4})\S* (.+)", licence.read_text(encoding="utf-8"))
    except OSError:
        found = None
    return (found.group(1), found.group(2).strip()) if found else (None, "The VRP authors")


def bibtex(text):
    """A value between braces; characters that TeX reads are escaped."""
    text = re.sub(r"[\x00-\x1f]+", " ", str(text)).replace("\\", "/")
    return re.sub(r"([{}%#&$_^~])", lambda found: "\\" + found.group(1) + ("{}" if found.group(1) in "^~" else ""),
                  text)


def entry(kind, key, fields):
    lines = [f"  {name:<13} = {{{value}}}" for name, value in fields if value]
    return f"@{kind}{{{key},\n" + ",\n".join(lines) + "\n}"


def tool_entry(manifest, licence=LICENCE):
    year, authors = copyright_of(licence)
    program = str(manifest.get("program") or "").split()
    version = program[-1] if program and any(c.isdigit() for c in program[-1]) else ""
    revision = str(manifest.get("revision") or "")
    return entry("software", f"vrp{year or ''}", [
        ("author", "{" + bibtex(authors) + "}"), ("title", "{VRP}: the {VLM} Reliability Probe"), ("year", year),
        ("version", bibtex(version)),
        ("note", bibtex(f"code revision {revision}") if revision not in ("", "?", "unknown") else "")])


def paper_entry():
    return entry("misc", f"arxiv{PAPER}", [
        ("eprint", PAPER), ("archiveprefix", "arXiv"), ("year", "20" + PAPER[:2]),
        ("howpublished", f"arXiv:{PAPER}")])


def build(run):
    return section("cite", "How to cite", paragraph(
        "The tool, in the version that made these numbers:"), code_block(tool_entry(run.manifest)),
        element("p", esc("The paper whose definitions and tables this follows (its authors and title are those of "
                         "the arXiv record):")), code_block(paper_entry()))
