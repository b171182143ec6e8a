"""What needs a look because days have passed: visits that stay on hold, credentials that run out."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from suture.model.cases import CaseKind, CaseSubject
from suture.model.ids import BranchId, PartyId
from suture.store.day import ON_HOLD
from suture.store.transaction import Tx

_TODAY = "(SELECT cast(cast(:now AS timestamptz) AT TIME ZONE b.tz AS date))"


@dataclass(frozen=True, slots=True)
class LongHold:
    """A visit that has been on hold for long. `service_date` is None once its day is over: it is on every board."""

    subject: CaseSubject
    branch_id: BranchId
    service_date: date | None
    held_on: date
    latest_start: datetime


@dataclass(frozen=True, slots=True)
class RunningOut:
    """A clinician's credential, by its last record, that ends soon or has ended. `today` is the branch's date."""

    clinician_id: PartyId
    branch_id: BranchId
    tz: str
    today: date
    name: str
    role: str
    code: str
    until: date


@dataclass(frozen=True, slots=True)
class OpenReview:
    """A case of no single day that is open: where it is, how severe it is, and its reasons as they are stored."""

    subject: CaseSubject
    branch_id: BranchId
    severity: float
    reasons: Any


def long_holds(tx: Tx, wait: timedelta) -> tuple[LongHold, ...]:
    """Visits on hold for so long that have no case about it yet."""
    rows = tx.rows(
        f"""SELECT v.id, v.branch_id, CASE WHEN v.service_date >= {_TODAY} THEN v.service_date END AS service_date,
                   cast(v.held_at AT TIME ZONE b.tz AS date) AS held_on, v.latest_start
            FROM visit v JOIN branch b ON b.tenant = v.tenant AND b.id = v.branch_id
            WHERE v.tenant = app_tenant() AND v.held AND v.status IN ('requested', 'scheduled', 'confirmed')
              AND v.held_at <= cast(:now AS timestamptz) - cast(:wait AS interval)
              AND NOT EXISTS (SELECT FROM exception_case e WHERE e.tenant = v.tenant AND e.kind = 'on_hold_review'
                                AND e.subject_kind = 'visit' AND e.subject_id = v.id AND e.state <> 'closed')
            ORDER BY v.id LIMIT 500""",  # noqa: S608 - our own words
        wait=wait,
    )
    return tuple(
        LongHold(
            CaseSubject("visit", r["id"]), BranchId(r["branch_id"]), r["service_date"], r["held_on"], r["latest_start"]
        )
        for r in rows
    )


def holds_that_ended(tx: Tx) -> tuple[tuple[BranchId, CaseSubject], ...]:
    """Cases about a hold, of no single day, whose visit is no longer on hold; those of a day its decisions close."""
    rows = tx.rows(
        f"""SELECT e.branch_id, e.subject_id FROM exception_case e
            JOIN visit v ON v.tenant = e.tenant AND v.id = e.subject_id
            WHERE e.tenant = app_tenant() AND e.kind = 'on_hold_review' AND e.subject_kind = 'visit'
              AND e.state <> 'closed' AND e.service_date IS NULL
              AND NOT ({ON_HOLD} AND v.status IN ('requested', 'scheduled', 'confirmed')) ORDER BY e.id"""  # noqa: S608 - our own words
    )
    return tuple((BranchId(r["branch_id"]), CaseSubject("visit", r["subject_id"])) for r in rows)


def credentials_running_out(tx: Tx, ahead: timedelta, behind: timedelta) -> tuple[RunningOut, ...]:
    """What ends within `ahead`, or ended no longer ago than `behind`, by clinician; what has a case stays until it is
    renewed."""
    rows = tx.rows(
        f"""SELECT k.party_id, k.branch_id, b.tz, {_TODAY} AS today, k.role, p.given, p.family, c.code,
                   max(c.valid_until) AS until
            FROM clinician k
            JOIN party p ON p.tenant = k.tenant AND p.id = k.party_id
            JOIN branch b ON b.tenant = k.tenant AND b.id = k.branch_id
            JOIN credential c ON c.tenant = k.tenant AND c.clinician_id = k.party_id AND c.status = 'active'
            WHERE k.tenant = app_tenant() AND k.status = 'active'
              AND c.valid_until <= {_TODAY} + cast(:ahead AS int)
              AND (c.valid_until >= {_TODAY} - cast(:behind AS int) OR k.party_id IN (
                SELECT subject_id FROM exception_case WHERE tenant = app_tenant() AND kind = 'credential_expiring'
                  AND subject_kind = 'clinician' AND subject_position = 0 AND state <> 'closed'))
              AND NOT EXISTS (SELECT FROM credential n WHERE n.tenant = c.tenant AND n.clinician_id = c.clinician_id
                                AND n.code = c.code AND n.status = 'active' AND n.valid_until > c.valid_until)
            GROUP BY k.party_id, k.branch_id, b.tz, k.role, p.given, p.family, c.code
            ORDER BY k.party_id, until, c.code""",  # noqa: S608 - our own words
        ahead=ahead.days,
        behind=behind.days,
    )
    return tuple(
        RunningOut(
            PartyId(r["party_id"]),
            BranchId(r["branch_id"]),
            r["tz"],
            r["today"],
            f"{r['given']} {r['family']}".strip(),
            r["role"],
            r["code"],
            r["until"],
        )
        for r in rows
    )


def open_reviews(tx: Tx, kind: CaseKind, subject_kind: str) -> tuple[OpenReview, ...]:
    """The open cases of a kind that are of no single day."""
    rows = tx.rows(
        """SELECT subject_id, branch_id, severity, reasons FROM exception_case
           WHERE tenant = app_tenant() AND kind = :kind AND subject_kind = :about AND subject_position = 0
             AND state <> 'closed' AND service_date IS NULL ORDER BY id""",
        kind=kind,
        about=subject_kind,
    )
    return tuple(
        OpenReview(CaseSubject(subject_kind, r["subject_id"]), BranchId(r["branch_id"]), r["severity"], r["reasons"])
        for r in rows
    )
