"""What runs amount to: medians over seeds, gaps to best known, means over sets."""

from dataclasses import dataclass
from statistics import mean, median
from typing import Any

from suture.bench.journal import Finished
from suture.bench.peers import Outcome
from suture.bench.work import Work

SLACK_SECONDS = 0.3
"""An overrun below this, or below a twentieth of the budget, is not worth a word."""


@dataclass(frozen=True, slots=True)
class Summary:
    """All seeds of one engine on one work."""

    runs: tuple[Finished, ...]
    costs: tuple[float, ...]
    """Of the legal plans alone."""
    reference: float | None

    @property
    def cost(self) -> float | None:
        """Median; None unless every seed gave a legal plan."""
        return median(self.costs) if self.costs and len(self.costs) == len(self.runs) else None

    @property
    def gap(self) -> float | None:
        """Percent above best known, of the median."""
        return None if self.cost is None or self.reference is None else self.gap_of(self.cost)

    def gap_of(self, cost: float) -> float:
        """Percent above best known."""
        return 100 * (cost / self.reference - 1) if self.reference else 0.0

    @property
    def over_seconds(self) -> float:
        """The worst overrun, 0 where it is not worth a word."""
        worst = max(run.over_seconds for run in self.runs)
        return worst if worst > max(SLACK_SECONDS, 0.05 * self.runs[0].seconds) else 0.0

    @property
    def first_plan_seconds(self) -> float | None:
        """Median, where the engine tells."""
        told = [run.first_plan_seconds for run in self.runs if run.first_plan_seconds is not None]
        return median(told) if told else None


def summary(outcome: Outcome, work: Work, engine: str) -> Summary | None:
    """None where nothing was run."""
    runs = tuple(run for cell, run in outcome.runs.items() if cell.work == work and cell.engine == engine)
    if not runs:
        return None
    return Summary(runs, tuple(run.cost for run in runs if run.cost is not None), work.reference)


@dataclass(frozen=True, slots=True)
class SetFigures:
    """One engine on a whole set, over the works it was run on."""

    tried: int
    solved: int
    mean_gap: float | None
    """None unless every instance was solved: a mean over the easy ones would flatter."""
    worst_gap: float | None
    better: int
    """Instances below the best published cost."""


def set_figures(outcome: Outcome, works: list[Work], engine: str) -> SetFigures | None:
    """None where the engine was not run on the set."""
    found = [s for s in (summary(outcome, work, engine) for work in works) if s is not None]
    if not found:
        return None
    gaps = [s.gap for s in found if s.gap is not None]
    whole = len(gaps) == len(found)
    return SetFigures(
        tried=len(found),
        solved=len(gaps),
        mean_gap=mean(gaps) if whole else None,
        worst_gap=max(gaps) if whole else None,
        better=sum(gap < -0.0005 for gap in gaps),
    )


def sets_of(outcome: Outcome) -> dict[str, list[Work]]:
    """The works by set, in the order of the plan; VRPTW in its two classes, since they differ in kind."""
    found: dict[str, list[Work]] = {}
    for work in outcome.works:
        if work.group in ("named", "repair"):
            continue
        name = f"vrptw class {work.name.lstrip('RC')[0]}" if work.group == "vrptw" else work.group
        found.setdefault(name, []).append(work)
    return found


def as_json(outcome: Outcome, growth: list[dict[str, Any]]) -> dict[str, Any]:
    """Every figure by its name."""
    rows: dict[str, dict[str, Any]] = {"named": {}, "repair": {}}
    for work in outcome.works:
        if work.group in rows:
            found = {e: summary(outcome, work, e) for e in outcome.engines if e in work.engines}
            rows[work.group][work.title] = {e: _row(s) for e, s in found.items() if s is not None}
    sets: dict[str, dict[str, Any]] = {}
    for name, works in sets_of(outcome).items():
        for engine in outcome.engines:
            figures = set_figures(outcome, works, engine)
            if figures is not None:
                sets.setdefault(name, {})[engine] = {
                    "instances": figures.tried,
                    "solved": figures.solved,
                    "mean_gap_percent": _rounded(figures.mean_gap),
                    "worst_gap_percent": _rounded(figures.worst_gap),
                    "better_than_published": figures.better,
                }
    return {
        "quick": outcome.quick,
        "not_run": outcome.missing,
        "machine": outcome.on,
        "versions": outcome.versions,
        **rows,
        "sets": sets,
        "growth": growth,
    }


def _row(found: Summary) -> dict[str, Any]:
    runs = found.runs
    return {
        "cost": found.cost,
        "gap_percent": _rounded(found.gap),
        "costs": [run.cost for run in runs],
        "seeds": [run.seed for run in runs],
        "unassigned": [run.unassigned for run in runs],
        "moved": [run.moved for run in runs],
        "first_plan_seconds": found.first_plan_seconds,
        "cpu_seconds": median(run.cpu_seconds for run in runs),
        "wall_seconds": median(run.wall_seconds for run in runs),
        "over_seconds": found.over_seconds,
        "peak_mb": max(run.peak_mb for run in runs),
        "problems": [run.problem for run in runs if run.problem],
    }


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 3)
