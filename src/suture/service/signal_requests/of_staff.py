"""Who can work, and how fast they get around: call-outs, lateness, hours, closed sites, slow roads."""

from datetime import datetime, timedelta
from typing import Literal, assert_never

from pydantic import Field

from suture.model.ids import BranchDay
from suture.model.instants import local_date
from suture.model.people import AvailabilityKind, Branch
from suture.model.signals import RosterField
from suture.service.errors import BadSignal
from suture.service.request_types import Instant, Whole, Word
from suture.service.signal_requests.fields import Placed, Request, branch_of, clinician_of, first_day, span_of
from suture.store import lookups, roster_changes
from suture.store.branches import branch_by_id
from suture.store.day import day_bounds
from suture.store.lookups import FoundSite
from suture.store.transaction import Tx
from suture.store.waking import Span
from suture.words.catalog import _
from suture.words.dates import full_date

MOST_DAYS_OUT = 31
"""How many days a call-out may span: who is away for longer has other hours."""
LONGEST_TIME_OFF = timedelta(days=366)
MOST_AREAS = 100
"""How many beginnings of postal codes an area may have."""
SLOWEST = 1000
"""Slower than ten times is closed."""
_HOURS = {"added": AvailabilityKind.AVAILABLE, "taken": AvailabilityKind.UNAVAILABLE}


class CallOutRequest(Request):
    """A clinician cannot work from `from` (default: now) until `until` (default: the end of that day).

    An absence of up to 31 days is one signal, about their visits for every branch.
    """

    kind: Literal["call_out"]
    clinician: Word
    from_at: Instant | None = Field(default=None, alias="from", description="When the absence begins; default: now.")
    until: Instant | None = Field(default=None, description="When it ends; default: the end of that day.")

    def in_words(self) -> str:
        return _("clinician {clinician} called out", clinician=self.clinician)


class ClinicianFreeRequest(Request):
    """A clinician can work until `until`: more hours than planned, or back after calling out."""

    kind: Literal["clinician_free"]
    clinician: Word
    until: Instant = Field(description="On the same day.")
    from_at: Instant | None = Field(default=None, alias="from", description="From when on; default: now.")

    def in_words(self) -> str:
        return _("clinician {clinician} is available", clinician=self.clinician)


class RunningLateRequest(Request):
    """A clinician will reach the next visit `minutes` after its planned start.

    `minutes` count from the start as it was planned before anyone was late: 20 twice is still 20, and 10
    after that is 10.
    """

    kind: Literal["running_late"]
    clinician: Word
    minutes: Whole = Field(ge=1, le=600)

    def in_words(self) -> str:
        return _("clinician {clinician} is running late", clinician=self.clinician)


class RosterChangeRequest(Request):
    """A clinician has other hours than the roster says: some are added on a day, or taken, for days or months.

    They are stored at once, beside those of files; unlike a call-out, hours that are taken are planned time off. Hours
    that are added win over time off at the same time, until a file says it again.
    """

    kind: Literal["roster_change"]
    clinician: Word
    hours: Literal["added", "taken"]
    from_at: Instant = Field(alias="from")
    until: Instant = Field(description="Of hours that are added: on the same day.")

    def in_words(self) -> str:
        if self.hours == "added":
            return _("clinician {clinician} has more hours", clinician=self.clinician)
        return _("clinician {clinician} has time off", clinician=self.clinician)


class SiteClosedRequest(Request):
    """Nothing can take place at a site until `until`."""

    kind: Literal["site_closed"]
    site: Word
    until: Instant = Field(description="On the same day.")
    from_at: Instant | None = Field(default=None, alias="from", description="From when on; default: now.")
    branch: Word | None = Field(default=None, description="Needed where visits of several branches are there.")

    def in_words(self) -> str:
        return _("site {site} is closed", site=self.site)


class TravelDisruptionRequest(Request):
    """Driving in an area takes `percent` of the usual time until `until`, or no one can get there: `closed`."""

    kind: Literal["travel_disruption"]
    until: Instant = Field(description="On the same day.")
    from_at: Instant | None = Field(default=None, alias="from", description="From when on; default: now.")
    area: tuple[Word, ...] = Field(
        default=(), max_length=MOST_AREAS, description="Beginnings of postal codes; none: the whole branch."
    )
    percent: Whole | None = Field(default=None, ge=100, le=SLOWEST, description="150: half as long again.")
    closed: bool = Field(default=False, strict=True, description="Or: no one can get there.")
    branch: Word | None = Field(default=None, description="Needed where the agency has several branches.")

    def in_words(self) -> str:
        if self.closed:
            return _("an area is closed")
        return _("driving takes {percent}% of the usual time", percent=self.percent)


OfStaffRequest = (
    CallOutRequest
    | ClinicianFreeRequest
    | RunningLateRequest
    | RosterChangeRequest
    | SiteClosedRequest
    | TravelDisruptionRequest
)


def place(tx: Tx, request: OfStaffRequest) -> Placed:
    """The branch-day on which someone works, or a place is reached, and what is stored. Raises BadSignal."""
    match request:
        case CallOutRequest():
            return _call_out(tx, request)
        case ClinicianFreeRequest():
            return _free(tx, request)
        case RunningLateRequest():
            return _late(tx, request)
        case RosterChangeRequest():
            return _roster_change(tx, request)
        case SiteClosedRequest():
            return _site_closed(tx, request)
        case TravelDisruptionRequest():
            return _travel_disruption(tx, request)
        case _:
            assert_never(request)


def _call_out(tx: Tx, request: CallOutRequest) -> Placed:
    found = clinician_of(tx, request.clinician)
    starts = request.from_at or request.occurred_at or tx.now
    branch = branch_by_id(tx, found.branch_id)
    first = local_date(starts, branch.tz)
    until = request.until or day_bounds(branch, first)[1]
    last = local_date(until - timedelta(microseconds=1), branch.tz)
    if first < local_date(tx.now, branch.tz):
        raise BadSignal("from", _("{date} is in the past: it can no longer be changed", date=full_date(first)))
    if starts >= until:
        raise BadSignal("until", _("must be after `from`"))
    if (last - first).days >= MOST_DAYS_OUT:
        raise BadSignal("until", _("spans more than {n} days: enter a longer absence as time off", n=MOST_DAYS_OUT))
    own = (BranchDay(branch.id, first + timedelta(days=n)) for n in range((last - first).days + 1))
    also = {*own, *lookups.days_held(tx, found.id, starts, until)} - {BranchDay(branch.id, first)}
    body = {"clinician_id": found.id, "from_at": starts, "until": until}
    return Placed(branch.id, first, body, tuple(sorted(also)))


def _free(tx: Tx, request: ClinicianFreeRequest) -> Placed:
    found = clinician_of(tx, request.clinician)
    starts = request.from_at or request.occurred_at or tx.now
    span = span_of(tx, branch_by_id(tx, found.branch_id), starts, request.until)
    body = {"clinician_id": found.id, "from_at": span.starts_at, "until": span.ends_at}
    return Placed(found.branch_id, span.service_date, body)


def _late(tx: Tx, request: RunningLateRequest) -> Placed:
    found = clinician_of(tx, request.clinician)
    branch = branch_by_id(tx, found.branch_id)
    service_date = first_day(tx, branch, request.occurred_at or tx.now, "occurred_at")
    return Placed(branch.id, service_date, {"clinician_id": found.id, "minutes": request.minutes})


def _roster_change(tx: Tx, request: RosterChangeRequest) -> Placed:
    found = clinician_of(tx, request.clinician)
    branch = branch_by_id(tx, found.branch_id)
    if request.hours == "added":
        service_date = span_of(tx, branch, request.from_at, request.until).service_date
    else:
        service_date = first_day(tx, branch, request.from_at)
        _check_time_off(tx, request)
    roster_changes.record(tx, Span(found.id, request.from_at, request.until), _HOURS[request.hours])
    body = {"clinician_id": found.id, "changed": RosterField.HOURS}
    return Placed(found.branch_id, service_date, body, about="clinician_id")


def _check_time_off(tx: Tx, request: RosterChangeRequest) -> None:
    if request.until <= max(request.from_at, tx.now):
        raise BadSignal("until", _("must be after `from`, and after now"))
    if request.until - request.from_at > LONGEST_TIME_OFF:
        raise BadSignal("until", _("spans more than {n} days", n=LONGEST_TIME_OFF.days))


def _site_closed(tx: Tx, request: SiteClosedRequest) -> Placed:
    site = lookups.site(tx, request.site)
    if site is None:
        raise BadSignal("site", _("there is no site {site}", site=repr(request.site)))
    starts = request.from_at or request.occurred_at or tx.now
    branch = _branch_at(tx, site, request, starts)
    span = span_of(tx, branch, starts, request.until)
    body = {"place_id": site.place_id, "from_at": span.starts_at, "until": span.ends_at}
    return Placed(branch.id, span.service_date, body)


def _branch_at(tx: Tx, site: FoundSite, request: SiteClosedRequest, starts: datetime) -> Branch:
    """The branch that is named; else the one whose visits are at the site then, or the only one there is."""
    if request.branch is not None:
        return branch_of(tx, request.branch)
    there = lookups.branches_at(tx, site.place_id, starts, request.until)
    if len(there) > 1:
        names = ", ".join(sorted(branch_by_id(tx, b).external_id for b in there))
        raise BadSignal("branch", _("visits of {branches} are at this site: send one for each", branches=names))
    return branch_by_id(tx, there[0]) if there else branch_of(tx, None)


def _travel_disruption(tx: Tx, request: TravelDisruptionRequest) -> Placed:
    if (request.percent is None) != request.closed:
        raise BadSignal("percent", _("give either percent or closed"))
    branch = branch_of(tx, request.branch)
    starts = request.from_at or request.occurred_at or tx.now
    span = span_of(tx, branch, starts, request.until)
    body = {
        "postal_codes": tuple(sorted(set(request.area))),
        "percent": request.percent,
        "from_at": span.starts_at,
        "until": span.ends_at,
    }
    return Placed(branch.id, span.service_date, body)
