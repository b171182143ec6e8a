"""One trace of a pair: it agrees with the compiled verdicts, shows what was looked at, and leads to the nearest fix."""

from dataclasses import replace

from hypothesis import given, settings
from tests.builders import PLACE, SERVICE_DATE, a_clinician, a_day, a_past_visit, a_patient, a_place, a_visit, a_window
from tests.rule_verifier import a_rulebook
from tests.unit.rules.test_evaluate import RULES, days

from suture.model.day import Day
from suture.model.people import Clinician
from suture.rules.book import Rulebook, load
from suture.rules.evaluate import evaluate, judge
from suture.rules.explain import Said, Trace, blocking_lines, cheapest_fix, explain
from suture.rules.parts import Severity
from suture.rules.verdicts import Term, Unknown
from suture.rules.vocabulary import day_values

ANA, BEN = a_clinician(1), a_clinician(2, role="HHA", languages=())
VISIT = a_visit(1, required_skills=("iv",))
BOOK = a_rulebook(
    'id: license\nkind: require\nthat: "c.role in v.roles"\nseverity: law',
    'id: skills\nkind: require\nthat: "v.creds.all(x, x in c.creds)"',
    "id: language\nkind: forbid\nwhen: \"!('en' in c.langs)\"",
    'id: dear\nkind: avoid\nwhen: "v.dur > 20"\nweight: 9',
    "id: hours\nkind: limit\nper: [clinician, day]\nmax_minutes: 480",
    'id: late\nkind: window\nwhen: "v.site == \'S1\'"\nlatest_end: "07:00"',
)


def a_case(**changes: object) -> Day:
    return a_day(clinicians=[ANA, BEN], patients=[a_patient(1)], visits=[replace(VISIT, **changes)])  # type: ignore[arg-type]  # named by the test


def said(trace: Trace) -> dict[str, Said]:
    return {line.rule_id: line.said for line in trace.lines}


def traced(book: Rulebook, day: Day, clinician: Clinician) -> Trace:
    return explain(evaluate(book, day), clinician.id, VISIT.id)


@settings(max_examples=40, deadline=None)
@given(days())
def test_the_trace_says_what_the_solver_goes_by_and_what_each_rule_says_asked_alone(day):
    rules = evaluate(RULES, day)
    values = day_values(day)
    for pair, verdict in rules.pairs.items():
        trace = explain(rules, *pair)
        assert trace.verdict == verdict
        assert blocking_lines(rules, *pair) == tuple(line for line in trace.lines if line.blocks)
        for line in trace.lines:
            checked = RULES.rule(line.rule_id)
            alone = checked and judge(checked, {**values.clinicians[pair[0]], **values.visits[pair[1]]})
            broken = line.rule_id if line.said is Said.FAIL else None
            if line.said in (Said.PASS, Said.FAIL):
                assert alone == broken
            elif line.said is Said.UNKNOWN:
                assert alone == Unknown(line.rule_id, line.missing)
            elif line.said is Said.APPLIES:
                assert alone == Term(line.rule_id, line.minutes)


def test_a_trace_has_a_line_a_rule_with_values_and_limits():
    trace = traced(BOOK, a_case(), BEN)
    lines = {line.rule_id: line for line in trace.lines}
    assert said(trace) == {
        "dear": Said.APPLIES,
        "hours": Said.APPLIES,
        "language": Said.UNKNOWN,
        "late": Said.SILENT,
        "license": Said.FAIL,
        "skills": Said.FAIL,
    }
    assert lines["license"].values == {"c.role": "HHA", "v.roles": ("LPN", "RN")}
    assert lines["license"].severity is Severity.LAW
    assert lines["language"].missing == ("c.langs",)
    assert lines["dear"].minutes == 9
    assert lines["hours"].limits == "At most 480 minutes per clinician and day."
    assert str(lines["skills"]) == (
        "fail: Only if v.creds.all(x, x in c.creds) – A test needs it. (c.creds = [HHA], v.creds = [iv])"
    )


def test_the_cheapest_fix_names_the_fewest_rules_and_never_law():
    ben = cheapest_fix(traced(BOOK, a_case(), BEN))
    assert (ben.possible, ben.law, ben.relax, ben.verify) == (False, ("license",), (), ("c.langs",))
    ana = cheapest_fix(traced(BOOK, a_case(), ANA))
    assert (ana.possible, ana.law, ana.relax, ana.steps) == (True, (), ("skills",), 1)


def test_a_window_that_leaves_nothing_fails_and_is_part_of_the_fix():
    day = replace(a_case(required_skills=(), window=a_window("08:00", "12:00")), places={PLACE: a_place(site="S1")})
    assert cheapest_fix(traced(BOOK, day, ANA)).relax == ("late",)


def test_a_waiver_and_a_replacement_show_in_the_trace():
    rules = "".join(
        f'- {{id: {name}, kind: forbid, when: "v.dur > 20", because: b, owner: o{more}}}\n'
        for name, more in (("storm", ""), ("old", ""), ("new", ", replaces: old, scope: {clinician: [E-01]}"))
    )
    waiver = (
        f"- {{id: flood, rule: storm, from: {SERVICE_DATE}, until: {SERVICE_DATE}, because: b, approved_by: [me]}}\n"
    )
    book: Rulebook = load(f"version: 1\nrules:\n{rules}waivers:\n{waiver}", name="r")
    trace = traced(book, a_case(), ANA)
    assert said(trace) == {"new": Said.FAIL, "old": Said.REPLACED, "storm": Said.WAIVED}
    assert str(trace.lines[2]).startswith(f"waived by flood until {SERVICE_DATE}: ")
    assert evaluate(book, a_case()).waivers == ("flood",)
    assert said(traced(book, a_case(), BEN)) == {
        "new": Said.SILENT,
        "old": Said.FAIL,
        "storm": Said.WAIVED,
    }


def test_a_weekly_limit_says_what_earlier_days_took():
    book = a_rulebook("id: week\nkind: limit\nper: [clinician, week]\nmax_minutes: 2400")
    (line,) = traced(book, replace(a_case(), past=(a_past_visit(ANA, days=-1),)), ANA).lines
    assert line.limits == "At most 2400 minutes per clinician and week. Earlier days took 30."
