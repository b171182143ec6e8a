"""Adds one visit to a day that is planned already: intake does not wait for the next file."""

from datetime import timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from suture.model.instants import local_date
from suture.model.people import Branch
from suture.model.visit import Priority, VisitKind
from suture.service.branch_named import the_branch
from suture.service.errors import BadSignal, UnknownBranch
from suture.service.request_types import Instant, Whole, Word
from suture.store import lookups, visits
from suture.store.branches import branch_by_id
from suture.store.lookups import FoundVisit
from suture.store.transaction import Tx
from suture.words.catalog import _

PriorityWord = Literal["routine", "urgent", "stat"]
PRIORITIES: dict[PriorityWord, Priority] = {
    "routine": Priority.ROUTINE,
    "urgent": Priority.URGENT,
    "stat": Priority.STAT,
}


class VisitRequest(BaseModel):
    """A visit as intake knows it. It must be within one local day; `latest_end` is when care must have ended."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    external_id: Word
    patient: Word | None = None
    service: Word
    site: Word | None = None
    earliest_start: Instant
    latest_end: Instant
    duration_minutes: Whole | None = Field(default=None, ge=1, le=1440)
    required_skills: tuple[Word, ...] = ()
    priority: PriorityWord = "routine"
    positions: Whole = Field(default=1, ge=1, le=9)
    branch: Word | None = Field(
        default=None, description="Needed without a patient, where the agency has several branches."
    )


def add_visit(tx: Tx, request: VisitRequest) -> FoundVisit:
    """Store the visit. Raises BadSignal, also where someone else is quicker with a visit of that id."""
    if lookups.is_visit_id(tx, request.external_id):
        raise _known_already(request)
    length = timedelta(minutes=request.duration_minutes or 1)
    if request.latest_end - request.earliest_start < length:
        raise BadSignal("visit.latest_end", _("the window is shorter than the visit"))
    branch = _branch_of(tx, request)
    if request.site is not None and lookups.site(tx, request.site) is None:
        raise BadSignal("visit.site", _("there is no site {site}", site=repr(request.site)))
    if request.patient is not None and not lookups.is_active_patient(tx, request.patient):
        raise _not_active(request)
    if local_date(request.latest_end, branch.tz) != local_date(request.earliest_start, branch.tz):
        raise BadSignal("visit.latest_end", _("must be on the same local day as earliest_start"))
    if request.latest_end <= tx.now:
        raise BadSignal("visit.latest_end", _("is past"))
    is_added = visits.add(
        tx,
        visits.NewDemand(
            external_id=request.external_id,
            branch_id=branch.id,
            patient=request.patient,
            service=request.service,
            site=request.site,
            service_date=local_date(request.earliest_start, branch.tz),
            earliest_start=request.earliest_start,
            latest_end=request.latest_end,
            duration_minutes=request.duration_minutes,
            required_skills=request.required_skills,
            priority=PRIORITIES[request.priority],
            positions=request.positions,
        ),
    )
    found = lookups.visit(tx, request.external_id)
    if found is None:
        raise _does_not_fit(tx, request)
    if not is_added:
        raise _known_already(request)
    return found


def _branch_of(tx: Tx, request: VisitRequest) -> Branch:
    """The patient's own branch; without a patient the one that is named, or the only one there is."""
    own = lookups.branch_of_patient(tx, request.patient) if request.patient else None
    if own is None and not (request.site and lookups.site(tx, request.site)):
        raise BadSignal("visit.patient", _("neither the patient nor the site is known here"))
    if own is None and request.patient is not None:
        raise _not_active(request)
    if own is None:
        try:
            return the_branch(tx, request.branch)
        except UnknownBranch as error:
            raise BadSignal("visit.branch", str(error)) from None
    branch = branch_by_id(tx, own)
    if request.branch not in (None, branch.external_id):
        said = _("{patient} is a patient of {branch}", patient=request.patient, branch=branch.external_id)
        raise BadSignal("visit.branch", said)
    return branch


def _does_not_fit(tx: Tx, request: VisitRequest) -> BadSignal:
    """Which of the things that a visit must have in common with its service it has not."""
    service, named = lookups.service(tx, request.service), repr(request.service)
    if service is None:
        return BadSignal("visit.service", _("there is no service {service}", service=named))
    is_shift = service.kind is VisitKind.OPEN_SHIFT
    if is_shift and request.patient is not None:
        said = _("service {service} is an open shift at a site; leave patient out", service=named)
        return BadSignal("visit.patient", said)
    if not is_shift and request.patient is None:
        said = _("service {service} is a visit to a patient; name the patient", service=named)
        return BadSignal("visit.patient", said)
    minutes = request.duration_minutes or service.duration_minutes
    said = _("the window is shorter than the visit: service {service} takes {n} minutes", service=named, n=minutes)
    return BadSignal("visit.latest_end", said)


def _not_active(request: VisitRequest) -> BadSignal:
    said = _("{patient} is not an active patient: nothing is planned for them", patient=request.patient)
    return BadSignal("visit.patient", said)


def _known_already(request: VisitRequest) -> BadSignal:
    return BadSignal("visit.external_id", _("there is a visit {visit} already", visit=repr(request.external_id)))
