"""Exception cases: one open case per (kind, subject); opening it again refreshes it."""

import json
from collections.abc import Sequence
from datetime import date

from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen, OpenCase
from suture.model.events import EventKind, NewEvent
from suture.model.ids import BranchId, CaseId
from suture.store.transaction import Tx


def open_cases(
    tx: Tx, branch_id: BranchId, service_date: date | None, cases: Sequence[CaseToOpen], version: int | None = None
) -> list[NewEvent]:
    """Open or refresh cases; the events of those that are new.

    Once its deadline has passed a case keeps its reasons: "too late" would say no more why it came to that. Nothing
    is due before it was known: a deadline that has passed already is the moment of opening.
    """
    events: list[NewEvent] = []
    for case in cases:
        row = tx.row(
            """INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, subject_position,
                      severity, band, reasons, deadline_at, opened_version, opened_at)
               VALUES (:branch, :date, :kind, :subject_kind, :subject, :position, :severity, :band,
                      cast(:reasons AS jsonb),
                      CASE WHEN cast(:deadline AS timestamptz) < :now THEN :now ELSE :deadline END, :version, :now)
               ON CONFLICT (tenant, kind, subject_kind, subject_id, subject_position) WHERE state <> 'closed'
               DO UPDATE SET severity = excluded.severity, band = excluded.band,
                      deadline_at = CASE WHEN cast(:deadline AS timestamptz) < exception_case.opened_at
                                         THEN exception_case.opened_at ELSE :deadline END,
                      reasons = CASE WHEN exception_case.deadline_at < :now THEN exception_case.reasons
                                     ELSE excluded.reasons END
               RETURNING id, (xmax = 0) AS is_new""",
            branch=branch_id,
            date=service_date,
            kind=case.kind,
            subject_kind=case.subject.kind,
            subject=case.subject.id,
            position=case.subject.position,
            severity=case.severity(tx.now),
            band=case.band(tx.now),
            reasons=json.dumps(list(case.reasons)),
            deadline=case.deadline_at,
            version=version,
        )
        if row is not None and row["is_new"]:
            data = {"case": case.kind, "band": case.band(tx.now), "reasons": list(case.reasons)}
            events.append(NewEvent(EventKind.CASE_OPENED, row["id"], data))
    return events


def close_cases(tx: Tx, cases: Sequence[CaseToClose]) -> list[NewEvent]:
    """Close the named cases where they stand open; the events of those that did."""
    events: list[NewEvent] = []
    for case in cases:
        rows = tx.rows(
            """UPDATE exception_case SET state = 'closed', closed_at = :now, closed_because = :because
               WHERE tenant = app_tenant() AND kind = :kind AND subject_kind = :subject_kind AND subject_id = :subject
                 AND subject_position = :position AND state <> 'closed' RETURNING id""",
            because=case.because,
            kind=case.kind,
            subject_kind=case.subject.kind,
            subject=case.subject.id,
            position=case.subject.position,
        )
        events += [NewEvent(EventKind.CASE_CLOSED, r["id"], {"case": case.kind, "because": case.because}) for r in rows]
    return events


def still_open(tx: Tx, branch_id: BranchId, service_date: date) -> tuple[OpenCase, ...]:
    """The open cases of one branch-day."""
    rows = tx.rows(
        """SELECT id, kind, subject_kind, subject_id, subject_position FROM exception_case
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND state <> 'closed'
           ORDER BY id""",
        branch=branch_id,
        date=service_date,
    )
    return tuple(
        OpenCase(
            CaseId(r["id"]),
            CaseKind(r["kind"]),
            CaseSubject(r["subject_kind"], r["subject_id"], r["subject_position"]),
        )
        for r in rows
    )
