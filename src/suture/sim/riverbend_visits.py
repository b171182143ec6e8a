"""The work of the demo agency: its services, the morning of the service date, and the four weeks before.

The morning is built from a hidden plan that works: each stop gets a time on someone's route first and its window
around that time afterwards. So the whole day can be covered, by at least that plan. The plan itself is thrown away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from suture.sim.riverbend_ground import (
    CHARTING_MINUTES,
    EVE,
    FIRST_PAST_DATE,
    SERVICE_DATE,
    UPDATED_AT,
    ZONE,
    Dice,
    Row,
    StreetNode,
    clock,
    drive_minutes,
    round_up,
)
from suture.sim.riverbend_people import STAFF

EIGHT, TEN, NOON = 8 * 60, 10 * 60, 12 * 60
TERRITORY_NODES = 260  # of the streets nearest a clinician's home; patients are drawn among them
HANDOFF_SHARE = 0.1
KEPT_SHARE = 0.88

# service_code, kind, discipline, visit_type, roles, duration_min, documentation_min.
# A clinic visit is charted in the room, within its time.
SERVICES = (
    ("SN_VISIT", "home_visit", "SN", "routine", "RN;LPN", 20, CHARTING_MINUTES),
    ("SN_WOUND", "home_visit", "SN", "wound_care", "RN;LPN", 25, CHARTING_MINUTES),
    ("SN_CATHETER", "home_visit", "SN", "catheter_care", "RN;LPN", 20, CHARTING_MINUTES),
    ("SN_DIABETES", "home_visit", "SN", "diabetes_care", "RN;LPN", 20, CHARTING_MINUTES),
    ("SN_ASSESS", "home_visit", "SN", "assessment", "RN", 25, CHARTING_MINUTES),
    ("SN_INFUSION", "home_visit", "SN", "infusion", "RN", 30, CHARTING_MINUTES),
    ("SN_RECERT", "home_visit", "SN", "recertification", "RN", 30, CHARTING_MINUTES),
    ("SN_START", "home_visit", "SN", "start_of_care", "RN", 40, CHARTING_MINUTES),
    ("PT_VISIT", "home_visit", "PT", "routine", "PT", 30, CHARTING_MINUTES),
    ("HHA_CARE", "home_visit", "HHA", "personal_care", "HHA", 30, CHARTING_MINUTES),
    ("CLINIC_SN", "appointment", "SN", "clinic", "RN;LPN", 20, 0),
    ("CLINIC_PT", "appointment", "PT", "clinic", "PT", 30, 0),
    ("CLINIC_SHIFT", "open_shift", "SN", "clinic_shift", "RN", 240, 0),
)
SERVICE = {row[0]: row for row in SERVICES}
SKILL = {"SN_WOUND": "wound_care", "SN_CATHETER": "catheter", "SN_DIABETES": "diabetes", "SN_INFUSION": "iv"}

VARYING = ("SN_VISIT", "SN_WOUND", "SN_DIABETES", "PT_VISIT", "HHA_CARE")  # some take five minutes less

# Whose routes of the hidden plan hold which work. `*` marks the wound visit whose usual nurse is E-03: she is the one
# continuity asks for and whose paper ended yesterday.
ROUTES = {
    "E-01": ("SN_INFUSION", "SN_ASSESS", "SN_WOUND", "SN_DIABETES", "SN_VISIT", "SN_VISIT", "SN_VISIT"),
    "E-02": ("SN_START", "SN_INFUSION", "SN_RECERT", "SN_CATHETER", "CLINIC_SN"),
    "E-03": ("SN_ASSESS", "SN_DIABETES", "SN_CATHETER", "SN_VISIT"),
    "E-04": ("SN_WOUND", "SN_WOUND*", "SN_DIABETES", "SN_CATHETER", "SN_VISIT", "CLINIC_SN"),
    "E-05": ("PT_VISIT", "PT_VISIT", "PT_VISIT", "PT_VISIT", "PT_VISIT", "CLINIC_PT"),
    "E-06": ("HHA_CARE", "HHA_CARE", "HHA_CARE", "HHA_CARE", "HHA_CARE"),
}
SITE_OF = {"E-02": "NORTH", "E-04": "SOUTH", "E-05": "NORTH"}


@dataclass(slots=True)
class Stop:
    """One piece of work of the service date while the day is being made."""

    service: str
    doer: str  # of the hidden plan
    usual: str
    place: StreetNode
    site: str
    minutes: int
    start: int = 0
    window: tuple[int, int] = (0, 0)
    patient: str = ""
    priority: str = "routine"
    preferred: str = ""
    barred: str = ""

    @property
    def skills(self) -> list[str]:
        return [SKILL[self.service]] if self.service in SKILL else []

    @property
    def past_service(self) -> str:
        """What this patient had in the weeks before."""
        return "SN_VISIT" if self.service in ("SN_RECERT", "SN_ASSESS") else self.service

    @property
    def past_minutes(self) -> int:
        return min(self.minutes, int(SERVICE[self.past_service][5]))

    @property
    def charting(self) -> int:
        return int(SERVICE[self.service][6])


def service_rows() -> list[Row]:
    names = ("service_code", "kind", "discipline", "visit_type", "roles", "duration_min", "documentation_min")
    return [{name: str(value) for name, value in zip(names, row, strict=True)} for row in SERVICES]


def draw_day(
    dice: Dice, homes: dict[str, StreetNode], sites: dict[str, StreetNode], streets: Sequence[StreetNode]
) -> list[Stop]:
    """All stops of the morning with places, times of the hidden plan and windows; patients come later."""
    free = list(streets)
    stops: list[Stop] = []
    for doer, codes in ROUTES.items():
        near = sorted(free, key=lambda node: (drive_minutes(homes[doer], node), node.osm_node_id))[:TERRITORY_NODES]
        begin = _last_at_home(stops).place if doer == "E-06" else homes[doer]
        for _ in range(500):
            route = _draw_route(dice, doer, codes, begin, sites, near)
            if _time_route(dice, begin, route) and (doer != "E-05" or _last_at_home(route).start >= TEN):
                break
        else:
            raise RuntimeError(f"No route of {doer} fits into the morning. Maybe streets.csv covers too wide an area.")
        taken = [stop.place for stop in route]
        free = [node for node in free if node not in taken]
        stops += route
    _draw_windows(dice, stops)
    return stops


def _last_at_home(route: Sequence[Stop]) -> Stop:
    """Where the physiotherapist ends, the aide begins: that patient has two visits this day."""
    return [stop for stop in route if not stop.site][-1]


def _draw_route(
    dice: Dice, doer: str, codes: Sequence[str], begin: StreetNode, sites: dict[str, StreetNode], near: list[StreetNode]
) -> list[Stop]:
    """Stops of the clinician's territory, always the nearest next."""
    waiting: list[Stop] = []
    for code in codes:
        service = code.rstrip("*")
        at_site = service.startswith("CLINIC")
        place = sites[SITE_OF[doer]] if at_site else begin if doer == "E-06" and not waiting else dice.pick(near)
        usual = "E-03" if code.endswith("*") else doer
        shorter = 5 * dice.below(2) if service in VARYING else 0
        minutes = int(SERVICE[service][5]) - shorter
        waiting.append(Stop(service, doer, usual, place, SITE_OF[doer] if at_site else "", minutes))
    route: list[Stop] = []
    here = begin
    while waiting:
        stop = min(waiting, key=lambda s: drive_minutes(here, s.place))
        waiting.remove(stop)
        route.append(stop)
        here = stop.place
    return route


def _time_route(dice: Dice, begin: StreetNode, route: Sequence[Stop]) -> bool:
    """Give every stop its start in the hidden plan; False if the morning is too short or the first stop too far."""
    if drive_minutes(begin, route[0].place) > 45 or len({stop.place.osm_node_id for stop in route}) < len(route):
        return False
    at = EIGHT + 5 * dice.below(3)
    here = route[0].place
    for stop in route:
        at = round_up(at + (drive_minutes(here, stop.place) if stop is not route[0] else 0), 15 if stop.site else 1)
        stop.start = at
        at += stop.minutes + stop.charting
        here = stop.place
    return at <= NOON


def _draw_windows(dice: Dice, stops: Sequence[Stop]) -> None:
    """Appointments get their exact time, six visits a tight hour, eight a long window, the others two hours."""
    at_home = [stop for stop in stops if not stop.site]
    places = [stop.place for stop in at_home]
    twice = [stop for stop in at_home if places.count(stop.place) == 2]
    short = [stop for stop in at_home if stop.minutes <= 30 and stop.doer not in ("E-01", "E-06") and stop not in twice]
    tight = dice.shuffled(short)[:6]
    rest = [stop for stop in at_home if stop not in tight + twice]
    wide = dice.shuffled([stop for stop in rest if stop.doer == "E-01"])[:5]
    wide += dice.shuffled([stop for stop in rest if stop.doer != "E-01"])[:3]
    for stop in stops:
        if stop.site:
            stop.window = (stop.start, stop.start + stop.minutes)
            continue
        if stop in twice:
            stop.window = (EIGHT, TEN) if stop.start < TEN else (TEN, NOON)
            continue
        length = 60 if stop in tight else 180 + 60 * dice.below(2) if stop in wide else 120
        done = stop.start + stop.minutes + stop.charting
        openings = [t for t in range(EIGHT, NOON - length + 1, 15) if t <= stop.start and done <= t + length]
        opens = dice.pick(openings)
        stop.window = (opens, opens + length)


def day_rows(stops: Sequence[Stop]) -> list[Row]:
    """Home visits in the order of their windows, appointments, then the open shift."""
    ordered = sorted(stops, key=lambda stop: (stop.site != "", stop.window, stop.patient))
    rows = [_visit_row(f"V-0324-{n:02d}", stop, SERVICE_DATE, stop.window) for n, stop in enumerate(ordered, start=1)]
    shift = dict.fromkeys(rows[0], "") | {
        "external_id": f"V-0324-{len(rows) + 1:02d}", "service_code": "CLINIC_SHIFT", "status": "requested",
        "date": SERVICE_DATE.isoformat(), "window_start": "13:00", "window_end": "17:00", "timezone": ZONE,
        "duration_min": "240", "priority": "routine", "site_code": "NORTH", "updated_at": UPDATED_AT, "positions": "1",
    }  # fmt: skip
    return [*rows, shift]


def past_rows(dice: Dice, stops: Sequence[Stop], homes: dict[str, StreetNode]) -> list[Row]:
    """Four weeks of finished visits: most Tuesdays, for two patients of three Mondays too.

    The window of a finished visit is the time it took place.
    """
    rows: list[Row] = []
    handed_off: list[str] = []
    for day in _past_days():
        work: dict[str, list[Stop]] = {member.id: [] for member in STAFF}
        for n, stop in enumerate(stops):
            if not _falls_on(stop, n, day) or (day != EVE and not dice.chance(KEPT_SHARE)):
                continue
            work[_past_doer(dice, stop, day, handed_off)].append(stop)
        done = [
            (start, who, stop) for who, route in work.items() for start, stop in _past_times(who, day, route, homes)
        ]
        done.sort(key=lambda item: (item[0], item[1]))
        for n, (start, who, stop) in enumerate(done, start=1):
            row = _visit_row(f"V-{day:%m%d}-{n:02d}", stop, day, (start, start + stop.past_minutes))
            rows.append(row | {
                "service_code": stop.past_service, "status": "done", "duration_min": str(stop.past_minutes),
                "preferred_staff": "", "barred_staff": "", "priority": "routine", "staff": who,
            })  # fmt: skip
    return rows


def _past_days() -> Iterator[date]:
    day = FIRST_PAST_DATE
    while day <= EVE:
        yield day
        day += timedelta(days=1)


def _falls_on(stop: Stop, n: int, day: date) -> bool:
    if stop.service == "SN_START":
        return False  # this patient's care starts on the service date
    weekday = day.weekday()
    on_sunday = day == EVE - timedelta(days=1) and stop.usual == "E-04" and stop.service == "SN_CATHETER"
    return weekday == 1 or (weekday == 0 and n % 3 != 2) or on_sunday


def _past_doer(dice: Dice, stop: Stop, day: date, handed_off: list[str]) -> str:
    """The usual clinician, or once in these weeks someone else who may do it."""
    if day.weekday() != 6 and day != EVE and dice.chance(HANDOFF_SHARE) and stop.patient not in handed_off:
        roles = str(SERVICE[stop.service][4])
        others = [
            m.id for m in STAFF if m.may(roles, stop.skills, day.isoformat()) and m.id not in (stop.usual, stop.barred)
        ]
        if others:
            handed_off.append(stop.patient)
            return dice.pick(others)
    return stop.usual


def _past_times(who: str, day: date, route: Sequence[Stop], homes: dict[str, StreetNode]) -> list[tuple[int, Stop]]:
    """One stop after the other from 07:15; Sunday from 09:30; E-02's Monday before the service date ends at 20:30."""
    at = 9 * 60 + 30 if day.weekday() == 6 else 7 * 60 + 15
    here = homes[who]
    times = []
    for stop in route:
        at += drive_minutes(here, stop.place)
        times.append((at, stop))
        at += stop.past_minutes + stop.charting
        here = stop.place
    late = 20 * 60 + 30 - at if who == "E-02" and day == EVE else 0
    return [(start + late, stop) for start, stop in times]


def _visit_row(external_id: str, stop: Stop, day: date, window: tuple[int, int]) -> Row:
    return {
        "external_id": external_id, "patient_external_id": stop.patient, "service_code": stop.service,
        "status": "requested", "date": day.isoformat(), "window_start": clock(window[0]),
        "window_end": clock(window[1]), "timezone": ZONE, "duration_min": str(stop.minutes),
        "required_skills": ";".join(stop.skills), "preferred_staff": stop.preferred, "barred_staff": stop.barred,
        "payer": "", "authorization": "", "priority": stop.priority, "site_code": stop.site, "notes_ref": "",
        "updated_at": UPDATED_AT, "staff": "", "positions": "1",
    }  # fmt: skip
