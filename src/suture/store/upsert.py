"""Writes many rows of one table in one statement, changing only those that differ."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Target:
    """A table to write, columns with their SQL types: which row, what it holds, and what only a new row is given."""

    table: str
    key: Mapping[str, str]
    facts: Mapping[str, str] = field(default_factory=dict)
    once: Mapping[str, str] = field(default_factory=dict)


def upsert(tx: Tx, target: Target, rows: Sequence[Mapping[str, Any]]) -> frozenset[tuple[Any, ...]]:
    """Insert new rows and update different ones; the keys of both. `rows` hold every column, no key twice.

    Rows that are the same already are not written at all. New rows are numbered in the order of `rows`.
    """
    if not rows:
        return frozenset()
    columns = {**target.key, **target.facts, **target.once}
    names, key = ", ".join(columns), ", ".join(target.key)
    typed = ", ".join(f"{name} {kind}" for name, kind in columns.items())
    update = "NOTHING"
    if target.facts:
        setting = ", ".join(f"{name} = excluded.{name}" for name in target.facts)
        old = ", ".join(f"{target.table}.{name}" for name in target.facts)
        new = ", ".join(f"excluded.{name}" for name in target.facts)
        update = f"UPDATE SET {setting} WHERE ({old}) IS DISTINCT FROM ({new})"
    sql = f"""INSERT INTO {target.table} ({names})
              SELECT {names} FROM jsonb_to_recordset(cast(:rows AS jsonb)) AS r({typed})
              ON CONFLICT (tenant, {key}) DO {update} RETURNING {key}"""  # noqa: S608 - names from our own tables
    written = tx.rows(sql, rows=json.dumps(rows, default=str))
    return frozenset(tuple(row[name] for name in target.key) for row in written)
