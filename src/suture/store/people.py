"""Writes what an export says of people: patients and staff."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from suture.model.addresses import address_hash, normalise_address
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.events import NewEvent
from suture.model.ids import PartyId, PlaceId
from suture.model.imports import LIMITS, ImportProblem, PatientRecord, StaffRecord
from suture.model.messages import Channel
from suture.model.people import PartyKind
from suture.model.phones import Phone, read_phone
from suture.model.signals import RosterField
from suture.store import waking
from suture.store.cases import keep_to
from suture.store.gaps import wake
from suture.store.known import (
    UNCLEAR,
    kept,
    kept_address,
    kept_status,
    kept_traits,
    kept_zone,
    known_patients,
    known_staff,
    patient_place,
)
from suture.store.references import References, Saved, Unusable, not_known, place_row, problem, save_places
from suture.store.transaction import Row, Tx
from suture.store.upsert import Target, upsert
from suture.words.reason import Reason, reason, some_of

UNKNOWN_ROLE = "HHA"
"""Stands for a role that could not be read, on someone who is not planned until it can."""
_NO_PHONE = Unusable(
    "phone_mobile", "phone", reason("file.not_a_phone"), reason("file.hint.phone", phone="614-555-0111")
)

_PARTY = Target(
    "party",
    {"kind": "text", "external_id": "text"},
    {"family": "text", "given": "text", "lang": "text", "tz": "text"},
)
_PATIENT = Target(
    "patient",
    {"party_id": "bigint"},
    {"branch_id": "bigint", "place_id": "bigint", "status": "text", "gender_preference": "text", "traits": "jsonb"},
)
_CLINICIAN = Target(
    "clinician",
    {"party_id": "bigint"},
    {
        "branch_id": "bigint",
        "role": "text",
        "home_place_id": "bigint",
        "max_weekly_min": "int",
        "languages": "text[]",
        "status": "text",
        "traits": "jsonb",
    },
)
_ADDRESS = Target("address", {"party_id": "bigint", "channel": "text"}, {"value": "text", "value_hash": "text"})


def save_patients(tx: Tx, refs: References, file: str, records: Sequence[PatientRecord]) -> Saved:
    """Write patients with their home and addresses."""
    known = known_patients(tx, records)
    reached, problems = _reached(refs, file, records)
    old = {r.external_id: known.get(r.external_id) for r in records}
    places, moved = save_places(tx, [patient_place(r, old[r.external_id], refs) for r in records])
    ids, renamed = _save_parties(tx, PartyKind.PATIENT, refs, records, old)
    rows = [
        {
            "party_id": ids[r.external_id],
            "branch_id": refs.branch_of(r.external_id),
            "place_id": places[f"patient:{r.external_id}"],
            "status": kept_status(r, old[r.external_id]),
            "gender_preference": kept(r, old[r.external_id], "gender_preference", "gender_preference", None),
            "traits": kept_traits(r, old[r.external_id]),
        }
        for r in records
    ]
    before = _statuses(tx, "patient", rows)
    changed = {party_id for (party_id,) in upsert(tx, _PATIENT, rows)} | _save_addresses(tx, ids, records, reached)
    status_of = {row["party_id"]: row["status"] for row in rows}
    waking.patients_changed(tx, [p for p in sorted(before) if before[p] != status_of[p]])
    wake(tx, places=[places[key] for key in moved])
    happened = _unclear_people(tx, refs, file, "patient", status_of, ids, records)
    news = _news(records, ids, changed, renamed | {key.removeprefix("patient:") for key in moved})
    return Saved(len(records), news, problems, happened=happened)


def save_staff(tx: Tx, refs: References, file: str, records: Sequence[StaffRecord]) -> Saved:
    """Write clinicians; whoever has no home on the map begins at the site, or else at the branch."""
    records, problems = _at_known_sites(refs, file, records)
    known = known_staff(tx, records)
    reached, unread = _reached(refs, file, records)
    old = {r.external_id: known.get(r.external_id) for r in records}
    places, moved = save_places(
        tx,
        [
            place_row(f"staff:{r.external_id}", r.home, _zone(r, old, refs), kept_address(r, old[r.external_id]))
            for r in records
            if r.home is not None
        ],
    )
    ids, renamed = _save_parties(tx, PartyKind.CLINICIAN, refs, records, old)
    rows = [
        {
            "party_id": ids[r.external_id],
            "branch_id": refs.branch_of(r.external_id),
            "role": kept(r, old[r.external_id], "role", "role", UNKNOWN_ROLE),
            "home_place_id": _home(r, old[r.external_id], refs, places),
            "max_weekly_min": kept(r, old[r.external_id], "max_weekly_minutes", "max_weekly_min", None),
            "languages": kept(r, old[r.external_id], "languages", "languages", ()),
            "status": kept_status(r, old[r.external_id]),
            "traits": kept_traits(r, old[r.external_id]),
        }
        for r in records
    ]
    before = _statuses(tx, "clinician", rows)
    written = {PartyId(party_id) for (party_id,) in upsert(tx, _CLINICIAN, rows)}
    status_of = {row["party_id"]: row["status"] for row in rows}
    left_or_back = [p for p in sorted(written & before.keys()) if before[p] != status_of[p]]
    waking.roster_changed(tx, left_or_back, RosterField.STATUS)
    waking.roster_changed(tx, sorted((written & before.keys()) - set(left_or_back)), RosterField.PROFILE)
    changed = written | _save_addresses(tx, ids, records, reached)
    happened = _unclear_people(tx, refs, file, "clinician", status_of, ids, records)
    news = _news(records, ids, changed, renamed | {key.removeprefix("staff:") for key in moved})
    unclear = [r for r in records if status_of[ids[r.external_id]] == UNCLEAR]
    notes = _what_it_costs(tx, {ids[r.external_id]: r for r in unclear})
    return Saved(len(records), news, [*problems, *unread], notes, happened=happened)


def _what_it_costs(tx: Tx, unclear: Mapping[PartyId, StaffRecord]) -> list[Reason]:
    """For everyone who cannot be planned because of a line: the visits of published days that others get until then."""
    visits: dict[PartyId, list[Reason]] = {}
    for r in waking.published_visits(tx, list(unclear)) if unclear else ():
        of_day = reason("import.visits_of_day", n=r["visits"], day=r["service_date"])
        visits.setdefault(PartyId(r["clinician_id"]), []).append(of_day)
    return [reason("import.others_get", line=unclear[p].line, visits=some_of(of_days)) for p, of_days in visits.items()]


def _at_known_sites(
    refs: References, file: str, records: Sequence[StaffRecord]
) -> tuple[list[StaffRecord], list[ImportProblem]]:
    """The records; those at an unknown site, without it."""
    found, problems, hint = [], [], reason("file.hint.add_site_of_staff")
    for r in records:
        if r.site is None or r.site in refs.sites:
            found.append(r)
            continue
        error = Unusable("site", "unknown_site", not_known(r.site, "site"), hint, r.site)
        problems.append(problem(file, r, error, left_out=True))
        found.append(replace(r, site=None, unreadable=r.unreadable | {"site"}))
    return found, problems


def _home(r: StaffRecord, old: Row | None, refs: References, places: dict[str, PlaceId]) -> int:
    """Where the day begins and ends: at home, at the site, at the branch; as stored where the file cannot be read."""
    if r.home is not None:
        return places[f"staff:{r.external_id}"]
    if old is not None and r.unreadable & {"home", "site"}:
        return int(old["home_place_id"])
    return refs.sites[r.site] if r.site is not None else refs.base_of(r.external_id)


def _zone(r: StaffRecord, old: Mapping[str, Row | None], refs: References) -> str:
    return kept_zone(r, old[r.external_id], refs)


def _reached(
    refs: References, file: str, records: Sequence[PatientRecord | StaffRecord]
) -> tuple[dict[str, dict[Channel, Phone | str | None]], list[ImportProblem]]:
    """By external id, what each channel becomes: an address, or nothing; left out where it stays as it is."""
    found: dict[str, dict[Channel, Phone | str | None]] = {}
    problems = []
    for r in records:
        own: dict[Channel, Phone | str | None] = {}
        if "email" not in r.unreadable:
            own[Channel.EMAIL] = r.email
        if "sms" not in r.unreadable:
            phone = read_phone(r.sms, refs.region) if r.sms else None
            if r.sms and phone is None:
                problems.append(problem(file, r, _NO_PHONE, left_out=True))
            else:
                own[Channel.SMS] = phone if phone and not phone.extension else None
                own[Channel.VOICE] = phone if phone and phone.extension else None
        found[r.external_id] = own
    return found, problems


def _unclear_people(
    tx: Tx,
    refs: References,
    file: str,
    kind: str,
    statuses: Mapping[int, str],
    ids: Mapping[str, PartyId],
    records: Sequence[PatientRecord | StaffRecord],
) -> list[NewEvent]:
    """A case for everyone of whom the file leaves open whether they may be planned; closed once it says so."""
    wanted = []
    for r in records:
        party_id = ids[r.external_id]
        if statuses[party_id] == UNCLEAR:
            what = some_of([reason(f"import.person_gap.{name}") for name in sorted(_gaps(r))])
            unread = reason("import.person_unclear", what=what, file=file, line=r.line)
            reasons = (unread, reason("import.person_waits"))
            wanted.append((None, CaseToOpen(CaseKind.PERSON_UNCLEAR, CaseSubject(kind, party_id), 5, reasons)))
    among = {CaseSubject(kind, party_id) for party_id in statuses}
    return keep_to(tx, refs.branch_id, CaseKind.PERSON_UNCLEAR, wanted, reason("import.readable_again"), among)


def _gaps(r: PatientRecord | StaffRecord) -> frozenset[str]:
    return r.unreadable & (LIMITS[type(r)] | {"status"})


def _statuses(tx: Tx, table: str, rows: Sequence[Mapping[str, Any]]) -> dict[PartyId, str]:
    """The status of those that are stored already, before they are written."""
    found = tx.rows(
        f"SELECT party_id, status FROM {table} WHERE tenant = app_tenant() AND party_id = ANY(:ids)",  # noqa: S608
        ids=[row["party_id"] for row in rows],
    )
    return {PartyId(r["party_id"]): r["status"] for r in found}


def _save_parties(
    tx: Tx,
    kind: PartyKind,
    refs: References,
    records: Sequence[PatientRecord | StaffRecord],
    old: Mapping[str, Row | None],
) -> tuple[dict[str, PartyId], frozenset[str]]:
    rows = [
        {
            "kind": kind,
            "external_id": r.external_id,
            "family": kept(r, old[r.external_id], "family", "family", r.external_id),
            "given": kept(r, old[r.external_id], "given", "given", ""),
            "lang": _language(r, old[r.external_id]),
            "tz": kept_zone(r, old[r.external_id], refs),
        }
        for r in records
    ]
    changed = upsert(tx, _PARTY, rows)
    found = tx.rows(
        "SELECT external_id, id FROM party WHERE tenant = app_tenant() AND kind = :kind AND external_id = ANY(:ids)",
        kind=kind,
        ids=[r.external_id for r in records],
    )
    return {r["external_id"]: PartyId(r["id"]) for r in found}, frozenset(external_id for _, external_id in changed)


def _language(r: PatientRecord | StaffRecord, old: Row | None) -> str:
    if r.unreadable & {"lang", "languages"} and old is not None:
        return str(old["lang"])
    return r.lang if isinstance(r, PatientRecord) else next(iter(r.languages), "en")


def _save_addresses(
    tx: Tx,
    ids: dict[str, PartyId],
    records: Sequence[PatientRecord | StaffRecord],
    reached: Mapping[str, Mapping[Channel, Phone | str | None]],
) -> frozenset[PartyId]:
    """Write the addresses given and forget those no longer there; the parties for whom that changed anything."""
    given, gone = [], []
    for r in records:
        for channel, value in reached[r.external_id].items():
            row: dict[str, Any] = {"party_id": ids[r.external_id], "channel": channel}
            if value is None:
                gone.append(row)
                continue
            compared = value.number if isinstance(value, Phone) else value
            shown = str(value) if isinstance(value, Phone) else normalise_address(value)
            given.append({**row, "value": shown, "value_hash": address_hash(compared)})
    written = {PartyId(party_id) for party_id, _ in upsert(tx, _ADDRESS, given)}
    forgotten = tx.rows(
        """DELETE FROM address a
           USING unnest(cast(:parties AS bigint[]), cast(:channels AS text[])) AS g(party, channel)
           WHERE a.tenant = app_tenant() AND a.party_id = g.party AND a.channel = g.channel RETURNING a.party_id""",
        parties=[row["party_id"] for row in gone],
        channels=[row["channel"] for row in gone],
    )
    return frozenset(written | {PartyId(r["party_id"]) for r in forgotten})


def _news(
    records: Iterable[PatientRecord | StaffRecord],
    ids: dict[str, PartyId],
    changed_parties: Iterable[PartyId],
    changed_ids: Iterable[str],
) -> int:
    parties, names = set(changed_parties), set(changed_ids)
    return sum(r.external_id in names or ids[r.external_id] in parties for r in records)
