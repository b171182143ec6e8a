"""The tests inside a rule: small made-up pairs with the answer the rule's author expects.

A fact that is not mentioned is absent, so each test also proves what the rule reads.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from suture.rules import vocabulary
from suture.rules.base import Example, HardRule, PairRule, PricedRule, Rule
from suture.rules.cel import Condition, FieldType, Value, Values
from suture.rules.errors import did_you_mean

_PYTHON: dict[FieldType, type] = {
    FieldType.STRING: str,
    FieldType.INT: int,
    FieldType.BOOL: bool,
    FieldType.STRINGS: tuple,
}
_WORDS = {True: "pass", False: "fail", None: "unknown"}


@dataclass(frozen=True, slots=True)
class Failure:
    """A test of a rule that says something else than the rule does, or that cannot be read."""

    index: int
    code: str
    message: str
    hint: str = ""


def failures(rule: Rule, conditions: Mapping[str, Condition]) -> Iterator[Failure]:
    """Runs a rule's tests."""
    for index, example in enumerate(rule.tests if isinstance(rule, PairRule) else ()):
        values = _values(example)
        wrong = list(_wrong_fields(index, values))
        yield from wrong
        if not wrong:
            says = _outcome(rule, conditions, values | _known(values))
            expected = example.expect if isinstance(example.expect, str) else f"cost {example.expect.cost}"
            if says != expected:
                yield Failure(index, "test", f"expected {expected}, the rule says {says}")


def _values(example: Example) -> dict[str, Value]:
    return {f"{subject}.{name}": value for subject, facts in example.given.items() for name, value in facts.items()}


def _known(values: Values) -> dict[str, Value]:
    return {known: field in values for known, field in vocabulary.KNOWN.items()}


def _wrong_fields(index: int, values: Values) -> Iterator[Failure]:
    for name, value in values.items():
        kind = vocabulary.TYPES.get(name)
        if kind is None:
            yield Failure(index, "name", f"there is no field {name}", did_you_mean(name, vocabulary.TYPES))
        elif type(value) is not _PYTHON[kind]:
            yield Failure(index, "type", f"{name} is a {kind.value}")


def _outcome(rule: Rule, conditions: Mapping[str, Condition], values: Values) -> str:
    answers = {slot: condition.evaluate(values) for slot, condition in conditions.items()}
    if isinstance(rule, HardRule):
        return _WORDS[rule.kept(answers).truth]
    truth = answers["when"].truth
    if isinstance(rule, PricedRule) and truth is not None:
        return f"cost {rule.price() if truth else 0}"
    return "unknown"
