"""Signals as callers send them, with external ids; checked here, stored first, decided by the worker.

The API and the command line speak these models. Each group of `model/signals.py` has a file: the requests of its
signals, and how each finds its branch-day.
"""

from datetime import timedelta
from typing import Annotated, get_args

from pydantic import BaseModel, Field, TypeAdapter

from suture.model.audit import AuditCode
from suture.model.events import EventKind, NewEvent
from suture.service.caller import Caller
from suture.service.errors import BadSignal
from suture.service.signal_requests import of_door, of_offers, of_staff, of_visits
from suture.service.signal_requests.fields import Placed
from suture.service.signal_requests.of_door import CheckInRequest, CheckOutRequest, OfDoorRequest, RunOverRequest
from suture.service.signal_requests.of_offers import OfOfferRequest
from suture.service.signal_requests.of_staff import CallOutRequest, OfStaffRequest, RunningLateRequest
from suture.service.signal_requests.of_visits import CancellationRequest, NewVisitRequest, OfVisitRequest
from suture.service.signal_requests.overtaken import check_not_overtaken
from suture.store import audit, events, inbox
from suture.store.inbox import Received
from suture.store.transaction import Tx
from suture.words.catalog import _

__all__ = [
    "REQUESTS",
    "SIGNAL_REQUEST",
    "CallOutRequest",
    "CancellationRequest",
    "CheckInRequest",
    "CheckOutRequest",
    "NewVisitRequest",
    "RunOverRequest",
    "RunningLateRequest",
    "SignalRequest",
    "place",
    "receive_signal",
    "report",
]

SignalRequest = Annotated[OfVisitRequest | OfStaffRequest | OfDoorRequest | OfOfferRequest, Field(discriminator="kind")]
SIGNAL_REQUEST: TypeAdapter[SignalRequest] = TypeAdapter(SignalRequest)
REQUESTS: dict[str, type[BaseModel]] = {
    get_args(request.model_fields["kind"].annotation)[0]: request for request in get_args(get_args(SignalRequest)[0])
}
"""The request of each signal, by its name."""

CLOCKS_DIFFER = timedelta(minutes=5)


def receive_signal(caller: Caller, request: SignalRequest) -> Received:
    """Store a signal and mark its branch-day. Raises BadSignal naming the field.

    A repeat gets the stored answer, whatever has happened since to what it names, also when both come at once.
    """
    said = request.model_dump_json()
    with caller.transaction() as tx:
        inbox.lock_id(tx, request.source, request.source_id)
        known = inbox.find(tx, request.source, request.source_id, kind=request.kind, request=said)
        if known is not None and not known.is_foreign:
            return known
        if request.occurred_at is not None and request.occurred_at > tx.now + CLOCKS_DIFFER:
            now = tx.now.isoformat(timespec="seconds")
            raise BadSignal("occurred_at", _("is in the future: it is {now}", now=now))
        placed = place(tx, request)
        if known is not None:
            raise BadSignal("source_id", _("is in use: give this signal an id of its own"))
        if request.occurred_at is not None:
            check_not_overtaken(tx, request.kind, placed, request.occurred_at)
        received = _store(tx, request, placed, said)
        _log_new_demand(tx, request, placed)
    return received


def report(tx: Tx, request: OfStaffRequest) -> Received:
    """Store a signal that follows from something stored once itself, in its transaction. Raises BadSignal."""
    return _store(tx, request, of_staff.place(tx, request), request.model_dump_json())


def place(tx: Tx, request: SignalRequest) -> Placed:
    """The branch-day that a signal belongs to, and what is stored of it; a record that it changes is stored here.

    Raises BadSignal naming the field.
    """
    if isinstance(request, OfVisitRequest):
        return of_visits.place(tx, request)
    if isinstance(request, OfOfferRequest):
        return of_offers.place(tx, request)
    return of_staff.place(tx, request) if isinstance(request, OfStaffRequest) else of_door.place(tx, request)


def _store(tx: Tx, request: SignalRequest, placed: Placed, said: str) -> Received:
    """The signal of a changed record follows from it, as from one of a file, and is then the caller's."""
    occurred_at = request.occurred_at or tx.now
    adopted = None
    if placed.about:
        adopted = inbox.adopt(
            tx,
            kind=request.kind,
            about=placed.about,
            number=placed.body[placed.about],
            source=request.source,
            source_id=request.source_id,
            occurred_at=occurred_at,
            request=said,
        )
    received = adopted or inbox.receive(
        tx,
        kind=request.kind,
        branch_id=placed.branch_id,
        service_date=placed.service_date,
        source=request.source,
        source_id=request.source_id,
        body=placed.body,
        also=placed.also,
        occurred_at=occurred_at,
        request=said,
    )
    audit.record(tx, AuditCode.SIGNAL_RECEIVED, "signal", received.id, signal=request.kind)
    return received


def _log_new_demand(tx: Tx, request: SignalRequest, placed: Placed) -> None:
    """Metrics count a visit from the moment it is known."""
    if isinstance(request, NewVisitRequest):
        known = NewEvent(
            EventKind.VISIT_ADDED, placed.body["visit_id"], {"positions": request.visit.positions, "t_signal": tx.now}
        )
        events.append(tx, branch_id=placed.branch_id, service_date=placed.service_date, events=[known])
