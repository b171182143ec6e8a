"""A large export for measuring imports: a branch, its services and staff, and as many patients and visits as wanted."""

import csv
import random
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

FIRST_DAY = date(2026, 11, 30)
DAYS = 28
"""Visits are spread over four weeks, as those of an agency are."""

STAFF = 200
_UPDATED = "2026-11-29T12:00:00-05:00"
_ZONE = "America/New_York"
_SERVICES = (("SN_VISIT", "SN", "RN;LPN", 30), ("PT_VISIT", "PT", "PT", 45), ("HHA_CARE", "HHA", "HHA", 60))
_ROLES = ("RN", "LPN", "PT", "HHA")


def write_export(folder: Path, patients: int, visits: int, seed: int) -> int:
    """Write the files of an agency of this size into a folder; how many rows they have altogether."""
    chance = random.Random(seed)  # noqa: S311 - made-up data
    return sum(_write(folder / name, header, rows) for name, header, rows in _files(patients, visits, chance))


def _write(path: Path, header: str, rows: Iterable[Sequence[object]]) -> int:
    with path.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(header.split(","))
        return sum(writer.writerow(row) > 0 for row in rows)


def _files(patients: int, visits: int, chance: random.Random) -> Iterator[tuple[str, str, Iterable[Sequence[object]]]]:
    yield (
        "branch.csv",
        "external_id,agency,name,phone,timezone,lat,lon,week_starts_on",
        [("LARGE", "Large Care", "Large", "+16145550100", _ZONE, 39.99, -83.01, "sunday")],
    )
    yield (
        "services.csv",
        "service_code,kind,discipline,visit_type,roles,duration_min,documentation_min",
        [(code, "home_visit", discipline, "routine", roles, m, 5) for code, discipline, roles, m in _SERVICES],
    )
    yield (
        "patients.csv",
        "external_id,family,given,status,line1,city,state,postal_code,lat,lon,timezone,phone_mobile,email,language,updated_at",
        (_patient(n, chance) for n in range(patients)),
    )
    yield (
        "staff.csv",
        "employee_id,family,given,status,discipline,max_weekly_min,lat,lon,timezone,phone_mobile,email,languages,updated_at",
        (_clinician(n, chance) for n in range(STAFF)),
    )
    yield (
        "visits.csv",
        "external_id,patient_external_id,service_code,status,date,window_start,window_end,timezone,duration_min,required_skills,preferred_staff,barred_staff,priority,updated_at",
        (_visit(n, patients, chance) for n in range(visits)),
    )


def _point(chance: random.Random) -> tuple[str, str]:
    return f"{39.99 + chance.uniform(-0.2, 0.2):.5f}", f"{-83.01 + chance.uniform(-0.2, 0.2):.5f}"


def _patient(n: int, chance: random.Random) -> Sequence[object]:
    street = f"{chance.randrange(1, 900)} Example Street"
    zip_code = f"432{chance.randrange(1, 90):02}"
    phone, mail = f"+1614555{n % 10000:04}", f"p-{n}@example.org"
    name = (f"Family{n}", f"Given{n % 977}")
    point = _point(chance)
    return (f"P-{n}", *name, "active", street, "Columbus", "OH", zip_code, *point, _ZONE, phone, mail, "en", _UPDATED)


def _clinician(n: int, chance: random.Random) -> Sequence[object]:
    name, phone = (f"Family{n}", f"Given{n}"), f"+1614556{n % 10000:04}"
    role = _ROLES[n % len(_ROLES)]
    return (f"E-{n}", *name, "active", role, 2400, *_point(chance), _ZONE, phone, f"e-{n}@example.org", "en", _UPDATED)


def _visit(n: int, patients: int, chance: random.Random) -> Sequence[object]:
    day = FIRST_DAY + timedelta(days=n % DAYS)
    opens = chance.randrange(8, 16)
    code = _SERVICES[n % len(_SERVICES)][0]
    skill = "wound_care" if n % 20 == 0 else ""
    preferred = f"E-{chance.randrange(STAFF)}" if n % 10 == 0 else ""
    patient = f"P-{chance.randrange(patients)}"
    window = (f"{opens:02}:00", f"{opens + 2:02}:00")
    return (f"V-{n}", patient, code, "requested", day, *window, _ZONE, "", skill, preferred, "", "routine", _UPDATED)
