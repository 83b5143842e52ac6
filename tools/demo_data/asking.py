"""Questions about demo scenes with their truth: what the official-format writers put into files.

In: a demo data folder (its instances file). Out: `Scene` rows and `Asked` questions in the wording
that the demo models were trained on: existence, counting, left/right/above/below.
"""

import os
from dataclasses import dataclass

import questions as q
from sets import read_instances

KINDS = ("existence", "counting", "spatial")


@dataclass(frozen=True)
class Scene:
    """What one picture shows. `counts`: {category row: number} that counting may ask about;
    `pairs`: [(row, row, relation)]; boxes (x, y, w, h) in pixels."""

    name: str  # COCO_val2014_<12 digits>.jpg
    path: str
    size: tuple
    objects: tuple  # (category row, box)
    crowded: tuple
    counts: dict
    pairs: tuple

    @property
    def number(self):
        """The image id."""
        return int(self.name[-16:-4])

    @property
    def present(self):
        """Rows of the categories that can be seen, ascending."""
        return sorted({row for row, _ in self.objects} | set(self.crowded))


@dataclass(frozen=True)
class Asked:
    """One question. `truth`: yes, no or the number's digits; `long`: how a talkative person or
    model puts it; `about`: the category asked for."""

    scene: Scene
    kind: str
    question: str
    truth: str
    long: str
    about: str


def read_scenes(folder):
    """All scenes of a demo data folder, in ascending image id."""
    out = []
    for name, (w, h), objects, crowded in read_instances(folder):
        out.append(
            Scene(
                name,
                os.path.join(folder, "val2014", name),
                (w, h),
                tuple((row, box) for row, box, _ in objects),
                tuple(crowded),
                {r: n for r, n in q.countable(objects, crowded, w, h).items() if n <= 9},
                tuple(q.spatial_pairs(objects, crowded, w, h)),
            )
        )
    return out


def pick(rng, values):
    """One of `values`."""
    return values[int(rng.integers(len(values)))]


def ask(scene, kind, rng, yes=True):
    """A question of that kind, or None when the scene has nothing to ask about."""
    if kind == "existence":
        rows = [r for r in range(len(q.NAMES)) if (r in scene.present) == yes]
        name = q.NAMES[pick(rng, rows)]
        text, long = q.existence_question(name), q.existence_answer(name, yes)
        return Asked(scene, kind, text, "yes" if yes else "no", long, name)
    if kind == "counting":
        if not scene.counts:
            return None
        row = pick(rng, sorted(scene.counts))
        name, n = q.NAMES[row], scene.counts[row]
        return Asked(
            scene, kind, q.counting_question(name), str(n), q.counting_answer(name, n), name
        )
    if not scene.pairs:
        return None
    a, b, relation = pick(rng, scene.pairs)
    name = q.NAMES[a]
    text = q.spatial_question(name, q.NAMES[b], relation if yes else q.OPPOSITE[relation])
    long = q.spatial_answer(name, relation if yes else q.OPPOSITE[relation], yes)
    return Asked(scene, kind, text, "yes" if yes else "no", long, name)


def draw(scenes, rng, number, kinds=KINDS):
    """Up to `number` questions, kinds in turn, yes and no in turn, no question of a picture twice;
    fewer when the scenes give no more."""
    out, seen, tries = [], set(), 0
    order = [scenes[k] for k in rng.permutation(len(scenes))]
    while len(out) < number and tries < 20 * number:
        scene = order[tries % len(order)]
        kind = kinds[len(out) % len(kinds)]
        yes = len(out) // len(kinds) % 2 == 0
        tries += 1
        asked = ask(scene, kind, rng, yes)
        if asked and (scene.name, asked.question) not in seen:
            seen.add((scene.name, asked.question))
            out.append(asked)
    return out


def listing(scene):
    """"Two cups and a clock": what a scene shows, in words."""
    parts = []
    for row in scene.present:
        name, n = q.NAMES[row], sum(r == row for r, _ in scene.objects)
        if n > 9 or row in scene.crowded:
            parts.append(f"many {q.PLURAL[name]}")
        elif n > 1:
            parts.append(f"{q.NUMBER_WORDS[n].lower()} {q.PLURAL[name]}")
        else:
            parts.append(f"{q.article(name)} {name}")
    text = ", ".join(parts[:-1]) + " and " + parts[-1] if len(parts) > 1 else parts[0]
    return text[0].upper() + text[1:]
