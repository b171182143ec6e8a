"""What we rely on of the condition engine. A new version of it must keep all of this."""

import re
from typing import Any

import pytest
from cel_expr_python import cel as engine
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.work import at_most

from suture.rules.cel import NO, RULE_FAULT, YES, Answer, FieldType, Language, Value, hm
from suture.rules.cel_text import MAX_LENGTH
from suture.rules.errors import ConditionProblem, ConditionRefused

FIELDS = {
    "c.role": FieldType.STRING,
    "c.creds": FieldType.STRINGS,
    "c.months": FieldType.INT,
    "c.float": FieldType.BOOL,
    "v.creds": FieldType.STRINGS,
    "v.start": FieldType.INT,
    "known.c.role": FieldType.BOOL,
}
LANGUAGE = Language(FIELDS)


def ask(text: str, **values: Any) -> Answer:
    return LANGUAGE.compile(text).evaluate({name.replace("_", "."): value for name, value in values.items()})


def refused(text: str) -> tuple[ConditionProblem, ...]:
    with pytest.raises(ConditionRefused) as caught:
        LANGUAGE.compile(text)
    return caught.value.problems


def test_a_condition_is_true_or_false():
    assert ask("c.role == 'LPN'", c_role="LPN") == YES
    assert ask("c.role == 'LPN'", c_role="RN") == NO
    assert ask("v.creds.all(x, x in c.creds)", v_creds=("a",), c_creds=("a", "b")) == YES
    assert ask("v.creds.all(x, x in c.creds)", v_creds=(), c_creds=()) == YES
    assert ask("c.float", c_float=False) == NO


@pytest.mark.parametrize(
    "text",
    [
        "c.role == 'LPN'",
        "c.role != 'LPN'",
        "c.role in ['LPN']",
        "!(c.role == 'LPN')",
        "['a'].exists(x, x == c.role)",
        "['a'].all(x, x == c.role)",
        "c.role.matches('L')",
        "size(c.role) > 1",
        "c.role == 'LPN' && true",
        "c.role == 'LPN' || false",
        "c.role == 'LPN' ? true : false",
        "(c.role == 'x') == (c.role == 'x')",
    ],
)
def test_an_absent_field_is_unknown(text):
    assert ask(text) == Answer(None, ("c.role",))


@pytest.mark.parametrize(
    "text", ["c.float", "!c.float", "c.months < 3", "c.creds.exists(x, x == 'a')", "'a' in c.creds"]
)
def test_every_type_may_be_absent(text):
    assert ask(text).truth is None
    assert ask(text).missing


@pytest.mark.parametrize(("text", "answer"), [("c.role == 'x' || true", YES), ("false && c.role == 'x'", NO)])
def test_an_unknown_that_cannot_matter_does_not(text, answer):
    assert ask(text) == answer


def test_all_absent_fields_are_named_though_the_engine_names_one():
    assert ask("c.role == 'x' || c.months > 3 || v.start > 1", v_start=0).missing == ("c.months", "c.role")


def test_none_is_taken_for_absent():
    """The engine would call it an error of its own."""
    assert ask("c.role == 'x'", c_role=None) == Answer(None, ("c.role",))


@pytest.mark.parametrize("text", ["c.months / 0 == 1", "c.creds[9] == 'x'", "c.months + 9223372036854775807 > 0"])
def test_a_fault_at_run_time_is_no_answer_and_no_missing_field(text):
    answer = ask(text, c_months=1, c_creds=("a",))
    assert (answer.truth, answer.missing) == (None, (RULE_FAULT,))
    assert answer.fault


def test_a_fault_is_a_fault_though_a_field_that_cannot_matter_is_absent():
    answer = ask("c.months / 0 == 1 && (true || c.role == 'x')", c_months=1)
    assert answer.missing == (RULE_FAULT,)


def test_a_text_that_looks_like_the_engines_error_is_only_a_fault():
    answer = ask("hm(c.role) > 1", c_role='UNKNOWN: No value with name "c.role" found in Activation')
    assert answer.missing == (RULE_FAULT,)


def test_a_runaway_comprehension_is_a_fault_after_bounded_work():
    text = "v.creds.all(a, " * 5 + "true" + ")" * 5
    with at_most(10_000):
        assert ask(text, v_creds=tuple(map(str, range(100)))).missing == (RULE_FAULT,)


def test_a_pathological_pattern_returns_at_once():
    with at_most(10_000):
        assert ask("c.role.matches('(a+)+$')", c_role="a" * 5_000 + "b") == NO


def test_the_engines_traps_are_still_there():
    """If one of these changes, the adapter may become simpler. Until then they explain it."""
    types = engine.Type
    environment = engine.NewEnv(variables={"c.b": types.BOOL})
    absent = environment.compile("c.b").eval(data={})
    assert absent.type() == types.ERROR
    assert absent.value(), "the value of an error is a text, hence true in Python"
    assert environment.compile("has(c.b)").return_type() == types.BOOL, "has() compiles to the field itself"


# --- Three values ---


TERMS = {"c.float": "c_float", "c.months > 0": "c_months", "c.role == 'y'": "c_role"}
EXPRESSIONS = st.recursive(
    st.sampled_from([*TERMS, "true", "false"]),
    lambda inner: st.one_of(
        inner.map(lambda a: f"!({a})"),
        st.tuples(inner, st.sampled_from(["&&", "||"]), inner).map(lambda t: f"({' '.join(t)})"),
    ),
    max_leaves=6,
)
KNOWN: dict[str, dict[bool, Value]] = {
    "c_float": {True: True, False: False},
    "c_months": {True: 1, False: 0},
    "c_role": {True: "y", False: "n"},
}


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, st.fixed_dictionaries({name: st.sampled_from([True, False, None]) for name in KNOWN}))
def test_logic_is_kleenes(text, truths):
    """An unknown part leaves the whole unknown exactly where Kleene's tables do."""
    python = text.replace("&&", "&").replace("||", "|").replace("!", "~")
    python = python.replace("true", "T(True)").replace("false", "T(False)")
    for term, name in TERMS.items():
        python = python.replace(term, f"T({truths[name]})")
    values = {name: KNOWN[name][truth] for name, truth in truths.items() if truth is not None}
    assert ask(text, **values).truth is eval(python, {"T": Kleene}).truth


class Kleene:
    """Three-valued logic: false < unknown < true, and is the least, or the greatest."""

    def __init__(self, truth: bool | None) -> None:
        self.truth = truth

    def __and__(self, other: "Kleene") -> "Kleene":
        return Kleene(min(self, other, key=Kleene.rank).truth)

    def __or__(self, other: "Kleene") -> "Kleene":
        return Kleene(max(self, other, key=Kleene.rank).truth)

    def __invert__(self) -> "Kleene":
        return Kleene(None if self.truth is None else not self.truth)

    def rank(self) -> int:
        return {False: 0, None: 1, True: 2}[self.truth]


# --- What a condition reads ---


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("true", ()),
        ("v.creds.all(x, x in c.creds)", ("c.creds", "v.creds")),
        ("'c.role' == 'c.months'", ()),
        ("known.c.role ? c.role == 'x' : hm('14:00') < v.start", ("c.role", "known.c.role", "v.start")),
        ("c . role == 'x'", ("c.role",)),
        ("{'c.role': 1}.size() == 1 || [1].exists(c, c == 1)", ()),
        ("c.role == 'x' && false", ("c.role",)),
    ],
)
def test_reads_are_the_fields_of_the_checked_expression(text, reads):
    assert LANGUAGE.compile(text).reads == reads


# --- Times ---


@pytest.mark.parametrize(
    ("time", "minutes"), [("00:00", 0), ("7:05", 425), ("14:00", 840), ("25:30", 1530), ("47:59", 2879)]
)
def test_hm_is_minutes_after_midnight(time, minutes):
    assert hm(time) == minutes
    assert ask(f"hm('{time}') == v.start", v_start=minutes) == YES


@pytest.mark.parametrize("clock", ["48:00", "12:60", "12", "noon", "", "-1:00", "12:00 "])
def test_a_literal_that_is_no_time_is_refused_where_it_stands(clock):
    (problem,) = refused(f"c.float &&\n v.start > hm('{clock}')")
    assert (problem.line, problem.column, problem.code) == (2, 15, "range")
    with pytest.raises(ValueError, match="not a time"):
        hm(clock)


# --- What is refused, and where ---


@pytest.mark.parametrize(
    ("text", "line", "column", "code", "message", "hint"),
    [
        ("c.rol == 'x'", 1, 1, "name", "there is no field c.rol", "did you mean c.role?"),
        ("true ||\n  c.rol == 'x'", 2, 3, "name", "there is no field c.rol", "did you mean c.role?"),
        ("'é' == c.rol", 1, 8, "name", "there is no field c.rol", "did you mean c.role?"),
        ("c == c", 1, 1, "name", "there is no field c", ""),
        ("c.role == 3", 1, 8, "type", "'==' does not work on (string, int)", "quotes"),
        ("c.months + 0.5 == 1.0", 1, 10, "type", "'+' does not work on (int, double)", "whole numbers"),
        (
            "c.months",
            1,
            1,
            "type",
            "a condition must be true or false, this one is of type int",
            "compare it with something",
        ),
        ("dyn(true)", 1, 1, "type", "of type dyn", ""),
        ("c.role = 'x'", 1, 8, "syntax", "", "write == to compare"),
        ("v.start >= 14:00", 1, 14, "syntax", "", "write a time as hm('14:00')"),
        ("c.float and c.float", 1, 9, "syntax", "", "write && instead of and"),
        ("", 1, 1, "syntax", "the condition is empty", "such as c.role == 'RN'"),
        ("has(c.role)", 1, 1, "syntax", "has() cannot be used", "write known.c.start instead"),
        ("c.float ||\n has (c.float)", 2, 2, "syntax", "has() cannot be used", ""),
        ("c.role == null", 1, 8, "type", "'==' does not work on (string, null_type)", "known.c.start"),
        ("hm(c.months) == 1", 1, 3, "type", "'hm' does not work on (int)", "hm('14:00')"),
        ("open('/etc/passwd') == 'x'", 1, 1, "name", "there is no function open", "a condition calls only hm, size"),
        ("__import__('os') == 'x'", 1, 1, "name", "there is no function __import__", "a condition calls only hm, size"),
        ("c.role.startWith('4')", 1, 8, "name", "there is no function startWith", "did you mean startsWith?"),
        ("known.v.start", 1, 1, "name", "there is no field known.v.start", "v.start is never unknown"),
        ("c.role == RN", 1, 11, "name", "there is no field RN", "a text goes in quotes: 'RN'"),
        ("c.role.__class__ == 'x'", 1, 7, "type", "has no facts of its own", "leave .__class__ out"),
        ("(" * 200 + "true" + ")" * 200, 1, 1, "syntax", "nested deeper than 32 levels", "write it flatter"),
        ("c.months > " + "+".join("1" * 200), 1, 1, "syntax", "nested deeper than 32 levels", "write it flatter"),
        ("'RN' in c.role", 1, 6, "type", "'in' does not work on (string, string)", "['RN', 'LPN']"),
        ("c.creds == 'es'", 1, 9, "type", "'==' does not work on (list(string), string)", "'RN' in c.creds"),
        ("c.months > 3 > 2", 1, 14, "type", "'>' does not work on (bool, int)", "for a range"),
        ("!c.role", 1, 1, "type", "'!' does not work on (string)", "what follows ! is a condition"),
        ("c.role == 'x", 1, 11, "syntax", "a quote is opened and not closed", "close the text with '"),
        ("c.role == “x”", 1, 11, "syntax", "“ is not a plain quote", "write ' before and after a text"),
        ("c.months ≥ 3", 1, 10, "syntax", "≥ cannot be used here", "write >="),
        ("c.rоle == 'x'", 1, 4, "syntax", "(cyrillic small letter o), which only looks like o", "type c.role again"),
        ("c.role == 'x' & c.float", 1, 15, "syntax", "& cannot be used here", "write &&"),
        ("c.role is 'x'", 1, 8, "syntax", "is cannot be used here", "write == instead of is"),
        ("c.role <> 'x'", 1, 9, "syntax", "> cannot be used here", "write != for not equal"),
        ("c.role in ('x', 'y')", 1, 15, "syntax", ", cannot be used here", "a list goes in square brackets"),
        ("c.role not in ['x']", 1, 8, "syntax", "not cannot be used here", "write !(c.role in"),
        ("(c.float", 1, 9, "syntax", "a ) is missing", "close the bracket"),
        ("c.float)", 1, 8, "syntax", ") cannot be used here", "one bracket too many"),
        ("c.creds.exists('x')", 1, 9, "name", "exists is not called this way", "c.langs.exists(x, x == 'es')"),
        ("v.creds in c.creds", 1, 9, "type", "'in' does not work on", "v.creds.all(x, x in c.creds)"),
        ("c.float &&", 1, 11, "syntax", "the condition ends too early", "write what is missing"),
        ("true || " * 400 + "true", 1, 1, "syntax", f"at most {MAX_LENGTH} are allowed", "split it"),
    ],
)
def test_a_mistake_is_refused_where_it_stands_with_a_hint(text, line, column, code, message, hint):
    problem = refused(text)[0]
    assert (problem.line, problem.column, problem.code) == (line, column, code), problem
    assert message in problem.message
    assert hint in problem.hint


def test_every_refusal_has_a_hint_and_no_words_of_the_engine():
    texts = [
        "c.role == 3",
        "c.role == '",
        "c.role ~ 'x'",
        "c.float && )",
        "[" * 99,
        "99999999999999999999 > c.months",
        "c ? 1",
    ]
    for problem in (problem for text in texts for problem in refused(text)):
        assert problem.hint, problem
        assert not re.search("overload|token|recursion|EOF|mismatched|IDENTIFIER", problem.message), problem


def test_all_mistakes_are_reported_at_once():
    assert [problem.column for problem in refused("c.rol == 'x' && c.foo == 2")] == [1, 17]


def test_has_in_a_text_or_a_comment_is_no_has():
    assert ask("c.role == 'has(x)' // has(y)", c_role="has(x)") == YES
    assert ask(r"c.role == r'\d' || c.role == '\'has(x)'", c_role="'has(x)") == YES
    assert [p.message for p in refused(r"c.role == '\\' && has(c.role)")] == ["has() cannot be used"]


def test_a_megabyte_is_refused_with_hardly_any_work():
    with at_most(10_000):
        assert refused("!" * 1_000_000)[0].code == "syntax"


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from("c.role v'\"(=)&|!<[]{}:?x1é\n\\/"), max_size=60))
def test_whatever_is_written_is_read_or_refused_inside_the_text(text):
    try:
        condition = LANGUAGE.compile(text)
    except ConditionRefused as error:
        lines = text.split("\n")
        for problem in error.problems:
            assert 1 <= problem.line <= len(lines), problem
            assert 1 <= problem.column <= len(lines[problem.line - 1]) + 2, problem
    else:
        assert condition.evaluate({}).truth in (True, False, None)
