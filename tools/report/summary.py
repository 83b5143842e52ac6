"""The first screen: what was run and what came out, in plain words."""
from html_text import Raw, element, esc, paragraph, section

NAMES = {"h_s": "spatial entropy H_s", "c_k": "attention components C_k", "s_sc": "agreement of sampled answers S_SC",
         "p_tok": "token probability P_tok", "confidence": "output confidence",
         "logit_entropy": "logit entropy", "mass": "attention on the object",
         "iou": "IoU of attention and object", "top2_last": "top-2 margin",
         "hidden_probe": "hidden-state probe", "linear_probe": "linear probe of hidden states",
         "last5": "probe of the last 5 layers", "fusion": "fusion of signals",
         "ensemble_attention": "probe of the attention maps", "stress_test": "stress test"}
SIGNALS = list(NAMES)
LEVEL = 0.05


def percent(value, digits=1):
    return "n/a" if value is None else f"{100 * value:.{digits}f} %"


def rows_of(run, table, **wanted):
    rows = (run.tables.get(table) or {}).get("rows") or []
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def verdict(row):
    """above, below or none: adjusted p and the interval over images must agree."""
    if row.get("estimate") is None:
        return "undefined"
    p, low, high = row.get("p_adjusted"), row.get("low"), row.get("high")
    if p is not None and p < LEVEL:
        if low is not None and low > 0.5:
            return "above"
        if high is not None and high < 0.5:
            return "below"
    return "none"


def auroc_rows(run, cell):
    rows = rows_of(run, "signals", model=cell.model, benchmark=cell.benchmark, statistic="auroc")
    by_name = {row["signal"]: row for row in rows
               if not str(row.get("label", "")).startswith("majority:")}
    return [by_name[name] for name in SIGNALS if name in by_name]


def described(row):
    text = NAMES.get(row["signal"], row["signal"])
    return f"{text} ({row['estimate']:.2f}, {row['low']:.2f} to {row['high']:.2f})" \
        if row.get("low") is not None else f"{text} ({row['estimate']:.2f})"


def plural(count, noun):
    return f"{count} {noun}" + ("" if count == 1 else "s")


def accuracy_sentence(balance):
    """"143 of 200 right ..." with the interval, what a constant guess gives, and what is unused."""
    if not balance.get("n"):
        return "No answer could be scored" + (f": {balance['note']}." if balance.get("note") else ".")
    text = (f"{balance['correct']} of {balance['n']} answers right: {percent(balance['accuracy'])} "
            f"(95 % interval {percent(balance['low'])} to {percent(balance['high'])}), "
            f"{percent(balance['unparsed'] / balance['n'])} of the answers unparsed")
    extra = []
    if balance.get("invalid"):
        extra.append(f"{plural(balance['invalid'], 'more item')} could not be used")
    return text + "." + (" " + "; ".join(extra) + "." if extra else "")


def signal_sentences(run, cell):
    rows = auroc_rows(run, cell)
    groups = {name: [row for row in rows if verdict(row) == name]
              for name in ("above", "below", "none", "undefined")}
    if not rows:
        return ["No signal was computed."]
    out = []
    if groups["above"]:
        out.append("Above chance: " + ", ".join(map(described, groups["above"])) + ".")
    else:
        out.append("No signal is above chance.")
    if groups["below"]:
        out.append("Against their declared direction: " +
                   ", ".join(map(described, groups["below"])) + ".")
    if groups["none"]:
        out.append("Not distinguishable from chance: " +
                   ", ".join(NAMES[row["signal"]] for row in groups["none"]) + ".")
    if groups["undefined"]:
        out.append("Undefined: " + ", ".join(
            f"{NAMES[row['signal']]} ({row.get('note') or row.get('flags') or 'no value'})"
            for row in groups["undefined"]) + ".")
    return out


def card(run, cell):
    balance = rows_of(run, "class_balance", model=cell.model, benchmark=cell.benchmark, type="")
    title = "Pooled set" if cell.pooled else cell.benchmark
    if not balance:
        return element("article", element("h3", esc(title)), paragraph("No results yet."),
                       class_="card")
    row = balance[0]
    figure = element("p", esc(percent(row.get("accuracy"))), class_="figure")
    return element("article", element("h3", esc(title)),
                   paragraph(cell.model, "model"), figure,
                   paragraph(accuracy_sentence(row)),
                   *(paragraph(text) for text in signal_sentences(run, cell)), class_="card")


def lead(run):
    cells = run.real_cells()
    models = sorted({cell.model for cell in cells})
    sets = sorted({cell.benchmark for cell in cells})
    asked = sum(row["items"] for cell in cells
                for row in rows_of(run, "class_balance", model=cell.model,
                                   benchmark=cell.benchmark, type=""))
    if not cells:
        return "This run has no cell: neither a model nor a set of questions."
    return (f"{', '.join(models)} answered {plural(asked, 'question')} of "
            f"{plural(len(sets), 'set')} ({', '.join(sets)}). For each answer the run "
            "measured where the model looked, how sure it was and how stable its answer is when "
            "sampled again, and asks which of these signals tell right answers from wrong ones.")


def build(run, figure):
    stamp = ""
    if run.partial:
        stamp = element("p", element("strong", "PARTIAL"), " This run does not cover every item (",
                        esc(run.partial), "). Its numbers are no results.", class_="partial")
    explanation = ("Numbers in brackets are AUROC with 95 % interval: the share of pairs of one "
                   "right and one wrong answer that the signal puts in the right order; 0.5 is "
                   "chance. 'Above chance' means that the adjusted p is below 0.05 and the "
                   "interval over images lies above 0.5. A signal may only reflect the type of "
                   "question; the column 'within type' of table T7 removes that.")
    return section("summary", "In short", stamp, element("p", esc(lead(run)), class_="lead"),
                   element("div", *(card(run, cell) for cell in run.cells), class_="cards"),
                   paragraph(explanation, "small"), Raw(figure))
