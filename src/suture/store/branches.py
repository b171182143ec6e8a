"""Finds branches, and what callers name by external id. One out of the caller's scope does not exist."""

from suture.model.ids import BranchId
from suture.model.people import Branch
from suture.model.phones import region_of, spelled
from suture.store.transaction import Row, Tx

_BRANCH = """SELECT b.id, b.external_id, a.name AS agency, b.name, b.phone, b.tz, b.week_start
             FROM branch b JOIN agency a ON a.tenant = b.tenant WHERE b.tenant = app_tenant()"""


def all_branches(tx: Tx) -> tuple[Branch, ...]:
    """Every branch of the caller's, by id."""
    return tuple(branch for branch in _of_agency(tx) if tx.scope.has(branch.id))


def _of_agency(tx: Tx) -> tuple[Branch, ...]:
    return tuple(_branch(r) for r in tx.rows(f"{_BRANCH} ORDER BY b.id"))


def branch_by_external_id(tx: Tx, external_id: str) -> Branch | None:
    """One branch by the id the agency gave it."""
    row = tx.row(f"{_BRANCH} AND b.external_id = :id", id=external_id)
    return _branch(row) if row and tx.scope.has(BranchId(row["id"])) else None


def branch_by_id(tx: Tx, branch_id: BranchId) -> Branch:
    """One branch that is known to exist. Raises LookupError."""
    row = tx.row(f"{_BRANCH} AND b.id = :id", id=branch_id)
    if row is None:
        raise LookupError(f"branch {branch_id} does not exist")
    return _branch(row)


def only_branch(tx: Tx) -> Branch | None:
    """The branch of an agency that has just one; None where a branch must be named."""
    known = all_branches(tx)
    return known[0] if len(known) == 1 else None


def agency_name(tx: Tx) -> str:
    """The agency's name; empty until it has come in."""
    row = tx.row("SELECT name FROM agency WHERE tenant = app_tenant()")
    return row["name"] if row else ""


def filed_under(tx: Tx) -> BranchId:
    """Where rows that need a branch are kept when they are about the whole agency: the oldest. Raises LookupError.

    No one reads the branch off such a row: `store.access_cases` shows these cases on every board.
    """
    for branch in _of_agency(tx):
        return branch.id
    raise LookupError("the agency has no branch yet")


def number_of(tx: Tx, written: str) -> str:
    """A phone number as it is stored, however a person or a provider wrote it; what is none stays as it is."""
    return spelled(written, phone_regions(tx))


def phone_regions(tx: Tx) -> tuple[str, ...]:
    """The countries in which the branches read phone numbers, the oldest branch first."""
    found = (region_of(branch.phone, branch.tz) for branch in _of_agency(tx))
    return tuple(dict.fromkeys(region for region in found if region is not None))


def _branch(r: Row) -> Branch:
    return Branch(BranchId(r["id"]), r["external_id"], r["agency"], r["name"], r["phone"], r["tz"], r["week_start"])
