"""How the day goes: who has begun, left, takes longer or has not come; and who answers, or does not."""

from datetime import timedelta
from typing import Any, Literal, NamedTuple, assert_never

from pydantic import Field

from suture.model.ids import BranchId
from suture.model.instants import wall_clock
from suture.model.signals import Answer, Outcome
from suture.service.errors import BadSignal
from suture.service.request_types import Instant, ServiceDate, Whole, Word
from suture.service.signal_requests.fields import (
    Placed,
    Request,
    check_date_not_past,
    check_not_cancelled,
    check_not_over,
    clinician_of,
    of_visit,
    open_visit_of,
    visit_of,
    visit_of_about,
    wanted_visit_of,
)
from suture.store import lookups
from suture.store.branches import branch_by_id
from suture.store.transaction import Tx
from suture.words.catalog import _, marked
from suture.words.dates import full_date, full_moment

LONGEST_RUN_OVER = timedelta(hours=24)
"""How long after its planned end a visit may be expected to end: what is later is a slip of the keyboard."""
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


class CheckInRequest(Request):
    """A clinician has begun a visit."""

    kind: Literal["check_in"]
    visit: Word
    clinician: Word | None = Field(default=None, description="Who came, if not the one who is planned.")

    def in_words(self) -> str:
        return _("visit {visit} has begun", visit=self.visit)


class CheckOutRequest(Request):
    """A clinician has left a visit: done, or no one was home."""

    kind: Literal["check_out"]
    visit: Word
    outcome: Outcome
    clinician: Word | None = None

    def in_words(self) -> str:
        if self.outcome is Outcome.DONE:
            return _("visit {visit} is done", visit=self.visit)
        return _("no one was home for visit {visit}", visit=self.visit)


class RunOverRequest(Request):
    """A visit under way ends later: at `expected_end`, or `minutes` after it was planned to.

    `minutes` count from the planned end each time: 20 twice is still 20.
    """

    kind: Literal["run_over"]
    visit: Word
    expected_end: Instant | None = Field(default=None, description="When it will end.")
    minutes: Whole | None = Field(default=None, ge=1, le=600, description="Or: how much longer than planned.")

    def in_words(self) -> str:
        return _("visit {visit} is running over", visit=self.visit)


class LateStartRequest(Request):
    """No one has checked in at a visit that should have begun.

    Suture notices that by itself; whoever learns of it earlier reports it. The clinician is not assumed to be
    absent.
    """

    kind: Literal["late_start"]
    visit: Word
    position: Whole = Field(default=1, ge=1, le=9, description="Which of the people a visit needs.")
    absent: bool = Field(default=False, strict=True, description="They cannot be reached by phone either.")

    def in_words(self) -> str:
        return _("no one has checked in at visit {visit}", visit=self.visit)


class NoCheckOutRequest(Request):
    """A visit that should be over has not been checked out of.

    Suture notices that by itself; whoever learns of it earlier reports it. Before the expected end it changes nothing.
    """

    kind: Literal["no_check_out"]
    visit: Word

    def in_words(self) -> str:
        return _("no one has checked out of visit {visit}", visit=self.visit)


class ReplyRequest(Request):
    """An answer taken by phone: of the patient of `visit`, or of `clinician` about the day `date`."""

    kind: Literal["reply"]
    answer: Answer
    visit: Word | None = Field(default=None, description="The patient of this visit answered.")
    clinician: Word | None = Field(default=None, description="Or: this clinician answered about `date`.")
    service_date: ServiceDate | None = Field(default=None, alias="date", description="As 2026-03-24.")

    def in_words(self) -> str:
        if self.visit:
            return _(_PATIENT_ANSWERED[self.answer], visit=self.visit)
        return _(_CLINICIAN_ANSWERED[self.answer], clinician=self.clinician)


class NoReplyRequest(Request):
    """An answer did not come in time: of the patient of `visit`, or of `clinician` about the day `date`.

    Suture notices that by itself; before the answer is due it changes nothing.
    """

    kind: Literal["no_reply"]
    visit: Word | None = Field(default=None, description="The patient of this visit has not answered.")
    clinician: Word | None = Field(default=None, description="Or: this clinician has not answered about `date`.")
    service_date: ServiceDate | None = Field(default=None, alias="date", description="As 2026-03-24.")

    def in_words(self) -> str:
        if self.visit:
            return _("the patient of visit {visit} has not answered", visit=self.visit)
        return _("clinician {clinician} has not answered", clinician=self.clinician)


OfDoorRequest = (
    CheckInRequest
    | CheckOutRequest
    | RunOverRequest
    | LateStartRequest
    | NoCheckOutRequest
    | ReplyRequest
    | NoReplyRequest
)


def place(tx: Tx, request: OfDoorRequest) -> Placed:
    """The branch-day of what happened, and what is stored of it. Raises BadSignal."""
    match request:
        case CheckInRequest():
            found = visit_of_about(tx, request.visit, request.occurred_at)
            return of_visit(found, clinician_id=_maybe_clinician(tx, request.clinician))
        case CheckOutRequest():
            found = visit_of_about(tx, request.visit, request.occurred_at)
            who = _maybe_clinician(tx, request.clinician)
            return of_visit(found, outcome=request.outcome, clinician_id=who)
        case RunOverRequest():
            return _run_over(tx, request)
        case LateStartRequest():
            return _late_start(tx, request)
        case NoCheckOutRequest():
            return of_visit(wanted_visit_of(tx, request.visit))
        case ReplyRequest():
            return _reply(tx, request)
        case NoReplyRequest():
            return _no_reply(tx, request)
        case _:
            assert_never(request)


def _run_over(tx: Tx, request: RunOverRequest) -> Placed:
    found = visit_of(tx, request.visit)
    check_not_over(request.visit, found)
    check_not_cancelled(request.visit, found)
    if (request.expected_end is None) == (request.minutes is None):
        raise BadSignal("expected_end", _("give either expected_end or minutes"))
    planned = lookups.planned_care(tx, found.id)
    if planned is None:
        raise BadSignal("visit", _("visit {visit} has no planned end to run over", visit=request.visit))
    if request.minutes is not None:  # counted when it is decided, from the end as planned: said twice is said once
        return of_visit(found, minutes=request.minutes)
    ends = request.expected_end or planned.ends_at
    if ends <= planned.starts_at:
        at = full_moment(wall_clock(planned.starts_at, branch_by_id(tx, found.branch_id).tz))
        said = _("must be after the visit begins: {at}", at=at)
        raise BadSignal("expected_end", said)
    if ends > planned.ends_at + LONGEST_RUN_OVER:
        hours = LONGEST_RUN_OVER // timedelta(hours=1)
        at = full_moment(wall_clock(planned.ends_at, branch_by_id(tx, found.branch_id).tz))
        said = _("is more than {hours} h after the planned end: {at}", hours=hours, at=at)
        raise BadSignal("expected_end", said)
    return of_visit(found, expected_end=ends)


def _late_start(tx: Tx, request: LateStartRequest) -> Placed:
    found = wanted_visit_of(tx, request.visit)
    if request.position > found.positions:
        said = _("visit {visit} needs fewer people: {n}", visit=request.visit, n=found.positions)
        raise BadSignal("position", said)
    return of_visit(found, position=request.position, absent=request.absent)


class _Told(NamedTuple):
    """Who answered or did not, what they were told by, and the day it is about."""

    branch_id: BranchId
    service_date: ServiceDate
    body: dict[str, Any]


def _reply(tx: Tx, request: ReplyRequest) -> Placed:
    told = _patient_told(tx, request, "promise_id") if request.visit is not None else _clinician_told(tx, request)
    return Placed(told.branch_id, told.service_date, {**told.body, "answer": request.answer, "via": "phone"})


def _no_reply(tx: Tx, request: NoReplyRequest) -> Placed:
    if request.visit is not None:
        open_visit_of(tx, request.visit)
        return Placed(*_patient_told(tx, request, "visit_id"))
    told = _clinician_told(tx, request)
    check_date_not_past(tx, told.branch_id, told.service_date)
    return Placed(*told)


def _patient_told(tx: Tx, request: ReplyRequest | NoReplyRequest, names: str) -> _Told:
    if request.clinician is not None:
        raise BadSignal("clinician", _("give either the visit or the clinician: one person answered"))
    visit = request.visit or ""
    found = visit_of(tx, visit)
    promise = lookups.patient_promise(tx, found.id)
    if promise is None:
        raise BadSignal("visit", _("the patient of visit {visit} has not been told anything yet", visit=visit))
    named = {"promise_id": promise.id, "visit_id": found.id}
    return _Told(found.branch_id, found.service_date, {"party_id": promise.party_id, names: named[names]})


def _clinician_told(tx: Tx, request: ReplyRequest | NoReplyRequest) -> _Told:
    if request.clinician is None or request.service_date is None:
        raise BadSignal("visit", _("give the visit, or the clinician and the date"))
    who = clinician_of(tx, request.clinician)
    touch_id = lookups.newest_day_message(tx, who.id, request.service_date)
    if touch_id is None:
        asked = full_date(request.service_date)
        said = _("clinician {clinician} was not told about {date} yet", clinician=request.clinician, date=asked)
        raise BadSignal("clinician", said)
    return _Told(who.branch_id, request.service_date, {"party_id": who.id, "touch_id": touch_id})


def _maybe_clinician(tx: Tx, external_id: str | None) -> int | None:
    return clinician_of(tx, external_id).id if external_id else None
