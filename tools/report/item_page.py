#!/usr/bin/env python3
"""Writes a self-contained page of one item: pictures, attention, answers, curves, models side by side.

usage: item_page.py RUN ACCOUNT --out FILE

ACCOUNT is the JSON that `vrp show RUN --item ID --json` prints; maps and the picture come from the
run. Exit codes: 0 written, 2 wrong arguments, 7 input missing or damaged.
"""
import argparse
import json
import pathlib
import sys

from report import BAD_INPUT, require_modules


def main(arguments):
    parser = argparse.ArgumentParser(prog="vrp show --page", description=__doc__.splitlines()[0])
    parser.add_argument("run", metavar="RUN", help="output folder of a run")
    parser.add_argument("account", metavar="ACCOUNT", help="JSON of the item")
    parser.add_argument("--out", metavar="FILE", required=True, help="page to write")
    options = parser.parse_args(arguments)
    require_modules()
    import document
    import item_parts
    import run as runs
    try:
        account = json.loads(pathlib.Path(options.account).read_text(encoding="utf-8"))
        run = runs.Run(options.run)
        path = document.write(options.out, item_parts.page(run, account))
    except (runs.RunError, OSError) as error:
        print(f"vrp show: {error}", file=sys.stderr)
        return BAD_INPUT
    except (ValueError, KeyError, TypeError) as error:
        print(f"vrp show: {options.account}: is no account of an item: {error!r}", file=sys.stderr)
        return BAD_INPUT
    print(f"vrp show: {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
