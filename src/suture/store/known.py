"""What is stored already of people whose record has a gap: what could not be read stays as it is here."""

from collections.abc import Mapping, Sequence
from typing import Any

from suture.model.imports import LIMITS, GeoPoint, PatientRecord, PostalAddress, StaffRecord
from suture.store.references import ADDRESS_PARTS, References, has_moved, place_row
from suture.store.transaction import Row, Tx

UNCLEAR = "unclear"
"""The status of a person who may not be planned or messaged until it is clear that they may."""


def known_patients(tx: Tx, records: Sequence[PatientRecord]) -> Mapping[str, Row]:
    """The stored row of each patient whose record leaves something open, by external id."""
    rows = tx.rows(
        """SELECT p.external_id, p.family, p.given, p.lang, t.status, t.gender_preference, t.traits,
                  l.lat, l.lon, l.tz, l.line1, l.line2, l.city, l.state, l.postal_code
           FROM patient t JOIN party p ON p.tenant = t.tenant AND p.id = t.party_id
           JOIN place l ON l.tenant = t.tenant AND l.id = t.place_id
           WHERE t.tenant = app_tenant() AND p.external_id = ANY(:ids)""",
        ids=[r.external_id for r in records if r.unreadable or r.absent or r.point is None],
    )
    return {r["external_id"]: r for r in rows}


def known_staff(tx: Tx, records: Sequence[StaffRecord]) -> Mapping[str, Row]:
    """The stored row of each member of staff whose record leaves something open, by external id."""
    rows = tx.rows(
        """SELECT p.external_id, p.family, p.given, p.lang, p.tz, c.status, c.role, c.max_weekly_min, c.languages,
                  c.traits, c.home_place_id, l.line1, l.line2, l.city, l.state, l.postal_code
           FROM clinician c JOIN party p ON p.tenant = c.tenant AND p.id = c.party_id
           LEFT JOIN place l ON l.tenant = p.tenant AND l.owner_key = 'staff:' || p.external_id
           WHERE c.tenant = app_tenant() AND p.external_id = ANY(:ids)""",
        ids=[r.external_id for r in records if r.unreadable or r.absent],
    )
    return {r["external_id"]: r for r in rows}


def kept(record: PatientRecord | StaffRecord, old: Row | None, name: str, column: str, empty: Any) -> Any:
    """One field: what the record says, or else what is stored, or else `empty`."""
    if name not in record.unreadable and (name not in record.absent or old is None):
        return getattr(record, name)
    return empty if old is None else old[column]


def kept_traits(record: PatientRecord | StaffRecord, old: Row | None) -> dict[str, Any]:
    """The facts that only rules read; one that could not be read is what it was, or unknown."""
    said = {name: fact for name, fact in record.traits.items() if name not in record.unreadable}
    before = old["traits"] if old is not None else {}
    return said | {name: before[name] for name in record.unreadable | record.absent if name in before}


def kept_status(record: PatientRecord | StaffRecord, old: Row | None) -> str:
    """The status, or *unclear* where it could not be read, or where a limit could not and none is stored."""
    if "status" in record.unreadable:
        return UNCLEAR
    lacks_limit = bool(record.unreadable & LIMITS[type(record)]) and (old is None or old["status"] == UNCLEAR)
    return UNCLEAR if lacks_limit and record.status == "active" else record.status


def kept_address(record: PatientRecord | StaffRecord, old: Row | None) -> PostalAddress:
    """The address, part by part."""
    gaps = record.unreadable.intersection(ADDRESS_PARTS) if old is not None else frozenset()
    parts = {p: (old[p] or "") if old is not None and p in gaps else getattr(record.address, p) for p in ADDRESS_PARTS}
    return PostalAddress(**parts)


def kept_zone(record: PatientRecord | StaffRecord, old: Row | None, refs: References) -> str:
    """The zone, where none is given the branch's."""
    if "tz" in record.unreadable and old is not None:
        return str(old["tz"])
    return record.tz or refs.tz


def patient_place(record: PatientRecord, old: Row | None, refs: References) -> dict[str, Any]:
    """Where a patient lives. Coordinates that were looked up stay while the record gives none, unless she has moved."""
    address = kept_address(record, old)
    point = record.point
    parts = {part: getattr(address, part) for part in ADDRESS_PARTS}
    if point is None and old is not None and old["lat"] is not None and not has_moved(old, parts):
        point = GeoPoint(old["lat"], old["lon"])
    return place_row(f"patient:{record.external_id}", point, kept_zone(record, old, refs), address)
