"""The report: its sections in order."""
import case_study
import cite
import controls
import document
import facts
import failures
import figures
import inside
import label_audit
import overlays
import paper
import reproduce
import result_tables
import summary
import svg
from html_text import bullets, element, esc, paragraph, section
from results import plural

MAIN_TABLES = ["class_balance", "T1", "T2", "T3", "T4", "pooled_sets", "T5", "T6", "T7", "T8", "T9",
               "T10", "T11"]
MORE_TABLES = ["T9_layers", "interventions", "agreement", "risk_coverage", "calibration", "signal_differences",
               "across_models", "signals"]
OF_SECTIONS = {"T12", "T12_transfer", "paper_delta", "label_audit", "label_agreement", "label_signals",
               "format_confound", "official_figures"}  # tables that another section shows
CONTENTS = [("summary", "In short"), ("by_cell", "By set"), ("label_audit", "Labels"), ("tables", "Tables"),
            ("controls", "Controls"), ("inside", "Layers"), ("plots", "Plots"), ("case", "Case"), ("items", "Items"),
            ("paper", "Paper"), ("more", "More tables"), ("facts", "Run facts"), ("cite", "Cite"),
            ("reproduce", "Reproduce"), ("failed", "Failed"), ("problems", "Not shown")]


def guarded(run, title, identifier, build):
    """A section that cannot be built leaves a sentence in its place and a problem on record."""
    try:
        return build()
    except (OSError, KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        text = f"section '{title}' could not be made: {type(error).__name__}: {error}"
        run.problem(text)
        return section(identifier, title, paragraph(text, "partial"))


def unfinished(run):
    """Units that are planned and not there, in words by stage."""
    out = {}
    for cell in run.cells:
        for stage in cell.folders:
            planned, there = run.planned_units(cell, stage), len(run.unit_files(cell, stage))
            if planned is not None and there < planned:
                done, wanted = out.get(stage, (0, 0))
                out[stage] = (done + there, wanted + planned)
    return [f"stage {stage}: {done} of {plural(wanted, 'unit')} finished in the cells that lack some"
            for stage, (done, wanted) in out.items()]


def other_tables(run):
    """Tables that no section names; a new table is shown without a change here."""
    named = {*MAIN_TABLES, *MORE_TABLES, *OF_SECTIONS}
    return [name for name in run.tables if name not in named]


def problems(run):
    if not run.problems:
        return ""
    return section("problems", "What could not be shown", bullets(run.problems))


def sections(run):
    writer = svg.Writer(run)

    def overview():
        return figures.auroc_overview(run, writer)
    makers = [
        ("In short", "summary", lambda: summary.build(run)),
        ("Signals, set by set", "by_cell", lambda: summary.build_signals(
            run, guarded(run, "AUROC", "auroc", overview))),
        ("Label audit", "label_audit", lambda: label_audit.build(run, writer)),
        ("Tables", "tables", lambda: result_tables.build(run, "tables", "Tables", MAIN_TABLES)),
        ("Controls", "controls", lambda: controls.build(run)),
        ("Inside the model", "inside", lambda: inside.build(run, writer)),
        ("Plots", "plots", lambda: figures.build(run, writer)),
        ("Case study", "case", lambda: case_study.build(run, writer)),
        ("A few items", "items", lambda: overlays.build(run)),
        ("Beside the paper", "paper", lambda: paper.build(run)),
        ("More tables", "more", lambda: result_tables.build(run, "more", "More tables",
                                                            MORE_TABLES + other_tables(run))),
        ("Run facts", "facts", lambda: facts.build(run)),
        ("How to cite", "cite", lambda: cite.build(run)),
        ("How to reproduce", "reproduce", lambda: reproduce.build(run)),
        ("Failed items", "failed", lambda: failures.build(run))]
    return [guarded(run, title, identifier, build) for title, identifier, build in makers]


def build(run):
    for text in unfinished(run):
        run.problem(text)
    parts = sections(run)
    for name in result_tables.missing(run):
        run.problem(f"table {name}: not there")
    parts.append(problems(run))
    body = "".join(parts)
    name = str(run.manifest.get("sweep") or run.root.name)
    manifest = run.manifest
    lead = element("p", esc(f"{manifest.get('program', 'VRP')}, revision {manifest.get('revision', '?')}, seed "
                            f"{manifest.get('seed', '?')}, profile {manifest.get('profile', 'default')}, "
                            f"created {manifest.get('created', '?')}"), class_="small")
    links = [(target, text) for target, text in CONTENTS if f'id="{target}"' in body]
    return document.document(f"{name}: VLM Reliability Probe", "VLM Reliability Probe", name, lead, links, body)


def write(run, out=None):
    """Writes the page; returns its path."""
    return document.write(out or run.root / "report.html", build(run))
