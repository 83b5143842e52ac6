"""The page: sections in order, one stylesheet, a strict content security policy, no script."""
import os
import pathlib

import case_study
import facts
import failures
import figures
import inside
import label_audit
import overlays
import result_tables
import summary
import svg
from html_text import bullets, element, esc, paragraph, section

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
FIRST_TABLES = ["class_balance", "T1", "T2", "T3", "T4", "pooled_sets", "T5", "T6", "T7", "T8", "T9",
                "T10", "T11", "T12"]
MORE_TABLES = ["T9_layers", "T12_transfer", "interventions", "agreement", "risk_coverage", "calibration", "paper_delta", "signals"]
CONTENTS = [("summary", "In short"), ("class_balance", "Class balance"),
            *((f"T{k}", f"T{k}") for k in range(1, 13)), ("inside", "Inside the model"),
            ("plots", "Plots"), ("case", "Case study"), ("items", "A few items"),
            ("label_audit", "Label audit"), ("agreement", "Agreement"),
            ("paper_delta", "Beside the paper"), ("facts", "Run facts"), ("failed", "Failed items")]


def guarded(run, title, identifier, build):
    """A section that cannot be built leaves a sentence in its place and a problem on record."""
    try:
        return build()
    except (OSError, KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        text = f"section '{title}' could not be made: {type(error).__name__}: {error}"
        run.problem(text)
        return section(identifier, title, paragraph(text, "partial"))


def problems(run):
    if not run.problems:
        return ""
    return section("problems", "What could not be shown", bullets(run.problems))


def contents(body):
    links = [element("a", esc(text), href=f"#{name}") for name, text in CONTENTS
             if f'id="{name}"' in body]
    return element("nav", *links, aria_label="Contents")


def build(run):
    writer = svg.Writer(run)
    overview = guarded(run, "AUROC", "auroc", lambda: figures.auroc_overview(run, writer))
    parts = [
        guarded(run, "In short", "summary", lambda: summary.build(run, overview)),
        guarded(run, "Tables", "tables", lambda: result_tables.build(run, FIRST_TABLES)),
        guarded(run, "Inside the model", "inside", lambda: inside.build(run, writer)),
        guarded(run, "Plots", "plots", lambda: figures.build(run, writer)),
        guarded(run, "Case study", "case", lambda: case_study.build(run, writer)),
        guarded(run, "A few items", "items", lambda: overlays.build(run)),
        guarded(run, "Label audit", "label_audit", lambda: label_audit.build(run, writer)),
        guarded(run, "More tables", "more-tables", lambda: result_tables.build(run, MORE_TABLES)),
        guarded(run, "Run facts", "facts", lambda: facts.build(run)),
        guarded(run, "Failed items", "failed", lambda: failures.build(run))]
    for name in result_tables.missing(run):
        run.problem(f"table {name}: not there")
    parts.append(problems(run))
    body = "".join(parts)
    name = str(run.manifest.get("sweep") or run.root.name)
    style = (pathlib.Path(__file__).parent / "style.css").read_text(encoding="utf-8")
    head = element(
        "head", '<meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{esc(POLICY)}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="referrer" content="no-referrer">',
        element("title", esc(f"{name}: VLM Reliability Probe")), element("style", style))
    header = element("header", element("p", "VLM Reliability Probe", class_="over"),
                     element("h1", esc(name)), contents(body))
    page = element("body", element("a", "Skip to the results", href="#main", class_="skip"), header,
                   element("main", body, id="main"))
    return f'<!DOCTYPE html>\n<html lang="en">{head}{page}</html>\n'


def write(run, out=None):
    """Writes the page as a whole (temporary neighbour, then rename); returns its path."""
    path = pathlib.Path(out) if out else run.root / "report.html"
    text = build(run)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    temporary.write_text(text, encoding="utf-8")
    os.replace(temporary, path)
    return path
