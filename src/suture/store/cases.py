"""Exception cases: one open case per (kind, subject); opening it again refreshes it."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType

from suture.model.cases import Band, CaseKind, CaseSubject, CaseToClose, CaseToOpen, OpenCase
from suture.model.events import EventKind, NewEvent
from suture.model.ids import BranchDay, BranchId, CaseId, PositionKey
from suture.store.transaction import Row, Tx
from suture.words.reason import Reason, to_json

_STAYS_CRITICAL = """(exception_case.band = 'critical' AND exception_case.deadline_at <= :now
                       AND excluded.deadline_at <= :now)"""

ON_THE_BOARD = """({0}.state = 'open' AND ({0}.snoozed_until IS NULL OR {0}.snoozed_until <= :now
                   OR {0}.deadline_at <= :now))"""
"""Whether a case is open and not put off: that ends by itself, at its deadline at the latest."""


def open_cases(
    tx: Tx,
    branch_id: BranchId,
    service_date: date | None,
    cases: Sequence[CaseToOpen],
    version: int | None = None,
    dates: Mapping[CaseSubject, date] = MappingProxyType({}),
) -> list[NewEvent]:
    """Open or refresh cases; the events of those that are new. `dates`: of subjects with a day of their own.

    Once its deadline has passed a case keeps its reasons: "too late" would say no more why it came to that. (What
    expires says that it has expired.) Nothing is due before it was known: a deadline that has passed already is the
    moment of opening. What was critical when its deadline passed stays so. A case that becomes critical is back on the
    board, if someone had put it off.
    """
    wanted = {(case.kind, case.subject): case for case in cases}
    if not wanted:
        return []
    rows = tx.rows(
        f"""INSERT INTO exception_case (branch_id, service_date, kind, subject_kind, subject_id, subject_position,
                  severity, band, reasons, deadline_at, opened_version, opened_at, critical_at)
           SELECT :branch, coalesce(r.date, :date), r.kind, r.subject_kind, r.subject, r.position, r.severity, r.band,
                  r.reasons, CASE WHEN r.deadline IS NOT NULL THEN greatest(r.deadline, coalesce((
                    SELECT o.opened_at FROM exception_case o
                    WHERE o.tenant = app_tenant() AND o.kind = r.kind AND o.subject_kind = r.subject_kind
                      AND o.subject_id = r.subject AND o.subject_position = r.position AND o.state <> 'closed'), :now))
                  END, :version, :now, CASE WHEN r.band = 'critical' THEN cast(:now AS timestamptz) END
           FROM jsonb_to_recordset(cast(:cases AS jsonb)) AS r(kind text, subject_kind text, subject bigint,
                  position smallint, date date, severity float8, band text, reasons jsonb, deadline timestamptz)
           ON CONFLICT (tenant, kind, subject_kind, subject_id, subject_position) WHERE state <> 'closed'
           DO UPDATE SET severity = excluded.severity, deadline_at = excluded.deadline_at,
                  band = CASE WHEN {_STAYS_CRITICAL} THEN 'critical' ELSE excluded.band END,
                  critical_at = CASE WHEN excluded.band = 'critical' OR {_STAYS_CRITICAL}
                                     THEN coalesce(exception_case.critical_at, :now) END,
                  snoozed_until = CASE WHEN excluded.band <> 'critical' OR exception_case.band = 'critical'
                                       THEN exception_case.snoozed_until END,
                  reasons = CASE WHEN exception_case.deadline_at < :now AND excluded.kind <> 'credential_expiring'
                                 THEN exception_case.reasons ELSE excluded.reasons END
           RETURNING id, kind, band, reasons, subject_kind, subject_id, subject_position, (xmax = 0) AS is_new""",  # noqa: S608 - our own words
        branch=branch_id,
        date=service_date,
        version=version,
        cases=json.dumps(
            [{**_as_row(case, tx.now), "date": dates.get(case.subject)} for case in wanted.values()], default=str
        ),
    )
    return [NewEvent(EventKind.CASE_OPENED, r["id"], _said_of(r)) for r in rows if r["is_new"]]


def _said_of(row: Row) -> dict[str, object]:
    """What the log says of a new case; of a visit's, which position it is about."""
    about = {"visit_id": row["subject_id"], "position": row["subject_position"]}
    said = {"case": row["kind"], "band": row["band"], "reasons": row["reasons"]}
    return said | about if row["subject_kind"] == "visit" else said


def _as_row(case: CaseToOpen, now: datetime) -> dict[str, object]:
    return {
        **_names(case),
        "severity": case.severity(now),
        "band": case.band(now),
        "reasons": to_json(case.reasons),
        "deadline": case.deadline_at,
    }


def _names(case: CaseToOpen | CaseToClose) -> dict[str, object]:
    about = case.subject
    return {"kind": case.kind, "subject_kind": about.kind, "subject": about.id, "position": about.position}


def close_cases(tx: Tx, cases: Sequence[CaseToClose]) -> list[NewEvent]:
    """Close the named cases that are open; the events of those that did."""
    wanted: dict[tuple[CaseKind, CaseSubject], CaseToClose] = {}
    for case in cases:
        wanted.setdefault((case.kind, case.subject), case)
    if not wanted:
        return []
    rows = tx.rows(
        """UPDATE exception_case c SET state = 'closed', closed_at = :now, closed_why = r.because
           FROM jsonb_to_recordset(cast(:cases AS jsonb)) AS r(n int, kind text, subject_kind text, subject bigint,
                position smallint, because jsonb)
           WHERE c.tenant = app_tenant() AND c.kind = r.kind AND c.subject_kind = r.subject_kind
             AND c.subject_id = r.subject AND c.subject_position = r.position AND c.state <> 'closed'
           RETURNING r.n, c.id, c.kind, r.because""",
        cases=json.dumps([{**_names(c), "because": to_json(c.because), "n": n} for n, c in enumerate(wanted.values())]),
    )
    return [
        NewEvent(EventKind.CASE_CLOSED, r["id"], {"case": r["kind"], "because": r["because"]})
        for r in sorted(rows, key=lambda r: r["n"])
    ]


def days_of(tx: Tx, kind: CaseKind, subject_kind: str, subject_id: int) -> list[BranchDay]:
    """The branch-days of open cases of a kind about one thing, in order."""
    rows = tx.rows(
        """SELECT branch_id, service_date FROM exception_case
           WHERE tenant = app_tenant() AND kind = :kind AND subject_kind = :subject_kind AND subject_id = :subject
             AND state <> 'closed' AND service_date IS NOT NULL ORDER BY branch_id, service_date""",
        kind=kind,
        subject_kind=subject_kind,
        subject=subject_id,
    )
    return [BranchDay(BranchId(r["branch_id"]), r["service_date"]) for r in rows]


def raise_to(tx: Tx, case_id: int, band: Band) -> None:
    """Let a case call louder."""
    tx.run(
        """UPDATE exception_case
           SET band = :band, critical_at = CASE WHEN :band = 'critical' THEN coalesce(critical_at, :now) END
           WHERE tenant = app_tenant() AND id = :id""",
        id=case_id,
        band=band,
    )


def note_ladders(tx: Tx, ladders: Mapping[PositionKey, Sequence[Reason]]) -> None:
    """Keep with the case of each position without a clinician what was tried for it."""
    tx.run_many(
        """UPDATE exception_case SET ladder = cast(:ladder AS jsonb)
           WHERE tenant = app_tenant() AND kind IN ('uncovered_visit', 'uncovered_shift') AND state <> 'closed'
             AND subject_kind = 'visit' AND subject_id = :visit AND subject_position = :position""",
        [
            {"visit": key.visit_id, "position": key.position, "ladder": json.dumps(to_json(tuple(steps)))}
            for key, steps in ladders.items()
        ],
    )


@dataclass(frozen=True, slots=True)
class HeldCase:
    """A case as a person takes it up, locked until the transaction ends, and with it those of the visit's other
    positions that are open for the same: they are one on the board."""

    id: CaseId
    kind: CaseKind
    branch_id: BranchId
    service_date: date | None
    deadline_at: datetime | None
    taken_by: str
    taken_at: datetime | None
    is_open: bool
    together: tuple[CaseId, ...]


def hold(tx: Tx, case_id: int) -> HeldCase | None:
    """A case, open or not, which no one else may take or put off meanwhile."""
    rows = tx.rows(
        """SELECT o.id, o.kind, o.branch_id, o.service_date, o.deadline_at, coalesce(o.taken_by, '') AS taken_by,
                  o.taken_at, o.state <> 'closed' AS is_open
           FROM exception_case e JOIN exception_case o ON o.tenant = e.tenant AND (o.id = e.id OR (
             e.subject_kind = 'visit' AND o.subject_kind = 'visit' AND o.subject_id = e.subject_id AND o.kind = e.kind
             AND e.state <> 'closed' AND o.state <> 'closed'))
           WHERE e.tenant = app_tenant() AND e.id = :id ORDER BY o.id FOR UPDATE OF o""",
        id=case_id,
    )
    found = next((r for r in rows if r["id"] == case_id), None)
    if found is None:
        return None
    return HeldCase(
        CaseId(found["id"]),
        CaseKind(found["kind"]),
        BranchId(found["branch_id"]),
        found["service_date"],
        found["deadline_at"],
        found["taken_by"],
        found["taken_at"],
        found["is_open"],
        tuple(CaseId(r["id"]) for r in rows),
    )


def take(tx: Tx, case: HeldCase, name: str) -> None:
    """From now on a case is this person's: no one on call is told of it after that."""
    tx.run(
        """UPDATE exception_case SET taken_by = :name, taken_at = :now, snoozed_until = NULL
           WHERE tenant = app_tenant() AND id = ANY(:ids)""",
        ids=list(case.together),
        name=name,
    )


def put_off(tx: Tx, case: HeldCase, until: datetime) -> None:
    """Take a case off the board until then; it comes back by itself."""
    tx.run(
        "UPDATE exception_case SET snoozed_until = :until WHERE tenant = app_tenant() AND id = ANY(:ids)",
        ids=list(case.together),
        until=until,
    )


@dataclass(frozen=True, slots=True)
class FoundCase:
    """An open case: what it is about, and where it is; on every day of the branch where it has none."""

    branch_id: BranchId
    service_date: date | None
    subject: CaseSubject


def find_open(tx: Tx, case_id: int, kind: CaseKind) -> FoundCase | None:
    """An open case of this kind, locked."""
    row = tx.row(
        """SELECT branch_id, service_date, subject_kind, subject_id, subject_position FROM exception_case
           WHERE tenant = app_tenant() AND id = :id AND kind = :kind AND state <> 'closed' FOR UPDATE""",
        id=case_id,
        kind=kind,
    )
    return _found(row) if row else None


def _found(row: Row) -> FoundCase:
    subject = CaseSubject(row["subject_kind"], row["subject_id"], row["subject_position"])
    return FoundCase(BranchId(row["branch_id"]), row["service_date"], subject)


def open_about(tx: Tx, kind: CaseKind, subject_kind: str, subject_id: int) -> tuple[FoundCase, ...]:
    """The open cases of this kind about one thing, on whatever day, locked."""
    rows = tx.rows(
        """SELECT branch_id, service_date, subject_kind, subject_id, subject_position FROM exception_case
           WHERE tenant = app_tenant() AND kind = :kind AND subject_kind = :subject AND subject_id = :id
             AND state <> 'closed' ORDER BY id FOR UPDATE""",
        kind=kind,
        subject=subject_kind,
        id=subject_id,
    )
    return tuple(_found(r) for r in rows)


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


def keep_to(
    tx: Tx,
    branch_id: BranchId,
    kind: CaseKind,
    wanted: Sequence[tuple[date | None, CaseToOpen]],
    because: Reason,
    among: Collection[CaseSubject] | None = None,
) -> list[NewEvent]:
    """Let exactly the wanted cases of one kind be open in a branch, or at least so `among` these subjects."""
    rows = tx.rows(
        """SELECT subject_kind, subject_id, subject_position FROM exception_case
           WHERE tenant = app_tenant() AND branch_id = :branch AND kind = :kind AND state <> 'closed' ORDER BY id""",
        branch=branch_id,
        kind=kind,
    )
    there = [CaseSubject(r["subject_kind"], r["subject_id"], r["subject_position"]) for r in rows]
    subjects = {case.subject for _, case in wanted}
    gone = [s for s in there if s not in subjects and (among is None or s in among)]
    dates = {case.subject: day for day, case in wanted if day is not None}
    happened = open_cases(tx, branch_id, None, [case for _, case in wanted], dates=dates)
    return [*happened, *close_cases(tx, [CaseToClose(kind, s, because) for s in gone])]
