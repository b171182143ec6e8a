"""Places whose coordinates are not known yet: what to look up, what was found, and the case each of them opens."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.events import NewEvent
from suture.model.ids import BranchId, PlaceId
from suture.model.imports import GeoPoint
from suture.store.cases import keep_to
from suture.store.transaction import Tx
from suture.words.reason import reason

UNLOCATED = reason("import.place_unlocated")
LOOK_UP = reason("import.look_up")
LOCATED = reason("import.place_located")
PLACE_RISK = 3


@dataclass(frozen=True, slots=True)
class MissingPlace:
    """A place to look up. `kind`: whose it is, patient or site; `external_id`: as the files name them."""

    id: PlaceId
    kind: str
    external_id: str
    line1: str = field(repr=False)
    line2: str = field(repr=False)
    city: str = field(repr=False)
    state: str = field(repr=False)
    postal_code: str = field(repr=False)


def missing(tx: Tx) -> tuple[MissingPlace, ...]:
    """Every place without coordinates that someone may have to go to, by whose it is."""
    rows = tx.rows(
        """SELECT l.id, split_part(l.owner_key, ':', 1) AS kind,
                  substr(l.owner_key, strpos(l.owner_key, ':') + 1) AS name,
                  l.line1, l.line2, l.city, l.state, l.postal_code
           FROM place l
           WHERE l.tenant = app_tenant() AND l.lat IS NULL
             AND (l.owner_key LIKE 'site:%' OR EXISTS (
                    SELECT FROM patient t WHERE t.tenant = l.tenant AND t.place_id = l.id
                      AND t.status IN ('active', 'inpatient', 'unclear')))
           ORDER BY kind, name"""
    )
    return tuple(
        MissingPlace(
            PlaceId(r["id"]), r["kind"], r["name"], r["line1"], r["line2"], r["city"], r["state"], r["postal_code"]
        )
        for r in rows
    )


def locate(tx: Tx, found: Sequence[tuple[PlaceId, GeoPoint]]) -> int:
    """Write the coordinates of places that have none; how many had none until now."""
    return tx.run(
        """UPDATE place l SET lat = f.lat, lon = f.lon
           FROM unnest(cast(:ids AS bigint[]), cast(:lats AS float8[]), cast(:lons AS float8[])) AS f(id, lat, lon)
           WHERE l.tenant = app_tenant() AND l.id = f.id AND l.lat IS NULL""",
        ids=[place for place, _ in found],
        lats=[point.lat for _, point in found],
        lons=[point.lon for _, point in found],
    )


def branch_points(tx: Tx) -> tuple[GeoPoint, ...]:
    """Where the branches are."""
    rows = tx.rows(
        """SELECT l.lat, l.lon FROM branch b JOIN place l ON l.tenant = b.tenant AND l.id = b.place_id
           WHERE b.tenant = app_tenant() AND l.lat IS NOT NULL ORDER BY b.id"""
    )
    return tuple(GeoPoint(r["lat"], r["lon"]) for r in rows)


def located(tx: Tx) -> frozenset[tuple[str, str]]:
    """Whose places have coordinates: kind and external id."""
    rows = tx.rows(
        """SELECT split_part(owner_key, ':', 1) AS kind, substr(owner_key, strpos(owner_key, ':') + 1) AS name
           FROM place WHERE tenant = app_tenant() AND lat IS NOT NULL"""
    )
    return frozenset((r["kind"], r["name"]) for r in rows)


def refresh_cases(tx: Tx, branch_id: BranchId) -> list[NewEvent]:
    """One open case for each place of a branch that has to be looked up, and none for any other."""
    wanted = {
        CaseSubject(r["kind"], r["id"])
        for r in tx.rows(
            """SELECT 'patient' AS kind, t.party_id AS id FROM patient t
               JOIN place l ON l.tenant = t.tenant AND l.id = t.place_id
               WHERE t.tenant = app_tenant() AND t.branch_id = :branch AND l.lat IS NULL
                 AND t.status IN ('active', 'unclear')
               UNION ALL
               SELECT 'place', l.id FROM place l
               WHERE l.tenant = app_tenant() AND l.lat IS NULL AND l.owner_key LIKE 'site:%' ORDER BY 1, 2""",
            branch=branch_id,
        )
    }
    cases = [
        (None, CaseToOpen(CaseKind.PLACE_UNLOCATED, subject, PLACE_RISK, (UNLOCATED, LOOK_UP)))
        for subject in sorted(wanted, key=lambda s: (s.kind, s.id))
    ]
    return keep_to(tx, branch_id, CaseKind.PLACE_UNLOCATED, cases, LOCATED)
