"""The run's tables as HTML, with the same cells as their Markdown and LaTeX forms."""
from html_table import table
from html_text import bullets, details, element, esc, paragraph, part, section
from results import plural

TABLES = {  # id -> what the table says, in one sentence
    "class_balance": "How often each model was right, and how many items could not be used.",
    "T1": "How often each model is right, and how much of that its attention gives away.",
    "T2": "At which layer the answer appears, and how much of it the MLP blocks write.",
    "T3": "What a probe of the hidden states knows beside the model's own confidence.",
    "T4": "Does the shape of the attention, or the agreement of sampled answers, go with being "
          "right? R is the correlation with correctness.",
    "pooled_sets": "What each set contributes to the pooled set.",
    "T5": "What happens to the answers when single neurons of the last block are switched off.",
    "T6": "The same for many neurons at once, and for the whole MLP block.",
    "T7": "How well each signal ranks right answers above wrong ones: 0.5 is chance, 1 is perfect.",
    "T8": "The same next to what a signal costs.",
    "T9": "The neurons whose activity goes with right and with wrong answers.",
    "T10": "Does looking at the object that the question is about predict the answer?",
    "T11": "Whether the answer needs the patches that get the most attention.",
    "T12": "What a probe reaches without the right to: shuffled labels, question type, length, blank "
           "pictures, a split that leaks.",
    "T9_layers": "What each layer's probe reaches.",
    "T12_transfer": "Probes on sets that they were not fitted on.",
    "interventions": "Every condition of every set, with its flips and its power.",
    "agreement": "How often answers are right at each level of agreement between the samples.",
    "risk_coverage": "What is gained by answering only the items with the best signal.",
    "calibration": "Whether a signal can be read as a probability of being right.",
    "label_audit": "Whether the choice of scorer changes who counts as right.",
    "label_agreement": "How often two scorers give the same label.",
    "label_signals": "Whether the choice of scorer changes what a signal tells.",
    "format_confound": "What the form of the answers alone tells.",
    "official_figures": "What each benchmark's own evaluation prints.",
    "paper_delta": "Our figures next to the printed ones.",
    "signals": "Every signal of every set.",
    "signal_differences": "Which of two signals of the same items ranks answers better, by how much.",
    "across_models": "One R over all models, held together by model, beside the naive one.",
}
SOMETIMES = {"signal_differences", "across_models"}  # tables that not every run has
MAIN_SET = {"T3": "pope", "T5": "pooled", "T6": "pooled", "T7": "pope", "T8": "pope", "T9": "pope",
            "T11": "pope", "T12": "pope"}  # of a table too long to be shown whole
FOLD_FROM = 40      # rows; longer tables are folded away
PRINTED_ROWS = 150  # longer ones are not printed
SHOWN_ROWS = 400    # what is behind them is in the CSV only
KEY_SIGNALS = {"mass b", "lift", "IoU", "pointing", "H_rel", "C_out", "count match"}  # of T10


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


def without(data, name):
    """The table without one of its display columns."""
    if name not in data["headers"]:
        return data
    at = data["headers"].index(name)

    def cut(values):
        return values[:at] + values[at + 1:]
    return {**data, "headers": cut(data["headers"]), "numeric": cut(data["numeric"]),
            "display": [cut(row) for row in data["display"]]}


def only(data, name, wanted):
    """(rows whose display column `name` is in `wanted`, the other rows), as two tables."""
    at = data["headers"].index(name) if name in data["headers"] else None
    inside = [row for row in data["display"] if at is None or row[at] in wanted]
    outside = [row for row in data["display"] if at is not None and row[at] not in wanted]
    return {**data, "display": inside}, {**data, "display": outside}


def as_html(data, caption=None):
    headers, numeric, rows, addition = drop_constant_model(data)
    stamp = f"PARTIAL ({data['partial']}). " if data.get("partial") else ""
    return table(stamp + (caption or data["title"]) + addition, headers, numeric, rows,
                 text_columns(numeric))


def notes(data):
    found = [str(note) for note in data.get("notes") or []]
    if not found:
        return ""
    return element("div", details(f"Notes ({len(found)})", bullets(found)), class_="notes")


def files(identifier):
    """Where the table's other forms lie. Plain text: the page may have left its folder."""
    return element("p", "Every number with n, interval, method, p and seed: ",
                   element("code", f"reduce/tables/{esc(identifier)}.csv"),
                   " in the run's folder, also .md, .tex and .json.", class_="files")


def one(identifier, data):
    sentence = TABLES.get(identifier)
    return part(identifier, data["title"], paragraph(sentence) if sentence else "",
                body(identifier, data), notes(data), files(identifier))


def of_main_set(identifier, data):
    """Rows of the sets that a long table is mainly about; None when it has none of them."""
    if "Set" not in data["headers"] or identifier not in MAIN_SET:
        return None
    at = data["headers"].index("Set")
    wanted = {row[at] for row in data["display"] if MAIN_SET[identifier] in row[at]}
    rows, others = only(data, "Set", wanted)
    return rows if rows["display"] and others["display"] else None


def body(identifier, data):
    if identifier == "class_balance":
        rows, types = only(data, "Type", {"all"})
        more = details(f"By question type ({len(types['display'])} rows)",
                       as_html(types, "Class balance by question type")) if types["display"] else ""
        return as_html(without(rows, "Type")) + more
    if identifier == "T10" and len(data["display"]) > FOLD_FROM:
        rows, _ = only(data, "Signal", KEY_SIGNALS)
        return as_html(rows) + details(f"All relevance signals ({len(data['display'])} rows)",
                                       as_html(data, "All relevance signals"))
    main = of_main_set(identifier, data)
    if len(data["display"]) > FOLD_FROM and main:
        return as_html(main) + folded(data, "every set")
    return folded(data) if len(data["display"]) > FOLD_FROM else as_html(data)


def folded(data, addition=""):
    """A long table, folded; of a very long one the first rows."""
    count = len(data["display"])
    title = data["title"] + (f", {addition}" if addition else "")
    if count > SHOWN_ROWS:
        title += f": the first {SHOWN_ROWS} of {count} rows, all in the CSV"
        data = {**data, "display": data["display"][:SHOWN_ROWS]}
    rows = "" if count > SHOWN_ROWS else f" ({plural(count, 'row')})"
    return details(title + rows, as_html(data, title),
                   long=len(data["display"]) > PRINTED_ROWS)


def build(run, identifier, title, wanted, lead="", rest=""):
    """A section with the tables named in `wanted`, in that order, as far as they are there."""
    parts = "".join(one(name, run.tables[name]) for name in wanted if name in run.tables)
    if not parts:
        return section(identifier, title, paragraph("No table was made yet."))
    return section(identifier, title, paragraph(lead) if lead else "", index(run, wanted), parts, rest)


def index(run, wanted):
    """Links to the section's tables; "" for a few."""
    there = [name for name in wanted if name in run.tables]
    if len(there) < 4:
        return ""
    return element("p", *(element("a", esc(name.replace("_", " ")), href=f"#{name}") + " " for name in there),
                   class_="index")


def missing(run):
    return [name for name in TABLES if name not in run.tables and name not in SOMETIMES]
