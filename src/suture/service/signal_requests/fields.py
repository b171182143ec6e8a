"""What every signal says of itself, what a request becomes once it is placed, and how it finds what it names."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from suture.model.ids import BranchDay, BranchId
from suture.model.instants import local_date, wall_clock
from suture.model.people import Branch
from suture.model.visit import VisitStatus
from suture.service.branch_named import the_branch
from suture.service.errors import BadSignal, UnknownBranch
from suture.service.request_types import Instant, Label, Word
from suture.store import lookups
from suture.store.branches import branch_by_id
from suture.store.day import day_bounds
from suture.store.lookups import FoundClinician, FoundVisit
from suture.store.transaction import Tx
from suture.words.catalog import _, marked
from suture.words.dates import full_date, full_moment

LONGEST_OFF = timedelta(days=1)
"""How far from its own day a visit may have begun or ended."""
OVER = {
    VisitStatus.COMPLETED: marked("visit {visit} is over (completed): nothing of it can be changed"),
    VisitStatus.NO_SHOW: marked("visit {visit} is over (no-show): nothing of it can be changed"),
    VisitStatus.MISSED: marked("visit {visit} is over (missed): nothing of it can be changed"),
}


class Request(BaseModel):
    """What every signal may say of itself. The same `source` and `source_id` again is the same signal."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)

    source: Label = "api"
    source_id: Word = Field(default_factory=lambda: str(uuid.uuid4()))
    occurred_at: Instant | None = Field(default=None, description="When it truly happened; default: now.")

    def in_words(self) -> str:
        """What happened, to follow "Signal 34: "."""
        return _("it is stored")


class Placed(NamedTuple):
    """A request resolved: the branch-day it belongs to, the body that is stored, and other days it is about.

    `about`: the field of the body that names what was changed, where it is a record that is stored already.
    """

    branch_id: BranchId
    service_date: date
    body: dict[str, Any]
    also: tuple[BranchDay, ...] = ()
    about: str = ""


class Span(NamedTuple):
    """From when until when, on one day."""

    service_date: date
    starts_at: datetime
    ends_at: datetime


def of_visit(found: FoundVisit, **body: Any) -> Placed:
    """On the day of the visit."""
    return Placed(found.branch_id, found.service_date, {"visit_id": found.id, **body})


def visit_of(tx: Tx, external_id: str) -> FoundVisit:
    """The visit of that id, whatever became of it."""
    found = lookups.visit(tx, external_id)
    if found is None:
        raise BadSignal("visit", _("there is no visit {visit}", visit=repr(external_id)))
    return found


def open_visit_of(tx: Tx, external_id: str) -> FoundVisit:
    """The visit of that id, unless it is over. One that is cancelled is found: two people may call."""
    found = visit_of(tx, external_id)
    check_not_over(external_id, found)
    check_not_past(tx, external_id, found)
    return found


def wanted_visit_of(tx: Tx, external_id: str) -> FoundVisit:
    """The visit of that id, unless it is over or cancelled."""
    found = open_visit_of(tx, external_id)
    check_not_cancelled(external_id, found)
    return found


def check_not_over(external_id: str, found: FoundVisit) -> None:
    """Refuse a visit that took place, or at which no one was home or no one came."""
    if found.status in OVER:
        raise BadSignal("visit", _(OVER[found.status], visit=external_id))


def check_not_cancelled(external_id: str, found: FoundVisit) -> None:
    """Refuse a visit that will not take place."""
    if found.status is VisitStatus.CANCELLED:
        raise BadSignal("visit", _("visit {visit} is cancelled: reopen it first", visit=external_id))


def check_not_past(tx: Tx, external_id: str, found: FoundVisit) -> None:
    """Refuse a visit of a day that is past."""
    if found.service_date < local_date(tx.now, branch_by_id(tx, found.branch_id).tz):
        was = full_date(found.service_date)
        said = _("visit {visit} was on {date}, which is in the past", visit=external_id, date=was)
        raise BadSignal("visit", said)


def check_date_not_past(tx: Tx, branch_id: BranchId, service_date: date) -> None:
    """Refuse a day that is past."""
    if service_date < local_date(tx.now, branch_by_id(tx, branch_id).tz):
        said = _("{date} is in the past: it can no longer be changed", date=full_date(service_date))
        raise BadSignal("date", said)


def visit_of_about(tx: Tx, external_id: str, at: datetime | None) -> FoundVisit:
    """A visit that may have begun or ended at that instant, or now."""
    found = visit_of(tx, external_id)
    happened_on = local_date(at or tx.now, branch_by_id(tx, found.branch_id).tz)
    if abs(happened_on - found.service_date) > LONGEST_OFF:
        why = _(
            "says {said}, but visit {visit} is on {planned}: give the time it truly happened",
            said=full_date(happened_on),
            visit=external_id,
            planned=full_date(found.service_date),
        )
        raise BadSignal("occurred_at", why)
    return found


def clinician_of(tx: Tx, external_id: str) -> FoundClinician:
    """The clinician of that id, who is at work."""
    found = lookups.clinician(tx, external_id)
    if found is None:
        raise BadSignal("clinician", _("there is no active clinician {clinician}", clinician=repr(external_id)))
    return found


def branch_of(tx: Tx, external_id: str | None) -> Branch:
    """The branch of that id; without one the only one there is."""
    try:
        return the_branch(tx, external_id)
    except UnknownBranch as error:
        raise BadSignal("branch", str(error)) from None


def first_day(tx: Tx, branch: Branch, starts_at: datetime, field: str = "from") -> date:
    """The day of a branch on which something begins; today at the earliest."""
    service_date = local_date(starts_at, branch.tz)
    if service_date < local_date(tx.now, branch.tz):
        said = _("{date} is in the past: it can no longer be changed", date=full_date(service_date))
        raise BadSignal(field, said)
    return service_date


def span_of(tx: Tx, branch: Branch, starts_at: datetime, until: datetime) -> Span:
    """A stretch of one day that is not over yet."""
    service_date = first_day(tx, branch, starts_at)
    day_ends = day_bounds(branch, service_date)[1]
    if not starts_at < until <= day_ends:
        at = full_moment(wall_clock(day_ends, branch.tz))
        raise BadSignal("until", _("must be after `from` and by {at}; send one for each day", at=at))
    if until <= tx.now:
        raise BadSignal("until", _("is past"))
    return Span(service_date, starts_at, until)
