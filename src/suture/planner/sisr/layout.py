"""Column numbers of the packed integer tables and limits that kernels and builders share.

The hot tables are int32 rows of eight columns (32 bytes, half a cache line): one candidate position then costs one
cache line per stop instead of one per field. All times are seconds (or tenths for VRPTW) since the horizon start.
"""

from typing import Final

INF: Final = 2**30  # pair cost of a forbidden pair; tested with >=, never added twice
UNREACHABLE: Final = 2**28  # travel that does not exist: large enough to fail every time test, safe to add thrice
REQUIRED_COST: Final = 2**40  # uncovered price of a required visit: one scalar keeps the lexicographic order
FOREVER: Final = 2**28  # a close or shift end that never binds
LOCKED: Final = -(2**30)  # latest start of a frozen stop: no insertion in front of it passes the O(1) test

# Arrays.node: what never changes during a search. Rows 0..N-1 are nodes, then R row starts, then R row ends.
PLACE: Final = 0  # index into travel; of a break: -1 (it takes the place of the stop before it)
OPEN: Final = 1  # earliest start (first window); of a row start: when the clinician may leave
CLOSE: Final = 2  # latest start, hard (last window); of a row end: hard end of the shift
BUSY: Final = 3  # service + documentation
DEMAND: Final = 4  # load on the row's capacity
FIXED: Final = 5  # bit 0: never removed from its row; bit 1: frozen, nothing is inserted before it
CLASS: Final = 6  # node kind: 0 visit, 1 break
NODE_COLUMNS: Final = 8

# State.stop: where a node is now. Same row numbering as Arrays.node.
NEXT: Final = 0
PREV: Final = 1
ROW: Final = 2  # -1 = absent
DEPART: Final = 3  # earliest start + busy; of a row start: leave time
LATEST: Final = 4  # latest start that keeps the rest of the row legal
ARC: Final = 5  # travel to NEXT; 0 for the start of an empty row
AT: Final = 6  # place (copied here so that a scan reads one table; breaks take it from the stop before)
PRICE: Final = 7  # soft price of this stop at its present start
STOP_COLUMNS: Final = 8

# State.number: int64 scalars.
COST: Final = 0
BEST_COST: Final = 1
ITERATION: Final = 2
ABSENT: Final = 3  # how many nodes are in State.absent
USED: Final = 4  # rows with at least one stop
PLACED: Final = 5  # nodes in rows
TOUCHED: Final = 6  # rows backed up in this iteration
SAVED: Final = 7  # stops backed up in this iteration
DIRTY: Final = 8  # rows changed since the best plan was stored
OLD_ABSENT: Final = 9
ACCEPTED: Final = 10
IMPROVED: Final = 11
FREED: Final = 12  # nodes taken out in this iteration
ROTATION: Final = 13  # where the round of retried absent nodes continues
NUMBERS: Final = 16

# Arrays.flag: which slow features the problem uses; all zero = plain path.
SOFT: Final = 0  # lateness, told windows, overtime: suffix recursion
WINDOWS: Final = 1  # some node has several windows
BREAKS: Final = 2  # some row has a break
CAPACITY: Final = 3  # demand counts
FOCUS: Final = 4  # number of nodes in Arrays.focus (repairs: seeds near the damage)
COUNTERS: Final = 5  # some row has a counter
FLAGS: Final = 8

# Arrays.counter
MEASURE: Final = 0  # 0 time, 1 items
BEFORE: Final = 1  # used before this problem
SOFT_MAX: Final = 2
HARD_MAX: Final = 3
OVER_COST: Final = 4  # per minute or item above SOFT_MAX
SQUARE: Final = 5  # x minutes squared / 3600
ALL_TIME: Final = 6  # 1 = counts the time of every node: such counters of one row share their walk
COUNTER_COLUMNS: Final = 7

# Knobs (float64), see search.Knobs.
REMOVED: Final = 0
STRING: Final = 1
SPLIT: Final = 2
DEEPER: Final = 3
BLINK: Final = 4
SCAN_ALL: Final = 5
SEED_ABSENT: Final = 6
SEED_FOCUS: Final = 7
T_FIRST: Final = 8  # temperature at fraction 0
T_LOG_RATIO: Final = 9  # ln(last / first)
T_BASE: Final = 10  # fraction at iteration 0 (or of the whole slice, with a time budget)
T_STEP: Final = 11  # fraction per iteration (0 with a time budget)
TAILS: Final = 12  # tail exchanges tried per iteration
OPEN_ROW: Final = 13  # share of iterations whose first freed node opens an empty row
KNOBS: Final = 16

ORDERS: Final = 8  # columns of Arrays.order_key
RETRIED: Final = 24  # at most this many old absent nodes are retried in one iteration
