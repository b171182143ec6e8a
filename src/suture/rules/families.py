"""What every rule has, and the four families a kind belongs to.

A kind is one file in `kinds/`: its schema, what it compiles to and its sentence. It belongs to one family:

- HardRule:   a PairRule that says whether a pair keeps it. A pair that breaks it, or may, is not assigned.
- PricedRule: a PairRule that says of a pair how many minutes of driving it costs (or saves).
- VisitRule:  says something of a visit, whoever does it: its hours, its length, its seats, its group, its gate.
- RowRule:    bounds one clinician's whole day; the planner counts.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suture.model.day import Day
from suture.model.ids import VisitId
from suture.model.people import Branch, Clinician, Patient
from suture.rules.cel import YES, Answer
from suture.rules.verdicts import Limit, Rest

PAIR: Final = frozenset({"c", "v", "p", "day"})
DEMAND: Final = frozenset({"v", "p", "day"})

Sentence = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
Condition = Annotated[str, Field(min_length=1)]
WHEN: Final = "the condition; true for the cases the rule speaks of"
ExternalId = Annotated[str, Field(min_length=1)]
RuleId = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,64}$")]
Fact = bool | int | str | tuple[str, ...]
Given = bool | int | float | str | tuple[str, ...]


_WHO_MAY: Final = "who may break it: `law` nobody, `contract` an approver, `policy` a coordinator, `preference` anybody"
_SCOPE: Final = "`{branch: […]}`, `{clinician: […]}`, `{patient: […]}` by their ids; several keys narrow each other"
_REPLACES: Final = "the id of a wider rule whose place it takes within its own scope; never of one of law"


class Severity(StrEnum):
    """Who may break a rule: nobody, an approver, a coordinator, or the planner at its price."""

    LAW = "law"
    CONTRACT = "contract"
    POLICY = "policy"
    PREFERENCE = "preference"


class Part(BaseModel):
    """A piece of a rule file: exact types, no unknown keys, never changed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Scope(Part):
    """Whom a rule speaks of; every key narrows it, a list widens one key. A visit without patient is no patient's."""

    org: Literal["all"] = "all"
    branch: tuple[ExternalId, ...] | None = None
    clinician: tuple[ExternalId, ...] | None = None
    patient: tuple[ExternalId, ...] | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether the rule speaks of some only."""
        return any(ids is not None for ids in (self.branch, self.clinician, self.patient))

    def has_branch(self, branch: Branch) -> bool:
        """Whether the rule holds in this branch."""
        return self.branch is None or branch.external_id in self.branch

    def has_patient(self, patient: Patient | None) -> bool:
        """Whether the rule speaks of visits to this patient."""
        return self.patient is None or (patient is not None and patient.external_id in self.patient)


class Example(Part):
    """A test inside a rule: the facts of a made-up case, and what the rule should say of it.

    `given` holds facts of c, v, p and day, and what else the kind names (`minutes` of a limit, `hours` of a rest).
    """

    given: dict[str, dict[str, Fact] | Given]
    expect: Literal["pass", "fail", "unknown"] | dict[str, bool | int | str]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a rule says of a test's case: pass, fail or unknown (None where the kind knows only effects)."""

    word: str | None = None
    effects: Mapping[str, bool | int | str] = field(default_factory=dict)

    def __str__(self) -> str:
        effects = ", ".join(f"{name} {value}" for name, value in self.effects.items())
        return " with ".join(part for part in (self.word, effects) if part)


class Rule(Part):
    """The common fields. `because` is the sentence people read, `owner` who must answer for the rule."""

    slots: ClassVar[Mapping[str, frozenset[str]]] = {}
    """The fields that hold a condition, and whose facts (c, v, p, day) each may read."""
    givens: ClassVar[frozenset[str]] = frozenset()
    """What a test of this kind may give beside the facts of c, v, p and day."""

    id: Annotated[
        RuleId,
        Field(description="2 to 64 small letters, digits, dashes; unique; the name in explanations and statistics"),
    ]
    kind: Annotated[str, Field(description="one of the kinds")]
    title: Annotated[Sentence | None, Field(description="a few words for screens")] = None
    because: Annotated[Sentence, Field(description="why the rule is there, the sentence people read")]
    severity: Annotated[Severity, Field(strict=False, description=_WHO_MAY)] = Severity.POLICY
    scope: Annotated[Scope, Field(description=_SCOPE)] = Scope()
    from_: Annotated[date | None, Field(alias="from", description="first service date on which it holds")] = None
    until: Annotated[date | None, Field(description="last service date on which it holds")] = None
    owner: Annotated[Sentence, Field(description="the role or person who answers for it")]
    replaces: Annotated[RuleId | None, Field(description=_REPLACES)] = None
    tests: Annotated[
        tuple[Example, ...], Field(max_length=50, description="made-up cases and what the rule must say of them")
    ] = ()

    @field_validator("until")
    @classmethod
    def _ends_after_it_began(cls, until: date | None, info: ValidationInfo) -> date | None:
        begins = info.data.get("from_")
        if until and begins and until < begins:
            raise PydanticCustomError(
                "range", "until {until} is before from {begins}", {"until": until, "begins": begins}
            )
        return until

    def is_effective(self, service_date: date) -> bool:
        """Whether the rule is in force on a service date; both ends count."""
        return (self.from_ is None or self.from_ <= service_date) and (self.until is None or service_date <= self.until)

    def conditions(self) -> dict[str, str]:
        """The condition of each slot that is filled in."""
        return {slot: text for slot in self.slots if (text := getattr(self, slot)) is not None}

    def sentence(self) -> str:
        """The rule in words, the same for screens, messages and audit."""
        raise NotImplementedError

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """What the rule says of a test's case: the answer of each filled slot, and what else was given."""
        raise NotImplementedError

    def canonical(self) -> dict[str, Any]:
        """The rule as plain data with defaults filled in, for the rulebook's hash.

        `replaces`, `first` and the tests of rows came later: left out where empty, so that older hashes hold.
        """
        data = self.model_dump(mode="json", by_alias=True)
        later = ("replaces", "first", "tests") if not isinstance(self, PairRule) else ("replaces",)
        return {key: value for key, value in data.items() if key not in later or value}


WORDS: Final[Mapping[bool | None, str]] = {True: "pass", False: "fail", None: "unknown"}


def bound(severity: Severity) -> Severity:
    """The severity of a rule that binds: no preference."""
    if severity is Severity.PREFERENCE:
        raise PydanticCustomError("severity", "a rule that binds cannot be a preference. Maybe use prefer or avoid.")
    return severity


class PairRule(Rule):
    """Says something of one clinician and one visit."""


class HardRule(PairRule):
    """A pair that breaks the rule, or where it cannot tell, is not assigned."""

    @field_validator("severity")
    @classmethod
    def binds(cls, severity: Severity) -> Severity:
        """Refuse a preference."""
        return bound(severity)

    def kept(self, answers: Mapping[str, Answer]) -> Answer:
        """Whether a pair keeps the rule, from the answer of each filled slot."""
        raise NotImplementedError

    def kept_plane(self, answers: Mapping[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """The same for all pairs at once: 0 broken, 1 cannot be told, 2 kept."""
        raise NotImplementedError

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """Whether the pair keeps the rule."""
        return Outcome(WORDS[self.kept(answers).truth])


class PricedRule(PairRule):
    """A pair the rule speaks of costs minutes of driving; a negative price is a saving."""

    severity: Annotated[Severity, Field(strict=False, description=_WHO_MAY)] = Severity.PREFERENCE
    when: Annotated[Condition, Field(description=WHEN)]
    weight: Annotated[int, Field(ge=0, le=10_000, description="minutes of driving")]

    slots: ClassVar = {"when": PAIR}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a kind with further slots that nobody would read."""
        own = cls.applies != PricedRule.applies and cls.applies_plane != PricedRule.applies_plane
        if cls.slots.keys() != {"when"} and not own:
            raise TypeError(f"{cls.__name__} has conditions beside `when`: say `applies` and `applies_plane`")

    @field_validator("severity")
    @classmethod
    def _has_a_price(cls, severity: Severity) -> Severity:
        if severity in (Severity.LAW, Severity.CONTRACT):
            message = "what has a price cannot be {severity}. Maybe use require or forbid."
            raise PydanticCustomError("severity", message, {"severity": severity.value})
        return severity

    def applies(self, answers: Mapping[str, Answer]) -> Answer:
        """Whether it speaks of a pair, from the answer of each filled slot."""
        return answers["when"]

    def applies_plane(self, answers: Mapping[str, NDArray[np.uint8]]) -> NDArray[np.uint8]:
        """The same for all pairs at once: 0 no, 1 cannot be told, 2 yes."""
        return answers["when"]

    def price(self) -> int:
        """Minutes of driving for a pair it applies to."""
        raise NotImplementedError

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """What the pair costs; unknown costs nothing, and says so."""
        truth = self.applies(answers).truth
        return Outcome("unknown") if truth is None else Outcome(None, {"cost": self.price() if truth else 0})


class VisitRule(Rule):
    """Says something of a visit, whoever does it; where `when` cannot be told, it applies (the restrictive reading)."""

    when: Annotated[Condition | None, Field(description=WHEN)] = None

    slots: ClassVar = {"when": DEMAND}

    @field_validator("scope")
    @classmethod
    def _speaks_of_visits(cls, scope: Scope) -> Scope:
        if scope.clinician is not None:
            raise PydanticCustomError("scope", "what is said of a visit cannot depend on the clinician")
        return scope

    @staticmethod
    def applies(answers: Mapping[str, Answer]) -> bool:
        """Whether the rule speaks of the visit: yes unless `when` is surely false."""
        return answers.get("when", YES).truth is not False


class RowRule(Rule):
    """Bounds each clinician's day as a whole."""

    def bounds(
        self, clinicians: Sequence[Clinician], day: Day, counted: frozenset[VisitId] | None
    ) -> tuple[Limit | Rest, ...]:
        """What the planner must keep, one entry a clinician; `counted` are the visits that count, None for all."""
        raise NotImplementedError


class Waiver(Part):
    """Suspends a rule for some, from date to date: it says why, who approved it, and for law on whose authority."""

    id: Annotated[RuleId, Field(description="its name")]
    rule: Annotated[RuleId, Field(description="the id of the rule that is suspended")]
    scope: Annotated[Scope, Field(description=_SCOPE)] = Scope()
    from_: Annotated[date, Field(alias="from", description="first service date without it")]
    until: Annotated[date, Field(description="last service date without it")]
    because: Annotated[Sentence, Field(description="why it is suspended")]
    authority: Annotated[
        Sentence | None, Field(description="for a rule of law: who suspended it, and where that is written")
    ] = None
    approved_by: Annotated[tuple[Sentence, ...], Field(min_length=1, description="who approved it")]

    @field_validator("until")
    @classmethod
    def _ends_after_it_began(cls, until: date, info: ValidationInfo) -> date:
        begins = info.data.get("from_")
        if begins and until < begins:
            raise PydanticCustomError(
                "range", "until {until} is before from {begins}", {"until": until, "begins": begins}
            )
        return until

    def is_effective(self, service_date: date) -> bool:
        """Whether it suspends the rule on a service date; both ends count."""
        return self.from_ <= service_date <= self.until
