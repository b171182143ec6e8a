"""An offer from the first message to the last: one winner or none, and everyone is told the truth."""

from dataclasses import replace

from tests.builders import a_window, at
from tests.unit.dispatch.a_morning import (
    RN1,
    a_published_day,
    added,
    after,
    asked,
    asking,
    called_out,
    cancelled,
    changes_of,
    decided,
    gated,
    held,
    key,
    otherwise,
    says,
    stop,
    time_is_up,
    visit,
)

from suture.model.cases import CaseKind
from suture.model.day import Day
from suture.model.decision import ChangeKind, Decision
from suture.model.ids import PartyId, VisitId
from suture.model.messages import Step
from suture.model.offers import AskedState, Offer, OfferAnswer, OfferMode, OfferState
from suture.model.plan import Source
from suture.model.visit import GateState

TAKE, PASS = OfferAnswer.TAKE, OfferAnswer.PASS
SHORT = a_published_day(stop(1, 1, "08:00"), visits=[visit(1), visit(9, window=a_window("14:00", "15:30"))])
"""V-09 is after everyone's hours."""
ASKED = after(SHORT, decided(SHORT, asking(9)))
"""E-01, E-02 and E-03 are asked at 08:00, until 08:30."""


def offer_of(day: Day, number: int = 1) -> Offer:
    return next(o for o in day.offers if o.id == number)


def states(offer: Offer) -> dict[int, AskedState]:
    return {a.clinician_id - 100: a.state for a in offer.asked}


def news(decision: Decision) -> dict[int, Step]:
    return {n.asked.clinician_id - 100: n.step for n in decision.offer_news}


def in_mode(mode: OfferMode) -> Day:
    return after(SHORT, decided(SHORT, asking(9, mode=mode)))


def test_everyone_who_could_is_asked_at_once():
    decision = decided(SHORT, asking(9))
    assert news(decision) == {1: Step.S_OFFER, 2: Step.S_OFFER, 3: Step.S_OFFER}
    assert (decision.changes, offer_of(ASKED).expires_at) == ((), at("08:30"))


def test_the_first_yes_has_it_and_the_others_hear_that_it_is_covered():
    decision = decided(ASKED, says(2, TAKE))
    change, theirs = changes_of(decision)[key(9)], decision.assignments[key(9)]
    assert (change.kind, theirs.clinician_id, theirs.starts_at) == (ChangeKind.ASSIGNED, 102, at("14:00"))
    assert (theirs.pinned, theirs.source) == (True, Source.HUMAN)
    assert str(change.because) == "Clinician 2 took visit V-09"
    assert news(decision) == {1: Step.S_OFFER_GONE, 2: Step.S_OFFER_WON, 3: Step.S_OFFER_GONE}
    assert CaseKind.UNCOVERED_VISIT in {c.kind for c in decision.cases_closed} or not ASKED.cases
    (hours,) = decision.absences
    assert (hours.starts_at, hours.ends_at) == (at("13:50"), at("14:45")), "just what it takes of them"


def test_yeses_at_once_make_one_winner():
    answers = [says(c, TAKE, "08:01", n=c) for c in (1, 2, 3)]
    for order in (answers, answers[::-1]):
        decision = decided(ASKED, *order)
        won = [c for c, step in news(decision).items() if step is Step.S_OFFER_WON]
        assert won == [order[0].clinician_id - 100]
        assert len(news(decision)) == 3


def test_a_late_yes_gets_a_kind_no():
    day = after(ASKED, decided(ASKED, says(2, TAKE)))
    decision = decided(day, says(1, TAKE, "08:02"))
    assert (news(decision), decision.changes) == ({1: Step.S_OFFER_GONE}, ())


def test_a_yes_after_the_time_is_up_takes_nothing():
    assert decided(ASKED, says(2, TAKE, "08:30")).changes == ()


def test_a_yes_twice_is_one():
    day = after(ASKED, decided(ASKED, says(2, TAKE)))
    assert (decided(day, says(2, TAKE, "08:03")).offer_news, decided(day, says(2, TAKE, "08:03")).changes) == ((), ())


def test_someone_may_change_their_no_into_a_yes_while_it_lasts():
    day = after(ASKED, decided(ASKED, says(2, PASS)))
    assert states(offer_of(day))[2] is AskedState.REJECTED
    assert news(decided(day, says(2, TAKE, "08:05")))[2] is Step.S_OFFER_WON


def test_once_all_have_said_no_the_round_is_over_and_a_person_decides():
    decision = decided(ASKED, *(says(c, PASS, n=c) for c in (1, 2, 3)))
    day = after(ASKED, decision)
    assert offer_of(day).state is OfferState.TIMEOUT
    assert [str(r) for r in decision.ladders[key(9)]] == [
        "No clinician can take it within their hours.",
        "Clinician 1 said no at 08:01.",
        "Clinician 2 said no at 08:01.",
        "Clinician 3 said no at 08:01.",
        "There is no one left to ask now.",
        "Ask the patient whether another day of the week will do.",
        "Whether it is missed is for a person to decide.",
    ]


def test_one_after_the_other_asks_the_next_once_one_says_no_or_nothing():
    day = in_mode(OfferMode.SEQUENTIAL)
    assert states(offer_of(day)) == {1: AskedState.PENDING}
    decision = decided(day, says(1, PASS))
    assert news(decision) == {2: Step.S_OFFER}
    day = after(day, decision)
    decision = decided(day, time_is_up("08:31", offer=2))
    assert news(decision) == {3: Step.S_OFFER}
    assert after(day, decision).offers[2].round == 3


def test_a_person_who_asks_one_after_the_other_asks_each_once_and_may_begin_again():
    day = after(SHORT, decided(SHORT, asking(9, mode=OfferMode.SEQUENTIAL, by_person=True)))
    for offer, clinician, when in ((1, 2, "08:30"), (2, 3, "09:00")):
        decision = decided(day, time_is_up(when, offer=offer))
        assert news(decision) == {clinician: Step.S_OFFER}
        day = after(day, decision)
    day = after(day, decided(day, time_is_up("10:30", offer=3)))
    assert not offer_of(day, 3).is_pending and len(day.offers) == 3
    again = decided(day, asking(9, "10:31", mode=OfferMode.SEQUENTIAL, by_person=True))
    assert news(again) == {1: Step.S_OFFER}


def test_the_best_yes_has_it_when_the_time_is_up():
    day = in_mode(OfferMode.BEST_OF_WINDOW)
    day = after(day, decided(day, says(3, TAKE, "08:02")))
    day = after(day, decided(day, says(2, TAKE, "08:04")))
    assert key(9) not in day.plan.assignments
    decision = decided(day, time_is_up())
    assert news(decision)[2] is Step.S_OFFER_WON
    assert news(decision)[3] is Step.S_OFFER_GONE
    assert states(offer_of(after(day, decision)))[1] is AskedState.RESCINDED


def test_the_best_of_the_yeses_has_it_as_soon_as_all_have_answered():
    day = in_mode(OfferMode.BEST_OF_WINDOW)
    decision = decided(day, says(1, PASS, n=1), says(3, TAKE, n=3), says(2, TAKE, n=2))
    assert news(decision)[2] is Step.S_OFFER_WON


def test_a_cancelled_moved_or_covered_visit_cancels_its_offer():
    assert news(decided(ASKED, cancelled(9))) == dict.fromkeys((1, 2, 3), Step.S_OFFER_GONE)
    moved = asked(ASKED, 9, window=a_window("08:00", "12:00"))
    decision = decided(moved, otherwise(9))
    assert key(9) in decision.assignments
    assert offer_of(after(moved, decision)).state is OfferState.CANCELED


def test_a_yes_to_a_visit_that_moved_a_second_ago_takes_nothing():
    moved = asked(ASKED, 9, window=a_window("16:00", "17:30"))
    decision = decided(moved, otherwise(9, "08:00"), says(2, TAKE, "08:01"))
    assert key(9) not in decision.assignments
    said = [(n.offer.round, n.step) for n in decision.offer_news]
    assert said == [(1, Step.S_OFFER_GONE)] * 3 + [(2, Step.S_OFFER)] * 3, "and they are asked about it as it is now"


def test_a_yes_from_someone_who_has_called_out_since_takes_nothing():
    decision = decided(ASKED, called_out(2, "08:00"), says(2, TAKE, "08:01"))
    assert key(9) not in decision.assignments
    day = after(ASKED, decision)
    assert (news(decision)[2], states(offer_of(day))[2]) == (Step.S_OFFER_GONE, AskedState.CANCELED)
    assert offer_of(day).is_pending, "the others are still asked"


def test_a_yes_from_someone_whose_license_has_ended_takes_nothing():
    ended = replace(RN1, credentials=())
    day = replace(ASKED, clinicians={**ASKED.clinicians, RN1.id: ended})
    decision = decided(day, says(1, TAKE))
    assert (key(9) in decision.assignments, news(decision)) == (False, {1: Step.S_OFFER_GONE})


def test_the_second_yes_of_one_person_is_checked_against_the_first():
    wanted = [visit(1), *(visit(n, window=a_window("14:00", "14:40")) for n in (8, 9))]
    day = a_published_day(stop(1, 1, "08:00"), visits=wanted)
    day = after(day, decided(day, asking(8, n=1), asking(9, n=2)))
    decision = decided(day, says(2, TAKE, offer=1, n=1), says(2, TAKE, offer=2, n=2))
    held = {k for k, a in decision.assignments.items() if a.clinician_id == 102}
    assert held == {key(8)}
    assert {(n.offer.id, n.step) for n in decision.offer_news if n.asked.clinician_id == 102} == {
        (1, Step.S_OFFER_WON),
        (2, Step.S_OFFER_GONE),
    }


def test_what_someone_took_stays_theirs_in_later_repairs():
    day = after(ASKED, decided(ASKED, says(2, TAKE)))
    day = replace(day, visits={**day.visits, VisitId(7): visit(7, window=a_window("13:50", "15:30"))})
    decision = decided(day, added(7))
    assert decision.assignments[key(9)] == day.plan.assignments[key(9)]


def test_no_one_is_asked_twice_at_once_nor_about_what_is_covered_nor_of_a_draft():
    assert decided(ASKED, asking(9, "08:05")).offers == ()
    assert decided(SHORT, asking(1)).offers == ()


def test_a_no_after_the_yes_is_a_person_s_to_decide():
    day = after(ASKED, decided(ASKED, says(2, TAKE)))
    decision = decided(day, says(2, PASS, "08:10"))
    assert [c.kind for c in decision.cases_opened if c.kind is CaseKind.CLINICIAN_DECLINED] == [
        CaseKind.CLINICIAN_DECLINED
    ]
    assert decision.assignments[key(9)].clinician_id == 102


def test_a_no_that_is_decided_together_with_the_yes_before_it_is_heard():
    decision = decided(ASKED, says(2, TAKE, "08:01", n=1), says(2, PASS, "08:02", n=2))
    assert CaseKind.CLINICIAN_DECLINED in {c.kind for c in decision.cases_opened}


def test_a_yes_is_checked_against_all_that_is_known_though_it_was_said_first():
    for known in (called_out(2, "08:05"), cancelled(9, "08:05"), held(9, "08:05")):
        decision = decided(ASKED, says(2, TAKE, "08:01"), known)
        assert 102 not in {a.clinician_id for a in decision.assignments.values()}
        assert news(decision)[2] is Step.S_OFFER_GONE


def test_a_round_ends_though_the_clock_is_set_back_between_its_timer_and_its_end():
    day = after(ASKED, decided(ASKED, time_is_up("08:30"), now=at("08:29")))
    assert offer_of(day).state is OfferState.TIMEOUT


def test_no_one_is_asked_about_a_visit_whose_patient_has_not_confirmed_unless_a_person_says_so():
    held = gated(SHORT, 9, GateState.HELD)
    assert decided(held, asking(9)).offers == ()
    assert len(decided(held, asking(9, by_person=True)).offers) == 1
    assert decided(gated(SHORT, 9, GateState.WAITLIST), asking(9, by_person=True)).offers == ()


def test_what_the_winner_cannot_do_after_all_says_who_else_was_asked_and_what_came_of_it():
    day = after(ASKED, decided(ASKED, says(2, TAKE)))
    day = after(day, decided(day, called_out(2, "08:10")))
    decision = decided(day, asking(9, "08:15", by_person=True))
    assert [str(step) for step in decision.ladders[key(9)][1:4]] == [
        "Clinician 1 was asked at 08:00, and someone else took it.",
        "Clinician 2 took it at 08:01.",
        "Clinician 3 was asked at 08:00, and someone else took it.",
    ]


def test_a_no_that_ended_the_round_may_still_become_a_yes_until_the_time_is_up():
    day = after(ASKED, decided(ASKED, *(says(c, PASS, n=c) for c in (1, 2, 3))))
    assert news(decided(day, says(2, TAKE, "08:05")))[2] is Step.S_OFFER_WON
    assert news(decided(day, says(2, TAKE, "08:30"))) == {2: Step.S_OFFER_GONE}


def test_who_says_yes_too_late_is_remembered_as_willing():
    day = after(ASKED, decided(ASKED, says(2, TAKE)))
    day = after(day, decided(day, says(1, TAKE, "08:02")))
    asked_1 = offer_of(day).of(PartyId(101))
    assert asked_1 is not None and asked_1.answered_at == at("08:02")
