"""Signals as callers send them: what is wrong names its field, and what is stored is understood as it was meant."""

from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError
from tests.builders import at
from tests.unit.service.some_requests import GOOD, NOON, ON_THE_DAY, VISIT, changed, request

from suture.model.ids import OfferId, PartyId, PlaceId, PromiseId, SignalId, TouchId, VisitId
from suture.model.offers import OfferAnswer, OfferMode
from suture.model.signals import (
    SIGNAL_KINDS,
    Answer,
    AskToFill,
    CallOut,
    Cancellation,
    CheckIn,
    CheckOut,
    ClinicianFree,
    LateStart,
    NewVisit,
    NoCheckOut,
    NoReply,
    OfferAnswered,
    OfferExpired,
    Outcome,
    Reopened,
    Reply,
    RosterChange,
    RosterField,
    RunningLate,
    RunOver,
    Signal,
    SiteClosed,
    TravelDisruption,
    VisitChanged,
    VisitHeld,
    VisitReleased,
)
from suture.service import signal_requests
from suture.service.handle_signals import understand
from suture.service.signal_requests import SIGNAL_REQUEST
from suture.store.inbox import StoredSignal


def test_every_kind_of_signal_can_be_sent():
    assert GOOD.keys() == SIGNAL_KINDS.keys()
    assert signal_requests.REQUESTS.keys() == GOOD.keys()


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_request_survives_being_written_and_read(body):
    sent = request(**body, source="ehr", source_id="77", occurred_at=NOON)
    for by_alias in (True, False):
        assert SIGNAL_REQUEST.validate_json(sent.model_dump_json(by_alias=by_alias)) == sent
    assert (sent.source, sent.source_id, sent.occurred_at) == ("ehr", "77", datetime(2026, 3, 24, 16, tzinfo=UTC))


@pytest.mark.parametrize("body", GOOD.values(), ids=GOOD)
def test_a_signal_without_an_id_of_its_own_gets_one_and_happened_now(body):
    one, other = request(**body), request(**body)
    assert one.source_id != other.source_id
    assert (one.source, one.occurred_at) == ("api", None)


BAD: list[tuple[str, dict[str, Any], str]] = [
    ("call_out", {"clinician": None}, "clinician"),
    ("call_out", {"clinician": ""}, "clinician"),
    ("call_out", {"clinician": "E-01\x00"}, "clinician"),
    ("call_out", {"from": "2026-03-24T07:40:00"}, "from"),
    ("call_out", {"until": "tomorrow"}, "until"),
    ("call_out", {"until": "1926-03-24T07:40:00Z"}, "until"),
    ("call_out", {"visit": "V-01"}, "visit"),
    ("cancellation", {"visit": ...}, "visit"),
    ("cancellation", {"by": "weather"}, "by"),
    ("cancellation", {"reason": "x" * 201}, "reason"),
    ("run_over", {"minutes": 0}, "minutes"),
    ("run_over", {"minutes": 601}, "minutes"),
    ("run_over", {"expected_end": "2026-03-24T12:00:00"}, "expected_end"),
    ("run_over", {"minutes": True}, "minutes"),
    ("run_over", {"minutes": 5.0}, "minutes"),
    ("run_over", {"minutes": "5"}, "minutes"),
    ("run_over", {"expected_end": 1774366800}, "expected_end"),
    ("run_over", {"expected_end": "1774366800"}, "expected_end"),
    ("run_over", {"expected_end": True}, "expected_end"),
    ("check_in", {"visit": 7}, "visit"),
    ("check_in", {"visit": "V-\ud800"}, "visit"),
    ("check_in", {"visit": "V\u202e"}, "visit"),
    ("check_out", {"outcome": "gone"}, "outcome"),
    ("check_out", {"outcome": ...}, "outcome"),
    ("reply", {"answer": "maybe"}, "answer"),
    ("reply", {"date": "24.03.2026"}, "date"),
    ("reply", {"date": "2026-03-24T00:00:00"}, "date"),
    ("reply", {"date": "1774310400"}, "date"),
    ("reply", {"date": 1774310400}, "date"),
    ("reply", {"date": True}, "date"),
    ("reply", {"date": "1999-12-31"}, "date"),
    ("reply", {"date": "2100-01-01"}, "date"),
    ("reply", {"date": "0001-01-01"}, "date"),
    ("reply", {"date": "9999-12-31"}, "date"),
    ("reply", {"source": ""}, "source"),
    ("reply", {"source": "x" * 41}, "source"),
    ("reply", {"source_id": ""}, "source_id"),
    ("reply", {"source_id": "x" * 201}, "source_id"),
    ("reply", {"occurred_at": "2026-03-24T07:40:00"}, "occurred_at"),
]
BAD += [
    ("reopened", {"reason": "by mistake"}, "reason"),
    ("visit_held", {"reason": "x" * 201}, "reason"),
    ("visit_released", {"visit": ""}, "visit"),
    ("running_late", {"minutes": 0}, "minutes"),
    ("running_late", {"minutes": 601}, "minutes"),
    ("running_late", {"minutes": "20"}, "minutes"),
    ("running_late", {"minutes": ...}, "minutes"),
    ("late_start", {"absent": "yes"}, "absent"),
    ("late_start", {"absent": 1}, "absent"),
    ("late_start", {"position": 0}, "position"),
    ("no_check_out", {"visit": 1}, "visit"),
    ("no_check_out", {"expected_end": NOON}, "expected_end"),
    ("late_start", {"position": True}, "position"),
    ("no_reply", {"date": "tomorrow"}, "date"),
    ("visit_changed", {"positions": 10}, "positions"),
    ("visit_changed", {"duration_minutes": 0}, "duration_minutes"),
    ("visit_changed", {"required_skills": "iv"}, "required_skills"),
    ("visit_changed", {"priority": "high"}, "priority"),
    ("visit_changed", {"status": "completed"}, "status"),
    ("visit_changed", {"patient": "P-02"}, "patient"),
    ("visit_changed", {"earliest_start": "2026-03-24T10:00:00"}, "earliest_start"),
    ("roster_change", {"hours": "more"}, "hours"),
    ("roster_change", {"from": ...}, "from"),
    ("roster_change", {"until": "2026-03-24"}, "until"),
    ("clinician_free", {"until": ...}, "until"),
    ("site_closed", {"site": ...}, "site"),
    ("site_closed", {"until": 1774366800}, "until"),
    ("travel_disruption", {"percent": 99}, "percent"),
    ("travel_disruption", {"percent": 1001}, "percent"),
    ("travel_disruption", {"percent": 150.0}, "percent"),
    ("travel_disruption", {"closed": "true"}, "closed"),
    ("travel_disruption", {"area": "432"}, "area"),
    ("travel_disruption", {"area": ["4"] * 101}, "area"),
]
BAD_VISITS: list[tuple[dict[str, Any], str]] = [
    ({"external_id": ""}, "external_id"),
    ({"external_id": "x" * 201}, "external_id"),
    ({"service": ...}, "service"),
    ({"earliest_start": "2026-03-24T10:00:00"}, "earliest_start"),
    ({"latest_end": "noon"}, "latest_end"),
    ({"duration_minutes": 0}, "duration_minutes"),
    ({"duration_minutes": 1441}, "duration_minutes"),
    ({"duration_minutes": True}, "duration_minutes"),
    ({"duration_minutes": 30.0}, "duration_minutes"),
    ({"positions": True}, "positions"),
    ({"positions": "1"}, "positions"),
    ({"required_skills": "iv"}, "required_skills"),
    ({"priority": "high"}, "priority"),
    ({"positions": 0}, "positions"),
    ({"positions": 10}, "positions"),
    ({"diagnosis": "none of your business"}, "diagnosis"),
]


def field_of(error: ValidationError) -> list[str]:
    return [".".join(str(step) for step in e["loc"][1:]) for e in error.errors()]


@pytest.mark.parametrize(("kind", "changes", "field"), BAD)
def test_what_is_wrong_names_its_field(kind, changes, field):
    with pytest.raises(ValidationError) as error:
        request(**changed(GOOD[kind], changes))
    assert field_of(error.value) == [field]


@pytest.mark.parametrize(("changes", "field"), BAD_VISITS)
def test_what_is_wrong_with_a_new_visit_names_its_field_too(changes, field):
    with pytest.raises(ValidationError) as error:
        request(kind="new_visit", visit=changed(VISIT, changes))
    assert field_of(error.value) == [f"visit.{field}"]


@pytest.mark.parametrize("kind", ["sick_note", None])
def test_a_kind_that_no_one_knows_is_refused(kind):
    with pytest.raises(ValidationError, match="kind"):
        request(kind=kind, clinician="E-01")


# --- Stored and understood --------------------------------------------------------------------------------------------

CAME: dict[str, Any] = {"id": SignalId(9), "received_at": at("07:41"), "occurred_at": at("07:40")}
SIGNALS: list[Signal] = [
    CallOut(**CAME, clinician_id=PartyId(101), from_at=at("07:40"), until=at("17:00")),
    Cancellation(**CAME, visit_id=VisitId(1), by="agency", reason="snow"),
    RunOver(**CAME, visit_id=VisitId(1), expected_end=at("09:00")),
    RunOver(**CAME, visit_id=VisitId(1), minutes=20),
    NewVisit(**CAME, visit_id=VisitId(1)),
    VisitChanged(**CAME, visit_id=VisitId(1)),
    Reopened(**CAME, visit_id=VisitId(1)),
    VisitHeld(**CAME, visit_id=VisitId(1), reason="snow"),
    VisitReleased(**CAME, visit_id=VisitId(1)),
    RunningLate(**CAME, clinician_id=PartyId(101), minutes=20),
    LateStart(**CAME, visit_id=VisitId(1), position=2, absent=True),
    NoCheckOut(**CAME, visit_id=VisitId(1)),
    NoReply(**CAME, party_id=PartyId(201), visit_id=VisitId(1)),
    NoReply(**CAME, party_id=PartyId(101), touch_id=TouchId(6)),
    ClinicianFree(**CAME, clinician_id=PartyId(101), from_at=at("07:40"), until=at("17:00")),
    SiteClosed(**CAME, place_id=PlaceId(7), from_at=at("07:40"), until=at("17:00")),
    TravelDisruption(**CAME, postal_codes=("432",), percent=150, from_at=at("07:40"), until=at("17:00")),
    TravelDisruption(**CAME, postal_codes=(), percent=None, from_at=at("07:40"), until=at("17:00")),
    RosterChange(**CAME, clinician_id=PartyId(101), changed=RosterField.HOURS),
    CheckIn(**CAME, visit_id=VisitId(1), clinician_id=None),
    CheckIn(**CAME, visit_id=VisitId(1), clinician_id=PartyId(101)),
    CheckOut(**CAME, visit_id=VisitId(1), outcome=Outcome.NOT_HOME, clinician_id=PartyId(101)),
    Reply(**CAME, party_id=PartyId(201), answer=Answer.RESCHEDULE, via="sms", promise_id=PromiseId(5)),
    Reply(**CAME, party_id=PartyId(101), answer=Answer.ACCEPT, via="link", touch_id=TouchId(6)),
    AskToFill(**CAME, visit_id=VisitId(1), position=2, mode=OfferMode.SEQUENTIAL, by_person=True),
    OfferAnswered(**CAME, offer_id=OfferId(3), clinician_id=PartyId(101), answer=OfferAnswer.TAKE),
    OfferExpired(**CAME, offer_id=OfferId(3)),
]


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: type(s).__name__)
def test_a_signal_survives_the_inbox(signal):
    kind = next(word for word, cls in SIGNAL_KINDS.items() if cls is type(signal))
    facts = TypeAdapter(type(signal)).dump_python(signal, mode="json")
    body = {name: value for name, value in facts.items() if name not in CAME}
    stored = StoredSignal(signal.id, kind, body, signal.occurred_at, signal.received_at, 0, *ON_THE_DAY)
    assert understand(stored) == signal


def test_every_kind_is_among_those_tried():
    assert {type(s) for s in SIGNALS} == set(SIGNAL_KINDS.values())


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("check_out", {"visit_id": 1, "outcome": "gone", "clinician_id": None}),
        ("call_out", {"clinician_id": 101, "from_at": NOON}),
        ("reply", {"party_id": "someone", "answer": "accept", "via": "sms"}),
    ],
)
def test_a_stored_body_that_cannot_be_read_is_an_error_and_not_a_guess(kind, body):
    with pytest.raises(ValidationError):
        understand(StoredSignal(SignalId(9), kind, body, at("07:40"), at("07:40"), 0, *ON_THE_DAY))
