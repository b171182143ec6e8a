"""Loading a rulebook: what it becomes, its hash, and every mistake at its line and column."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.work import at_most

from suture.rules.book import load
from suture.rules.errors import Problem, RulebookRefused
from suture.rules.parts import Severity
from suture.rules.source import MAX_BYTES

GOOD = """\
version: 1
rules:
- id: lpn-no-soc
  kind: forbid
  when: "c.role == 'LPN' && v.type == 'start_of_care'"
  because: LPN may not do start-of-care visits.
  severity: law
  owner: compliance
- id: continuity
  kind: prefer
  when: |
    c.id in
      v.last_clinicians
  weight: 20
  because: Patients do better.
  owner: clinical manager
  from: 2026-01-01
  until: 2026-12-31
"""


def problems_of(text: str) -> tuple[Problem, ...]:
    with pytest.raises(RulebookRefused) as caught:
        load(text, name="rulebook.yaml")
    return caught.value.problems


def changed(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


def with_condition(written: str) -> str:
    return changed("\"c.role == 'LPN' && v.type == 'start_of_care'\"", written)


def test_a_rulebook_holds_its_rules_by_id():
    book = load(GOOD, name="rulebook.yaml")
    assert [(c.rule.id, c.rule.severity) for c in book.rules] == [
        ("continuity", Severity.PREFERENCE),
        ("lpn-no-soc", Severity.LAW),
    ]
    assert book.rules[1].conditions["when"].reads == ("c.role", "v.type")


def test_a_rule_is_in_force_from_its_first_to_its_last_day():
    book = load(GOOD, name="rulebook.yaml")
    in_force = {
        day: [c.rule.id for c in book.effective(date.fromisoformat(day))]
        for day in ("2025-12-31", "2026-01-01", "2026-12-31", "2027-01-01")
    }
    assert in_force == {
        "2025-12-31": ["lpn-no-soc"],
        "2026-01-01": ["continuity", "lpn-no-soc"],
        "2026-12-31": ["continuity", "lpn-no-soc"],
        "2027-01-01": ["lpn-no-soc"],
    }


# --- Hash ---


@pytest.mark.parametrize(
    "same",
    [
        "# a comment\n" + GOOD,
        GOOD.replace("law\n", "law\n  scope: {org: all}\n"),
        GOOD.replace("kind: forbid", "kind: 'forbid'"),
        GOOD.replace("- id: lpn-no-soc\n  kind: forbid", "- kind: forbid\n  id: lpn-no-soc"),
        "version: 1\nrules:\n" + "".join(reversed(re.split(r"(?=^- id)", GOOD.split("rules:\n")[1], flags=re.M)[1:])),
        GOOD.replace("\n", "\r\n"),
        "\ufeff" + GOOD,
    ],
)
def test_the_hash_does_not_depend_on_how_the_file_is_written(same):
    assert load(same, name="other.yaml").hash == load(GOOD, name="rulebook.yaml").hash


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("law", "policy"),
        ("'LPN'", "'HHA'"),
        ("20", "21"),
        ("visits.", "visits!"),
        ("2026-12-31", "2026-12-30"),
        ("lpn-", "l-"),
    ],
)
def test_the_hash_depends_on_all_that_a_rule_says(old, new):
    assert load(changed(old, new), name="rulebook.yaml").hash != load(GOOD, name="rulebook.yaml").hash


def test_the_hash_is_stable_across_releases():
    """Plans in the database name it. A change here needs a new vocabulary version or a migration."""
    assert load(GOOD, name="rulebook.yaml").hash.startswith("a7f7a292d0422fc9")


def test_two_spellings_of_one_letter_are_the_same():
    composed, decomposed = changed("better", "caf\u00e9"), changed("better", "cafe\u0301")
    assert load(composed, name="a").hash == load(decomposed, name="a").hash


# --- Mistakes ---


@pytest.mark.parametrize(
    ("text", "place", "code", "said"),
    [
        # conditions, at the place in the file
        (with_condition('"c.rol == 1"'), "5:10", "name", "when: there is no field c.rol – did you mean c.role?"),
        (with_condition("c.rol == 'LPN'"), "5:9", "name", "when: there is no field c.rol – did you mean c.role?"),
        (with_condition("'c.role == ''LPN'' && c.rol'"), "5:31", "name", "when: there is no field c.rol"),
        (with_condition('"c.role == \\"\\u0041\\" && c.rol"'), "5:34", "name", "when: there is no field c.rol"),
        (with_condition("|\n    true &&\n      c.rol == ''"), "7:7", "name", "when: there is no field c.rol"),
        (with_condition("|2-\n\n    c.rol == ''"), "7:5", "name", "when: there is no field c.rol"),
        (
            with_condition('"c.role == 3"'),
            "5:17",
            "type",
            "when: '==' does not work on (string, int) – a text goes in quotes",
        ),
        (with_condition('"c.role = 3"'), "5:17", "syntax", "when: = cannot be used here – write == to compare"),
        (with_condition('"v.dur"'), "5:10", "type", "when: a condition must be true or false"),
        # what YAML would change in silence
        (with_condition(">\n    c.role == ''"), "5:9", "yaml", "when: YAML joins these lines into one"),
        (with_condition("c.role ==\n    'x'"), "5:9", "yaml", "when: YAML joins these lines into one"),
        (with_condition("c.role == 'x' #1"), "5:9", "yaml", "when: YAML takes what follows # for a comment"),
        (with_condition("!known.c.start"), "5:9", "yaml", "tags (!) are not read"),
        (with_condition("true ? c.x : c.y"), "5:20", "yaml", "mapping values are not allowed in this context – put"),
        (with_condition("true"), "5:9", "schema", "when must be text"),
        (with_condition("14:00"), "5:11", "syntax", "when: "),
        # the schema
        (changed("kind: forbid", "kind: forbit"), "4:9", "schema", "unknown kind 'forbit' – did you mean forbid?"),
        (changed("kind: forbid", "kind: xyz"), "4:9", "schema", "unknown kind 'xyz' – there are require"),
        (changed("kind: forbid", "kind: fair"), "4:9", "schema", "the kind 'fair' is not built yet: it comes with the"),
        (changed("  kind: forbid\n", ""), "3:3", "schema", "the kind is missing"),
        (changed("when: |", "wenn: |"), "11:3", "schema", "wenn: unknown key 'wenn' – did you mean when?"),
        (changed("when: |", "wenn: |"), "9:3", "schema", "when is missing"),
        (changed("  owner: compliance\n", ""), "3:3", "schema", "owner is missing – name the role"),
        (changed("  because: Patients do better.\n", ""), "9:3", "schema", "because is missing – say"),
        (changed("Patients do better.", ""), "15:11", "schema", "because must be text"),
        (changed("lpn-no-soc", "LPN"), "3:7", "schema", "id must be written differently"),
        (changed("lpn-no-soc", "lpn-no-s\u043ec"), "3:7", "schema", ""),
        (changed("lpn-no-soc", "continuity"), "9:7", "schema", "id: the id is not unique – line 3 has"),
        (changed("law", "laws"), "7:13", "schema", "severity must be 'law', 'contract'"),
        (changed("20", "'20'"), "14:11", "schema", "weight must be a whole number"),
        (changed("20", "20.5"), "14:11", "schema", "weight must be a whole number"),
        (changed("2026-12-31", "2025-12-31"), "18:10", "range", "until: until 2025-12-31 is before from 2026-01-01"),
        (changed("2026-12-31", "2026-02-30"), "18:10", "schema", "until must be a date – a date as"),
        (
            changed("law", "law\n  scope: {patients: [P-01]}"),
            "8:11",
            "schema",
            "scope.patients: unknown key 'scope.patients' – did you mean patient?",
        ),
        (
            changed("law", "law\n  scope: {site: [P-01]}"),
            "8:11",
            "schema",
            "unknown key 'scope.site' – a scope may",
        ),
        (changed("20", "twenty"), "14:11", "schema", "weight must be a whole number – write a whole number"),
        (
            changed("from: 2026-01-01", "from: {a: b}"),
            "17:9",
            "schema",
            "from must be a date – a date as",
        ),
        (changed("law", "laws"), "7:13", "schema", "or 'preference' – did you mean law?"),
        (
            changed("law", "law\n  tests: {a: b}"),
            "8:10",
            "schema",
            "tests must be a list – write",
        ),
        (changed("law", "law\n  test: 1"), "8:3", "schema", "test: unknown key 'test' – did you mean tests?"),
        (changed("law", "law\n  zzz: 1"), "8:3", "schema", "zzz: unknown key 'zzz' – this kind has id, kind, title"),
        (changed("version: 1", "version: 2"), "1:10", "schema", "version is missing or unknown – write version: 1"),
        (changed("version: 1", "rule: 1"), "1:1", "schema", "unknown key 'rule' – did you mean rules?"),
        # the file
        (
            changed("law", "law\n  severity: policy"),
            "8:3",
            "yaml",
            "key 'severity' twice – it is already on line 7",
        ),
        (changed("version: 1", "version: 1\nversion: 1"), "2:1", "yaml", "key 'version' twice"),
        (changed("law", "&a law"), "7:13", "yaml", "anchors (&) and aliases (*) are not read"),
        (changed("law", "*a"), "7:13", "yaml", "anchors (&) and aliases (*) are not read"),
        (changed("law", "!!python/object/apply:os.system [id]"), "7:13", "yaml", "tags (!) are not read"),
        (changed("law", "[" * 20 + "]" * 20), "7:22", "yaml", "nested deeper than 12 levels"),
        (changed("law", '"law'), "", "yaml", ""),
        (changed("law", "la\x00w"), "", "yaml", ""),
        (changed("law", "la\ud800w"), "7:15", "yaml", "half a character – save the file as UTF-8"),
        (GOOD + "---\nversion: 1\n", "19:1", "yaml", "a second document starts here"),
        (GOOD + "? [a]\n: b\n", "19:3", "yaml", "a key must be a word"),
        ("", "1:1", "yaml", "the file is empty"),
        ("rules", "1:1", "schema", "a rulebook starts with version: 1 and rules:"),
        ("version: 1\nrules: 3", "2:8", "schema", "rules is missing or not a list"),
        ("version: 1\nrules: [3]", "2:9", "schema", "a rule is a mapping"),
        ("version: 1\nrules:\n- id: [x]\n  kind: {a: b}\n", "4:9", "schema", "the kind is missing"),
    ],
)
def test_a_mistake_is_reported_at_its_line_and_column(text, place, code, said):
    problems = problems_of(text)
    assert any(
        problem.code == code and place in ("", f"{problem.line}:{problem.column}") and said in str(problem)
        for problem in problems
    ), problems


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("kind: rest, min_hours: ten", "min_hours must be a number – write a number without quotes"),
        ("kind: stretch, duration: {factor: x}", "duration.factor must be a number – write a number without"),
        (
            "kind: forbid, when: 'v.dur > 1', tests: [{given: {c: {role: RN}}, expect: [no]}]",
            "expect must be 'pass'",
        ),
        ("kind: forbid, when: 'v.dur > 1', tests: [{given: {c: {role: 1.5}}, expect: pass}]", "role does not"),
        ("kind: window, latest_end: 2pm", "latest_end must be written differently"),
    ],
)
def test_a_fault_is_told_once_and_without_the_names_of_types(rule, said):
    (problem,) = problems_of(f"version: 1\nrules:\n- {{id: one, because: b, owner: o, {rule}}}\n")
    assert said in str(problem)
    assert problem.hint
    assert not re.search(r"\b(int|float|dict|literal|str)\b", problem.slot), problem


def test_a_problem_says_where_it_is_what_is_wrong_and_what_to_do():
    (problem,) = problems_of(with_condition('"c.rol == 1"'))
    where = "rulebook.yaml:5:10: rule lpn-no-soc, when:"
    assert str(problem) == f"{where} there is no field c.rol – did you mean c.role? [name]"


def test_all_mistakes_of_all_rules_are_reported_in_file_order():
    text = (
        with_condition('"c.rol == c.foo"')
        .replace("  owner: clinical manager\n", "")
        .replace("weight: 20", "weight: no")
    )
    places = [(problem.line, problem.code) for problem in problems_of(text)]
    assert places == [(5, "name"), (5, "name"), (9, "schema"), (14, "schema")]


def test_a_good_rulebook_is_not_refused_for_its_unquoted_condition():
    load(with_condition('c.role == "LPN"'), name="rulebook.yaml")


def test_the_words_of_yaml_1_1_stay_words():
    text = changed("owner: compliance", "owner: no").replace("visits.", "14:00")
    assert load(text, name="rulebook.yaml").rules[1].rule.owner == "no"


# --- Tests inside a rule ---


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("{given: {c: {role: LPN}, v: {type: start_of_care}}, expect: fail}", ""),
        ("{given: {c: {role: RN}}, expect: pass}", ""),
        ("{given: {c: {role: LPN}}, expect: unknown}", ""),
        (
            "{given: {c: {role: LPN}}, expect: pass}",
            "8:12: rule lpn-no-soc, tests: expected pass, the rule says unknown … [test]",
        ),
        ("{given: {c: {roll: LPN}}, expect: pass}", "there is no field c.roll – did you mean c.role?"),
        ("{given: {c: {role: 3}}, expect: pass}", "rule lpn-no-soc, tests: c.role is a string … [type]"),
        ("{given: {c: {role: RN}}, expect: {cost: 3}}", "expected cost 3, the rule says pass"),
        ("{given: {c: {role: RN}}, expect: maybe}", "rule lpn-no-soc, tests.0.expect … [schema]"),
        ("{expect: pass}", "8:12: rule lpn-no-soc, tests.0.given is missing … [schema]"),
    ],
)
def test_a_rules_own_tests_are_run(test, said):
    text = changed("law\n", f"law\n  tests:  [{test}]\n")
    if not said:
        load(text, name="rulebook.yaml")
    else:
        reported = [str(problem) for problem in problems_of(text)]
        assert any(all(part in line for part in said.split(" … ")) for line in reported), reported


# --- Bombs ---


@pytest.mark.parametrize(
    "bomb",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [*{a},*{a},*{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "&a [*a]",
        "[" * 200_000,
        "{a: " * 100_000,
        "- " * 200_000,
        "x" * (MAX_BYTES + 1),
        "version: 1\nrules:\n" + "- {id: aa, kind: forbid}\n" * 2_000,
        with_condition(f'"{"true || " * 30_000}true"'),
        with_condition(f'"{"!" * 3_000}true"'),
        with_condition(f'"{"(" * 900}true{")" * 900}"'),
        "\n" * 500_000,
        "a" * 100_000 + ": b",
        '"' + "\\x41" * 100_000 + '"',
    ],
)
def test_a_bomb_is_refused_with_bounded_work(bomb):
    with at_most(500_000):
        assert problems_of(bomb)


@settings(max_examples=200, deadline=None)
@given(st.integers(0, len(GOOD)), st.text(st.sampled_from("\n :-'\"|>#{}[]!&*x1,?\t"), min_size=1, max_size=4))
def test_whatever_is_typed_into_a_file_is_read_or_refused_inside_it(at, typed):
    text = GOOD[:at] + typed + GOOD[at:]
    try:
        load(text, name="rulebook.yaml")
    except RulebookRefused as error:
        lines = text.split("\n")
        assert error.problems
        for problem in error.problems:
            assert 1 <= problem.line <= len(lines) + 1, problem
            assert 1 <= problem.column <= max(map(len, lines)) + 2, problem
