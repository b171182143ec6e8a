"""Which visits cannot all be done, and the rules without which they could: a smallest set, true of every plan."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations, product

from hypothesis import HealthCheck, given, settings
from tests.builders import a_shift, a_window
from tests.unit.planner.day.days import LATE_EVENING, a_limit, clinician, day, rules, visit
from tests.unit.planner.day.mornings import troubled

from suture.model.day import Day
from suture.model.ids import VisitId
from suture.planner.budget import Iterations
from suture.planner.day.conflict import Conflict, conflicts
from suture.planner.day.first_pass import first_pass
from suture.planner.day.fit import Work
from suture.planner.day.problem import DayProblem, build
from suture.planner.day.rebalance import rebalance
from suture.planner.day.reference import Failure, evaluate
from suture.planner.day.solution import from_assignments
from suture.rules.verdicts import DayRules, LimitMeasure, Series, Unknown, Verdict

ANA, BO, CY = clinician(1), clinician(2), clinician(3)
NINE, TEN, NOON = a_window("09:00", "09:30"), a_window("10:30", "11:00"), a_window("12:00", "12:30")


def found(of: Day, by: DayRules, work: int = 50_000) -> list[Conflict]:
    problem = build(of, by, now=LATE_EVENING)
    solution = first_pass(problem, budget=Iterations(50), seed=1)
    return list(conflicts(problem, by, solution.uncovered, Work(work))[0])


def only(of: Day, by: DayRules) -> Conflict:
    (conflict,) = found(of, by)
    return conflict


def test_two_visits_at_once_for_the_only_clinician():
    of = day([visit(1, window=NINE), visit(2, window=NINE)], [ANA])
    conflict = only(of, rules(of))
    assert (conflict.visits, conflict.is_smallest) == ((1, 2), True)
    assert conflict.may == {1: (ANA.id,), 2: (ANA.id,)}
    assert (conflict.rules, conflict.kept_away) == ((), ()), "no rule keeps anyone away"


def test_what_has_nothing_to_do_with_it_is_left_out():
    others = [visit(3, window=TEN), visit(4, window=NOON), visit(5, window=NINE)]
    of = day([visit(1, window=NINE), visit(2, window=NINE), *others], [ANA, BO])
    by = rules(of, barred={(2, 1), (2, 2), (1, 5)})
    assert only(of, by).visits == (1, 2), "V-05 is at nine, too, but Bo has it"


def test_a_visit_that_could_go_elsewhere_belongs_to_it_where_elsewhere_is_taken():
    """Ana: V-01 and V-02 at nine; Bo could take V-02, but is the only one for V-03, at nine as well."""
    of = day([visit(n, window=NINE) for n in (1, 2, 3)], [ANA, BO])
    assert only(of, rules(of, barred={(2, 1), (1, 3)})).visits == (1, 2, 3)


def test_the_rules_without_which_they_could_be_done_are_named_and_no_others():
    of = day([visit(n, window=NINE) for n in (1, 2)], [ANA, BO, CY], shifts=[a_shift(ANA), a_shift(BO)])
    pairs = dict.fromkeys(rules(of).pairs, Verdict())
    for number in (1, 2):
        pairs[BO.id, VisitId(number)] = Verdict(failed=("role",))
        pairs[CY.id, VisitId(number)] = Verdict(failed=("skill",))
    conflict = only(of, replace(rules(of), pairs=pairs))
    assert (conflict.rules, conflict.kept_away) == (("role",), (BO.id,)), "Cy does not work that day, whatever the rule"


def test_a_rule_that_lacks_facts_is_one_of_them():
    of = day([visit(n, window=NINE) for n in (1, 2)], [ANA, BO])
    pairs = dict.fromkeys(rules(of).pairs, Verdict())
    for number in (1, 2):
        pairs[BO.id, VisitId(number)] = Verdict(unknown=(Unknown("women", ("c.gender",)),))
    assert only(of, replace(rules(of), pairs=pairs)).rules == ("women",)


def test_one_of_two_rules_that_keep_the_same_clinician_away_is_enough():
    of = day([visit(n, window=NINE) for n in (1, 2)], [ANA, BO])
    pairs = dict.fromkeys(rules(of).pairs, Verdict())
    for number in (1, 2):
        pairs[BO.id, VisitId(number)] = Verdict(failed=("role", "skill"))
    assert only(of, replace(rules(of), pairs=pairs)).rules == ("role",)


def test_limits_and_the_way_count():
    of = day([visit(1, window=NINE), visit(2, window=TEN), visit(3, window=NOON)], [ANA])
    two = a_limit(ANA, 2, measure=LimitMeasure.COUNT)
    assert only(of, rules(of, limits=[two])).visits == (1, 2, 3)
    far = day([visit(1, window=NINE, mile_no=0), visit(2, window=a_window("09:40", "10:10"), mile_no=60)], [ANA])
    assert only(far, rules(far)).visits == (1, 2)


def test_what_must_go_to_one_clinician_is_asked_of_one():
    of = day([visit(1, window=NINE), visit(2, window=NINE), visit(3, window=TEN)], [ANA, BO])
    both = Series("same", frozenset({VisitId(1), VisitId(2)}), None)
    assert only(of, rules(of, series=[both])).visits == (1, 2)


def test_one_visit_that_no_one_may_do_or_has_time_for_is_no_conflict():
    of = day([visit(1), visit(2)], [ANA])
    assert found(of, rules(of, barred={(1, 1)})) == []
    off = day([visit(1, window=NINE), visit(2)], [ANA], shifts=[a_shift(ANA, "10:00", "13:00")])
    assert found(off, rules(off)) == []


def test_a_visit_for_two_with_one_clinician_is_no_conflict_of_visits():
    of = day([visit(1, positions=2)], [ANA])
    assert found(of, rules(of)) == []


def test_the_same_set_is_found_once():
    of = day([visit(n, window=NINE) for n in (1, 2, 3)], [ANA])
    assert [c.visits for c in found(of, rules(of))] in ([(1, 2), (1, 3)], [(1, 2), (2, 3)], [(1, 3), (2, 3)])
    wide = a_window("09:00", "10:40")
    pair = day([visit(1, window=wide, positions=2), visit(2, window=wide, positions=2)], [ANA, BO], shifts=short())
    sets = [c.visits for c in found(pair, rules(pair))]
    assert sets == list(dict.fromkeys(sets))


def short() -> list[object]:
    return [a_shift(ANA, "09:00", "09:55"), a_shift(BO, "09:00", "09:55")]


def test_there_is_a_limit_and_what_it_keeps_from_being_known_is_named():
    of = day([visit(n, window=NINE) for n in range(1, 6)], [ANA])
    problem = build(of, rules(of), now=LATE_EVENING)
    solution = first_pass(problem, budget=Iterations(50), seed=1)
    all_found, unknown = conflicts(problem, rules(of), solution.uncovered, Work(50_000))
    assert (len(all_found), unknown) == (4, frozenset())
    some, unknown = conflicts(problem, rules(of), solution.uncovered, Work(150))
    assert len(some) < 4 and unknown and not unknown - {*solution.uncovered}
    assert conflicts(problem, rules(of), solution.uncovered, Work(0)) == ((), frozenset(solution.uncovered))


def test_a_set_that_could_not_be_filtered_to_the_end_says_so():
    """Whatever work there is, what is said is true: too many visits, of which perhaps fewer are too many."""
    of = day([visit(1, window=NINE), visit(2, window=NINE), visit(3, window=TEN)], [ANA, BO])
    by = rules(of, barred={(2, 1), (2, 2)})
    problem = build(of, by, now=LATE_EVENING)
    solution = first_pass(problem, budget=Iterations(50), seed=1)
    cut_short = set()
    for work in range(0, 400, 5):
        some, _unknown = conflicts(problem, by, solution.uncovered, Work(work))
        cut_short |= {c.is_smallest for c in some}
        assert all({1, 2} <= {*c.visits} for c in some)
    assert cut_short == {True, False}


def test_many_clinicians_cost_little():
    people = [clinician(n) for n in range(1, 41)]
    of = day([visit(n, window=NINE) for n in range(1, 60)], people)
    problem = build(of, rules(of), now=LATE_EVENING)
    work = Work()
    left_out = tuple(range(40, 59))
    assert conflicts(problem, rules(of), left_out, work) == ((), frozenset()), "more than a person can look at"
    assert work.left > 0


def possible(problem: DayProblem, nodes: Sequence[int]) -> bool:
    """Whether there is any way at all, by trying all; behind the stop that somebody is on the way to, too."""
    leading = [[(), *([(w,)] if (w := row.on_way) is not None and w not in nodes else [])] for row in problem.rows]
    for rows in product(range(len(problem.rows)), repeat=len(nodes)):
        if any(problem.prices[r][v] is None for v, r in zip(nodes, rows, strict=True)):
            continue
        sets = [[v for v, at_row in zip(nodes, rows, strict=True) if at_row == r] for r in range(len(problem.rows))]
        for routes in product(*(permutations(members) for members in sets)):
            for first in product(*leading):
                forms = [(*lead, *route) if route else () for lead, route in zip(first, routes, strict=True)]
                if not isinstance(evaluate(problem, forms), Failure):
                    return True
    return False


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(troubled())
def test_no_way_to_do_them_all_and_a_way_without_any_one_of_them(trouble):
    morning, now = trouble
    problem = build(morning.day, morning.rules, now=now)
    before = from_assignments(problem, morning.day.plan)
    solution = rebalance(problem, before, freed=(), budget=Iterations(10), seed=1)
    some, unknown = conflicts(problem, morning.rules, solution.uncovered, Work(200_000))
    assert not unknown
    for conflict in some:
        if len(conflict.nodes) > 4:
            continue
        assert not possible(problem, conflict.nodes)
        for v in conflict.nodes:
            assert possible(problem, [u for u in conflict.nodes if u != v])
