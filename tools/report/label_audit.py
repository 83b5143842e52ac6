"""The label audit: the same answers under each scorer, and what that does to the results."""
import result_tables
import svg
from figures import SHORT
from html_table import table
from html_text import Raw, bullets, details, element, esc, paragraph, section
from results import fixed, known, percent, rows_of, set_name

MAIN = ["h_s", "c_k", "mass", "p_tok", "confidence", "s_sc", "hidden_probe"]


def cell_rows(run, name, cell):
    return rows_of(run, name, model=cell.model, benchmark=cell.benchmark)


def span(row, digits=1):
    return f"{percent(row['low'], digits)} to {percent(row['high'], digits)}" \
        if known(row.get("low")) else "n/a"


def is_yes(value):
    return value in (1, "yes")


def short_name(scorer):
    """A scorer without its version."""
    return scorer.split("@")[0]


def accuracy_table(run, cell):
    rows = cell_rows(run, "label_audit", cell)
    yes_no = any(known(row.get("yes_ratio")) for row in rows)
    soft = any(known(row.get("score_mean")) and known(row.get("accuracy")) and
               abs(row.get("score_mean") - row.get("accuracy")) > 1e-12 for row in rows)
    headers = ["Scorer", "n", "Accuracy", "95 % interval (Wilson)", "Unparsed"]
    headers += ["Soft mean"] if soft else []
    headers += ["Yes ratio", "Precision", "Recall", "F1"] if yes_no else []
    headers += ["Flag"]
    body = []
    for row in rows:
        name = row["scorer"] + (" (primary)" if is_yes(row["primary"]) else "")
        line = [name, str(row["n"]), percent(row.get("accuracy")), span(row),
                percent(row.get("unparsed_share"))]
        line += [percent(row.get("score_mean"))] if soft else []
        line += [percent(row.get("yes_ratio")), fixed(row.get("precision")), fixed(row.get("recall")),
                 fixed(row.get("f1"))] if yes_no else []
        body.append(line + ["far below chance" if "extraction_failure" in (row["flags"] or "")
                            else "-"])
    return table(f"Accuracy under each rule, {cell.name}", headers,
                 [False] + [True] * (len(headers) - 2) + [False], body)


def warnings(run, cell):
    """One sentence for each scorer that the audit flags."""
    return [f"{row['scorer']}: {row['note']}." for row in cell_rows(run, "label_audit", cell)
            if "extraction_failure" in (row["flags"] or "")]


def agreement_matrix(run, cell):
    """Share of equal labels above the diagonal, Cohen's kappa below it."""
    pairs = cell_rows(run, "label_agreement", cell)
    if not pairs:
        return ""
    names = [row["scorer"] for row in cell_rows(run, "label_audit", cell)]
    found = {(row["scorer_a"], row["scorer_b"]): row for row in pairs}

    def cell_text(i, j):
        row = found.get((names[min(i, j)], names[max(i, j)]))
        if i == j or row is None:
            return "-"
        return percent(row.get("equal")) if i < j else fixed(row.get("kappa"), 2)
    body = [[name] + [cell_text(i, j) for j in range(len(names))] for i, name in enumerate(names)]
    return table(f"Agreement, {cell.name}: share of equal labels above the diagonal, Cohen's kappa "
                 "below", ["Scorer"] + list(map(short_name, names)),
                 [False] + [True] * len(names), body)


def signal_plot(run, writer, cell):
    """AUROC of the main signals, one mark for each scorer; hollow: does not beat the answers' form."""
    rows = [row for row in cell_rows(run, "label_signals", cell)
            if row["signal"] in MAIN and known(row["auroc"])]
    signals = [name for name in MAIN if any(row["signal"] == name for row in rows)]
    scorers = [row["scorer"] for row in cell_rows(run, "label_audit", cell)]
    if not signals or len(scorers) < 2:
        return ""
    figure, axis = svg.new(4.8, 0.42 * len(signals) + 1.5)
    axis.axvline(0.5, color="#555555", linestyle="--", linewidth=1)
    for k, scorer in enumerate(scorers):
        own = [row for row in rows if row["scorer"] == scorer]
        colour, marker = svg.COLOURS[k % len(svg.COLOURS)], svg.MARKERS[k % len(svg.MARKERS)]
        shift = 0.3 * (0.5 - (k + 0.5) / len(scorers)) * 2
        for row in own:
            y = len(signals) - 1 - signals.index(row["signal"]) + shift
            if known(row["low"]):
                axis.plot([row["low"], row["high"]], [y, y], color=colour, linewidth=1.2)
            axis.plot(row["auroc"], y, marker, color=colour, markersize=5, markeredgewidth=1.2,
                      markerfacecolor=colour if is_yes(row["beats_format"]) else "white")
        axis.plot([], [], marker, color=colour, label=short_name(scorer))
    axis.set_yticks(range(len(signals)), [SHORT.get(name, name) for name in reversed(signals)])
    axis.set_ylim(-0.7, len(signals) - 0.3)
    axis.set_xlim(0, 1)
    axis.set_xlabel("AUROC")
    axis.set_title(f"{cell.model}: {set_name(cell)}", fontsize=10, loc="left")
    figure.legend(loc="outside upper left", ncols=3)
    return writer.add(
        figure, f"label_signals_{cell.model}_{cell.benchmark}",
        f"AUROC of the main signals under each scorer with DeLong interval, {cell.name}. Filled: "
        "above chance and above what the form of the answer predicts; hollow: not. Dashed: chance.",
        ("model", "benchmark", "signal", "scorer", "n", "auroc", "low", "high", "over_format",
         "over_low", "over_high", "beats_format"),
        [(cell.model, cell.benchmark, r["signal"], r["scorer"], r["n"], r["auroc"], r["low"],
          r["high"], r["over_format"], r.get("over_format_low"), r.get("over_format_high"), r["beats_format"])
         for r in rows])


def moved(run, cell):
    """How far the choice of scorer moves each main signal, in words."""
    rows = [row for row in cell_rows(run, "label_signals", cell) if known(row["auroc"])]
    out = []
    for name in MAIN:
        own = [row for row in rows if row["signal"] == name]
        if len(own) < 2:
            continue
        low, high = min(own, key=lambda r: r["auroc"]), max(own, key=lambda r: r["auroc"])
        out.append((high["auroc"] - low["auroc"],
                    f"{SHORT.get(name, name)}: {low['auroc']:.3f} under {short_name(low['scorer'])} "
                    f"to {high['auroc']:.3f} under {short_name(high['scorer'])}"))
    out.sort(key=lambda pair: -pair[0])
    return [text for distance, text in out if distance > 0.01]


def format_table(run, cell):
    rows = cell_rows(run, "format_confound", cell)
    if not rows:
        return ""
    body = [[row["scorer"], str(row["n"]), fixed(row["estimate"]),
             f"{fixed(row['low'])} to {fixed(row['high'])}" if known(row["low"]) else "n/a",
             "n/a" if not known(row["estimate"]) else
             "yes" if "confound" in (row["flags"] or "") else "no",
             ", ".join(beaten(run, cell, row["scorer"])) or "none"] for row in rows]
    return table(f"What length and form of the answer predict, {cell.name}",
                 ["Scorer", "n", "AUROC of the form", "95 % interval", "Confound",
                  "Main signals that do not beat it"],
                 [False, True, True, True, False, False], body)


def beaten(run, cell, scorer):
    return [SHORT.get(row["signal"], row["signal"])
            for row in cell_rows(run, "label_signals", cell)
            if row["scorer"] == scorer and row["signal"] in MAIN and row["beats_format"] in (0, "no")]


def choice_table(run):
    """How the items of each set were chosen; frozen in the item table, copied to the manifest."""
    body = []
    for name, entry in sorted((run.manifest.get("benchmarks") or {}).items()):
        facts = entry.get("facts") or {}
        imported = [f"{key.replace('_', ' ')} {facts[key]}" for key in
                    ("source_rows", "rows", "images", "skipped") if facts.get(key) not in (None, "")]
        body.append([name, str(entry.get("items", "?")), str(entry.get("items_used", "?")),
                     str(facts.get("choice") or "not recorded"),
                     str(facts.get("importer") or "not recorded"), ", ".join(imported) or "-",
                     str(entry.get("table") or f"items/{name}.h5")])
    return table("How the items were chosen: rule, n and seed; the ids are in the frozen item table",
                 ["Set", "Items", "Items used", "Choice", "Importer", "Import", "Item table"],
                 [False, True, True, False, False, False, False], body)


def review_table(run):
    """Who judged the answers of the sets that need a judge; "" without reviews."""
    body = []
    for name, entry in sorted((run.manifest.get("reviews") or {}).items()):
        facts = entry.get("facts") or {}
        body.append([name, str(facts.get("judge") or "not named"), str(facts.get("format") or "?"),
                     ", ".join(f"{key} {facts[key]}" for key in
                               ("rows", "unreadable", "lenient", "missing", "left_out", "runs",
                                "spread") if facts.get(key) not in (None, "")) or "-",
                     str(entry.get("hash", "?"))])
    return table("Judges' reviews", ["Model/set", "Judge", "Format", "Counts", "Hash of the file"],
                 [False] * 5, body) if body else ""


def shift_text(shifts):
    if not shifts:
        return paragraph("No main signal moves by more than 0.01 AUROC between scorers.")
    return paragraph("Signals that the choice of scorer moves by more than 0.01 AUROC:") + \
        bullets(shifts)


def overview_row(run, cell):
    """One line of a cell: primary rule, lowest and highest rule, what the form alone predicts."""
    rows = cell_rows(run, "label_audit", cell)
    primary = next((row for row in rows if is_yes(row["primary"])), None)
    judged = [row for row in rows if known(row.get("accuracy"))]
    if primary is None:
        return None
    form = next((row for row in cell_rows(run, "format_confound", cell)
                 if row["scorer"] == primary["scorer"]), None)
    extremes = ["n/a", "n/a"]
    if judged:
        low, high = (pick(judged, key=lambda row: row.get("accuracy")) for pick in (min, max))
        extremes = [f"{short_name(row['scorer'])}: {percent(row['accuracy'])} / "
                    f"{percent(row['unparsed_share'])}" for row in (low, high)]
    flagged = [short_name(row["scorer"]) for row in rows
               if "extraction_failure" in (row["flags"] or "")]
    return [cell.name, short_name(primary["scorer"]), str(primary["n"]),
            percent(primary["accuracy"]), percent(primary["unparsed_share"])] + extremes + \
        [fixed(form["estimate"]) if form else "n/a", ", ".join(flagged) or "-"]


def overview(run):
    rows = [row for row in (overview_row(run, cell) for cell in run.real_cells()) if row]
    return table("Each set at a glance: the primary rule, the rules that give the lowest and the highest "
                 "accuracy, and what the answer's form alone predicts (AUROC)",
                 ["Model and set", "Primary", "n", "Accuracy", "Unparsed", "Lowest / unparsed",
                  "Highest / unparsed",
                  "Form alone", "Far below chance"],
                 [False, False, True, True, True, False, False, True, False], rows) if rows else ""


def cell_part(run, writer, cell):
    """A cell's tables, folded; what is flagged stands in front."""
    if not cell_rows(run, "label_audit", cell):
        return ""
    flags = warnings(run, cell)
    shifts = moved(run, cell)
    plot = signal_plot(run, writer, cell)
    return "".join([
        element("div", *(paragraph(f"{cell.name}: {text}", "partial") for text in flags))
        if flags else "",
        details(cell.name, Raw("".join([
            accuracy_table(run, cell), agreement_matrix(run, cell),
            element("div", plot, class_="plots") if plot else "",
            shift_text(shifts) if plot else "", format_table(run, cell)])))])


def full_tables(run):
    out = []
    for name in ("label_audit", "label_agreement", "label_signals", "format_confound",
                 "official_figures"):
        data = run.tables.get(name)
        if not data:
            continue
        beside = result_tables.notes(data) + result_tables.files(name)
        short = name == "official_figures" and len(data["display"]) <= result_tables.FOLD_FROM
        out.append(element("h3", esc(data["title"])) + result_tables.as_html(data) + beside if short
                   else result_tables.folded(data) + beside)
    return Raw("".join(out))


def build(run, writer):
    if "label_audit" not in run.tables:
        return section("label_audit", "Label audit", paragraph("No label was audited in this run."))
    lead = ("A label is a rule applied to an answer. Here the same stored answers are judged by every "
            "rule: where the rules disagree, a figure says as much about the rule as about the model. "
            "Unparsed is the share of answers from which a rule read nothing; it stands beside every "
            "accuracy.")
    parts = [cell_part(run, writer, cell) for cell in run.real_cells()]
    return section("label_audit", "Label audit", paragraph(lead), overview(run), *parts, review_table(run),
                   choice_table(run), full_tables(run))
