"""A run folder as the report reads it. Missing parts are None or empty, never an exception."""
import csv
import json
import pathlib

import h5py
import numpy as np


class RunError(Exception):
    """The folder is not a run, or a file that must be there cannot be read."""


def texts(dataset):
    """A text dataset as a list of str; bytes that are no UTF-8 become U+FFFD."""
    return [v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in dataset[()]]


def column(dataset):
    """A dataset as a numpy array, or as a list of str when it holds text."""
    return texts(dataset) if h5py.check_string_dtype(dataset.dtype) else dataset[()]


TEXT_COLUMNS = {"model", "benchmark", "key", "question", "reference", "answer", "kind", "interval",
                "note"}  # of the figures' CSV files


def number(column_name, text):
    """A value of a figure's CSV: text in the columns that hold text, else a float or None."""
    if column_name in TEXT_COLUMNS:
        return text or ""
    try:
        return float(text)
    except (TypeError, ValueError):
        return None


def folded(table):
    """Rows of a table; several numbers of one thing (the columns in "entity") become one row, in which
    every statistic is a key of its own, with STATISTIC_low, _high and _p beside it; low, high, p and
    note are those of the first."""
    names, out = table.get("entity"), []
    for row in table.get("rows") or []:
        if not (names and out) or any(row.get(name) != out[-1].get(name) for name in names):
            out.append(dict(row))
        if names:
            statistic = row.get("statistic")
            out[-1][statistic] = row.get("estimate")
            out[-1].update({f"{statistic}_{key}": row.get(key) for key in ("low", "high", "p")})
    return out


class Cell:
    """One model on one benchmark: where the results of each stage lie."""

    def __init__(self, entry):
        self.model = str(entry.get("model", "?"))
        self.benchmark = str(entry.get("benchmark", "?"))
        self.pooled = bool(entry.get("pooled", False))
        self.folders = dict(entry.get("stages") or {})

    @property
    def name(self):
        return f"{self.model} on {'the pooled set' if self.pooled else self.benchmark}"


class Run:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.problems = []
        manifest = self.root / "manifest.json"
        if not manifest.is_file():
            raise RunError(f"{self.root}: has no manifest.json; expected the output folder of a run")
        try:
            self.manifest = json.loads(manifest.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise RunError(f"{manifest}: cannot be read: {error}") from error
        if not isinstance(self.manifest, dict):
            raise RunError(f"{manifest}: is {type(self.manifest).__name__}, expected an object")
        self.cells = [Cell(entry) for entry in self.manifest.get("cells") or []]
        self.index = self._json("reduce/tables/index.json") or {}
        self.tables = self._tables()
        self.frames = self._frames()
        self.aurocs = None  # of results.auroc_of_cells

    def problem(self, text):
        """Notes what could not be shown; the page and the command line both say it."""
        if text not in self.problems:
            self.problems.append(text)

    @property
    def partial(self):
        """Why the run is partial; "" when it is whole."""
        if self.index.get("partial"):
            return str(self.index["partial"])
        if self.manifest.get("partial"):
            limit = self.manifest.get("limit")
            return f"--limit {limit}" if limit else "not every item was computed"
        planned, there = self.progress()
        return f"{there} of {planned} units are finished" if there < planned else ""

    def progress(self):
        """(planned, finished) units of all stages, as far as the manifest plans them."""
        places = [(self.planned_units(cell, stage), len(self.unit_files(cell, stage)))
                  for cell in self.cells for stage in cell.folders]
        counted = [(planned, min(there, planned)) for planned, there in places if planned is not None]
        return sum(planned for planned, _ in counted), sum(there for _, there in counted)

    def real_cells(self):
        return [cell for cell in self.cells if not cell.pooled]

    def _json(self, name):
        path = self.root / name
        if not path.is_file():
            self.problem(f"{name}: not there")
            return None
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            self.problem(f"{name}: cannot be read: {error}")
            return None

    def _tables(self):
        """Tables by id, in the order of the index."""
        found = {}
        for entry in self.index.get("tables") or []:
            table = self._json(f"reduce/tables/{entry['id']}.json")
            if table is not None:
                found[entry["id"]] = {**table, "rows": folded(table)}
        return found

    def _frames(self):
        """Frames of stats.h5: name -> column name -> values."""
        path = self.root / "reduce" / "stats.h5"
        frames = {}
        if not path.is_file():
            self.problem("reduce/stats.h5: not there")
            return frames
        try:
            with h5py.File(path, "r") as file:
                for name, group in file.items():
                    if isinstance(group, h5py.Group):
                        frames[name] = {key: column(group[key]) for key in group
                                        if not key.endswith("_row")}
        except OSError as error:
            self.problem(f"reduce/stats.h5: cannot be read: {error}")
        return frames

    def frame(self, name, model, benchmark):
        """Rows of a frame for one cell, as a dict of columns; {} when there are none."""
        frame = self.frames.get(name)
        if not frame or "model" not in frame:
            return {}
        keep = [i for i, (m, b) in enumerate(zip(frame["model"], frame["benchmark"]))
                if m == model and b == benchmark]
        return {key: [values[i] for i in keep] for key, values in frame.items()} if keep else {}

    def figure_rows(self, name):
        """Rows of reduce/figures/NAME.csv as dicts; numbers as float, an empty cell as None."""
        path = self.root / "reduce" / "figures" / f"{name}.csv"
        if not path.is_file():
            self.problem(f"reduce/figures/{name}.csv: not there")
            return []
        try:
            with open(path, newline="", encoding="utf-8", errors="replace") as file:
                return [{key: number(key, text) for key, text in row.items()}
                        for row in csv.DictReader(file)]
        except (OSError, csv.Error) as error:
            self.problem(f"reduce/figures/{name}.csv: cannot be read: {error}")
            return []

    def planned_units(self, cell, stage):
        """Number of units that the manifest plans for a stage of a cell; None when it does not say."""
        for work in self.manifest.get("work") or []:
            if work.get("folder") == cell.folders.get(stage):
                return len(work.get("files") or []) or (work.get("units") or {}).get("count", 0)
        return None

    def unit_files(self, cell, stage):
        """Finished unit files of a stage in a cell, in the order of items."""
        folder = cell.folders.get(stage)
        if not folder:
            return []
        path = self.root / folder
        return sorted(path.glob("unit-*.h5")) if path.is_dir() else []

    def units(self, cell, stage):
        """Opens each unit file in turn; a damaged one is noted and left out."""
        for path in self.unit_files(cell, stage):
            try:
                with h5py.File(path, "r") as file:
                    yield file
            except OSError as error:
                self.problem(f"{path.relative_to(self.root)}: cannot be read: {error}")

    def joined(self, cell, stage, names):
        """Arrays [item, ...] of a stage joined over units; a missing array is left out. {} = none."""
        parts = {name: [] for name in names}
        for file in self.units(cell, stage):
            for name in names:
                if name in file:
                    parts[name].append(column(file[name]))
        out = {}
        for name, pieces in parts.items():
            if not pieces:
                continue
            if isinstance(pieces[0], list):
                out[name] = [text for piece in pieces for text in piece]
            else:
                out[name] = np.concatenate(pieces)
        return out

    def items(self, benchmark):
        """Columns of the item table by name (key, question, answer ...); {} when it is not there."""
        entry = (self.manifest.get("benchmarks") or {}).get(benchmark) or {}
        path = self.root / (entry.get("table") or f"items/{benchmark}.h5")
        if not path.is_file():
            self.problem(f"{path.relative_to(self.root)}: not there")
            return {}
        try:
            with h5py.File(path, "r") as file:
                out = {key: column(value) for key, value in file.get("item", {}).items()
                       if isinstance(value, h5py.Dataset)}
                if "region/box" in file:
                    out["box"] = file["region/box"][()]
                return out
        except OSError as error:
            self.problem(f"{path.name}: cannot be read: {error}")
            return {}

    def image_path(self, benchmark, name):
        """Path of an image of a benchmark, or None when it would leave the image folder."""
        entry = (self.manifest.get("benchmarks") or {}).get(benchmark) or {}
        folder = entry.get("images")
        if not folder or not name:
            return None
        root = pathlib.Path(folder).resolve()
        path = (root / name).resolve()
        return path if path.is_relative_to(root) else None
