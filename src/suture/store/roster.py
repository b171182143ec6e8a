"""Writes what an export says of staff's credentials and hours."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from suture.model.ids import PartyId
from suture.model.imports import AvailabilityRecord, CredentialRecord, ImportProblem
from suture.model.signals import RosterField
from suture.store import waking
from suture.store.references import References, Saved, Unusable, not_known, problem
from suture.store.transaction import Tx
from suture.store.upsert import Target, upsert
from suture.store.waking import Span

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
    {"reason": "text", "source": "text"},
)


def save_credentials(tx: Tx, refs: References, file: str, records: Sequence[CredentialRecord]) -> Saved:
    """Write credentials of known staff."""
    known, problems = _of_known_staff(file, refs, records)
    rows = [
        {
            "clinician_id": refs.clinicians[r.staff],
            "code": r.code,
            "jurisdiction": r.jurisdiction,
            "number": r.number,
            "valid_from": r.valid_from,
            "valid_until": r.valid_until,
            "status": r.status,
        }
        for r in known
    ]
    written = upsert(tx, _CREDENTIAL, rows)
    waking.roster_changed(tx, sorted({PartyId(key[0]) for key in written}), RosterField.CREDENTIALS)
    return Saved(len(known), len(written), problems)


def save_availability(
    tx: Tx, refs: References, file: str, records: Sequence[AvailabilityRecord], *, is_whole: bool
) -> Saved:
    """Write hours and time off of known staff; what the file no longer says of their future is taken back.

    A call-out is never touched. From a file with a faulty row nothing is taken back: that row may be the one it needs.
    """
    known, problems = _of_known_staff(file, refs, records)
    rows: dict[tuple[Any, ...], dict[str, Any]] = {}
    for r in known:
        for starts_at, ends_at in r.spans:
            row = {"clinician_id": refs.clinicians[r.staff], "starts_at": starts_at, "ends_at": ends_at, "kind": r.kind}
            rows.setdefault(tuple(row.values()), {**row, "reason": r.reason, "source": AVAILABILITY_SOURCE})
    wanted = _without_signals(tx, list(rows.values()))
    spans = [Span(*key[:3]) for key in sorted(upsert(tx, _AVAILABILITY, wanted))]
    if is_whole and not problems:
        spans += _take_back(tx, rows)
    waking.hours_changed(tx, spans)
    changed = {span.clinician_id for span in spans}
    return Saved(len(known), sum(refs.clinicians[r.staff] in changed for r in known), problems)


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
                "employee_id", "unknown_staff", not_known(r.staff, "known staff"), "add it to the staff, or correct it"
            ),
        )
        for r in records
        if r.staff not in refs.clinicians
    ]
    return [r for r in records if r.staff in refs.clinicians], problems
