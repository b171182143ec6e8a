"""An answer counts only for what the party was last told."""

from dataclasses import replace

import pytest
from tests.builders import SERVICE_DATE, at
from tests.unit.dispatch.a_morning import (
    RN1,
    RN2,
    a_promise,
    a_published_day,
    after,
    answered,
    changes_of,
    day_answered,
    decided,
    key,
    stop,
    visit,
)

from suture.dispatch.reply import reply
from suture.model.cases import CaseKind, CaseSubject, CaseToClose
from suture.model.day import ConfirmationState, Day, Promise
from suture.model.decision import ChangeKind, ConfirmationUpdate, VisitUpdate
from suture.model.ids import PartyId, PromiseId, TouchId, VisitId
from suture.model.signals import Answer, Reply
from suture.model.visit import VisitStatus
from suture.words.reason import reason

MORNING = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 2, "08:00"))
NURSE_TOUCH, OTHER_TOUCH = 10_000 + RN1.id, 10_000 + RN2.id
NOW = at("07:40")


def promised(number: int, day: Day = MORNING) -> Promise:
    promise = day.promise_of(VisitId(number), PartyId(200 + number))
    assert promise is not None
    return promise


# --- A patient --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (Answer.ACCEPT, ConfirmationState.ACCEPTED),
        (Answer.DECLINE, ConfirmationState.DECLINED),
        (Answer.RESCHEDULE, ConfirmationState.DECLINED),
        (Answer.CANCEL, ConfirmationState.DECLINED),
    ],
)
def test_it_is_recorded_for_the_promise_it_answers_and_closes_its_question(answer, state):
    promise = promised(1)
    effect = reply(answered(promise, answer, via="sms"), MORNING, NOW)
    assert effect.confirmations == (
        ConfirmationUpdate(
            promise.id, VisitId(1), PartyId(201), state, "sms", NOW, other_time=answer is Answer.RESCHEDULE
        ),
    )
    assert effect.answered_touches == (promise.touch_id,)
    assert {p.id: p.answer for p in effect.day.promises}[promise.id] is state


def test_yes_closes_the_cases_of_an_earlier_no_and_of_silence_and_moves_nothing():
    effect = reply(answered(promised(1), Answer.ACCEPT), MORNING, NOW)
    subject = CaseSubject("visit", 1)
    because = reason("closed.answered_accept")
    assert effect.closed == tuple(
        CaseToClose(kind, subject, because) for kind in (CaseKind.PATIENT_DECLINED, CaseKind.PATIENT_SILENT)
    )
    assert (effect.replans, effect.opened, effect.updates) == (False, (), ())


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answer.DECLINE, "The patient said no to this time. Call to agree on another, or cancel."),
        (Answer.RESCHEDULE, "The patient asks for another time."),
    ],
)
def test_no_or_another_time_is_a_case_for_a_person_and_the_visit_stays_planned(answer, words):
    effect = reply(answered(promised(1), answer), MORNING, NOW)
    (case,) = effect.opened
    assert (case.kind, case.subject) == (CaseKind.PATIENT_DECLINED, CaseSubject("visit", 1))
    assert ([str(r) for r in case.reasons], case.deadline_at) == ([words], at("07:00"))  # an hour before 08:00
    assert not effect.replans


def test_cancel_closes_the_visit_by_the_patient_who_knows_already():
    decision = decided(MORNING, answered(promised(1), Answer.CANCEL, via="link"))
    assert decision.visit_updates == (
        VisitUpdate(
            VisitId(1), VisitStatus.CANCELLED, cancelled_by="patient", cancel_reason="reply by link", tell=True
        ),
    )
    assert changes_of(decision)[key(1)].kind is ChangeKind.RELEASED
    assert decision.tell_cancelled == ()
    assert key(2) in decision.assignments


def test_an_answer_to_a_time_that_is_no_longer_current_does_nothing():
    old = replace(promised(1), id=PromiseId(1))
    effect = reply(answered(old, Answer.ACCEPT), MORNING, NOW)
    assert (effect.confirmations, str(effect.because)) == ((), "an answer came to a time that is no longer current")


@pytest.mark.parametrize("status", [VisitStatus.IN_PROGRESS, VisitStatus.COMPLETED, VisitStatus.CANCELLED])
def test_an_answer_that_comes_too_late_does_nothing(status):
    day = replace(MORNING, visits={**MORNING.visits, VisitId(1): visit(1, status=status)})
    effect = reply(answered(promised(1), Answer.CANCEL), day, NOW)
    assert (effect.confirmations, effect.updates, effect.opened) == ((), (), ())


def _otherwise(**plan_or_visit) -> Day:
    """The morning with another seat or another state of visit 1."""
    if "stops" in plan_or_visit:
        return replace(MORNING, plan=a_published_day(*plan_or_visit["stops"]).plan)
    return replace(MORNING, visits={**MORNING.visits, VisitId(1): replace(MORNING.visits[VisitId(1)], **plan_or_visit)})


NO_LONGER_SO = {
    "nobody comes": _otherwise(stops=[stop(2, 1, "08:45"), stop(3, 2, "08:00")]),
    "another time": _otherwise(stops=[stop(1, 1, "11:00"), stop(2, 1, "08:45"), stop(3, 2, "08:00")]),
    "on hold": _otherwise(held=True),
}


@pytest.mark.parametrize("day", NO_LONGER_SO.values(), ids=NO_LONGER_SO)
def test_a_yes_to_what_is_not_planned_any_more_confirms_nothing(day):
    effect = reply(answered(promised(1), Answer.ACCEPT), day, NOW)
    assert (effect.confirmations, effect.answered_touches) == ((), ())
    assert str(effect.because) == "a yes came to a time of visit V-01 that is no longer planned"


@pytest.mark.parametrize("day", NO_LONGER_SO.values(), ids=NO_LONGER_SO)
def test_a_patient_may_cancel_all_the_same(day):
    assert [u.status for u in reply(answered(promised(1), Answer.CANCEL), day, NOW).updates] == [VisitStatus.CANCELLED]


# --- A clinician ------------------------------------------------------------------------------------------------------


def test_accept_covers_everything_told_up_to_that_message_and_not_what_came_later():
    own = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 1, "09:30"))
    later = a_promise(3, party=RN1.id, touch=NURSE_TOUCH + 1)
    told = [p for p in own.promises if (p.visit_id, p.party_id) != (3, RN1.id)]
    day = replace(own, promises=(*told, later))
    effect = reply(day_answered(1, NURSE_TOUCH, Answer.ACCEPT), day, NOW)
    assert {c.visit_id for c in effect.confirmations} == {1, 2}
    assert {c.state for c in effect.confirmations} == {ConfirmationState.ACCEPTED}
    assert {c.party_id for c in effect.confirmations} == {RN1.id}
    assert (effect.replans, str(effect.because)) == (False, "Clinician 1 accepted the day")
    earlier_too = reply(day_answered(1, NURSE_TOUCH + 1, Answer.ACCEPT), day, NOW)
    assert {c.visit_id for c in earlier_too.confirmations} == {1, 2, 3}


def test_accept_does_not_cover_what_has_gone_to_somebody_else_since():
    gone = a_promise(3, party=RN1.id, touch=NURSE_TOUCH)
    effect = reply(
        day_answered(1, NURSE_TOUCH, Answer.ACCEPT), replace(MORNING, promises=(*MORNING.promises, gone)), NOW
    )
    assert {c.visit_id for c in effect.confirmations} == {1, 2}


def test_accept_does_not_take_back_an_earlier_no():
    promises = [replace(p, answer=ConfirmationState.DECLINED) if p.visit_id == 1 else p for p in MORNING.promises]
    effect = reply(day_answered(1, NURSE_TOUCH, Answer.ACCEPT), replace(MORNING, promises=tuple(promises)), NOW)
    assert {c.visit_id for c in effect.confirmations} == {2}


def test_cannot_do_frees_what_that_message_brought_and_is_remembered():
    decision = decided(MORNING, day_answered(1, NURSE_TOUCH, Answer.DECLINE))
    assert {c.visit_id for c in decision.confirmations} == {1, 2}
    assert {changes_of(decision)[k].kind for k in (key(1), key(2))} == {ChangeKind.REASSIGNED}
    assert {str(changes_of(decision)[k].because) for k in (key(1), key(2))} == {"Clinician 1 declined"}
    assert decision.hit == (), "nobody called out"
    (case,) = decision.cases_opened
    assert (case.kind, case.subject) == (CaseKind.CLINICIAN_DECLINED, CaseSubject.of_clinician(RN1.id, SERVICE_DATE))
    assert [str(r) for r in case.reasons] == [
        "Clinician 1 cannot do 2 of the visits they were told. They go to others where they can."
    ]
    assert case.deadline_at == at("07:00"), "an hour before the first of them"
    assert {(RN1.id, 1), (RN1.id, 2)} <= after(MORNING, decision).declined


def test_who_declines_gets_no_new_work_that_day():
    decision = decided(MORNING, day_answered(1, NURSE_TOUCH, Answer.DECLINE))
    assert RN1.id not in {a.clinician_id for a in decision.assignments.values()}
    assert {(RN1.id, v) for v in MORNING.visits} <= after(MORNING, decision).declined


def test_cannot_do_leaves_alone_what_an_earlier_message_brought():
    later = tuple(
        replace(p, touch_id=TouchId(p.touch_id + 1)) if (p.visit_id, p.party_id) == (2, RN1.id) else p
        for p in MORNING.promises
    )
    effect = reply(day_answered(1, NURSE_TOUCH + 1, Answer.DECLINE), replace(MORNING, promises=later), NOW)
    assert effect.freed == (key(2),)


@pytest.mark.parametrize(
    "facts", [{"status": VisitStatus.IN_PROGRESS}, {"status": VisitStatus.CANCELLED}], ids=["under way", "cancelled"]
)
def test_cannot_do_frees_only_what_can_still_be_given_away(facts):
    day = replace(MORNING, visits={**MORNING.visits, VisitId(1): visit(1, **facts)})
    assert reply(day_answered(1, NURSE_TOUCH, Answer.DECLINE), day, NOW).freed == (key(2),)


def test_cannot_do_about_work_that_went_to_somebody_else_does_nothing():
    once = after(MORNING, decided(MORNING, day_answered(1, NURSE_TOUCH, Answer.DECLINE)))
    effect = reply(day_answered(1, NURSE_TOUCH, Answer.DECLINE), once, NOW)
    assert (effect.confirmations, effect.replans) == ((), False)
    assert str(effect.because) == "Clinician 1 declined work that is no longer theirs"


def test_who_declined_is_not_asked_again():
    once = after(MORNING, decided(MORNING, day_answered(1, NURSE_TOUCH, Answer.DECLINE)))
    again = decided(once, day_answered(2, OTHER_TOUCH, Answer.DECLINE, n=9))
    assert {a.clinician_id for k, a in again.assignments.items() if k in (key(1), key(2))}.isdisjoint({RN1.id})


# --- A clinician, about one visit -------------------------------------------------------------------------------------


def about(visit_number: int, answer: Answer, note: str = "") -> Reply:
    return replace(day_answered(1, NURSE_TOUCH, answer), visit_id=VisitId(visit_number), note=note)


def test_no_to_one_visit_frees_that_visit_alone():
    decision = decided(MORNING, about(2, Answer.DECLINE))
    assert [(c.visit_id, c.state) for c in decision.confirmations] == [(2, ConfirmationState.DECLINED)]
    assert changes_of(decision)[key(2)].kind is ChangeKind.REASSIGNED
    assert decision.assignments[key(1)].clinician_id == RN1.id
    (case,) = decision.cases_opened
    assert [str(r) for r in case.reasons] == ["Clinician 1 cannot do visit V-02. It goes to someone else where it can."]
    assert case.deadline_at == at("07:45"), "an hour before it"


def test_the_case_has_her_own_words_where_she_gave_any():
    (case,) = decided(MORNING, about(2, Answer.DECLINE, "My car broke down.")).cases_opened
    assert str(case.reasons[0]).endswith("where it can. They say: “My car broke down.”")


def test_no_to_a_visit_that_is_not_hers_does_nothing():
    effect = reply(about(3, Answer.DECLINE), MORNING, NOW)
    assert (effect.confirmations, effect.freed) == ((), ())
    assert str(effect.because) == "Clinician 1 declined work that is no longer theirs"


def test_yes_to_one_visit_covers_that_visit_and_ends_silence_only_with_the_last():
    silent = CaseToClose(
        CaseKind.CLINICIAN_SILENT, CaseSubject.of_clinician(RN1.id, SERVICE_DATE), reason("closed.accepted")
    )
    first = reply(about(1, Answer.ACCEPT), MORNING, NOW)
    assert ([c.visit_id for c in first.confirmations], first.closed) == ([1], ())
    last = reply(about(2, Answer.ACCEPT), first.day, NOW)
    assert ([c.visit_id for c in last.confirmations], last.closed) == ([2], (silent,))


# --- What answers mean for the visit ----------------------------------------------------------------------------------


def test_a_visit_is_confirmed_once_its_clinician_and_its_patient_have_said_yes_in_either_order():
    yes, on_duty = answered(promised(1), Answer.ACCEPT), day_answered(1, NURSE_TOUCH, Answer.ACCEPT)
    for signals in ([yes, on_duty], [on_duty, yes]):
        statuses = {u.visit_id: u.status for u in decided(MORNING, *signals).visit_updates}
        assert statuses == {1: VisitStatus.CONFIRMED}
    assert decided(MORNING, yes).visit_updates == ()
    assert decided(MORNING, on_duty).visit_updates == ()
