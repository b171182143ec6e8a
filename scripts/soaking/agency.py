"""Riverbend with its dates moved, for days ahead of the real clock, and without quiet hours."""

import csv
import re
import shutil
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

RIVERBEND = Path(__file__).parents[2] / "examples" / "riverbend"
BRANCH = "COLUMBUS"
THE_DAY = date(2026, 3, 24)
HOME_ZONE = "America/New_York"
NOTICE = timedelta(days=3)
MORNING = 7
"""An hour before the first window opens: check-ins are believed from then on."""
_PLACES = (  # one for each hour, none of which ever changes its clocks
    *("Pacific/Pago_Pago", "Pacific/Honolulu", "Pacific/Gambier", "Pacific/Pitcairn", "America/Phoenix"),
    *("America/Costa_Rica", "America/Panama", "America/Puerto_Rico", "America/Cayenne", "America/Noronha"),
    *("Atlantic/Cape_Verde", "Africa/Abidjan", "Africa/Lagos", "Africa/Maputo", "Africa/Nairobi", "Asia/Dubai"),
    *("Asia/Karachi", "Asia/Dhaka", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Pacific/Port_Moresby"),
    *("Pacific/Guadalcanal", "Pacific/Tarawa"),
)
_A_DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_POLICY = """patient_hours: {opens: "00:00", closes: "23:59"}
staff_hours: {opens: "00:00", closes: "23:59"}
confirm_hours: {opens: "00:00", closes: "23:59"}
hold_back: {person: 0, automatic: 0, urgent: 0}
"""


@dataclass(frozen=True, slots=True)
class MovedAgency:
    """An export to import, settings to serve it with, and what there is on its days."""

    csv_folder: Path
    config_folder: Path
    zone: str
    days: tuple[date, ...]
    visits: dict[date, tuple[str, ...]]
    patients: tuple[str, ...]
    clinicians: tuple[str, ...]


def coming_tuesday(today: date) -> date:
    """The first Tuesday that is at least three days away."""
    earliest = today + NOTICE
    return earliest + timedelta(days=(THE_DAY.weekday() - earliest.weekday()) % 7)


def zone_of_the_morning(now: datetime) -> tuple[str, date]:
    """A zone in which it is now between seven and eight in the morning, and its date."""
    there = (now.astimezone(ZoneInfo(place)) for place in _PLACES)
    local = next(found for found in there if found.hour == MORNING)
    return str(local.tzinfo), local.date()


def write_agency(folder: Path, first_day: date, days: int, zone: str = HOME_ZONE) -> MovedAgency:
    """Write Riverbend's export with its day on `first_day`, and the same visits on each of the days that follow."""
    export, config = folder / "export", folder / "config"
    for made in (export, config):
        made.mkdir(mode=0o755, parents=True)
    shutil.copy(RIVERBEND / "rulebook.yaml", config)
    (config / "outreach.yaml").write_text(_POLICY)
    for source in RIVERBEND.glob("*.csv"):
        if source.name != "streets.csv":
            text = _moved(source.read_text(encoding="utf-8"), first_day - THE_DAY)
            (export / source.name).write_text(_at_home_in(zone, text), encoding="utf-8")
    dates = tuple(first_day + timedelta(days=n) for n in range(days))
    return MovedAgency(
        csv_folder=export,
        config_folder=config,
        zone=zone,
        days=dates,
        visits=_repeat_the_day(export / "visits.csv", dates),
        patients=tuple(row["external_id"] for row in _rows(export / "patients.csv")),
        clinicians=tuple(row["employee_id"] for row in _rows(export / "staff.csv")),
    )


def _moved(text: str, by: timedelta) -> str:
    return _A_DATE.sub(lambda found: str(date.fromisoformat(found[0]) + by), text)


def _at_home_in(zone: str, text: str) -> str:
    """Another zone has another weekday, so there everyone works every day."""
    if zone == HOME_ZONE:
        return text
    return text.replace(HOME_ZONE, zone).replace("BYDAY=MO,TU,WE,TH,FR", "BYDAY=MO,TU,WE,TH,FR,SA,SU")


def _repeat_the_day(file: Path, dates: tuple[date, ...]) -> dict[date, tuple[str, ...]]:
    rows = list(_rows(file))
    the_day = [row for row in rows if row["status"] == "requested"]
    made = {dates[0]: tuple(row["external_id"] for row in the_day)}
    for on in dates[1:]:
        copies = [{**row, "external_id": f"{row['external_id']}-{on:%m%d}", "date": str(on)} for row in the_day]
        made[on] = tuple(row["external_id"] for row in copies)
        rows += copies
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return made


def _rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
