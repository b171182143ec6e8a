"""Writes one file of an export: records by upsert, what cannot be accepted into quarantine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from suture.model.import_lines import NO_BRANCH, STAYS_IN_BRANCH
from suture.model.imports import (
    AvailabilityRecord,
    BranchRecord,
    ConsentRecord,
    CredentialRecord,
    FileReport,
    GeoPoint,
    ImportBatch,
    ImportProblem,
    ImportRecord,
    OrderRecord,
    PatientRecord,
    PostalAddress,
    ServiceRecord,
    SiteRecord,
    StaffRecord,
    VisitRecord,
)
from suture.model.phones import read_phone, region_of
from suture.store import events, import_runs, outreach, places, quarantine
from suture.store.consents import save_consents
from suture.store.demand import save_visits
from suture.store.people import save_patients, save_staff
from suture.store.references import (
    References,
    Saved,
    Staying,
    Unusable,
    known_branch,
    load_references,
    not_known,
    place_row,
    problem,
    save_places,
    site_places,
)
from suture.store.roster import save_availability, save_credentials
from suture.store.transaction import Row, Tx
from suture.store.upsert import Target, upsert
from suture.words.reason import Reason, reason

_NAME_NOBODY = BranchRecord | SiteRecord | ServiceRecord | PatientRecord | StaffRecord
"""Records that refer to no patient or clinician: no one has to be looked up for them."""
AT_ONCE = 5_000
"""How many patients or visits a statement takes: a large export must not be in memory a second time, as SQL."""
UNCLEAR_ORDER = "held"
"""The status of an order whose own cannot be read: nothing is asked for on its account."""
_NOT_STORED = Unusable("", "not_stored", reason("file.not_stored"), None)
R = TypeVar("R", bound=ImportRecord)

_BRANCH = Target(
    "branch",
    {"external_id": "text"},
    {"name": "text", "phone": "text", "tz": "text", "week_start": "smallint", "place_id": "bigint"},
)
_SERVICE = Target(
    "service",
    {"code": "text"},
    {
        "kind": "text",
        "discipline": "text",
        "visit_type": "text",
        "roles": "text[]",
        "duration_min": "int",
        "documentation_min": "int",
    },
)
_SERVICE_FIELDS = {
    "code": "code",
    "kind": "kind",
    "discipline": "discipline",
    "visit_type": "visit_type",
    "roles": "roles",
    "duration_min": "duration_minutes",
    "documentation_min": "documentation_minutes",
}
_ORDER = Target(
    "visit_order",
    {"external_id": "text"},
    {
        "patient_id": "bigint",
        "discipline": "text",
        "service_code": "text",
        "frequency": "text",
        "start_date": "date",
        "end_date": "date",
        "status": "text",
    },
)


def save_batch(
    tx: Tx,
    batch: ImportBatch,
    branch_external_id: str | None,
    staying: Mapping[str, Staying] = MappingProxyType({}),
    conflicts: Sequence[ImportProblem] = (),
) -> FileReport:
    """Write one file; one import of a tenant at a time.

    `staying`: the people of it whom it may not move, and `conflicts`: what to say of that.
    """
    import_runs.lock(tx)
    tx.run("SET LOCAL plan_cache_mode = force_custom_plan")  # a plan made for an empty table does not do for a full one
    names_people = not isinstance(next(iter(batch.records), None), _NAME_NOBODY)
    refs = load_references(tx, branch_external_id, with_people=names_people)
    saved = _save(tx, refs and replace(refs, staying=staying), batch) if batch.records else Saved(0, 0)
    told = [replace(p, field=batch.columns.get(p.field, p.field)) for p in saved.problems]
    problems = tuple(sorted((*batch.problems, *_with_raw(batch, (*told, *conflicts))), key=lambda p: p.line))
    if batch.sha256:
        _follow_up(tx, batch, branch_external_id, problems, saved)
    return FileReport(
        file=batch.file,
        sha256=batch.sha256,
        refused=batch.refused,
        loaded=saved.loaded,
        changed=saved.changed,
        problems=problems,
        notes=(*batch.notes, *saved.notes, *_of_older(saved.older)),
        set_aside=_set_aside(batch, problems),
        left_out=0 if batch.refused else _left_out(problems),
    )


def _with_raw(batch: ImportBatch, problems: Sequence[ImportProblem]) -> Sequence[ImportProblem]:
    """The problems with their rows, which records do not carry along."""
    if not problems:
        return problems
    raws = batch.raws({p.line for p in problems if not p.raw})
    return [p if p.raw else replace(p, raw=raws.get(p.line, "")) for p in problems]


def _of_older(rows: int) -> list[Reason]:
    return [reason("import.older_rows", n=rows)] if rows else []


def _left_out(problems: Sequence[ImportProblem]) -> int:
    """How many rows are used without a cell; one that is set aside for another reason is not used."""
    aside = {p.line for p in problems if not p.left_out}
    return len({p.line for p in problems if p.left_out and p.code != STAYS_IN_BRANCH} - aside)


def _set_aside(batch: ImportBatch, problems: Sequence[ImportProblem]) -> int:
    """How many rows of a file could not be used; a row may have several faults."""
    if batch.refused:
        return 0
    without_branch = len(batch.records) if any(p.code == NO_BRANCH for p in problems) else 0
    return without_branch + len({p.line for p in problems if p.code != NO_BRANCH and not p.left_out})


def _follow_up(
    tx: Tx,
    batch: ImportBatch,
    branch_external_id: str | None,
    problems: Sequence[ImportProblem],
    saved: Saved,
) -> None:
    """Keep what was set aside, and let the board show it, and what else needs someone, until it is fixed."""
    branch_id = known_branch(tx, branch_external_id)
    quarantine.keep(tx, branch_id, batch.file, problems, is_whole=not batch.refused)
    if branch_id is None:
        return
    kind = type(batch.records[0]) if batch.records else None
    told = quarantine.told_elsewhere(tx, _ABOUT.get(kind, ""), problems)
    happened = [*saved.happened, *quarantine.refresh_case(tx, branch_id, batch.file, told)]
    if kind in (PatientRecord, SiteRecord):
        happened += places.refresh_cases(tx, branch_id)
    events.append(tx, branch_id=branch_id, service_date=None, events=happened)


_ABOUT: Mapping[type | None, str] = {PatientRecord: "patient", StaffRecord: "clinician", VisitRecord: "visit"}
"""What a case of its own is about, by the kind of record."""


def _save(tx: Tx, refs: References | None, batch: ImportBatch) -> Saved:
    if branches := _only(batch, BranchRecord):
        return _save_branches(tx, batch.file, branches)
    if refs is None:
        what, hint = reason("file.no_branch"), reason("file.hint.add_branch")
        return Saved(0, 0, [ImportProblem(batch.file, 1, "", NO_BRANCH, what, hint)])
    save = _SAVERS[type(batch.records[0])]
    if not isinstance(batch.records[0], PatientRecord | VisitRecord):
        return save(tx, refs, batch)
    pieces = (batch.records[n : n + AT_ONCE] for n in range(0, len(batch.records), AT_ONCE))
    return _sum([save(tx, refs, replace(batch, records=piece)) for piece in pieces])


def _sum(parts: Sequence[Saved]) -> Saved:
    return Saved(
        sum(p.loaded for p in parts),
        sum(p.changed for p in parts),
        [problem for p in parts for problem in p.problems],
        [note for p in parts for note in p.notes],
        [event for p in parts for event in p.happened],
        sum(p.older for p in parts),
    )


def _only(batch: ImportBatch, kind: type[R]) -> list[R]:
    return [r for r in batch.records if isinstance(r, kind)]


def _save_branches(tx: Tx, file: str, records: Sequence[BranchRecord]) -> Saved:
    changed, problems = 0, []
    outreach.begin(tx)
    for r in records:
        row, wrong = _branch_facts(tx, file, r)
        problems += wrong
        if row is None:
            continue
        owner = f"branch:{r.external_id}"
        point = GeoPoint(row["lat"], row["lon"])
        written, moved = save_places(tx, [place_row(owner, point, row["tz"], PostalAddress(), row["name"])])
        facts = {name: row[name] for name in ("name", "phone", "tz", "week_start")}
        renamed = tx.run(
            """INSERT INTO agency (tenant, name) VALUES (app_tenant(), :name)
               ON CONFLICT (tenant) DO UPDATE SET name = excluded.name WHERE agency.name <> excluded.name""",
            name=row["agency"],
        )
        branch = {"external_id": r.external_id, **facts, "place_id": written[owner]}
        changed += bool(upsert(tx, _BRANCH, [branch]) or moved or renamed)
    return Saved(len(records) - sum(not p.left_out for p in problems), changed, problems)


def _branch_facts(tx: Tx, file: str, r: BranchRecord) -> tuple[dict[str, Any] | None, list[ImportProblem]]:
    """What the branch is from now on: what the file says and, where that cannot be read, what is stored."""
    old = tx.row(
        """SELECT a.name AS agency, b.name, b.phone, b.tz, b.week_start, l.lat, l.lon
           FROM branch b JOIN agency a ON a.tenant = b.tenant JOIN place l ON l.tenant = b.tenant AND l.id = b.place_id
           WHERE b.tenant = app_tenant() AND b.external_id = :id""",
        id=r.external_id,
    )
    tz = r.tz if "tz" not in r.unreadable else (old["tz"] if old else "")
    phone = read_phone(r.phone, region_of(r.phone, tz)) if "phone" not in r.unreadable else None
    gaps, problems = r.unreadable, []
    if phone is None and "phone" not in gaps:
        gaps |= {"phone"}
        hint = reason("file.hint.phone", phone="614-555-0100")
        error = Unusable("phone", "phone", reason("file.not_a_phone"), hint)
        problems.append(problem(file, r, error, left_out=old is not None))
    if gaps and old is None:
        if not problems:
            problems.append(problem(file, r, _NOT_STORED))
        return None, problems
    point = r.point
    said = {
        "agency": r.agency,
        "name": r.name,
        "phone": str(phone or ""),
        "tz": tz,
        "week_start": r.week_starts_on,
        "lat": point and point.lat,
        "lon": point and point.lon,
    }
    fields = {"week_start": "week_starts_on", "lat": "point", "lon": "point"}
    row = {n: old[n] if old is not None and fields.get(n, n) in gaps else value for n, value in said.items()}
    return row, problems


def _save_sites(tx: Tx, refs: References, records: Sequence[SiteRecord]) -> Saved:
    return Saved(len(records), len(save_places(tx, site_places(tx, refs, records))[1]))


def _save_services(tx: Tx, file: str, records: Sequence[ServiceRecord]) -> Saved:
    known = {
        r["code"]: r
        for r in tx.rows(
            "SELECT * FROM service WHERE tenant = app_tenant() AND code = ANY(:codes)",
            codes=[r.code for r in records if r.unreadable],
        )
    }
    lost = [r for r in records if r.unreadable and r.code not in known]
    rows = [
        {
            column: known[r.code][column] if name in r.unreadable else getattr(r, name)
            for column, name in _SERVICE_FIELDS.items()
        }
        for r in records
        if not r.unreadable or r.code in known
    ]
    return Saved(len(rows), len(upsert(tx, _SERVICE, rows)), [problem(file, r, _NOT_STORED) for r in lost])


def _save_orders(tx: Tx, refs: References, file: str, records: Sequence[OrderRecord]) -> Saved:
    known = {
        r["external_id"]: r
        for r in tx.rows(
            "SELECT * FROM visit_order WHERE tenant = app_tenant() AND external_id = ANY(:ids)",
            ids=[r.external_id for r in records if r.unreadable],
        )
    }
    rows, problems = [], []
    for r in records:
        try:
            rows.append(_order_row(refs, r, known.get(r.external_id)))
        except Unusable as error:
            problems.append(problem(file, r, error))
    return Saved(len(rows), len(upsert(tx, _ORDER, rows)), problems)


def _order_row(refs: References, r: OrderRecord, old: Row | None) -> dict[str, Any]:
    if r.patient not in refs.patients:
        what, hint = not_known(r.patient, "patient"), reason("file.hint.add_patient")
        raise Unusable("patient", "unknown_patient", what, hint, r.patient)
    if r.service is not None and r.service not in refs.services:
        what, hint = not_known(r.service, "service"), reason("file.hint.add_service")
        raise Unusable("service", "unknown_service", what, hint, r.service)
    if r.unreadable - {"status"} and old is None:
        raise _NOT_STORED
    said = {
        "discipline": r.discipline,
        "service_code": r.service,
        "frequency": r.frequency,
        "start_date": r.start_date,
        "end_date": r.end_date,
        "status": UNCLEAR_ORDER if "status" in r.unreadable else r.status,
    }
    fields = {"service_code": "service"}
    gaps = r.unreadable - {"status"}
    row = {n: old[n] if old is not None and fields.get(n, n) in gaps else value for n, value in said.items()}
    return {"external_id": r.external_id, "patient_id": refs.patients[r.patient].id, **row}


_SAVERS: Mapping[type[ImportRecord], Callable[[Tx, References, ImportBatch], Saved]] = {
    SiteRecord: lambda tx, refs, batch: _save_sites(tx, refs, _only(batch, SiteRecord)),
    ServiceRecord: lambda tx, _, batch: _save_services(tx, batch.file, _only(batch, ServiceRecord)),
    PatientRecord: lambda tx, refs, batch: save_patients(tx, refs, batch.file, _only(batch, PatientRecord)),
    StaffRecord: lambda tx, refs, batch: save_staff(tx, refs, batch.file, _only(batch, StaffRecord)),
    CredentialRecord: lambda tx, refs, batch: save_credentials(tx, refs, batch.file, _only(batch, CredentialRecord)),
    AvailabilityRecord: lambda tx, refs, batch: save_availability(
        tx, refs, batch.file, _only(batch, AvailabilityRecord), batch.problems
    ),
    OrderRecord: lambda tx, refs, batch: _save_orders(tx, refs, batch.file, _only(batch, OrderRecord)),
    ConsentRecord: lambda tx, refs, batch: save_consents(tx, refs, batch.file, _only(batch, ConsentRecord)),
    VisitRecord: lambda tx, refs, batch: save_visits(tx, refs, batch.file, _only(batch, VisitRecord)),
}
"""Every file holds one kind of record; branches are saved before anything refers to them."""
