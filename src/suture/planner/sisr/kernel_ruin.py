"""Ruin: pick a seed, take strings of consecutive stops out of rows near it (SISR, Christiaens, Vanden Berghe 2020)."""

from suture.planner.kernel import kernel
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, Float64, State
from suture.planner.sisr.kernel_random import below, uniform
from suture.planner.sisr.kernel_routes import cut, settle, touch


@kernel
def pick_seed(a: Arrays, s: State, knob: Float64) -> int:
    """The node around which rows are ruined: an absent one, one near the damage, or any."""
    n = a.pair_cost.shape[0]
    draw = uniform(s.rng)
    if s.number[at.ABSENT] > 0 and draw < knob[at.SEED_ABSENT]:
        return s.absent[below(s.rng, s.number[at.ABSENT])]
    if a.flag[at.FOCUS] > 0 and draw < knob[at.SEED_FOCUS]:
        return a.focus[below(s.rng, a.flag[at.FOCUS])]
    return below(s.rng, n)


@kernel
def ruin(a: Arrays, s: State, knob: Float64) -> None:
    """Remove strings around a seed; the freed nodes end up at the end of the absent list."""
    number = s.number
    if number[at.USED] == 0:
        return
    longest = min(knob[at.STRING], number[at.PLACED] / number[at.USED])
    most = 4.0 * knob[at.REMOVED] / (1.0 + longest) - 1.0
    rows_left = int(1.0 + uniform(s.rng) * most)
    seed = pick_seed(a, s, knob)
    for j in range(-1, a.near.shape[1]):
        c = seed if j < 0 else a.near[seed, j]
        if c < 0:
            break
        r = s.stop[c, at.ROW]
        if r < 0 or s.ruined[r] == number[at.ITERATION]:
            continue
        s.ruined[r] = number[at.ITERATION]
        touch(a, s, r)
        ruin_row(a, s, c, r, min(longest, float(s.length[r])), knob)
        rows_left -= 1
        if rows_left <= 0:
            return


@kernel
def ruin_row(a: Arrays, s: State, c: int, r: int, longest: float, knob: Float64) -> None:
    """Cut one string around stop c; sometimes a longer span is cut and an inner piece of it is kept."""
    stop = s.stop
    n = a.pair_cost.shape[0]
    size = int(1.0 + uniform(s.rng) * longest)
    size = min(size, s.length[r])
    kept = 0
    if 1 < size < s.length[r] and uniform(s.rng) < knob[at.SPLIT]:
        kept = 1
        while size + kept < s.length[r] and uniform(s.rng) < knob[at.DEEPER]:
            kept += 1
    span = size + kept
    first = c
    back = 0
    while back < span - 1 and stop[first, at.PREV] < n:
        first = stop[first, at.PREV]
        back += 1
    ahead = 0
    x = c
    while ahead < span - 1 and stop[x, at.NEXT] < n:
        x = stop[x, at.NEXT]
        ahead += 1
    shift = span - 1 - ahead  # the string must reach back at least so far
    shift = shift + below(s.rng, back - shift + 1)
    for _ in range(back - shift):
        first = stop[first, at.NEXT]
    keep_from = 1 + below(s.rng, size - 1) if kept > 0 else span
    cut_pieces(a, s, first, span, keep_from, kept)


@kernel
def cut_pieces(a: Arrays, s: State, first: int, span: int, keep_from: int, kept: int) -> None:
    """Cut ``span`` stops from ``first`` on, except the kept inner piece and fixed stops, piece by piece."""
    stop = s.stop
    x = first
    begin = -1
    for i in range(span + 1):
        removable = i < span and (i < keep_from or i >= keep_from + kept) and a.node[x, at.FIXED] == 0
        if removable and begin < 0:
            begin = x
        elif not removable and begin >= 0:
            u = stop[begin, at.PREV]
            cut(a, s, begin, stop[x, at.PREV])
            settle(a, s, u)
            begin = -1
            if i < span and stop[x, at.ROW] < 0:
                return  # settling took the next stop too
        x = stop[x, at.NEXT]
