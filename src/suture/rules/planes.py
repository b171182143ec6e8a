"""Answers conditions for all pairs of two sides at once: each distinct case is asked once, and handed to all alike.

An answer is 0 for false, 1 for unknown, 2 for true, so that `&&` is the smaller, `||` the larger and `!` two minus it.
A plane has one row a clinician and one column a visit; what reads only one side has one row or one column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from suture.rules.cel import Answer, Condition, Value, Values
from suture.rules.clauses import Ask, Clause, Combined, Join, clauses_of
from suture.rules.effects import Plane
from suture.rules.vocabulary import subject

NO, UNKNOWN, YES = 0, 1, 2
Numbers = NDArray[np.int32]
_TRUTH: Final[Mapping[bool | None, int]] = {False: NO, None: UNKNOWN, True: YES}


def code(answer: Answer) -> int:
    """An answer as a number."""
    return _TRUTH[answer.truth]


class Signatures:
    """The distinct values that some fields take on one side, numbered as they are met."""

    def __init__(self, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        self.known: dict[tuple[Value | None, ...], int] = {}
        self.cases: list[dict[str, Value]] = []
        if not fields:
            self.number({})

    def number(self, values: Values) -> int:
        """The number of a member's case; new ones are added."""
        key = tuple([values.get(name) for name in self.fields])
        found = self.known.get(key)
        if found is None:
            found = self.known[key] = len(self.cases)
            self.cases.append({name: value for name, value in zip(self.fields, key, strict=True) if value is not None})
        return found

    def numbers(self, members: Sequence[Values]) -> Numbers:
        """The case of every member."""
        return np.fromiter((self.number(values) for values in members), np.int32, len(members))


class Leaf:
    """One clause and the small table of its answers, by case of the left and of the right side.

    The table only grows, so that older and newer compiled rules may share it.
    """

    def __init__(self, clause: Ask | Join) -> None:
        reads = clause.condition.reads if isinstance(clause, Ask) else tuple(sorted({clause.left, clause.right}))
        self.clause = clause
        self.left = Signatures([name for name in reads if subject(name) == "c"])
        self.right = Signatures([name for name in reads if subject(name) != "c"])
        self._table: Plane = np.zeros((0, 0), np.uint8)

    @property
    def table(self) -> Plane:
        """The answers of all cases met so far."""
        rows, columns = len(self.left.cases), len(self.right.cases)
        old_rows, old_columns = self._table.shape
        if (rows, columns) != (old_rows, old_columns):
            table = np.zeros((rows, columns), np.uint8)
            table[:old_rows, :old_columns] = self._table
            self._fill(table, range(old_rows), range(old_columns, columns))
            self._fill(table, range(old_rows, rows), range(columns))
            self._table = table
        return self._table

    def _fill(self, table: Plane, rows: range, columns: range) -> None:
        if not rows or not columns:
            return
        if isinstance(self.clause, Join):
            self._join(self.clause, table, rows, columns)
            return
        condition = self.clause.condition
        for row in rows:
            left = self.left.cases[row]
            for column in columns:
                table[row, column] = code(condition.evaluate({**left, **self.right.cases[column]}))

    def _join(self, clause: Join, table: Plane, rows: range, columns: range) -> None:
        """Scatter: mark the rows that a column's value names, instead of comparing each with each."""
        is_mine = subject(clause.left) == "c"
        mine, other = (clause.left, clause.right) if is_mine else (clause.right, clause.left)
        hit, miss = (NO, YES) if clause.operator == "!=" else (YES, NO)
        named: dict[Value, list[int]] = {}
        lacking = []
        for row in rows:
            value = self.left.cases[row].get(mine)
            if value is None:
                lacking.append(row)
            for one in value if isinstance(value, tuple) and clause.operator == "in" else (value,):
                if one is not None:
                    named.setdefault(one, []).append(row)
        first, after = rows.start, rows.stop
        for column in columns:
            value = self.right.cases[column].get(other)
            if value is None:
                table[first:after, column] = UNKNOWN
                continue
            table[first:after, column] = miss
            for one in value if isinstance(value, tuple) and clause.operator == "in" else (value,):
                table[named.get(one, []), column] = hit
        table[np.ix_(lacking, list(columns))] = UNKNOWN


@dataclass(frozen=True, slots=True)
class Branches:
    """Trees under one operator."""

    operator: str
    parts: "tuple[Tree, ...]"


Tree = int | Branches
"""How the answers of leaves, by their number, combine."""


class Question:
    """A condition cut into leaves. `numbers` per leaf tell each member's case; they belong to one compiled rulebook."""

    def __init__(self, condition: Condition) -> None:
        self.leaves: list[Leaf] = []
        self._tree = self._plant(clauses_of(condition))

    def left_cases(self, values: Values) -> tuple[int, ...]:
        """The case of a clinician, leaf by leaf."""
        return tuple(leaf.left.number(values) for leaf in self.leaves)

    def right_cases(self, values: Values) -> tuple[int, ...]:
        """The case of a visit, leaf by leaf."""
        return tuple(leaf.right.number(values) for leaf in self.leaves)

    def _plant(self, clause: Clause) -> "Tree":
        if isinstance(clause, Combined):
            return Branches(clause.operator, tuple(self._plant(part) for part in clause.parts))
        self.leaves.append(Leaf(clause))
        return len(self.leaves) - 1

    def answer(self, left: Sequence[Numbers], right: Sequence[Numbers]) -> Plane:
        """The plane of the members whose cases these are, leaf by leaf."""
        return self._answer(self._tree, left, right)

    def _answer(self, tree: "Tree", left: Sequence[Numbers], right: Sequence[Numbers]) -> Plane:
        if isinstance(tree, int):
            leaf = self.leaves[tree]
            table = leaf.table
            rows = table[left[tree]] if leaf.left.fields else table[:1]
            columns: Plane = rows[:, right[tree]] if leaf.right.fields else rows[:, :1]
            return columns
        operator, parts = tree.operator, tree.parts
        planes = [self._answer(part, left, right) for part in parts]
        if operator == "not":
            return np.subtract(np.uint8(2), planes[0])
        planes.sort(key=lambda plane: plane.size)
        combined = planes[0]
        for plane in planes[1:]:
            combined = np.minimum(combined, plane) if operator == "and" else np.maximum(combined, plane)
        return combined
