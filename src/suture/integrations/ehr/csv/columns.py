"""The files and columns of the export: this table is the format."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from typing import Any

from suture.integrations.ehr.csv import fields as f
from suture.model.messages import Channel
from suture.model.people import FIRST_TIER, LAST_TIER, AvailabilityKind
from suture.model.visit import Priority, VisitKind

DISCIPLINES = ("SN", "PT", "OT", "ST", "MSW", "HHA")
GENDERS = ("F", "M", "X")
ROLES = ("RN", "LPN", "PT", "PTA", "OT", "COTA", "ST", "MSW", "HHA")
VISIT_STATUSES = ("requested", "booked", "held", "in_progress", "done", "cancelled", "noshow", "void")

COLUMNS_OF = {
    "done_by": "staff",
    "latest_end": "window_end",
    "party": "party_external_id",
    "patient": "patient_external_id",
    "service": "service_code",
    "site": "site_code",
    "staff": "employee_id",
}
"""Fields of records by which the store says what is wrong, and what the columns are called here."""


class Need(Enum):
    """How much of a column must be there."""

    OPTIONAL = 0
    COLUMN = 1
    """In the header; a cell may be empty."""
    CELL = 2
    """In the header and in every row."""


class Unread(Enum):
    """What becomes of a row one of whose cells cannot be read: every column says it."""

    LOOSENS_NOTHING = "loosens_nothing"
    """The cell is left out; what is stored for it stays, and the row is used."""
    LIMITS = "limits"
    """As above; but with nothing stored, what the row is about is kept and not planned until the cell is fixed."""
    FAILS_CLOSED = "fails_closed"
    """Taken as what allows least: not valid, not granted, neither planned nor written to."""
    IDENTIFIES = "identifies"
    """It is unclear what the row is about: it is set aside, and what is stored stays."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how its cells are read, what a fault in one means, and what an empty cell stands for.

    `fields`: what it fills of the record (`model/imports.py`); none where it serves the reading alone.
    """

    parse: f.Parse[Any]
    unread: Unread
    fields: tuple[str, ...] = ()
    need: Need = Need.OPTIONAL
    empty: Any = None


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One file: its columns, those kept for later or for other systems, and the columns no two rows share.

    `row`: the word for what no two rows may say (`file.twice.…`). `may_close`: a row that cannot be used may have taken
    something back. `one_fact`: a row says one thing, and without one of the cells that limit it only when that may have
    been.
    """

    columns: Mapping[str, Column]
    key: tuple[str, ...]
    row: str = "row"
    unread: frozenset[str] = frozenset()
    refers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Columns that name a row of another file, and those files."""
    may_close: bool = False
    one_fact: bool = False

    @property
    def required(self) -> tuple[str, ...]:
        """The columns the header must name."""
        return tuple(name for name, column in self.columns.items() if column.need is not Need.OPTIONAL)

    def fields_of(self, columns: Collection[str]) -> frozenset[str]:
        """What of a record is missing where these columns could not be read."""
        return frozenset(name for column in columns for name in self.columns[column].fields)


def _id(parse: f.Parse[Any], need: Need = Need.CELL, empty: Any = None) -> Column:
    return Column(parse, Unread.IDENTIFIES, (), need, empty)


def _must(parse: f.Parse[Any], unread: Unread, *fields: str, empty: Any = None) -> Column:
    return Column(parse, unread, fields, Need.CELL, empty)


def _may(parse: f.Parse[Any], unread: Unread, *fields: str, empty: Any = None) -> Column:
    return Column(parse, unread, fields, Need.OPTIONAL, empty)


_LOOSE, _LIMITS, _CLOSED = Unread.LOOSENS_NOTHING, Unread.LIMITS, Unread.FAILS_CLOSED


def _text(name: str) -> Column:
    return _may(f.text(), _LOOSE, name, empty="")


_LAT, _LON = f.degrees(90), f.degrees(180)
_SKILLS = f.many(f.credential_code)
_MARKS = _may(f.many(f.code), _LIMITS, "tags", empty=())
_STAFF_LIST = f.many(f.external_id)
_ZONE = _may(f.zone, _LOOSE, "tz")
_UPDATED = _must(f.instant, _LOOSE)
_LANGUAGE = _may(f.language, _LOOSE, "lang", empty="en")

FILES: Mapping[str, FileSpec] = {
    "branch.csv": FileSpec(
        {
            "external_id": _id(f.external_id),
            "agency": _must(f.text(), _LOOSE, "agency", empty=""),
            "name": _must(f.text(), _LOOSE, "name", empty=""),
            "phone": _must(f.text(), _LOOSE, "phone", empty=""),
            "timezone": _must(f.zone, _LOOSE, "tz", empty=""),
            "lat": _must(_LAT, _LOOSE, "point"),
            "lon": _must(_LON, _LOOSE, "point"),
            "week_starts_on": _must(f.weekday, _LIMITS, "week_starts_on", empty=1),
        },
        key=("external_id",),
    ),
    "sites.csv": FileSpec(
        {
            "site_code": _id(f.external_id),
            "name": _must(f.text(), _LOOSE, "name", empty=""),
            "line1": _text("line1"),
            "city": _text("city"),
            "state": _text("state"),
            "postal_code": _text("postal_code"),
            "lat": Column(_LAT, _LIMITS, ("point",), Need.COLUMN),
            "lon": Column(_LON, _LIMITS, ("point",), Need.COLUMN),
            "timezone": _must(f.zone, _LOOSE, "tz", empty=""),
        },
        key=("site_code",),
    ),
    "services.csv": FileSpec(
        {
            "service_code": _id(f.code),
            "kind": _must(f.choice({k.value: k for k in VisitKind}), _LIMITS, "kind", empty=VisitKind.HOME_VISIT),
            "discipline": _must(f.one_of(*DISCIPLINES), _LIMITS, "discipline", empty=""),
            "visit_type": _must(f.code, _LIMITS, "visit_type", empty=""),
            "roles": _must(f.many(f.one_of(*ROLES)), _LIMITS, "roles", empty=()),
            "duration_min": _must(f.whole_number(5, 1440, minutes=True), _LIMITS, "duration_minutes", empty=0),
            "documentation_min": _may(f.whole_number(0, 240, minutes=True), _LIMITS, "documentation_minutes", empty=0),
        },
        key=("service_code",),
    ),
    "patients.csv": FileSpec(
        {
            "external_id": _id(f.external_id),
            "family": _must(f.text(), _LOOSE, "family", empty=""),
            "given": _text("given"),
            "status": _must(f.one_of("active", "inpatient", "discharged", "deceased"), _CLOSED, "status", empty=""),
            "line1": _text("line1"),
            "line2": _text("line2"),
            "city": _text("city"),
            "state": _text("state"),
            "postal_code": _text("postal_code"),
            "lat": _may(_LAT, _LIMITS, "point"),
            "lon": _may(_LON, _LIMITS, "point"),
            "timezone": _ZONE,
            "phone_mobile": _may(f.text(), _LOOSE, "sms"),
            "email": _may(f.email, _LOOSE, "email"),
            "language": _LANGUAGE,
            # rules compare it with the gender of the staff: any other word would match no one, or bind no one
            "gender_pref": _may(f.choice({g: g for g in GENDERS}, or_empty=True), _LIMITS, "gender_preference"),
            "tags": _MARKS,
            "pets": _may(f.many(f.code), _LIMITS, "pets"),
            "risk": _may(f.whole_number(0, 5), _LIMITS, "risk"),
            "updated_at": _UPDATED,
        },
        key=("external_id",),
        unread=frozenset({"birth_date", "phone_home", "continuity_group", "proxy_name", "proxy_phone"}),
    ),
    "staff.csv": FileSpec(
        {
            "employee_id": _id(f.external_id),
            "family": _must(f.text(), _LOOSE, "family", empty=""),
            "given": _must(f.text(), _LOOSE, "given", empty=""),
            "status": _must(f.one_of("active", "leave", "terminated"), _CLOSED, "status", empty=""),
            "discipline": _must(f.one_of(*ROLES), _LIMITS, "role", empty=""),
            "max_weekly_min": _may(f.whole_number(1, 10080, minutes=True), _LIMITS, "max_weekly_minutes"),
            "site_code": _may(f.external_id, _LOOSE, "site"),
            "home_line1": _text("line1"),
            "home_city": _text("city"),
            "home_state": _text("state"),
            "home_postal_code": _text("postal_code"),
            "lat": _may(_LAT, _LOOSE, "home"),
            "lon": _may(_LON, _LOOSE, "home"),
            "timezone": _ZONE,
            "phone_mobile": _may(f.text(), _LOOSE, "sms"),
            "email": _may(f.email, _LOOSE, "email"),
            "languages": _may(f.many(f.language), _LOOSE, "languages", empty=()),
            # a fact that only rules read is unknown where it is left out, and a rule that lacks a fact says no
            "gender": _may(f.one_of(*GENDERS), _LOOSE, "gender"),
            "territory": _may(f.text(40), _LOOSE, "zone"),
            "employment_type": _may(f.text(20), _LOOSE, "contract"),
            "hire_date": _may(f.day, _LOOSE, "hired_on"),
            "tags": _MARKS,
            "allergies": _may(f.many(f.code), _LIMITS, "allergies"),
            "updated_at": _UPDATED,
        },
        key=("employee_id",),
        unread=frozenset({"npi", "term_date", "fte"}),
    ),
    "credentials.csv": FileSpec(
        {
            "employee_id": _id(f.external_id),
            "credential_code": _id(f.credential_code),
            "number": _id(f.text(80)),
            "state": _id(f.text(20), Need.OPTIONAL, ""),
            "issued_on": _may(f.day, _LIMITS, "valid_from"),
            "expires_on": _may(f.day, _LIMITS, "valid_until"),
            "status": _may(
                f.one_of("active", "inactive", "pending", "suspended", "revoked", "expired"),
                _CLOSED,
                "status",
                empty="active",
            ),
        },
        key=("employee_id", "credential_code", "state", "number"),
        row="credential",
        unread=frozenset({"issuer", "verified_on"}),
        refers={"employee_id": ("staff.csv",)},
    ),
    "availability.csv": FileSpec(
        {
            "employee_id": _id(f.external_id),
            "kind": _must(
                f.choice({k.value: k for k in AvailabilityKind}), _LIMITS, "spans", empty=AvailabilityKind.UNAVAILABLE
            ),
            "rrule": _may(f.text(200), _LIMITS, "spans"),
            "date": _may(f.day, _LIMITS, "spans"),
            "start": _must(f.minutes_of_day, _LIMITS, "spans"),
            "end": _must(f.minutes_of_day, _LIMITS, "spans"),
            "timezone": _may(f.zone, _LIMITS, "spans"),
            "tier": _may(f.whole_number(FIRST_TIER, LAST_TIER), _LIMITS, "spans"),
            "reason": _text("reason"),
            "updated_at": _may(f.instant, _LOOSE),
        },
        key=("employee_id", "kind", "rrule", "date", "start", "end"),
        row="hours",
        refers={"employee_id": ("staff.csv",)},
        one_fact=True,
    ),
    "orders.csv": FileSpec(
        {
            "external_id": _id(f.external_id),
            "patient_external_id": _id(f.external_id),
            "discipline": _must(f.one_of(*DISCIPLINES), _LIMITS, "discipline", empty=""),
            "service_code": _may(f.code, _LIMITS, "service"),
            "frequency": _must(f.text(), _LIMITS, "frequency", empty=""),
            "start_date": _must(f.day, _LIMITS, "start_date", empty=date.min),
            "end_date": _may(f.day, _LIMITS, "end_date"),
            "status": _must(
                f.one_of("draft", "active", "held", "revoked", "completed", "void"), _CLOSED, "status", empty=""
            ),
            "updated_at": _UPDATED,
        },
        key=("external_id",),
        unread=frozenset(
            {
                "duration_min",
                "preferred_window",
                "required_skills",
                "prn_reason",
                "prn_max",
                "payer",
                "authorized_visits",
            }
        ),
        refers={"patient_external_id": ("patients.csv",)},
    ),
    "consents.csv": FileSpec(
        {
            "party_external_id": _id(f.external_id),
            "channel": _must(f.choice({c.value: c for c in Channel}), _CLOSED, "channel"),
            "granted": _must(f.yes_no, _CLOSED, "granted", empty=False),
            "wording": _may(f.text(1000), _LOOSE, "wording", empty=""),
            "source": _must(f.text(), _LOOSE, "source", empty=""),
            "at": _must(f.instant, _CLOSED, "at"),
        },
        key=("party_external_id", "channel", "at"),
        row="consent",
        refers={"party_external_id": ("patients.csv", "staff.csv")},
        may_close=True,
    ),
    "visits.csv": FileSpec(
        {
            "external_id": _id(f.external_id),
            "patient_external_id": _id(f.external_id, Need.COLUMN),
            "service_code": _id(f.code),
            "status": _must(f.one_of(*VISIT_STATUSES), _CLOSED, "status"),
            "date": _id(f.service_day),
            "window_start": _may(f.minutes_of_day, _LIMITS, "earliest_start"),
            "window_end": _may(f.minutes_of_day, _LIMITS, "latest_end"),
            "timezone": _may(f.zone, _LIMITS, "earliest_start", "latest_end"),
            "duration_min": _may(f.whole_number(5, 1440, minutes=True), _LIMITS, "duration_minutes"),
            "required_skills": _may(_SKILLS, _LIMITS, "required_skills", empty=()),
            "preferred_staff": _may(_STAFF_LIST, _LIMITS, "preferred_staff", empty=()),
            "barred_staff": _may(_STAFF_LIST, _LIMITS, "barred_staff", empty=()),
            "priority": _may(
                f.choice({p.name.lower(): p for p in Priority}), _LIMITS, "priority", empty=Priority.ROUTINE
            ),
            "site_code": _may(f.external_id, _LIMITS, "site"),
            "updated_at": _must(f.instant, _LIMITS, "updated_at"),
            "staff": _may(f.external_id, _LIMITS, "done_by"),
            "positions": _may(f.whole_number(1, 9), _LIMITS, "positions", empty=1),
        },
        key=("external_id",),
        unread=frozenset({"payer", "authorization", "notes_ref"}),
        refers={"patient_external_id": ("patients.csv",)},
    ),
}
"""In the order they are saved: whoever is referred to comes before whoever refers."""
