"""Who could take a position that has no clinician, in which order, and who is not asked."""

from dataclasses import replace
from datetime import timedelta

from tests.builders import a_past_visit, a_patient, a_window, at
from tests.rule_verifier import a_rulebook
from tests.unit.dispatch.a_morning import (
    HHA4,
    LPN3,
    RN1,
    RN2,
    RULEBOOK,
    a_published_day,
    after,
    asking,
    called_out,
    decided,
    key,
    says,
    stop,
    time_is_up,
    visit,
)

from suture.dispatch.fill import CallList, call_list, next_round
from suture.model.day import Day
from suture.model.ids import PartyId
from suture.model.offers import OfferAnswer, OfferMode, PastAnswers
from suture.model.people import Availability, AvailabilityKind, shifts_of
from suture.rules.book import Rulebook
from suture.rules.evaluate import evaluate

LATE = visit(9, window=a_window("14:00", "15:30"))
SHORT = a_published_day(stop(1, 1, "08:00"), stop(2, 2, "12:00"), visits=[visit(1), visit(2), LATE])
"""V-09 is after everyone's hours; E-02 has a visit at noon and could stay on."""


def listed(
    day: Day = SHORT, when: str = "08:00", rulebook: Rulebook = RULEBOOK, *, by_person: bool = False
) -> CallList:
    return call_list(day, evaluate(rulebook, day), key(9), at(when), by_person=by_person)


def order(found: CallList) -> list[int]:
    return [r.could.clinician_id - 100 for r in found.ranked]


def not_now(day: Day, clinician: int, when: str = "08:00", *, by_person: bool = False) -> str:
    found = (
        r.not_now for r in listed(day, when, by_person=by_person).ranked if r.could.clinician_id == 100 + clinician
    )
    return str(next(found) or "")


def with_hours(day: Day, *more: Availability) -> Day:
    availability = (*day.availability, *more)
    return replace(day, availability=availability, shifts=shifts_of(availability))


def test_people_could_take_it_outside_their_hours_and_each_hears_what_it_takes():
    found = listed()
    assert order(found) == [1, 2, 3]
    assert {str(r.why) for r in found.ranked} == {"20 min more driving, 55 min outside their hours"}


def test_who_is_near_then_comes_first():
    near = a_published_day(stop(2, 2, "12:00"), visits=[visit(2), visit(9, window=a_window("13:00", "14:30"))])
    found = listed(near)
    assert order(found)[0] == 2, "from V-02 on to V-09, and home once"
    assert str(found.ranked[0].why) == "10 min more driving, 45 min outside their hours"


def test_what_a_hard_rule_forbids_is_never_offered():
    found = listed()
    assert [(c.clinician_id, c.rule_ids) for c in found.cannot] == [(HHA4.id, ("role",))]


def test_someone_who_called_out_or_is_away_cannot():
    day = after(SHORT, decided(SHORT, called_out(1)))
    assert RN1.id in {c.clinician_id for c in listed(day).cannot}


def test_too_little_rest_before_the_next_day_is_no_one_s_offer():
    rulebook = a_rulebook("id: rest\nkind: rest\nmin_hours: 11")
    early = replace(
        SHORT, past=(a_past_visit(RN2, days=1, starts_at=at("01:00", days=1), ends_at=at("01:30", days=1)),)
    )
    assert 2 not in order(listed(early, rulebook=rulebook))
    assert 2 in order(listed(SHORT, rulebook=rulebook))


def test_who_knows_the_patient_is_said():
    known = replace(SHORT, past=(a_past_visit(RN1, a_patient(9)),))
    why = next(str(r.why) for r in listed(known).ranked if r.could.clinician_id == RN1.id)
    assert "saw the patient 1 time" in why


def test_who_is_on_call_comes_first_by_tier():
    def on_call(clinician: PartyId, tier: int) -> Availability:
        return Availability(clinician, at("13:30"), at("18:00"), AvailabilityKind.ON_CALL, tier=tier)

    day = with_hours(SHORT, on_call(LPN3.id, 1), on_call(RN1.id, 2))
    assert order(listed(day)) == [3, 1, 2]


def test_who_always_says_no_comes_later():
    day = replace(SHORT, past_answers={RN1.id: PastAnswers(rejected=20), LPN3.id: PastAnswers(accepted=20)})
    found = listed(day)
    assert order(found) == [3, 2, 1]
    assert str(found.ranked[0].why).endswith("said yes to 20 of 20 offers")


def test_no_one_is_asked_too_often_at_night_or_where_no_message_arrives():
    often = replace(SHORT, past_answers={RN1.id: PastAnswers(today=3), RN2.id: PastAnswers(can_be_reached=False)})
    assert not_now(often, 1) == "was asked 3 times today"
    assert not_now(often, 2) == "no text or e-mail can reach them: call"
    assert not_now(SHORT, 1, "05:00") == "is not asked before 05:30"
    assert not_now(SHORT, 1, "05:30") == ""


def test_rounds_that_begin_together_count_each_other():
    """Whom one of them asks is asked by the next only as often as the agency says, and for one position of a visit."""
    late = [visit(n, window=a_window("14:00", "15:30"), positions=1 + (n == 5)) for n in (5, 6, 7, 8)]
    day = a_published_day(stop(1, 1, "08:00"), visits=[visit(1), *late])
    asks = [asking(v, n=n, position=p) for n, (v, p) in enumerate([(5, 1), (5, 2), (6, 1), (7, 1), (8, 1)])]
    offers = decided(day, *asks).offers
    assert [o.key for o in offers] == [key(5), key(6), key(7)], "each of the three is asked three times, V-05 once"


def test_whoever_is_on_call_now_is_asked_at_any_hour():
    hours = Availability(RN1.id, at("00:00"), at("18:00"), AvailabilityKind.ON_CALL)
    day = with_hours(SHORT, hours)
    assert not_now(day, 1, "03:00") == ""
    day = with_hours(day, Availability(RN1.id, at("02:30"), at("05:15"), AvailabilityKind.UNAVAILABLE, called_out=True))
    assert not_now(day, 1, "03:00") == "is not asked before 05:30", "she has called out of those hours"


def test_who_said_no_is_not_asked_again_and_who_was_silent_only_by_a_person():
    day = after(SHORT, decided(SHORT, asking(9)))
    day = after(day, decided(day, says(1, OfferAnswer.PASS)))
    day = after(day, decided(day, time_is_up()))
    assert not_now(day, 1, "09:00", by_person=True) == "said no at 08:01"
    assert not_now(day, 2, "09:00") == "did not answer when asked at 08:00"
    assert not_now(day, 2, "09:00", by_person=True) == ""


def test_a_round_asks_as_many_as_the_agency_says_and_ends_in_time():
    rules = evaluate(RULEBOOK, SHORT)

    def rounds(mode: OfferMode | None, when: str) -> tuple[int, timedelta]:
        offer = next_round(SHORT, rules, key(9), at(when), mode=mode, by_person=False)
        assert offer is not None
        return len(offer.asked), offer.expires_at - offer.opened_at

    assert rounds(None, "08:00") == (3, timedelta(minutes=30))
    assert rounds(OfferMode.SEQUENTIAL, "08:00")[0] == 1
    assert rounds(None, "11:00") == (3, timedelta(minutes=5)), "the visit starts within four hours"


def test_while_messages_are_on_hold_no_one_is_asked():
    held = replace(SHORT, offering=replace(SHORT.offering, on_hold=True))
    assert next_round(held, evaluate(RULEBOOK, held), key(9), at("08:00"), mode=None, by_person=True) is None


def test_someone_with_a_visit_then_cannot():
    busy = with_hours(
        a_published_day(
            stop(1, 1, "14:15"),
            visits=[visit(1, window=a_window("14:15", "14:45")), visit(9, window=a_window("14:10", "14:50"))],
        ),
    )
    assert 1 not in order(listed(busy))
