"""The first screen: what was run and what came out, in plain words."""
import statistics

from html_text import Raw, banner, bullets, element, esc, paragraph, section
from html_table import table
from results import (LEVEL, NAMES, SIGNALS, VERDICTS, auroc_of_cells, auroc_rows, balance_of, fixed, known,
                     listed, p_text, percent, plural, rows_of, set_name, span, verdict)

EXPLANATION = (
    "AUROC is the share of pairs of one right and one wrong answer that a signal puts in the right "
    "order: 0.5 is chance, 1 is perfect. \u25b2 above chance and \u25bc against its declared direction mean "
    f"that the adjusted p is below {LEVEL} and the 95 % interval over images leaves out 0.5; \u25cb cannot be "
    "told from chance. A signal may only reflect the type of question: the column 'within type' of "
    "table T7 takes that away.")

MARKS = ("AUROC with 95 % interval, adjusted p and n. \u25b2 above chance, \u25bc against the declared direction, "
         "\u25cb not told from chance, ? no test; what that means stands above.")
STRONGEST = 3                       # signals named with all their numbers
CLAIMED = {"h_s", "c_k", "s_sc"}    # signals that the paper makes claims about


def lead(run):
    cells = run.real_cells()
    models = sorted({cell.model for cell in cells})
    sets = sorted({cell.benchmark for cell in cells})
    if not cells:
        return "This run has no cell: neither a model nor a set of questions."
    asked = sum(row["items"] for row in (balance_of(run, cell) for cell in cells) if row)
    asked = f"answered {plural(asked, 'question')}" if asked else "are to answer the questions"
    return (f"{listed(models)} {asked} of {plural(len(sets), 'set')} ({', '.join(sets)}). Measured: "
            "where the model looked, how sure it was, how stable its answer is when sampled again. Asked: which of "
            "these signals tell right answers from wrong ones.")


def stamps(run):
    """PARTIAL, and what the label audit warns of."""
    out = []
    if run.partial:
        out.append(banner("PARTIAL", f"This run does not cover every item ({run.partial}). Its numbers are "
                                     "no results."))
    flagged = [row for row in rows_of(run, "label_audit") if "extraction_failure" in (row.get("flags") or "")]
    if flagged:
        places = listed(sorted({f"{row['model']} on {row['benchmark']}" for row in flagged}))
        out.append(banner("LABELS", Raw(
            esc(f"{plural(len(flagged), 'scoring rule')} of {places} come out far below chance: the rule "
                "probably misreads the answers. See the ") +
            element("a", "label audit", href="#label_audit") + ".")))
    return "".join(out)


def accuracy_finding(run):
    found = [(row["accuracy"], row["n"], cell) for cell in run.real_cells()
             for row in [balance_of(run, cell)] if row and known(row["accuracy"])]
    if not found:
        return "No answer has been scored yet."
    low, high = min(found, key=lambda f: f[0]), max(found, key=lambda f: f[0])
    if len(found) == 1:
        return f"Accuracy: {percent(low[0])} ({low[2].name}, n = {low[1]})."
    return (f"Accuracy goes from {percent(low[0])} ({low[2].name}, n = {low[1]}) to {percent(high[0])} "
            f"({high[2].name}, n = {high[1]}).")


def tests_finding(run):
    rows = [row for cell in run.real_cells() for row in auroc_rows(run, cell)]
    if not rows:
        return "No signal has been compared with correctness yet."
    counts = {name: sum(verdict(row) == name for row in rows) for name in VERDICTS}
    return (f"{plural(len(rows), 'comparison')} of a signal with correctness (AUROC, "
            f"{plural(len({row['signal'] for row in rows}), 'signal')} of "
            f"{plural(len({(row['model'], row['benchmark']) for row in rows}), 'cell')}): "
            f"{counts['above']} above chance, {counts['below']} against the declared direction, "
            f"{counts['none']} not told from chance, {counts['undefined'] + counts['untested']} undefined or "
            "without a test; p adjusted for all tests of their family.")


def described(row, whole=True):
    """"output confidence 0.74 (0.69 to 0.79, p < 0.001, n = 278)", or without the brackets."""
    text = f"{NAMES.get(row['signal'], row['signal'])} {fixed(row['estimate'], 2)}"
    facts = [f for f in (span(row.get("low"), row.get("high")), p_text(row.get("p_adjusted")),
                         f"n = {row['n']}") if f]
    return f"{text} ({', '.join(facts)})" if whole else text


def model_finding(model, cell, rows):
    """What beats chance on a cell: the strongest with all their numbers, the others by name."""
    above = sorted((r for r in rows if verdict(r) == "above"), key=lambda r: -r["estimate"])
    rest = [r for r in rows if verdict(r) == "none"]
    text = f"{model}, {set_name(cell)}: {len(above)} of {plural(len(rows), 'signal')} above chance"
    if above:
        text += f", strongest {listed(described(r) for r in above[:STRONGEST])}"
        if above[STRONGEST:]:
            text += f"; also {listed(described(r, False) for r in above[STRONGEST:])}"
    text += "."
    below = [described(r) for r in rows if verdict(r) == "below"]
    if below:
        text += f" Against the declared direction: {listed(below)}."
    named = [described(r) for r in rest if r["signal"] in CLAIMED]
    others = len(rest) - len(named)
    if rest:
        if others:
            named.append(plural(others, "other") if named else plural(others, "signal"))
        text += f" Not told from chance: {listed(named)}."
    return text


def model_findings(run):
    """A sentence for each model, on its pooled set or else its first set."""
    out = []
    for model in dict.fromkeys(cell.model for cell in run.cells):
        own = [cell for cell in run.cells if cell.model == model and auroc_rows(run, cell)]
        if own:
            cell = next((c for c in own if c.pooled), own[0])
            out.append(model_finding(model, cell, auroc_rows(run, cell)))
    return out


def audit_finding(run):
    """How far the choice of the scoring rule moves an accuracy, where it moves it most."""
    widest = None
    for cell in run.real_cells():
        rows = [row for row in rows_of(run, "label_audit", model=cell.model, benchmark=cell.benchmark)
                if known(row.get("accuracy"))]
        if len(rows) > 1:
            low, high = (pick(rows, key=lambda r: r["accuracy"]) for pick in (min, max))
            if widest is None or high["accuracy"] - low["accuracy"] > widest[0]:
                widest = (high["accuracy"] - low["accuracy"], cell, low, high)
    if widest is None:
        return None
    _, cell, low, high = widest
    return (f"The scoring rule matters: the same answers of {cell.name} are {percent(low['accuracy'])} right "
            f"by {low['scorer']} and {percent(high['accuracy'])} right by {high['scorer']} (n = {low['n']} "
            f"and {high['n']}).")


def paper_finding(run):
    rows = [row for row in rows_of(run, "paper_delta") if row.get("verdict")]
    if not rows:
        return None
    names = dict.fromkeys(row["verdict"] for row in rows)
    counts = listed(f"{sum(r['verdict'] == name for r in rows)} {name}" for name in names)
    return Raw(esc(f"Of {plural(len(rows), 'printed figure')} of the paper: {counts}. See ") +
               element("a", "beside the paper", href="#paper") + ".")


def invalid_finding(run):
    rows = [row for row in (balance_of(run, cell) for cell in run.real_cells()) if row]
    if not rows:
        return None
    asked, failed = (sum(row[key] for row in rows) for key in ("items", "failed"))
    return (f"Items that could not be computed: {failed} of {asked}; they are counted and enter no "
            "statistic.")


def families_finding(run):
    families = run.manifest.get("families") or run.index.get("families") or {}
    if not families.get("digest"):
        return None
    members = sum(len(family.get("members") or []) for family in families.get("primary") or [])
    return Raw(esc(f"Families of tests were fixed before labels were read: {plural(members, 'primary test')}, "
                   "digest ") + element("code", esc(families["digest"])) + ".")


def accuracy_matrix(run):
    cells = run.cells
    models = list(dict.fromkeys(cell.model for cell in cells))
    sets = list(dict.fromkeys(set_name(cell) for cell in cells))
    by_place = {(cell.model, set_name(cell)): balance_of(run, cell) for cell in cells}

    def text(model, name):
        row = by_place.get((model, name))
        if not row or not row.get("n"):
            return "n/a"
        limits = f"{100 * row['low']:.1f} to {percent(row['high'])}"
        return Raw(element("b", esc(percent(row["accuracy"]))) + element(
            "small", esc(limits), "<br>", esc(f"n {row['n']}, maj. {percent(row['majority_rate'])}")))
    return table("Accuracy with 95 % interval (Wilson), n, and maj.: the share of the larger class of labels",
                 ["Model", *sets], [False] + [True] * len(sets),
                 [[model, *(text(model, name) for name in sets)] for model in models])


def glance(run):
    """Each signal over all cells, and on the pooled set of each model."""
    aurocs = auroc_of_cells(run)
    real = [(cell.model, cell.benchmark) for cell in run.real_cells()]
    pooled = [cell for cell in run.cells if cell.pooled and (cell.model, cell.benchmark) in aurocs]
    body = []
    for name in SIGNALS:
        rows = [aurocs[place][name] for place in real if name in aurocs.get(place, {})]
        values = sorted(row["estimate"] for row in rows if known(row["estimate"]))
        if not rows:
            continue
        body.append([NAMES[name], str(sum(verdict(row) == "above" for row in rows)),
                     str(sum(verdict(row) == "below" for row in rows)), str(len(rows)),
                     fixed(values[0], 2) if values else "n/a",
                     fixed(statistics.median(values), 2) if values else "n/a",
                     fixed(values[-1], 2) if values else "n/a",
                     *(auroc_cell(aurocs[cell.model, cell.benchmark].get(name)) for cell in pooled)])
    headers = ["Signal", "Cells above chance", "Against direction", "Cells", "Lowest AUROC", "Middle",
               "Highest", *(f"Pooled: {cell.model}" for cell in pooled)]
    return table("Signals at a glance", headers, [False] + [True] * (len(headers) - 1), body) if body else ""


def auroc_cell(row):
    """AUROC with its mark, limits, p and n in a cell of a table."""
    if row is None or not known(row["estimate"]):
        return "n/a"
    name = verdict(row)
    mark, words = VERDICTS[name]
    tested = ", ".join(text for text in (p_text(row.get("p_adjusted")), f"n {row['n']}") if text)
    limits = [text for text in (span(row.get("low"), row.get("high")), tested) if text]
    return Raw(element("b", esc(fixed(row["estimate"], 2))) + " " +
               element("span", mark, class_=f"verdict {name}", title=words, role="img", aria_label=words) +
               element("small", "<br>".join(map(esc, limits))))


def matrix(run, model):
    """AUROC of every signal on every set of one model."""
    cells = [cell for cell in run.cells if cell.model == model and auroc_rows(run, cell)]
    aurocs = auroc_of_cells(run)
    names = [name for name in SIGNALS
             if any(name in aurocs[cell.model, cell.benchmark] for cell in cells)]
    if not names:
        return ""
    return table(f"AUROC with 95 % interval, adjusted p and n: {model}", ["Signal", *map(set_name, cells)],
                 [False] + [True] * len(cells),
                 [[NAMES[name], *(auroc_cell(aurocs[c.model, c.benchmark].get(name)) for c in cells)]
                  for name in names])


def build(run):
    findings = [accuracy_finding(run), tests_finding(run), *model_findings(run), audit_finding(run),
                paper_finding(run), invalid_finding(run), families_finding(run)]
    return section("summary", "In short", stamps(run), paragraph(lead(run), "lead"),
                   accuracy_matrix(run) if run.cells else "",
                   element("div", bullets([text for text in findings if text]), class_="findings"), glance(run),
                   paragraph(EXPLANATION, "small"))


def build_signals(run, figures):
    """Section of the signals, cell by cell: numbers, then pictures of them."""
    models = list(dict.fromkeys(cell.model for cell in run.cells))
    tables = "".join(matrix(run, model) for model in models)
    if not tables:
        return section("by_cell", "Signals, set by set", paragraph("No results yet."))
    return section("by_cell", "Signals, set by set", paragraph(MARKS, "small"), tables, Raw(figures))
