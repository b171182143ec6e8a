"""What follows from a file's changes to visits of days that are planned: signals, and a line in the log of each day."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from suture.model.events import EventKind, NewEvent
from suture.model.ids import BranchId, VisitId
from suture.model.visit import CLOSED_STATUSES
from suture.store import events, inbox, waking
from suture.store.inbox import Arrival
from suture.store.transaction import Row, Tx
from suture.store.waking import VisitDay

Change = tuple[Row, Mapping[str, Any]]
"""A visit as it is stored, and as the file has it."""
Log = dict[date, list[NewEvent]]


def follow(
    tx: Tx,
    branch_id: BranchId,
    new: Sequence[Mapping[str, Any]],
    changed: Sequence[Change],
    cancelled: Sequence[Change],
) -> None:
    """Have the days of new and changed visits looked at; visits that people know of are cancelled by the live loop.

    The log comes last: its counter is the last lock of every transaction.
    """
    log: Log = defaultdict(list)
    added = _added(tx, new, log)
    moved = [(old, row) for old, row in changed if old["service_date"] != row["service_date"]]
    left = [VisitDay(VisitId(old["id"]), BranchId(old["branch_id"]), old["service_date"]) for old, _ in moved]
    waking.visits_added(tx, added)
    _cancel(tx, cancelled)
    waking.visits_changed(tx, [VisitId(old["id"]) for old, _ in changed], left)
    _note_moves(tx, moved, log)
    for day in sorted(log):
        events.append(tx, branch_id=branch_id, service_date=day, events=log[day])


def _added(tx: Tx, new: Sequence[Mapping[str, Any]], log: Log) -> list[VisitId]:
    """The new visits that are still to come, each with its line."""
    found = tx.rows(
        """SELECT id, service_date, positions FROM visit
           WHERE tenant = app_tenant() AND external_id = ANY(:ids) ORDER BY id""",
        ids=[row["external_id"] for row in new if row["status"] not in CLOSED_STATUSES],
    )
    for r in found:
        known = {"positions": r["positions"], "t_signal": tx.now}
        log[r["service_date"]].append(NewEvent(EventKind.VISIT_ADDED, r["id"], known))
    return [VisitId(r["id"]) for r in found]


def _cancel(tx: Tx, cancelled: Sequence[Change]) -> None:
    """As a cancellation by the agency: the row itself changes with the plan. The same row again is the same signal."""
    tx.run_many(
        """UPDATE visit SET source_updated_at = :at, rev = rev + 1 WHERE tenant = app_tenant() AND id = :id""",
        [{"id": old["id"], "at": row["source_updated_at"]} for old, row in cancelled],
    )
    arrivals = [
        Arrival(
            kind="cancellation",
            branch_id=BranchId(old["branch_id"]),
            service_date=old["service_date"],
            source_id=f"cancellation:{old['id']}:{row['source_updated_at'].isoformat()}",
            body={"visit_id": old["id"], "by": "agency", "reason": row["cancel_reason"] or ""},
        )
        for old, row in cancelled
    ]
    if arrivals:
        inbox.receive_all(tx, waking.SOURCE, arrivals)


def _note_moves(tx: Tx, moved: Sequence[Change], log: Log) -> None:
    """A visit that moves is no longer required on its old day, and known from now on the new one."""
    for old, row in moved:
        gone = {"positions": 0, "t_signal": tx.now}
        known = {"positions": row["positions"], "t_signal": tx.now}
        log[old["service_date"]].append(NewEvent(EventKind.VISIT_CHANGED, old["id"], gone))
        log[row["service_date"]].append(NewEvent(EventKind.VISIT_ADDED, old["id"], known))
