"""The tests inside a rule: small made-up cases with the answer the rule's author expects.

A fact that is not mentioned is absent, so each test also proves what the rule reads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from suture.rules import vocabulary
from suture.rules.cel import Condition, FieldType, Value, Values
from suture.rules.errors import did_you_mean
from suture.rules.families import Rule
from suture.rules.parts import Example, Given, Outcome, Severity
from suture.words.catalog import _

SUBJECTS = ("c", "v", "p", "day")
_PYTHON: dict[FieldType, type] = {
    FieldType.STRING: str,
    FieldType.INT: int,
    FieldType.BOOL: bool,
    FieldType.STRINGS: tuple,
}


@dataclass(frozen=True, slots=True)
class Failure:
    """A test of a rule that says something else than the rule does, or that cannot be read."""

    index: int
    code: str
    message: str
    hint: str = ""


def failures(rule: Rule, conditions: Mapping[str, Condition]) -> Iterator[Failure]:
    """Runs a rule's tests."""
    for index, example in enumerate(rule.tests):
        values, given = _facts(example), _givens(example)
        wrong = [*_wrong_fields(index, values), *_wrong_givens(index, rule, example)]
        yield from wrong
        if not wrong:
            said = outcome(rule, conditions, values, given)
            if not _is_as_expected(said, example):
                expected = _in_words(example)
                yield Failure(
                    index, "test", _("expected {expected}, the rule says {said}", expected=expected, said=said)
                )


def outcome(
    rule: Rule, conditions: Mapping[str, Condition], values: Values, given: Mapping[str, Given] | None = None
) -> Outcome:
    """What a rule says of these facts."""
    known = {name: field in values for name, field in vocabulary.KNOWN.items()}
    answers = {slot: condition.evaluate({**values, **known}) for slot, condition in conditions.items()}
    return rule.outcome(answers, given or {})


def untested(rule: Rule) -> tuple[str, ...]:
    """Which tests a law or contract rule lacks before it may be activated: one that passes, one that fails."""
    if rule.severity not in (Severity.LAW, Severity.CONTRACT):
        return ()
    expected = {example.expect for example in rule.tests if isinstance(example.expect, str)}
    return tuple(word for word in ("pass", "fail") if word not in expected)


def _is_as_expected(said: Outcome, example: Example) -> bool:
    if isinstance(example.expect, str):
        return said.word == example.expect
    return all(name in said.effects and said.effects[name] == value for name, value in example.expect.items())


def _in_words(example: Example) -> str:
    if isinstance(example.expect, str):
        return example.expect
    return ", ".join(f"{name} {value}" for name, value in example.expect.items())


def _facts(example: Example) -> dict[str, Value]:
    return {
        f"{subject}.{name}": value
        for subject, facts in example.given.items()
        if isinstance(facts, dict)
        for name, value in facts.items()
    }


def _givens(example: Example) -> dict[str, Given]:
    return {name: value for name, value in example.given.items() if not isinstance(value, dict)}


def _wrong_fields(index: int, values: Values) -> Iterator[Failure]:
    for name, value in values.items():
        kind = vocabulary.TYPES.get(name)
        if kind is None:
            message = _("there is no field {field}", field=name)
            yield Failure(index, "name", message, did_you_mean(name, vocabulary.TYPES))
        elif type(value) is not _PYTHON[kind]:
            yield Failure(index, "type", _("{field} is a {type}", field=name, type=kind.value))


def _wrong_givens(index: int, rule: Rule, example: Example) -> Iterator[Failure]:
    known = (*SUBJECTS, *sorted(rule.givens))
    for name, value in example.given.items():
        if isinstance(value, dict) != (name in SUBJECTS):
            hint = _("a test of this kind gives {names}", names=", ".join(known))
            yield Failure(index, "schema", _("a test gives {name} wrongly", name=repr(name)), hint)
        elif name not in known:
            hint = did_you_mean(name, known) or _("it gives {names}", names=", ".join(known))
            yield Failure(index, "schema", _("a test of this kind gives no {name}", name=repr(name)), hint)
