"""The words a condition may use: typed fields of a clinician (c), a visit (v), its patient (p) and the day.

A fact that is not known is absent, never None or ''. A fact that does not apply is known: an open shift has no
patient, so no one is barred from it and its list of past clinicians is empty. `known.<field>` asks whether a field
that may be unknown is there. Nothing here tells the current time: a rule means the same today and on replay.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache
from typing import Final

from suture.model.day import Day, PairKind
from suture.model.ids import PartyId, VisitId
from suture.model.instants import midnight, wall_clock
from suture.model.people import Clinician, Patient, Shift, Traits
from suture.model.visit import Priority, Visit, VisitKind
from suture.rules.cel import FieldType, Language, Value, Values

VERSION: Final = 1
CONTINUITY: Final = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Field:
    """One word of the vocabulary. `optional`: it may be unknown, and `known.<name>` exists.

    `values`: all that it, or what is in its list, can ever be; `least` and `most`: the ends of a number.
    """

    name: str
    type: FieldType
    about: str
    optional: bool = False
    values: tuple[str, ...] = ()
    least: int | None = None
    most: int | None = None

    @property
    def is_list(self) -> bool:
        """Whether it holds several texts."""
        return self.type is FieldType.STRINGS


ROLES: Final = ("RN", "LPN", "PT", "PTA", "OT", "COTA", "ST", "MSW", "HHA")
DISCIPLINES: Final = ("SN", "PT", "OT", "ST", "MSW", "HHA")
_PRIORITIES: Final = sorted(int(priority) for priority in Priority)

FIELDS: Final = (
    Field("c.id", FieldType.STRING, "the clinician's id in the staff file"),
    Field("c.role", FieldType.STRING, "RN, LPN, PT, PTA, OT, COTA, ST, MSW or HHA", values=ROLES),
    Field("c.creds", FieldType.STRINGS, "licenses and skills valid on the service date"),
    Field("c.unverified_creds", FieldType.STRINGS, "licenses and skills whose expiration has not been verified"),
    Field("c.langs", FieldType.STRINGS, "languages spoken", optional=True),
    Field("c.start", FieldType.INT, "first minute of the day's shifts, after local midnight", optional=True),
    Field("c.end", FieldType.INT, "last minute of the day's shifts, after local midnight", optional=True),
    Field("c.gender", FieldType.STRING, "F, M or X, where the staff file tells", optional=True, values=("F", "M", "X")),
    Field("c.zone", FieldType.STRING, "the clinician's own area", optional=True),
    Field("c.contract", FieldType.STRING, "FT, PT, PRN or agency", optional=True),
    Field("c.tenure_months", FieldType.INT, "whole months since hire", optional=True),
    Field("c.float_pool", FieldType.BOOL, "works in any area, by the tag float", optional=True),
    Field("c.allergies", FieldType.STRINGS, "what the clinician cannot be near, such as cat", optional=True),
    Field("c.tags", FieldType.STRINGS, "the agency's own marks, such as student", optional=True),
    Field("v.id", FieldType.STRING, "the visit's id in the visits file"),
    Field("v.kind", FieldType.STRING, "home_visit, appointment or open_shift", values=tuple(VisitKind)),
    Field("v.type", FieldType.STRING, "the service's visit type, such as wound_care"),
    Field("v.discipline", FieldType.STRING, "SN, PT, OT, ST, MSW or HHA", values=DISCIPLINES),
    Field("v.roles", FieldType.STRINGS, "roles that may do the visit", optional=True, values=ROLES),
    Field("v.creds", FieldType.STRINGS, "licenses and skills the visit needs"),
    Field("v.start", FieldType.INT, "earliest start, minutes after local midnight"),
    Field("v.end", FieldType.INT, "latest end, minutes after local midnight"),
    Field("v.dur", FieldType.INT, "minutes with the patient", least=0),
    Field("v.priority", FieldType.INT, "1 routine, 2 urgent, 3 stat", least=_PRIORITIES[0], most=_PRIORITIES[-1]),
    Field("v.lang", FieldType.STRING, "the patient's language", optional=True),
    Field("v.banned", FieldType.STRINGS, "clinicians who may not see this patient"),
    Field("v.last_clinicians", FieldType.STRINGS, "who saw this patient for this discipline in 60 days, latest first"),
    Field("v.patient", FieldType.STRING, "the patient's id in the patients file", optional=True),
    Field(
        "v.only",
        FieldType.STRING,
        "the one clinician the patient accepts, '' where others may come; no file fills it yet",
    ),
    Field("v.gender_pref", FieldType.STRING, "the clinician's gender the patient asked for, '' for any", optional=True),
    Field("v.pets", FieldType.STRINGS, "animals in the home", optional=True),
    Field("v.site", FieldType.STRING, "the site's code, '' at home"),
    Field("v.zone", FieldType.STRING, "the area of the visit's place", optional=True),
    Field("v.risk", FieldType.INT, "the patient's risk, 0 to 5", optional=True, least=0, most=5),
    Field("v.is_first", FieldType.BOOL, "no one saw this patient for this discipline in the last 60 days"),
    Field("v.tags", FieldType.STRINGS, "the agency's own marks, such as lift", optional=True),
    Field("p.id", FieldType.STRING, "the patient's id in the patients file", optional=True),
    Field("p.lang", FieldType.STRING, "the patient's language", optional=True),
    Field("p.gender_pref", FieldType.STRING, "the clinician's gender the patient asked for", optional=True),
    Field("p.preferred", FieldType.STRINGS, "clinicians the patient asks for"),
    Field("day.date", FieldType.STRING, "the service date, such as 2026-03-24"),
    Field("day.dow", FieldType.INT, "day of the week, 1 is Monday, 7 Sunday", least=1, most=7),
    Field("day.is_weekend", FieldType.BOOL, "Saturday or Sunday"),
)
BY_NAME: Final[Mapping[str, Field]] = {field.name: field for field in FIELDS}
KNOWN: Final = {f"known.{field.name}": field.name for field in FIELDS if field.optional}
_KNOWN_OF: Final[Mapping[tuple[str, ...], tuple[tuple[str, str], ...]]] = {
    who: tuple((known, field) for known, field in KNOWN.items() if field.partition(".")[0] in who)
    for who in (("c",), ("v", "p", "day"))
}
TYPES: Final[Mapping[str, FieldType]] = {f.name: f.type for f in FIELDS} | dict.fromkeys(KNOWN, FieldType.BOOL)


@cache
def language() -> Language:
    """The condition language over these fields, built once."""
    return Language(TYPES)


def subject(field: str) -> str:
    """Whose fact a field is: c, v, p or day; `known.c.start` is the clinician's too."""
    return field.removeprefix("known.").split(".", 1)[0]


@dataclass(frozen=True, slots=True)
class DayValues:
    """The values of everyone of one day; a visit's hold its patient's and the day's as well."""

    clinicians: Mapping[PartyId, Values]
    visits: Mapping[VisitId, Values]


def day_values(day: Day) -> DayValues:
    """The values of all clinicians and all plannable visits of the day."""
    shifts: dict[PartyId, list[Shift]] = defaultdict(list)
    for shift in day.shifts:
        shifts[shift.clinician_id].append(shift)
    seen = last_seen(day)
    clinicians = {key: clinician_values(day.clinicians[key], shifts[key], day) for key in sorted(day.clinicians)}
    visits: dict[VisitId, Values] = {}
    for key in sorted(day.visits):
        visit = day.as_asked(key)
        if visit.is_plannable:
            patient = patient_of(day, visit)
            visits[key] = visit_values(visit, patient, day, seen)
    return DayValues(clinicians, visits)


def patient_of(day: Day, visit: Visit) -> Patient | None:
    """Whose visit it is; None for an open shift."""
    return day.patients.get(visit.patient_id) if visit.patient_id is not None else None


def clinician_values(clinician: Clinician, shifts: Iterable[Shift], day: Day) -> Values:
    """A clinician as the rules see them on the service date; hours are of the branch's time zone."""
    verdicts: dict[str, bool] = {}
    unverified: set[str] = set()
    for credential in clinician.credentials:
        holds = credential.holds_on(day.service_date)
        if holds is None:
            unverified.add(credential.code)
        else:
            verdicts[credential.code] = holds or verdicts.get(credential.code, False)
    valid = {code for code, holds in verdicts.items() if holds}
    every = list(shifts)
    own = [s for s in every if not s.is_on_call] or every  # on-call hours count for those who have no others
    hours = (
        {
            "c.start": min(_minutes(s.starts_at, day.service_date, day.branch.tz) for s in own),
            "c.end": max(_minutes(s.ends_at, day.service_date, day.branch.tz) for s in own),
        }
        if own
        else {}
    )
    return _with_known(
        {
            "c.id": clinician.external_id,
            "c.role": clinician.role,
            "c.creds": tuple(sorted(valid)),
            "c.unverified_creds": tuple(sorted(unverified - valid)),
            **_traits("c", clinician.traits, ("gender", "zone", "contract", "allergies", "tags")),
            **({"c.float_pool": "float" in tags} if isinstance(tags := clinician.traits.get("tags"), tuple) else {}),
            **_tenure(clinician, day.service_date),
            **_if_any("c.langs", tuple(sorted(set(clinician.languages)))),
            **hours,
        },
        ("c",),
    )


def visit_values(
    visit: Visit,
    patient: Patient | None,
    day: Day,
    seen: Mapping[tuple[PartyId, str], tuple[str, ...]] | None = None,
) -> Values:
    """A visit, its patient and its day as the rules see them; hours are of the visit's place.

    `seen` is `last_seen(day)`, for callers with many visits.
    """
    tz = day.places[visit.place_id].tz
    values: dict[str, Value] = {
        "v.id": visit.external_id,
        "v.kind": visit.kind.value,
        "v.type": visit.visit_type,
        "v.discipline": visit.discipline,
        **_if_any("v.roles", tuple(sorted(set(visit.roles)))),
        "v.creds": tuple(sorted(set(visit.required_skills))),
        "v.start": _minutes(visit.window.earliest_start, day.service_date, tz),
        "v.end": _minutes(visit.window.latest_end, day.service_date, tz),
        "v.dur": visit.duration_minutes,
        "v.priority": int(visit.priority),
        "v.banned": _wished(day, visit.patient_id, PairKind.BARRED),
        "v.only": "",
        "v.site": day.places[visit.place_id].site,
        **_if_any("v.zone", day.places[visit.place_id].postal_code),
        "v.last_clinicians": (),
        "v.is_first": True,
        "p.preferred": _wished(day, visit.patient_id, PairKind.PREFERRED),
        "day.date": day.service_date.isoformat(),
        "day.dow": day.service_date.isoweekday(),
        "day.is_weekend": day.service_date.isoweekday() >= 6,
    }
    if visit.patient_id is not None:
        by_patient = seen if seen is not None else last_seen(day)
        values["v.last_clinicians"] = by_patient.get((visit.patient_id, visit.discipline), ())
        values["v.is_first"] = not values["v.last_clinicians"]
    if patient is not None:
        values |= {
            "p.id": patient.external_id,
            "v.patient": patient.external_id,
            "v.gender_pref": patient.gender_preference or "",
            **_if_any("v.lang", patient.lang),
            **_if_any("p.lang", patient.lang),
            **_if_any("p.gender_pref", patient.gender_preference),
            **_traits("v", patient.traits, ("pets", "risk", "tags")),
        }
    return _with_known(values, ("v", "p", "day"))


def last_seen(day: Day) -> Mapping[tuple[PartyId, str], tuple[str, ...]]:
    """Who saw each patient for each discipline in the 60 days before the service date, latest first, each once."""
    until, since = (midnight(d, day.branch.tz) for d in (day.service_date, day.service_date - CONTINUITY))
    recent = [p for p in day.past if p.patient_id is not None and since <= p.starts_at < until]
    recent.sort(key=lambda p: (p.starts_at, p.clinician_id), reverse=True)
    seen: dict[tuple[PartyId, str], dict[str, None]] = defaultdict(dict)
    for past in recent:
        clinician = day.clinicians.get(past.clinician_id)
        if past.patient_id is not None and clinician is not None:
            seen[past.patient_id, past.discipline].setdefault(clinician.external_id)
    return {key: tuple(clinicians) for key, clinicians in seen.items()}


def _wished(day: Day, patient_id: PartyId | None, kind: PairKind) -> tuple[str, ...]:
    wished = [r.clinician_id for r in day.pair_rules if r.patient_id == patient_id and r.kind is kind]
    return tuple(sorted(day.clinicians[key].external_id for key in wished if key in day.clinicians)) if wished else ()


def _traits(prefix: str, traits: Traits, names: tuple[str, ...]) -> dict[str, Value]:
    return {f"{prefix}.{name}": traits[name] for name in names if name in traits}


def _tenure(clinician: Clinician, day: date) -> dict[str, Value]:
    """Whole months from hire to the service date."""
    hired = clinician.traits.get("hired_on")
    if not isinstance(hired, str):
        return {}
    since = date.fromisoformat(hired)
    return {"c.tenure_months": (day.year - since.year) * 12 + day.month - since.month - (day.day < since.day)}


def _if_any(name: str, value: str | tuple[str, ...] | None) -> dict[str, Value]:
    return {name: value} if value else {}


def _with_known(values: dict[str, Value], subjects: tuple[str, ...]) -> Values:
    values.update([(known, field in values) for known, field in _KNOWN_OF[subjects]])
    return values


def _minutes(instant: datetime, day: date, tz: str) -> int:
    """Minutes on the wall clock after local midnight: 14:00 is 840 on the days the clocks change, too."""
    local = wall_clock(instant, tz)
    return (local.toordinal() - day.toordinal()) * 1440 + local.hour * 60 + local.minute
