"""Writes what an export says of visits; what it changes on a planned day is decided by the live loop, and told.

Once a visit has started or is closed here, a file changes nothing of it.

Order is by `updated_at`: an older row than the one stored is not applied, an equal one may only repeat it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from suture.model.ids import PartyId
from suture.model.imports import ImportProblem, VisitRecord
from suture.model.visit import CLOSED_STATUSES, STARTED_STATUSES, VisitKind, VisitStatus
from suture.store import replanning, waking
from suture.store.gaps import UnclearVisits, kept_row, readable, wake
from suture.store.references import KnownService, References, Saved, Unusable, not_known, problem
from suture.store.replanning import Change
from suture.store.transaction import Row, Tx
from suture.store.upsert import Target, upsert
from suture.words.reason import reason

_TOLD = ("service_date", "place_id", "earliest_start", "latest_start", "latest_end")
"""What a patient is told, or will be: a change moves `visit_rev`."""
_ASKED = ("service_code", "patient_id", "duration_min", "documentation_min", "positions", "required_skills", "priority")
_STATE = ("status", "held", "cancel_reason", "cancelled_at", "done_by", "started_at", "ended_at")
_WAITING = (VisitStatus.REQUESTED, VisitStatus.SCHEDULED, VisitStatus.CONFIRMED)

_COLUMNS = {
    "external_id": "text",
    "branch_id": "bigint",
    "service_date": "date",
    "place_id": "bigint",
    "earliest_start": "timestamptz",
    "latest_start": "timestamptz",
    "latest_end": "timestamptz",
    "service_code": "text",
    "patient_id": "bigint",
    "duration_min": "int",
    "documentation_min": "int",
    "positions": "smallint",
    "required_skills": "text[]",
    "priority": "smallint",
    "status": "text",
    "held": "boolean",
    "cancel_reason": "text",
    "cancelled_at": "timestamptz",
    "done_by": "bigint",
    "started_at": "timestamptz",
    "ended_at": "timestamptz",
    "source_updated_at": "timestamptz",
    "unclear": "text[]",
}
_NEW = Target(
    "visit",
    {"external_id": "text"},
    once={k: t for k, t in _COLUMNS.items() if k != "external_id"} | {"held_at": "timestamptz"},
)
_PAIR = Target("pair_rule", {"patient_id": "bigint", "clinician_id": "bigint", "kind": "text"})


def save_visits(tx: Tx, refs: References, file: str, records: Sequence[VisitRecord]) -> Saved:
    """Write visits, the pairs they prefer or bar, and what follows for days already planned."""
    stored = _stored(tx, [r.external_id for r in records])
    news, unclear = _News(), UnclearVisits()
    accepted: list[VisitRecord] = []
    problems: list[ImportProblem] = []
    older = 0
    for given in records:
        old = stored.get(given.external_id)
        record, faults = readable(refs, file, given)
        problems += faults
        try:
            row = kept_row(_row(refs, record), record, old)
            if old is not None and "updated_at" not in record.unreadable and _is_older(old, record):
                older += 1
                continue
            unclear.note(file, record, row, old)
            if old is not None and "updated_at" in record.unreadable:
                continue  # which of the two is newer is unknown
            _sort(news, old, row, record)
        except Unusable as error:
            problems.append(problem(file, record, error))
            continue
        accepted.append(record)
    upsert(tx, _NEW, [row | {"held_at": tx.now if row["held"] else None} for row in news.new])
    _update(tx, news.changed)
    _save_pairs(tx, refs, accepted)
    happened = unclear.keep_cases(tx, refs.branch_id)
    replanning.follow(tx, refs.branch_id, news.new, news.changed, news.cancelled)
    wake(tx, visits=[old["id"] for old, row in news.changed if old["unclear"] and not row["unclear"]])
    changed = len(news.new) + len(news.changed) + len(news.cancelled)
    return Saved(len(accepted), changed, problems, happened=happened, older=older)


@dataclass(slots=True)
class _News:
    """What rows say that is not stored yet. `cancelled`: visits of a published day, which people know of."""

    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    cancelled: list[Change] = field(default_factory=list)


def _sort(news: _News, old: Row | None, row: dict[str, Any], record: VisitRecord) -> None:
    """Put a row where it belongs. Raises Unusable where it says what must not be written."""
    if old is None:
        news.new.append(row)
    elif not _differs(old, row, record):
        return
    elif old["stage"] == "published" and row["status"] == VisitStatus.CANCELLED and old["status"] in _WAITING:
        news.cancelled.append((old, row))
    else:
        news.changed.append((old, row))


def _stored(tx: Tx, external_ids: Sequence[str]) -> dict[str, Row]:
    """Visits as they stand. `stage`: of the plan of their day, none of a day that is past or not planned yet."""
    rows = tx.rows(
        """SELECT v.*, EXISTS (SELECT FROM assignment a WHERE a.tenant = v.tenant AND a.visit_id = v.id
                                 AND a.to_version IS NULL) AS is_planned,
                  CASE WHEN v.service_date >= cast(cast(:now AS timestamptz) AT TIME ZONE b.tz AS date)
                       THEN (SELECT max(h.stage) FROM plan_head h WHERE h.tenant = v.tenant
                               AND h.branch_id = v.branch_id AND h.service_date = v.service_date) END AS stage
           FROM visit v JOIN branch b ON b.tenant = v.tenant AND b.id = v.branch_id
           WHERE v.tenant = app_tenant() AND v.external_id = ANY(:ids) ORDER BY v.id FOR UPDATE OF v""",
        ids=list(external_ids),
    )
    return {r["external_id"]: r for r in rows}


def _row(refs: References, r: VisitRecord) -> dict[str, Any]:
    """The visit's columns. Raises Unusable where it refers to nothing known."""
    service = refs.services.get(r.service)
    if service is None:
        hint = reason("file.hint.add_service")
        raise Unusable("service", "unknown_service", not_known(r.service, "service"), hint, r.service)
    patient_id, place_id = _where(refs, r, service)
    duration = timedelta(minutes=r.duration_minutes or service.duration_minutes)
    latest_end = max(r.latest_end, r.earliest_start + duration)  # shorter only where it is unreadable
    done, begun = r.status is VisitStatus.COMPLETED, r.status in STARTED_STATUSES
    return {
        "external_id": r.external_id,
        "branch_id": refs.branch_id,
        "service_date": r.service_date,
        "place_id": place_id,
        "earliest_start": r.earliest_start,
        "latest_start": latest_end - duration,
        "latest_end": latest_end,
        "service_code": r.service,
        "patient_id": patient_id,
        "duration_min": int(duration.total_seconds() // 60),
        "documentation_min": service.documentation_minutes,
        "positions": r.positions,
        "required_skills": list(r.required_skills),
        "priority": int(r.priority),
        "status": r.status,
        "held": r.held,
        "cancel_reason": r.cancel_reason,
        "cancelled_at": r.updated_at if r.status is VisitStatus.CANCELLED else None,
        "done_by": refs.clinicians[r.done_by] if r.done_by is not None else None,
        "started_at": r.earliest_start if done or begun else None,
        "ended_at": r.earliest_start + duration if done else None,
        "source_updated_at": r.updated_at,
        "unclear": [],
    }


def _where(refs: References, r: VisitRecord, service: KnownService) -> tuple[int | None, int]:
    """Whose visit it is, and the place: at home, or at the site."""
    patient = refs.patients.get(r.patient) if r.patient is not None else None
    if r.patient is not None and patient is None:
        what, hint = not_known(r.patient, "patient"), reason("file.hint.add_patient")
        raise Unusable("patient", "unknown_patient", what, hint, r.patient)
    if patient is None and service.kind is not VisitKind.OPEN_SHIFT:
        raise Unusable("patient", "missing", reason("file.empty_cell"), reason("file.hint.whose_visit"))
    if patient is not None and not patient.is_active and r.status not in CLOSED_STATUSES:
        what, hint = not_known(r.patient or "", "active_patient"), reason("file.hint.cancel_or_correct")
        raise Unusable("patient", "inactive_patient", what, hint, r.patient or "")
    if r.site is not None and r.site not in refs.sites:
        hint = reason("file.hint.add_site")
        raise Unusable("site", "unknown_site", not_known(r.site, "site"), hint, r.site)
    patient_id = patient.id if patient is not None else None
    if patient is not None and service.kind is VisitKind.HOME_VISIT:
        return patient_id, patient.place_id
    if r.site is None and "site" in r.unreadable:
        return patient_id, patient.place_id if patient is not None else refs.branch_place_id
    if r.site is None:
        is_shift = service.kind is VisitKind.OPEN_SHIFT
        hint = reason("file.hint.site_of_shift" if is_shift else "file.hint.site_of_appointment")
        raise Unusable("site", "missing", reason("file.empty_cell"), hint)
    return patient_id, refs.sites[r.site]


def _is_older(old: Row, record: VisitRecord) -> bool:
    """Whether the row was overtaken; what intake added by a signal is older than any file."""
    return old["source_updated_at"] is not None and record.updated_at < old["source_updated_at"]


def _differs(old: Row, row: dict[str, Any], record: VisitRecord) -> bool:
    """Whether to write the row over the stored one. Raises Unusable where it says what must not be written."""
    is_newer = record.updated_at != old["source_updated_at"]
    if (
        old["status"] in STARTED_STATUSES
        or old["status"] in CLOSED_STATUSES
        or (old["is_planned"] and not old["stage"])
    ):
        return _corrects_history(old, row, record) if _is_history(old, row) else _repeats(old, row, record, is_newer)
    if old["stage"]:
        return _changes_plan(old, row, record, is_newer)
    if old["status"] in _WAITING and row["status"] in _WAITING and not is_newer:
        row["status"] = max(old["status"], row["status"], key=_WAITING.index)
    return any(old[c] != row[c] for c in (*_TOLD, *_ASKED, *_STATE, "unclear"))


def _changes_plan(old: Row, row: dict[str, Any], record: VisitRecord, is_newer: bool) -> bool:
    """Whether the row says something new of a visit of a planned day. Raises Unusable where it says how it went.

    How far the visit has come is known here: a file may only cancel it, or put it on hold.
    """
    _keep_service(old, row, record)
    if row["status"] == VisitStatus.CANCELLED:
        return is_newer
    if row["status"] not in _WAITING and is_newer:
        hint = reason("file.hint.report_it")
        raise Unusable("status", "already_planned", reason("file.already.planned"), hint)
    moves = old["service_date"] != row["service_date"]
    row |= {c: old[c] for c in _STATE if c not in ("status", "held")}
    row["status"] = VisitStatus.REQUESTED if moves else old["status"]
    row["held"] = row["held"] if is_newer else old["held"]
    return any(old[c] != row[c] for c in (*_TOLD, *_ASKED, "held", "unclear"))


def _is_history(old: Row, row: Mapping[str, Any]) -> bool:
    """Over, never planned here, and the file agrees that it is over: only files know of it."""
    return not old["is_planned"] and old["status"] in CLOSED_STATUSES and old["status"] == row["status"]


def _corrects_history(old: Row, row: dict[str, Any], record: VisitRecord) -> bool:
    _keep_service(old, row, record)
    return any(old[c] != row[c] for c in _TOLD + _ASKED + _STATE if c not in ("cancelled_at", "cancel_reason"))


def _repeats(old: Row, row: dict[str, Any], record: VisitRecord, is_newer: bool) -> bool:
    """False where the row says nothing new of a visit that is started, closed or past here. Raises Unusable."""
    is_closed = old["status"] in CLOSED_STATUSES
    if is_closed and old["status"] == row["status"]:
        return False  # what happened here is recorded here
    _keep_service(old, row, record)
    facts = any(old[c] != row[c] for c in _TOLD + _ASKED)
    closes = row["status"] in CLOSED_STATUSES
    begins = row["status"] in STARTED_STATUSES and old["status"] not in STARTED_STATUSES
    if not facts and not (is_newer and (closes or begins or is_closed or old["held"] != row["held"])):
        return False
    word = old["status"] if is_closed or old["status"] in STARTED_STATUSES else "planned"
    what, hint = reason(f"file.already.{word}"), reason("file.hint.recorded_stays")
    raise Unusable("external_id" if facts else "status", "already_" + word.partition("_")[0], what, hint)


def _keep_service(old: Row, row: dict[str, Any], record: VisitRecord) -> None:
    """A service that got another length does not reach back to visits already planned or done."""
    if row["service_code"] != old["service_code"]:
        return
    row["documentation_min"] = old["documentation_min"]
    if record.duration_minutes is None:
        row["duration_min"] = old["duration_min"]
        row["latest_start"] = row["latest_end"] - timedelta(minutes=old["duration_min"])
        row["ended_at"] = (
            row["started_at"] and row["ended_at"] and row["started_at"] + timedelta(minutes=old["duration_min"])
        )


def _update(tx: Tx, changes: Sequence[Change]) -> None:
    setting = ", ".join(f"{c} = :{c}" for c in _COLUMNS if c not in ("external_id", "branch_id"))
    tx.run_many(
        f"""UPDATE visit SET {setting}, rev = rev + 1, visit_rev = visit_rev + :told,
                  held_at = CASE WHEN NOT :held THEN NULL WHEN held THEN held_at ELSE :now END
            WHERE tenant = app_tenant() AND id = :id""",  # noqa: S608 - names from our own table
        [{**row, "id": old["id"], "told": int(_tells(old, row))} for old, row in changes],
    )


def _tells(old: Row, row: Mapping[str, Any]) -> bool:
    """Whether what is to be told is another. Of a visit in a plan the decision says so, unless it leaves its day."""
    if old["is_planned"] and old["service_date"] == row["service_date"]:
        return False
    is_cancelled = (old["status"] == VisitStatus.CANCELLED) != (row["status"] == VisitStatus.CANCELLED)
    return is_cancelled or any(old[c] != row[c] for c in _TOLD)


def _save_pairs(tx: Tx, refs: References, records: Sequence[VisitRecord]) -> None:
    """Standing wishes, only ever added: a bar must not be lifted by a visit that forgets it."""
    pairs = dict.fromkeys(
        (refs.patients[r.patient].id, refs.clinicians[name], kind)
        for r in records
        if r.patient is not None
        for kind, names in (("preferred", r.preferred_staff), ("barred", r.barred_staff))
        if f"{kind}_staff" not in r.unreadable
        for name in names
    )
    written = upsert(tx, _PAIR, [dict(zip(_PAIR.key, pair, strict=True)) for pair in pairs])
    waking.patients_changed(tx, sorted({PartyId(patient_id) for patient_id, _, kind in written if kind == "barred"}))
