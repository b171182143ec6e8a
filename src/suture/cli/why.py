"""The words of `suture rules why`: what rules a pair out comes first, and lines end where the terminal does."""

import shutil
import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from suture.rules.explain import Fix, Line, Said, Trace
from suture.words.catalog import _, marked

_ORDER: Final = (Said.FAIL, Said.UNKNOWN, Said.APPLIES, Said.PASS, Said.WAIVED, Said.REPLACED, Said.SILENT)
_LEAST, _MOST, _WIDEST_ID = 60, 120, 24


def terminal_width() -> int:
    """Columns to fill: those of the terminal, within what can be read."""
    return max(_LEAST, min(_MOST, shutil.get_terminal_size((100, 24)).columns))


def trace_in_words(trace: Trace, width: int) -> Iterator[str]:
    """The lines of a trace: broken rules, then what is unknown, then the others; each wrapped, its id in front."""
    lines = sorted(trace.lines, key=lambda line: _ORDER.index(line.said))
    indent = min(max((len(line.rule_id) for line in lines), default=0), _WIDEST_ID) + 2
    for line in lines:
        yield from _wrapped(line, indent, width)


def _wrapped(line: Line, indent: int, width: int) -> list[str]:
    return textwrap.wrap(
        str(line),
        width,
        initial_indent=f"{line.rule_id:<{indent - 2}}  ",
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def fix_in_words(trace: Trace, fix: Fix) -> str:
    """What to do about it and what that costs. A rule whose condition fails must be fixed, not relaxed."""
    faulty = {line.rule_id for line in trace.lines if line.fault}
    fixes = [_("fix rule {rule}, its condition fails", rule=rule_id) for rule_id in sorted(faulty)]
    if broken := [rule_id for rule_id in fix.law if rule_id not in faulty]:
        return _("Blocked by law ({rules}): cannot be waived here.", rules=", ".join(broken))
    if fix.law:
        return _cheapest(fixes)
    relaxed = [_("relax {rule}", rule=rule_id) for rule_id in fix.relax if rule_id not in faulty]
    steps = [*fixes, *(_("verify {field}", field=field) for field in fix.verify), *relaxed]
    begun = _cheapest(steps) if steps else _("No rule forbids it.")
    if fix.blocked:
        blocked = _("As the day stands, it still does not fit: {why}.", why=fix.blocked)
        return f"{begun} {blocked}"
    price = fix.price_minutes or 0
    cost = (
        marked("It costs {n} min of driving in total.")
        if price >= 0
        else marked("It saves {n} min of driving in total.")
    )
    return f"{begun} {_(cost, n=abs(price))}"


def _cheapest(steps: Sequence[str]) -> str:
    return _("Cheapest fix: {steps}.", steps="; ".join(steps))
