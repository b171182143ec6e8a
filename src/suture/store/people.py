"""Writes what an export says of people: patients, staff, and whether they may be contacted."""

from collections.abc import Iterable, Sequence
from typing import Any

from suture.model.addresses import address_hash, normalise_address
from suture.model.ids import PartyId
from suture.model.imports import ConsentRecord, PatientRecord, StaffRecord
from suture.model.messages import Channel
from suture.model.people import PartyKind
from suture.store.references import References, Saved, Unusable, not_known, place_row, problem, save_places
from suture.store.transaction import Tx
from suture.store.upsert import Target, upsert

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
_CONSENT = Target(
    "consent",
    {"party_id": "bigint", "channel": "text", "at": "timestamptz"},
    once={"granted": "boolean", "wording": "text", "source": "text"},
)


def save_patients(tx: Tx, refs: References, records: Sequence[PatientRecord]) -> Saved:
    """Write patients with their home and addresses."""
    places, moved = save_places(tx, [place_row(f"patient:{r.external_id}", r.point, r.tz, r.address) for r in records])
    ids, renamed = _save_parties(tx, PartyKind.PATIENT, records)
    rows = [
        {
            "party_id": ids[r.external_id],
            "branch_id": refs.branch_of(r.external_id),
            "place_id": places[f"patient:{r.external_id}"],
            "status": r.status,
            "gender_preference": r.gender_preference,
            "traits": r.traits,
        }
        for r in records
    ]
    changed = {party_id for (party_id,) in upsert(tx, _PATIENT, rows)} | _save_addresses(tx, ids, records)
    return Saved(len(records), _news(records, ids, changed, renamed | {key.removeprefix("patient:") for key in moved}))


def save_staff(tx: Tx, refs: References, file: str, records: Sequence[StaffRecord]) -> Saved:
    """Write clinicians; whoever has no home on the map begins at the site, or else at the branch."""
    problems = [
        problem(
            file,
            r,
            Unusable("site_code", "unknown_site", not_known(r.site, "a known site"), "add it to the sites"),
        )
        for r in records
        if r.site is not None and r.site not in refs.sites
    ]
    records = [r for r in records if r.site is None or r.site in refs.sites]
    places, moved = save_places(
        tx, [place_row(f"staff:{r.external_id}", r.home, r.tz, r.address) for r in records if r.home is not None]
    )
    ids, renamed = _save_parties(tx, PartyKind.CLINICIAN, records)
    rows = [
        {
            "party_id": ids[r.external_id],
            "branch_id": refs.branch_of(r.external_id),
            "role": r.role,
            "home_place_id": places.get(f"staff:{r.external_id}")
            or (refs.sites[r.site] if r.site is not None else refs.base_of(r.external_id)),
            "max_weekly_min": r.max_weekly_minutes,
            "languages": r.languages,
            "status": r.status,
            "traits": r.traits,
        }
        for r in records
    ]
    changed = {party_id for (party_id,) in upsert(tx, _CLINICIAN, rows)} | _save_addresses(tx, ids, records)
    news = _news(records, ids, changed, renamed | {key.removeprefix("staff:") for key in moved})
    return Saved(len(records), news, problems)


def _save_parties(
    tx: Tx, kind: PartyKind, records: Sequence[PatientRecord | StaffRecord]
) -> tuple[dict[str, PartyId], frozenset[str]]:
    rows = [
        {
            "kind": kind,
            "external_id": r.external_id,
            "family": r.family,
            "given": r.given,
            "lang": r.lang if isinstance(r, PatientRecord) else next(iter(r.languages), "en"),
            "tz": r.tz,
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


def _save_addresses(
    tx: Tx, ids: dict[str, PartyId], records: Sequence[PatientRecord | StaffRecord]
) -> frozenset[PartyId]:
    """Write the addresses given and forget those no longer there; the parties for whom that changed anything."""
    given, gone = [], []
    for r in records:
        for channel, value in ((Channel.SMS, r.sms), (Channel.EMAIL, r.email)):
            row: dict[str, Any] = {"party_id": ids[r.external_id], "channel": channel}
            if value is None:
                gone.append(row)
            else:
                given.append({**row, "value": normalise_address(value), "value_hash": address_hash(value)})
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


def save_consents(tx: Tx, refs: References, file: str, records: Sequence[ConsentRecord]) -> Saved:
    """Append consents of known people; a word once given is never rewritten."""
    stored = {
        (r["party_id"], r["channel"], r["at"]): r["granted"]
        for r in tx.rows("SELECT party_id, channel, at, granted FROM consent WHERE tenant = app_tenant()")
    }
    rows, problems = [], []
    for r in records:
        try:
            party_id = _party(refs, r.party)
            if stored.get((party_id, r.channel, r.at), r.granted) != r.granted:
                reason = "contradicts what is recorded for the same instant"
                raise Unusable("granted", "consent_changed", reason, "a change of mind gets a later time in column at")
        except Unusable as error:
            problems.append(problem(file, r, error))
            continue
        rows.append(
            {
                "party_id": party_id,
                "channel": r.channel,
                "at": r.at,
                "granted": r.granted,
                "wording": r.wording,
                "source": r.source,
            }
        )
    return Saved(len(rows), len(upsert(tx, _CONSENT, rows)), problems)


def _party(refs: References, external_id: str) -> PartyId:
    patient, clinician = refs.patients.get(external_id), refs.clinicians.get(external_id)
    if patient is not None and clinician is not None:
        reason = "is the id of a patient and of a member of staff"
        raise Unusable("party_external_id", "ambiguous", reason, "give one of them another id")
    if clinician is not None:
        return clinician
    if patient is not None:
        return patient.id
    reason = not_known(external_id, "a known patient or known staff")
    raise Unusable("party_external_id", "unknown_party", reason, "add it to its file, or correct it")
