"""One stored visit as the record that a file would have of it, to be changed and saved as one."""

from typing import NamedTuple

from suture.model.ids import BranchId, VisitId
from suture.model.imports import VisitRecord
from suture.model.visit import Priority, VisitKind, VisitStatus
from suture.store.lookups import FoundVisit
from suture.store.transaction import Tx


class StoredVisit(NamedTuple):
    """What is stored of a visit. `is_unclear`: a file said something of it that could not be read. `is_moving`: it is
    still in the plan of the day that it leaves.
    """

    found: FoundVisit
    kind: VisitKind
    record: VisitRecord
    is_unclear: bool
    is_moving: bool


def to_change(tx: Tx, external_id: str) -> StoredVisit | None:
    """The visit of that id, locked until it is written; pairs it prefers or bars stay as they are stored."""
    row = tx.row(
        """SELECT v.*, EXISTS (SELECT FROM assignment a WHERE a.tenant = v.tenant AND a.visit_id = v.id
                                AND a.to_version IS NULL
                                AND (a.branch_id, a.service_date) <> (v.branch_id, v.service_date)) AS is_moving,
                  s.kind, p.external_id AS patient,
                  CASE WHEN l.owner_key LIKE 'site:%' THEN substr(l.owner_key, 6) END AS site
           FROM visit v JOIN service s ON s.tenant = v.tenant AND s.code = v.service_code
           JOIN place l ON l.tenant = v.tenant AND l.id = v.place_id
           LEFT JOIN party p ON p.tenant = v.tenant AND p.id = v.patient_id
           WHERE v.tenant = app_tenant() AND v.external_id = :id FOR UPDATE OF v""",
        id=external_id,
    )
    if row is None:
        return None
    status = VisitStatus(row["status"])
    record = VisitRecord(
        line=0,
        unreadable=frozenset() if row["site"] else frozenset({"site"}),  # an appointment may be at the patient's home
        external_id=external_id,
        patient=row["patient"],
        service=row["service_code"],
        site=row["site"],
        status=status,
        held=row["held"],
        cancel_reason=row["cancel_reason"],
        service_date=row["service_date"],
        earliest_start=row["earliest_start"],
        latest_end=row["latest_end"],
        duration_minutes=row["duration_min"],
        positions=row["positions"],
        required_skills=tuple(row["required_skills"]),
        preferred_staff=(),
        barred_staff=(),
        priority=Priority(row["priority"]),
        done_by=None,
        updated_at=row["source_updated_at"] or tx.now,
    )
    found = FoundVisit(VisitId(row["id"]), BranchId(row["branch_id"]), row["service_date"], status, row["positions"])
    return StoredVisit(found, VisitKind(row["kind"]), record, bool(row["unclear"]), row["is_moving"])
