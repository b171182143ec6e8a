"""together: "The same clinician for …". A patient's visits of one day or week go to one clinician a discipline.

    - id: wound-series
      kind: together
      when: "v.type == 'wound_care'"
      per: [patient, week]
      weight: 40

`weight` is what each visit out of line costs, in minutes of driving; without it no visit may be out of line. Per week,
who had such a patient earlier in the branch's week is favored: the others cost the weight, or may not.
Where it is unknown whether a visit belongs, it belongs.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Annotated, ClassVar, Final, Literal

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from suture.model.day import Day
from suture.model.ids import PartyId, VisitId
from suture.model.instants import midnight
from suture.rules.cel import Answer
from suture.rules.effects import OfPair, OnDay
from suture.rules.families import VisitRule, sentence_of
from suture.rules.parts import Given, Outcome, Severity
from suture.rules.verdicts import Series, Term
from suture.words.catalog import _, marked

_ONE_A_DAY: Final = (
    marked("One clinician per patient and day"),
    marked("One clinician per patient and day when {when}"),
)
_ONE_A_WEEK: Final = (
    marked("One clinician per patient and week"),
    marked("One clinician per patient and week when {when}"),
)


class Together(VisitRule):
    """Groups a patient's visits under one clinician."""

    kind: Literal["together"]
    per: Annotated[
        tuple[Literal["patient"], Literal["day", "week"]],
        Field(description="whose, and over which time", examples=["per: [patient, day]"]),
    ]
    weight: Annotated[int | None, Field(ge=0, le=10_000, description="minutes of driving")] = None

    givens: ClassVar = frozenset({"clinicians"})

    @field_validator("weight")
    @classmethod
    def _has_no_price_if_it_binds(cls, weight: int | None, info: ValidationInfo) -> int | None:
        if weight is not None and info.data.get("severity") in (Severity.LAW, Severity.CONTRACT):
            raise PydanticCustomError("severity", _("what has a price cannot be law or contract"))
        return weight

    def on_day(self, there: OnDay) -> Iterator[Series | OfPair]:
        """The day's series, two visits or more; per week, what those pay who did not have the patient before."""
        for patient, visits in there.by_patient().items():
            own: dict[str, set[VisitId]] = defaultdict(set)
            for visit in visits:
                own[there.day.visits[visit].discipline].add(visit)
            yield from (Series(self.id, frozenset(series), self.weight) for series in own.values() if len(series) > 1)
            if self.per[1] == "week" and self.weight != 0:
                for discipline, series in own.items():
                    yield from self._others(there.day, patient, discipline, series)

    def _others(self, day: Day, patient: PartyId, discipline: str, visits: set[VisitId]) -> Iterator[OfPair]:
        said = self.id if self.weight is None else Term(self.id, self.weight)
        if had := _had_this_week(day, patient, discipline):
            for clinician in day.clinicians:
                if clinician not in had:
                    yield from (OfPair(clinician, visit, said) for visit in sorted(visits))

    def outcome(self, answers: Mapping[str, Answer], given: Mapping[str, Given]) -> Outcome:
        """Whether the clinicians given for the group's visits are one."""
        people = given.get("clinicians", ())
        applies = self.may_apply(answers)
        alone = not applies or not isinstance(people, tuple) or len(set(people)) <= 1
        return Outcome("pass" if alone else "fail", {"group": applies})

    def sentence(self) -> str:
        """The rule in words."""
        always, sometimes = _ONE_A_DAY if self.per[1] == "day" else _ONE_A_WEEK
        one = _(sometimes, when=self.when) if self.when else _(always)
        if self.weight is None:
            return sentence_of(one)
        return sentence_of(one, _("each other one costs {minutes} minutes of driving", minutes=self.weight))


def _had_this_week(day: Day, patient: PartyId, discipline: str) -> frozenset[PartyId]:
    """Who saw the patient for this discipline earlier in the branch's week, and still works here."""
    first = day.service_date - timedelta(days=(day.service_date.isoweekday() - day.branch.week_starts_on) % 7)
    begins, today = (midnight(d, day.branch.tz) for d in (first, day.service_date))
    return frozenset(
        past.clinician_id
        for past in day.past
        if past.patient_id == patient
        and past.discipline == discipline
        and begins <= past.starts_at < today
        and past.clinician_id in day.clinicians
    )
