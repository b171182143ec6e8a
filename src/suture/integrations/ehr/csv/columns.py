"""The files and columns of the export: this table is the format."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from suture.integrations.ehr.csv import fields as f
from suture.model.messages import Channel
from suture.model.people import AvailabilityKind
from suture.model.visit import Priority, VisitKind

DISCIPLINES = ("SN", "PT", "OT", "ST", "MSW", "HHA")
ROLES = ("RN", "LPN", "PT", "PTA", "OT", "COTA", "ST", "MSW", "HHA")
VISIT_STATUSES = ("requested", "booked", "held", "in_progress", "done", "cancelled", "noshow", "void")


class Need(Enum):
    """How much of a column must be there."""

    OPTIONAL = 0
    COLUMN = 1
    """In the header; a cell may be empty."""
    CELL = 2
    """In the header and in every row."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: how its cells are read, whether it must be there, and what an empty cell stands for."""

    parse: f.Parse[Any]
    need: Need = Need.OPTIONAL
    empty: Any = None


@dataclass(frozen=True, slots=True)
class FileSpec:
    """One file: its columns, those kept for later or for other systems, and the columns no two rows share."""

    columns: Mapping[str, Column]
    key: tuple[str, ...]
    unread: frozenset[str] = frozenset()

    @property
    def required(self) -> tuple[str, ...]:
        """The columns the header must name."""
        return tuple(name for name, column in self.columns.items() if column.need is not Need.OPTIONAL)


def _must(parse: f.Parse[Any]) -> Column:
    return Column(parse, Need.CELL)


def _may(parse: f.Parse[Any], empty: Any = None) -> Column:
    return Column(parse, empty=empty)


_TEXT = _may(f.text(), "")
_LAT, _LON = f.degrees(90), f.degrees(180)
_SKILLS = _may(f.many(f.credential_code), ())
_MARKS = _may(f.many(f.code), ())
_STAFF_LIST = _may(f.many(f.external_id), ())

FILES: Mapping[str, FileSpec] = {
    "branch.csv": FileSpec(
        {
            "external_id": _must(f.external_id),
            "agency": _must(f.text()),
            "name": _must(f.text()),
            "phone": _must(f.phone),
            "timezone": _must(f.zone),
            "lat": _must(_LAT),
            "lon": _must(_LON),
            "week_starts_on": _must(f.weekday),
        },
        key=("external_id",),
    ),
    "sites.csv": FileSpec(
        {
            "site_code": _must(f.external_id),
            "name": _must(f.text()),
            "line1": _TEXT,
            "city": _TEXT,
            "state": _TEXT,
            "postal_code": _TEXT,
            "lat": _must(_LAT),
            "lon": _must(_LON),
            "timezone": _must(f.zone),
        },
        key=("site_code",),
    ),
    "services.csv": FileSpec(
        {
            "service_code": _must(f.code),
            "kind": _must(f.choice({k.value: k for k in VisitKind})),
            "discipline": _must(f.one_of(*DISCIPLINES)),
            "visit_type": _must(f.code),
            "roles": _must(f.many(f.one_of(*ROLES))),
            "duration_min": _must(f.whole_number(5, 1440, "minutes")),
            "documentation_min": _may(f.whole_number(0, 240, "minutes"), 0),
        },
        key=("service_code",),
    ),
    "patients.csv": FileSpec(
        {
            "external_id": _must(f.external_id),
            "family": _must(f.text()),
            "given": _TEXT,
            "status": _must(f.one_of("active", "inpatient", "discharged", "deceased")),
            "line1": _TEXT,
            "line2": _TEXT,
            "city": _TEXT,
            "state": _TEXT,
            "postal_code": _TEXT,
            "lat": _may(_LAT),
            "lon": _may(_LON),
            "timezone": _may(f.zone),
            "phone_mobile": _may(f.phone),
            "email": _may(f.email),
            "language": _may(f.language, "en"),
            "gender_pref": _may(f.text(20)),
            "tags": _MARKS,
            "pets": _may(f.many(f.code)),
            "risk": _may(f.whole_number(0, 5)),
            "updated_at": _must(f.instant),
        },
        key=("external_id",),
        unread=frozenset({"birth_date", "phone_home", "continuity_group", "proxy_name", "proxy_phone"}),
    ),
    "staff.csv": FileSpec(
        {
            "employee_id": _must(f.external_id),
            "family": _must(f.text()),
            "given": _must(f.text()),
            "status": _must(f.one_of("active", "leave", "terminated")),
            "discipline": _must(f.one_of(*ROLES)),
            "max_weekly_min": _may(f.whole_number(1, 10080, "minutes")),
            "site_code": _may(f.external_id),
            "home_line1": _TEXT,
            "home_city": _TEXT,
            "home_state": _TEXT,
            "home_postal_code": _TEXT,
            "lat": _may(_LAT),
            "lon": _may(_LON),
            "timezone": _may(f.zone),
            "phone_mobile": _may(f.phone),
            "email": _may(f.email),
            "languages": _may(f.many(f.language), ()),
            "gender": _may(f.one_of("F", "M", "X")),
            "territory": _may(f.text(40)),
            "employment_type": _may(f.text(20)),
            "hire_date": _may(f.day),
            "tags": _MARKS,
            "allergies": _may(f.many(f.code)),
            "updated_at": _must(f.instant),
        },
        key=("employee_id",),
        unread=frozenset({"npi", "term_date", "fte"}),
    ),
    "credentials.csv": FileSpec(
        {
            "employee_id": _must(f.external_id),
            "credential_code": _must(f.credential_code),
            "number": _must(f.text(80)),
            "state": _may(f.text(20), ""),
            "issued_on": _may(f.day),
            "expires_on": _may(f.day),
            "status": _may(f.one_of("active", "inactive", "pending", "suspended", "revoked", "expired"), "active"),
        },
        key=("employee_id", "credential_code", "state", "number"),
        unread=frozenset({"issuer", "verified_on"}),
    ),
    "availability.csv": FileSpec(
        {
            "employee_id": _must(f.external_id),
            "kind": _must(f.choice({k.value: k for k in AvailabilityKind})),
            "rrule": _may(f.text(200)),
            "date": _may(f.day),
            "start": _must(f.minutes_of_day),
            "end": _must(f.minutes_of_day),
            "timezone": _may(f.zone),
            "reason": _TEXT,
            "updated_at": _may(f.instant),
        },
        key=("employee_id", "kind", "rrule", "date", "start", "end"),
    ),
    "orders.csv": FileSpec(
        {
            "external_id": _must(f.external_id),
            "patient_external_id": _must(f.external_id),
            "discipline": _must(f.one_of(*DISCIPLINES)),
            "service_code": _may(f.code),
            "frequency": _must(f.text()),
            "start_date": _must(f.day),
            "end_date": _may(f.day),
            "status": _must(f.one_of("draft", "active", "held", "revoked", "completed", "void")),
            "updated_at": _must(f.instant),
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
    ),
    "consents.csv": FileSpec(
        {
            "party_external_id": _must(f.external_id),
            "channel": _must(f.choice({c.value: c for c in Channel})),
            "granted": _must(f.yes_no),
            "wording": _may(f.text(1000), ""),
            "source": _must(f.text()),
            "at": _must(f.instant),
        },
        key=("party_external_id", "channel", "at"),
    ),
    "visits.csv": FileSpec(
        {
            "external_id": _must(f.external_id),
            "patient_external_id": Column(f.external_id, Need.COLUMN),
            "service_code": _must(f.code),
            "status": _must(f.one_of(*VISIT_STATUSES)),
            "date": _must(f.service_day),
            "window_start": _may(f.minutes_of_day),
            "window_end": _may(f.minutes_of_day),
            "timezone": _may(f.zone),
            "duration_min": _may(f.whole_number(5, 1440, "minutes")),
            "required_skills": _SKILLS,
            "preferred_staff": _STAFF_LIST,
            "barred_staff": _STAFF_LIST,
            "priority": _may(f.choice({p.name.lower(): p for p in Priority}), Priority.ROUTINE),
            "site_code": _may(f.external_id),
            "updated_at": _must(f.instant),
            "staff": _may(f.external_id),
            "positions": _may(f.whole_number(1, 9), 1),
        },
        key=("external_id",),
        unread=frozenset({"payer", "authorization", "notes_ref"}),
    ),
}
"""In the order they are saved: whoever is referred to comes before whoever refers."""
