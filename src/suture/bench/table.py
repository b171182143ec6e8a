"""bench/RESULTS.md: the tables, and all a reader needs to doubt or repeat them."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from suture.bench.figures import Summary, set_figures, sets_of, summary
from suture.bench.peers import Outcome
from suture.bench.work import Work

DASH = "–"

NOTES = """\
## How to read this

- One process, one thread, one core for each run. Budgets are CPU seconds, counted from the reading of the instance on;
  starting the program (importing, loading compiled code) is never counted. CPU, wall and peak memory are the
  kernel's account of the whole process, its start included. `over` is CPU used beyond start and budget.
- Every cost is that of the shared checkers (`check_*.py`), run as programs of their own on the file an engine wrote. A
  plan they refuse counts as none. A median or mean is given only where every run gave a legal plan.
- Gaps are percent above the best published cost; below 0 is better than published. First plan: CPU seconds from the
  reading of the instance to the first plan; in a repair, from the changed problem in memory to the first legal plan.
- Repairs: everyone, Suture too, builds its model of the changed day within the budget. The service keeps a compiled
  day in memory instead; `suture bench repair` measures that.
- PyVRP takes a seed. VROOM and OR-Tools have none: the order of the visits is shuffled by it. Their time limits read
  the wall clock, so a small preloaded library (`bench/drivers/cpu_clock.c`) shows them CPU time.
- PyVRP, home health: a profile for each clinician with pair prices on the arcs up to 300 visits; at 2000 one for each
  class of skills, blind to continuity and to single forbidden pairs; visits given to a forbidden clinician are taken
  out before checking. VROOM: skills for who may do what, a cost matrix for each clinician up to 300 visits, blind to
  continuity at 2000; it puts covering visits before cost. OR-Tools: its routing library with the whole problem; with
  links all but the largest tardiness, and CP-SAT with all of it from there on up to 45 services. None of the three can
  express uhhc (idle time, lunch) as a routing problem; only OR-Tools can express links.
- Default parameters throughout; their experts could gain, and so could we. On linked days above 45 services the figures
  of OR-Tools are those of our plain routing encoding, which seldom leaves its first plans within such budgets: read
  them as "not out of the box", not as what OR-Tools can do.
"""


def render(outcome: Outcome, growth: Sequence[dict[str, Any]], command: str, loads: tuple[float, float]) -> str:
    """The whole file."""
    begun = {cell.work for cell in outcome.runs}
    named = [work for work in outcome.works if work.group == "named" and work in begun]
    repairs = [work for work in outcome.works if work.group == "repair" and work in begun]
    parts = [_head(outcome, command, loads)]
    if named:
        parts.append("## Named rows\n\n" + _named(outcome, named))
    if repairs:
        parts.append("## Repair after losing the busiest clinician\n\n" + _repairs(outcome, repairs))
    for name, works in sets_of(outcome).items():
        if begun.isdisjoint(works):
            continue
        budget = ", ".join(sorted({f"{work.seconds:g} s" for work in works}))
        parts.append(f"## {name}, {budget}\n\n" + _set(outcome, works))
    if growth:
        parts.append("## Growth: one first pass\n\n" + growth_table(growth))
    return "\n\n".join([*parts, NOTES.rstrip()]) + "\n"


def _head(outcome: Outcome, command: str, loads: tuple[float, float]) -> str:
    kind = (
        "A quick measurement: fewer seeds, shorter budgets and a spread of instances, half an hour at most. "
        "The full one is `suture bench peers`."
        if outcome.quick
        else "The full measurement."
    )
    if outcome.missing:
        kind += f" **{outcome.missing} runs of it are still to be made**; the same command continues."
    engines = ", ".join(f"{name} {version}" for name, version in outcome.versions.items())
    starts = ", ".join(f"{name} {seconds:.2f}" for name, seconds in outcome.starts.items())
    lines = [
        "# Ours and its peers, side by side",
        "",
        f"Written by `{command}`. {kind}",
        "",
        f"- machine: {outcome.on}; load average {loads[0]:g} before, {loads[1]:g} after",
        f"- engines: {engines} (ours: commit of `src/suture/planner`)",
    ]
    if outcome.starts:
        lines.append(f"- CPU seconds to start, not counted: {starts}")
    if outcome.runs:
        dates = sorted(run.finished_at for run in outcome.runs.values())
        loads_seen = [run.load for run in outcome.runs.values()]
        lines.append(
            f"- {len(outcome.runs)} runs from {dates[0]} to {dates[-1]}, "
            f"load average at their start {min(loads_seen):g} to {max(loads_seen):g}"
        )
    return "\n".join([*lines, *(f"- {note}" for note in outcome.notes)])


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table in Markdown."""
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *rows))


def _cost(value: float) -> str:
    return f"{value:,.0f}" if value >= 10_000 else f"{value:.1f}"


def _spread(found: Summary) -> str:
    """Median, and the range over the seeds, in percent where something is published."""
    if found.cost is None:
        return f"none ({len(found.costs)} of {len(found.runs)} legal)"
    if found.reference is not None:
        values, middle = [f"{found.gap_of(cost):+.2f}" for cost in (min(found.costs), max(found.costs))], found.gap
        text = f"{middle:+.2f} %"
    else:
        values, text = [_cost(min(found.costs)), _cost(max(found.costs))], _cost(found.cost)
    return text if len(found.costs) == 1 else f"{text} ({values[0]} to {values[1]})"


def _seconds(value: float | None) -> str:
    if value is None:
        return DASH
    return f"{value * 1000:.1f} ms" if value < 1 else f"{value:.2f} s"


def _remarks(found: Summary) -> str:
    said = []
    left = [run.unassigned for run in found.runs if run.unassigned]
    if left:
        said.append(f"{max(left)} unassigned")
    if found.over_seconds:
        said.append(f"**over by {found.over_seconds:.1f} s**")
    said += sorted({run.problem for run in found.runs if run.problem})
    return "; ".join(said).replace("|", "/")


def _named(outcome: Outcome, works: Sequence[Work]) -> str:
    rows = []
    for work in works:
        for engine in outcome.engines:
            found = summary(outcome, work, engine)
            if found is None:
                if engine not in work.engines:
                    rows.append([work.title, engine, *[DASH] * 7, "cannot express it"])
                continue
            cost = DASH if found.cost is None else _cost(found.cost)
            rows.append(
                [
                    work.title,
                    engine,
                    str(len(found.runs)),
                    cost,
                    _spread(found),
                    _seconds(found.first_plan_seconds),
                    f"{median(run.cpu_seconds for run in found.runs):.1f}",
                    f"{median(run.wall_seconds for run in found.runs):.1f}",
                    f"{max(run.peak_mb for run in found.runs):.0f}",
                    _remarks(found),
                ]
            )
    head = ["work", "engine", "seeds", "median cost", "gap or cost (range)", "first plan", "CPU s", "wall s", "MB", ""]
    return table(head, rows)


def _repairs(outcome: Outcome, works: Sequence[Work]) -> str:
    rows = []
    for work in works:
        for engine in outcome.engines:
            found = summary(outcome, work, engine)
            if found is None:
                continue
            moved = [run.moved for run in found.runs if run.moved is not None]
            left = [run.unassigned for run in found.runs if run.unassigned is not None]
            rows.append(
                [
                    work.title,
                    engine if engine == "ours" else f"{engine}, warm",
                    str(len(found.runs)),
                    _spread(found),
                    f"{median(left):g}" if left else DASH,
                    f"{median(moved):g}" if moved else DASH,
                    _seconds(found.first_plan_seconds),
                    f"{median(run.cpu_seconds for run in found.runs):.1f}",
                    f"**{found.over_seconds:.1f} s**" if found.over_seconds else "",
                    "; ".join(sorted({run.problem for run in found.runs if run.problem})).replace("|", "/"),
                ]
            )
    head = ["work", "engine", "seeds", "cost (range)", "unassigned", "others moved", "first legal", "CPU s", "over", ""]
    return table(head, rows)


def _set(outcome: Outcome, works: list[Work]) -> str:
    engines = [engine for engine in outcome.engines if any(engine in work.engines for work in works)]
    rows = []
    for work in works:
        cells = [summary(outcome, work, engine) for engine in engines]
        if any(cell is not None for cell in cells):
            rows.append([work.name, f"{work.reference:g}", *(_gap(cell) for cell in cells)])
    figures = [set_figures(outcome, works, engine) for engine in engines]
    means = [DASH if f is None or f.mean_gap is None else f"**{f.mean_gap:+.2f} %**" for f in figures]
    worst = [DASH if f is None or f.worst_gap is None else f"{f.worst_gap:+.2f} %" for f in figures]
    solved = [DASH if f is None else f"{f.solved} of {f.tried}" for f in figures]
    better = [DASH if f is None else str(f.better) for f in figures]
    rows += [["**mean**", "", *means], ["worst", "", *worst], ["solved", "", *solved]]
    rows.append(["better than published", "", *better])
    return table(["instance", "published", *engines], rows)


def _gap(found: Summary | None) -> str:
    if found is None:
        return DASH
    text = "none" if found.gap is None else f"{found.gap:+.2f} %"
    return f"{text} (over {found.over_seconds:.1f} s)" if found.over_seconds else text


def growth_table(growth: Sequence[dict[str, Any]]) -> str:
    """Visits, clinicians, time to the first plan, memory."""
    rows = []
    for row in growth:
        first = row["first_plan_seconds"]
        rows.append(
            [
                f"{row['visits']:,}",
                f"{row['clinicians']:,}",
                _seconds(first),
                DASH if first is None else f"{1e6 * first / row['visits']:.0f}",
                DASH if row["unassigned"] is None else str(row["unassigned"]),
                f"{row['cpu_seconds']:.1f}",
                f"{row['peak_mb']:.0f}",
                str(row["problem"]),
            ]
        )
    head = ["visits", "clinicians", "first plan", "µs a visit", "unassigned", "CPU s", "MB", ""]
    text = "Days of our own generator at one density; reading the file is in the time and the memory.\n\n"
    return text + table(head, rows)
