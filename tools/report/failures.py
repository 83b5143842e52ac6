"""Items that could not be computed, with their reasons."""
import collections

from html_table import table
from html_text import clip, details, paragraph, section

SHOWN = 200
STATUS = {1: "failed", 2: "attention invalid"}


def failed_of(run, cell, stage):
    """(item key, what happened, reason) of the items of a stage that are not ok."""
    joined = run.joined(cell, stage, ["item/key", "item/status", "item/reason"])
    rows = zip(joined.get("item/key", []), joined.get("item/status", []),
               joined.get("item/reason", []))
    return [(key, STATUS.get(int(status), f"status {int(status)}"), clip(reason, 500) or "no reason given")
            for key, status, reason in rows if int(status) != 0]


def build(run):
    counts = collections.Counter()
    rows = []
    for cell in run.real_cells():
        for stage in ("capture", "consistency"):
            for key, what, reason in failed_of(run, cell, stage):
                counts[(cell.model, cell.benchmark, stage, what, reason)] += 1
                rows.append([cell.model, cell.benchmark, stage, key, what, reason])
    if not rows:
        return section("failed", "Failed items",
                       paragraph("Every item that was asked has an answer and an attention map."))
    summary = table("Failed items by reason", ["Model", "Set", "Stage", "What", "Reason", "Items"],
                    [False] * 5 + [True],
                    [[*key, str(n)] for key, n in sorted(counts.items())], 3)
    title = f"Each failed item ({len(rows)})" if len(rows) <= SHOWN else \
        f"The first {SHOWN} of {len(rows)} failed items"
    listing = table("Failed items", ["Model", "Set", "Stage", "Item", "What", "Reason"],
                    [False] * 6, rows[:SHOWN], 4)
    return section("failed", "Failed items", paragraph(
        "A failed item is counted in every table and enters no statistic; it never becomes a zero."),
        summary, details(title, listing))
