"""A small agency of CSV files for tests of what a second import does: two nurses, a therapist, an aide, six visits."""

import csv
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from tests.conftest import RIVERBEND
from tests.fakes.callers import a_caller, fake_channels

from suture.integrations.ehr.csv.adapter import CsvFolder
from suture.model.decision import Decision
from suture.model.import_reports import ImportReport
from suture.service.branch_named import find_branch
from suture.service.clock import VirtualClock
from suture.service.import_files import import_folder
from suture.service.plan_day import plan_day, publish_day
from suture.service.send_messages import send_due
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.service.timers import fire_timers
from suture.service.worker import decide_next
from suture.store import access, facts
from suture.store.views import CaseView, DayView, PlanView

MONDAY, TUESDAY = date(2026, 11, 30), date(2026, 12, 1)
ZONE = ZoneInfo("America/New_York")
SUNDAY_NOON = datetime(2026, 11, 29, 17, 0, tzinfo=UTC)
PEOPLE = {
    "N1": ("RN", "Alder", "Ada", 39.9906, -83.0194),
    "N2": ("RN", "Birch", "Ben", 39.9824, -82.9822),
    "T1": ("PT", "Cedar", "Cy", 40.0027, -83.0019),
    "A1": ("HHA", "Dogwood", "Di", 40.0, -83.01),
}
HOURS = {"V1": ("08:30", "10:30"), "V2": ("09:00", "11:00"), "V3": ("10:00", "12:00"), "V4": ("11:00", "13:00")} | {
    "V5": ("13:00", "15:00"),
    "V6": ("14:00", "16:00"),
}
Cells = dict[str, str]


def at(clock: str, day: date = MONDAY) -> datetime:
    """An instant by the branch's clock."""
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=ZONE)


class Lakeside:
    """The agency's files as tables that a test may change, and the shell's own tools to bring them in and plan."""

    def __init__(self, engine: Engine, folder: Path, branch: str = "LAKE", config: Path = RIVERBEND) -> None:
        self.engine, self.folder, self.branch_id = engine, folder, branch
        self.clock = VirtualClock(SUNDAY_NOON)
        self.channels = fake_channels()
        self.caller = a_caller(engine, self.clock, self.channels, config=config)
        self.tables = _tables(branch)

    def row(self, file: str, key: str) -> Cells:
        """The row of that id, to be changed by the test."""
        return next(r for r in self.tables[file] if next(iter(r.values())) == key)

    def change(self, file: str, key: str, **cells: str) -> None:
        """Say it otherwise, as of later than everything before."""
        row = self.row(file, key)
        row.update(cells)
        if "updated_at" in row:
            self._later = getattr(self, "_later", 0) + 1
            row["updated_at"] = f"2026-11-29T16:{self._later:02}:00-05:00"

    def add(self, file: str, **cells: str) -> None:
        """One more row; what is not said is as in the last one."""
        self.tables[file].append({**self.tables[file][-1], **cells})

    def load(self) -> ImportReport:
        """Import the files as they are now."""
        self.folder.mkdir(exist_ok=True)
        for name, rows in self.tables.items():
            with (self.folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as out:
                writer = csv.DictWriter(out, list(rows[0]))
                writer.writeheader()
                writer.writerows(rows)
        return import_folder(self.caller, CsvFolder(), self.folder)

    def plan(self, day: date = MONDAY) -> Decision:
        """A first pass."""
        return plan_day(self.caller, self.branch_id, day)

    def publish(self, day: date = MONDAY) -> Decision:
        """Tell everyone."""
        return publish_day(self.caller, self.branch_id, day)

    def published(self) -> "Lakeside":
        """Imported, planned and published."""
        assert not self.load().problems
        self.plan()
        self.publish()
        return self

    def wait_until(self, instant: datetime) -> None:
        """Let time pass: what was due and did not happen by then is decided, gates among it."""
        self.clock.advance_to(instant)
        fire_timers(self.caller)
        self.decide()

    def decide(self) -> None:
        """Decide everything that waits, as the worker does."""
        for _ in range(50):
            if not decide_next(self.caller):
                return
        raise AssertionError("the decider goes round in circles")

    def send(self, now: datetime) -> None:
        """Send what is due by then."""
        self.clock.advance_to(now)
        while send_due(self.caller):
            pass

    def signal(self, kind: str, **body: Any) -> None:
        """Send a signal as a caller does."""
        receive_signal(self.caller, SIGNAL_REQUEST.validate_python({"kind": kind, **body}))

    def rows(self, sql: str, **params: object) -> list[dict[str, Any]]:
        """Look at what is committed."""
        with self.caller.transaction() as tx:
            return [dict(r) for r in tx.rows(sql, **params)]

    def view(self, day: date = MONDAY) -> PlanView:
        """The plan as the API shows it."""
        with self.caller.transaction() as tx:
            found = access.plan_view(tx, find_branch(tx, self.branch_id), day)
        assert found is not None
        return found

    def board(self, day: date = MONDAY) -> DayView:
        """The day as the board shows it."""
        with self.caller.transaction() as tx:
            return access.day_view(tx, find_branch(tx, self.branch_id), day)

    def who(self, day: date = MONDAY) -> dict[str, str]:
        """Visit → clinician, by the ids of the files."""
        view = self.view(day)
        names = {c.id: c.external_id for c in view.clinicians}
        return {s.external_id: names[s.seat.clinician_id] for s in view.stops if s.seat}

    def start(self, visit: str, day: date = MONDAY) -> str:
        """When a visit is planned to begin, by the branch's clock."""
        seat = next(s.seat for s in self.view(day).stops if s.external_id == visit)
        assert seat is not None
        return f"{seat.starts_at.astimezone(ZONE):%H:%M}"

    def left(self, day: date = MONDAY) -> set[str]:
        """Visits that want someone and have nobody."""
        return {s.external_id for s in self.view(day).uncovered}

    def cases(self, day: date = MONDAY) -> dict[str, list[CaseView]]:
        """Open cases by kind."""
        found: dict[str, list[CaseView]] = {}
        for case in self.board(day).cases:
            found.setdefault(case.kind, []).append(case)
        return found

    def lost(self, day: date = MONDAY) -> int:
        """Positions that are neither assigned, nor uncovered with a case, nor closed."""
        with self.caller.transaction() as tx:
            return facts.lost_visits(tx, find_branch(tx, self.branch_id).id, day)

    def touches(self, *states: str) -> set[tuple[str, str]]:
        """(step, to whom) of the messages in one of these states."""
        rows = self.rows(
            """SELECT t.step, p.external_id FROM touch t JOIN party p ON p.tenant = t.tenant AND p.id = t.party_id
               WHERE t.tenant = app_tenant() AND t.state = ANY(:states)""",
            states=list(states),
        )
        return {(r["step"], r["external_id"]) for r in rows}


def _tables(branch: str) -> dict[str, list[Cells]]:
    when = "2026-11-29T12:00:00-05:00"
    zone = {"timezone": "America/New_York"}
    return {
        "branch": [
            {"external_id": branch, "agency": "Lakeside Care", "name": branch.title(), "phone": "+16145550100", **zone}
            | {"lat": "39.9937", "lon": "-83.0122", "week_starts_on": "sunday"}
        ],
        "services": [
            _service("SNV", "SN", "RN;LPN", "30", "5"),
            _service("PTV", "PT", "PT", "45", "5"),
            _service("HHAV", "HHA", "HHA", "60", "0"),
        ],
        "patients": [
            {"external_id": f"P{n}", "family": "Tester", "given": f"Pat{n}", "status": "active", "city": "Columbus"}
            | {"state": "OH", "lat": str(39.96 + n / 100), "lon": str(-83.06 + n / 100), **zone}
            | {"phone_mobile": f"+1614555011{n}", "email": f"p{n}@example.org", "language": "en", "updated_at": when}
            for n in range(1, 7)
        ],
        "staff": [
            {"employee_id": key, "family": family, "given": given, "status": "active", "discipline": role}
            | {"max_weekly_min": "2400", "lat": str(lat), "lon": str(lon), **zone, "phone_mobile": ""}
            | {"email": f"{key.lower()}@example.org", "languages": "en", "updated_at": when}
            for key, (role, family, given, lat, lon) in PEOPLE.items()
        ],
        "credentials": [
            {"employee_id": key, "credential_code": role, "number": f"X-{key}", "state": "OH"}
            | {"issued_on": "2024-01-01", "expires_on": "2028-01-01", "status": "active"}
            for key, (role, *_) in PEOPLE.items()
        ],
        "availability": [
            {"employee_id": key, "kind": "available", "rrule": "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR", "date": "2026-11-02"}
            | {"start": "08:00", "end": "17:00", **zone, "reason": "", "updated_at": when}
            for key in PEOPLE
        ],
        "consents": [
            {"party_external_id": key, "channel": channel, "granted": "true", "wording": "yes", "source": "intake"}
            | {"at": when}
            for key in (*(f"P{n}" for n in range(1, 7)), *PEOPLE)
            for channel in ("sms", "email")
        ],
        "visits": [_visit(key, f"P{key[1:]}", "SNV", *hours) for key, hours in HOURS.items()],
    }


def _service(code: str, discipline: str, roles: str, minutes: str, documentation: str) -> Cells:
    return {"service_code": code, "kind": "home_visit", "discipline": discipline, "visit_type": "routine"} | {
        "roles": roles,
        "duration_min": minutes,
        "documentation_min": documentation,
    }


def _visit(key: str, patient: str, service: str, opens: str, closes: str) -> Cells:
    return {"external_id": key, "patient_external_id": patient, "service_code": service, "status": "requested"} | {
        "date": str(MONDAY),
        "window_start": opens,
        "window_end": closes,
        "timezone": "America/New_York",
        "duration_min": "",
        "required_skills": "",
        "barred_staff": "",
        "priority": "routine",
        "updated_at": "2026-11-29T12:00:00-05:00",
        "positions": "1",
    }


def visits(*keys: str) -> Iterable[str]:
    """V1 … V6 without these."""
    return sorted(HOURS.keys() - set(keys))
