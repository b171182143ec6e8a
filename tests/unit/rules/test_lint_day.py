"""What `suture rules check --day` says of rules that can be read and fit together: what they would do on that day."""

from tests.builders import SERVICE_DATE, a_clinician, a_day, a_patient, a_visit, a_window
from tests.rule_verifier import a_rulebook

from suture.model.day import Day
from suture.rules.evaluate import compile_day, evaluate
from suture.rules.explain import Said, cheapest_fix, explain
from suture.rules.lint_day import MAX_CLASHES, lint_day

TWO = [a_clinician(1), a_clinician(2, languages=("en", "es"))]
THE_DAY = a_day(clinicians=TWO, visits=[a_visit(1), a_visit(2)])


def forbid(rule_id: str, when: str, more: str = "") -> str:
    return f'id: {rule_id}\nkind: forbid\nwhen: "{when}"\n{more}'


def found(*rules: str, day: Day = THE_DAY) -> list[str]:
    book = a_rulebook(*rules)
    return [
        f"{p.level} {p.code} {p.rule_id}: {p.message} – {p.hint}"
        for p in lint_day(book, compile_day(book, day), SERVICE_DATE)
    ]


def test_a_rule_that_alone_blocks_everybody_is_an_error():
    (line,) = found(forbid("all", "v.dur > 0"))
    assert line.startswith("error blocks all: it blocks every pair of Mar 24, 2026 by itself, all 4 – look at what its")


def test_a_rule_that_alone_leaves_no_one_for_some_visits_is_told_once():
    visits = [a_visit(n, visit_type="bath" if n > 1 else "wound_care") for n in (1, 2, 3)]
    (line,) = found(forbid("baths", "v.type == 'bath'"), day=a_day(clinicians=TWO, visits=visits))
    assert line.startswith(
        "warning blocks baths: by itself it leaves no clinician for 2 visits of Mar 24, 2026, such as V-02 – "
    )


def test_a_condition_that_fails_is_told_with_the_count_and_the_reason():
    lines = found(forbid("third", "c.langs[1] == 'es' && v.dur > 0"))
    assert lines[0] == (
        "error fault third: its condition fails for 2 of 4 pairs of Mar 24, 2026: there is no number 1 in a list of 1"
        " – ask first whether the list is that long: size(c.langs) > 1 && …"
    )
    assert found(forbid("div", "v.dur / (v.dur - v.dur) > 1")) == [
        "error fault div: its condition fails for 4 of 4 pairs of Mar 24, 2026: divide by zero"
        " – ask first whether it is 0: v.dur != 0 && …"
    ]


def test_a_fault_is_told_of_prices_of_visits_and_of_clinicians_and_within_the_scope_only():
    dear = 'id: dear\nkind: avoid\nwhen: "v.dur / (v.dur - v.dur) > 1"\nweight: 5\nscope: {clinician: [E-01]}'
    late = "id: late\nkind: window\nwhen: \"v.dur / (v.dur - v.dur) > 1\"\nlatest_end: '23:59'"
    two = "id: two\nkind: pair\nwhen: v.dur > 500\nfirst: \"c.langs[1] == 'es'\""
    lines = [line for line in found(dear, late, two) if " fault " in line]
    assert [line.partition(": ")[0] + line.partition("fails")[2].partition(" of Mar")[0] for line in lines] == [
        "error fault dear for 2 of 2 pairs",
        "error fault late for 2 of 2 visits",
        "error fault two for 1 of 2 clinicians",
    ]


def test_a_fact_that_is_not_known_is_no_fault():
    assert found(forbid("area", "c.zone == v.zone")) == [
        "error blocks area: it blocks every pair of Mar 24, 2026 by itself, all 4 – look at what its condition says of"
        " every pair"
    ]


def test_a_contradiction_is_told_once_with_the_count_and_an_example():
    lines = found(forbid("one", "c.id == 'E-01'"), forbid("two", "c.id == 'E-02'"))
    assert lines == [
        "error contradiction one: with two it leaves no clinician for 2 visits of Mar 24, 2026, such as V-01"
        " – loosen one of them, or plan a clinician who keeps all of them"
    ]


def test_windows_that_shut_a_visit_together_contradict_each_other_and_one_that_does_so_alone_is_named():
    early = "id: early\nkind: window\nlatest_end: '10:00'"
    late = "id: late\nkind: window\nearliest_start: '11:00'"
    night = "id: night\nkind: window\nearliest_start: '23:00'"
    day = a_day(clinicians=TWO, visits=[a_visit(n, window=a_window("08:00", "13:00")) for n in (1, 2)])
    (line,) = found(early, late, day=day)
    assert (
        "error contradiction early: with late it leaves no clinician for 2 visits of Mar 24, 2026, such as V-01" in line
    )
    (line,) = found(early, night, day=day)
    assert "error blocks night: it blocks every pair of Mar 24, 2026 by itself, all 4" in line


def test_how_many_contradictions_are_not_listed_is_said():
    number = MAX_CLASHES + 5
    day = a_day(clinicians=TWO, visits=[a_visit(n) for n in range(1, number + 1)])
    rules = [forbid(f"v-{n:02}", f"c.id == 'E-01' && v.id == 'V-{n:02}'") for n in range(1, number + 1)]
    lines = found(forbid("z", "c.id == 'E-02'").replace("id: z\n", "id: zz\n"), *rules, day=day)
    assert len(lines) == MAX_CLASHES + 1
    assert "5 more contradictions like this one on Mar 24, 2026 are not listed – fix those above first" in lines[-1]


def test_a_day_without_anybody_has_no_contradictions():
    day = a_day(clinicians=[], visits=[a_visit()])
    assert all("never fires" in line for line in found(forbid("one", "c.id == 'E-01'"), day=day))


def test_a_day_without_visits_is_said_to_be_one_instead_of_every_rule_never_to_fire():
    (line,) = found(forbid("one", "c.id == 'E-01'"), day=a_day(clinicians=TWO, visits=[]))
    assert line.startswith(
        "warning never : Mar 24, 2026 has no visits that need a clinician, so nothing can be said about it – "
    )


def test_the_failing_rule_is_named_by_the_explanation_and_one_of_law_is_not_to_be_relaxed():
    day = a_day(clinicians=[a_clinician()], visits=[a_visit()], patients=[a_patient()])
    rules = evaluate(a_rulebook(forbid("third", "c.langs[5] == 'es'", "severity: law")), day)
    (pair,) = rules.pairs
    trace = explain(rules, *pair)
    (line,) = trace.lines
    assert (line.said, str(line.fault)) == (Said.UNKNOWN, "there is no number 5 in a list of 1")
    assert "the condition of rule third fails: there is no number 5 in" in str(line)
    fix = cheapest_fix(trace)
    assert (fix.relax, fix.law, fix.possible) == ((), ("third",), False)
