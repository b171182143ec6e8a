"""The repair path: drop a row, regret-2 over all rows, one ejection pass. The first plan never varies."""

from suture.planner.kernel import kernel
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, Int32, Int64, State
from suture.planner.sisr.kernel_insert import find_new_row, find_position, scan_row
from suture.planner.sisr.kernel_routes import cut, insert_after, mark_dirty, restore, settle, store_best, touch

REGRET_NODES = 64  # more freed nodes than this are inserted in the order of the absent list
UNASKED = -2  # second row of a node that no row was asked about yet
EJECTIONS = 400  # evictions tried in one pass


@kernel
def begin(s: State) -> None:
    """Start a step that ``restore`` can undo."""
    number = s.number
    number[at.ITERATION] += 1
    number[at.TOUCHED] = number[at.SAVED] = number[at.FREED] = 0
    for i in range(number[at.ABSENT]):
        s.old_absent[i] = s.absent[i]
    number[at.OLD_ABSENT] = number[at.ABSENT]


@kernel
def drop_row(a: Arrays, s: State, r: int) -> None:
    """Row r is gone from now on: its stops are freed and no visit may use it. Patches pair_cost, frees fixed stops."""
    n, rows = a.pair_cost.shape
    for v in range(n):
        if s.stop[v, at.ROW] != r:
            a.pair_cost[v, r] = at.INF
    touch(a, s, r)
    if s.length[r] > 0:
        cut(a, s, s.stop[n + r, at.NEXT], s.stop[n + rows + r, at.PREV])
        settle(a, s, n + r)
    for v in range(n):
        a.pair_cost[v, r] = at.INF


@kernel
def _two_best(a: Arrays, s: State, v: int, first: Int64, second: Int64, second_row: Int32) -> int:
    """Write the best and second best row's price of v over all rows, and the second row; returns the stop before."""
    general = a.flag[at.WINDOWS] > 0
    best, runner, where = min(a.uncovered[v], at.INF - 1), min(a.uncovered[v], at.INF - 1), -1
    row, runner_row = -1, -1
    for r in range(a.pair_cost.shape[1]):
        if a.row_class[r, 0] >= 0 and s.length[r] == 0:
            continue
        price, u = scan_row(a, s, v, r, runner, -1, 0.0, general)
        if u >= 0 and price < best:
            best, runner, where = price, best, u
            row, runner_row = r, row
        elif u >= 0:
            runner, runner_row = price, r
    price, u = find_new_row(a, s, v)
    if u >= 0 and price < best:
        best, runner, where, runner_row = price, best, u, row
    first[v], second[v], second_row[v] = best, runner, runner_row
    return where


@kernel
def _two_best_again(
    a: Arrays, s: State, v: int, where: int, changed: int, first: Int64, second: Int64, second_row: Int32
) -> int:
    """The same where only row ``changed`` is another than before."""
    shared = a.flag[at.COUNTERS] > 0 or a.class_ptr.shape[0] > 1  # another row's change may matter to a third one
    row = s.stop[where, at.ROW] if where >= 0 else -1
    if shared or second_row[v] == UNASKED or changed == row or changed == second_row[v]:
        return _two_best(a, s, v, first, second, second_row)
    price, u = scan_row(a, s, v, changed, second[v], -1, 0.0, a.flag[at.WINDOWS] > 0)
    if u < 0:
        return where
    if price >= first[v]:
        second[v], second_row[v] = price, changed
        return where
    second[v], second_row[v], first[v] = first[v], row, price
    return u


@kernel
def regret_insert(a: Arrays, s: State, first: Int64, second: Int64, second_row: Int32, where: Int32) -> None:
    """Insert the absent nodes, the one that loses most by waiting first. Scratch [N]; `second_row` is all UNASKED."""
    number = s.number
    left = number[at.ABSENT]
    for i in range(left):
        s.work[i] = s.absent[i]
    number[at.ABSENT] = 0
    if left <= REGRET_NODES:
        for i in range(left):
            where[s.work[i]] = _two_best(a, s, s.work[i], first, second, second_row)
    changed = -1
    while left > 0:
        pick, regret = 0, -1
        for i in range(left if left <= REGRET_NODES else 1):
            v = s.work[i]
            if left >= REGRET_NODES:
                _, where[v] = find_position(a, s, v, False, 0.0)
                if where[v] < 0:
                    _, where[v] = find_position(a, s, v, True, 0.0)
            elif changed >= 0:
                where[v] = _two_best_again(a, s, v, where[v], changed, first, second, second_row)
            if where[v] >= 0 and second[v] - first[v] > regret:
                pick, regret = i, second[v] - first[v]
        v = s.work[pick]
        left -= 1
        s.work[pick] = s.work[left]
        if where[v] < 0:
            s.absent[number[at.ABSENT]] = v
            number[at.ABSENT] += 1
            changed = -1
            continue
        changed = s.stop[where[v], at.ROW]
        touch(a, s, changed)
        insert_after(a, s, v, where[v])


@kernel
def _fits_in_place(a: Arrays, s: State, v: int, u: int) -> bool:
    """Quick test, plain times: may v be served where stop u is now?"""
    stop, node = s.stop, a.node
    p, w = stop[u, at.PREV], stop[u, at.NEXT]
    start = max(stop[p, at.DEPART] + a.travel[stop[p, at.AT], node[v, at.PLACE]], node[v, at.OPEN])
    last = s.stop[w, at.LATEST]
    return start <= node[v, at.CLOSE] and start + node[v, at.BUSY] + a.travel[node[v, at.PLACE], stop[w, at.AT]] <= last


@kernel
def _take_place(a: Arrays, s: State, v: int, u: int) -> bool:
    """Absent v takes a place in the row of u, which leaves; True if it found one. The caller may restore."""
    r = s.stop[u, at.ROW]
    before = s.stop[u, at.PREV]
    touch(a, s, r)
    count = s.number[at.ABSENT]
    cut(a, s, u, u)
    settle(a, s, before)
    if s.number[at.ABSENT] != count + 1:
        return False
    _, place = scan_row(a, s, v, r, at.INF - 1, -1, 0.0, a.flag[at.WINDOWS] > 0)
    if place < 0:
        return False
    insert_after(a, s, v, place)
    return True


@kernel
def _evict(a: Arrays, s: State, v: int, u: int) -> bool:
    """As ``_take_place``, and u finds another place."""
    if not _take_place(a, s, v, u):
        return False
    _, place = find_position(a, s, u, False, 0.0)
    if place < 0:
        return False
    touch(a, s, s.stop[place, at.ROW])
    insert_after(a, s, u, place)
    return True


@kernel
def _undo(a: Arrays, s: State, cost: int, used: int, placed: int) -> None:
    restore(a, s)
    s.number[at.COST], s.number[at.USED], s.number[at.PLACED] = cost, used, placed


@kernel
def _keep(s: State, v: int) -> None:
    """Keep the step since ``begin``: of the nodes absent then, only v has found a place."""
    s.number[at.ABSENT] = 0
    for k in range(s.number[at.OLD_ABSENT]):
        if s.old_absent[k] != v:
            s.absent[s.number[at.ABSENT]] = s.old_absent[k]
            s.number[at.ABSENT] += 1
    mark_dirty(s)


@kernel
def eject(a: Arrays, s: State) -> int:
    """For each absent node: evict the one visit whose move makes room most cheaply. Returns how many were placed."""
    n, rows = a.pair_cost.shape
    number = s.number
    placed_now, tries = 0, 0
    count = number[at.ABSENT]
    for i in range(count):
        s.work[i] = s.absent[i]
    for i in range(count):
        v = s.work[i]
        cost, used, placed = number[at.COST], number[at.USED], number[at.PLACED]
        best, victim = cost, -1
        for r in range(rows):
            if a.pair_cost[v, r] >= at.INF:
                continue
            u = s.stop[n + r, at.NEXT]
            while u < n and tries < EJECTIONS:
                following = s.stop[u, at.NEXT]
                if a.node[u, at.FIXED] == 0 and _fits_in_place(a, s, v, u):
                    tries += 1
                    begin(s)
                    if _evict(a, s, v, u) and number[at.COST] < best:
                        best, victim = number[at.COST], u
                    _undo(a, s, cost, used, placed)
                u = following
        if victim >= 0:
            begin(s)
            _evict(a, s, v, victim)
            _keep(s, v)
            placed_now += 1
    return placed_now


@kernel
def commit(s: State) -> None:
    """Keep what was done since ``begin``."""
    mark_dirty(s)
    s.number[at.ITERATION] += 1


@kernel
def publish(a: Arrays, s: State) -> None:
    """The current plan becomes the best plan even if it costs more (the problem has changed)."""
    s.number[at.ITERATION] += 1  # rows that an ejection backed up must be backed up again
    store_best(a, s)
