"""What of a `Problem` this search takes, and its breaks as nodes N, N + 1, … that only their own row may take."""

from dataclasses import fields, replace
from typing import Any

import numpy as np

from suture.planner.problem import FORBIDDEN, Counter, Nodes, Problem, make_nodes


def supports(p: Problem) -> bool:
    """Whether this search can price the problem: no links, rests, priced waiting or idle; late by one window only."""
    w = p.weights
    soft_windows = any(len(x) > 1 and limit > 0 for x, limit in zip(p.nodes.windows, p.nodes.late_limit, strict=True))
    priced = w.waiting or w.idle_max or w.late_max or w.travel != 1
    return not (p.links or p.rests or priced or soft_windows)


def breaks_as_nodes(p: Problem) -> Problem:
    """The same problem with a node for each break; its place is -1, where its clinician happens to be."""
    of_row = [(row, pause) for row, pause in enumerate(p.rows.breaks) if pause is not None]
    if not of_row:
        return p
    pair = np.full((len(of_row), p.r), FORBIDDEN, dtype=np.int32)
    pair[range(len(of_row)), [row for row, _ in of_row]] = 0
    pauses = make_nodes(
        tuple(p.rows.ids[row] for row, _ in of_row),
        -1,
        tuple(((pause.earliest, pause.latest),) for _, pause in of_row),
        [pause.length for _, pause in of_row],
        [pause.missed_cost for _, pause in of_row],
    )
    return replace(
        p,
        nodes=_joined(p.nodes, pauses),
        rows=replace(p.rows, breaks=(None,) * p.r),
        pair_cost=np.vstack([p.pair_cost, pair]),
        counters=tuple(_without_breaks(c, p.n, len(of_row)) for c in p.counters),
    )


def _joined(nodes: Nodes, more: Nodes) -> Nodes:
    """All of `nodes`, then all of `more`."""
    both: dict[str, Any] = {}
    for name in (f.name for f in fields(Nodes)):
        a, b = getattr(nodes, name), getattr(more, name)
        both[name] = a + b if isinstance(a, tuple) else np.concatenate([a, b])
    return Nodes(**both)


def _without_breaks(c: Counter, n: int, breaks: int) -> Counter:
    """The same counter; breaks do not count."""
    counts = np.ones(n, dtype=np.bool_) if c.counts is None else c.counts
    return replace(c, counts=np.concatenate([counts, np.zeros(breaks, dtype=np.bool_)]))
