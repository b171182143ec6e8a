"""Signals as callers send them, with external ids; checked here, stored first, decided by the worker.

The API and the command line speak these models.
"""

import uuid
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Literal, NamedTuple, assert_never, get_args

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from suture.model.audit import AuditCode
from suture.model.events import EventKind, NewEvent
from suture.model.ids import BranchId
from suture.model.instants import local_date
from suture.model.signals import Answer, Outcome
from suture.model.visit import VisitStatus
from suture.service.add_visit import VisitRequest, add_visit
from suture.service.caller import Caller
from suture.service.errors import BadSignal
from suture.service.request_types import Instant, Label, Note, ServiceDate, Whole, Word
from suture.store import audit, events, inbox, lookups
from suture.store.branches import branch_by_id
from suture.store.day import day_bounds
from suture.store.inbox import Received
from suture.store.lookups import FoundClinician, FoundVisit
from suture.store.transaction import Tx
from suture.words.catalog import _, marked
from suture.words.dates import full_date

_PATIENT_ANSWERED = {
    Answer.ACCEPT: marked("the patient of visit {visit} said yes"),
    Answer.DECLINE: marked("the patient of visit {visit} said no"),
    Answer.RESCHEDULE: marked("the patient of visit {visit} asked for another time"),
    Answer.CANCEL: marked("the patient of visit {visit} cancelled"),
}
_CLINICIAN_ANSWERED = {
    Answer.ACCEPT: marked("clinician {clinician} said yes"),
    Answer.DECLINE: marked("clinician {clinician} said no"),
    Answer.RESCHEDULE: marked("clinician {clinician} asked for another time"),
    Answer.CANCEL: marked("clinician {clinician} cancelled"),
}


class _Request(BaseModel):
    """What every signal may say of itself. The same `source` and `source_id` again is the same signal."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Label = "api"
    source_id: Word = Field(default_factory=lambda: str(uuid.uuid4()))
    occurred_at: Instant | None = Field(default=None, description="When it truly happened; default: now.")

    def in_words(self) -> str:
        """What happened, to follow "Signal 34: "."""
        return _("it is stored")


class CallOutRequest(_Request):
    """A clinician cannot work from `from` (default: now) until `until` (default: the end of that day)."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)

    kind: Literal["call_out"]
    clinician: Word
    from_at: Instant | None = Field(default=None, alias="from", description="When the absence begins; default: now.")
    until: Instant | None = Field(default=None, description="When it ends; default: the end of that day.")

    def in_words(self) -> str:
        return _("clinician {clinician} called out", clinician=self.clinician)


class CancellationRequest(_Request):
    """A visit will not take place."""

    kind: Literal["cancellation"]
    visit: Word
    by: Literal["patient", "agency"] = "patient"
    reason: Note = Field(default="", description="For the record; no health details.")

    def in_words(self) -> str:
        if self.by == "patient":
            return _("visit {visit} was cancelled by the patient", visit=self.visit)
        return _("visit {visit} was cancelled by the agency", visit=self.visit)


class RunOverRequest(_Request):
    """A visit under way ends later: at `expected_end`, or `minutes` after it was planned to.

    `minutes` count from the planned end each time: 20 twice is still 20.
    """

    kind: Literal["run_over"]
    visit: Word
    expected_end: Instant | None = Field(default=None, description="When it will end.")
    minutes: Whole | None = Field(default=None, ge=1, le=600, description="Or: how much longer than planned.")

    def in_words(self) -> str:
        return _("visit {visit} is running over", visit=self.visit)


class NewVisitRequest(_Request):
    """A visit that came in after the day was planned."""

    kind: Literal["new_visit"]
    visit: VisitRequest

    def in_words(self) -> str:
        return _("visit {visit} is new", visit=self.visit.external_id)


class CheckInRequest(_Request):
    """A clinician has begun a visit."""

    kind: Literal["check_in"]
    visit: Word
    clinician: Word | None = Field(default=None, description="Who came, if not the one who is planned.")

    def in_words(self) -> str:
        return _("visit {visit} has begun", visit=self.visit)


class CheckOutRequest(_Request):
    """A clinician has left a visit: done, or no one was home."""

    kind: Literal["check_out"]
    visit: Word
    outcome: Outcome
    clinician: Word | None = None

    def in_words(self) -> str:
        if self.outcome is Outcome.DONE:
            return _("visit {visit} is done", visit=self.visit)
        return _("no one was home for visit {visit}", visit=self.visit)


class ReplyRequest(_Request):
    """An answer taken by phone: of the patient of `visit`, or of `clinician` about the day `date`."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, validate_by_alias=True)

    kind: Literal["reply"]
    answer: Answer
    visit: Word | None = Field(default=None, description="The patient of this visit answered.")
    clinician: Word | None = Field(default=None, description="Or: this clinician answered about `date`.")
    service_date: ServiceDate | None = Field(default=None, alias="date", description="As 2026-03-24.")

    def in_words(self) -> str:
        if self.visit:
            return _(_PATIENT_ANSWERED[self.answer], visit=self.visit)
        return _(_CLINICIAN_ANSWERED[self.answer], clinician=self.clinician)


SignalRequest = Annotated[
    CallOutRequest
    | CancellationRequest
    | RunOverRequest
    | NewVisitRequest
    | CheckInRequest
    | CheckOutRequest
    | ReplyRequest,
    Field(discriminator="kind"),
]
SIGNAL_REQUEST: TypeAdapter[SignalRequest] = TypeAdapter(SignalRequest)
REQUESTS: dict[str, type[BaseModel]] = {
    get_args(request.model_fields["kind"].annotation)[0]: request for request in get_args(get_args(SignalRequest)[0])
}
"""The request of each signal that callers send, by its name; those of `FROM_RECORDS` have none (model/signals.py)."""

CLOCKS_DIFFER = timedelta(minutes=5)
LONGEST_RUN_OVER = timedelta(hours=24)
"""How long after its planned end a visit may be expected to end: what is later is a slip of the keyboard."""
_OVER = {
    VisitStatus.COMPLETED: marked("visit {visit} is over (completed): there is nothing left to cancel"),
    VisitStatus.NO_SHOW: marked("visit {visit} is over (no_show): there is nothing left to cancel"),
    VisitStatus.MISSED: marked("visit {visit} is over (missed): there is nothing left to cancel"),
}
LONGEST_OFF = timedelta(days=1)
"""How far from its own day a visit may have begun or ended."""


class _Placed(NamedTuple):
    """A request resolved: the branch-day it belongs to and the body that is stored."""

    branch_id: BranchId
    service_date: date
    body: dict[str, Any]


def receive_signal(caller: Caller, request: SignalRequest) -> Received:
    """Store a signal and mark its branch-day. Raises BadSignal naming the field.

    A repeat gets the stored answer, whatever has happened since to what it names, also when both come at once.
    """
    said = request.model_dump_json()
    with caller.transaction() as tx:
        inbox.lock_id(tx, request.source, request.source_id)
        if known := inbox.find(tx, request.source, request.source_id, kind=request.kind, request=said):
            return known
        if request.occurred_at is not None and request.occurred_at > tx.now + CLOCKS_DIFFER:
            now = tx.now.isoformat(timespec="seconds")
            raise BadSignal("occurred_at", _("is in the future: it is {now}", now=now))
        placed = _place(tx, request)
        received = inbox.receive(
            tx,
            kind=request.kind,
            branch_id=placed.branch_id,
            service_date=placed.service_date,
            source=request.source,
            source_id=request.source_id,
            body=placed.body,
            occurred_at=request.occurred_at or tx.now,
            request=said,
        )
        audit.record(tx, AuditCode.SIGNAL_RECEIVED, "signal", received.id, signal=request.kind)
        _log_new_demand(tx, request, placed)
    return received


def _log_new_demand(tx: Tx, request: SignalRequest, placed: _Placed) -> None:
    """Metrics count a visit from the moment it is known."""
    if isinstance(request, NewVisitRequest):
        known = NewEvent(
            EventKind.VISIT_ADDED, placed.body["visit_id"], {"positions": request.visit.positions, "t_signal": tx.now}
        )
        events.append(tx, branch_id=placed.branch_id, service_date=placed.service_date, events=[known])


def _place(tx: Tx, request: SignalRequest) -> _Placed:
    match request:
        case CallOutRequest():
            return _call_out(tx, request)
        case CancellationRequest():
            found = _visit(tx, request.visit)
            _check_cancellable(tx, request, found)
            return _of(found, by=request.by, reason=request.reason)
        case RunOverRequest():
            return _run_over(tx, request)
        case NewVisitRequest():
            return _of(add_visit(tx, request.visit))
        case CheckInRequest():
            found = _visit_of_about(tx, request.visit, request.occurred_at)
            return _of(found, clinician_id=_maybe_clinician(tx, request.clinician))
        case CheckOutRequest():
            found = _visit_of_about(tx, request.visit, request.occurred_at)
            who = _maybe_clinician(tx, request.clinician)
            return _of(found, outcome=request.outcome, clinician_id=who)
        case ReplyRequest():
            return _reply(tx, request)
        case _:
            assert_never(request)


def _of(found: FoundVisit, **body: Any) -> _Placed:
    return _Placed(found.branch_id, found.service_date, {"visit_id": found.id, **body})


def _call_out(tx: Tx, request: CallOutRequest) -> _Placed:
    found = _clinician(tx, request.clinician)
    starts = request.from_at or request.occurred_at or tx.now
    branch = branch_by_id(tx, found.branch_id)
    service_date = local_date(starts, branch.tz)
    day_ends = day_bounds(branch, service_date)[1]
    until = request.until or day_ends
    if service_date < local_date(tx.now, branch.tz):
        said = _("{date} is in the past: it can no longer be changed", date=full_date(service_date))
        raise BadSignal("from", said)
    if not starts < until <= day_ends:
        said = _("must be after `from` and by {at}; send one call-out for each day", at=day_ends.isoformat())
        raise BadSignal("until", said)
    return _Placed(found.branch_id, service_date, {"clinician_id": found.id, "from_at": starts, "until": until})


def _run_over(tx: Tx, request: RunOverRequest) -> _Placed:
    found = _visit(tx, request.visit)
    if (request.expected_end is None) == (request.minutes is None):
        raise BadSignal("expected_end", _("give either expected_end or minutes"))
    planned = lookups.planned_care(tx, found.id)
    if planned is None:
        raise BadSignal("visit", _("visit {visit} has no planned end to run over", visit=request.visit))
    if request.minutes is not None:  # counted when it is decided, from the end as planned: said twice is said once
        return _of(found, minutes=request.minutes)
    ends = request.expected_end or planned.ends_at
    if ends <= planned.starts_at:
        said = _("must be after the visit begins: {at}", at=planned.starts_at.isoformat())
        raise BadSignal("expected_end", said)
    if ends > planned.ends_at + LONGEST_RUN_OVER:
        hours = LONGEST_RUN_OVER // timedelta(hours=1)
        said = _("is more than {hours} h after the planned end: {at}", hours=hours, at=planned.ends_at.isoformat())
        raise BadSignal("expected_end", said)
    return _of(found, expected_end=ends)


def _check_cancellable(tx: Tx, request: CancellationRequest, found: FoundVisit) -> None:
    """What is over cannot be cancelled. One that is cancelled already can be: two people may call."""
    if found.status in _OVER:
        raise BadSignal("visit", _(_OVER[found.status], visit=request.visit))
    if found.service_date < local_date(tx.now, branch_by_id(tx, found.branch_id).tz):
        was = full_date(found.service_date)
        said = _("visit {visit} was on {date}, which is in the past", visit=request.visit, date=was)
        raise BadSignal("visit", said)


def _reply(tx: Tx, request: ReplyRequest) -> _Placed:
    if request.visit is not None and request.clinician is not None:
        raise BadSignal("clinician", _("give either the visit or the clinician: one person answered"))
    if request.visit is not None:
        found = _visit(tx, request.visit)
        promise = lookups.patient_promise(tx, found.id)
        if promise is None:
            said = _("the patient of visit {visit} has not been told anything yet", visit=request.visit)
            raise BadSignal("visit", said)
        body = {"party_id": promise.party_id, "promise_id": promise.id, "answer": request.answer, "via": "phone"}
        return _Placed(found.branch_id, found.service_date, body)
    if request.clinician is None or request.service_date is None:
        raise BadSignal("visit", _("give the visit, or the clinician and the date"))
    who = _clinician(tx, request.clinician)
    touch_id = lookups.newest_day_message(tx, who.id, request.service_date)
    if touch_id is None:
        asked = full_date(request.service_date)
        said = _("clinician {clinician} was not told about {date} yet", clinician=request.clinician, date=asked)
        raise BadSignal("clinician", said)
    body = {"party_id": who.id, "touch_id": touch_id, "answer": request.answer, "via": "phone"}
    return _Placed(who.branch_id, request.service_date, body)


def _visit(tx: Tx, external_id: str) -> FoundVisit:
    found = lookups.visit(tx, external_id)
    if found is None:
        raise BadSignal("visit", _("there is no visit {visit}", visit=repr(external_id)))
    return found


def _visit_of_about(tx: Tx, external_id: str, at: datetime | None) -> FoundVisit:
    """A visit that may have begun or ended at that instant, or now."""
    found = _visit(tx, external_id)
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


def _clinician(tx: Tx, external_id: str) -> FoundClinician:
    found = lookups.clinician(tx, external_id)
    if found is None:
        raise BadSignal("clinician", _("there is no active clinician {clinician}", clinician=repr(external_id)))
    return found


def _maybe_clinician(tx: Tx, external_id: str | None) -> int | None:
    return _clinician(tx, external_id).id if external_id else None
