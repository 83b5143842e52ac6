"""The parts of an item's page: what was asked, then each model's answer and how it came about."""
import document
import inside
import overlays
import svg
from html_table import table
from html_text import Raw, banner, clip, definition_list, details, element, esc, paragraph, section
from results import fixed, plural

WORDS = {1: "right", 0: "wrong"}


def label_word(label):
    return WORDS.get(label, "no label")


def mark(label):
    word = label_word(label)
    return Raw(element("span", esc(word), class_=f"mark {word.replace(' ', '-')}"))


def placed(entry):
    """"0.83 (percentile 71, n = 94)"."""
    text = fixed(entry.get("value"))
    if entry.get("percentile") is not None:
        text += f" (percentile {entry['percentile']:.0f}, n = {entry['n']})"
    return text


def signals_by_array(account):
    return {entry["array"]: entry for entry in account.get("signals") or []}


def question(account):
    pairs = [("Question", clip(account["question"])), ("Reference", account["reference"] or "(none)")]
    if account.get("references"):
        pairs.append(("Human answers", ", ".join(map(str, account["references"]))))
    if account.get("hint"):
        pairs.append(("Hint", clip(account["hint"])))
    if account.get("choices"):
        pairs.append(("Options", Raw(element("ul", *(
            element("li", esc(f"{chr(65 + i)}. {clip(text, 300)}"))
            for i, text in enumerate(account["choices"]))))))
    regions = [f"{region['category']} at {', '.join(f'{v:g}' for v in region['box'])}"
               for region in account.get("regions") or []]
    pairs += [("Type", account.get("type") or "(none)"), ("Group", account.get("group") or "(none)"),
              ("Annotated objects", "; ".join(regions) or "none"), ("Picture", account.get("image", ""))]
    return section("question", "What was asked", definition_list(pairs))


def labels_table(account):
    rows = [[entry["scorer"] + (" (primary)" if entry["primary"] else ""), label_word(entry["label"]),
             "nothing" if entry["unparsed"] else clip(entry.get("parsed") or "", 200), fixed(entry["score"], 2)]
            for entry in account.get("labels") or []]
    return table(f"Under each rule, {account['model']}", ["Rule", "Label", "Read from the answer", "Score"],
                 [False, False, False, True], rows)


def samples_text(samples):
    if not samples:
        return None
    answers = [path["text"] for path in samples["paths"]]
    lead = (f"S_SC {fixed(samples['s_sc'], 2)}, {fixed(samples['distinct'], 0)} distinct answers, entropy "
            f"{fixed(samples['answer_entropy'])} nats, majority \"{clip(samples['majority'] or '', 200)}\"")
    return Raw(esc(lead) + overlays.sampled([clip(text, 300) for text in answers]))


def margin_figure(account, writer):
    """Margin, and the logits of yes and no where the set asks for them, after each block."""
    lens = account.get("lens")
    if not lens:
        return ""
    names = [("margin", "margin"), ("margin_blank", "margin, grey picture"), ("yes", "yes"), ("no", "no")]
    drawn = [(label, [(x, y) for x, y in zip(lens["blocks"], lens.get(name) or []) if y is not None])
             for name, label in names]
    drawn = [(label, points) for label, points in drawn if points]
    if not drawn:
        return ""
    figure, axis = svg.new(4.6, 3.0)
    axis.axhline(0, color="#777777", linewidth=0.8)
    for i, (label, points) in enumerate(drawn):
        axis.plot(*zip(*points), color=svg.COLOURS[i], linestyle=svg.STYLES[i], marker=svg.MARKERS[i],
                  markersize=3.5, label=label)
    inside.whole_blocks(axis)
    axis.set(xlabel="block (-1: embeddings)", ylabel="logits")
    figure.legend(loc="outside upper left", ncols=2)
    return writer.add(figure, f"margin_{account['model']}",
                      f"Logits after each block, {account['model']}: margin of the right answer over its best "
                      "rival, with the item's picture and with a grey one. Numbers: the table below.")


def layers_table(account):
    lens = account.get("lens")
    if not lens:
        return ""
    names = [("margin", "Margin"), ("margin_blank", "Grey picture"), ("target", "Right answer"), ("top2", "Top 2"),
             ("yes", "Yes"), ("no", "No")]
    kept = [(name, title) for name, title in names if any(v is not None for v in lens.get(name) or [])]
    rows = [["embeddings" if block < 0 else f"L{block}", *(fixed(lens[name][i], 2) for name, _ in kept)]
            for i, block in enumerate(lens["blocks"])]
    return details("Numbers by block", table(f"Logits by block, {account['model']}",
                                             ["Block", *(title for _, title in kept)],
                                             [True] * (len(kept) + 1), rows))


def attention_text(attention):
    if not attention:
        return None
    place = f" (percentile {attention['h_s_percentile']:.0f}, n = {attention['n']})" \
        if attention.get("h_s_percentile") is not None else ""
    text = (f"H_s {fixed(attention['h_s'])} nats{place}, H_n {fixed(attention['h_n'])}, C_k "
            f"{fixed(attention['c_k'], 0)}")
    if attention.get("flag"):
        text += f"; {attention['flag']}"
    region = attention.get("region") or {}
    if region.get("defined"):
        text += (f". On the object: mass {fixed(region['mass'])}, lift {fixed(region['lift'], 2)}, IoU "
                 f"{fixed(region['iou'])}, pointing {fixed(region['pointing'], 0)}")
    elif region.get("reason"):
        text += f". On the object: not defined ({region['reason']})"
    return text


def edits(account):
    """What interventions did to the answer: a sentence and, folded, every condition."""
    found = account.get("interventions")
    if not found:
        return ""
    if found["status"] != 0:
        return paragraph("Interventions: not among the items that are evaluated." if found["status"] == 3
                         else f"Interventions failed: {found.get('reason') or 'no reason given'}.", "small")
    conditions = found["conditions"]
    before = conditions[0]["label"] if conditions else None
    answered = [c for c in conditions[1:] if c["answer"] is not None]
    flipped = [c for c in answered if c["changed"] and c["label"] != before]
    rows = [[c["name"], clip(c["answer"], 200), "yes" if c["changed"] else "no", label_word(c["label"]),
             fixed(c["margin"], 2)] for c in conditions if c["answer"] is not None]
    lead = (f"{sum(bool(c['changed']) for c in answered)} of {plural(len(answered), 'condition')} changed the answer, "
            f"{len(flipped)} its label" + (": " + ", ".join(c["name"] for c in flipped[:8]) if flipped else "")
            + (" ..." if len(flipped) > 8 else "") + ".")
    return paragraph(lead) + details(f"Every condition ({len(rows)})", table(
        f"Interventions, {account['model']}", ["Condition", "Answer", "Changed", "Label", "Margin"],
        [False, False, False, False, True], rows))


def signals_table(account):
    rows = [[entry["array"], fixed(entry["value"], 4), fixed(entry["percentile"], 1), str(entry["n"]), entry["units"],
             str(entry["orientation"])]
            for entry in account.get("signals") or [] if not entry.get("control")]
    return details(f"All signals ({len(rows)})", table(
        f"Signals of the item, {account['model']}", ["Signal", "Value", "Percentile", "n", "Unit", "Direction"],
        [False, True, True, True, False, True], rows)) if rows else ""


def states(account):
    """What is missing of the model's stages, in sentences."""
    return [f"{stage}: {state}" for stage, state in sorted((account.get("stages") or {}).items()) if state != "done"]


def model(run, item, account, writer):
    cell = next((c for c in run.real_cells()
                 if (c.model, c.benchmark) == (account["model"], item["benchmark"])), None)
    missing = states(account)
    left = paragraph("; ".join(missing) + ".", "small") if missing else ""
    head = element("h3", esc(account["model"]))
    if account["status"] not in ("ok", "attention invalid"):
        reason = account.get("reason") or ""
        return element("article", head, paragraph(account["status"] + (f": {reason}" if reason else "")), left,
                       class_="item")
    answer = account["answer"]
    labels = account.get("labels") or []
    signals = signals_by_array(account)
    facts = [("Answer", Raw(esc(clip(answer["text"] or "(empty)")) + " " +
                            mark(labels[0]["label"] if labels else None))),
             ("Output", ", ".join(f"{name} {placed(signals[array])}" for name, array in (
                 ("confidence", "output/confidence"), ("P_tok", "output/p_tok"),
                 ("logit entropy", "output/logit_entropy")) if array in signals) or "n/a"),
             ("Samples", samples_text(account.get("samples"))),
             ("Attention", attention_text(account.get("attention")))]
    row = {"key": item["key"], "image": item.get("image", ""),
           "boxes": [tuple(region["box"]) for region in item.get("regions") or []]}
    pictures = overlays.pictures(run, cell, row) if cell else paragraph("The manifest has no such cell.")
    return element("article", head, left, pictures,
                   definition_list([(name, value) for name, value in facts if value]), labels_table(account),
                   margin_figure(account, writer), layers_table(account), edits(account), signals_table(account),
                   class_="item")


LEGEND = ("Left: what the model sees after scaling and cropping. Right: mean attention of the answer over all layers, "
          "bright is more; white outline: the cells with the top 30 % of the mass; green: annotated objects. A "
          "percentile is the item's place among the set's items of that model, 0 lowest.")


def page(run, account):
    """The whole page as text; `account`: what `vrp show --json` prints."""
    writer = svg.Writer(None)
    models = [model(run, account, own, writer) for own in account["models"]]
    stamp = banner("PARTIAL", "The run does not cover every item.") if account.get("partial") else ""
    body = stamp + question(account) + section(
        "models", "What the models did", paragraph(LEGEND, "small"),
        element("div", *models, class_="items") if models
        else paragraph("No model of the run answers this set."))
    return document.document(f"{account['key']}: VLM Reliability Probe",
                             f"VLM Reliability Probe, sweep {account.get('sweep') or '?'}", account["key"], "", [],
                             body)
