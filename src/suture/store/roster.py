"""Writes what an export says of staff's credentials and hours."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from suture.model.ids import PartyId
from suture.model.import_lines import shown_id
from suture.model.imports import AvailabilityRecord, CredentialRecord, ImportProblem
from suture.model.instants import local_date
from suture.model.people import AvailabilityKind
from suture.model.signals import RosterField
from suture.store import waking
from suture.store.known import UNCLEAR
from suture.store.references import References, Saved, Unusable, not_known, problem
from suture.store.transaction import Row, Tx
from suture.store.upsert import Target, upsert
from suture.store.waking import Span
from suture.words.reason import Reason, reason

AVAILABILITY_SOURCE = "file:availability.csv"

R = TypeVar("R", CredentialRecord, AvailabilityRecord)

_CREDENTIAL = Target(
    "credential",
    {"clinician_id": "bigint", "code": "text", "jurisdiction": "text", "number": "text"},
    {"valid_from": "date", "valid_until": "date", "status": "text"},
)
_AVAILABILITY = Target(
    "availability",
    {"clinician_id": "bigint", "starts_at": "timestamptz", "ends_at": "timestamptz", "kind": "text"},
    {"reason": "text", "source": "text", "tier": "smallint"},
)


def save_credentials(tx: Tx, refs: References, file: str, records: Sequence[CredentialRecord]) -> Saved:
    """Write credentials of known staff; one with a gap counts no longer than what is stored of it, or not at all."""
    known, problems = _of_known_staff(file, refs, records)
    old = _stored_credentials(tx, [refs.clinicians[r.staff] for r in known if r.unreadable | r.absent])
    rows = [
        {
            "clinician_id": refs.clinicians[r.staff],
            "code": r.code,
            "jurisdiction": r.jurisdiction,
            "number": r.number,
            **_counts(r, old.get((refs.clinicians[r.staff], r.code, r.jurisdiction, r.number))),
        }
        for r in known
    ]
    written = upsert(tx, _CREDENTIAL, rows)
    waking.roster_changed(tx, sorted({PartyId(key[0]) for key in written}), RosterField.CREDENTIALS)
    return Saved(len(known), len(written), problems)


def _stored_credentials(tx: Tx, staff: Sequence[PartyId]) -> Mapping[tuple[Any, ...], Row]:
    rows = tx.rows(
        """SELECT clinician_id, code, jurisdiction, number, valid_from, valid_until, status FROM credential
           WHERE tenant = app_tenant() AND clinician_id = ANY(:ids)""",
        ids=list(staff),
    )
    return {(r["clinician_id"], r["code"], r["jurisdiction"], r["number"]): r for r in rows}


def _counts(r: CredentialRecord, old: Row | None) -> dict[str, Any]:
    """From when, until when and whether a credential counts."""
    if old is not None and r.absent:
        stored = {"valid_from": old["valid_from"], "valid_until": old["valid_until"], "status": old["status"]}
        r = replace(r, **{name: value for name, value in stored.items() if name in r.absent})
    if not r.unreadable:
        return {"valid_from": r.valid_from, "valid_until": r.valid_until, "status": r.status}
    dates = {
        name: getattr(r, name) if name not in r.unreadable else old and old[name]
        for name in ("valid_from", "valid_until")
    }
    nothing_known = old is None or old["status"] == UNCLEAR
    is_unclear = "status" in r.unreadable or (nothing_known and bool(r.unreadable & dates.keys()))
    return {**dates, "status": UNCLEAR if is_unclear else r.status}


def save_availability(
    tx: Tx,
    refs: References,
    file: str,
    records: Sequence[AvailabilityRecord],
    faults: Sequence[ImportProblem],
) -> Saved:
    """Write hours and time off of known staff; what the file no longer says of their future is taken back.

    A call-out is never changed. Of a person with a faulty row what is stored stays, and the other rows only add: time
    off, and hours on days of which nothing is stored, except for those on which the faulty row may be time off. Nothing
    is taken back from anyone while a row does not say whose it is.
    """
    doubts = [r for r in records if "spans" in r.unreadable]
    known, problems = _of_known_staff(file, refs, [r for r in records if "spans" not in r.unreadable])
    unsure = {p.subject for p in faults if not p.left_out} | {r.staff for r in doubts}
    taken = _Taken(tx, refs, unsure, doubts)
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    added: dict[tuple[Any, ...], dict[str, Any]] = {}
    for r in known:
        whose = refs.clinicians[r.staff]
        for starts_at, ends_at in r.spans:
            row = {"clinician_id": whose, "starts_at": starts_at, "ends_at": ends_at, "kind": r.kind}
            facts = {"reason": r.reason, "source": AVAILABILITY_SOURCE, "tier": r.tier}
            if r.staff not in unsure:
                rows.setdefault(tuple(row.values()), {**row, **facts})
            elif r.kind is AvailabilityKind.UNAVAILABLE or not taken.holds(whose, starts_at, ends_at):
                added.setdefault(tuple(row.values()), {**row, **facts})
    wanted = _without_signals(tx, [*rows.values(), *added.values()])
    spans = [Span(*key[:3]) for key in sorted(upsert(tx, _AVAILABILITY, wanted))]
    if "" not in unsure and not problems:
        spans += _take_back(tx, rows)
    waking.hours_changed(tx, spans)
    changed = {span.clinician_id for span in spans}
    notes = [_stay(unsure & refs.clinicians.keys())] if unsure & refs.clinicians.keys() else []
    return Saved(len(known), sum(refs.clinicians[r.staff] in changed for r in known), problems, notes)


class _Taken:
    """The time of people with a faulty row that good rows leave alone: days with something stored, days in doubt."""

    def __init__(self, tx: Tx, refs: References, unsure: Collection[str], doubts: Sequence[AvailabilityRecord]) -> None:
        self._tz = refs.tz
        rows = tx.rows(
            """SELECT clinician_id, starts_at FROM availability
               WHERE tenant = app_tenant() AND source = :source AND clinician_id = ANY(:ids)""",
            source=AVAILABILITY_SOURCE,
            ids=[refs.clinicians[staff] for staff in sorted(unsure) if staff in refs.clinicians],
        )
        self._stored = {(r["clinician_id"], local_date(r["starts_at"], self._tz)) for r in rows}
        self._doubts: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
        for r in doubts:
            if r.staff in refs.clinicians:
                self._doubts[refs.clinicians[r.staff]] += r.spans

    def holds(self, clinician_id: int, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether hours may not be added there."""
        if (clinician_id, local_date(starts_at, self._tz)) in self._stored:
            return True
        return any(starts_at < end and start < ends_at for start, end in self._doubts[clinician_id])


def _stay(whose: Collection[str]) -> Reason:
    shown = sorted(filter(None, map(shown_id, whose)))
    if len(shown) < len(whose):
        return reason("import.hours_of_some_stay")
    return reason("import.hours_stay", whose=", ".join(shown))


def _without_signals(tx: Tx, rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Leave out spans that a signal has already written word for word: they stay the signal's."""
    found = tx.rows(
        """SELECT clinician_id, starts_at, ends_at, kind FROM availability
           WHERE tenant = app_tenant() AND source <> :source AND clinician_id = ANY(:ids)""",
        source=AVAILABILITY_SOURCE,
        ids=sorted({row["clinician_id"] for row in rows}),
    )
    theirs = {tuple(r.values()) for r in found}
    return [r for r in rows if (r["clinician_id"], r["starts_at"], r["ends_at"], r["kind"]) not in theirs]


def _take_back(tx: Tx, kept: Iterable[tuple[Any, ...]]) -> list[Span]:
    keys = list(kept)
    gone = tx.rows(
        """DELETE FROM availability a
           WHERE a.tenant = app_tenant() AND a.source = :source AND a.ends_at > :now AND a.clinician_id = ANY(:ids)
             AND NOT EXISTS (SELECT FROM unnest(cast(:ids AS bigint[]), cast(:starts AS timestamptz[]),
                                    cast(:ends AS timestamptz[]), cast(:kinds AS text[])) AS k(clinician, s, e, kind)
                             WHERE k.clinician = a.clinician_id AND k.s = a.starts_at AND k.e = a.ends_at
                               AND k.kind = a.kind)
           RETURNING a.clinician_id, a.starts_at, a.ends_at""",
        source=AVAILABILITY_SOURCE,
        ids=[k[0] for k in keys],
        starts=[k[1] for k in keys],
        ends=[k[2] for k in keys],
        kinds=[str(k[3]) for k in keys],
    )
    return [Span(PartyId(r["clinician_id"]), r["starts_at"], r["ends_at"]) for r in gone]


def _of_known_staff(file: str, refs: References, records: Sequence[R]) -> tuple[list[R], list[ImportProblem]]:
    problems = [
        problem(
            file,
            r,
            Unusable(
                "staff",
                "unknown_staff",
                not_known(r.staff, "staff"),
                reason("file.hint.add_staff"),
                r.staff,
            ),
        )
        for r in records
        if r.staff not in refs.clinicians
    ]
    return [r for r in records if r.staff in refs.clinicians], problems
