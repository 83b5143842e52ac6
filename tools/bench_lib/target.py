"""Targets: what was measured beside what is wanted. Nothing here is a number of its own."""


def at_least(what, value, wanted, unit="x"):
    return {"what": what, "value": value, "wanted": wanted, "unit": unit, "kind": "at least",
            "met": value >= wanted}


def at_most(what, value, wanted, unit="x"):
    """A ratio (x) that is not positive is no measurement: a busy clock made it."""
    return {"what": what, "value": value, "wanted": wanted, "unit": unit, "kind": "at most",
            "met": value <= wanted and (unit != "x" or value > 0)}


def number(value, unit):
    if unit == "%":
        return f"{100 * value:.1f} %"
    return f"{value:.3g} {unit}" if unit != "x" else f"{value:.2f}x"


def lines(targets):
    """One line a target, in their order."""
    yield f"{'target':<74}{'measured':>12}{'wanted':>18}  "
    for t in targets:
        wanted = f"{t['kind']} {number(t['wanted'], t['unit'])}"
        yield f"{t['what']:<74}{number(t['value'], t['unit']):>12}{wanted:>18}  {'met' if t['met'] else 'NOT MET'}"
