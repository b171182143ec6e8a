"""Random small problems for the planner's tests, one feature at a time or all at once."""

import numpy as np

from suture.planner.problem import (
    FORBIDDEN,
    Break,
    Counter,
    Link,
    Measure,
    Problem,
    Rest,
    Weights,
    Who,
    make_nodes,
    make_rows,
)

CORE = ("plain", "late", "windows", "breaks", "overtime", "told", "counters", "demand", "begun")
LINKED = ("links", "waiting", "idle", "soft_windows", "rest", "split", "apart")
ALL = (*CORE, *LINKED)


def a_problem(seed: int, *features: str, n: int = 12, rows: int = 3) -> Problem:
    """A random day: nodes and homes in a square of 1,000 s, 2 to 15 minutes of work, windows of 5 to 50 minutes."""
    g = np.random.default_rng(seed)
    has = set(features).__contains__
    points = g.integers(0, 1000, (n + rows, 2))
    travel = np.abs(points[:, None] - points[None]).sum(axis=2).astype(np.int32)
    opens = g.integers(0, 6000, n)
    closes = opens + g.integers(300, 3000, n)
    several = has("windows") or has("soft_windows")
    windows = tuple(
        ((int(a), int(a) + 200), (int(a) + 900, max(int(b), int(a) + 1000)))
        if several and v % 2
        else ((int(a), int(b)),)
        for v, (a, b) in enumerate(zip(opens, closes, strict=True))
    )
    late = has("late") or has("soft_windows") or has("links")
    nodes = make_nodes(
        tuple(f"v{v}" for v in range(n)),
        np.arange(n),
        windows,
        g.integers(120, 900, n),
        g.integers(1, 4, n) * 2000,
        late_cost=g.integers(0, 4, n) * 60 if late else 0,
        late_limit=900 if late else 0,
        told_open=opens,
        told_close=opens + 600,
        told_cost=g.integers(0, 2, n) * 240 if has("told") else 0,
        told_start=np.where(g.random(n) < 0.5, opens + 100, -1) if has("told") else -1,
        demand=g.integers(1, 5, n) if has("demand") else 0,
    )
    homes = np.arange(n, n + rows)
    end = 7000 if has("overtime") else 9000
    pauses = tuple(Break(3000, 5000, 600, 1500) if has("breaks") and r % 2 == 0 else None for r in range(rows))
    pair = np.where(g.random((n, rows)) < 0.15, FORBIDDEN, g.integers(0, 3, (n, rows)) * 300).astype(np.int32)
    return Problem(
        travel,
        nodes,
        make_rows(
            tuple(f"r{r}" for r in range(rows)),
            homes,
            homes,
            hard_end=9000,
            shift_end=end,
            overtime_cost=90 if has("overtime") else 0,
            capacity=16 if has("demand") else FORBIDDEN,
            begun=has("begun"),
            breaks=pauses,
            clinician=[r // 2 for r in range(rows)] if has("split") else np.arange(rows),
        ),
        pair,
        _links(n, whole=not has("apart")) if {"links", "apart", "split"} & set(features) else (),
        _counters(n, rows) if has("counters") else (),
        Weights(waiting=2 if has("waiting") else 0, idle_max=1 if has("idle") else 0),
        rests=tuple(Rest(r, r + 1, 400) for r in range(rows - 1)) if has("rest") else (),
    )


def _links(n: int, *, whole: bool) -> tuple[Link, ...]:
    """Of every kind, as far as the nodes go; what may be left apart is always two people's."""
    kinds = (
        Link(0, 1, (0, 0), Who.DIFFERENT, whole),
        Link(2, 3, (600, 2400), Who.DIFFERENT, whole),
        Link(4, 5, None, Who.DIFFERENT, whole),
        *((Link(6, 7, (600, 4000), Who.SAME), Link(8, 9, (-600, 3000), Who.ANY)) if whole else ()),
    )
    return tuple(link for link in kinds if link.second < n)


def _counters(n: int, rows: int) -> tuple[Counter, ...]:
    odd = np.arange(n) % 2 == 1
    return (
        Counter("hours", tuple(range(rows)), Measure.TIME, used=600, soft=6000, hard=12000, over_cost=120),
        Counter("odd", (0,), Measure.ITEMS, soft=1, hard=3, over_cost=500, counts=odd),
        *(Counter(f"load-{r}", (r,), Measure.TIME, square=60) for r in range(rows)),
    )
