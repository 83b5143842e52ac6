"""Beside the paper: each printed figure and ours, by verdict."""
import re

import result_tables
from html_table import table
from html_text import Raw, details, element, esc, paragraph, part, section

VERDICTS = {  # verdict -> (mark, heading, meaning)
    "inside": ("\u2713", "Inside our interval", "the printed figure lies in our 95 % interval"),
    "outside": ("\u2715", "Outside our interval", "the printed figure lies outside our 95 % interval"),
    "not testable": ("?", "Not testable", "we have no interval, or another checkpoint, set or n"),
    "other definition": ("\u2260", "Another definition",
                         "the printed figure comes from another definition than its text says")}
KEYED = re.compile(r"(\d+|C\d+|\([a-z]+\)|Notes)[: ]")  # notes that the columns below say in full
MOVED = {"Verdict", "Definition", "Command", "Unverified", "Notes"}  # headings that this section writes itself


def joined(data):
    """[(machine row, display row)]; both forms of the table go row by row."""
    if len(data["rows"]) != len(data["display"]):
        return []
    return list(zip(data["rows"], data["display"]))


def mark(verdict):
    sign, _, meaning = VERDICTS.get(verdict, ("", "", ""))
    return Raw(element("span", f'<span aria-hidden="true">{sign}</span> ', esc(verdict),
                       class_=f"mark {verdict.replace(' ', '-')}", title=meaning))


def group_table(data, verdict, pairs):
    keep = [i for i, name in enumerate(data["headers"]) if name not in MOVED]
    body = [[*(display[i] for i in keep), mark(verdict), str(row.get("reason") or "-"),
             str(row.get("definition") or "-"), printed_note(row)] for row, display in pairs]
    _, heading, meaning = VERDICTS.get(verdict, ("", verdict, ""))
    title = f"{heading}: {meaning} ({len(pairs)})" if meaning else f"{heading} ({len(pairs)})"
    headers = [data["headers"][i] for i in keep] + ["Verdict", "Why", "Definition used", "How it was printed"]
    numeric = [data["numeric"][i] for i in keep] + [False] * 4
    shown = table(title, headers, numeric, body, result_tables.text_columns(numeric))
    return details(title, shown, long=len(body) > result_tables.PRINTED_ROWS) \
        if len(body) > result_tables.FOLD_FROM else shown


def printed_note(row):
    """How the printed figure came about, as far as it is known, and whether we could verify it."""
    texts = [str(row["print"])] if row.get("print") else []
    if row.get("unverified") not in (None, "", 0, "0", "no", False):
        texts.append("not verified: no source beyond the printed value")
    return "; ".join(texts) or "-"


def commands(pairs):
    """Each command that makes figures again, once, with the tables it is for."""
    found = {}
    for row, display in pairs:
        if row.get("command"):
            found.setdefault(str(row["command"]), []).append(display[0])
    if not found:
        return ""
    return details(f"How to make these figures again ({len(found)})", *(
        element("p", esc(", ".join(dict.fromkeys(tables))), class_="small") +
        element("pre", element("code", esc(command)), tabindex="0") for command, tables in found.items()))


def general_notes(data):
    """Notes on the whole table; those on single rows stand in their columns."""
    return result_tables.notes({"notes": [note for note in data.get("notes") or []
                                          if not KEYED.match(str(note))]})


def build(run):
    data = run.tables.get("paper_delta")
    title = "Beside the paper"
    if not data:
        return section("paper", title, paragraph("The table paper_delta was not made."))
    lead = paragraph("Figures of arXiv 2606.17389 as printed, and ours. Another checkpoint, set or n is not expected to "
                     "give the same figure; the definition used stands beside each.")
    pairs = joined(data)
    if not any(row.get("verdict") for row, _ in pairs):
        return section("paper", title, lead, result_tables.one("paper_delta", data))
    names = [*VERDICTS, *dict.fromkeys(row["verdict"] for row, _ in pairs if row["verdict"] not in VERDICTS)]
    groups = {name: [pair for pair in pairs if pair[0]["verdict"] == name] for name in names}
    tables = "".join(group_table(data, name, group) for name, group in groups.items() if group)
    return section("paper", title, lead, part("paper_delta", "By verdict", tables, commands(pairs),
                                              general_notes(data), result_tables.files("paper_delta")))
