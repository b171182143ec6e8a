"""Arrays of the linked search: field numbers, the problem, the state, the scratch space.

One table row per node keeps everything a decode step needs in one or two cache lines. Node numbers: visits
``0 .. N-1`` (one node per Position), lunch of row r = ``N + r``, depot of row r = ``N + R + r``. A row is a circular
list depot -> stops -> depot. All times and costs are int64 in the units of the file's reader (``scale``).
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Int64 = npt.NDArray[np.int64]
Int32 = npt.NDArray[np.int32]
Float64 = npt.NDArray[np.float64]
UInt64 = npt.NDArray[np.uint64]

# node table (static); sixteen fields are two whole cache lines, the first eight are the hot ones
PLACE, BUSY, WIN_FROM, WIN_TO, LATE_COST, LATE_LIMIT, MATE, LIFT, *_REST = range(16)
UNIT, CLINICIANS, TOLD_OPEN, TOLD_CLOSE, TOLD_COST, TOLD_START, DEMAND, HOLD = _REST
NODE_FIELDS = 16
# window table (static): open, close (soft), stay = latest start that still uses this window instead of the next
OPEN, CLOSE, STAY, WINDOW_FIELDS = range(4)
# row table (static)
START_PLACE, END_PLACE, SHIFT_START, SHIFT_END, HARD_END, OVERTIME_COST, LUNCH_COST, HAS_LUNCH, *_REST = range(17)
LEAVE, BEGUN, CAPACITY, PERSON, SLOT_FROM, SLOT_TO, NEXT_ROW, ROW_BEFORE, REST_TIME = _REST
ROW_FIELDS = 17
# unit table (static): a unit is a visit, or the two nodes of a linked visit. WITHOUT_FIRST: price of serving only the
# second. FOCUS: column of its own, the units at which ruins like to begin
FIRST, SECOND, UNCOVERED_COST, KEY_SERVICE, KEY_FAR, KEY_WIDTH, KEY_OPEN, KEY_CLOSE, *_REST = range(11)
WITHOUT_FIRST, WITHOUT_SECOND, FOCUS = _REST
UNIT_FIELDS = 11
# counter table (static): FILTER = row of `counts`, -1 = every node counts
ITEMS, BEFORE, SOFT_MAX, HARD_MAX, OVER_COST, SQUARE, FILTER, LIMIT_FIELDS = range(8)
# parameters (static). Those from BY_START on are 0 where the problem has nothing of the kind: no such code runs then
NODES, ROWS, UNITS, TRAVEL_COST, WAIT_COST, IDLE_COST, MAX_LATE_COST, TIME_CAP, SCALE, MINUTE, *_REST = range(21)
TOLD_RATE, TOLD_CAP, BY_START, TOLD, LOADS, FROZEN, HALVES, LIMITS, RESTS, FOCUSED, PARAMETERS = _REST
# stop table (state)
NEXT, PREV, ROW, START, STOP_FIELDS = range(5)
# row prices (state)
COST, IDLE, MAX_LATE, WAIT, PRICE_FIELDS = range(5)
# counters (state)
ITERATION, BEST_COST, CURRENT_COST, ACCEPTED, IMPROVED, REFUSED, COUNTERS = range(7)
# tuning (floats): temperatures in cost units, ruin sizes, blink rate, softness of the idle maximum in time units
T_START, T_END, RUIN_MEAN, STRING_MAX, BLINK, SPREAD_START, SPREAD_END, SETTINGS = range(8)

BEGUN_STOP = 2  # HOLD of a stop that has begun: nothing may be put in front of it
CLINICIANS_ANY, CLINICIANS_DIFFERENT, CLINICIANS_SAME = 0, 1, 2
INF = 2**30  # forbidden pair; compared with >=, never added
FAR_FUTURE = 2**40
MUST_SERVE = 10**12  # uncovered cost of a required visit; a cost >= MUST_SERVE is not a legal plan
BROKEN = 10**13  # price of one broken hard time rule inside a state
HALF = BROKEN // 2  # price of one carer without the other, less: where the other is held, nothing else may be possible
RETRIED = 24  # at most this many units that are left out already are tried again in one iteration
CANDIDATES = 16  # positions kept for each node of a linked pair


class Arrays(NamedTuple):
    """The compiled problem; every array is C-contiguous and never written by the kernels."""

    travel: Int32  # [P, P] time from place to place
    travel_in: Int32  # its transpose: insertion reads the column of one place
    node: Int64  # [N + 2R, NODE_FIELDS]
    window: Int64  # [windows, WINDOW_FIELDS]
    pair_cost: Int32  # [N, R], INF = forbidden
    row: Int64  # [R, ROW_FIELDS]
    unit: Int64  # [U, UNIT_FIELDS]
    near: Int32  # [N, M] nearest nodes, nearest first
    able_from: Int64  # [N + 1] slice of able_row of each node
    able_row: Int32  # rows a node may be put into
    parameter: Int64  # [PARAMETERS]
    limit: Int64  # [limits, LIMIT_FIELDS] counters
    slot: Int64  # [slots] limit of each slot; row r has slots row[r, SLOT_FROM] .. row[r, SLOT_TO]
    counts: Int32  # [filters, N] 1 = the node counts


class State(NamedTuple):
    """Current plan, its backup and the best plan; resumable between slices."""

    stop: Int64  # [N + 2R, STOP_FIELDS]
    price: Int64  # [R, PRICE_FIELDS]
    stop_backup: Int64
    price_backup: Int64
    stop_best: Int64
    use: Int64  # [slots + limits] what each row uses of each of its limits, then what all use of each
    use_backup: Int64
    counter: Int64  # [COUNTERS]
    random: UInt64  # [1] splitmix64


class Scratch(NamedTuple):
    """Working space; its content never survives an iteration (``mark`` is the running stamp)."""

    time: Int64  # [nodes] tentative start, valid where stamp == mark
    stamp: Int64
    place: Int64  # [nodes] where a lunch is taken, valid while tentative
    stack: Int64
    changed: Int64  # [nodes + 1] nodes with a tentative start; last entry of `mark` holds the count
    row_stamp: Int64  # [R]
    rows: Int64  # [R] touched rows
    new_price: Int64  # [R, PRICE_FIELDS]
    new_use: Int64  # as State.use, with the newly priced rows in place
    mark: Int64  # [4]: stamp, changed count, touched rows, steps
    sequence: Int64  # [4, nodes]: stop, start, waiting up to here, breakpoints of the last priced row
    shift: Int64  # [1] right shift of the last priced row
    unit_list: Int64  # [U]
    unit_key: Int64  # [U]
    candidates: Int64  # [2, CANDIDATES, 5]: price bound, stop before, own lateness price, start, next stop's part
    dirty: Int64  # [R] rows whose sequence changed
    soft: Float64  # [3] soft maximum of idle: spread, reference, sum of weights
    weight: Float64  # [R] exp((idle - reference) / spread)
    new_weight: Float64  # [R] the same for newly priced rows


def new_state(arrays: Arrays, seed: int) -> State:
    """Empty plan: every row has only its depot, every visit is absent."""
    nodes = int(arrays.parameter[NODES])
    rows = int(arrays.parameter[ROWS])
    stop = np.full((nodes + 2 * rows, STOP_FIELDS), -1, dtype=np.int64)
    stop[:, START] = 0
    for r in range(rows):
        depot = nodes + rows + r
        stop[depot, NEXT] = stop[depot, PREV] = depot
        stop[depot, ROW] = r
        stop[depot, START] = arrays.row[r, LEAVE]
    price = np.zeros((rows, PRICE_FIELDS), dtype=np.int64)
    counter = np.zeros(COUNTERS, dtype=np.int64)
    random = np.array([(seed * 0x9E3779B97F4A7C15 + 0x1234567) % 2**64], dtype=np.uint64)
    use = np.zeros(len(arrays.slot) + len(arrays.limit), dtype=np.int64)
    return State(stop, price, stop.copy(), price.copy(), stop.copy(), use, use.copy(), counter, random)


def new_scratch(arrays: Arrays) -> Scratch:
    """Scratch space for one search."""
    rows = int(arrays.parameter[ROWS])
    units = int(arrays.parameter[UNITS])
    size = arrays.node.shape[0]

    def zeros(*shape: int) -> Int64:
        return np.zeros(shape, dtype=np.int64)

    return Scratch(
        time=zeros(size),
        stamp=zeros(size),
        place=zeros(size),
        stack=zeros(4 * size + 2 * 4096),
        changed=zeros(size),
        row_stamp=zeros(rows),
        rows=zeros(rows),
        new_price=zeros(rows, PRICE_FIELDS),
        new_use=zeros(len(arrays.slot) + len(arrays.limit)),
        mark=zeros(4),
        sequence=zeros(4, size),
        shift=zeros(1),
        unit_list=zeros(units),
        unit_key=zeros(units),
        candidates=zeros(2, CANDIDATES, 5),
        dirty=zeros(rows),
        soft=np.zeros(3),
        weight=np.zeros(rows),
        new_weight=np.zeros(rows),
    )
