#!/usr/bin/env python3
"""Every C++ file of the project is compiled with the flags that its numbers rest on.

Reads BUILD/compile_commands.json and BUILD/CMakeCache.txt: VRP_MARCH is applied (an AVX2 kernel that
lost it would still pass its tests, slowly), contraction is off, and foreign headers are SYSTEM.
"""
import json
import pathlib
import re
import sys

FOLDERS = ("kernels", "pipeline", "stages")


def is_ours(folder: pathlib.Path, build: pathlib.Path, source: pathlib.Path) -> bool:
    """The stand-ins for CUDA's headers are in tests; .venv, of others, is in `source` too."""
    return folder == source or folder.is_relative_to(build) or folder.is_relative_to(source / "tests")


def problems(build: pathlib.Path, source: pathlib.Path) -> list[str]:
    cache = (build / "CMakeCache.txt").read_text()
    march = re.search(r"^VRP_MARCH:STRING=(.*)$", cache, re.M).group(1)
    found, seen = [], set()
    for entry in json.loads((build / "compile_commands.json").read_text()):
        file = pathlib.Path(entry["file"])
        if not file.is_relative_to(source) or file.suffix != ".cpp":
            continue
        folder = file.relative_to(source).parts[0]
        if folder not in FOLDERS:
            continue
        seen.add(folder)
        command = entry["command"].split()
        wanted = ["-ffp-contract=off", "-std=c++20"] + ([f"-march={march}"] if march else [])
        found += [f"{file}: compiled without {flag}" for flag in wanted if flag not in command]
        found += [f"{file}: {flag} is not SYSTEM" for flag in command
                  if flag.startswith("-I") and not is_ours(pathlib.Path(flag[2:]).resolve(), build, source)]
    return found + [f"no file of {folder}/ is compiled" for folder in FOLDERS if folder not in seen]


def main() -> int:
    build, source = (pathlib.Path(a).resolve() for a in sys.argv[1:3])
    found = problems(build, source)
    print("\n".join(found) or "flags as expected")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
