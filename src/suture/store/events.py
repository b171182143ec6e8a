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
    last = tx.scalar(
        """INSERT INTO branch_seq (branch_id, last) VALUES (:branch, :n)
           ON CONFLICT (tenant, branch_id) DO UPDATE SET last = branch_seq.last + :n RETURNING last""",
        branch=branch_id,
        n=len(events),
    )
    first = last - len(events) + 1
    tx.run_many(
        """INSERT INTO event (branch_id, seq, service_date, kind, subject_id, data, actor, at)
           VALUES (:branch, :seq, :date, :kind, :subject, cast(:data AS jsonb), :actor, :now)""",
        [
            {
                "branch": branch_id,
                "seq": seq,
                "date": service_date,
                "kind": event.kind,
                "subject": event.subject_id,
                "data": json.dumps(event.data, default=_plain),
                "actor": str(tx.actor),
            }
            for seq, event in enumerate(events, first)
        ],
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
