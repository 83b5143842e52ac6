"""Controls: what a probe reaches without the right to, in sentences, then tables T12."""
import result_tables
from html_text import bullets, element, esc
from results import fixed, known, plural, rows_of

LEAD = ("A probe of hidden states is fitted on answers whose labels it sees. Its AUROC means something only beside "
        "what the same protocol reaches without the right to. 'Nested' is the figure that counts: every item is "
        "scored by a probe that saw no item of its image, and layers were chosen on training folds.")


def by_control(run):
    """control -> {(model, benchmark, probe): row} of T12."""
    out = {}
    for row in rows_of(run, "T12"):
        if known(row.get("estimate")):
            out.setdefault(row["statistic"], {})[row["model"], row["benchmark"], row["what"]] = row
    return out


PROBES = {"hidden_mlp": "hidden_probe", "hidden_linear": "linear_probe",
          "attention": "ensemble_attention"}  # probe -> the signal of its nested scores


def nested_of(found, place):
    """Nested AUROC of the probe that a control belongs to."""
    nested = found.get("auroc", {})
    model, benchmark, probe = place
    return nested.get((model, benchmark, PROBES.get(probe, probe))) or nested.get(place)


def pairs(found, control):
    """[(place, value of the control, nested AUROC)] where both are there."""
    out = []
    for place, row in found.get(control, {}).items():
        nested = nested_of(found, place)
        if nested:
            out.append((place, row["estimate"], nested["estimate"]))
    return out


def place_text(place):
    model, benchmark, probe = place
    return f"{probe}, {model} on {benchmark}"


def leak(found):
    rows = pairs(found, "authors_split")
    if not rows:
        return None
    gain = sum(value - nested for _, value, nested in rows) / len(rows)
    place, value, nested = max(rows, key=lambda row: row[1] - row[2])
    return (f"The split that leaks (one random split of items, best layer chosen on its test part) gives "
            f"{gain:+.3f} AUROC on average over {plural(len(rows), 'probe')}; most for {place_text(place)}: "
            f"{fixed(value)} against {fixed(nested)} nested. A figure printed from such a split holds that much "
            "that is no knowledge of the model's correctness.")


def shuffled(found):
    rows = [(place, row, nested_of(found, place)) for place, row in found.get("shuffle", {}).items()]
    rows = [(place, row, nested) for place, row, nested in rows if nested]
    if not rows:
        return None
    values = [row["estimate"] for _, row, _ in rows]
    over = [place for place, row, nested in rows
            if known(row.get("high")) and nested["estimate"] > row["high"]]
    ranged = sum(known(row.get("high")) for _, row, _ in rows)
    return (f"Labels shuffled within question type: {fixed(min(values))} to {fixed(max(values))} over "
            f"{plural(len(rows), 'probe')}; {len(over)} of {ranged} nested figures lie above the range of their "
            "shuffles.")


def ceiling(found, control, words):
    rows = pairs(found, control)
    if not rows:
        return None
    reached = sum(value >= nested for _, value, nested in rows)
    place, value, nested = max(rows, key=lambda row: row[1] - row[2])
    return (f"{words}: reaches the nested figure in {reached} of {len(rows)} cases; closest in {place_text(place)}: "
            f"{fixed(value)} against {fixed(nested)}.")


def duplicates(found):
    rows = found.get("duplicates", {})
    own = sum(row["estimate"] for (_, _, probe), row in rows.items() if probe != "authors_split")
    leaky = sum(row["estimate"] for (_, _, probe), row in rows.items() if probe == "authors_split")
    if not rows:
        return None
    return (f"Equal pairs of image and question in two folds: {own:.0f} in the nested protocol, {leaky:.0f} across the "
            "split that leaks.")


def sentences(run):
    found = by_control(run)
    return [text for text in (
        leak(found), shuffled(found),
        ceiling(found, "type_only", "The type of the question alone"),
        ceiling(found, "length_only", "The number of prompt tokens alone"),
        ceiling(found, "blank", "States of a run with a grey picture"), duplicates(found)) if text]


def build(run):
    found = sentences(run)
    said = element("h3", esc("What the controls say")) + bullets(found) if found else ""
    text = result_tables.build(run, "controls", "Controls", ["T12", "T12_transfer"], LEAD)
    return text.replace("</p>", "</p>" + said, 1) if said else text
