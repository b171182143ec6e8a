"""Linked rows: forward and backward times, inserting and cutting, backup and restore, storing the best plan.

Every function keeps ``number[COST]`` exact. Times stop spreading as soon as a stop's value does not change, so a long
row with idle time costs little more than a short one.
"""

from suture.planner.kernel import kernel
from suture.planner.sisr import layout as at
from suture.planner.sisr.arrays import Arrays, State
from suture.planner.sisr.kernel_counters import recount
from suture.planner.sisr.kernel_price import earliest, latest, return_price, start_price


@kernel
def leg(a: Arrays, s: State, u: int, w: int) -> int:
    """Travel from stop u to stop w; an empty row (start to end) costs nothing, unless it has begun."""
    n, r = a.pair_cost.shape
    if n <= u < n + r and w >= n + r and a.begun[u - n] == 0:
        return 0
    return a.travel[s.stop[u, at.AT], s.stop[w, at.AT]]


@kernel
def spread_place(a: Arrays, s: State, u: int) -> None:
    """Breaks after stop u take its place; the leg out of the last of them (or of u) is renewed. COST is kept."""
    stop = s.stop
    w = stop[u, at.NEXT]
    if a.flag[at.BREAKS] > 0:
        while a.node[w, at.CLASS] == 1:
            s.number[at.COST] -= stop[u, at.ARC]
            stop[w, at.AT] = stop[u, at.AT]
            stop[u, at.ARC] = 0
            u = w
            w = stop[u, at.NEXT]
    new = leg(a, s, u, w)
    s.number[at.COST] += new - stop[u, at.ARC]
    stop[u, at.ARC] = new


@kernel
def forward(a: Arrays, s: State, u: int) -> int:
    """Renew departures after stop u (whose own is right). Returns the first stop that is now too late, or -1."""
    if a.flag[at.SOFT] + a.flag[at.WINDOWS] > 0:
        return forward_general(a, s, u)
    stop, node = s.stop, a.node
    first_end = a.pair_cost.shape[0] + a.pair_cost.shape[1]
    t = stop[u, at.DEPART]
    while True:
        w = stop[u, at.NEXT]
        t += stop[u, at.ARC]
        if t > node[w, at.CLOSE]:
            return w
        if w >= first_end:
            stop[w, at.DEPART] = t
            return -1
        t = max(t, node[w, at.OPEN]) + node[w, at.BUSY]
        if t == stop[w, at.DEPART]:
            return -1
        stop[w, at.DEPART] = t
        u = w


@kernel
def forward_general(a: Arrays, s: State, u: int) -> int:
    """As ``forward`` with several windows and soft prices: COST and ``soft[row]`` follow the starts."""
    stop, node = s.stop, a.node
    n = a.pair_cost.shape[0]
    r = stop[u, at.ROW]
    t = stop[u, at.DEPART]
    while True:
        w = stop[u, at.NEXT]
        t += stop[u, at.ARC]
        if t > node[w, at.CLOSE]:
            return w
        if w >= n:
            price = return_price(a, r, t) if s.length[r] > 0 else 0
            new = t
        else:
            start = earliest(a, w, t)
            if start > node[w, at.CLOSE]:
                return w
            new = start + node[w, at.BUSY]
            if new == stop[w, at.DEPART]:
                return -1
            price = start_price(a, w, start)
        s.number[at.COST] += price - stop[w, at.PRICE]
        s.soft[r] += price - stop[w, at.PRICE]
        stop[w, at.PRICE] = price
        stop[w, at.DEPART] = new
        if w >= n:
            return -1
        t = new
        u = w


@kernel
def backward(a: Arrays, s: State, w: int) -> None:
    """Renew latest starts before stop w (whose own is right)."""
    stop, node = s.stop, a.node
    n = a.pair_cost.shape[0]
    several = a.flag[at.WINDOWS] > 0
    t = stop[w, at.LATEST]
    while True:
        u = stop[w, at.PREV]
        if u >= n or node[u, at.FIXED] > 1:
            return
        t -= stop[u, at.ARC] + node[u, at.BUSY]
        t = latest(a, u, t) if several else min(t, node[u, at.CLOSE])
        if t == stop[u, at.LATEST]:
            return
        stop[u, at.LATEST] = t
        w = u


@kernel
def insert_after(a: Arrays, s: State, v: int, u: int) -> None:
    """Put absent node v right after stop u. The caller has tested it and takes v off the absent list."""
    stop = s.stop
    r = stop[u, at.ROW]
    w = stop[u, at.NEXT]
    stop[v, at.NEXT], stop[v, at.PREV], stop[v, at.ROW] = w, u, r
    stop[u, at.NEXT], stop[w, at.PREV] = v, v
    if a.node[v, at.CLASS] == 1:
        stop[v, at.AT] = stop[u, at.AT]
    new = leg(a, s, u, v)
    s.number[at.COST] += new - stop[u, at.ARC] + a.pair_cost[v, r] - a.uncovered[v]
    stop[u, at.ARC] = new
    stop[v, at.ARC], stop[v, at.PRICE] = 0, 0
    if s.length[r] == 0:
        s.number[at.USED] += 1
    s.length[r] += 1
    s.load[r] += a.node[v, at.DEMAND]
    s.number[at.PLACED] += 1
    spread_place(a, s, v)
    if a.flag[at.COUNTERS] > 0:
        recount(a, s, r)
    w = behind_breaks(a, s, v)
    forget_times(s, v, w)
    forward(a, s, u)
    backward(a, s, w)


@kernel
def behind_breaks(a: Arrays, s: State, u: int) -> int:
    """The first stop after u that is no break. Legs out of breaks change with their place, so passes must reach it."""
    w = s.stop[u, at.NEXT]
    while a.flag[at.BREAKS] > 0 and w < a.pair_cost.shape[0] and a.node[w, at.CLASS] == 1:
        w = s.stop[w, at.NEXT]
    return w


@kernel
def forget_times(s: State, v: int, w: int) -> None:
    """Void the times from v up to (not including) w, so that no pass stops among them."""
    while v != w:
        s.stop[v, at.DEPART], s.stop[v, at.LATEST] = at.LOCKED, at.LOCKED - 1
        v = s.stop[v, at.NEXT]


@kernel
def cut(a: Arrays, s: State, first: int, last: int) -> None:
    """Take the stops first..last out of their row; they go to the end of the absent list."""
    stop = s.stop
    number = s.number
    r = stop[first, at.ROW]
    u, w = stop[first, at.PREV], stop[last, at.NEXT]
    gone = 0
    count = 0
    v = first
    while v != w:
        gone += stop[v, at.ARC] + stop[v, at.PRICE] + a.pair_cost[v, r] - a.uncovered[v]
        s.soft[r] -= stop[v, at.PRICE]
        s.load[r] -= a.node[v, at.DEMAND]
        stop[v, at.ROW] = -1
        s.absent[number[at.ABSENT] + count] = v
        count += 1
        v = stop[v, at.NEXT]
    number[at.COST] -= gone
    number[at.ABSENT] += count
    number[at.PLACED] -= count
    number[at.FREED] += count
    s.length[r] -= count
    stop[u, at.NEXT], stop[w, at.PREV] = w, u
    spread_place(a, s, u)
    if a.flag[at.COUNTERS] > 0:
        recount(a, s, r)
    if s.length[r] == 0:
        number[at.USED] -= 1
        note_empty(a, s, r)


@kernel
def settle(a: Arrays, s: State, u: int) -> None:
    """After a cut behind stop u: renew times; where travel breaks the triangle inequality, late stops leave too."""
    n, rows = a.pair_cost.shape
    more = False
    while True:
        forget_times(s, s.stop[u, at.NEXT], behind_breaks(a, s, u))
        late = forward(a, s, u)
        if late < 0:
            break
        out = late
        while out >= n or (a.node[out, at.FIXED] > 0 and s.stop[out, at.PREV] < n):
            out = s.stop[out, at.PREV]
            if out >= n:
                break
        if out >= n or a.node[out, at.FIXED] > 0:
            break  # only fixed stops are left: late through no choice of ours
        u = s.stop[out, at.PREV]
        cut(a, s, out, out)
        more = True
    w = behind_breaks(a, s, u)
    if more:  # several places changed: renew the whole row
        r = s.stop[u, at.ROW]
        w = n + rows + r
        v = s.stop[n + r, at.NEXT]
        while v != w:
            s.stop[v, at.LATEST] = at.LOCKED - 1
            v = s.stop[v, at.NEXT]
    backward(a, s, w)


@kernel
def note_empty(a: Arrays, s: State, r: int) -> None:
    """Row r became empty: its class may offer it again."""
    k = a.row_class[r, 0]
    if k >= 0:
        s.hint[k] = min(s.hint[k], a.row_class[r, 1])


@kernel
def empty_row(a: Arrays, s: State, k: int) -> int:
    """The first empty row of class k, or -1."""
    i = s.hint[k]
    size = a.class_ptr[k + 1] - a.class_ptr[k]
    while i < size and s.length[a.class_rows[a.class_ptr[k] + i]] > 0:
        i += 1
    s.hint[k] = i
    return a.class_rows[a.class_ptr[k] + i] if i < size else -1


@kernel
def touch(a: Arrays, s: State, r: int) -> None:
    """Back row r up, once per iteration."""
    number = s.number
    if s.stamp[r] == number[at.ITERATION]:
        return
    s.stamp[r] = number[at.ITERATION]
    n, rows = a.pair_cost.shape
    i = number[at.TOUCHED]
    s.touched[i, 0], s.touched[i, 1], s.touched[i, 2] = r, s.length[r], s.load[r]
    s.touched_soft[i] = s.soft[r]
    number[at.TOUCHED] = i + 1
    k = number[at.SAVED]
    v = n + r
    while True:
        s.saved[k] = v
        s.saved_words[k, 0], s.saved_words[k, 1] = s.words[v, 0], s.words[v, 1]
        s.saved_words[k, 2], s.saved_words[k, 3] = s.words[v, 2], s.words[v, 3]
        k += 1
        if v >= n + rows:
            break
        v = s.stop[v, at.NEXT]
    number[at.SAVED] = k


@kernel
def restore(a: Arrays, s: State) -> None:
    """Put the touched rows back as they were; the caller resets the scalars."""
    number = s.number
    for i in range(number[at.OLD_ABSENT]):
        v = s.old_absent[i]
        s.absent[i] = v
        s.stop[v, at.ROW] = -1
    number[at.ABSENT] = number[at.OLD_ABSENT]
    for k in range(number[at.SAVED]):
        v = s.saved[k]
        s.words[v, 0], s.words[v, 1] = s.saved_words[k, 0], s.saved_words[k, 1]
        s.words[v, 2], s.words[v, 3] = s.saved_words[k, 2], s.saved_words[k, 3]
    for i in range(number[at.TOUCHED]):
        r = s.touched[i, 0]
        s.length[r], s.load[r] = s.touched[i, 1], s.touched[i, 2]
        s.soft[r] = s.touched_soft[i]
        if a.flag[at.COUNTERS] > 0:
            recount(a, s, r)  # the caller resets COST
        if s.length[r] == 0:
            note_empty(a, s, r)


@kernel
def mark_dirty(s: State) -> None:
    """The touched rows now differ from the stored best plan."""
    for i in range(s.number[at.TOUCHED]):
        r = s.touched[i, 0]
        if s.is_dirty[r] == 0:
            s.is_dirty[r] = 1
            s.dirty[s.number[at.DIRTY]] = r
            s.number[at.DIRTY] += 1


@kernel
def store_best(a: Arrays, s: State) -> None:
    """Copy the dirty rows to the best plan."""
    n, rows = a.pair_cost.shape
    for i in range(s.number[at.DIRTY]):
        r = s.dirty[i]
        s.is_dirty[r] = 0
        v = n + r
        while v < n + rows:
            s.best_next[v] = s.stop[v, at.NEXT]
            v = s.stop[v, at.NEXT]
    s.number[at.DIRTY] = 0
    s.number[at.BEST_COST] = s.number[at.COST]
    s.number[at.IMPROVED] += 1
