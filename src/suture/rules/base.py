"""What every rule has, and the three families a kind belongs to.

A kind is one file in `kinds/`: its schema, what it compiles to and its sentence. It belongs to one family:

- HardRule:   a PairRule that says whether a pair keeps it. A pair that breaks it, or may, is not assigned.
- PricedRule: a PairRule that says of a pair how many minutes of driving it costs (or saves).
- RowRule:    bounds one clinician's whole day; the planner counts.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suture.model.day import Day
from suture.model.ids import VisitId
from suture.model.people import Branch, Clinician, Patient
from suture.rules.cel import Answer
from suture.rules.verdicts import Limit, Rest

PAIR: Final = frozenset({"c", "v", "p", "day"})
DEMAND: Final = frozenset({"v", "p", "day"})

Sentence = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
Condition = Annotated[str, Field(min_length=1)]
ExternalId = Annotated[str, Field(min_length=1)]


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

    def has_branch(self, branch: Branch) -> bool:
        """Whether the rule holds in this branch."""
        return self.branch is None or branch.external_id in self.branch

    def has_clinician(self, clinician: Clinician) -> bool:
        """Whether the rule speaks of this clinician."""
        return self.clinician is None or clinician.external_id in self.clinician

    def has_patient(self, patient: Patient | None) -> bool:
        """Whether the rule speaks of visits to this patient."""
        return self.patient is None or (patient is not None and patient.external_id in self.patient)


class Rule(Part):
    """The common fields. `because` is the sentence people read, `owner` who must answer for the rule."""

    slots: ClassVar[Mapping[str, frozenset[str]]] = {}
    """The fields that hold a condition, and whose facts (c, v, p, day) each may read."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9-]{2,64}$")]
    kind: str
    title: Sentence | None = None
    because: Sentence
    severity: Annotated[Severity, Field(strict=False)] = Severity.POLICY
    scope: Scope = Scope()
    from_: Annotated[date | None, Field(alias="from")] = None
    until: date | None = None
    owner: Sentence

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

    def canonical(self) -> dict[str, Any]:
        """The rule as plain data with defaults filled in, for the rulebook's hash."""
        return self.model_dump(mode="json", by_alias=True)


class Cost(Part):
    """The price a test expects, in minutes of driving; 0 when the rule should not apply."""

    cost: int


class Example(Part):
    """A test inside a rule: the facts of a made-up pair, and what the rule should say of it."""

    given: dict[Literal["c", "v", "p", "day"], dict[str, bool | int | str | tuple[str, ...]]]
    expect: Literal["pass", "fail", "unknown"] | Cost


class PairRule(Rule):
    """Says something of one clinician and one visit."""

    tests: Annotated[tuple[Example, ...], Field(max_length=50)] = ()


class HardRule(PairRule):
    """A pair that breaks the rule, or where it cannot tell, is not assigned."""

    @field_validator("severity")
    @classmethod
    def _binds(cls, severity: Severity) -> Severity:
        if severity is Severity.PREFERENCE:
            raise PydanticCustomError(
                "severity", "a rule that binds cannot be a preference. Maybe use prefer or avoid."
            )
        return severity

    def kept(self, answers: Mapping[str, Answer]) -> Answer:
        """Whether a pair keeps the rule, from the answer of each filled slot."""
        raise NotImplementedError


class PricedRule(PairRule):
    """A pair the rule speaks of costs minutes of driving; a negative price is a saving."""

    severity: Annotated[Severity, Field(strict=False)] = Severity.PREFERENCE
    when: Condition
    weight: Annotated[int, Field(ge=0, le=10_000)]

    slots: ClassVar = {"when": PAIR}

    @field_validator("severity")
    @classmethod
    def _has_a_price(cls, severity: Severity) -> Severity:
        if severity in (Severity.LAW, Severity.CONTRACT):
            message = "what has a price cannot be {severity}. Maybe use require or forbid."
            raise PydanticCustomError("severity", message, {"severity": severity.value})
        return severity

    def price(self) -> int:
        """Minutes of driving for a pair of which the condition is true."""
        raise NotImplementedError


class RowRule(Rule):
    """Bounds each clinician's day as a whole."""

    def bounds(
        self, clinicians: Sequence[Clinician], day: Day, counted: frozenset[VisitId] | None
    ) -> tuple[Limit | Rest, ...]:
        """What the planner must keep, one entry a clinician; `counted` are the visits that count, None for all."""
        raise NotImplementedError
