"""Looks at a whole import before anything of it is applied: would it take away more than one file should?

Pure: what the files say, and what there is to lose. A person who goes is counted once, with whatever follows from it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from suture.model.import_lines import counted, first_ids
from suture.model.imports import ImportBatch, PatientRecord, VisitRecord
from suture.model.stakes import PublishedSeat, Stakes
from suture.model.visit import CLOSED_STATUSES, STARTED_STATUSES
from suture.service.people_lost import Day, Gone, day_of, people_gone, records_of, says_active
from suture.words.reason import Reason, all_of, reason

FEWEST_PEOPLE = 3
"""Two may well leave or fall ill in one file, even where only four work."""

MOST_PEOPLE = 10
"""More than ten at once is a slip of a file, however large the agency is."""

FEWEST_POSITIONS = 5
"""Up to four visits cancelled in one file are an ordinary day."""

LARGEST_SHARE = 0.2
"""A fifth of a published day is what a coordinator can still fix by hand."""

LONGEST_LIST = 20
"""How many ids a line of the diff names."""


@dataclass(frozen=True, slots=True)
class MassChange:
    """What would be lost. `why` follows "it would take away"; `diff` gives counts and ids, no names.

    `branch`: the one it is about; None where it is about several.
    """

    why: Reason
    diff: tuple[Reason, ...]
    branch: str | None
    first_start: datetime | None


def find_mass_change(batches: Sequence[ImportBatch], stakes: Stakes) -> MassChange | None:
    """What the import would take away if that is too much for one import, else None."""
    gone = people_gone(batches, stakes)
    lost = _seats_lost(batches, stakes)
    why = [*_too_many_people(gone, stakes), *_too_many_positions(lost, stakes)]
    if not why:
        return None
    hit = [s for s in stakes.seats if _key(s) in lost or (s.clinician in gone and gone[s.clinician].on(day_of(s)))]
    branches = {s.branch for s in hit}
    return MassChange(
        all_of(why),
        (*_people_lines(gone), *_position_lines(lost, stakes)),
        next(iter(branches)) if len(branches) == 1 else None,
        min((s.starts_at for s in hit if s.starts_at), default=None),
    )


def _key(seat: PublishedSeat) -> tuple[str, int]:
    return seat.visit, seat.position


def _too_many_people(gone: Mapping[str, Gone], stakes: Stakes) -> Iterator[Reason]:
    if len(gone) < FEWEST_PEOPLE:
        return
    workers: dict[Day, set[str]] = defaultdict(set)
    for seat in stakes.seats:
        if seat.clinician is not None:
            workers[day_of(seat)].add(seat.clinician)
    for day, people in sorted(workers.items()):
        missing = sum(p in gone and gone[p].on(day) for p in people)
        if missing > LARGEST_SHARE * len(people):
            where, on = day
            said = {"n": len(gone), "missing": missing, "all": len(people), "day": on, "branch": where}
            yield reason("import.loses_people_of_day", **said)
            return
    if len(gone) > MOST_PEOPLE:
        yield reason("import.loses_people", n=len(gone))


def _seats_lost(batches: Sequence[ImportBatch], stakes: Stakes) -> dict[tuple[str, int], str]:
    """Which seats the lines about visits and patients would take away, and how (`import.position_lost.…`)."""
    open_seats = [s for s in stakes.seats if s.status not in STARTED_STATUSES]
    visits, patients = {s.visit for s in open_seats}, {s.patient for s in open_seats if s.patient_is_active}
    said = {r.external_id: r for r in records_of(batches, VisitRecord) if r.external_id in visits}
    left = {
        r.external_id for r in records_of(batches, PatientRecord) if r.external_id in patients and not says_active(r)
    }
    lost: dict[tuple[str, int], str] = {}
    for seat in open_seats:
        record = said.get(seat.visit)
        if seat.patient in left:
            lost[_key(seat)] = "patient_not_active"
        elif record is not None and (why := _why_lost(record, seat)):
            lost[_key(seat)] = why
    return lost


def _why_lost(record: VisitRecord, seat: PublishedSeat) -> str | None:
    if seat.updated_at is not None and "updated_at" not in record.unreadable and record.updated_at < seat.updated_at:
        return None  # an older line is not applied
    return next((why for why, is_so in _LOSSES.items() if is_so(record, seat)), None)


def _is_moved(r: VisitRecord, seat: PublishedSeat) -> bool:
    if r.service_date != seat.day:
        return True
    if seat.starts_at is None or seat.ends_at is None:
        return False
    is_outside = r.earliest_start > seat.starts_at or r.latest_end < seat.ends_at
    if is_outside and not r.unreadable & {"earliest_start", "latest_end"}:
        return True
    needs = timedelta(minutes=r.duration_minutes or 0)
    return needs > seat.ends_at - seat.starts_at and "duration_minutes" not in r.unreadable


def _is_released(r: VisitRecord, seat: PublishedSeat) -> bool:
    if seat.clinician is None:
        return False
    if seat.clinician in r.barred_staff:
        return True
    return "required_skills" not in r.unreadable and not set(r.required_skills) <= set(seat.required_skills)


_LOSSES: Mapping[str, Callable[[VisitRecord, PublishedSeat], bool]] = {
    "cancelled": lambda r, seat: r.status in CLOSED_STATUSES and "status" not in r.unreadable,
    "one_fewer": lambda r, seat: seat.position > r.positions and "positions" not in r.unreadable | r.absent,
    "on_hold": lambda r, seat: r.held and not seat.held and "status" not in r.unreadable,
    "for_another_patient": lambda r, seat: r.patient != seat.patient,
    "moved": _is_moved,
    "not_for_their_clinician": _is_released,
}


def _too_many_positions(lost: Mapping[tuple[str, int], str], stakes: Stakes) -> Iterator[Reason]:
    of_day: dict[Day, list[PublishedSeat]] = defaultdict(list)
    for seat in stakes.seats:
        of_day[day_of(seat)].append(seat)
    for day, seats in sorted(of_day.items()):
        missing = sum(_key(s) in lost for s in seats)
        if missing >= FEWEST_POSITIONS and missing > LARGEST_SHARE * len(seats):
            where, on = day
            yield reason("import.loses_positions", n=missing, all=len(seats), day=on, branch=where)
            return


# in words


def _people_lines(gone: Mapping[str, Gone]) -> Iterator[Reason]:
    by_why: dict[Reason, list[str]] = defaultdict(list)
    for person, how in sorted(gone.items()):
        by_why[how.why].append(person)
    for why, people in by_why.items():
        yield reason("import.lost_people", n=len(people), why=why, ids=first_ids(people, LONGEST_LIST))


def _position_lines(lost: Mapping[tuple[str, int], str], stakes: Stakes) -> Iterator[Reason]:
    by_how: dict[tuple[Day, str], list[str]] = defaultdict(list)
    for seat in stakes.seats:
        if _key(seat) in lost:
            by_how[day_of(seat), lost[_key(seat)]].append(seat.visit)
    for ((branch, day), how), visits in sorted(by_how.items()):
        own = list(dict.fromkeys(visits))
        what = {"how": reason(f"import.position_lost.{how}"), "ids": first_ids(own, LONGEST_LIST)}
        said = {"n": len(visits), "day": day, "branch": branch, **what}
        if len(own) == len(visits):
            yield reason("import.lost_positions", **said)
        else:
            yield reason("import.lost_positions_of_visits", visits=counted("visits", len(own)), **said)
