#!/usr/bin/env python3
"""Checks that includes go one way.

    kernels < base < store, config, items, dist, stats < model, driver < stages < control, mains

and that foreign headers stay where they belong: ATen in pipeline/model and stages/probes, mpi.h in
pipeline/dist, hdf5.h in pipeline/store, CUDA in kernels, pipeline/dist and pipeline/model, XGBoost in
stages/probes. A library refuses to link what its folder may not use; this check also catches what is
header only. And that no two types share a name: a program that links both would mix their code up
without a word.

    check_includes.py [ROOT]        prints one line per wrong include; exit code 1 if there is any
"""
import pathlib
import re
import sys

# What a folder may include besides itself, its own folder's headers and the standard library.
ALLOWED = {
    "kernels": [],
    "pipeline/base": ["kernels"],
    "pipeline/config": ["pipeline/base"],
    "pipeline/store": ["pipeline/base"],
    "pipeline/items": ["pipeline/base", "pipeline/store"],
    "pipeline/dist": ["pipeline/base"],
    "pipeline/stats": ["kernels", "pipeline/base"],
    "pipeline/model": ["kernels", "pipeline/base"],
    "pipeline/parity": ["kernels", "pipeline/base", "pipeline/store", "pipeline/model"],
    "pipeline/driver": ["pipeline/base", "pipeline/config", "pipeline/store", "pipeline/items",
                        "pipeline/dist"],
    "stages": ["kernels", "pipeline/base", "pipeline/config", "pipeline/store", "pipeline/items",
               "pipeline/stats", "pipeline/dist", "pipeline/model", "pipeline/driver"],
    # The list of stages (files directly in stages/): what vrp plans and vrp-run runs.
    "stage list": ["pipeline/base", "pipeline/config", "pipeline/store", "pipeline/items",
                   "pipeline/dist", "pipeline/model", "pipeline/driver", "stages"],
    "pipeline/control": ["kernels", "pipeline/base", "pipeline/config", "pipeline/store",
                         "pipeline/items", "pipeline/stats", "pipeline/model", "pipeline/driver",
                         "stages", "stage list", "pipeline"],
}
# Files directly in pipeline/ are the two mains and what they share: they see all but tests.
MAINS = "pipeline"
# A stage knows another stage by what that one writes (its record), is asked to do (its parameters)
# and by what both are given or read (an item's picture, question, map and region, its reference's
# tokens, the items that are asked about at once).
STAGE_INTERFACE = {"record.hpp", "params.hpp", "picture.hpp", "question.hpp", "group.hpp", "captured.hpp",
                   "regions.hpp", "answer_tokens.hpp"}

# Foreign headers: pattern, where they may be, what they are called in a message.
TORCH = re.compile(r"(ATen|torch|c10)/")
FOREIGN = [
    (TORCH, ("pipeline/model", "stages/probes", "tests"), "libtorch"),
    (re.compile(r"mpi\.h$"), ("pipeline/dist", "pipeline/vrp_run.cpp", "tests"), "MPI"),
    (re.compile(r"hdf5(_hl)?\.h$|H5[A-Z]+public\.h$"), ("pipeline/store", "tests"), "HDF5"),
    (re.compile(r"(cuda\w*|cublas\w*|nccl\w*)\.h$|(cub|thrust|cooperative_groups)\b"),
     ("kernels", "pipeline/dist", "pipeline/model", "pipeline/devices.cpp", "tests"), "CUDA"),
    (re.compile(r"xgboost/"), ("stages/probes", "tests"), "XGBoost"),
]
# spdlog and fmt do not share a translation unit with libtorch, which brings an fmt of its own.
LOGS = re.compile(r"(spdlog|fmt)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^">]+)[">]')
NAMESPACE = re.compile(r"^namespace(?:\s+([\w:]+))?\s*{")
TYPE = re.compile(r"^(?:class|struct|enum class|enum)\s+(\w+)\s*(?:final\s*)?(?::[^:].*)?{")
CODE = {".hpp", ".h", ".cpp", ".cu", ".cuh"}


def includes(path):
    """(line number, '<' or '"', name) of every #include of a file."""
    lines = path.read_text(encoding="utf-8").splitlines()
    matches = ((n, INCLUDE.match(line)) for n, line in enumerate(lines, 1))
    return [(n, m.group(1), m.group(2)) for n, m in matches if m]


def types(path):
    """(line number, qualified name) of every type with external linkage at namespace scope."""
    found, scope = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if m := NAMESPACE.match(line):
            scope.append(m.group(1) or "")
        elif line.startswith("}  // namespace"):
            scope = scope[:-1]
        elif (m := TYPE.match(line)) and "" not in scope:
            found.append((number, "::".join(scope + [m.group(1)])))
    return found


def folder_of(name):
    """The entry of ALLOWED that a path belongs to; MAINS, "tests", or None outside the project."""
    if pathlib.PurePosixPath(name).parent.as_posix() == "stages":
        return "stage list"
    for folder in ALLOWED:
        if name.startswith(folder + "/"):
            return folder
    if name.startswith("tests/"):
        return "tests"
    return MAINS if pathlib.PurePosixPath(name).parent.as_posix() == MAINS else None


def inside(name, places):
    return any(name == place or name.startswith(place + "/") for place in places)


class Project:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.files, self.types = {}, {}
        for top in ("kernels", "pipeline", "stages", "tests"):
            for path in sorted((self.root / top).rglob("*")):
                if path.suffix in CODE and path.is_file():
                    name = path.relative_to(self.root).as_posix()
                    self.files[name] = includes(path)
                    self.types[name] = types(path)

    def reached(self, name):
        """Every header, of the project or foreign, that a file includes directly or indirectly."""
        seen, todo = set(), [name]
        while todo:
            for _, _, header in self.files.get(todo.pop(), []):
                if header not in seen:
                    seen.add(header)
                    todo.append(header)
        return seen

    def own(self, name, header):
        """Why file `name` may not include the project's `header`, or None."""
        source, target = folder_of(name), folder_of(header)
        if header not in self.files:
            beside = (pathlib.PurePosixPath(name).parent / header).as_posix()
            if source == "tests" and beside in self.files:
                return None
            return "no such file; own headers are named from the repository's root"
        if target == "tests" and source != "tests":
            return "only tests include tests"
        if source in ("tests", MAINS) or source is None:
            return None
        if target == MAINS and MAINS not in ALLOWED[source]:
            return "only the mains and pipeline/control include what lies beside the mains"
        if source == target == "stages":
            mine, other = name.split("/")[1], header.split("/")[1]
            if mine != other and pathlib.PurePosixPath(header).name not in STAGE_INTERFACE:
                return (f"stage {mine} may include only {' and '.join(sorted(STAGE_INTERFACE))} of "
                        f"stage {other}")
            return None
        if source != target and target not in ALLOWED[source]:
            return f"{source} may include {', '.join(ALLOWED[source]) or 'nothing else'}"
        return None

    def foreign(self, name, header):
        for pattern, places, what in FOREIGN:
            if pattern.match(header) and not inside(name, places):
                return f"{what} headers belong in {', '.join(places)}"
        return None

    def problems(self):
        found = []
        for name, lines in self.files.items():
            for number, kind, header in lines:
                is_own = kind == '"' or folder_of(header) is not None
                why = self.own(name, header) if is_own else self.foreign(name, header)
                if why:
                    found.append(f"{name}:{number}: includes {header}: {why}")
            found += self.hidden(name)
        return found + self.twice()

    def twice(self):
        """Types of one name in two files that a program could link together."""
        found, first = [], {}
        for name, entries in self.types.items():
            for number, what in entries:
                where = f"{name}:{number}"
                tests = name.startswith("tests/") and first.get(what, "").startswith("tests/")
                if what in first and not tests:
                    found.append(f"{where}: type {what} has the name of another one in {first[what]}")
                first.setdefault(what, where)
        return found

    def hidden(self, name):
        """libtorch that comes in through a header which should be private; logs beside libtorch."""
        found, reached = [], self.reached(name)
        _, places, what = FOREIGN[0]
        via = sorted(h for h in reached & self.files.keys()
                     if any(TORCH.match(x) for _, _, x in self.files[h]))
        if via and not inside(name, places):
            found.append(f"{name}: sees {what} through {via[0]}; keep that header private to its folder")
        if any(TORCH.match(h) for h in reached) and any(LOGS.match(h) for h in reached):
            found.append(f"{name}: sees both libtorch and spdlog or fmt; keep logging out of it")
        return found


def main():
    root = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else pathlib.Path(__file__).parents[1])
    project = Project(root)
    if not project.files:
        print(f"{root}: no C++ files in kernels, pipeline, stages or tests", file=sys.stderr)
        return 2
    found = project.problems()
    print("\n".join(found) if found else f"includes of {len(project.files)} files go one way")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
