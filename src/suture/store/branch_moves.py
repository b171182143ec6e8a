"""Finds the people whom a file would move to another branch, and whether published visits hold them where they are."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from suture.model.ids import BranchId, PartyId, PlaceId
from suture.model.people import PartyKind
from suture.store.stakes import PUBLISHED_FROM_TODAY
from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class BranchMove:
    """A person of another branch; `stays`: there are published visits, so that a file may not move them."""

    party_id: PartyId
    external_id: str
    branch_id: BranchId
    branch: str
    place_id: PlaceId
    stays: bool


_HELD_BY = {
    PartyKind.PATIENT: """
        FROM patient x, LATERAL (SELECT EXISTS (
          SELECT FROM visit v JOIN days d ON d.branch_id = v.branch_id AND d.service_date = v.service_date
          WHERE v.tenant = x.tenant AND v.patient_id = x.party_id
            AND v.status NOT IN ('completed', 'cancelled', 'no_show', 'missed')) AS stays) s""",
    PartyKind.CLINICIAN: """
        FROM clinician x, LATERAL (SELECT EXISTS (
          SELECT FROM assignment a JOIN days d ON d.branch_id = a.branch_id AND d.service_date = a.service_date
          WHERE a.tenant = x.tenant AND a.clinician_id = x.party_id AND a.to_version IS NULL) AS stays) s""",
}


def find_moves(tx: Tx, branch_id: BranchId, kind: PartyKind, external_ids: Collection[str]) -> Sequence[BranchMove]:
    """Those of the people named who belong to another branch than this one, by id."""
    rows = tx.rows(
        f"""WITH days AS ({PUBLISHED_FROM_TODAY})
            SELECT p.id, p.external_id, o.id AS branch_id, o.external_id AS branch, o.place_id, s.stays
            {_HELD_BY[kind]}
            JOIN party p ON p.tenant = app_tenant() AND p.external_id = ANY(:ids)
            JOIN branch o ON o.tenant = p.tenant
            WHERE x.tenant = p.tenant AND x.party_id = p.id AND o.id = x.branch_id AND x.branch_id <> :branch
            ORDER BY p.external_id""",
        branch=branch_id,
        ids=list(external_ids),
    )
    return [
        BranchMove(
            PartyId(r["id"]),
            r["external_id"],
            BranchId(r["branch_id"]),
            r["branch"],
            PlaceId(r["place_id"]),
            r["stays"],
        )
        for r in rows
    ]
