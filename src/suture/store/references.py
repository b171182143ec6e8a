"""What an export's own ids stand for: the branch it belongs to, and the sites, services and people already stored."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from suture.model.ids import BranchId, PartyId, PlaceId
from suture.model.imports import GeoPoint, ImportProblem, ImportRecord, PostalAddress
from suture.model.visit import VisitKind
from suture.store.transaction import Tx
from suture.store.upsert import Target, upsert


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
    """A row that cannot be stored as it stands."""

    column: str
    code: str
    reason: str
    hint: str


@dataclass(frozen=True, slots=True)
class Saved:
    """What became of one file's records."""

    loaded: int
    changed: int
    problems: Sequence[ImportProblem] = ()
    notes: Sequence[str] = ()


def problem(file: str, record: ImportRecord, error: Unusable) -> ImportProblem:
    """The line of a record that cannot be stored."""
    return ImportProblem(file, record.line, error.column, error.code, error.reason, error.hint, record.raw)


def not_known(external_id: str, what: str) -> str:
    """The reason "P-9 is not a known patient"; without an id that may be a name or a phone number in a wrong cell."""
    is_id = any(c.isdigit() or c == "_" for c in external_id) and not (external_id.isdigit() and len(external_id) >= 10)
    return f"{external_id} is not {what}" if is_id else f"is not {what}"


def load_references(tx: Tx, branch_external_id: str | None) -> References | None:
    """What is stored now; None when the branch is not. Without an id, the only branch there is."""
    branches = tx.rows(
        """SELECT id, place_id FROM branch WHERE tenant = app_tenant()
             AND (external_id = cast(:id AS text) OR cast(:id AS text) IS NULL)""",
        id=branch_external_id,
    )
    if len(branches) != 1:
        return None
    return References(
        BranchId(branches[0]["id"]),
        PlaceId(branches[0]["place_id"]),
        _sites(tx),
        _services(tx),
        _patients(tx),
        _clinicians(tx),
    )


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
        """SELECT p.external_id, p.id, t.place_id, t.status = 'active' AS is_active
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


def place_row(owner_key: str, point: GeoPoint, tz: str, address: PostalAddress, name: str = "") -> dict[str, Any]:
    """One place as `save_places` takes it."""
    return {
        "owner_key": owner_key,
        "name": name,
        "lat": point.lat,
        "lon": point.lon,
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
