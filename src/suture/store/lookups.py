"""Finds what a signal names by external id. What is of a branch out of the caller's scope is not found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from suture.model.ids import BranchDay, BranchId, PartyId, PlaceId, PromiseId, TouchId, VisitId
from suture.model.visit import VisitKind, VisitStatus
from suture.store.transaction import Tx


class FoundVisit(NamedTuple):
    """A visit's id, the branch-day it belongs to, and its state."""

    id: VisitId
    branch_id: BranchId
    service_date: date
    status: VisitStatus = VisitStatus.REQUESTED
    positions: int = 1


class FoundClinician(NamedTuple):
    """A clinician's id and branch."""

    id: PartyId
    branch_id: BranchId


class FoundPromise(NamedTuple):
    """The current promise of a visit to its patient."""

    id: PromiseId
    party_id: PartyId


def visit(tx: Tx, external_id: str) -> FoundVisit | None:
    """The visit of that id."""
    row = tx.row(
        """SELECT id, branch_id, service_date, status, positions FROM visit
           WHERE tenant = app_tenant() AND external_id = :id""",
        id=external_id,
    )
    if row is None or not tx.scope.has(BranchId(row["branch_id"])):
        return None
    status = VisitStatus(row["status"])
    return FoundVisit(VisitId(row["id"]), BranchId(row["branch_id"]), row["service_date"], status, row["positions"])


def is_visit_id(tx: Tx, external_id: str) -> bool:
    """Whether a visit has this id, of whichever branch: ids are the whole agency's."""
    return bool(
        tx.scalar("SELECT EXISTS (SELECT FROM visit WHERE tenant = app_tenant() AND external_id = :id)", id=external_id)
    )


def clinician(tx: Tx, external_id: str) -> FoundClinician | None:
    """The active clinician of that id."""
    row = tx.row(
        """SELECT c.party_id, c.branch_id FROM clinician c JOIN party p ON p.tenant = c.tenant AND p.id = c.party_id
           WHERE c.tenant = app_tenant() AND p.external_id = :id AND p.kind = 'clinician' AND c.status = 'active'""",
        id=external_id,
    )
    if row is None or not tx.scope.has(BranchId(row["branch_id"])):
        return None
    return FoundClinician(PartyId(row["party_id"]), BranchId(row["branch_id"]))


def days_held(tx: Tx, clinician_id: PartyId, starts: datetime, ends: datetime) -> list[BranchDay]:
    """The branch-days from today on, of whatever branch, with work that this clinician is to do then."""
    rows = tx.rows(
        """SELECT DISTINCT a.branch_id, a.service_date FROM assignment a
           JOIN branch b ON b.tenant = a.tenant AND b.id = a.branch_id
           JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           WHERE a.tenant = app_tenant() AND a.clinician_id = :clinician AND a.to_version IS NULL
             AND a.starts_at < :ends AND a.starts_at > cast(:starts AS timestamptz) - interval '2 days'
             AND a.ends_at + make_interval(mins => v.documentation_min) > :starts
             AND a.service_date >= cast(cast(:now AS timestamptz) AT TIME ZONE b.tz AS date)""",
        clinician=clinician_id,
        starts=starts,
        ends=ends,
    )
    return [BranchDay(BranchId(r["branch_id"]), r["service_date"]) for r in rows]


def patient_promise(tx: Tx, visit_id: VisitId) -> FoundPromise | None:
    """What the patient of a visit was told last."""
    row = tx.row(
        """SELECT p.id, p.party_id FROM promise p JOIN visit v ON v.tenant = p.tenant AND v.id = p.visit_id
           WHERE p.tenant = app_tenant() AND p.visit_id = :id AND p.party_id = v.patient_id
           ORDER BY p.seq DESC LIMIT 1""",
        id=visit_id,
    )
    return FoundPromise(PromiseId(row["id"]), PartyId(row["party_id"])) if row else None


def newest_day_message(tx: Tx, clinician_id: PartyId, service_date: date) -> TouchId | None:
    """The newest message that told a clinician this day."""
    row = tx.row(
        """SELECT max(id) AS id FROM touch WHERE tenant = app_tenant() AND subject = 'clinician_day'
             AND party_id = :clinician AND service_date = :date AND state IN ('sent', 'unknown')""",
        clinician=clinician_id,
        date=service_date,
    )
    return TouchId(row["id"]) if row and row["id"] is not None else None


def external_ids(tx: Tx, *, visits: Sequence[int], parties: Sequence[int]) -> tuple[dict[int, str], dict[int, str]]:
    """The ids that the agency gave these visits, and these people."""
    found = tx.rows(
        """SELECT 'visit' AS what, id, external_id FROM visit WHERE tenant = app_tenant() AND id = ANY(:visits)
           UNION ALL SELECT 'party', id, external_id FROM party WHERE tenant = app_tenant() AND id = ANY(:parties)""",
        visits=list(visits),
        parties=list(parties),
    )
    of_visits = {r["id"]: r["external_id"] for r in found if r["what"] == "visit"}
    return of_visits, {r["id"]: r["external_id"] for r in found if r["what"] == "party"}


class PlannedCare(NamedTuple):
    """When the care of a visit's first position began or is to begin, and when it is planned to end."""

    starts_at: datetime
    ends_at: datetime


def planned_care(tx: Tx, visit_id: VisitId) -> PlannedCare | None:
    """The care of a visit's first position; None where no clinician has it."""
    row = tx.row(
        """SELECT coalesce(v.started_at, a.starts_at) AS starts_at, a.ends_at
           FROM assignment a JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           WHERE a.tenant = app_tenant() AND a.visit_id = :id AND a.position = 1 AND a.to_version IS NULL""",
        id=visit_id,
    )
    return PlannedCare(row["starts_at"], row["ends_at"]) if row else None


def is_active_patient(tx: Tx, external_id: str) -> bool:
    """Whether a patient of that id is cared for now."""
    return bool(
        tx.scalar(
            """SELECT EXISTS (SELECT FROM party p JOIN patient t ON t.tenant = p.tenant AND t.party_id = p.id
                 WHERE p.tenant = app_tenant() AND p.kind = 'patient' AND p.external_id = :id
                   AND t.status = 'active')""",
            id=external_id,
        )
    )


def branch_of_patient(tx: Tx, external_id: str) -> BranchId | None:
    """The branch that looks after a patient, or did; None where there is no patient of that id."""
    row = tx.row(
        """SELECT t.branch_id FROM party p JOIN patient t ON t.tenant = p.tenant AND t.party_id = p.id
           WHERE p.tenant = app_tenant() AND p.kind = 'patient' AND p.external_id = :id""",
        id=external_id,
    )
    return BranchId(row["branch_id"]) if row and tx.scope.has(BranchId(row["branch_id"])) else None


@dataclass(frozen=True, slots=True)
class FoundService:
    """What a service asks for: which kind of visit it is, and how long it usually takes."""

    kind: VisitKind
    duration_minutes: int


def service(tx: Tx, code: str) -> FoundService | None:
    """The service of that code."""
    row = tx.row("SELECT kind, duration_min FROM service WHERE tenant = app_tenant() AND code = :code", code=code)
    return FoundService(VisitKind(row["kind"]), row["duration_min"]) if row else None


class FoundSite(NamedTuple):
    """The place of a site."""

    place_id: PlaceId


def site(tx: Tx, external_id: str) -> FoundSite | None:
    """The site of that id. One where only branches out of scope have ever had visits is theirs, and not found."""
    row = tx.row(
        """SELECT p.id FROM place p
           WHERE p.tenant = app_tenant() AND p.owner_key = 'site:' || cast(:id AS text)
             AND (:every OR NOT EXISTS (SELECT FROM visit v WHERE v.tenant = p.tenant AND v.place_id = p.id)
                  OR EXISTS (SELECT FROM visit v WHERE v.tenant = p.tenant AND v.place_id = p.id
                             AND v.branch_id = ANY(cast(:branches AS bigint[]))))""",
        id=external_id,
        every=tx.scope.branches is None,
        branches=sorted(tx.scope.branches or ()),
    )
    return FoundSite(PlaceId(row["id"])) if row else None


def branches_at(tx: Tx, place_id: PlaceId, starts_at: datetime, ends_at: datetime) -> list[BranchId]:
    """The caller's branches that have open visits at a place which may take place at any time of a span."""
    rows = tx.rows(
        """SELECT DISTINCT branch_id FROM visit
           WHERE tenant = app_tenant() AND place_id = :place AND earliest_start < :ends_at AND latest_end > :starts_at
             AND status NOT IN ('completed', 'cancelled', 'no_show', 'missed') ORDER BY 1""",
        place=place_id,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    return [branch for r in rows if tx.scope.has(branch := BranchId(r["branch_id"]))]
