"""Whom an import would take away: by status, role, hours or credential. Pure; a part of the mass-change guard."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar

from suture.model.ids import PartyId
from suture.model.imports import (
    AvailabilityRecord,
    CredentialRecord,
    ImportBatch,
    ImportRecord,
    PatientRecord,
    StaffRecord,
)
from suture.model.people import Availability, Credential, Shift, shifts_of
from suture.model.stakes import PublishedSeat, Stakes, StoredHours
from suture.model.visit import STARTED_STATUSES
from suture.words.reason import Reason, reason

Day = tuple[str, date]
"""A published day: the branch's id, and the date."""

R = TypeVar("R", bound=ImportRecord)


@dataclass(frozen=True, slots=True)
class Gone:
    """Why a person would no longer work; `days` None: at all, else only on these."""

    why: Reason
    days: frozenset[Day] | None = None

    def on(self, day: Day) -> bool:
        return self.days is None or day in self.days


def records_of(batches: Iterable[ImportBatch], kind: type[R]) -> Iterator[R]:
    return (
        r for b in batches if b.records and isinstance(b.records[0], kind) for r in b.records if isinstance(r, kind)
    )


def day_of(seat: PublishedSeat) -> Day:
    return seat.branch, seat.day


def people_gone(batches: Sequence[ImportBatch], stakes: Stakes) -> dict[str, Gone]:
    gone: dict[str, Gone] = {}
    seats = _seats_by_person(stakes)
    for r in records_of(batches, StaffRecord):
        role = stakes.active.get(r.external_id)
        if role is None:
            continue
        if not says_active(r):
            gone[r.external_id] = Gone(_how_gone(r))
        elif r.role != role and "role" not in r.unreadable:
            days = [day_of(s) for s in seats.get(r.external_id, ()) if r.role not in s.roles]
            _add(gone, r.external_id, reason("import.person_lost.role"), days)
    for person, days in _days_without_hours(batches, stakes, seats):
        _add(gone, person, reason("import.person_lost.hours"), days)
    for person, days in _days_without_credential(batches, stakes, seats):
        _add(gone, person, reason("import.person_lost.credential"), days)
    return gone


def says_active(r: StaffRecord | PatientRecord) -> bool:
    """Whether a line says that someone is there; one that cannot be read says so of no one."""
    return r.status == "active" and "status" not in r.unreadable


def _how_gone(r: StaffRecord) -> Reason:
    if "status" in r.unreadable:
        return reason("import.person_lost.status")
    return reason("import.person_lost.on_leave" if r.status == "leave" else "import.person_lost.ended")


def _add(gone: dict[str, Gone], person: str, why: Reason, days: Collection[Day]) -> None:
    """The first reason counts, and every day."""
    if not days:
        return
    before = gone.get(person)
    if before is None:
        gone[person] = Gone(why, frozenset(days))
    elif before.days is not None:
        gone[person] = Gone(before.why, before.days | frozenset(days))


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
    for record in records_of(batches, AvailabilityRecord):
        if record.staff in seats:
            said[record.staff].append(record)
    faulty = _unsure(batches) if said else frozenset()
    stored: dict[str, list[StoredHours]] = defaultdict(list)
    for hours in stakes.hours:
        stored[hours.clinician].append(hours)
    for person, records in said.items():
        now = [Availability(_ANY, h.starts_at, h.ends_at, h.kind) for h in stored[person]]
        # one faulty line of a person: what is stored of them stays, and the good ones only add
        stays = person in faulty or "" in faulty
        kept = [a for a, h in zip(now, stored[person], strict=True) if stays or not h.from_file]
        said_well = [r for r in records if "spans" not in r.unreadable]
        then = [*kept, *(Availability(_ANY, start, end, r.kind) for r in said_well for start, end in r.spans)]
        before, after = shifts_of(tuple(now)), shifts_of(tuple(then))
        yield (
            person,
            [
                day_of(s)
                for s in seats[person]
                if s.starts_at and s.ends_at and _covers(before, s.starts_at, s.ends_at)
                if not _covers(after, s.starts_at, s.ends_at)
            ],
        )


def _unsure(batches: Iterable[ImportBatch]) -> frozenset[str]:
    """Whose hours a file leaves as they are; '' where a line does not say whose it is: nothing is taken back then."""
    own = [b for b in batches if b.records and isinstance(b.records[0], AvailabilityRecord)]
    faults = {p.subject for b in own for p in b.problems if not p.left_out}
    return frozenset(faults.union(r.staff for r in records_of(own, AvailabilityRecord) if "spans" in r.unreadable))


_ANY = PartyId(0)
"""One person's hours are looked at at a time: whose they are does not matter then."""


def _covers(shifts: Iterable[Shift], starts_at: datetime, ends_at: datetime) -> bool:
    return any(s.starts_at <= starts_at and ends_at <= s.ends_at for s in shifts)


def _days_without_credential(
    batches: Sequence[ImportBatch], stakes: Stakes, seats: Mapping[str, Sequence[PublishedSeat]]
) -> Iterator[tuple[str, list[Day]]]:
    """Whose license, or a skill that a seat asks for, holds on a day now and would no longer."""
    now: dict[tuple[str, str, str, str], Credential] = {
        (c.clinician, c.credential.code, c.jurisdiction, c.number): c.credential for c in stakes.credentials
    }
    then = dict(now)
    named = set()
    for r in records_of(batches, CredentialRecord):
        if r.staff in seats:
            named.add(r.staff)
            key = (r.staff, r.code, r.jurisdiction, r.number)
            then[key] = _as_stored(r, now.get(key))
    before, after = (_by_person(all_of, named) for all_of in (now, then))
    for person in sorted(named):
        yield (
            person,
            [
                day_of(s)
                for s in seats[person]
                for code in {stakes.active.get(person, ""), *s.required_skills}
                if _holds(before[person], code, s.day) and not _holds(after[person], code, s.day)
            ],
        )


def _as_stored(r: CredentialRecord, old: Credential | None) -> Credential:
    """What a line makes of a credential: a date that cannot be read stays, a status that cannot be counts for none."""
    return Credential(
        r.code,
        old.valid_from if old and "valid_from" in r.unreadable | r.absent else r.valid_from,
        old.valid_until if old and "valid_until" in r.unreadable | r.absent else r.valid_until,
        "unclear" if "status" in r.unreadable else old.status if old and "status" in r.absent else r.status,
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
