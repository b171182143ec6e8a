"""Looks at a whole import before anything of it is applied: would it take away more than one file should?

Pure: what the files say, and what there is to lose. A person who goes is counted once, with whatever follows from it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeVar

from suture.model.ids import PartyId
from suture.model.imports import (
    AvailabilityRecord,
    CredentialRecord,
    ImportBatch,
    ImportRecord,
    PatientRecord,
    StaffRecord,
    VisitRecord,
    ids_of_faulty_rows,
)
from suture.model.people import Availability, Credential, Shift, shifts_of
from suture.model.stakes import PublishedSeat, Stakes, StoredHours
from suture.model.visit import CLOSED_STATUSES, STARTED_STATUSES

FEWEST_PEOPLE = 3
"""Two may well leave or fall ill in one file, even where only four work."""

MOST_PEOPLE = 10
"""More than ten at once is a slip of a file, however large the agency is."""

FEWEST_POSITIONS = 5
"""Up to four visits called off in one file are an ordinary day."""

LARGEST_SHARE = 0.2
"""A fifth of a published day is what a coordinator can still mend by hand."""

LONGEST_LIST = 20
"""How many ids a line of the diff names."""

Day = tuple[str, date]
"""A published day: the branch's id, and the date."""

R = TypeVar("R", bound=ImportRecord)


@dataclass(frozen=True, slots=True)
class MassChange:
    """What would be lost. `why` goes on after "it would take away"; `diff` gives counts and ids, no names."""

    why: str
    diff: tuple[str, ...]
    branch: str | None
    first_start: datetime | None


@dataclass(frozen=True, slots=True)
class _Gone:
    """Why a person would no longer work; `days` None: at all, else only on these."""

    why: str
    days: frozenset[Day] | None = None

    def on(self, day: Day) -> bool:
        return self.days is None or day in self.days


def find_mass_change(batches: Sequence[ImportBatch], stakes: Stakes) -> MassChange | None:
    """What the import would take away if that is too much for one import, else None."""
    gone = _people_gone(batches, stakes)
    lost = _seats_lost(batches, stakes)
    why = [*_too_many_people(gone, stakes), *_too_many_positions(lost, stakes)]
    if not why:
        return None
    hit = [s for s in stakes.seats if _key(s) in lost or (s.clinician in gone and gone[s.clinician].on(_day(s)))]
    return MassChange(
        "; ".join(why),
        (*_people_lines(gone), *_position_lines(lost, stakes)),
        hit[0].branch if hit else None,
        min((s.starts_at for s in hit if s.starts_at), default=None),
    )


def _of(batches: Iterable[ImportBatch], kind: type[R]) -> Iterator[R]:
    return (
        r for b in batches if b.records and isinstance(b.records[0], kind) for r in b.records if isinstance(r, kind)
    )


def _day(seat: PublishedSeat) -> Day:
    return seat.branch, seat.day


def _key(seat: PublishedSeat) -> tuple[str, int]:
    return seat.visit, seat.position


# people


def _people_gone(batches: Sequence[ImportBatch], stakes: Stakes) -> dict[str, _Gone]:
    gone: dict[str, _Gone] = {}
    seats = _seats_by_person(stakes)
    for r in _of(batches, StaffRecord):
        role = stakes.active.get(r.external_id)
        if role is None:
            continue
        if r.status != "active":
            gone[r.external_id] = _Gone(_STATUS_WORDS.get(r.status, "status cannot be read"))
        elif r.role != role:
            days = [_day(s) for s in seats.get(r.external_id, ()) if r.role not in s.roles]
            _add(gone, r.external_id, "role no longer fits", days)
    for person, days in _days_without_hours(batches, stakes, seats):
        _add(gone, person, "no longer available", days)
    for person, days in _days_without_credential(batches, stakes, seats):
        _add(gone, person, "credential no longer valid", days)
    return gone


_STATUS_WORDS = {"terminated": "ended", "leave": "on leave"}


def _add(gone: dict[str, _Gone], person: str, why: str, days: Collection[Day]) -> None:
    """The first reason counts, and every day."""
    if not days:
        return
    before = gone.get(person)
    if before is None:
        gone[person] = _Gone(why, frozenset(days))
    elif before.days is not None:
        gone[person] = _Gone(before.why, before.days | frozenset(days))


def _seats_by_person(stakes: Stakes) -> Mapping[str, Sequence[PublishedSeat]]:
    seats: dict[str, list[PublishedSeat]] = defaultdict(list)
    for seat in stakes.seats:
        if seat.clinician is not None and seat.status not in STARTED_STATUSES:
            seats[seat.clinician].append(seat)
    return seats


def _days_without_hours(
    batches: Sequence[ImportBatch], stakes: Stakes, seats: Mapping[str, Sequence[PublishedSeat]]
) -> Iterator[tuple[str, list[Day]]]:
    """Who is named in availability, has the time of a seat now, and would have it no more."""
    said: dict[str, list[AvailabilityRecord]] = defaultdict(list)
    for record in _of(batches, AvailabilityRecord):
        if record.staff in seats:
            said[record.staff].append(record)
    faulty = {id_ for b in batches for id_ in ids_of_faulty_rows(b)} if said else set()
    stored: dict[str, list[StoredHours]] = defaultdict(list)
    for hours in stakes.hours:
        stored[hours.clinician].append(hours)
    for person, records in said.items():
        now = [Availability(_ANY, h.starts_at, h.ends_at, h.kind) for h in stored[person]]
        kept = [
            a for a, h in zip(now, stored[person], strict=True) if person in faulty or not h.from_file
        ]  # one faulty line of a person: what is stored of them stays
        then = [*kept, *(Availability(_ANY, start, end, r.kind) for r in records for start, end in r.spans)]
        before, after = shifts_of(tuple(now)), shifts_of(tuple(then))
        yield (
            person,
            [
                _day(s)
                for s in seats[person]
                if s.starts_at and s.ends_at and _covers(before, s.starts_at, s.ends_at)
                if not _covers(after, s.starts_at, s.ends_at)
            ],
        )


_ANY = PartyId(0)
"""One person's hours are looked at at a time: whose they are does not matter then."""


def _covers(shifts: Iterable[Shift], starts_at: datetime, ends_at: datetime) -> bool:
    return any(s.starts_at <= starts_at and ends_at <= s.ends_at for s in shifts)


def _days_without_credential(
    batches: Sequence[ImportBatch], stakes: Stakes, seats: Mapping[str, Sequence[PublishedSeat]]
) -> Iterator[tuple[str, list[Day]]]:
    """Whose licence, or a skill that a seat asks for, holds on a day now and would no more."""
    now: dict[tuple[str, str, str, str], Credential] = {
        (c.clinician, c.credential.code, c.jurisdiction, c.number): c.credential for c in stakes.credentials
    }
    then = dict(now)
    named = set()
    for r in _of(batches, CredentialRecord):
        if r.staff in seats:
            named.add(r.staff)
            then[r.staff, r.code, r.jurisdiction, r.number] = Credential(r.code, r.valid_from, r.valid_until, r.status)
    before, after = (_by_person(all_of, named) for all_of in (now, then))
    for person in sorted(named):
        yield (
            person,
            [
                _day(s)
                for s in seats[person]
                for code in {stakes.active.get(person, ""), *s.required_skills}
                if _holds(before[person], code, s.day) and not _holds(after[person], code, s.day)
            ],
        )


def _by_person(
    credentials: Mapping[tuple[str, str, str, str], Credential], people: Collection[str]
) -> Mapping[str, list[Credential]]:
    found: dict[str, list[Credential]] = defaultdict(list)
    for (person, *_), credential in credentials.items():
        if person in people:
            found[person].append(credential)
    return found


def _holds(credentials: Iterable[Credential], code: str, day: date) -> bool:
    return any(c.code == code and c.holds_on(day) for c in credentials)


def _too_many_people(gone: Mapping[str, _Gone], stakes: Stakes) -> Iterator[str]:
    if len(gone) < FEWEST_PEOPLE:
        return
    workers: dict[Day, set[str]] = defaultdict(set)
    for seat in stakes.seats:
        if seat.clinician is not None:
            workers[_day(seat)].add(seat.clinician)
    for day, people in sorted(workers.items()):
        missing = sum(p in gone and gone[p].on(day) for p in people)
        if missing > LARGEST_SHARE * len(people):
            yield f"{len(gone)} people, {missing} of the {len(people)} who work on {day[1]} in {day[0]}"
            return
    if len(gone) > MOST_PEOPLE:
        yield f"{len(gone)} people"


# positions


def _seats_lost(batches: Sequence[ImportBatch], stakes: Stakes) -> dict[tuple[str, int], str]:
    """Which seats the lines about visits and patients would take away, and how."""
    open_seats = [s for s in stakes.seats if s.status not in STARTED_STATUSES]
    visits, patients = {s.visit for s in open_seats}, {s.patient for s in open_seats if s.patient_is_active}
    said = {r.external_id: r for r in _of(batches, VisitRecord) if r.external_id in visits}
    left = {r.external_id for r in _of(batches, PatientRecord) if r.external_id in patients and r.status != "active"}
    lost: dict[tuple[str, int], str] = {}
    for seat in open_seats:
        record = said.get(seat.visit)
        if seat.patient in left:
            lost[_key(seat)] = "patient no longer active"
        elif record is not None and (why := _why_lost(record, seat)):
            lost[_key(seat)] = why
    return lost


def _why_lost(record: VisitRecord, seat: PublishedSeat) -> str | None:
    if seat.updated_at is not None and record.updated_at < seat.updated_at:
        return None  # an older line is not applied
    return next((why for why, is_so in _LOSSES.items() if is_so(record, seat)), None)


def _is_moved(r: VisitRecord, seat: PublishedSeat) -> bool:
    if r.service_date != seat.day:
        return True
    if seat.starts_at is None or seat.ends_at is None:
        return False
    needs = timedelta(minutes=r.duration_minutes or 0)
    return r.earliest_start > seat.starts_at or r.latest_end < seat.ends_at or needs > seat.ends_at - seat.starts_at


def _is_released(r: VisitRecord, seat: PublishedSeat) -> bool:
    if seat.clinician is None:
        return False
    return seat.clinician in r.barred_staff or not set(r.required_skills) <= set(seat.required_skills)


_LOSSES: Mapping[str, Callable[[VisitRecord, PublishedSeat], bool]] = {
    "cancelled": lambda r, seat: r.status in CLOSED_STATUSES or seat.position > r.positions,
    "on hold": lambda r, seat: r.held and not seat.held,
    "for another patient": lambda r, seat: r.patient != seat.patient,
    "moved": _is_moved,
    "not for the clinician who has it": _is_released,
}


def _too_many_positions(lost: Mapping[tuple[str, int], str], stakes: Stakes) -> Iterator[str]:
    of_day: dict[Day, list[PublishedSeat]] = defaultdict(list)
    for seat in stakes.seats:
        of_day[_day(seat)].append(seat)
    for day, seats in sorted(of_day.items()):
        missing = sum(_key(s) in lost for s in seats)
        if missing >= FEWEST_POSITIONS and missing > LARGEST_SHARE * len(seats):
            yield f"{missing} of the {len(seats)} positions of {day[1]} in {day[0]}"
            return


# in words


def _people_lines(gone: Mapping[str, _Gone]) -> Iterator[str]:
    by_why: dict[str, list[str]] = defaultdict(list)
    for person, how in sorted(gone.items()):
        by_why[how.why].append(person)
    for why, people in by_why.items():
        yield f"{_count(len(people), 'person', 'people')}, {why}: {_list(people)}"


def _position_lines(lost: Mapping[tuple[str, int], str], stakes: Stakes) -> Iterator[str]:
    by_how: dict[tuple[Day, str], list[str]] = defaultdict(list)
    for seat in stakes.seats:
        if _key(seat) in lost:
            by_how[_day(seat), lost[_key(seat)]].append(seat.visit)
    for ((branch, day), how), visits in sorted(by_how.items()):
        yield f"{day} in {branch}: {_count(len(visits), 'position', 'positions')}, {how}: {_list(visits)}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _list(ids: Sequence[str]) -> str:
    own = list(dict.fromkeys(ids))
    more = f" and {len(own) - LONGEST_LIST} more" if len(own) > LONGEST_LIST else ""
    return ", ".join(own[:LONGEST_LIST]) + more
