"""The demo agency's rows looked up by meaning, and a simple planner for them.

The planner knows nothing of Suture's: cheapest insertion, hardest visit first, nothing moved afterwards.
"""

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date

DAY = "2026-03-24"
NURSES = ("E-01", "E-02", "E-03")

Row = dict[str, str]
Files = dict[str, list[Row]]


def minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


def listed(cell: str) -> list[str]:
    return [item for item in cell.split(";") if item]


class Agency:
    """The files of an agency, looked up the way its promises speak of them."""

    def __init__(self, files: Files) -> None:
        self.files = files
        self.service = {row["service_code"]: row for row in files["services.csv"]}
        self.staff = {row["employee_id"]: row for row in files["staff.csv"]}
        self.patient = {row["external_id"]: row for row in files["patients.csv"]}
        self.site = {row["site_code"]: row for row in files["sites.csv"]}
        self.today = [row for row in files["visits.csv"] if row["date"] == DAY]
        self.past = [row for row in files["visits.csv"] if row["date"] != DAY]
        self.done_by: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
        for row in self.past:
            self.done_by[self.patient_and_discipline(row)][row["staff"]] += 1

    def patient_and_discipline(self, visit: Row) -> tuple[str, str]:
        return visit["patient_external_id"], self.service[visit["service_code"]]["discipline"]

    def of_kind(self, kind: str) -> list[Row]:
        return [row for row in self.today if self.service[row["service_code"]]["kind"] == kind]

    def holders(self, code: str, day: str = DAY) -> list[str]:
        rows = self.files["credentials.csv"]
        return [r["employee_id"] for r in rows if r["credential_code"] == code and r["expires_on"] >= day]

    def may_do(self, visit: Row) -> list[str]:
        """Clinicians whose role, license and skills fit on the visit's date and who are not barred."""
        return [
            who
            for who, row in self.staff.items()
            if row["discipline"] in listed(self.service[visit["service_code"]]["roles"])
            and all(who in self.holders(code, visit["date"]) for code in self.needs(who, visit))
            and who not in listed(visit["barred_staff"])
        ]

    def needs(self, who: str, visit: Row) -> list[str]:
        return [self.staff[who]["discipline"], *listed(visit["required_skills"])]

    def usual(self, visit: Row) -> str | None:
        """Who did more than half of the patient's visits of this discipline in the weeks before."""
        done_by = self.done_by.get(self.patient_and_discipline(visit), Counter())
        return next((who for who, times in done_by.items() if times * 2 > done_by.total()), None)

    def place(self, visit: Row) -> tuple[float, float]:
        row = self.site[visit["site_code"]] if visit["site_code"] else self.patient[visit["patient_external_id"]]
        return float(row["lat"]), float(row["lon"])


@dataclass(frozen=True)
class Job:
    id: str
    place: tuple[float, float]
    opens: int
    closes: int
    duration: int
    charting: int
    who_may: tuple[str, ...]
    usual: str | None


def drive_seconds(a: tuple[float, float], b: tuple[float, float]) -> float:
    north = (a[0] - b[0]) * 111.32
    east = (a[1] - b[1]) * 111.32 * math.cos(math.radians((a[0] + b[0]) / 2))
    return max(60.0, 200.0 * math.pow(math.hypot(north, east), 0.69))


def charting(agency: Agency, visit: Row) -> int:
    return int(agency.service[visit["service_code"]]["documentation_min"])


def home(agency: Agency, who: str) -> tuple[float, float]:
    return float(agency.staff[who]["lat"]), float(agency.staff[who]["lon"])


def hours(agency: Agency, who: str, day: str) -> list[tuple[int, int]]:
    """Spans of the day in which the clinician is available, in minutes, adjoining ones joined."""
    weekday = date.fromisoformat(day).weekday()
    spans: list[tuple[int, int]] = []
    for row in agency.files["availability.csv"]:
        here = weekday < 5 and row["date"] <= day if row["rrule"] else row["date"] == day
        if row["employee_id"] == who and row["kind"] == "available" and here:
            start, end = minutes(row["start"]), minutes(row["end"])
            if spans and spans[-1][1] == start:
                start = spans.pop()[0]
            spans.append((start, end))
    return spans


def by_clinician_and_day(agency: Agency) -> dict[tuple[str, str], list[Row]]:
    grouped: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in sorted(agency.past, key=lambda row: (row["date"], row["window_start"])):
        grouped[row["staff"], row["date"]].append(row)
    return grouped


def jobs_of(agency: Agency) -> list[Job]:
    return [
        Job(
            id=row["external_id"],
            place=agency.place(row),
            opens=minutes(row["window_start"]),
            closes=minutes(row["window_end"]),
            duration=int(row["duration_min"]),
            charting=charting(agency, row),
            who_may=tuple(agency.may_do(row)),
            usual=agency.usual(row),
        )
        for row in agency.today
    ]


def driven_minutes(agency: Agency, who: str, route: list[Job], leaves_at: int) -> float | None:
    """Minutes driven on the route, or None if some window or the shift does not allow it."""
    (shift,) = hours(agency, who, DAY)
    at, here, driven = float(max(leaves_at, shift[0])), home(agency, who), 0.0
    for job in route:
        leg = drive_seconds(here, job.place) / 60
        start = max(at + leg, job.opens)
        if start + job.duration > job.closes:
            return None
        at, here, driven = start + job.duration + job.charting, job.place, driven + leg
    return driven if at <= shift[1] else None


def insert_all(agency: Agency, plan: dict[str, list[Job]], jobs: list[Job], leaves_at: int) -> list[Job]:
    """Put each job where it adds least driving, the usual clinician worth 15 minutes; return what found no place."""
    left = []
    for job in sorted(jobs, key=lambda job: (len(job.who_may), job.closes - job.opens, job.opens, job.id)):
        options = []
        for who in job.who_may:
            if who not in plan:
                continue
            before = driven_minutes(agency, who, plan[who], leaves_at) or 0.0
            for n in range(len(plan[who]) + 1):
                route = [*plan[who][:n], job, *plan[who][n:]]
                driven = driven_minutes(agency, who, route, leaves_at)
                if driven is not None:
                    options.append((driven - before - (15 if who == job.usual else 0), who, n))
        if options:
            _, who, n = min(options)
            plan[who].insert(n, job)
        else:
            left.append(job)
    return left


def first_plan(agency: Agency) -> dict[str, list[Job]]:
    plan: dict[str, list[Job]] = {who: [] for who in agency.staff}
    insert_all(agency, plan, jobs_of(agency), leaves_at=7 * 60)
    return plan


def busiest_nurse(plan: dict[str, list[Job]]) -> str:
    return max(NURSES, key=lambda who: (len(plan[who]), who))
