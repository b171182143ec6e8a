"""Whoever may not be coming: the case says what a call-out would change, and changes nothing itself."""

from dataclasses import replace

from tests.builders import a_window
from tests.unit.dispatch.a_morning import (
    a_published_day,
    after,
    asked,
    called_out,
    day_not_accepted,
    decided,
    key,
    no_check_in,
    stop,
    visit,
    working,
)

from suture.dispatch.prepared import MOST_AT_ONCE
from suture.model.cases import PREPARED, CaseKind, CaseToOpen
from suture.model.decision import Decision

PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "10:00"))
NARROW = asked(PLANNED, 2, roles=("PT",))


def told(clinician: int) -> int:
    """The message that told them the day."""
    return 10_100 + clinician


def case_of(decision: Decision, kind: CaseKind = CaseKind.CLINICIAN_SILENT) -> CaseToOpen:
    (case,) = (c for c in decision.cases_opened if c.kind is kind)
    return case


def ready(case: CaseToOpen) -> list[str]:
    return [str(r) for r in case.reasons if r.code.startswith(PREPARED)]


def test_it_says_who_would_take_what_and_when():
    decision = decided(PLANNED, day_not_accepted(1, told(1)))
    given = decided(PLANNED, called_out(1, "06:30"))
    assert ready(case_of(decision)) == [
        "If they are not coming, as worked out at 06:30:",
        *(
            f"V-0{n} → Clinician {given.assignments[key(n)].clinician_id - 100}, {start}"
            for n, start in ((1, "08:00"), (2, "10:00"))
        ),
    ]
    assert decision.assignments == PLANNED.plan.assignments, "only a person's call-out moves anything"
    assert (decision.absences, decision.hits) == ((), {})


def test_it_says_which_visits_no_one_could_take():
    """V-02 needs a PT, and the only one of the day is the one who does not answer."""
    decision = decided(NARROW, day_not_accepted(1, told(1)))
    assert ready(case_of(decision))[-1] == "No clinician for V-02."


def test_a_no_show_has_it_as_of_the_moment_its_case_is_opened():
    late = after(PLANNED, decided(PLANNED, no_check_in(1)))
    case = case_of(decided(late, no_check_in(1, "08:45", absent=True)), CaseKind.NCNS)
    assert ready(case)[0] == "If they are not coming, as worked out at 08:45:"
    assert len(ready(case)) == 3


def test_it_is_about_who_did_not_come_not_about_who_has_the_visit_now():
    """Whoever is absent is asked about as long as they have visits, and not once a call-out has given them away."""
    late = after(PLANNED, decided(PLANNED, no_check_in(1)))
    decision = decided(late, no_check_in(1, "08:45", absent=True), called_out(1, "08:46"))
    assert [c.kind for c in decision.cases_opened if c.kind is CaseKind.NCNS] == []


def test_what_would_only_begin_at_another_time_is_counted():
    """Clinician 2 alone could take V-01, and would begin what they have later for it."""
    visits = [visit(1, window=a_window("08:00", "08:40")), visit(2), visit(3, roles=("HHA",))]
    day = a_published_day(stop(1, 1, "08:00"), stop(2, 2, "08:00"), visits=visits)
    for other in (3, 4):
        day = working(day, other)
    case = case_of(decided(day, day_not_accepted(1, told(1))))
    assert ready(case)[1:] == ["V-01 → Clinician 2, 08:00", "1 other visit begins at another time."]


def test_many_visits_are_eight_lines():
    starts = [f"{h:02}:{m:02}" for h in (7, 8, 9, 10, 11) for m in (5, 50)]
    day = a_published_day(*(stop(n, 1, start) for n, start in enumerate(starts, start=1)))
    for number in (9, 10):
        day = asked(day, number, roles=("PT",))
    lines = ready(case_of(decided(day, day_not_accepted(1, told(1)))))
    assert len(lines) <= 8
    assert lines[5] == "4 more visits go to someone else."
    assert lines[6] == "No clinician for V-09 and V-10."


def test_when_many_are_silent_the_most_urgent_are_worked_out():
    day = a_published_day(*(stop(n, n, f"{12 - n:02}:00") for n in range(1, 5)))
    signals = [day_not_accepted(n, told(n), n=20 + n) for n in range(1, 5)]
    cases = [c for c in decided(day, *signals).cases_opened if c.kind is CaseKind.CLINICIAN_SILENT]
    without = [c for c in cases if ready(c)[0].startswith("What changes")]
    assert (len(cases), len(without)) == (4, 4 - MOST_AT_ONCE)
    assert [c.subject.id for c in without] == [101], "their first visit is the last"
    assert ready(without[0]) == ["What changes if they are not coming was not worked out: 4 such cases opened at once."]


def test_it_is_the_same_each_time():
    signal = day_not_accepted(1, told(1))
    assert decided(PLANNED, signal) == decided(PLANNED, signal)


def test_who_has_left_the_plan_meanwhile_has_nothing_to_give():
    gone = replace(PLANNED, plan=replace(PLANNED.plan, assignments={}))
    assert decided(gone, day_not_accepted(1, told(1))).cases_opened == ()
