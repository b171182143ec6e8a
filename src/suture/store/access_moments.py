"""What each decision of a day did, told from its events. Only `store.access` calls this."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from suture.model.cases import CaseKind
from suture.model.events import EventKind
from suture.model.ids import BranchId, PartyId, VisitId
from suture.store import views
from suture.store.transaction import Row, Tx

MOST_EVENTS = 400
"""How far back the list of last changes reads."""

_PLAN_KINDS = {EventKind.PLAN_MADE, EventKind.PLAN_PUBLISHED, EventKind.PLAN_REPAIRED}
_MOVE_KINDS = {
    EventKind.VISIT_ASSIGNED,
    EventKind.VISIT_REASSIGNED,
    EventKind.VISIT_RETIMED,
    EventKind.VISIT_UNCOVERED,
    EventKind.VISIT_RELEASED,
}
_TOLD_OF = sorted(_PLAN_KINDS | _MOVE_KINDS | {EventKind.CASE_OPENED, EventKind.CASE_CLOSED})


def moments_of(
    tx: Tx, branch_id: BranchId, service_date: date, stops: Sequence[views.StopView], names: Mapping[PartyId, str]
) -> tuple[views.MomentView, ...]:
    """What each decision did, newest first: events of one transaction belong together."""
    rows = tx.rows(
        """SELECT seq, xid::text AS xid, kind, subject_id, data, at FROM event
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND kind = ANY(:kinds)
           ORDER BY seq DESC LIMIT :most""",
        branch=branch_id,
        date=service_date,
        kinds=_TOLD_OF,
        most=MOST_EVENTS,
    )
    ended = tx.rows(
        """SELECT visit_id, position, to_version, starts_at FROM assignment
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND to_version IS NOT NULL""",
        branch=branch_id,
        date=service_date,
    )
    story = _Story(
        before={(r["visit_id"], r["position"], r["to_version"]): r["starts_at"] for r in ended},
        visits={s.visit_id: s for s in stops},
        names=names,
    )
    groups = [list(group) for _, group in groupby(rows, key=lambda r: r["xid"])]
    return tuple(story.moment(list(reversed(group))) for group in groups)


class _Story(NamedTuple):
    """What turns events into sentences' parts: starts of ended rows, the day's visits, and clinicians' names."""

    before: Mapping[tuple[int, int, int], datetime]
    visits: Mapping[VisitId, views.StopView]
    names: Mapping[PartyId, str]

    def moment(self, events: Sequence[Row]) -> views.MomentView:
        """One transaction's events."""
        plan = next((e for e in events if EventKind(e["kind"]) in _PLAN_KINDS), None)
        version = plan["subject_id"] if plan else None
        return views.MomentView(
            at=events[0]["at"],
            kind=EventKind(plan["kind"]) if plan else None,
            version=version,
            because=plan["data"].get("because", "") if plan else "",
            moves=tuple(self._move(e, version) for e in events if EventKind(e["kind"]) in _MOVE_KINDS),
            opened=_cases(events, EventKind.CASE_OPENED),
            closed=_cases(events, EventKind.CASE_CLOSED),
        )

    def _move(self, event: Row, version: int | None) -> views.MoveView:
        data, stop = event["data"], self.visits.get(VisitId(event["subject_id"]))
        kind = EventKind(event["kind"])
        gone = kind in (EventKind.VISIT_UNCOVERED, EventKind.VISIT_RELEASED)
        return views.MoveView(
            kind=kind,
            who=stop.who if stop else "",
            visit=stop.external_id if stop else "",
            from_name=self.names.get(data["from_clinician_id"], ""),
            to_name=self.names.get(data["clinician_id"], ""),
            old_start=self.before.get((event["subject_id"], data["position"], version or 0)),
            new_start=None if gone else datetime.fromisoformat(data["t_start"]),
            told_changed=data["told_changed"],
            because=data["because"],
        )


def _cases(events: Sequence[Row], kind: EventKind) -> tuple[CaseKind, ...]:
    return tuple(CaseKind(e["data"]["case"]) for e in events if e["kind"] == kind)
