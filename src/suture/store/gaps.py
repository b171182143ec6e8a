"""Visits of which a file leaves something open: what is stored stays, and where nothing is, no clinician is sent."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any

from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.events import NewEvent
from suture.model.ids import BranchId, VisitId
from suture.model.imports import LIMITS, ImportProblem, VisitRecord
from suture.model.visit import CLOSED_STATUSES, VisitStatus, gap_sentences
from suture.store import waking
from suture.store.cases import keep_to
from suture.store.references import References, Unusable, not_known, problem
from suture.store.transaction import Row, Tx
from suture.words.reason import Reason, reason

UNCLEAR_RISK = 5

_COLUMNS_OF: Mapping[str, tuple[str, ...]] = {
    "status": ("status", "held", "cancel_reason", "cancelled_at", "started_at", "ended_at", "done_by"),
    "earliest_start": ("earliest_start", "latest_start", "latest_end", "started_at", "ended_at"),
    "latest_end": ("earliest_start", "latest_start", "latest_end", "started_at", "ended_at"),
    "duration_minutes": ("duration_min",),
    "positions": ("positions",),
    "required_skills": ("required_skills",),
    "priority": ("priority",),
    "site": ("place_id",),
    "done_by": ("done_by",),
}
"""Which part of a stored visit a field of its record fills."""


_Misfit = tuple[tuple[str, ...], Unusable]
"""Fields that mean nothing, and why."""


def readable(refs: References, file: str, r: VisitRecord) -> tuple[VisitRecord, list[ImportProblem]]:
    """The record without what turns out not to fit what is known, and a line for each such cell."""
    found = [*_unknown_staff(refs, r), *_no_patient(r), *_too_short(refs, r)]
    if not found:
        return r, []
    gaps = r.unreadable.union(*(fields for fields, _ in found))
    done_by = None if "done_by" in gaps else r.done_by
    return replace(r, unreadable=gaps, done_by=done_by), [problem(file, r, error, left_out=True) for _, error in found]


def _unknown_staff(refs: References, r: VisitRecord) -> list[_Misfit]:
    named = {"preferred_staff": r.preferred_staff, "barred_staff": r.barred_staff, "done_by": (r.done_by,)}
    found: list[_Misfit] = []
    for column, names in named.items():
        unknown = next((name for name in names if name is not None and name not in refs.clinicians), None)
        if unknown is not None:
            hint = reason("file.hint.add_staff")
            error = Unusable(column, "unknown_staff", not_known(unknown, "staff"), hint)
            found.append(((column,), error))
    return found


def _no_patient(r: VisitRecord) -> list[_Misfit]:
    named = {"preferred_staff": r.preferred_staff, "barred_staff": r.barred_staff}
    return [((column,), _needs_patient(column)) for column, names in named.items() if names and r.patient is None]


def _needs_patient(column: str) -> Unusable:
    return Unusable(column, "conflict", reason("file.needs_a_patient"), reason("file.hint.empty_for_shift"))


def _too_short(refs: References, r: VisitRecord) -> list[_Misfit]:
    service = refs.services.get(r.service)
    if service is None or r.unreadable & {"earliest_start", "latest_end", "duration_minutes"}:
        return []
    room = r.latest_end - r.earliest_start
    if room >= timedelta(minutes=r.duration_minutes or service.duration_minutes):
        return []
    minutes = int(room.total_seconds() // 60)
    what = reason("file.short_window_for_service", minutes=minutes, service=service.duration_minutes)
    error = Unusable("latest_end", "window", what, reason("file.hint.widen"))
    return [(("earliest_start", "latest_end"), error)]


def kept_row(row: dict[str, Any], r: VisitRecord, old: Row | None) -> dict[str, Any]:
    """The row with what is stored in place of what could not be read, and what is unknown named in `unclear`."""
    gaps = r.unreadable & LIMITS[VisitRecord]
    if old is None:
        return {**row, "unclear": sorted(gaps), **_unknown_times(gaps)}
    kept = {column: old[column] for name in gaps | r.absent for column in _COLUMNS_OF.get(name, ())}
    row = {**row, **kept, "unclear": sorted((gaps | r.absent).intersection(old["unclear"]))}
    if gaps & {"earliest_start", "latest_end", "duration_minutes"}:
        row |= _fitting(row)
    return row


def _unknown_times(gaps: frozenset[str]) -> dict[str, Any]:
    """It is unknown when a visit began whose window cannot be read, and how old a line is that does not say."""
    began = {"started_at": None, "ended_at": None} if "earliest_start" in gaps else {}
    return {**began, "source_updated_at": None} if "updated_at" in gaps else began


def _fitting(row: Mapping[str, Any]) -> dict[str, Any]:
    """The window around a stored length, or the length in a stored window."""
    duration = timedelta(minutes=row["duration_min"])
    latest_end = max(row["latest_end"], row["earliest_start"] + duration)
    return {"latest_end": latest_end, "latest_start": latest_end - duration}


@dataclass(slots=True)
class UnclearVisits:
    """The visits of a file that need a case, and all visits in it."""

    seen: list[str] = field(default_factory=list)
    wanted: dict[str, tuple[date, tuple[Reason, ...]]] = field(default_factory=dict)

    def note(self, file: str, r: VisitRecord, row: Mapping[str, Any], old: Row | None) -> None:
        """Remember a visit; a case for what is not known, and for a status that cannot be read, whatever is stored."""
        self.seen.append(r.external_id)
        gaps = {*row["unclear"], *({"status"} & r.unreadable)}
        status = VisitStatus(row["status"])
        if gaps and status not in CLOSED_STATUSES:
            stays = (reason("import.visit_stays"),) if old is not None and not row["unclear"] else ()
            where = reason("import.see_line", file=file, line=r.line)
            self.wanted[r.external_id] = (row["service_date"], (*gap_sentences(sorted(gaps)), where, *stays))

    def keep_cases(self, tx: Tx, branch_id: BranchId) -> list[NewEvent]:
        """One case for each visit that needs one, and none for the others of the file.

        On a planned day the case of the uncovered visit says what is not known: it is asked once.
        """
        rows = tx.rows(
            """SELECT v.id, v.external_id, v.unclear <> '{}' AND EXISTS (
                        SELECT FROM exception_case c WHERE c.tenant = v.tenant AND c.subject_kind = 'visit'
                          AND c.subject_id = v.id AND c.kind IN ('uncovered_visit', 'uncovered_shift')
                          AND c.state <> 'closed') AS is_told
               FROM visit v
               WHERE v.tenant = app_tenant() AND v.branch_id = :branch AND (v.external_id = ANY(:wanted)
                  OR v.external_id = ANY(:seen) AND EXISTS (
                       SELECT FROM exception_case c WHERE c.tenant = v.tenant AND c.kind = 'visit_unclear'
                         AND c.subject_kind = 'visit' AND c.subject_id = v.id AND c.state <> 'closed'))
               ORDER BY v.id""",
            branch=branch_id,
            wanted=list(self.wanted),
            seen=self.seen,
        )
        cases = []
        for r in rows:
            if r["external_id"] in self.wanted and not r["is_told"]:
                day, reasons = self.wanted[r["external_id"]]
                subject = CaseSubject("visit", r["id"])
                cases.append((day, CaseToOpen(CaseKind.VISIT_UNCLEAR, subject, UNCLEAR_RISK, reasons)))
        among = {CaseSubject("visit", r["id"]) for r in rows}
        return keep_to(tx, branch_id, CaseKind.VISIT_UNCLEAR, cases, reason("import.readable_again"), among)


def wake(tx: Tx, *, visits: Sequence[int] = (), places: Sequence[int] = ()) -> tuple[VisitId, ...]:
    """Have the planned days looked at again of open visits that have no clinician: enough may be known of them now."""
    rows = tx.rows(
        """SELECT v.id FROM visit v
           WHERE v.tenant = app_tenant() AND (v.id = ANY(:visits) OR v.place_id = ANY(:places))
             AND v.status NOT IN ('completed', 'cancelled', 'no_show', 'missed')
             AND NOT EXISTS (SELECT FROM assignment a WHERE a.tenant = v.tenant AND a.visit_id = v.id
                               AND a.to_version IS NULL)
             AND EXISTS (SELECT FROM plan_head h WHERE h.tenant = v.tenant AND h.branch_id = v.branch_id
                           AND h.service_date = v.service_date)
           ORDER BY v.id""",
        visits=list(visits),
        places=list(places),
    )
    found = tuple(VisitId(r["id"]) for r in rows)
    waking.visits_changed(tx, found)
    return found
