"""The run's tables as HTML, with the same cells as their Markdown and LaTeX forms."""
from html_text import bullets, details, element, esc, paragraph, section, table

TABLES = {  # id -> what the table says, in one sentence
    "class_balance": "How often each model was right, and how many items could not be used.",
    "T4": "Does the shape of the attention, or the agreement of sampled answers, go with being "
          "right? R is the correlation with correctness.",
    "pooled_sets": "What each set contributes to the pooled set.",
    "T7": "How well each signal ranks right answers above wrong ones: 0.5 is chance, 1 is perfect.",
    "T8": "The same next to what a signal costs.",
    "T10": "Does looking at the object that the question is about predict the answer?",
    "agreement": "How often answers are right at each level of agreement between the samples.",
    "risk_coverage": "What is gained by answering only the items with the best signal.",
    "calibration": "Whether a signal can be read as a probability of being right.",
    "label_audit": "Whether the choice of scorer changes who counts as right.",
    "paper_delta": "Our figures next to the printed ones.",
    "signals": "Every signal of every set.",
}
LONG = {"signals", "T10"}  # folded away unless short
FOLD_FROM = 40


def same_values(rows, index):
    return len(rows) > 1 and len({row[index] for row in rows}) == 1


def drop_constant_model(data):
    """Headers, numeric, rows and the caption's addition, without a Model column of one value."""
    headers, numeric, rows = data["headers"], data["numeric"], data["display"]
    if headers and headers[0] == "Model" and same_values(rows, 0):
        return headers[1:], numeric[1:], [row[1:] for row in rows], f" ({rows[0][0]})"
    return headers, numeric, rows, ""


def text_columns(numeric):
    """How many leading columns name the row."""
    count = 0
    for is_number in numeric:
        if is_number:
            break
        count += 1
    return max(1, min(count, 3))


def as_html(data, rows=None, caption=None):
    headers, numeric, all_rows, addition = drop_constant_model(data)
    if rows is not None:
        dropped = len(data["headers"]) - len(headers)
        all_rows = [row[dropped:] for row in rows]
    return table((caption or data["title"]) + addition, headers, numeric, all_rows,
                 text_columns(numeric))


def split_types(data):
    """Rows of class_balance for all items, and those of single question types."""
    at = data["headers"].index("Type") if "Type" in data["headers"] else None
    if at is None:
        return data["display"], []
    return ([row for row in data["display"] if row[at] == "all"],
            [row for row in data["display"] if row[at] != "all"])


def notes(data):
    found = [str(note) for note in data.get("notes") or []]
    if not found:
        return ""
    if len(found) <= 8:
        return element("div", bullets(found), class_="notes")
    return element("div", bullets(found[:6]),
                   details(f"{len(found) - 6} more notes", bullets(found[6:])), class_="notes")


def stamp(data):
    if not data.get("partial"):
        return ""
    return element("p", element("strong", "PARTIAL"), " ", esc(data["partial"]), class_="partial")


def one(identifier, data):
    files = element("p", "Also as ", ", ".join(
        element("a", extension.upper() if extension != "md" else "Markdown",
                href=f"reduce/tables/{identifier}.{extension}")
        for extension in ("csv", "md", "tex", "json")), " beside this page.", class_="files")
    if identifier == "class_balance":
        rows, types = split_types(data)
        body = as_html(data, rows)
        if types:
            body += details(f"By question type ({len(types)} rows)",
                            as_html(data, types, "Class balance by question type"))
    else:
        body = as_html(data)
        if identifier in LONG and len(data["display"]) > FOLD_FROM:
            body = details(f"{data['title']} ({len(data['display'])} rows)", body)
    return section(identifier, data["title"], paragraph(TABLES.get(identifier, "")), stamp(data),
                   body, notes(data), files)


def build(run, wanted):
    """Sections of the tables named in `wanted`, in that order, as far as they are there."""
    return "".join(one(name, run.tables[name]) for name in wanted if name in run.tables)


def missing(run):
    return [name for name in TABLES if name not in run.tables]
