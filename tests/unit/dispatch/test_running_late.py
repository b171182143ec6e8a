"""Someone is late: only promises that break are repaired or told; inside the told window nobody hears of it."""

from dataclasses import replace

from tests.builders import a_window, at
from tests.unit.dispatch.a_morning import (
    RN1,
    RN2,
    a_published_day,
    after,
    asked,
    began,
    called_out,
    changes_of,
    decided,
    gated,
    key,
    late,
    ran_over,
    stop,
    traffic,
    visit,
    working,
)

from suture.model.cases import CaseKind
from suture.model.day import Day
from suture.model.decision import ChangeKind, Decision
from suture.model.plan import Stage
from suture.model.visit import GateState
from suture.planner.day.live import frozen_stops

PLANNED = a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45"), stop(3, 2, "08:00"))


def opened(decision: Decision) -> list[CaseKind]:
    return [c.kind for c in decision.cases_opened]


def test_inside_the_told_window_no_one_is_told():
    decision = decided(PLANNED, late(1, 20))
    assert decision.assignments[key(1)].starts_at == at("08:20")
    assert decision.assignments[key(2)].starts_at == at("09:05"), "the rest of the route follows"
    assert not any(c.told_changed for c in decision.changes)
    assert opened(decision) == []


def test_a_promise_that_breaks_is_known_before_it_does():
    decision = decided(PLANNED, late(1, 75))
    (case,) = decision.cases_opened
    assert case.kind is CaseKind.PROMISE_AT_RISK
    assert [str(r) for r in case.reasons] == [
        "It begins at 09:15, and the patient was told 08:00 to 08:30.",
    ]
    assert case.deadline_at == at("08:00")
    assert changes_of(decision)[key(1)].told_changed


def test_what_comes_after_goes_to_a_colleague_where_that_keeps_its_promise():
    decision = decided(PLANNED, late(1, 75))
    moved = changes_of(decision)[key(2)]
    assert (moved.kind, moved.told_changed) == (ChangeKind.REASSIGNED, False)
    assert decision.assignments[key(2)].clinician_id == RN2.id


def test_the_visit_they_are_driving_to_stays_theirs_while_they_can_begin_in_time():
    assert decided(PLANNED, late(1, 75)).assignments[key(1)].clinician_id == RN1.id


def test_a_visit_they_cannot_begin_in_time_goes_to_someone_else():
    day = asked(PLANNED, 1, window=a_window("08:00", "09:00"))
    assert decided(day, late(1, 90)).assignments[key(1)].clinician_id != RN1.id


def test_said_twice_is_said_once():
    once = after(PLANNED, decided(PLANNED, late(1, 20)))
    again = decided(once, late(1, 20, "07:45"))
    assert (again.version, again.changes) == (once.plan.version, ())
    more = decided(once, late(1, 30, "07:45"))
    assert more.assignments[key(1)].starts_at == at("08:30"), "counted from the start as it was planned"


def test_of_two_reports_the_last_one_counts():
    once = after(PLANNED, decided(PLANNED, late(1, 40)))
    assert once.plan.assignments[key(1)].starts_at == at("08:40")
    sooner = decided(once, late(1, 15, "07:50"))
    assert sooner.assignments[key(1)].starts_at == at("08:15")
    assert not any(c.told_changed for c in sooner.changes), "what comes after may wait inside its window"
    in_time = decided(after(once, sooner), late(1, 1, "07:55"))
    assert in_time.assignments[key(1)].starts_at == at("08:01")


def test_a_shorter_delay_gives_nothing_back_that_a_longer_one_took():
    once = after(PLANNED, decided(PLANNED, late(1, 75)))
    assert once.plan.assignments[key(2)].clinician_id == RN2.id
    sooner = decided(once, late(1, 10, "07:50"))
    assert sooner.assignments[key(1)].starts_at == at("08:10")
    assert sooner.assignments[key(2)].clinician_id == RN2.id


def test_what_was_said_of_a_visit_that_has_begun_since_is_about_nothing():
    begun = after(PLANNED, decided(PLANNED, began(1, "08:10")))
    decision = decided(begun, late(1, 20, "07:50"), now=at("08:15"))
    assert (decision.changes, str(decision.because)) == ((), "Clinician 1 was late for a visit that has begun since")


def test_whoever_takes_a_visit_over_is_not_late_for_it():
    known = after(PLANNED, decided(PLANNED, late(1, 20)))
    assert known.visits[key(1).visit_id].expected_start == at("08:20")
    healed = after(known, decided(known, called_out(1, "07:45")))
    assert healed.plan.assignments[key(1)].clinician_id != RN1.id
    assert (healed.visits[key(1).visit_id].expected_start, healed.visits[key(1).visit_id].late_from) == (None, None)


def test_who_is_late_and_away_begins_when_they_are_back():
    out = called_out(1, "07:40", since="07:40", until="08:30")
    day = a_only(a_published_day(stop(1, 1, "08:00")))
    healed = after(day, decided(day, out, late(1, 10)))
    assert healed.plan.assignments[key(1)].starts_at == at("08:30")
    assert decided(healed, late(1, 10, "07:50"), now=at("07:50")).changes == ()


def test_who_has_nothing_ahead_cannot_be_late():
    assert str(decided(PLANNED, late(4, 20)).because) == "someone who has no visit ahead is late"


def test_a_route_that_breaks_many_promises_is_one_case_more():
    stops = [stop(n, 1, f"{7 + n:02}:00") for n in range(1, 5)]
    day = a_published_day(*stops)
    for number in range(1, 5):
        opens = f"{7 + number:02}:00"
        day = asked(day, number, roles=("RN",), window=a_window(opens, "13:00"))
    day = a_only(day)
    decision = decided(day, late(1, 120))
    assert opened(decision).count(CaseKind.PROMISE_AT_RISK) >= 3
    (cascade,) = (c for c in decision.cases_opened if c.kind is CaseKind.OVERRUN_CASCADE)
    assert str(cascade.reasons[0]).startswith("Clinician 1 is late, and ")


def a_only(day: Day) -> Day:
    """The day on which Clinician 1 alone works."""
    for other in (2, 3, 4):
        day = working(day, other)
    return day


def test_a_run_over_that_breaks_a_promise_opens_the_same_case():
    day = a_only(a_published_day(stop(1, 1, "08:00"), stop(2, 1, "08:45")))
    under_way = after(day, decided(day, began(1, "08:00")))
    decision = decided(under_way, ran_over(1, "10:00", "08:20"))
    assert CaseKind.PROMISE_AT_RISK in opened(decision)


def test_slow_roads_move_what_comes_later():
    decision = decided(PLANNED, traffic(300, "07:00", "12:00"))
    assert decision.assignments[key(2)].starts_at == at("09:05"), "a drive of ten minutes takes thirty"
    assert str(decision.because) == "driving takes 300% of the usual time until 12:00"
    assert len(decision.disruptions) == 1


TWO = a_published_day(
    stop(2, 2, "07:15"),
    stop(1, 1, "08:00"),
    stop(1, 2, "08:00", position=2),
    visits=[visit(1, positions=2), visit(2)],
)


def test_a_colleague_who_begins_with_them_waits_and_does_first_what_comes_before():
    decision = decided(TWO, late(1, 20))
    assert [decision.assignments[key(1, seat)].starts_at for seat in (1, 2)] == [at("08:20"), at("08:20")]
    assert decision.assignments[key(2)] == TWO.plan.assignments[key(2)]


def test_where_they_come_too_late_whoever_comes_instead_begins_with_the_colleague():
    decision = decided(working(TWO, 1, ("07:00", "09:00")), late(1, 45))
    seats = [decision.assignments[key(1, seat)] for seat in (1, 2) if key(1, seat) in decision.assignments]
    assert RN1.id not in {a.clinician_id for a in seats}
    assert len({a.starts_at for a in seats}) == 1


def test_another_carer_of_the_visit_is_not_late_for_it():
    decision = decided(TWO, late(1, 20))
    assert {(u.late_by, u.expected_start) for u in decision.visit_updates if u.late_by} == {(RN1.id, at("08:20"))}
    assert decided(after(TWO, decision), called_out(2, "07:30", n=9)).assignments[key(1)].starts_at == at("08:20")


def test_what_a_person_fixed_before_it_stays_before_it():
    fixed = a_published_day(stop(1, 1, "08:00", pinned=True), stop(2, 1, "08:45"), stop(3, 1, "09:30"))
    decision = decided(gated(fixed, 1, GateState.HELD), late(1, 40))
    starts = {n: decision.assignments[key(n)].starts_at for n in (1, 2, 3) if key(n) in decision.assignments}
    assert (starts[1], starts[2]) == (at("08:00"), at("09:25"))
    assert decision.assignments[key(3)].clinician_id != RN1.id or starts[3] > starts[2]


def test_of_a_draft_nobody_is_on_the_way():
    draft = replace(PLANNED, plan=replace(PLANNED.plan, stage=Stage.DRAFT))
    assert decided(draft, late(1, 20)).changes == ()


def test_who_runs_over_is_there_whatever_their_gate_says():
    held = gated(a_published_day(stop(1, 1, "08:00")), 1, GateState.HELD)
    assert frozen_stops(held, at("08:10")) == ()
    (there,) = frozen_stops(asked(held, 1, expected_end=at("09:10")), at("08:10"))
    assert there.left_at >= at("09:10")
