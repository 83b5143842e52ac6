"""Figures F2a, F2b, F3 and F4: margins, neurons, attention entropy and residual updates by layer."""
from matplotlib.ticker import MaxNLocator

import svg
from html_text import element, paragraph, section
from results import rows_of

PAPER = "arXiv 2606.17389"


def grouped(rows, *keys):
    """Rows by the values of `keys`, in the order of their first row: {(value, ...): rows}."""
    out = {}
    for row in rows:
        out.setdefault(tuple(row[key] for key in keys), []).append(row)
    return out


def columns(rows, *names):
    """Columns of the rows in which every one of `names` is a number."""
    whole = [row for row in rows if all(row.get(name) is not None for name in names)]
    return [[row[name] for row in whole] for name in names]


def curves(rows, x, y, low=None, high=None):
    """[(model, n, x, y, band or None)] of the models that have a number to draw."""
    out = []
    for (model,), of_model in grouped(rows, "model").items():
        xs, ys = columns(of_model, x, y)
        if not xs:
            continue
        band = columns(of_model, x, low, high) if low else None
        out.append((model, max(int(row["n"] or 0) for row in of_model), xs, ys, band))
    return out


def draw(axis, lines):
    for i, (model, n, xs, ys, band) in enumerate(lines):
        colour = svg.COLOURS[i % len(svg.COLOURS)]
        if band:
            axis.fill_between(*band, color=colour, alpha=0.18, linewidth=0)
        axis.plot(xs, ys, color=colour, linestyle=svg.STYLES[i % len(svg.STYLES)],
                  marker=svg.MARKERS[i % len(svg.MARKERS)], markersize=4, linewidth=1.6,
                  label=f"{model}, n = {n}")


def whole_blocks(axis):
    """Ticks of a layer axis are block numbers."""
    axis.xaxis.set_major_locator(MaxNLocator(integer=True))


def items_of(lines):
    """" n = 96 (model a), 90 (model b)." for a caption."""
    return " n = " + ", ".join(f"{n} ({model})" for model, n, *_ in lines) + "."


def source(name):
    return f" Numbers: reduce/figures/{name}.csv."


def paper(text, benchmark="pope"):
    """What the paper prints for its own checkpoints; its figures are about POPE."""
    return f" Paper ({PAPER}, its checkpoints): {text}" if "pope" in benchmark else ""


def margins(run, writer):
    """F2a: a figure for each set, a curve for each model."""
    out = []
    for (benchmark,), rows in grouped(run.figure_rows("F2a"), "benchmark").items():
        lines = curves(rows, "layer", "margin", "low", "high")
        if not lines:
            continue
        figure, axis = svg.new(5.2, 3.4)
        axis.axhline(0, color="#777777", linewidth=0.8)
        draw(axis, lines)
        blank = curves(rows, "layer", "margin_blank")
        models = [line[0] for line in lines]
        for model, _, xs, ys, _ in blank:
            axis.plot(xs, ys, color=svg.COLOURS[models.index(model) % len(svg.COLOURS)],
                      linestyle=":", linewidth=1)
        axis.set(xlabel="block (-1: embeddings)", ylabel="margin of the right answer, logits")
        axis.set_title(f"F2a: {benchmark}", fontsize=10, loc="left")
        whole_blocks(axis)
        figure.legend(loc="outside upper left")
        out.append(writer.add(
            figure, f"F2a_{benchmark}",
            f"F2a. Mean margin by block, {benchmark}: the logit of the right answer minus the best "
            "other one, read after each block. Band: 95 % interval of the mean"
            + ("; dotted: with a grey picture instead of the item's." if blank else ".")
            + items_of(lines) + paper("peaks at block 24 (LLaVA), 14 (PaliGemma), 27 (Qwen2-VL); largest "
                                      "margins +9.20, +10.85, +8.40 logits.", benchmark) + source("F2a")))
    return out


def fitted_on(run, model, benchmark):
    """", n = 96 items" of the probe that ranked the neurons; "" when T9 does not say."""
    found = [row["n"] for row in rows_of(run, "T9", model=model, benchmark=benchmark) if row.get("n")]
    return f", n = {max(found)} items" if found else ""


def neurons(run, writer):
    """F2b: a histogram for each cell, with the ids of the success and failure neurons."""
    marked = grouped(run.figure_rows("F2b_neurons"), "model", "benchmark")
    out = []
    for (model, benchmark), rows in grouped(run.figure_rows("F2b"), "model", "benchmark").items():
        lower, upper, density, count = columns(rows, "lower", "upper", "density", "neurons")
        if not lower:
            continue
        figure, axis = svg.new(5.2, 3.4)
        widths = [b - a for a, b in zip(lower, upper)]
        axis.bar(lower, density, width=widths, align="edge", color=svg.COLOURS[0], alpha=0.75,
                 linewidth=0)
        top = max(density) or 1
        axis.set_ylim(0, top * 1.5)
        axis.axvline(0, color="#777777", linewidth=0.8)
        for row in marked.get((model, benchmark), []):
            if row["delta"] is None:
                continue
            success = row["kind"] == "success"
            colour = svg.COLOURS[2] if success else svg.COLOURS[1]
            # One row of labels for each rank, so that close neurons stay readable.
            at = top * (1.38 - 0.12 * row["rank"] - (0 if success else 0.04))
            axis.plot([row["delta"]] * 2, [0, at], color=colour, linewidth=1,
                      linestyle="-" if success else "--")
            axis.annotate(f"N{int(row['neuron'])}", (row["delta"], at), fontsize=8, color=colour,
                          ha="left" if row["delta"] >= 0 else "right", va="bottom")
        axis.set(xlabel="mean activation on right minus on wrong answers", ylabel="density")
        layer = int(rows[0]["layer"])
        axis.set_title(f"F2b: {model}, {benchmark}, block {layer}", fontsize=10, loc="left")
        out.append(writer.add(
            figure, f"F2b_{model}_{benchmark}",
            f"F2b. Difference of activation of the {int(sum(count))} coordinates of the MLP output of "
            f"block {layer}, {model} on {benchmark}{fitted_on(run, model, benchmark)}. Marked: the largest positive (success, solid) and "
            "negative (failure, dashed) weights of the L1 probe." + source("F2b")))
    return out


def entropy(run, writer):
    """F3: mean change of spatial entropy from the first block."""
    out = []
    for (benchmark,), rows in grouped(run.figure_rows("F3"), "benchmark").items():
        lines = curves(rows, "depth", "h_change", "low", "high")
        if not lines:
            continue
        figure, axis = svg.new(5.2, 3.4)
        axis.axhline(0, color="#777777", linewidth=0.8)
        draw(axis, lines)
        axis.set(xlabel="relative depth l / (L-1)", ylabel="H_s(l) - H_s(0), nats")
        axis.set_title(f"F3: {benchmark}", fontsize=10, loc="left")
        figure.legend(loc="outside upper left")
        out.append(writer.add(
            figure, f"F3_{benchmark}",
            f"F3. How attention spreads or sharpens over the layers, {benchmark}: mean change of "
            "spatial entropy from the first block. Band: 95 % interval of the mean." + items_of(lines)
            + paper("LLaVA falls by about 2.5 nats at layer 2 and rises by about 1.0 at the last; Qwen2-VL "
                    "sharpens again at 17 and 25.", benchmark) + source("F3")))
    return out


def with_band(rows):
    """Fills low and high where the data have a standard deviation only; what the band is, in words."""
    if any(row.get("low") is not None for row in rows):
        return "95 % interval of the mean"
    for row in rows:
        known = row["resid"] is not None and row.get("sd") is not None
        row["low"] = row["resid"] - row["sd"] if known else None
        row["high"] = row["resid"] + row["sd"] if known else None
    return "one standard deviation over items"


def updates(run, writer):
    """F4: residual update of the image tokens."""
    out = []
    for (benchmark,), rows in grouped(run.figure_rows("F4"), "benchmark").items():
        band = with_band(rows)
        lines = curves(rows, "layer", "resid", "low", "high")
        if not lines:
            continue
        figure, axis = svg.new(5.2, 3.4)
        draw(axis, lines)
        axis.set(xlabel="block", ylabel="mean length of the update", ylim=(0, None))
        axis.set_title(f"F4: {benchmark}", fontsize=10, loc="left")
        whole_blocks(axis)
        figure.legend(loc="outside upper left")
        out.append(writer.add(
            figure, f"F4_{benchmark}",
            f"F4. How far each block moves the image tokens, {benchmark}: mean length of "
            f"h(l) - h(l-1) over image positions. Band: {band}." + items_of(lines)
            + paper("LLaVA is flat in blocks 5 to 28 and rises in 30 to 32.", benchmark)
            + source("F4")))
    return out


def build(run, writer):
    plots = [plot for make in (margins, neurons, entropy, updates) for plot in make(run, writer)]
    title = "Inside the model"
    if not plots:
        return section("inside", title, paragraph(
            "There is nothing to plot: the run holds no lens, no probe and no map by layer."))
    return section("inside", title, paragraph(
        "Where the answer appears on its way through the layers, and which parts carry it. Tables T2, "
        "T9 and T5 have the numbers with their tests."), element("div", *plots, class_="plots"))
