"""What each decision of a day did, told from its events. Only `store.access` calls this."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from typing import NamedTuple

from suture.model.cases import CaseKind
from suture.model.events import EventKind
from suture.model.ids import BranchId, PartyId, VisitId
from suture.store import views
from suture.store.access_parts import short_name
from suture.store.transaction import Row, Tx
from suture.words.reason import from_json

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


def moments_of(tx: Tx, branch_id: BranchId, service_date: date) -> tuple[views.MomentView, ...]:
    """What each decision did, newest first: events of one transaction belong together.

    Whom and what it names may be gone from the day since: clinicians who left, visits that were moved.
    """
    rows = tx.rows(
        """SELECT seq, xid::text AS xid, kind, subject_id, data, at FROM event
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND kind = ANY(:kinds)
           ORDER BY seq DESC LIMIT :most""",
        branch=branch_id,
        date=service_date,
        kinds=_TOLD_OF,
        most=MOST_EVENTS,
    )
    seats = tx.rows(
        """SELECT a.visit_id, a.position, a.from_version, a.to_version, a.starts_at, a.ends_at, a.clinician_id,
                  c.given AS clinician_given, c.family AS clinician_family, v.external_id,
                  v.patient_id, p.given, p.family
           FROM assignment a
           JOIN party c ON c.tenant = a.tenant AND c.id = a.clinician_id
           JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           LEFT JOIN party p ON p.tenant = v.tenant AND p.id = v.patient_id
           WHERE a.tenant = app_tenant() AND a.branch_id = :branch AND a.service_date = :date""",
        branch=branch_id,
        date=service_date,
    )
    tx.shows(branch_id, (r["patient_id"] for r in seats))
    story = _Story(
        before={(r["visit_id"], r["position"], r["to_version"]): r for r in seats if r["to_version"]},
        after={(r["visit_id"], r["position"], r["from_version"]): r for r in seats},
        visits={VisitId(r["visit_id"]): (short_name(r["given"], r["family"]), r["external_id"]) for r in seats},
        names={PartyId(r["clinician_id"]): f"{r['clinician_given']} {r['clinician_family']}".strip() for r in seats},
    )
    groups = [list(group) for _, group in groupby(rows, key=lambda r: r["xid"])]
    return tuple(story.moment(list(reversed(group))) for group in groups)


class _Story(NamedTuple):
    """What turns events into sentences' parts: the rows that ended with a version and those that began with it, whom
    each visit is for and its id, and clinicians' names."""

    before: Mapping[tuple[int, int, int], Row]
    after: Mapping[tuple[int, int, int], Row]
    visits: Mapping[VisitId, tuple[str, str]]
    names: Mapping[PartyId, str]

    def moment(self, events: Sequence[Row]) -> views.MomentView:
        """One transaction's events."""
        plan = next((e for e in events if EventKind(e["kind"]) in _PLAN_KINDS), None)
        version = plan["subject_id"] if plan else None
        return views.MomentView(
            at=events[0]["at"],
            kind=EventKind(plan["kind"]) if plan else None,
            version=version,
            because=from_json(plan["data"].get("because", "")) if plan else None,
            moves=tuple(self._move(e, version) for e in events if EventKind(e["kind"]) in _MOVE_KINDS),
            opened=_cases(events, EventKind.CASE_OPENED),
            closed=_cases(events, EventKind.CASE_CLOSED),
        )

    def _move(self, event: Row, version: int | None) -> views.MoveView:
        data = event["data"]
        who, visit = self.visits.get(VisitId(event["subject_id"]), ("", ""))
        kind = EventKind(event["kind"])
        gone = kind in (EventKind.VISIT_UNCOVERED, EventKind.VISIT_RELEASED)
        key = (event["subject_id"], data["position"], version or 0)
        old, new = self.before.get(key), self.after.get(key)
        return views.MoveView(
            kind=kind,
            who=who,
            visit=visit,
            from_name=self.names.get(data["from_clinician_id"], ""),
            to_name=self.names.get(data["clinician_id"], ""),
            old_start=old["starts_at"] if old else None,
            new_start=None if gone else datetime.fromisoformat(data["t_start"]),
            old_end=old["ends_at"] if old else None,
            new_end=new["ends_at"] if new else None,
            told_changed=data["told_changed"],
            because=from_json(data["because"]),
        )


def _cases(events: Sequence[Row], kind: EventKind) -> tuple[CaseKind, ...]:
    return tuple(CaseKind(e["data"]["case"]) for e in events if e["kind"] == kind)
