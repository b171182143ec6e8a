"""Writes one file of an export: records by upsert, what cannot be accepted into quarantine."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TypeVar

from suture.model.actors import Actor
from suture.model.imports import (
    AvailabilityRecord,
    BranchRecord,
    ConsentRecord,
    CredentialRecord,
    FileReport,
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
from suture.store import import_runs, outreach
from suture.store.demand import save_visits
from suture.store.people import save_consents, save_patients, save_staff
from suture.store.references import (
    References,
    Saved,
    Staying,
    Unusable,
    load_references,
    not_known,
    place_row,
    problem,
    save_places,
)
from suture.store.roster import save_availability, save_credentials
from suture.store.transaction import Tx
from suture.store.upsert import Target, upsert

NO_BRANCH = "no_branch"
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
    actor: Actor,
    staying: Mapping[str, Staying] = MappingProxyType({}),
) -> FileReport:
    """Write one file; one import of a tenant at a time. `staying`: the people of it whom it may not move."""
    import_runs.lock(tx)
    saved = _save(tx, batch, branch_external_id, actor, staying) if batch.records else Saved(0, 0)
    problems = tuple(sorted((*batch.problems, *saved.problems), key=lambda p: p.line))
    _quarantine(tx, problems)
    return FileReport(
        file=batch.file,
        sha256=batch.sha256,
        refused=batch.refused,
        loaded=saved.loaded,
        changed=saved.changed,
        problems=problems,
        notes=(*batch.notes, *saved.notes),
        set_aside=_set_aside(batch, problems),
    )


def _set_aside(batch: ImportBatch, problems: Sequence[ImportProblem]) -> int:
    """How many rows of a file could not be used; a row may have several faults."""
    if batch.refused:
        return 0
    without_branch = len(batch.records) if any(p.code == NO_BRANCH for p in problems) else 0
    return without_branch + len({p.line for p in problems if p.code != NO_BRANCH})


def _save(
    tx: Tx, batch: ImportBatch, branch_external_id: str | None, actor: Actor, staying: Mapping[str, Staying]
) -> Saved:
    if branches := _only(batch, BranchRecord):
        return _save_branches(tx, branches)
    refs = load_references(tx, branch_external_id)
    if refs is None:
        hint = "add a correct file of the branch"
        what = ImportProblem(batch.file, 1, "", NO_BRANCH, "it is not known which branch this belongs to", hint)
        return Saved(0, 0, [what])
    return _SAVERS[type(batch.records[0])](tx, replace(refs, staying=staying), batch, actor)


def _only(batch: ImportBatch, kind: type[R]) -> list[R]:
    return [r for r in batch.records if isinstance(r, kind)]


def _save_branches(tx: Tx, records: Sequence[BranchRecord]) -> Saved:
    changed = 0
    outreach.begin(tx)
    for r in records:
        owner = f"branch:{r.external_id}"
        places, moved = save_places(tx, [place_row(owner, r.point, r.tz, PostalAddress(), r.name)])
        row = {
            "external_id": r.external_id,
            "name": r.name,
            "phone": r.phone,
            "tz": r.tz,
            "week_start": r.week_starts_on,
            "place_id": places[owner],
        }
        renamed = tx.run(
            """INSERT INTO agency (tenant, name) VALUES (app_tenant(), :name)
               ON CONFLICT (tenant) DO UPDATE SET name = excluded.name WHERE agency.name <> excluded.name""",
            name=r.agency,
        )
        changed += bool(upsert(tx, _BRANCH, [row]) or moved or renamed)
    return Saved(len(records), changed)


def _save_sites(tx: Tx, records: Sequence[SiteRecord]) -> Saved:
    rows = [place_row(f"site:{r.external_id}", r.point, r.tz, r.address, r.name) for r in records]
    return Saved(len(records), len(save_places(tx, rows)[1]))


def _save_services(tx: Tx, records: Sequence[ServiceRecord]) -> Saved:
    rows = [
        {
            "code": r.code,
            "kind": r.kind,
            "discipline": r.discipline,
            "visit_type": r.visit_type,
            "roles": r.roles,
            "duration_min": r.duration_minutes,
            "documentation_min": r.documentation_minutes,
        }
        for r in records
    ]
    return Saved(len(records), len(upsert(tx, _SERVICE, rows)))


def _save_orders(tx: Tx, refs: References, file: str, records: Sequence[OrderRecord]) -> Saved:
    rows, problems = [], []
    for r in records:
        try:
            rows.append(_order_row(refs, r))
        except Unusable as error:
            problems.append(problem(file, r, error))
    return Saved(len(rows), len(upsert(tx, _ORDER, rows)), problems)


def _order_row(refs: References, r: OrderRecord) -> dict[str, object]:
    if r.patient not in refs.patients:
        hint = "add it to the patients, or correct it"
        raise Unusable("patient_external_id", "unknown_patient", not_known(r.patient, "a known patient"), hint)
    if r.service is not None and r.service not in refs.services:
        hint = "add it to the services, or correct it"
        raise Unusable("service_code", "unknown_service", not_known(r.service, "a known service"), hint)
    return {
        "external_id": r.external_id,
        "patient_id": refs.patients[r.patient].id,
        "discipline": r.discipline,
        "service_code": r.service,
        "frequency": r.frequency,
        "start_date": r.start_date,
        "end_date": r.end_date,
        "status": r.status,
    }


def _quarantine(tx: Tx, problems: Sequence[ImportProblem]) -> None:
    """Keep every problem with its row; the same one again is not kept twice."""
    tx.run_many(
        """INSERT INTO quarantine (file, line, field, code, reason, raw, at)
           SELECT :file, :line, :field, :code, :reason, :raw, :now
           WHERE NOT EXISTS (SELECT FROM quarantine q WHERE q.tenant = app_tenant() AND q.file = :file
                               AND q.line = :line AND q.field = :field AND q.code = :code AND q.raw = :raw)""",
        [
            {
                "file": p.file,
                "line": p.line,
                "field": p.field,
                "code": p.code,
                "reason": f"{p.reason}; {p.hint}" if p.hint else p.reason,
                "raw": p.raw,
            }
            for p in problems
        ],
    )


_SAVERS: Mapping[type[ImportRecord], Callable[[Tx, References, ImportBatch, Actor], Saved]] = {
    SiteRecord: lambda tx, _, batch, __: _save_sites(tx, _only(batch, SiteRecord)),
    ServiceRecord: lambda tx, _, batch, __: _save_services(tx, _only(batch, ServiceRecord)),
    PatientRecord: lambda tx, refs, batch, _: save_patients(tx, refs, _only(batch, PatientRecord)),
    StaffRecord: lambda tx, refs, batch, _: save_staff(tx, refs, batch.file, _only(batch, StaffRecord)),
    CredentialRecord: lambda tx, refs, batch, _: save_credentials(tx, refs, batch.file, _only(batch, CredentialRecord)),
    AvailabilityRecord: lambda tx, refs, batch, _: save_availability(
        tx, refs, batch.file, _only(batch, AvailabilityRecord), is_whole=not batch.problems
    ),
    OrderRecord: lambda tx, refs, batch, _: _save_orders(tx, refs, batch.file, _only(batch, OrderRecord)),
    ConsentRecord: lambda tx, refs, batch, _: save_consents(tx, refs, batch.file, _only(batch, ConsentRecord)),
    VisitRecord: lambda tx, refs, batch, actor: save_visits(tx, refs, batch.file, _only(batch, VisitRecord), actor),
}
"""Every file holds one kind of record; branches are saved before anything refers to them."""
