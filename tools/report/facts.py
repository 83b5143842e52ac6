"""Run facts: what was run, with what, and how to run it again."""
import json

from html_text import Raw, definition_list, details, element, esc, paragraph, section, table


def short(value, length=16):
    text = str(value or "")
    return text if len(text) <= length else text[:length] + "..."


def as_text(value):
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)


def overview(run):
    manifest = run.manifest
    libraries = manifest.get("libraries") or {}
    families = manifest.get("families") or run.index.get("families") or {}
    launches = manifest.get("launches") or []
    pairs = [("Sweep", manifest.get("sweep", "?")), ("Program", manifest.get("program", "?")),
             ("Code revision", manifest.get("revision", "?")),
             ("Compiler", f"{manifest.get('compiler', '?')}, {manifest.get('build', '?')} build"),
             ("Libraries", ", ".join(f"{k} {v}" for k, v in sorted(libraries.items())) or "?"),
             ("Created", manifest.get("created", "?")), ("Seed", manifest.get("seed", "?")),
             ("Profile", manifest.get("profile", "default")),
             ("Families of tests, declared before labels were read",
              f"digest {families.get('digest', '?')}"),
             ("Starts", len(launches))]
    if launches:
        last = launches[-1]
        pairs.append(("Last start", f"{last.get('time', '?')} with {last.get('ranks', '?')} ranks on "
                                    f"{last.get('host', '?')}"))
    if run.partial:
        pairs.append(("PARTIAL", run.partial))
    return definition_list(pairs)


def models(run):
    rows = []
    for name, model in sorted((run.manifest.get("models") or {}).items()):
        rows.append([name, as_text(model.get("checkpoint", "?")), as_text(model.get("dtype", "?")),
                     as_text(model.get("template", "?")), short(model.get("hash"), 32)])
    return table("Models", ["Model", "Checkpoint", "Type", "Prompt", "Hash of its files"],
                 [False] * 5, rows)


def benchmarks(run):
    rows = []
    for name, entry in sorted((run.manifest.get("benchmarks") or {}).items()):
        facts = entry.get("facts") or {}
        rows.append([name, str(entry.get("items", "?")), str(entry.get("items_used", "?")),
                     ", ".join(map(str, entry.get("scorers") or [])) or "?",
                     short(entry.get("table_hash"), 32),
                     "; ".join(f"{k}: {as_text(v)}" for k, v in sorted(facts.items()))])
    return table("Sets of questions",
                 ["Set", "Items", "Items used", "Scorers", "Hash of the table", "Facts"],
                 [False, True, True, False, False, False], rows)


def stages(run):
    rows = [[cell.model, cell.benchmark, stage, folder.rsplit("@", 1)[-1],
             str(len(run.unit_files(cell, stage)))]
            for cell in run.cells for stage, folder in sorted(cell.folders.items())]
    return table("Results by stage", ["Model", "Set", "Stage", "Fingerprint", "Unit files"],
                 [False] * 4 + [True], rows, 3)


def settings(run):
    rows = []
    for name, keys in sorted((run.manifest.get("settings") or {}).items()):
        for key, setting in sorted(keys.items()):
            entry = setting if isinstance(setting, dict) else {"value": setting}
            rows.append([f"{name}.{key}", as_text(entry.get("value", "")),
                         as_text(entry.get("origin", ""))])
    return table("Resolved configuration", ["Setting", "Value", "Comes from"], [False] * 3, rows)


def again(run):
    launches = run.manifest.get("launches") or []
    command = next((launch.get("command") for launch in reversed(launches)
                    if launch.get("command")), None)
    lines = [paragraph("The same command resumes this run and, once it is finished, ends at once; "
                       "in an empty folder it computes the same numbers on any number of ranks.")]
    if command:
        text = command if isinstance(command, str) else " ".join(map(str, command))
        lines.append(element("pre", element("code", esc(text)), tabindex="0"))
    lines.append(element("p", "Check a copy: ", element("code", "vrp verify RUN --digest"),
                         " prints a digest per stage; equal digests are equal results."))
    return Raw("".join(lines))


def build(run):
    return section("facts", "Run facts", overview(run), element("h3", "How to reproduce"),
                   again(run), models(run), benchmarks(run), stages(run),
                   details("Resolved configuration", settings(run)))
