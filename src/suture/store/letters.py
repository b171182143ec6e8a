"""What a message is about when it is prepared: the visit or the day as they stand, and who writes."""

from dataclasses import dataclass
from datetime import date, datetime

from suture.model.ids import BranchId, PartyId, VisitId
from suture.model.plan import ToldWindow
from suture.model.visit import VisitStatus
from suture.store.day import ON_HOLD
from suture.store.promises import Told
from suture.store.touches import StoredTouch
from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Agency:
    """Who writes."""

    name: str
    phone: str
    tz: str


@dataclass(frozen=True, slots=True)
class VisitNow:
    """A visit at this moment. `told` is None while nobody is assigned; `expected_at` is when it would take place.

    `clinic` names the place of an appointment, where the patient comes to; empty for a visit at home. `is_cared_for`:
    its patient is active, else nothing is written to them.
    """

    visit_rev: int
    status: VisitStatus
    held: bool
    expected_at: datetime
    ends_at: datetime
    told: Told | None
    clinic: str = ""
    cancelled_by: str = ""
    is_cared_for: bool = True


@dataclass(frozen=True, slots=True)
class DayNow:
    """A clinician's day at this moment. `is_newest`: no later message about it is planned, under way or sent."""

    stops: tuple[Told, ...]
    is_newest: bool


def lock_plan(tx: Tx, branch_id: BranchId, service_date: date) -> None:
    """Keep the plan of a branch-day as it is until this transaction ends: what is prepared is what is so."""
    tx.rows(
        """SELECT version FROM plan_head
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date FOR SHARE""",
        branch=branch_id,
        date=service_date,
    )


def agency_of(tx: Tx, branch_id: BranchId) -> Agency:
    """The agency's name, the branch's phone and zone. Raises LookupError."""
    row = tx.row(
        """SELECT a.name, b.phone, b.tz FROM branch b JOIN agency a ON a.tenant = b.tenant
           WHERE b.tenant = app_tenant() AND b.id = :branch""",
        branch=branch_id,
    )
    if row is None:
        raise LookupError(f"branch {branch_id} does not exist")
    return Agency(row["name"], row["phone"], row["tz"])


def visit_now(tx: Tx, visit_id: VisitId) -> VisitNow:
    """A visit with the window its lowest seat promises in the newest plan. Raises LookupError."""
    row = tx.row(
        f"""SELECT v.visit_rev, v.status, {ON_HOLD} AS held, v.earliest_start, v.latest_end, a.starts_at, a.ends_at,
                  a.told_open, a.told_close, coalesce(h.version, 0) AS version,
                  CASE WHEN s.kind = 'appointment' THEN l.name ELSE '' END AS clinic,
                  coalesce(v.cancelled_by, '') AS cancelled_by,
                  v.patient_id IS NULL OR t.status = 'active' AS is_cared_for
           FROM visit v
           LEFT JOIN patient t ON t.tenant = v.tenant AND t.party_id = v.patient_id
           JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           JOIN place l ON l.tenant = v.tenant AND l.id = v.place_id
           LEFT JOIN LATERAL (
             SELECT starts_at, ends_at, told_open, told_close FROM assignment
             WHERE tenant = v.tenant AND visit_id = v.id AND to_version IS NULL AND branch_id = v.branch_id
               AND service_date = v.service_date ORDER BY position LIMIT 1) a ON true
           LEFT JOIN plan_head h ON h.tenant = v.tenant AND h.branch_id = v.branch_id
             AND h.service_date = v.service_date AND h.stage = 'published'
           WHERE v.tenant = app_tenant() AND v.id = :visit""",  # noqa: S608 - our own words
        visit=visit_id,
    )
    if row is None:
        raise LookupError(f"visit {visit_id} does not exist")
    told = None
    if row["told_open"]:
        told = Told(visit_id, row["visit_rev"], row["version"], ToldWindow(row["told_open"], row["told_close"]))
    return VisitNow(
        row["visit_rev"],
        VisitStatus(row["status"]),
        row["held"],
        expected_at=row["told_open"] or row["earliest_start"],
        ends_at=row["ends_at"] or row["latest_end"],
        told=told,
        clinic=row["clinic"],
        cancelled_by=row["cancelled_by"],
        is_cared_for=row["is_cared_for"],
    )


def day_now(tx: Tx, touch: StoredTouch) -> DayNow:
    """The stops a clinician has in the newest plan, and whether this message is the newest about them."""
    newer = tx.scalar(
        """SELECT EXISTS (
             SELECT FROM touch WHERE tenant = app_tenant() AND subject = 'clinician_day' AND subject_id = :subject
               AND party_id = :party AND subject_rev > :rev
               AND state IN ('planned', 'claimed', 'sending', 'sent', 'unknown'))""",
        subject=touch.subject_id,
        party=touch.party_id,
        rev=touch.subject_rev,
    )
    return DayNow(day_stops(tx, touch.branch_id, touch.service_date, touch.party_id), is_newest=not newer)


def day_stops(tx: Tx, branch_id: BranchId, service_date: date, clinician_id: PartyId) -> tuple[Told, ...]:
    """What a clinician's day holds in the published plan, in order."""
    rows = tx.rows(
        """SELECT a.visit_id, v.visit_rev, h.version, a.told_open, a.told_close
           FROM plan_head h
           JOIN assignment a ON a.tenant = h.tenant AND a.branch_id = h.branch_id AND a.service_date = h.service_date
             AND a.to_version IS NULL
           JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           WHERE h.tenant = app_tenant() AND h.branch_id = :branch AND h.service_date = :date AND h.stage = 'published'
             AND a.clinician_id = :clinician ORDER BY a.starts_at, a.visit_id""",
        branch=branch_id,
        date=service_date,
        clinician=clinician_id,
    )
    return tuple(
        Told(VisitId(r["visit_id"]), r["visit_rev"], r["version"], ToldWindow(r["told_open"], r["told_close"]))
        for r in rows
    )
