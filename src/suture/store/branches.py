"""Finds branches, and what callers name by external id."""

from suture.model.ids import BranchId
from suture.model.people import Branch
from suture.store.transaction import Tx

_BRANCH = """SELECT b.id, b.external_id, a.name AS agency, b.name, b.phone, b.tz, b.week_start
             FROM branch b JOIN agency a ON a.tenant = b.tenant WHERE b.tenant = app_tenant()"""


def all_branches(tx: Tx) -> tuple[Branch, ...]:
    """Every branch, by id."""
    return tuple(
        Branch(BranchId(r["id"]), r["external_id"], r["agency"], r["name"], r["phone"], r["tz"], r["week_start"])
        for r in tx.rows(f"{_BRANCH} ORDER BY b.id")
    )


def branch_by_external_id(tx: Tx, external_id: str) -> Branch | None:
    """One branch by the id the agency gave it."""
    return next((b for b in all_branches(tx) if b.external_id == external_id), None)


def branch_by_id(tx: Tx, branch_id: BranchId) -> Branch:
    """One branch that is known to exist. Raises LookupError."""
    for branch in all_branches(tx):
        if branch.id == branch_id:
            return branch
    raise LookupError(f"branch {branch_id} does not exist")
