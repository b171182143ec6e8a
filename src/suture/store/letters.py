"""What a message is about when it is prepared: the visit or the day as they are now, and who writes."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from suture.model.ids import BranchId, PartyId, VisitId
from suture.model.links import ToldState
from suture.model.messages import Step
from suture.model.plan import ToldWindow
from suture.model.visit import GateState, VisitStatus
from suture.store.day import ON_HOLD
from suture.store.inbox import OF_DAY
from suture.store.promises import Told
from suture.store.touches import StoredTouch
from suture.store.transaction import Row, Tx


@dataclass(frozen=True, slots=True)
class Agency:
    """Who writes."""

    name: str
    phone: str
    tz: str


@dataclass(frozen=True, slots=True)
class VisitNow:
    """A visit at this moment. `told` is None while no one is assigned; `expected_at` is when it would take place, as a
    patient hears of it, and `starts_at` by the plan.

    `clinic` names the place of an appointment, where the patient comes to; empty for a visit at home. `is_cared_for`:
    its patient is active, else nothing is written to them. `is_undecided`: a signal about it, or about who is to come,
    waits to be decided.
    """

    id: VisitId
    branch_id: BranchId
    service_date: date
    visit_rev: int
    status: VisitStatus
    held: bool
    expected_at: datetime
    starts_at: datetime
    ends_at: datetime
    told: Told | None
    discipline: str
    clinic: str = ""
    cancelled_by: str = ""
    is_cared_for: bool = True
    is_undecided: bool = False
    gate: GateState = GateState.OPEN
    tz: str = "UTC"
    """The clock where it takes place."""

    def told_state(self, window: ToldWindow) -> ToldState:
        """Whether a patient who was told this window may still count on it."""
        if self.held:
            return ToldState.CHECKING
        if self.told is None:
            elsewhere = window.close < self.starts_at or self.ends_at < window.open
            return ToldState.CHANGING if elsewhere else ToldState.CHECKING
        if self.told.window != window:
            return ToldState.CHANGING
        return ToldState.CHECKING if self.is_undecided else ToldState.HOLDS


@dataclass(frozen=True, slots=True)
class SeatNow:
    """A clinician's seat of a visit, as told to its patient. `is_theirs`: they have it now; else they had it last."""

    window: ToldWindow
    is_theirs: bool


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
    found = visits_now(tx, [visit_id])
    if visit_id not in found:
        raise LookupError(f"visit {visit_id} does not exist")
    return found[visit_id]


def visits_now(tx: Tx, visit_ids: Collection[VisitId]) -> Mapping[VisitId, VisitNow]:
    """Several visits as `visit_now`, in the order of their times; one that does not exist is left out."""
    rows = tx.rows(
        f"""SELECT v.id, v.branch_id, v.service_date, v.visit_rev, v.status, {ON_HOLD} AS held, v.earliest_start,
                  v.latest_end, a.starts_at, a.ends_at, a.told_open, a.told_close, coalesce(h.version, 0) AS version,
                  v.gate, l.tz,
                  CASE WHEN s.kind = 'appointment' THEN l.name ELSE '' END AS clinic, s.discipline,
                  coalesce(v.cancelled_by, '') AS cancelled_by,
                  v.patient_id IS NULL OR t.status = 'active' AS is_cared_for,
                  EXISTS (SELECT FROM inbox i JOIN {OF_DAY} n ON n.id = i.id
                          WHERE i.tenant = v.tenant AND n.branch_id = v.branch_id AND n.service_date = v.service_date
                            AND (i.kind IN ('cancellation', 'visit_changed') AND i.body ->> 'visit_id' = v.id::text
                              OR i.kind IN ('call_out', 'roster_change')
                                AND i.body ->> 'clinician_id' = a.clinician_id::text)) AS is_undecided
           FROM visit v
           LEFT JOIN patient t ON t.tenant = v.tenant AND t.party_id = v.patient_id
           JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           JOIN place l ON l.tenant = v.tenant AND l.id = v.place_id
           LEFT JOIN LATERAL (
             SELECT clinician_id, starts_at, ends_at, told_open, told_close FROM assignment
             WHERE tenant = v.tenant AND visit_id = v.id AND to_version IS NULL AND branch_id = v.branch_id
               AND service_date = v.service_date ORDER BY position LIMIT 1) a ON true
           LEFT JOIN plan_head h ON h.tenant = v.tenant AND h.branch_id = v.branch_id
             AND h.service_date = v.service_date AND h.stage = 'published'
           WHERE v.tenant = app_tenant() AND v.id = ANY(:visits)
           ORDER BY coalesce(a.starts_at, v.earliest_start), v.id""",  # noqa: S608 - our own words
        visits=list(visit_ids),
    )
    return {VisitId(r["id"]): _visit_now(r) for r in rows}


def _visit_now(row: Row) -> VisitNow:
    told = None
    if row["told_open"]:
        window = ToldWindow(row["told_open"], row["told_close"])
        told = Told(VisitId(row["id"]), row["visit_rev"], row["version"], window)
    return VisitNow(
        VisitId(row["id"]),
        BranchId(row["branch_id"]),
        row["service_date"],
        row["visit_rev"],
        VisitStatus(row["status"]),
        row["held"],
        expected_at=row["told_open"] or row["earliest_start"],
        starts_at=row["starts_at"] or row["earliest_start"],
        ends_at=row["ends_at"] or row["latest_end"],
        told=told,
        discipline=row["discipline"],
        clinic=row["clinic"],
        cancelled_by=row["cancelled_by"],
        is_cared_for=row["is_cared_for"],
        is_undecided=row["is_undecided"],
        gate=GateState(row["gate"]),
        tz=row["tz"],
    )


def seat_now(tx: Tx, touch: StoredTouch) -> SeatNow | None:
    """The seat of the visit of a message that its recipient has, or had last; None for someone who never had one."""
    row = tx.row(
        """SELECT told_open, told_close, to_version IS NULL AS is_theirs FROM assignment
           WHERE tenant = app_tenant() AND visit_id = :visit AND clinician_id = :party
           ORDER BY to_version DESC NULLS FIRST, position LIMIT 1""",
        visit=touch.subject_id,
        party=touch.party_id,
    )
    return SeatNow(ToldWindow(row["told_open"], row["told_close"]), row["is_theirs"]) if row else None


def window_among_others(tx: Tx, visit_id: VisitId) -> ToldWindow | None:
    """When a visit was to take place, as its patient was told last or by its last plan; None unless the patient has
    others that day, so that only the time tells which one it is."""
    row = tx.row(
        """SELECT coalesce(p.window_open, a.told_open, v.earliest_start) AS opens,
                  coalesce(p.window_close, a.told_close, v.latest_end) AS closes
           FROM visit v
           LEFT JOIN LATERAL (
             SELECT window_open, window_close FROM promise
             WHERE tenant = v.tenant AND visit_id = v.id AND party_id = v.patient_id
             ORDER BY seq DESC LIMIT 1) p ON true
           LEFT JOIN LATERAL (
             SELECT told_open, told_close FROM assignment WHERE tenant = v.tenant AND visit_id = v.id
             ORDER BY to_version DESC NULLS FIRST, position LIMIT 1) a ON true
           WHERE v.tenant = app_tenant() AND v.id = :visit AND EXISTS (
             SELECT FROM visit o WHERE o.tenant = v.tenant AND o.patient_id = v.patient_id
               AND o.service_date = v.service_date AND o.id <> v.id)""",
        visit=visit_id,
    )
    return ToldWindow(row["opens"], row["closes"]) if row else None


def patient_day_now(tx: Tx, touch: StoredTouch) -> Mapping[VisitId, VisitNow]:
    """The visits of a patient's day that are planned, ahead, and not asked about yet; for a notice, not told at all.

    What another message said that may or may not have arrived is not repeated automatically.
    """
    rows = tx.rows(
        """SELECT v.id FROM visit v
           LEFT JOIN LATERAL (
             SELECT asks FROM promise WHERE tenant = v.tenant AND visit_id = v.id AND party_id = v.patient_id
             ORDER BY seq DESC LIMIT 1) p ON true
           WHERE v.tenant = app_tenant() AND v.patient_id = :party AND v.branch_id = :branch AND v.service_date = :date
             AND v.status IN ('requested', 'scheduled', 'confirmed', 'en_route') AND NOT v.held
             AND (p.asks IS NULL OR (NOT p.asks AND :asks))
             AND NOT EXISTS (
               SELECT FROM touch t LEFT JOIN touch_visit s ON s.tenant = t.tenant AND s.touch_id = t.id
               WHERE t.tenant = v.tenant AND t.party_id = v.patient_id AND t.state IN ('sending', 'unknown')
                 AND t.id <> :touch AND t.step NOT IN ('p.notice', 'p.calendar')
                 AND (s.visit_id = v.id OR (t.subject = 'visit' AND t.subject_id = v.id)))""",
        party=touch.party_id,
        branch=touch.branch_id,
        date=touch.service_date,
        touch=touch.id,
        asks=touch.step is not Step.P_NOTICE,
    )
    found = visits_now(tx, [VisitId(r["id"]) for r in rows])
    return {visit_id: now for visit_id, now in found.items() if now.told is not None and now.starts_at > tx.now}


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
