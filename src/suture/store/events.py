"""The event log: appended in commit order per branch, read by metrics and the page."""

import json
from collections.abc import Sequence
from datetime import date, datetime

from suture.model.events import Event, EventKind, NewEvent
from suture.model.ids import BranchId
from suture.store.transaction import Tx
from suture.words.reason import to_json


def append(tx: Tx, *, branch_id: BranchId, service_date: date | None, events: Sequence[NewEvent]) -> None:
    """Append events. Call it last in a transaction: the counter's row lock makes numbers appear in commit order."""
    if not events:
        return
    tx.run(
        """WITH counter AS (
             INSERT INTO branch_seq (branch_id, last) VALUES (:branch, :n)
             ON CONFLICT (tenant, branch_id) DO UPDATE SET last = branch_seq.last + :n RETURNING last)
           INSERT INTO event (tenant, branch_id, seq, service_date, kind, subject_id, data, actor, at)
           SELECT app_tenant(), :branch, counter.last - :n + e.place, :date, e.line ->> 0, (e.line ->> 1)::bigint,
                  e.line -> 2, :actor, :now
           FROM counter, jsonb_array_elements(cast(:events AS jsonb)) WITH ORDINALITY AS e(line, place)""",
        branch=branch_id,
        n=len(events),
        date=service_date,
        actor=str(tx.actor),
        events=json.dumps([[e.kind, e.subject_id, e.data] for e in events], default=_plain),
    )


def of_day(tx: Tx, branch_id: BranchId, service_date: date) -> tuple[Event, ...]:
    """The whole log of one branch-day, in order."""
    rows = tx.rows(
        """SELECT seq, kind, subject_id, data, at FROM event
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date ORDER BY seq""",
        branch=branch_id,
        date=service_date,
    )
    return tuple(Event(r["seq"], EventKind(r["kind"]), r["subject_id"], r["data"], r["at"]) for r in rows)


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else to_json(value)
