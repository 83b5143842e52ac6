#!/usr/bin/env python3
"""Writes RUN/report.html: one self-contained page with the results of a run.

usage: report.py RUN [--out FILE]

Parts of a run that are missing (a stage that was not run, items that failed, pictures that are no
longer there) leave a sentence in the page that says so. Exit codes: 0 written, 2 wrong arguments,
7 input missing or damaged.
"""
import argparse
import sys

USAGE, BAD_INPUT = 2, 7


def require_modules():
    """Says in one line which modules are missing and how to get them."""
    missing = []
    for name in ("h5py", "numpy", "matplotlib"):
        try:
            __import__(name)
        except ImportError:
            missing.append(name)
    if missing:
        print(f"report: {sys.executable} lacks {', '.join(missing)}; run tools/setup, or set "
              "VRP_PYTHON to an interpreter that has them", file=sys.stderr)
        raise SystemExit(BAD_INPUT)


def main(arguments):
    parser = argparse.ArgumentParser(prog="vrp report", description=__doc__.splitlines()[0])
    parser.add_argument("run", metavar="RUN", help="output folder of a run")
    parser.add_argument("--out", metavar="FILE", help="page to write (default RUN/report.html)")
    options = parser.parse_args(arguments)
    require_modules()
    import page
    import run as runs
    try:
        run = runs.Run(options.run)
        path = page.write(run, options.out)
    except runs.RunError as error:
        print(f"report: {error}", file=sys.stderr)
        return BAD_INPUT
    except OSError as error:
        print(f"report: {error}", file=sys.stderr)
        return BAD_INPUT
    for problem in run.problems:
        print(f"report: {problem}", file=sys.stderr)
    print(f"report: {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
