"""Who hears what, when and how, because of a decision."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.unit.outreach.a_morning import (
    JUDITH,
    NORA,
    at,
    change,
    contacts,
    patient_of,
    published,
    repaired,
    stop,
    the_day_before,
)

from suture.model.cases import CaseKind, CaseSubject
from suture.model.contacts import Contacts
from suture.model.decision import ChangeKind, Decision, VisitUpdate
from suture.model.ids import VisitId
from suture.model.messages import Channel, Step, SubjectKind, Touch
from suture.model.plan import Stage
from suture.model.visit import VisitStatus
from suture.outreach.compose import cases_of, compose, next_channel
from suture.outreach.policy import OutreachPolicy, SameDayChange

POLICY = OutreachPolicy()
AFTERNOON_BEFORE = the_day_before("15:00")


def only(touches: tuple[Touch, ...], step: Step) -> Touch:
    """The one touch of a step."""
    [touch] = [t for t in touches if t.step is step]
    return touch


def steps(touches: tuple[Touch, ...]) -> list[Step]:
    return [t.step for t in touches]


# publishing ---------------------------------------------------------------------------------------


def test_publishing_tells_each_patient_and_each_clinician_once():
    decision = published(stop(1, "09:00"), stop(2, "10:00"), stop(3, "09:00", JUDITH))
    touches = compose(decision, contacts([1, 2, 3]), POLICY, AFTERNOON_BEFORE)
    told = sorted((t.step, t.party_id, t.channel) for t in touches)
    assert told == sorted(
        [(Step.P_CONFIRM, patient_of(v), Channel.SMS) for v in (1, 2, 3)]
        + [(Step.S_PUBLISHED, c, Channel.EMAIL) for c in (NORA, JUDITH)]
    )


@pytest.mark.parametrize("channels", [(Channel.EMAIL,), (Channel.SMS, Channel.EMAIL)])
def test_a_notice_is_for_a_question_that_comes_on_a_later_day(channels):
    """On whichever channel: a text that may not leave turns into a mail."""
    for days_before, steps_of_it in ((0, [Step.P_CONFIRM]), (2, [Step.P_CONFIRM, Step.P_NOTICE])):
        published_at = AFTERNOON_BEFORE - timedelta(days=days_before)
        touches = compose(published(stop(1, "09:00")), contacts([1], channels=channels), POLICY, published_at)
        assert [t.step for t in touches if t.party_id == patient_of(1)] == steps_of_it


def test_a_clinician_without_stops_and_a_shift_without_a_patient_hear_nothing_about_visits():
    touches = compose(published(stop(1, "09:00")), contacts([]), POLICY, AFTERNOON_BEFORE)
    assert [(t.step, t.party_id) for t in touches] == [(Step.S_PUBLISHED, NORA)]


def test_a_double_up_is_one_message_to_the_patient():
    decision = published(stop(1, "09:00"), stop(1, "09:00", JUDITH, position=2))
    touches = compose(decision, contacts([1]), POLICY, AFTERNOON_BEFORE)
    assert steps(touches).count(Step.P_CONFIRM) == 1
    assert steps(touches).count(Step.S_PUBLISHED) == 2


def test_a_touch_about_a_visit_carries_its_revision_and_one_about_a_day_the_plan_version():
    touches = compose(published(stop(1, "09:00")), contacts([1]), POLICY, AFTERNOON_BEFORE)
    confirm, day = only(touches, Step.P_CONFIRM), only(touches, Step.S_PUBLISHED)
    assert (confirm.subject, confirm.subject_id, confirm.subject_rev) == (SubjectKind.VISIT, 1, 1)
    assert (day.subject, day.subject_id, day.subject_rev) == (SubjectKind.CLINICIAN_DAY, 20260324, 1)


def test_messages_wait_for_a_second_thought_and_end_when_they_are_of_no_use():
    touches = compose(published(stop(1, "09:00"), stop(2, "11:00")), contacts([1]), POLICY, AFTERNOON_BEFORE)
    assert {t.due_at for t in touches} == {AFTERNOON_BEFORE + timedelta(seconds=20)}
    assert only(touches, Step.P_CONFIRM).not_after == at("09:00")
    assert only(touches, Step.S_PUBLISHED).not_after == at("11:25"), "the end of the last stop"


@pytest.mark.parametrize(
    ("visit_starts", "asked_at"),
    [("11:00", "11:00"), ("08:15", "09:00"), ("20:30", "19:00")],
    ids=["a day ahead", "not before the asking hours", "not after the asking hours"],
)
def test_a_patient_is_asked_a_day_ahead_within_the_asking_hours(visit_starts, asked_at):
    two_days_before = AFTERNOON_BEFORE - timedelta(days=1)
    touches = compose(published(stop(1, visit_starts)), contacts([1]), POLICY, two_days_before)
    assert only(touches, Step.P_CONFIRM).due_at == the_day_before(asked_at)


def test_a_plan_published_late_in_the_evening_is_told_in_the_morning():
    touches = compose(published(stop(1, "09:00")), contacts([1]), POLICY, the_day_before("22:00"))
    assert only(touches, Step.P_CONFIRM).due_at == at("08:00")
    assert only(touches, Step.S_PUBLISHED).due_at == at("05:30")


def test_a_patient_without_a_phone_is_asked_by_mail():
    touches = compose(published(stop(1, "09:00")), contacts([1], channels=(Channel.EMAIL,)), POLICY, AFTERNOON_BEFORE)
    assert only(touches, Step.P_CONFIRM).channel is Channel.EMAIL


def test_a_draft_is_no_ones_news():
    moved = change(stop(1, "09:00"), stop(1, "11:00"), told_changed=True)
    draft = replace(repaired(stop(1, "11:00"), changes=[moved]), stage=Stage.DRAFT)
    assert compose(draft, contacts([1], told=[1]), POLICY, AFTERNOON_BEFORE) == ()


# several visits of one patient on one day ---------------------------------------------------------


def of_one_patient(told: Iterable[int] = ()) -> Contacts:
    """Visits 1, 2 and 3 are one patient's."""
    known = contacts([1, 2, 3], told=told)
    return replace(known, patient_of={VisitId(v): patient_of(1) for v in (1, 2, 3)})


def test_a_patient_with_several_visits_on_a_day_is_asked_in_one_message():
    decision = published(stop(1, "13:00"), stop(2, "09:00", JUDITH), stop(3, "11:00"))
    two_days_before = AFTERNOON_BEFORE - timedelta(days=1)
    touches = compose(decision, of_one_patient(), POLICY, two_days_before)
    patients = [t for t in touches if t.party_id == patient_of(1)]
    assert [(t.step, t.subject, t.subject_id, t.subject_rev) for t in patients] == [
        (step, SubjectKind.PATIENT_DAY, 20260324, 1) for step in (Step.P_CONFIRM, Step.P_NOTICE)
    ]
    asked = only(touches, Step.P_CONFIRM)
    assert (asked.due_at, asked.not_after) == (the_day_before("09:00"), at("13:00")), "before the first, until the last"


def test_a_new_visit_is_asked_about_alone_once_the_others_were_told():
    decision = repaired(
        stop(1, "13:00"), stop(2, "09:00"), changes=[change(None, stop(2, "09:00"), told_changed=False)]
    )
    alone = only(compose(decision, of_one_patient(told=[1]), POLICY, AFTERNOON_BEFORE), Step.P_CONFIRM)
    assert (alone.subject, alone.subject_id) == (SubjectKind.VISIT, 2)
    together = only(compose(decision, of_one_patient(), POLICY, AFTERNOON_BEFORE), Step.P_CONFIRM)
    assert (together.subject, together.subject_rev) == (SubjectKind.PATIENT_DAY, 2), "with what was not told yet"


def test_a_change_of_one_of_several_asks_about_that_one_only():
    decision = repaired(
        stop(1, "10:00"), stop(2, "13:00"), changes=[change(stop(1, "11:00"), stop(1, "10:00"), told_changed=True)]
    )
    touches = compose(decision, of_one_patient(told=[1, 2]), POLICY, at("08:00"))
    asked = [(t.step, t.subject, t.subject_id) for t in touches if t.party_id == patient_of(1)]
    assert asked == [(Step.P_CHANGED, SubjectKind.VISIT, 1)]


def test_several_visits_that_no_one_can_be_asked_about_are_one_case():
    decision = published(stop(1, "13:00"), stop(2, "09:00"))
    found = cases_of(decision, replace(of_one_patient(), parties={}), POLICY, AFTERNOON_BEFORE)
    about = [c.subject for c in found if c.subject.kind == "visit"]
    assert about == [CaseSubject("visit", 2)], "its first visit"


# changes: patients --------------------------------------------------------------------------------


def moved_to(start: str, *, told_changed: bool = True) -> Decision:
    """Visit 1 of 11:00 goes to another time with the same clinician."""
    after = stop(1, start)
    return repaired(after, changes=[change(stop(1, "11:00"), after, told_changed=told_changed)])


def test_a_patient_who_was_told_hears_of_another_time_and_one_who_was_not_is_asked():
    told = compose(moved_to("10:00"), contacts([1], told=[1]), POLICY, at("09:00"))
    not_told = compose(moved_to("10:00"), contacts([1]), POLICY, at("09:00"))
    assert (only(told, Step.P_CHANGED).subject_rev, only(told, Step.P_CHANGED).not_after) == (2, at("10:25"))
    assert only(not_told, Step.P_CONFIRM).not_after == at("10:00")


def test_another_clinician_in_the_same_hour_is_no_news_for_the_patient():
    before, after = stop(1, "11:00", NORA), stop(1, "11:10", JUDITH, told="10:45")
    decision = repaired(after, changes=[change(before, after, told_changed=False)])
    touches = compose(decision, contacts([1], told=[1]), POLICY, at("09:00"))
    assert sorted((t.step, t.party_id) for t in touches) == [(Step.S_CHANGED, JUDITH), (Step.S_EMPTIED, NORA)]


def test_a_visit_that_lost_its_clinician_says_nothing_yet():
    decision = repaired(changes=[change(stop(1, "11:00"), None, told_changed=False)])
    assert steps(compose(decision, contacts([1], told=[1]), POLICY, at("09:00"))) == [Step.S_EMPTIED]


def test_a_new_visit_is_asked_about():
    after = stop(1, "11:00")
    decision = repaired(after, changes=[change(None, after, told_changed=False)])
    assert Step.P_CONFIRM in steps(compose(decision, contacts([1]), POLICY, at("09:00")))


def test_a_visit_called_off_is_told_even_where_no_one_was_assigned_any_more():
    gone = replace(change(stop(1, "11:00"), None, told_changed=True), kind=ChangeKind.RELEASED)
    decision = repaired(changes=[gone], cancelled=[1, 2])
    touches = [t for t in compose(decision, contacts([1, 2]), POLICY, at("09:00")) if t.step is Step.P_CANCELLED]
    assert [(t.subject_id, t.not_after) for t in touches] == [(1, at("11:25")), (2, at("11:00"))]


def test_a_visit_called_off_is_not_also_changed():
    decision = replace(moved_to("10:00"), tell_cancelled=(VisitId(1),))
    assert Step.P_CHANGED not in steps(compose(decision, contacts([1], told=[1]), POLICY, at("09:00")))


@pytest.mark.parametrize(
    ("now", "waits"),
    [("08:30", 60), ("09:00", 10), ("09:30", 10)],
    ids=["more than two hours", "two hours", "less"],
)
def test_a_change_waits_a_minute_but_ten_seconds_where_the_visit_is_near(now, waits):
    touch = only(compose(moved_to("12:00"), contacts([1], told=[1]), POLICY, at(now)), Step.P_CHANGED)
    assert touch.due_at - at(now) == timedelta(seconds=waits)


# quiet hours and the urgent class -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "due", "urgent"),
    [
        ("05:00", "08:00", False),
        ("07:10", "07:11", True),
        ("06:00", "08:00", False),
        ("07:59:30", "08:00:30", False),
    ],
    ids=[
        "too early, and the visit is far",
        "within four hours: at once",
        "more than four hours away: at eight",
        "it would leave after eight anyway",
    ],
)
def test_a_change_before_eight_leaves_only_where_the_visit_starts_within_four_hours(now, due, urgent):
    touch = only(compose(moved_to("11:30"), contacts([1], told=[1]), POLICY, at(now)), Step.P_CHANGED)
    assert (touch.due_at, touch.urgent) == (at(due), urgent)


def test_not_even_an_urgent_change_leaves_before_half_past_six():
    before, after = stop(1, "08:30"), stop(1, "09:30")
    decision = repaired(after, changes=[change(before, after, told_changed=True)])
    touch = only(compose(decision, contacts([1], told=[1]), POLICY, at("05:45")), Step.P_CHANGED)
    assert (touch.due_at, touch.urgent) == (at("06:30"), True)


def test_a_change_decided_at_night_of_a_visit_at_eight_arrives_before_the_visit():
    before, after = stop(1, "08:00"), stop(1, "11:00")
    decision = repaired(after, changes=[change(before, after, told_changed=True)])
    touch = only(compose(decision, contacts([1], told=[1]), POLICY, the_day_before("22:00")), Step.P_CHANGED)
    assert (touch.due_at, touch.urgent) == (at("06:30"), True), "the patient waits at eight"


def test_without_the_setting_nothing_leaves_early_and_what_comes_too_late_is_a_case():
    off = POLICY.model_copy(update={"same_day_change": SameDayChange(enabled=False)})
    before, after = stop(1, "07:45"), stop(1, "07:30")
    decision = repaired(after, changes=[change(before, after, told_changed=True)])
    book = contacts([1], told=[1])
    assert only(compose(moved_to("10:00"), contacts([1], told=[1]), off, at("07:00")), Step.P_CHANGED).urgent is False
    assert Step.P_CHANGED not in steps(compose(decision, book, off, at("07:00")))
    [case] = cases_of(decision, book, off, at("07:00"))
    assert (case.kind, case.subject) == (CaseKind.MESSAGE_UNDELIVERABLE, CaseSubject("visit", 1))


def test_quiet_hours_are_those_of_the_recipients_zone():
    book = contacts([1], told=[1], tz="America/Los_Angeles")
    touch = only(compose(moved_to("16:00"), book, POLICY, at("09:00")), Step.P_CHANGED)
    assert (touch.due_at, touch.urgent) == (at("09:30"), True), "half past six in Los Angeles"


def test_staff_hear_from_half_past_five():
    book = contacts([1], told=[1])
    assert only(compose(moved_to("10:00"), book, POLICY, at("04:00")), Step.S_CHANGED).due_at == at("05:30")
    assert only(compose(moved_to("10:00"), book, POLICY, at("06:00")), Step.S_CHANGED).due_at == at("06:01")
    called = replace(moved_to("10:00"), called_in=frozenset({JUDITH, NORA}))
    touch = only(compose(called, book, POLICY, at("04:00")), Step.S_CHANGED)
    assert (touch.due_at, touch.urgent) == (at("04:01"), True), "who is called in hears at any hour"


# changes: clinicians ------------------------------------------------------------------------------


def test_only_clinicians_whose_own_list_changed_hear():
    kept, before, after = stop(1, "09:00", NORA), stop(2, "10:00", NORA), stop(2, "12:00", NORA)
    other = stop(3, "10:00", JUDITH)
    decision = repaired(kept, after, other, changes=[change(before, after, told_changed=True)])
    touches = [t for t in compose(decision, contacts([]), POLICY, at("08:00")) if t.step is Step.S_CHANGED]
    assert [(t.party_id, t.subject_id, t.subject_rev, t.priority) for t in touches] == [(NORA, 20260324, 2, 0)]


def test_another_minute_in_the_same_windows_and_order_is_no_news_for_staff():
    after = stop(1, "11:05", told="10:45")
    decision = repaired(after, changes=[change(stop(1, "11:00"), after, told_changed=False)])
    assert compose(decision, contacts([1], told=[1]), POLICY, at("08:00")) == ()


def test_another_order_is_news_for_staff():
    first, second = stop(1, "09:00", told="08:30"), stop(2, "09:10", told="08:30")
    later = replace(first, starts_at=at("09:20"), ends_at=at("09:45"))
    decision = repaired(second, later, changes=[change(first, later, told_changed=False)])
    assert steps(compose(decision, contacts([]), POLICY, at("08:00"))) == [Step.S_CHANGED]


def test_who_lost_everything_hears_it_too():
    lost, now_judiths = stop(1, "11:00", NORA), stop(1, "11:00", JUDITH)
    decision = repaired(now_judiths, changes=[change(lost, now_judiths, told_changed=False)])
    touches = compose(decision, contacts([1], told=[1]), POLICY, at("08:00"))
    assert {t.party_id: t.not_after for t in touches} == {NORA: at("11:25"), JUDITH: at("11:25")}


def test_who_has_just_begun_or_ended_a_visit_is_not_told_of_it():
    planned, begun = stop(1, "09:00"), stop(1, "08:40")
    rest = stop(2, "08:50")
    facts = VisitUpdate(VisitId(1), status=VisitStatus.IN_PROGRESS, started_at=at("08:40"))
    decision = repaired(begun, rest, changes=[change(planned, begun, told_changed=False)])
    assert compose(replace(decision, visit_updates=(facts,)), contacts([]), POLICY, at("08:41")) == ()


# budget and reach ---------------------------------------------------------------------------------


def test_a_fourth_change_in_a_day_leaves_and_calls_for_a_person_besides():
    decision, book = moved_to("10:00"), contacts([1], told=[1], changes_today=3)
    assert Step.P_CHANGED in steps(compose(decision, book, POLICY, at("09:00")))
    [case] = cases_of(decision, book, POLICY, at("09:00"))
    assert (case.kind, case.subject) == (CaseKind.CHANGE_OVER_BUDGET, CaseSubject("visit", 1))
    assert cases_of(decision, contacts([1], told=[1], changes_today=2), POLICY, at("09:00")) == ()


def test_several_changes_of_one_decision_count_one_by_one():
    pairs = [(stop(v, "11:00"), stop(v, "12:00")) for v in (1, 2, 3, 4)]
    decision = repaired(*(new for _, new in pairs), changes=[change(old, new, told_changed=True) for old, new in pairs])
    book = contacts([1, 2, 3, 4], told=[1, 2, 3, 4])
    shared = replace(book, patient_of=dict.fromkeys(book.patient_of, patient_of(1)))
    assert steps(compose(decision, shared, POLICY, at("09:00"))).count(Step.P_CHANGED) == 4
    assert len(cases_of(decision, shared, POLICY, at("09:00"))) == 1


def test_who_cannot_be_written_to_at_all_is_a_case_each_visit():
    decision, book = published(stop(1, "09:00"), stop(2, "10:00")), contacts([1, 2], channels=())
    assert steps(compose(decision, book, POLICY, AFTERNOON_BEFORE)) == [Step.S_PUBLISHED]
    cases = cases_of(decision, book, POLICY, AFTERNOON_BEFORE)
    assert [c.subject for c in cases] == [CaseSubject("visit", 1), CaseSubject("visit", 2)]
    assert cases[0].deadline_at == at("08:00")  # an hour before the visit


def test_a_missing_mail_notice_is_no_case_since_the_question_follows():
    decision, book = published(stop(1, "09:00")), contacts([1], channels=(Channel.SMS,))
    assert cases_of(decision, book, POLICY, AFTERNOON_BEFORE) == ()


def test_every_wish_ends_as_one_touch_or_one_case_for_want_of_it():
    decision = moved_to("10:00")
    for book in (
        contacts([1], told=[1]),
        contacts([1], told=[1], channels=()),
        contacts([1], told=[1], changes_today=9),
    ):
        now = at("09:00")
        patient_touches = [t for t in compose(decision, book, POLICY, now) if t.step is Step.P_CHANGED]
        lost = [c for c in cases_of(decision, book, POLICY, now) if c.kind is CaseKind.MESSAGE_UNDELIVERABLE]
        assert len(patient_touches) + len(lost) == 1


def test_a_step_turns_to_the_next_of_its_own_channels():
    assert next_channel(Step.P_CONFIRM, Channel.SMS) is Channel.EMAIL
    assert next_channel(Step.P_CONFIRM, Channel.EMAIL) is None
    assert next_channel(Step.P_NOTICE, Channel.EMAIL) is None
