"""Compiling to arrays: the bits are those of the slow reference, and what changed is answered as if all were new."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.rule_verifier import a_rulebook

from suture.model.ids import PartyId, VisitId
from suture.rules.book import Rulebook, load
from suture.rules.cel import Values
from suture.rules.clauses import Ask, Combined, Join, clauses_of
from suture.rules.compile import areas, compile_rules
from suture.rules.compiled import CompiledRules
from suture.rules.evaluate import judge
from suture.rules.reference import plain_bits
from suture.rules.verdicts import Term
from suture.rules.vocabulary import language

BOOK = a_rulebook(
    'id: a-role\nkind: require\nthat: "c.role in v.roles"',
    'id: b-skills\nkind: require\nthat: "v.creds.all(x, x in c.creds)"\nwhen: "v.priority < 3"',
    'id: c-barred\nkind: forbid\nwhen: "c.id in v.banned"',
    "id: d-language\nkind: forbid\nwhen: \"v.lang != 'en' && !(v.lang in c.langs)\"",
    'id: e-odd\nkind: forbid\nwhen: "v.dur / (v.dur - 30) > 5 || v.dur == c.start"',
    "id: f-only\nkind: require\nthat: \"v.only == '' || c.id == v.only\"",
    "id: g-nested\nkind: forbid\nwhen: \"!(c.role == 'RN' || (v.dur > 20 && c.start < v.start)) && v.priority != 1\"",
    "id: h-not\nkind: require\nthat: \"v.only != c.id || c.role == 'HHA'\"",
    "id: i-ternary\nkind: forbid\nwhen: \"v.dur > 30 ? c.role == 'RN' : c.start == v.start\"",
    "id: j-quoted\nkind: forbid\nwhen: \"v.lang == 'a && b' || c.role == '('\"",
    'id: k-known\nkind: forbid\nwhen: "known.c.start && known.v.lang && c.start > 480"',
    'id: l-always\nkind: forbid\nwhen: "false"',
    'id: m-loops\nkind: forbid\nwhen: "v.creds.exists(x, x == c.role) && v.roles.exists(x, x == c.id)"',
    'id: n-dear\nkind: avoid\nwhen: "c.role in v.roles && v.dur > 20"\nweight: 7',
    'id: o-dear\nkind: prefer\nwhen: "c.id in v.banned"\nweight: 3',
    'id: p-hours\nkind: window\nwhen: "v.dur > 20"\nlatest_end: "08:20"',
    'id: q-hours\nkind: window\nearliest_start: "08:00"\nwhen: "v.lang == \'es\'"',
    'id: r-some\nkind: forbid\nwhen: "v.dur > 20"\nscope: {clinician: [E-01]}',
    'id: s-some\nkind: avoid\nwhen: "v.dur > 20"\nscope: {patient: [P-01]}\nweight: 5',
)


def some(values: dict[str, st.SearchStrategy[object]], sure: set[str]) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries(
        {k: v for k, v in values.items() if k in sure}, optional={k: v for k, v in values.items() if k not in sure}
    )


WORDS = st.lists(st.sampled_from(["RN", "HHA", "iv"]), max_size=2).map(tuple)
CLINICIANS = some(
    {
        "c.id": st.sampled_from(["E-01", "E-02", "E-03"]),
        "c.role": st.sampled_from(["RN", "HHA", "("]),
        "c.creds": WORDS,
        "c.langs": st.sampled_from([(), ("en",), ("en", "es")]),
        "c.start": st.sampled_from([31, 480, 500]),
        "known.c.start": st.booleans(),
    },
    {"c.id", "known.c.start"},
)
VISITS = some(
    {
        "v.id": st.sampled_from(["V-1"]),
        "v.roles": WORDS,
        "v.creds": WORDS,
        "v.banned": st.sampled_from([(), ("E-01",), ("E-02", "E-03", "E-02")]),
        "v.only": st.sampled_from(["", "E-01", "E-09"]),
        "v.lang": st.sampled_from(["en", "es", "a && b"]),
        "v.dur": st.sampled_from([15, 30, 31]),
        "v.start": st.sampled_from([450, 480, 500]),
        "v.end": st.sampled_from([500, 520, 600]),
        "v.priority": st.integers(1, 3),
        "p.id": st.sampled_from(["P-01", "P-02"]),
        "known.v.lang": st.booleans(),
    },
    {"v.id", "known.v.lang"},
)
People = dict[PartyId, Values]
Work = dict[VisitId, Values]


def compiled(book: Rulebook, people: People, work: Work) -> CompiledRules:
    return compile_rules(areas(book.rules, ()), people, work)


def same(a: CompiledRules, b: CompiledRules) -> bool:
    arrays = ("why", "unknown", "applies", "cost", "eligible")
    return all(np.array_equal(getattr(a, name), getattr(b, name)) for name in arrays)


@settings(max_examples=80, deadline=None)
@given(st.lists(CLINICIANS, max_size=4), st.lists(VISITS, max_size=5))
def test_the_bits_are_those_of_asking_every_rule_whole_for_every_pair(people, work):
    left = {PartyId(n): values for n, values in enumerate(people)}
    right = {VisitId(n): values for n, values in enumerate(work)}
    rules = compiled(BOOK, left, right)
    hard = [c for c in BOOK.rules if c.rule.id <= "m-loops"]
    why, unknown = plain_bits(Rulebook("", tuple(hard), ""), left, right)
    mask = np.uint64((1 << 13) - 1)
    assert np.array_equal(rules.why & mask, why)
    assert np.array_equal(rules.unknown & mask, unknown)
    for c, own in left.items():
        for v, facts in right.items():
            terms = [judge(checked, {**own, **facts}) for checked in BOOK.rules]
            said = [t for t in terms if isinstance(t, Term) and (t.rule_id != "s-some" or facts.get("p.id") == "P-01")]
            assert rules.cost[rules.row_of[c], rules.column_of[v]] == sum(t.minutes for t in said)
            assert rules.broken(c, v)[2] == tuple(t.rule_id for t in said)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(CLINICIANS, min_size=1, max_size=4),
    st.lists(VISITS, min_size=1, max_size=5),
    VISITS,
    CLINICIANS,
    st.data(),
)
def test_what_changed_is_answered_as_if_all_were_new(people, work, visit, clinician, data):
    left = {PartyId(n): values for n, values in enumerate(people)}
    right = {VisitId(n): values for n, values in enumerate(work)}
    v, c = VisitId(data.draw(st.integers(0, len(work)))), PartyId(data.draw(st.integers(0, len(people))))
    before = compiled(BOOK, left, right)
    kept = before.why.copy()
    after = before.with_visit(v, visit).with_clinician(c, clinician)
    assert same(after, compiled(BOOK, {**left, c: clinician}, {**right, v: visit}))
    assert np.array_equal(before.why, kept), "older compiled rules stay as they were"
    assert same(before.with_clinician(c, clinician).with_visit(v, visit), after)


def test_more_than_64_rules_have_bits_of_their_own():
    book = a_rulebook(*[f'id: r-{n:03}\nkind: forbid\nwhen: "v.dur == {n}"' for n in range(130)])
    rules = compiled(book, {PartyId(1): {}}, {VisitId(n): {"v.dur": n} for n in range(131)})
    assert rules.why.shape == (1, 131, 3)
    assert [rules.broken(PartyId(1), VisitId(n))[0] for n in (0, 63, 64, 129, 130)] == [
        ("r-000",), ("r-063",), ("r-064",), ("r-129",), ()
    ]  # fmt: skip


def test_arrays_cannot_be_changed():
    rules = compiled(BOOK, {PartyId(1): {}}, {VisitId(1): {}})
    with pytest.raises(ValueError, match="read-only"):
        rules.why[0, 0, 0] = 1


@pytest.mark.parametrize(
    ("text", "shape"),
    [
        ("c.id in v.banned", "join"),
        ("v.only == c.id", "join"),
        ("known.c.start == known.v.lang", "join"),
        ("c.id in c.creds", "ask"),
        ("v.lang != 'en' && !(v.lang in c.langs)", "and(ask, not(join))"),
        ("(c.role == 'a' || v.dur > 3) && (v.dur < 9)", "and(or(ask, ask), ask)"),
        ("c.role == 'a' ? v.dur > 3 : v.dur < 9", "ask"),
        ("v.creds.all(x, x in c.creds && x != 'y')", "ask"),
        ("c.role == 'a' // && b\n && v.dur > 3", "and(ask, ask)"),
        ("c.role == 'a && b'", "ask"),
    ],
)
def test_a_condition_is_cut_at_its_outer_operators(text, shape):
    def drawn(clause: object) -> str:
        if isinstance(clause, Combined):
            return f"{clause.operator}({', '.join(drawn(part) for part in clause.parts)})"
        return "join" if isinstance(clause, Join) else "ask" if isinstance(clause, Ask) else "?"

    assert drawn(clauses_of(language().compile(text))) == shape


WAIVED = """
version: 1
rules:
- {id: barred, kind: forbid, when: "v.dur > 20", because: b, owner: o, severity: law}
- {id: dear, kind: avoid, when: "v.dur > 20", weight: 5, because: b, owner: o}
- {id: dearer, kind: avoid, when: "v.dur > 20", weight: 9, because: b, owner: o, replaces: dear,
   scope: {clinician: [E-02]}}
- {id: hours, kind: limit, per: [clinician, day], max_minutes: 480, because: b, owner: o}
waivers:
- {id: storm, rule: barred, scope: {clinician: [E-01]}, from: 2026-03-20, until: 2026-03-24, because: b,
   authority: CMS, approved_by: [compliance]}
"""


def test_waivers_and_replacements_hold_within_their_scope_and_dates():
    book = load(WAIVED, name="r")
    people = {PartyId(n): {"c.id": f"E-0{n}"} for n in (1, 2)}
    work = {VisitId(1): {"v.dur": 30}}

    def on(day: date) -> list[tuple[tuple[str, ...], int]]:
        rules = compile_rules(areas(book.effective(day), book.waived(day)), people, work)
        return [(rules.broken(c, VisitId(1))[0], int(rules.cost[rules.row_of[c], 0])) for c in people]

    assert on(date(2026, 3, 24)) == [((), 5), (("barred",), 9)]
    assert on(date(2026, 3, 25)) == [(("barred",), 5), (("barred",), 9)]
