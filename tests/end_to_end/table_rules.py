"""What every file of RUN/reduce/tables and RUN/reduce/figures keeps: `faults(RUN)` lists what is broken.

Each fault is "RULE: FILE: what". Rules:
  nan        no NaN and no infinity anywhere but in texts of items
  number     a number has n, invalid, a method, a seed, an interval with its kind (or "none: why"), a test and
             a family (or "none: why"); an empty estimate has a note
  cell       a cell for people is never blank; "n/a" carries the letter of a note; "-" is explained
  empty      a table without rows says why
  markdown   every row of a Markdown table has as many cells as its heading, and the display's texts
  json       JSON is strict: no NaN, no key twice, UTF-8
  csv        CSV and JSON hold the same columns, rows and values
  partial    a partial run is stamped in every form
  forms      every table of the index is there as .csv .json .md .tex and in all.tex; every figure as .csv .json
"""
import csv
import json
import pathlib
import re

NAN = re.compile(r"(?i)(?<![a-z])(nan|inf|infinity)(?![a-z])")
ITEM_TEXT = {"question", "reference", "answer", "key"}
NO_REASON = "no reason was recorded"
NOT_NUMBERS = {"layer", "rank", "neuron", "level", "orientation", "primary", "n", "invalid", "seed",
               "partial"}


def strict_json(text):
    def constant(name):
        raise ValueError(f"'{name}' is no JSON")

    def unique(pairs):
        keys = [key for key, _ in pairs]
        if len(keys) != len(set(keys)):
            raise ValueError(f"a key stands twice among {keys}")
        return dict(pairs)
    return json.loads(text, parse_constant=constant, object_pairs_hook=unique)


def read_csv(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file, strict=True))
    header = rows[0]
    for row in rows[1:]:
        if len(row) != len(header):
            raise ValueError(f"a row has {len(row)} cells, expected {len(header)}: {row}")
    return header, [dict(zip(header, row)) for row in rows[1:]]


def none(text):
    return text == "none" or text.startswith("none: ")


def is_count(text):
    return re.fullmatch(r"\d+", text) is not None


def number_faults(row):
    """What the row of a table with the column `estimate` lacks."""
    out = []
    note, low, high = row["note"], row["low"], row["high"]
    if row["estimate"] == "" and note in ("", NO_REASON):
        out.append("an empty estimate without a reason in note")
    if NO_REASON in note:
        out.append(f"note says '{NO_REASON}'")
    for name in ("n", "invalid", "seed"):
        if not is_count(row[name]):
            out.append(f"{name} is '{row[name]}'")
    if not row["method"]:
        out.append("no method")
    if (low == "") != (high == ""):
        out.append("one limit without the other")
    if low == "" and not none(row["interval"]):
        out.append(f"no limits, but interval is '{row['interval']}'")
    if low != "" and (none(row["interval"]) or not row["interval"] or float(low) > float(high)):
        out.append(f"limits {low} to {high} of kind '{row['interval']}'")
    if row["p"] == "":
        if not none(row["test"]) or row["p_adjusted"] != "":
            out.append(f"no p, but test is '{row['test']}'")
    else:
        if not 0 <= float(row["p"]) <= 1:
            out.append(f"p is {row['p']}")
        if not row["test"] or none(row["test"]):
            out.append("p without a test")
        if row["p_adjusted"] == "" and not none(row["family"]):
            out.append(f"p without adjusted p, family '{row['family']}'")
        if row["p_adjusted"] != "" and (float(row["p_adjusted"]) < float(row["p"]) - 1e-12
                                        or not row["family"] or none(row["family"])):
            out.append(f"adjusted p {row['p_adjusted']} below p or without a family")
    return out


def figure_faults(row, texts):
    out = []
    for name in ("n", "invalid", "seed"):
        if not is_count(row.get(name, "")):
            out.append(f"{name} is '{row.get(name)}'")
    for name in ("interval", "method", "test"):
        if not row.get(name):
            out.append(f"no {name}")
    empty = [name for name, value in row.items() if value == "" and name not in texts | {"p", "p_adjusted"}]
    if empty and not row.get("note"):
        out.append(f"empty {', '.join(empty)} without a note")
    return out


def cell_faults(table):
    out = []
    notes = table["notes"]
    letters = {match.group(1) for note in notes if (match := re.match(r"\(([a-z]+)\) \S", note))}
    for row in table["display"]:
        if len(row) != len(table["headers"]):
            out.append(f"{len(row)} cells under {len(table['headers'])} headings")
        for text in row:
            if not text.strip():
                out.append(f"a blank cell in {row}")
            if text == "-" and not any("'-'" in note for note in notes):
                out.append(f"'-' without a note in {row}")
            for found in re.finditer(r"n/a(?: \(([a-z]+)\))?", text):
                if found.group(1) not in letters:
                    out.append(f"'{text}' without its note in {row}")
    if any(NO_REASON in note for note in notes):
        out.append(f"a note says '{NO_REASON}'")
    return out


def markdown_faults(text, table):
    out = []
    lines = [line for line in text.splitlines() if line.startswith("|")]
    if not table["display"]:
        return [] if "No rows." in text else ["an empty table does not say so"]
    if len(lines) != len(table["display"]) + 2:
        out.append(f"{len(lines)} lines of the table, expected {len(table['display']) + 2}")
    for line in lines:
        cells = re.split(r"(?<!\\)(?:\\\\)*\|", line)[1:-1]
        if len(cells) != len(table["headers"]):
            out.append(f"{len(cells)} cells, expected {len(table['headers'])}: {line}")
        if any(not cell.strip() for cell in cells):
            out.append(f"a blank cell: {line}")
    if text.count("\n- ") != len(table["notes"]):
        out.append(f"{text.count(chr(10) + '- ')} notes, expected {len(table['notes'])}")
    return out


def same(text, value):
    """A CSV cell and a JSON value."""
    if value is None:
        return text == ""
    if isinstance(value, str):
        return text == value
    try:
        return float(text) == value
    except ValueError:
        return False


def csv_faults(header, rows, table):
    if header != table["columns"] + ["partial"]:
        return ["other columns than the JSON"]
    if len(rows) != len(table["rows"]):
        return [f"{len(rows)} rows, the JSON has {len(table['rows'])}"]
    out = []
    for i, (row, twin) in enumerate(zip(rows, table["rows"])):
        for name in table["columns"]:
            if not same(row[name], twin.get(name, "not there")):
                out.append(f"row {i}, {name}: '{row[name]}', the JSON has {twin.get(name)!r}")
    return out


def check_data(name, csv_path, json_path, add):
    """(table, header, rows) of the two forms for machines; None when one cannot be read."""
    try:
        table = strict_json(json_path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        add("json", name, str(error))
        return None
    try:
        header, rows = read_csv(csv_path)
    except (OSError, ValueError, csv.Error, IndexError) as error:
        add("csv", name, str(error))
        return None
    for what in csv_faults(header, rows, table):
        add("csv", name, what)
    for row in rows:
        for column, text in row.items():
            if column not in ITEM_TEXT and NAN.search(text):
                add("nan", name, f"{column} is '{text}'")
        if row["partial"] != ("1" if table["partial"] else "0"):
            add("partial", name, f"partial is {row['partial']}")
    if not rows and not table.get("display") and not any(note.strip() for note in table["notes"]):
        add("empty", name, "no rows and no note that says why")
    return table, header, rows


def check_table(folder, name, add):
    data = check_data(name, folder / f"{name}.csv", folder / f"{name}.json", add)
    if data is None:
        return
    table, header, rows = data
    missing = {"n", "invalid", "estimate", "low", "high", "interval", "method", "p", "p_adjusted",
               "family", "test", "seed", "note"} - set(header)
    if missing:
        add("number", name, f"columns {sorted(missing)} are missing")
    else:
        for i, row in enumerate(rows):
            for what in number_faults(row):
                add("number", name, f"row {i} ({row.get('model')}, {row.get('statistic')}): {what}")
    for what in cell_faults(table):
        add("cell", name, what)
    if rows and not table["display"] and not any(note.strip() for note in table["notes"]):
        add("empty", name, "nothing for people and no note that says why")
    markdown = (folder / f"{name}.md").read_text(encoding="utf-8")
    latex = (folder / f"{name}.tex").read_text(encoding="utf-8")
    for what in markdown_faults(markdown, table):
        add("markdown", name, what)
    for form, text in (("md", markdown), ("tex", latex)):
        if NAN.search(text):
            add("nan", name, f"{form}: {NAN.search(text).group()}")
        if table["partial"] and "PARTIAL" not in text:
            add("partial", name, f"no stamp in the {form} form")


def check_figure(folder, name, add):
    data = check_data(name, folder / f"{name}.csv", folder / f"{name}.json", add)
    if data is None:
        return
    table, _, rows = data
    texts = {key for row in table["rows"] for key, value in row.items() if isinstance(value, str)}
    for i, row in enumerate(rows):
        for what in figure_faults(row, texts):
            add("number", name, f"row {i}: {what}")


def faults(run):
    run, out = pathlib.Path(run), []

    def add(rule, name, what):
        out.append(f"{rule}: {name}: {what}")
    tables, figures = run / "reduce" / "tables", run / "reduce" / "figures"
    index = strict_json((tables / "index.json").read_text(encoding="utf-8"))
    whole = (tables / "all.tex").read_text(encoding="utf-8")
    for entry in index["tables"]:
        name = entry["id"]
        absent = [form for form in ("csv", "json", "md", "tex") if not (tables / f"{name}.{form}").is_file()]
        if absent or f"\\input{{{name}}}" not in whole:
            add("forms", name, f"missing: {', '.join(absent) or 'in all.tex'}")
        else:
            check_table(tables, name, add)
    for entry in index["figures"]:
        name = entry["id"]
        absent = [form for form in ("csv", "json") if not (figures / f"{name}.{form}").is_file()]
        if absent:
            add("forms", name, f"missing: {', '.join(absent)}")
        else:
            check_figure(figures, name, add)
    return out
