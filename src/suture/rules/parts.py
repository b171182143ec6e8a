"""The pieces of which a rule file is made: scopes, severities, tests inside a rule, waivers, and their types."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suture.model.people import Branch, Patient
from suture.words.catalog import _

Sentence = Annotated[str, Field(min_length=1, max_length=500, pattern=r"\S")]
Condition = Annotated[str, Field(min_length=1)]
ExternalId = Annotated[str, Field(min_length=1)]
RuleId = Annotated[str, Field(pattern=r"^[a-z0-9-]{2,64}$")]
Fact = bool | int | str | tuple[str, ...]
Given = bool | int | float | str | tuple[str, ...]


WHO_MAY: Final = Field(
    description="who may break it: `law` no one, `contract` an approver, `policy` a coordinator, `preference` anyone"
)
SCOPE: Final = Field(
    description="`{branch: […]}`, `{clinician: […]}`, `{patient: […]}` by their ids; several keys narrow each other"
)


class Severity(StrEnum):
    """Who may break a rule: no one, an approver, a coordinator, or the planner at its price."""

    LAW = "law"
    CONTRACT = "contract"
    POLICY = "policy"
    PREFERENCE = "preference"


class Part(BaseModel):
    """A piece of a rule file: exact types, no unknown keys, never changed."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class Scope(Part):
    """Whom a rule is about; every key narrows it, a list widens one key. A visit without patient is no patient's."""

    org: Literal["all"] = "all"
    branch: tuple[ExternalId, ...] | None = None
    clinician: tuple[ExternalId, ...] | None = None
    patient: tuple[ExternalId, ...] | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether the rule is about some only."""
        return any(ids is not None for ids in (self.branch, self.clinician, self.patient))

    def has_branch(self, branch: Branch) -> bool:
        """Whether the rule holds in this branch."""
        return self.branch is None or branch.external_id in self.branch

    def has_patient(self, patient: Patient | None) -> bool:
        """Whether the rule is about visits to this patient."""
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
        if self.word and effects:
            return _("{outcome} with {effects}", outcome=self.word, effects=effects)
        return self.word or effects


WORDS: Final[Mapping[bool | None, str]] = {True: "pass", False: "fail", None: "unknown"}


def bound(severity: Severity) -> Severity:
    """The severity of a rule that binds: no preference."""
    if severity is Severity.PREFERENCE:
        message = _("a rule that binds cannot be a preference. Maybe use prefer or avoid.")
        raise PydanticCustomError("severity", message)
    return severity


class Waiver(Part):
    """Suspends a rule for some, from date to date: it says why, who approved it, and for law on whose authority."""

    id: Annotated[RuleId, Field(description="its name")]
    rule: Annotated[RuleId, Field(description="the id of the rule that is suspended")]
    scope: Annotated[Scope, SCOPE] = Scope()
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
            message = _("until {until} is before from {begins}")
            raise PydanticCustomError("range", message, {"until": until, "begins": begins})
        return until

    def is_effective(self, service_date: date) -> bool:
        """Whether it suspends the rule on a service date; both ends count."""
        return self.from_ <= service_date <= self.until
