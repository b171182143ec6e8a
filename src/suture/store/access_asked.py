"""Notes patients whose visits are about to be shown by what the core says of them. Only `store.access` calls these."""

from datetime import date

from suture.model.ids import BranchId
from suture.store.transaction import Tx


def visit_shown(tx: Tx, external_id: str) -> None:
    """The patient of one visit; nothing for a visit that is not there."""
    row = tx.row(
        "SELECT branch_id, patient_id FROM visit WHERE tenant = app_tenant() AND external_id = :id", id=external_id
    )
    if row is not None:
        tx.shows(row["branch_id"], [row["patient_id"]])


def day_shown(tx: Tx, branch_id: BranchId, service_date: date) -> None:
    """Every patient with a visit on one branch-day."""
    rows = tx.rows(
        """SELECT DISTINCT patient_id FROM visit
           WHERE tenant = app_tenant() AND branch_id = :branch AND service_date = :date AND patient_id IS NOT NULL""",
        branch=branch_id,
        date=service_date,
    )
    tx.shows(branch_id, (r["patient_id"] for r in rows))


def homes_shown(tx: Tx, external_ids: list[str]) -> None:
    """Patients whose addresses are shown, by their ids in the files."""
    rows = tx.rows(
        """SELECT w.branch_id, array_agg(p.id) AS ids FROM party p
           JOIN patient w ON w.tenant = p.tenant AND w.party_id = p.id
           WHERE p.tenant = app_tenant() AND p.kind = 'patient' AND p.external_id = ANY(:ids) GROUP BY w.branch_id""",
        ids=external_ids,
    )
    for r in rows:
        tx.shows(r["branch_id"], r["ids"])
