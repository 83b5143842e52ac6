"""Statistics of a run as the page speaks of them: rows of tables, verdicts, numbers in words."""
import math

NAMES = {"h_s": "spatial entropy H_s", "c_k": "attention components C_k",
         "s_sc": "agreement of sampled answers S_SC", "p_tok": "token probability P_tok",
         "confidence": "output confidence", "logit_entropy": "logit entropy",
         "mass": "attention on the object", "iou": "IoU of attention and object",
         "top2_last": "top-2 margin", "hidden_probe": "hidden-state probe",
         "linear_probe": "linear probe of hidden states", "last5": "probe of the last 5 layers",
         "fusion": "fusion of signals", "ensemble_attention": "probe of the attention maps",
         "stress_test": "stress test"}
SIGNALS = list(NAMES)
LEVEL = 0.05
VERDICTS = {  # verdict -> (mark, words)
    "above": ("\u25b2", "above chance"), "below": ("\u25bc", "against its direction"),
    "none": ("\u25cb", "not told from chance"), "untested": ("?", "no test"), "undefined": ("", "undefined")}


def known(value):
    return value is not None and math.isfinite(value)


def percent(value, digits=1):
    return f"{100 * value:.{digits}f} %" if known(value) else "n/a"


def fixed(value, digits=3):
    return f"{value:.{digits}f}" if known(value) else "n/a"


def span(low, high, digits=2):
    """"0.62 to 0.71", or "" without limits."""
    return f"{low:.{digits}f} to {high:.{digits}f}" if known(low) and known(high) else ""


def p_text(p):
    """"p 0.034", "p < 0.001"; "" without one."""
    if not known(p):
        return ""
    return "p < 0.001" if p < 0.001 else f"p {p:.3f}"


def plural(count, noun):
    return f"{count} {noun}" + ("" if count == 1 else "s")


def listed(words):
    """"a, b and c"."""
    words = list(words)
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def set_name(cell):
    return "pooled set" if cell.pooled else cell.benchmark


def rows_of(run, table, **wanted):
    rows = (run.tables.get(table) or {}).get("rows") or []
    return [row for row in rows if all(row.get(key) == value for key, value in wanted.items())]


def balance_of(run, cell):
    """The cell's row of the class balance over all types; None when there is none."""
    found = rows_of(run, "class_balance", model=cell.model, benchmark=cell.benchmark, type="")
    return found[0] if found else None


def verdict(row):
    """above, below or none: adjusted p and the interval over images must agree; untested: no p."""
    if not known(row.get("estimate")):
        return "undefined"
    p, low, high = row.get("p_adjusted"), row.get("low"), row.get("high")
    if not known(p):
        return "untested"
    if p < LEVEL:
        if known(low) and low > 0.5:
            return "above"
        if known(high) and high < 0.5:
            return "below"
    return "none"


def auroc_rows(run, cell):
    """AUROC against the primary labels, in the order of SIGNALS."""
    by_name = auroc_of_cells(run).get((cell.model, cell.benchmark), {})
    return [by_name[name] for name in SIGNALS if name in by_name]


def auroc_of_cells(run):
    """(model, benchmark) -> signal -> its AUROC row; read once."""
    if run.aurocs is None:
        run.aurocs = {}
        for row in rows_of(run, "signals", statistic="auroc"):
            if not str(row.get("label") or "").startswith("majority:"):
                run.aurocs.setdefault((row["model"], row["benchmark"]), {})[row["signal"]] = row
    return run.aurocs
