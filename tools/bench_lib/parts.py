"""The parts of the benchmark: each measures, shows what it found, and knows its targets."""
import collections

import bootstrap_side
import checkpoint
import context
import costs
import edits
import families
import gpu
import imports
import kernels_side
import load_side
import machinery
import metadata
import scale
import statistics_side
import vrp_side

FIRST_PER_RANK = vrp_side.FIRST_PER_RANK
Part = collections.namedtuple("Part", "letter name measure show targets")


def nothing(_):
    return ()


def of(letter, name, module):
    return Part(letter, name, module.measure, module.show, module.targets)


def by_themselves(name, measure, show=nothing):
    """A part that prints as it goes and has no line in the table of targets."""
    return Part("", name, measure, show, nothing)


ALL = [
    of("a", "reference", families), of("b", "kernels", kernels_side), of("c", "costs", costs),
    of("d", "statistics", statistics_side), of("e", "machinery", machinery), of("f", "gpu", gpu),
    by_themselves("edits", lambda told: edits.measure(
        told.folder("edits"), context.TOKENS, min(told.threads),
        edits.DEPTHS[:2] if told.quick else edits.DEPTHS,
        sizes=checkpoint.TINY["llava"] if told.quick else None)),
    by_themselves("imports", lambda told: imports.measure(), imports.print_report),
    by_themselves("bootstrap", lambda told: bootstrap_side.measure(told.folder("bootstrap"), told.quick)),
    by_themselves("metadata", lambda told: metadata.measure(metadata.UNITS[:1] if told.quick else metadata.UNITS)),
    by_themselves("scale", lambda told: scale.measure(told.quick)),
    by_themselves("load", lambda told: load_side.measure(told.folder("load"), told.rounds), load_side.print_report),
]
# Flags of one part each, from before there were several.
BY_FLAG = {"edits": "edits", "imports": "import", "bootstrap": "bootstrap", "metadata": "metadata",
           "scale": "scale", "load": "load"}


def names():
    return [f"{p.letter} {p.name}".strip() for p in ALL]


def named(wanted):
    """The parts by letter or name, each once, in the order of ALL; the lettered ones for none. KeyError
    for a name that no part has."""
    known = {key: p for p in ALL for key in (p.letter, p.name) if key}
    chosen = [known[w] for w in wanted] or [p for p in ALL if p.letter]
    return [p for p in ALL if p in chosen]
