"""What an export's own ids stand for: the branch it belongs to, and the sites, services and people already stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from suture.model.events import NewEvent
from suture.model.ids import BranchId, PartyId, PlaceId
from suture.model.import_lines import shown_id
from suture.model.imports import (
    AvailabilityRecord,
    ConsentRecord,
    CredentialRecord,
    GeoPoint,
    ImportProblem,
    ImportRecord,
    PostalAddress,
    ServiceRecord,
    SiteRecord,
)
from suture.model.phones import region_of
from suture.model.visit import VisitKind
from suture.store.transaction import Tx
from suture.store.upsert import Target, upsert
from suture.words.reason import Reason, reason


@dataclass(frozen=True, slots=True)
class KnownService:
    """What a visit takes from its service."""

    kind: VisitKind
    duration_minutes: int
    documentation_minutes: int


@dataclass(frozen=True, slots=True)
class KnownPatient:
    """What a visit takes from its patient."""

    id: PartyId
    place_id: PlaceId
    is_active: bool
    """Also where it is unclear: their visits are kept, and not planned until it is clear."""


@dataclass(frozen=True, slots=True)
class Staying:
    """The branch that a person stays in although a file names another, and its place."""

    branch_id: BranchId
    place_id: PlaceId


@dataclass(frozen=True, slots=True)
class References:
    """Everything a row may refer to, by external id. `staying`: the people of the file whom it may not move."""

    branch_id: BranchId
    branch_place_id: PlaceId
    tz: str
    region: str | None
    """The country in which the branch reads phone numbers."""
    sites: Mapping[str, PlaceId]
    services: Mapping[str, KnownService]
    patients: Mapping[str, KnownPatient]
    clinicians: Mapping[str, PartyId]
    staying: Mapping[str, Staying] = field(default_factory=dict)

    def branch_of(self, external_id: str) -> BranchId:
        """The branch a person of the file belongs to."""
        return self.staying[external_id].branch_id if external_id in self.staying else self.branch_id

    def base_of(self, external_id: str) -> PlaceId:
        """Where the day of someone without a home or site begins: at the branch."""
        return self.staying[external_id].place_id if external_id in self.staying else self.branch_place_id


@dataclass(frozen=True, slots=True)
class Unusable(Exception):
    """A record that cannot be stored as it is. `field` is its own; an adapter's file may have another word for it."""

    field: str
    code: str
    reason: Reason
    hint: Reason | None
    names: str = ""
    """The id that it names and that is not there."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one file's records."""

    loaded: int
    changed: int
    problems: Sequence[ImportProblem] = ()
    notes: Sequence[Reason] = ()
    happened: Sequence[NewEvent] = ()
    older: int = 0
    """Rows that are older than what is stored, which were not applied."""


def problem(file: str, record: ImportRecord, error: Unusable, *, left_out: bool = False) -> ImportProblem:
    """The line of a record that cannot be stored or, `left_out`, of one that is stored without a cell."""
    return ImportProblem(
        file,
        record.line,
        error.field,
        error.code,
        error.reason,
        error.hint,
        record.raw,
        subject=subject_of(record),
        left_out=left_out,
        names=error.names,
    )


def subject_of(record: ImportRecord) -> str:
    """The id of what a record is about."""
    match record:
        case ServiceRecord():
            return record.code
        case CredentialRecord() | AvailabilityRecord():
            return record.staff
        case ConsentRecord():
            return record.party
        case _:
            return record.external_id


def not_known(external_id: str, what: str) -> Reason:
    """The reason "P-9 is not a known patient"; without an id that may be a name or a phone number in a wrong cell.

    `what`: patient, active_patient, staff, party, service or site.
    """
    shown = shown_id(external_id)
    return reason(f"file.id_not_known.{what}", id=shown) if shown else reason(f"file.not_known.{what}")


def load_references(tx: Tx, branch_external_id: str | None, *, with_people: bool = True) -> References | None:
    """What is stored now; None when the branch is not. Without an id, the only branch there is."""
    branches = tx.rows(
        """SELECT id, place_id, tz, phone FROM branch WHERE tenant = app_tenant()
             AND (external_id = cast(:id AS text) OR cast(:id AS text) IS NULL)""",
        id=branch_external_id,
    )
    if len(branches) != 1:
        return None
    return References(
        BranchId(branches[0]["id"]),
        PlaceId(branches[0]["place_id"]),
        branches[0]["tz"],
        region_of(branches[0]["phone"], branches[0]["tz"]),
        _sites(tx),
        _services(tx),
        _patients(tx) if with_people else {},
        _clinicians(tx) if with_people else {},
    )


def known_branch(tx: Tx, external_id: str | None) -> BranchId | None:
    """The branch of that id or, without one, the only one there is."""
    rows = tx.rows(
        """SELECT id FROM branch WHERE tenant = app_tenant()
             AND (external_id = cast(:id AS text) OR cast(:id AS text) IS NULL)""",
        id=external_id,
    )
    return BranchId(rows[0]["id"]) if len(rows) == 1 else None


def _sites(tx: Tx) -> dict[str, PlaceId]:
    rows = tx.rows(
        "SELECT substr(owner_key, 6) AS code, id FROM place WHERE tenant = app_tenant() AND owner_key LIKE 'site:%'"
    )
    return {r["code"]: PlaceId(r["id"]) for r in rows}


def _services(tx: Tx) -> dict[str, KnownService]:
    rows = tx.rows("SELECT code, kind, duration_min, documentation_min FROM service WHERE tenant = app_tenant()")
    return {r["code"]: KnownService(VisitKind(r["kind"]), r["duration_min"], r["documentation_min"]) for r in rows}


def _patients(tx: Tx) -> dict[str, KnownPatient]:
    rows = tx.rows(
        """SELECT p.external_id, p.id, t.place_id, t.status IN ('active', 'unclear') AS is_active
           FROM patient t JOIN party p ON p.tenant = t.tenant AND p.id = t.party_id WHERE t.tenant = app_tenant()"""
    )
    return {r["external_id"]: KnownPatient(PartyId(r["id"]), PlaceId(r["place_id"]), r["is_active"]) for r in rows}


def _clinicians(tx: Tx) -> dict[str, PartyId]:
    rows = tx.rows("SELECT external_id, id FROM party WHERE tenant = app_tenant() AND kind = 'clinician'")
    return {r["external_id"]: PartyId(r["id"]) for r in rows}


_PLACE = Target(
    "place",
    {"owner_key": "text"},
    {
        "name": "text",
        "lat": "float8",
        "lon": "float8",
        "tz": "text",
        "line1": "text",
        "line2": "text",
        "city": "text",
        "state": "text",
        "postal_code": "text",
    },
)


def place_row(
    owner_key: str, point: GeoPoint | None, tz: str, address: PostalAddress, name: str = ""
) -> dict[str, Any]:
    """One place as `save_places` takes it."""
    return {
        "owner_key": owner_key,
        "name": name,
        "lat": point and point.lat,
        "lon": point and point.lon,
        "tz": tz,
        "line1": address.line1,
        "line2": address.line2,
        "city": address.city,
        "state": address.state,
        "postal_code": address.postal_code,
    }


def save_places(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> tuple[dict[str, PlaceId], frozenset[str]]:
    """Write places; their ids by owner, and the owners whose place is new or changed."""
    changed = upsert(tx, _PLACE, rows)
    found = tx.rows(
        "SELECT owner_key, id FROM place WHERE tenant = app_tenant() AND owner_key = ANY(:keys)",
        keys=[row["owner_key"] for row in rows],
    )
    return {r["owner_key"]: PlaceId(r["id"]) for r in found}, frozenset(key for (key,) in changed)


def site_places(tx: Tx, refs: References, records: Sequence[SiteRecord]) -> list[dict[str, Any]]:
    """The places of sites: what the file says, and what is stored where that is unreadable or a site is not placed.

    Coordinates that were looked up stay while the file gives none, unless the site has moved.
    """
    known = {
        r["owner_key"]: r
        for r in tx.rows(
            "SELECT * FROM place WHERE tenant = app_tenant() AND owner_key = ANY(:keys)",
            keys=[f"site:{r.external_id}" for r in records if r.unreadable or r.point is None],
        )
    }
    found = []
    for r in records:
        row = place_row(f"site:{r.external_id}", r.point, r.tz, r.address, r.name)
        old = known.get(row["owner_key"])
        empty = {"name": r.external_id, "tz": refs.tz, "lat": None, "lon": None}
        for column in row:
            if ("point" if column in ("lat", "lon") else column) in r.unreadable:
                row[column] = old[column] if old is not None else empty.get(column, "")
        if r.point is None and old is not None and not has_moved(old, row):
            row |= {"lat": old["lat"], "lon": old["lon"]}
        found.append(row)
    return found


ADDRESS_PARTS = ("line1", "line2", "city", "state", "postal_code")


def has_moved(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether a known address has become another one; the apartment or floor alone moves no one on the map."""
    before, after = ([_plain(of[p]) for p in ADDRESS_PARTS if p != "line2"] for of in (old, new))
    return any(before) and before != after


def _plain(part: str | None) -> str:
    return " ".join((part or "").casefold().split())
