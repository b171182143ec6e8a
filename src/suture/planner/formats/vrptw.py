"""Solomon / Gehring-Homberger text (VRPTW); each distance is truncated to 0.1 (DIMACS), times and costs are tenths."""

import json

import numpy as np

from suture.planner.formats.errors import Unreadable, at
from suture.planner.plan import Plan
from suture.planner.problem import Int32, Problem, int32, make_nodes, make_rows
from suture.words.catalog import _, marked

COST_UNIT = marked("tenths")
MOST, LARGEST = 100_000, 10_000_000

_COLUMNS = " ".join(("id", "x", "y", "demand", "ready", "due", "service"))


def read(data: bytes) -> Problem:
    """Place 0 = depot, place i = customer i, node v = customer v + 1, one row for each vehicle."""
    try:
        lines = [line.split() for line in data.decode("utf-8").splitlines()]
    except UnicodeDecodeError as error:
        where = _("byte {number}", number=error.start)
        raise Unreadable(at(where, _("not UTF-8 text; expected a Solomon instance"))) from None
    vehicles, capacity = _fleet(lines)
    table = _customers(lines)
    tenth = np.rint(table[:, 4:7] * 10).astype(np.int32)
    n = len(table) - 1
    windows = tuple(((int(a), int(b)),) for a, b in tenth[1:, :2])
    nodes = make_nodes(
        tuple(str(i + 1) for i in range(n)),
        np.arange(1, n + 1),
        windows,
        tenth[1:, 2],
        0,
        required=True,
        demand=np.rint(table[1:, 3]).astype(np.int32),
    )
    rows = make_rows(
        tuple(str(k + 1) for k in range(vehicles)),
        0,
        0,
        leave=int(tenth[0, 0]),
        hard_end=int(tenth[0, 1]),
        capacity=capacity,
    )
    return Problem(_distances(table), nodes, rows, np.zeros((n, vehicles), dtype=np.int32), minute=600)


def _fleet(lines: list[list[str]]) -> tuple[int, int]:
    for i, row in enumerate(lines):
        if row[:2] == ["NUMBER", "CAPACITY"]:
            try:
                vehicles, capacity = (int(x) for x in lines[i + 1][:2])
            except (ValueError, IndexError):
                break
            if not (0 < vehicles <= MOST and 0 <= capacity <= LARGEST):
                value, most, largest = f"{vehicles} {capacity}", f"{MOST:,}", f"{LARGEST:,}"
                said = _(
                    "{value}; expected 1 to {most} vehicles of 0 to {largest}", value=value, most=most, largest=largest
                )
                raise Unreadable(at("VEHICLE", said))
            return vehicles, capacity
    raise Unreadable(at("VEHICLE", _("expected a line NUMBER CAPACITY followed by two whole numbers")))


def _customers(lines: list[list[str]]) -> np.ndarray:
    """[customers + 1, 7] as they are in the file."""
    head = next((i for i, row in enumerate(lines) if row and row[0] == "CUST"), None)
    if head is None:
        said = _("expected a heading that begins with CUST, then rows of {columns}", columns=_COLUMNS)
        raise Unreadable(at("CUSTOMER", said))
    found: list[list[float]] = []
    for number, row in enumerate(lines[head + 1 :], start=head + 2):
        if not row:
            continue
        try:
            values = [float(x) for x in row]
        except ValueError:
            values = []
        if len(values) != 7 or values[0] != len(found) or not all(abs(x) <= LARGEST for x in values):
            said = _(
                "{value}; expected customer {customer} as {columns}",
                value=repr(" ".join(row)),
                customer=len(found),
                columns=_COLUMNS,
            )
            raise Unreadable(at(_("line {number}", number=number), said))
        found.append(values)
    if len(found) < 2:
        raise Unreadable(at("CUSTOMER", _("expected the depot and at least one customer")))
    return np.array(found)


def _distances(table: np.ndarray) -> Int32:
    """Exact floor of ten times the Euclidean distance."""
    hundredths = np.rint(table[:, 1:3] * 100).astype(np.int64)
    square = ((hundredths[:, None, :] - hundredths[None, :, :]) ** 2).sum(axis=2)
    root = np.sqrt(square.astype(np.float64)).astype(np.int64)
    root -= root * root > square
    root += (root + 1) ** 2 <= square
    return int32(root // 10)


def write(problem: Problem, plan: Plan) -> bytes:
    """Customer ids by used vehicle, depot implied."""
    return json.dumps({"routes": [[v + 1 for v in route] for route in plan.routes if route]}).encode()
