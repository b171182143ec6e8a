"""What the rulebook says of a whole day."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import (
    SERVICE_DATE,
    a_branch,
    a_clinician,
    a_credential,
    a_day,
    a_pair_rule,
    a_past_visit,
    a_patient,
    a_visit,
    an_open_shift,
)
from tests.rule_verifier import a_rulebook

from suture.model.day import Day, PairKind
from suture.model.ids import PartyId, VisitId
from suture.model.visit import VisitStatus
from suture.rules import vocabulary
from suture.rules.book import Rulebook, load
from suture.rules.cel import Answer, Condition, Values
from suture.rules.evaluate import evaluate, judge
from suture.rules.families import PairRule
from suture.rules.verdicts import Term, Unknown, Verdict
from suture.words.catalog import speaking

DEMO = Path(__file__).parents[3] / "examples" / "riverbend" / "rulebook.yaml"

RULES = a_rulebook(
    'id: role\nkind: require\nthat: "c.role in v.roles"',
    'id: skills\nkind: require\nthat: "v.creds.all(x, x in c.creds)"\nwhen: "v.priority < 3"',
    'id: barred\nkind: forbid\nwhen: "c.id in v.banned"\nscope: {clinician: [E-01, E-02]}',
    "id: language\nkind: forbid\nwhen: \"v.lang != 'en' && !(v.lang in c.langs)\"\nscope: {patient: [P-01, P-02]}",
    "id: odd\nkind: forbid\nwhen: \"v.dur / (v.dur - 30) > 5 || v.type == 'x'\"\nuntil: 2026-03-24",
    'id: continuity\nkind: prefer\nwhen: "c.id in v.last_clinicians"\nweight: 20',
    'id: stranger\nkind: avoid\nwhen: "!(v.lang in c.langs)"\nweight: 7',
    'id: late\nkind: avoid\nwhen: "c.start > v.start - v.dur && !known.p.gender_pref"\nweight: 3',
    'id: always\nkind: avoid\nwhen: "true"\nweight: 1',
    'id: past\nkind: forbid\nwhen: "true"\nuntil: 2026-03-23',
)


def naive(rulebook: Rulebook, day: Day) -> dict[tuple[PartyId, VisitId], Verdict]:
    """Every rule asked for every pair, one after the other."""
    values = vocabulary.day_values(day)
    verdicts = {}
    for c, own in values.clinicians.items():
        for v, facts in values.visits.items():
            findings = []
            patient_id = day.visits[v].patient_id
            patient = day.patients.get(patient_id) if patient_id else None
            for checked in rulebook.effective(day.service_date):
                scope = checked.rule.scope
                is_theirs = scope.clinician is None or day.clinicians[c].external_id in scope.clinician
                meant = is_theirs and scope.has_patient(patient)
                if isinstance(checked.rule, PairRule) and meant:
                    findings.append(judge(checked, {**own, **facts}))
            verdicts[c, v] = Verdict(
                tuple(f for f in findings if isinstance(f, str)),
                tuple(f for f in findings if isinstance(f, Unknown)),
                tuple(f for f in findings if isinstance(f, Term)),
            )
    return verdicts


SKILLS = st.lists(st.sampled_from(["iv", "wound_care"]), unique=True).map(tuple)
LANGUAGES = st.lists(st.sampled_from(["en", "es"]), unique=True).map(tuple)


@st.composite
def days(draw: st.DrawFn) -> Day:
    clinicians = [
        a_clinician(n, role=draw(st.sampled_from(["RN", "HHA"])), skills=draw(SKILLS), languages=draw(LANGUAGES))
        for n in range(1, 1 + draw(st.integers(0, 4)))
    ]
    patients = [a_patient(n, lang=draw(st.sampled_from(["en", "es"]))) for n in range(1, 4)]
    visits = []
    for n in range(1, 1 + draw(st.integers(0, 6))):
        facts = {"required_skills": draw(SKILLS), "duration_minutes": draw(st.sampled_from([15, 30, 31]))}
        who = draw(st.sampled_from([None, *patients]))
        roles = draw(st.sampled_from([(), ("RN",), ("RN", "HHA")]))
        visits.append(a_visit(n, patient_id=who and who.id, roles=roles, **facts))
    pairs = [(c, p) for c in clinicians for p in patients]
    some = st.lists(st.sampled_from(pairs), max_size=5) if pairs else st.just([])
    return a_day(
        clinicians=clinicians,
        patients=patients,
        visits=visits,
        shifts=() if draw(st.booleans()) else None,
        pair_rules=frozenset(a_pair_rule(p, c, draw(st.sampled_from(PairKind))) for c, p in draw(some)),
        past=tuple(a_past_visit(c, p, days=draw(st.integers(-62, -1))) for c, p in draw(some)),
    )


@settings(max_examples=60, deadline=None)
@given(days())
def test_asking_once_a_class_says_the_same_as_asking_for_every_pair(day):
    assert evaluate(RULES, day).pairs == naive(RULES, day)


def test_one_pair_meets_every_outcome():
    """The property above is worth something only if its rules fail, cannot tell and cost."""
    day = a_day(
        clinicians=[a_clinician(role="HHA", languages=())],
        patients=[a_patient(lang="es")],
        visits=[a_visit(patient_id=a_patient().id)],
    )
    verdict = evaluate(RULES, day).pairs[a_clinician().id, a_visit().id]
    assert verdict.failed == ("role",)
    assert verdict.unknown == (Unknown("language", ("c.langs",)), Unknown("odd", ("rule_fault",)))
    assert verdict.terms == (Term("always", 1),)
    assert not verdict.eligible


def test_all_clinicians_meet_all_plannable_visits_shift_or_not():
    visits = [a_visit(1), a_visit(2, status=VisitStatus.CANCELLED), a_visit(3, held=True), an_open_shift(4)]
    day = a_day(clinicians=[a_clinician(1), a_clinician(2)], patients=[a_patient(1)], visits=visits, shifts=())
    pairs = evaluate(a_rulebook(), day).pairs
    assert {(c - 100, int(v)) for c, v in pairs} == {(1, 1), (1, 4), (2, 1), (2, 4)}
    assert all(verdict == Verdict() for verdict in pairs.values())


def test_a_rule_holds_on_its_dates_both_ends_included():
    rule = 'id: closed\nkind: forbid\nwhen: "true"\nfrom: 2026-03-24\nuntil: 2026-03-24'
    day = a_day(clinicians=[a_clinician()], visits=[a_visit()])
    for service_date, refused in ((SERVICE_DATE, True), (date(2026, 3, 23), False), (date(2026, 3, 25), False)):
        rules = evaluate(a_rulebook(rule), replace(day, service_date=service_date))
        assert [bool(v.failed) for v in rules.pairs.values()] == [refused]
        assert ("closed" in rules.because) is refused


def test_a_rule_of_another_branch_says_nothing():
    rule = 'id: closed\nkind: forbid\nwhen: "true"\nscope: {branch: [DAYTON]}'
    day = a_day(clinicians=[a_clinician()], visits=[a_visit()])
    assert evaluate(a_rulebook(rule), day).because == {}
    assert "closed" in evaluate(a_rulebook(rule), replace(day, branch=a_branch(external_id="DAYTON"))).because


def test_every_rule_in_force_brings_its_title_and_its_because():
    rules = evaluate(RULES, a_day())
    assert rules.rulebook_hash == RULES.hash
    assert str(rules.title("role")) == "Only if c.role in v.roles"
    with speaking("es"):
        assert str(rules.title("role")) == "Solo si c.role in v.roles"
    assert rules.because["role"] == "A test needs it."
    assert "past" not in rules.titles


def test_a_field_no_rule_reads_is_no_matter():
    """A change of what no rule reads may not change what the rules say."""
    day = a_day(clinicians=[a_clinician()], visits=[a_visit()], patients=[a_patient()])
    renamed = replace(day, visits={v: replace(visit, external_id="V-99") for v, visit in day.visits.items()})
    assert evaluate(RULES, renamed).pairs == evaluate(RULES, day).pairs


def test_the_demos_rules_read_a_day():
    """The four hard and three priced rules of the demo, each on a pair that meets it."""
    rulebook = load(DEMO.read_text(encoding="utf-8"), name=DEMO.name)
    nora, marco = a_clinician(1, skills=["iv"], languages=("en", "es")), a_clinician(4, role="LPN")
    expired = a_clinician(3, credentials=(a_credential("RN", until=date(2026, 3, 23)),))
    maria, visit = a_patient(1, lang="es"), a_visit(1, roles=("RN",), required_skills=("iv",))
    day = a_day(
        clinicians=[nora, expired, marco],
        patients=[maria],
        visits=[visit],
        pair_rules=frozenset({a_pair_rule(maria, nora, PairKind.PREFERRED), a_pair_rule(maria, marco)}),
        past=(a_past_visit(nora, maria),),
    )
    rules = evaluate(rulebook, day)
    assert rules.pairs[nora.id, visit.id] == Verdict(terms=(Term("continuity", -20), Term("preferred-clinician", -30)))
    assert rules.pairs[marco.id, visit.id].failed == ("credential", "forbidden-pair", "role")
    assert rules.pairs[expired.id, visit.id].failed == ("credential", "license")
    assert rules.pairs[expired.id, visit.id].terms == (Term("language", 60),)
    assert [limit.used for limit in rules.limits if limit.rule_id == "weekly-hours"] == [30, 0, 0]
    assert {rest.minutes for rest in rules.rests} == {600}


def test_a_rule_is_asked_once_for_all_pairs_it_cannot_tell_apart(monkeypatch):
    asked = []
    answer = Condition.evaluate

    def listen(self: Condition, values: Values) -> Answer:
        asked.append(values)
        return answer(self, values)

    monkeypatch.setattr(Condition, "evaluate", listen)
    clinicians = [a_clinician(n, role="RN" if n % 2 else "LPN") for n in range(1, 7)]
    evaluate(
        a_rulebook('id: role\nkind: require\nthat: "v.roles.exists(x, x == c.role)"'),
        a_day(clinicians=clinicians, visits=[a_visit(n) for n in range(1, 37)]),
    )
    assert asked == [{"c.role": role, "v.roles": ("LPN", "RN")} for role in ("RN", "LPN")]
