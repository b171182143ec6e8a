"""What is asked of a visit: it is cancelled or takes place after all, waits, is new, or is asked for otherwise."""

from typing import Literal, assert_never

from pydantic import Field

from suture.model.visit import VisitStatus
from suture.service.add_visit import PriorityWord, VisitRequest, add_visit
from suture.service.change_visit import Changes, change_visit
from suture.service.errors import BadSignal
from suture.service.request_types import Instant, Note, Whole, Word
from suture.service.signal_requests.fields import (
    Placed,
    Request,
    check_not_past,
    of_visit,
    open_visit_of,
    visit_of,
    wanted_visit_of,
)
from suture.store.lookups import FoundVisit
from suture.store.transaction import Tx
from suture.words.catalog import _, marked

_OVER = {
    VisitStatus.COMPLETED: marked("visit {visit} is over (completed): there is nothing left to cancel"),
    VisitStatus.NO_SHOW: marked("visit {visit} is over (no-show): there is nothing left to cancel"),
    VisitStatus.MISSED: marked("visit {visit} is over (missed): there is nothing left to cancel"),
}


class CancellationRequest(Request):
    """A visit will not take place."""

    kind: Literal["cancellation"]
    visit: Word
    by: Literal["patient", "agency"] = "patient"
    reason: Note = Field(default="", description="For the record; no health details.")

    def in_words(self) -> str:
        if self.by == "patient":
            return _("visit {visit} was cancelled by the patient", visit=self.visit)
        return _("visit {visit} was cancelled by the agency", visit=self.visit)


class ReopenedRequest(Request):
    """A visit was cancelled by mistake: it takes place after all."""

    kind: Literal["reopened"]
    visit: Word

    def in_words(self) -> str:
        return _("visit {visit} takes place after all", visit=self.visit)


class VisitHeldRequest(Request):
    """A visit waits: no clinician is sent until it is released."""

    kind: Literal["visit_held"]
    visit: Word
    reason: Note = Field(default="", description="For the record; no health details.")

    def in_words(self) -> str:
        return _("visit {visit} is on hold", visit=self.visit)


class VisitReleasedRequest(Request):
    """A visit that was on hold may take place."""

    kind: Literal["visit_released"]
    visit: Word

    def in_words(self) -> str:
        return _("visit {visit} is no longer on hold", visit=self.visit)


class NewVisitRequest(Request):
    """A visit that came in after the day was planned."""

    kind: Literal["new_visit"]
    visit: VisitRequest

    def in_words(self) -> str:
        return _("visit {visit} is new", visit=self.visit.external_id)


class VisitChangedRequest(Request):
    """A visit is wanted differently: at another time or on another day, longer, elsewhere, with other skills.

    What is left out stays as it is. What is changed is stored at once, as if a file had said it; a file that is older
    changes nothing of it.
    """

    kind: Literal["visit_changed"]
    visit: Word
    earliest_start: Instant | None = Field(default=None, description="With another `latest_end`: on another day, too.")
    latest_end: Instant | None = Field(default=None, description="When it must have ended.")
    duration_minutes: Whole | None = Field(default=None, ge=1, le=1440)
    service: Word | None = Field(default=None, description="Another service, of the same kind of visit.")
    site: Word | None = Field(default=None, description="Of an appointment or an open shift.")
    required_skills: tuple[Word, ...] | None = Field(default=None, description="All of them.")
    priority: PriorityWord | None = None
    positions: Whole | None = Field(default=None, ge=1, le=9)

    def in_words(self) -> str:
        return _("visit {visit} has changed", visit=self.visit)


OfVisitRequest = (
    CancellationRequest
    | ReopenedRequest
    | VisitHeldRequest
    | VisitReleasedRequest
    | NewVisitRequest
    | VisitChangedRequest
)


def place(tx: Tx, request: OfVisitRequest) -> Placed:
    """The branch-day of the visit and what is stored. Raises BadSignal."""
    match request:
        case CancellationRequest():
            found = visit_of(tx, request.visit)
            _check_cancellable(tx, request, found)
            return of_visit(found, by=request.by, reason=request.reason)
        case ReopenedRequest() | VisitReleasedRequest():
            return of_visit(open_visit_of(tx, request.visit))
        case VisitHeldRequest():
            return of_visit(wanted_visit_of(tx, request.visit), reason=request.reason)
        case NewVisitRequest():
            return of_visit(add_visit(tx, request.visit))
        case VisitChangedRequest():
            return _changed(tx, request)
        case _:
            assert_never(request)


def _check_cancellable(tx: Tx, request: CancellationRequest, found: FoundVisit) -> None:
    """What is over cannot be cancelled. One that is cancelled already can be: two people may call."""
    if found.status in _OVER:
        raise BadSignal("visit", _(_OVER[found.status], visit=request.visit))
    check_not_past(tx, request.visit, found)


def _changed(tx: Tx, request: VisitChangedRequest) -> Placed:
    open_visit_of(tx, request.visit)
    changes = Changes(
        earliest_start=request.earliest_start,
        latest_end=request.latest_end,
        duration_minutes=request.duration_minutes,
        service=request.service,
        site=request.site,
        required_skills=request.required_skills,
        priority=request.priority,
        positions=request.positions,
    )
    return of_visit(change_visit(tx, request.visit, changes, request.occurred_at))._replace(about="visit_id")
