"""Plots of a run: AUROC of every signal, risk-coverage, reliability, agreement."""
import numpy as np

import svg
from html_text import details, element, paragraph, section
from results import auroc_rows, known, plural, set_name

CURVES = ["s_sc", "confidence", "p_tok", "h_s", "c_k", "mass", "hidden_probe"]
FEW_CELLS = 6
CALIBRATED = ["confidence", "s_sc", "stress_test"]
SHORT = {"h_s": "H_s", "h_n": "H_n", "c_k": "C_k", "s_sc": "S_SC", "p_tok": "P_tok",
         "confidence": "confidence", "logit_entropy": "logit entropy", "mass": "mass b",
         "iou": "IoU", "hidden_probe": "hidden-state probe", "linear_probe": "linear probe",
         "last5": "last 5 layers", "fusion": "fusion", "top2_last": "top-2 margin",
         "ensemble_attention": "attention probe", "stress_test": "stress test"}


def auroc_overview(run, writer):
    """One figure per cell: AUROC with interval, a row per signal."""
    out = []
    for cell in run.cells:
        rows = [row for row in auroc_rows(run, cell) if known(row["estimate"])]
        if not rows:
            continue
        figure, axis = svg.new(4.2, 0.32 * len(rows) + 0.9)
        draw_auroc(axis, cell, rows, [row["signal"] for row in rows])
        out.append((cell, writer.add(
            figure, f"auroc_{cell.model}_{cell.benchmark}",
            f"AUROC with 95 % interval, {cell.name}. Dashed: chance; filled: adjusted p below "
            "0.05.",
            ("model", "benchmark", "signal", "n", "invalid", "auroc", "low", "high", "p_adjusted"),
            [(cell.model, cell.benchmark, r["signal"], r["n"], r["invalid"], r["estimate"],
              r["low"], r["high"], r["p_adjusted"]) for r in rows])))
    return gathered(out)


def draw_auroc(axis, cell, rows, names):
    axis.axvline(0.5, color="#555555", linestyle="--", linewidth=1)
    for row in rows:
        y = len(names) - 1 - names.index(row["signal"])
        if known(row["low"]):
            axis.plot([row["low"], row["high"]], [y, y], color=svg.COLOURS[0], linewidth=2)
        sure = known(row["p_adjusted"]) and row["p_adjusted"] < 0.05
        axis.plot(row["estimate"], y, "o", markersize=7, clip_on=False, markeredgecolor=svg.COLOURS[0],
                  markerfacecolor=svg.COLOURS[0] if sure else "white", markeredgewidth=1.6)
    n = max((row["n"] for row in rows), default=0)
    axis.set_title(f"{cell.model}: {set_name(cell)}, n = {n}", fontsize=10, loc="left")
    axis.set_yticks(range(len(names)), [SHORT.get(name, name) for name in reversed(names)])
    axis.set_ylim(-0.7, len(names) - 0.3)
    axis.set_xlim(0, 1)
    axis.set_xlabel("AUROC")


def risk_coverage(run, writer, cell):
    rows = run.frame("risk_coverage", cell.model, cell.benchmark)
    signals = [name for name in CURVES if name in rows.get("signal", [])]
    if not signals:
        return ""
    figure, axis = svg.new()
    table, n = [], 0
    for i, name in enumerate(signals):
        keep = [k for k, signal in enumerate(rows["signal"]) if signal == name]
        coverage, risk = [rows["coverage"][k] for k in keep], [rows["risk"][k] for k in keep]
        n = max(n, int(rows["n"][keep[0]]))
        axis.plot(coverage, risk, color=svg.COLOURS[i], linestyle=svg.STYLES[i], linewidth=1.8,
                  label=SHORT.get(name, name))
        table += [(name, int(rows["n"][k]), rows["coverage"][k], rows["risk"][k]) for k in keep]
    axis.axhline(risk[-1], color="#777777", linewidth=0.8)  # of the last signal's items
    axis.set(xlabel="coverage (share of items answered)", ylabel="risk (share of wrong answers)",
             xlim=(0, 1), ylim=(0, None))
    figure.legend(loc="outside upper left", ncols=3)
    return writer.add(figure, f"risk_coverage_{cell.model}_{cell.benchmark}",
                      f"Risk and coverage, {cell.name}, n = {n}. Lower is better; the grey line is "
                      "the risk of answering everything.",
                      ("signal", "n", "coverage", "risk"), table)


def reliability(run, writer, cell):
    rows = run.frame("reliability", cell.model, cell.benchmark)
    if not rows:
        return ""
    figure, axis = svg.new()
    axis.plot([0, 1], [0, 1], color="#777777", linewidth=0.8)
    table, total = [], 0
    for i, name in enumerate(name for name in CALIBRATED if name in rows["signal"]):
        keep = [k for k, s in enumerate(rows["signal"]) if s == name and rows["n"][k] > 0]
        x = np.array([rows["confidence"][k] for k in keep])
        y = np.array([rows["accuracy"][k] for k in keep])
        low, high = (np.array([rows[key][k] for k in keep]) for key in ("low", "high"))
        total = max(total, int(sum(rows["n"][k] for k in keep)))
        axis.errorbar(x, y, yerr=np.vstack([np.maximum(y - low, 0), np.maximum(high - y, 0)]),
                      color=svg.COLOURS[i], marker=svg.MARKERS[i], markersize=5, linewidth=1.2,
                      linestyle=svg.STYLES[i], elinewidth=1, label=SHORT.get(name, name))
        table += [(name, rows["lower"][k], rows["upper"][k], int(rows["n"][k]),
                   rows["confidence"][k], rows["accuracy"][k], rows["low"][k], rows["high"][k])
                  for k in keep]
    axis.set(xlabel="signal read as a probability", ylabel="share of right answers", xlim=(0, 1.02),
             ylim=(0, 1.02))
    figure.legend(loc="outside upper left", ncols=3)
    return writer.add(figure, f"reliability_{cell.model}_{cell.benchmark}",
                      f"Reliability, {cell.name}, n = {total}. On the diagonal a signal means what "
                      "it says; bars are Wilson intervals.",
                      ("signal", "lower", "upper", "n", "confidence", "accuracy", "low", "high"),
                      table)


def agreement(run, writer, cell):
    rows = run.frame("agreement", cell.model, cell.benchmark)
    keep = [k for k, n in enumerate(rows.get("n", [])) if n > 0]
    if not keep:
        return ""
    figure, axis = svg.new()
    x = np.array([rows["level"][k] for k in keep])
    y = np.array([rows["precision"][k] for k in keep])
    low, high = (np.array([rows[key][k] for k in keep]) for key in ("low", "high"))
    axis.errorbar(x, y, yerr=np.vstack([np.maximum(y - low, 0), np.maximum(high - y, 0)]),
                  color=svg.COLOURS[0], marker="o", linewidth=1.4, elinewidth=1, capsize=2)
    for k, at_x, top in zip(keep, x, high):
        axis.annotate(str(int(rows["n"][k])), (at_x, top + 0.02), ha="center",
                      fontsize=8, color="#333333")
    axis.set(xlabel="agreement of the sampled answers (S_SC)", ylabel="share of right answers",
             xlim=(0, 1.05), ylim=(0, 1.12))
    total = int(sum(rows["n"][k] for k in keep))
    return writer.add(figure, f"agreement_{cell.model}_{cell.benchmark}",
                      f"Right answers by agreement, {cell.name}, n = {total}. Numbers: items at "
                      "this level; bars are Wilson intervals.",
                      ("level", "n", "correct", "precision", "low", "high"),
                      [(rows["level"][k], int(rows["n"][k]), int(rows["correct"][k]),
                        rows["precision"][k], rows["low"][k], rows["high"][k]) for k in keep])


def gathered(plots):
    """Plots of few cells side by side; of many, those of the pooled sets in front and the others folded.

    plots: (cell, HTML) in order."""
    def grid(chosen):
        return element("div", *chosen, class_="plots") if chosen else ""
    plots = [(cell, text) for cell, text in plots if text]
    if len({id(cell) for cell, _ in plots}) <= FEW_CELLS:
        return grid([text for _, text in plots])
    front = [text for cell, text in plots if cell.pooled]
    parts = [grid(front)]
    for model in dict.fromkeys(cell.model for cell, _ in plots):
        own = [text for cell, text in plots if cell.model == model and not cell.pooled]
        parts.append(details(f"{model}, set by set ({plural(len(own), 'plot')})", grid(own)) if own else "")
    return "".join(parts)


def build(run, writer):
    plots = [(cell, plot(run, writer, cell)) for cell in run.cells
             for plot in (risk_coverage, reliability, agreement)]
    if not any(text for _, text in plots):
        return section("plots", "Plots", paragraph("There is nothing to plot yet."))
    return section("plots", "Plots", gathered(plots))
