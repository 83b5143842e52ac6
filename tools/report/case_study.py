"""Figure F5: the wrong answer with the most focused attention of each set, and its lens."""
import inside
import overlays
import svg
from html_text import Raw, clip, definition_list, element, esc, paragraph, section

SHOWN = 9  # cells at most


def asks_yes_no(run, benchmark):
    entry = (run.manifest.get("benchmarks") or {}).get(benchmark) or {}
    return any(str(name).startswith("yes_no") for name in entry.get("scorers") or [])


def lens(run, writer, row, layers):
    """Curves of yes and no on a yes/no set, of the margin elsewhere; "" without numbers."""
    names = ["yes", "no"] if asks_yes_no(run, row["benchmark"]) else ["margin", "margin_blank"]
    drawn = [(name, [(r["layer"], r[name]) for r in layers if r[name] is not None])
             for name in names]
    drawn = [(name, points) for name, points in drawn if points]
    if not drawn:
        return ""
    figure, axis = svg.new(4.6, 3.0)
    for i, (name, points) in enumerate(drawn):
        label = {"yes": "yes", "no": "no", "margin": "margin",
                 "margin_blank": "margin, grey picture"}[name]
        axis.plot(*zip(*points), color=svg.COLOURS[i], linestyle=svg.STYLES[i],
                  marker=svg.MARKERS[i], markersize=4, label=label)
    inside.whole_blocks(axis)
    axis.axhline(0, color="#777777", linewidth=0.8)
    axis.set(xlabel="block (-1: embeddings)", ylabel="logits")
    figure.legend(loc="outside upper left", ncols=2)
    what = "the largest logits of the yes tokens and of the no tokens" if names[0] == "yes" else \
        "the margin of the right answer, with the item's picture and with a grey one"
    return writer.add(figure, f"F5_{row['model']}_{row['benchmark']}",
                      f"F5. {what[0].upper()}{what[1:]} after each block, {row['model']}, item "
                      f"{row['key']}. Numbers: reduce/figures/F5_layers.csv.")


def text(value, digits=3):
    return "n/a" if value is None else f"{value:.{digits}f}"


def picture(run, writer, row):
    """The two pictures of the item as the section of items shows them."""
    cell = next((c for c in run.real_cells()
                 if (c.model, c.benchmark) == (row["model"], row["benchmark"])), None)
    if cell is None:
        return paragraph("The manifest has no such cell.")
    items = run.items(row["benchmark"])
    keys = items.get("key") or []
    if row["key"] not in keys:
        return paragraph("The item table does not hold this item.")
    at = keys.index(row["key"])
    return overlays.pictures(run, cell, {"key": row["key"], "image": items.get("image", [""])[at],
                                         "boxes": overlays.boxes_of(items, at)},
                             lambda image: writer.picture(
                                 image, f"F5_{row['model']}_{row['benchmark']}_picture"))


def card(run, writer, row, layers):
    facts = [("Question", clip(row["question"])), ("Reference", row["reference"] or "(none)"),
             ("Answer", Raw(esc(clip(row["answer"] or "(empty)")) + " " +
                            element("span", "wrong", class_="mark wrong"))),
             ("Attention", f"H_s {text(row['h_s'])} nats (H_n {text(row['h_n'])}), percentile "
                           f"{text(row['percentile'], 1)}, n = {int(row['n'] or 0)} items; "
                           f"C_k {text(row['c_k'], 0)}"),
             ("Output", f"confidence {text(row['confidence'])}, S_SC {text(row['s_sc'], 2)}, final "
                        f"margin {text(row['margin_final'], 2)}")]
    return element("article", element("h3", esc(f"{row['model']} on {row['benchmark']}")),
                   paragraph(f"item {row['key']}", "small"), picture(run, writer, row),
                   definition_list(facts), lens(run, writer, row, layers), class_="item")


def build(run, writer):
    cases = run.figure_rows("F5")
    layers = run.figure_rows("F5_layers")
    cards, absent = [], []
    for row in cases:
        if not row["key"]:
            absent.append(f"{row['model']} on {row['benchmark']}: {row['note'] or 'no such item'}")
        elif len(cards) < SHOWN:
            own = [r for r in layers if (r["model"], r["benchmark"], r["key"]) ==
                   (row["model"], row["benchmark"], row["key"])]
            cards.append(card(run, writer, row, own))
    title = "F5. Case study: wrong with focused attention"
    rule = ("Chosen by rule, not by hand: of each set, the wrong answer with the lowest spatial "
            "entropy. Left: what the model sees. Right: mean attention over all layers, with the "
            "cells of the top 30 % of its mass outlined in white. Numbers: reduce/figures/F5.csv. "
            "The paper's case (PaliGemma, sample 31): H_s 0.321, bottom 15 %, C_k 0, answer No; its "
            "0.321 is not H_s in nats.")
    if not cards and not absent:
        return section("case", title, paragraph("No case was computed."))
    left = paragraph("No case: " + "; ".join(absent) + ".") if absent else ""
    return section("case", title, paragraph(rule), left,
                   element("div", *cards, class_="items") if cards else "")
