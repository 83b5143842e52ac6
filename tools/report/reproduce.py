"""How to make these numbers again: the commands of the manifest, and how equality is checked."""
from html_text import code_block, details, element, esc, paragraph, section


def commands(launches):
    """Commands of the starts, the latest first, each once."""
    found = []
    for launch in reversed(launches):
        command = launch.get("command") if isinstance(launch, dict) else None
        if command:
            text = command if isinstance(command, str) else " ".join(map(str, command))
            if text not in found:
                found.append(text)
    return found


def given(run):
    """Settings that came from elsewhere than the built-in defaults, by origin."""
    out = {}
    for name, keys in (run.manifest.get("settings") or {}).items():
        for setting in keys.values():
            origin = str(setting.get("origin", "")) if isinstance(setting, dict) else ""
            if origin:
                out.setdefault(origin.rsplit(":", 1)[0], set()).add(name)
    return out


def build(run):
    manifest = run.manifest
    revision = manifest.get("revision", "?")
    found = commands(manifest.get("launches") or [])
    steps = [paragraph(f"Build code revision {revision} ({manifest.get('program', '?')}), take the checkpoints and "
                       "item tables whose hashes stand under Run facts, and start:")]
    if found:
        steps.append(code_block(found[0]))
        if found[1:]:
            steps.append(details(f"Earlier starts ({len(found) - 1})", *map(code_block, found[1:])))
    else:
        steps.append(paragraph("The manifest holds no command of a start."))
    steps.append(paragraph("The same command resumes this run and, once it is finished, ends at once; in an empty "
                           "folder it computes the same numbers on any number of ranks."))
    origins = sorted(given(run))
    if origins:
        steps.append(element("p", "Settings come from ", ", ".join(element("code", esc(o)) for o in origins),
                             "; every value stands under Run facts."))
    steps.append(element("p", "Compare two runs: ", element("code", "vrp verify RUN --digest"),
                         " prints a digest per stage; equal digests are equal results. ",
                         element("code", "vrp show RUN --item ID"), " prints all that a run knows of one item."))
    return section("reproduce", "How to reproduce", *steps)
