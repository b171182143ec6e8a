"""Reads a day for paper, and leaves a line in the audit trail that someone did.

It takes an open transaction and no Context: a faulty rulebook or mail setting must not keep a day from the printer.
"""

from datetime import date

from suture.model.audit import AuditCode
from suture.service.branch_named import find_branch
from suture.service.errors import ServiceError
from suture.store import access, audit
from suture.store.sheet_view import DaySheet
from suture.store.transaction import Tx
from suture.words.catalog import _
from suture.words.dates import full_date


class NothingPlanned(ServiceError):
    """The branch-day has no plan, so there is nothing to print."""


def day_sheet(tx: Tx, branch_external_id: str, service_date: date) -> DaySheet:
    """One branch-day for paper. Raises UnknownBranch or NothingPlanned."""
    branch = find_branch(tx, branch_external_id)
    sheet = access.day_sheet(tx, branch, service_date)
    if sheet is None:
        raise NothingPlanned(
            _(
                "{branch} has no plan for {day} yet. Make one: suture day plan {id} {date}",
                branch=branch.name,
                day=full_date(service_date),
                id=branch.external_id,
                date=service_date,
            )
        )
    audit.record(
        tx,
        AuditCode.DAY_SHEET_PRINTED,
        "branch",
        branch.id,
        branch=branch.external_id,
        date=service_date,
        version=sheet.head.version,
    )
    return sheet
