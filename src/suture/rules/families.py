"""What every rule has, and the four families a kind belongs to.

A kind is one file in `kinds/`: its schema, its effect and its sentence. A family answers what others ask
of a rule, from what only the kind knows:

- HardRule:   a PairRule that says whether a pair keeps it (`kept`, `kept_plane`). Its effect is a filter.
- PricedRule: a PairRule that says how many minutes of driving a pair costs or saves (`price`). Its effect is a price.
- VisitRule:  says something of a visit, whoever does it: what becomes of the visit (`shape`), or how it hangs together
              with clinicians and other visits of the day (`on_day`).
- RowRule:    bounds one clinician's whole day (`on_day`): a counter, and the planner counts.

`rules/effects.py` lists what these return and who reads it. Nothing outside `kinds/` asks which kind a rule is.
"""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Final

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suture.rules.cel import YES, Answer
from suture.rules.effects import Effect, Filter, OnDay, Plane, Price
from suture.rules.parts import (
    SCOPE,
    WHO_MAY,
    WORDS,
    Condition,
    Example,
    Given,
    Outcome,
    Part,
    RuleId,
    Scope,
    Sentence,
    Severity,
    bound,
)
from suture.rules.verdicts import Shape
from suture.words.catalog import _
from suture.words.reason import Reason, in_each_language

PAIR: Final = frozenset({"c", "v", "p", "day"})
DEMAND: Final = frozenset({"v", "p", "day"})
PEOPLE: Final = frozenset({"c"})
WHEN: Final = Field(description="the condition; true for the cases the rule is about")


def sentence_of(*items: str) -> str:
    """What a rule says, item by item; those that are empty are left out."""
    return f"{'; '.join(item for item in items if item)}."


class About(StrEnum):
    """What a rule is about: a clinician with a visit, a visit whoever does it, or a clinician's whole day."""

    PAIR = "pair"
    VISIT = "visit"
    CLINICIAN = "clinician"


class Rule(Part):
    """The common fields, and what can be asked of every rule; where its family answers nothing else, it has no effect.

    `because` is the sentence people read, `owner` who must answer for the rule.
    """

    about: ClassVar[About]
    prices: ClassVar[bool] = False
    """Whether it may cost a pair something."""
    added: ClassVar[tuple[str, ...]] = ("replaces", "tests")
    """Fields that came later: left out of the rulebook's hash where they are empty, so that older hashes hold."""
    demand: ClassVar[str] = "when"
    """The slot that says to which visits it applies."""
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
    severity: Annotated[Severity, Field(strict=False), WHO_MAY] = Severity.POLICY
    scope: Annotated[Scope, SCOPE] = Scope()
    from_: Annotated[date | None, Field(alias="from", description="first service date on which it holds")] = None
    until: Annotated[date | None, Field(description="last service date on which it holds")] = None
    owner: Annotated[Sentence, Field(description="the role or person who answers for it")]
    replaces: Annotated[
        RuleId | None,
        Field(description="the id of a wider rule whose place it takes within its own scope; never of one of law"),
    ] = None
    tests: Annotated[
        tuple[Example, ...], Field(max_length=50, description="made-up cases and what the rule must say of them")
    ] = ()

    @property
    def unread(self) -> str:
        """Why nothing reads its effect yet, `marked`, and `suture rules check` says so; empty where it is read."""
        return ""

    @field_validator("until")
    @classmethod
    def _ends_after_it_began(cls, until: date | None, info: ValidationInfo) -> date | None:
        begins = info.data.get("from_")
        if until and begins and until < begins:
            message = _("until {until} is before from {begins}")
            raise PydanticCustomError("range", message, {"until": until, "begins": begins})
        return until

    def is_effective(self, service_date: date) -> bool:
        """Whether the rule is in force on a service date; both ends count."""
        return (self.from_ is None or self.from_ <= service_date) and (self.until is None or service_date <= self.until)

    def conditions(self) -> dict[str, str]:
        """The condition of each slot that is filled in."""
        return {slot: text for slot in self.slots if (text := getattr(self, slot)) is not None}

    @property
    def refuses(self) -> bool:
        """Whether it may keep a pair apart."""
        return False

    def kept(self, answers: Mapping[str, Answer]) -> Answer:
        """Whether a pair keeps the rule, from the answer of each filled slot."""
        return YES

    def applies(self, answers: Mapping[str, Answer]) -> Answer:
        """Whether it applies to a pair or a visit, from the answer of each filled slot."""
        return answers.get("when", YES)

    def price(self) -> int:
        """Minutes of driving for a pair it applies to."""
        return 0

    def on_pairs(self, answers: Mapping[str, Plane]) -> Filter | Price | None:
        """Its effect on all pairs at once, from the answers of each filled slot."""
        return None

    def shape(self, *, sure: bool) -> Shape | None:
        """What it makes of a visit to which it applies; not `sure`: to which it may apply."""
        return None

    def on_day(self, there: OnDay) -> Iterable[Effect]:
        """Its effects on one day."""
        return ()

    def sentence(self) -> str:
        """The rule in words, the same for screens, messages and audit."""
        raise NotImplementedError

    @property
    def heading(self) -> str | Reason:
        """Its title as written, else its sentence, which each reader gets in their own language."""
        return self.title or in_each_language(lambda: self.sentence().rstrip("."))

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """What the rule says of a test's case: the answer of each filled slot, and what else was given."""
        raise NotImplementedError

    def canonical(self) -> dict[str, Any]:
        """The rule as plain data with defaults filled in, for the rulebook's hash."""
        data = self.model_dump(mode="json", by_alias=True)
        return {key: value for key, value in data.items() if key not in self.added or value}


class PairRule(Rule):
    """Says something of one clinician and one visit."""

    about: ClassVar = About.PAIR
    added: ClassVar = ("replaces",)


class HardRule(PairRule):
    """A pair that breaks the rule, or where it cannot tell, is not assigned."""

    @field_validator("severity")
    @classmethod
    def binds(cls, severity: Severity) -> Severity:
        """Refuse a preference."""
        return bound(severity)

    @property
    def refuses(self) -> bool:
        """That is what it is for."""
        return True

    def kept(self, answers: Mapping[str, Answer]) -> Answer:
        """Whether a pair keeps the rule, from the answer of each filled slot."""
        raise NotImplementedError

    def kept_plane(self, answers: Mapping[str, Plane]) -> Plane:
        """The same for all pairs at once: 0 broken, 1 unknown, 2 kept."""
        raise NotImplementedError

    def on_pairs(self, answers: Mapping[str, Plane]) -> Filter:
        """A filter."""
        return Filter(self.kept_plane(answers))

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """Whether the pair keeps the rule."""
        return Outcome(WORDS[self.kept(answers).truth])


class PricedRule(PairRule):
    """A pair the rule is about costs minutes of driving; a negative price is a saving."""

    severity: Annotated[Severity, Field(strict=False), WHO_MAY] = Severity.PREFERENCE
    when: Annotated[Condition, WHEN]
    weight: Annotated[int, Field(ge=0, le=10_000, description="minutes of driving")]

    prices: ClassVar = True
    slots: ClassVar = {"when": PAIR}

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        """Refuse a kind with further slots that nothing would read."""
        own = cls.applies != Rule.applies and cls.applies_plane != PricedRule.applies_plane
        if cls.slots.keys() != {"when"} and not own:
            raise TypeError(f"{cls.__name__} has conditions beside `when`: say `applies` and `applies_plane`")

    @field_validator("severity")
    @classmethod
    def _has_a_price(cls, severity: Severity) -> Severity:
        if severity in (Severity.LAW, Severity.CONTRACT):
            message = _("what has a price cannot be {severity}. Maybe use require or forbid.")
            raise PydanticCustomError("severity", message, {"severity": severity.value})
        return severity

    def applies_plane(self, answers: Mapping[str, Plane]) -> Plane:
        """`applies` for all pairs at once: 0 no, 1 unknown, 2 yes."""
        return answers["when"]

    def price(self) -> int:
        """Minutes of driving for a pair it applies to."""
        raise NotImplementedError

    def on_pairs(self, answers: Mapping[str, Plane]) -> Price:
        """A price."""
        return Price(self.applies_plane(answers), self.price())

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """What the pair costs; unknown costs nothing, and says so."""
        truth = self.applies(answers).truth
        return Outcome("unknown") if truth is None else Outcome(None, {"cost": self.price() if truth else 0})


class VisitRule(Rule):
    """Says something of a visit, whoever does it; where `when` is unknown, it applies (the restrictive reading)."""

    when: Annotated[Condition | None, WHEN] = None

    about: ClassVar = About.VISIT
    slots: ClassVar = {"when": DEMAND}

    @field_validator("scope")
    @classmethod
    def _speaks_of_visits(cls, scope: Scope) -> Scope:
        if scope.clinician is not None:
            raise PydanticCustomError("scope", _("what is said of a visit cannot depend on the clinician"))
        return scope

    @property
    def refuses(self) -> bool:
        """Whether it narrows hours: where nothing is left of them, no clinician may do the visit."""
        return any(shape is not None and shape.narrows for shape in (self.shape(sure=True), self.shape(sure=False)))

    def may_apply(self, answers: Mapping[str, Answer]) -> bool:
        """Whether the rule counts as applying to the visit: yes unless `when` is surely false."""
        return self.applies(answers).truth is not False


class RowRule(Rule):
    """Bounds each clinician's day as a whole."""

    about: ClassVar = About.CLINICIAN
