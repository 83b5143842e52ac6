"""Run facts: what was run, with what."""
import json

from html_table import table
from html_text import Raw, clip, definition_list, details, digest, element, esc, paragraph, section


def as_text(value):
    if value is None:
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def families_of(run):
    return run.manifest.get("families") or run.index.get("families") or {}


def overview(run):
    manifest = run.manifest
    libraries = manifest.get("libraries") or {}
    launches = manifest.get("launches") or []
    pairs = [("Sweep", manifest.get("sweep", "?")), ("Program", manifest.get("program", "?")),
             ("Code revision", manifest.get("revision", "?")),
             ("Compiler", f"{manifest.get('compiler', '?')}, {manifest.get('build', '?')} build"),
             ("Libraries", ", ".join(f"{k} {v}" for k, v in sorted(libraries.items())) or "?"),
             ("Created", manifest.get("created", "?")), ("Seed", manifest.get("seed", "?")),
             ("Profile", manifest.get("profile", "default")),
             ("Families of tests, declared before labels were read",
              f"digest {families_of(run).get('digest', '?')}"),
             ("Starts", len(launches))]
    if launches:
        last = launches[-1]
        pairs.append(("Last start", f"{last.get('time', '?')}, {last.get('ranks', '?')} ranks"))
    if run.partial:
        pairs.append(("PARTIAL", run.partial))
    return definition_list(pairs)


def models(run):
    found = sorted((run.manifest.get("models") or {}).items())
    rows = [[name, as_text(model.get("checkpoint", "?")), as_text(model.get("dtype", "?")),
             as_text(model.get("template", "?")), digest(model.get("hash"), 32)]
            for name, model in found]
    return table("Models", ["Model", "Checkpoint", "Type", "Prompt", "Hash of its files"],
                 [False] * 5, rows) + "".join(model_files(name, model) for name, model in found)


def model_files(name, model):
    """Hash of every file of a checkpoint, folded."""
    files = model.get("files")
    if isinstance(files, dict):
        rows = [[file, *(as_text(value.get(key, "?")) for key in ("bytes", "sha256", "xxh3"))]
                if isinstance(value, dict) else [file, "?", as_text(value), "?"]
                for file, value in sorted(files.items())]
    else:
        return ""
    return details(f"Files of {name} ({len(rows)})",
                   table(f"Files of {name}", ["File", "Bytes", "SHA-256", "XXH3"], [False, True, False, False],
                         rows))


def benchmarks(run):
    rows = []
    for name, entry in sorted((run.manifest.get("benchmarks") or {}).items()):
        facts = entry.get("facts") or {}
        rows.append([name, str(entry.get("items", "?")), str(entry.get("items_used", "?")),
                     ", ".join(map(str, entry.get("scorers") or [])) or "?",
                     digest(entry.get("table_hash"), 32),
                     "; ".join(f"{k}: {clip(as_text(v), 300)}" for k, v in sorted(facts.items()))])
    return table("Sets of questions",
                 ["Set", "Items", "Items used", "Scorers", "Hash of the table", "Facts"],
                 [False, True, True, False, False, False], rows)


def stages(run):
    rows = [[cell.model, cell.benchmark, stage, folder.rsplit("@", 1)[-1],
             str(len(run.unit_files(cell, stage))), str(run.planned_units(cell, stage) or "?")]
            for cell in run.cells for stage, folder in sorted(cell.folders.items())]
    return table("Results by stage",
                 ["Model", "Set", "Stage", "Fingerprint", "Unit files", "Planned"],
                 [False] * 4 + [True] * 2, rows, 3)


def settings(run):
    rows = []
    for name, keys in sorted((run.manifest.get("settings") or {}).items()):
        for key, setting in sorted(keys.items()):
            entry = setting if isinstance(setting, dict) else {"value": setting}
            rows.append([f"{name}.{key}", as_text(entry.get("value", "")),
                         as_text(entry.get("origin", ""))])
    return table("Resolved configuration", ["Setting", "Value", "Comes from"], [False] * 3, rows)


def families(run):
    """The declared families, as they stand in the manifest."""
    found = families_of(run)
    rows = []
    for family in found.get("primary") or []:
        for member in family.get("members") or []:
            rows.append([str(family.get("family", "?")), str(family.get("adjustment", "?")),
                         *(str(member.get(key, "?")) for key in ("benchmark", "signal", "statistic"))])
    others = [Raw(element("b", esc(value.get("family", name))) +
                  esc(f": {value.get('members', '?')} ({value.get('adjustment', '?')})"))
              for name, value in sorted(found.items()) if isinstance(value, dict)]
    if not rows and not others:
        return ""
    return details("Families of tests", table("Primary family of each model",
                                              ["Family", "Adjustment", "Set", "Signal", "Statistic"],
                                              [False] * 5, rows),
                   element("ul", *(element("li", other) for other in others)) if others else "")


def build(run):
    return section("facts", "Run facts", overview(run), models(run), benchmarks(run),
                   details("Results by stage, with fingerprints", stages(run)),
                   details("Resolved configuration, each setting with its origin", settings(run)),
                   families(run) or paragraph("No family of tests was declared."))
