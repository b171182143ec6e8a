"""Riverbend Home Care, the demo agency: one seeded morning with a past, made up entirely on real street nodes.

`generate` is the recipe; the ground, the people and the visits are in the files beside this one. What the day promises
is written in tests/unit/sim/test_riverbend.py. `write` makes its whole folder, as the demo imports it: the export, and
beside it the agency's own rules, outreach policy and on-call list.
"""

import csv
import io
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import Final

from suture.sim.riverbend_ground import ZONE, Dice, Row, StreetNode, crow_fly_km, read_streets
from suture.sim.riverbend_people import (
    STAFF,
    Patient,
    availability_rows,
    consent_rows,
    credential_rows,
    draw_patients,
    patient_rows,
    staff_rows,
)
from suture.sim.riverbend_visits import Stop, day_rows, draw_day, past_rows, service_rows

__all__ = ["DEFAULT_SEED", "StreetNode", "as_csv", "generate", "street_nodes", "write"]

_FILES: Final = files("suture.sim") / "files"
_CONFIGURATION: Final = ("rulebook.yaml", "outreach.yaml", "on-call.yaml")
DEFAULT_SEED = 42  # picked by trial: about half of the seeds give a day on which the simple planner keeps every promise
STAFF_LIVE_WITHIN_KM = 3.5

# (clinician whose route of the hidden plan it is, service, which one of these) → what the agency knows about the visit
PRIORITIES = {
    ("E-01", "SN_INFUSION", 0): "stat",
    ("E-01", "SN_WOUND", 0): "urgent",
    ("E-02", "SN_INFUSION", 0): "urgent",
    ("E-04", "SN_DIABETES", 0): "urgent",
}
PREFERRED = (("E-01", "SN_VISIT", 1), ("E-04", "SN_WOUND", 0), ("E-03", "SN_CATHETER", 0), ("E-03", "SN_VISIT", 0),
             ("E-04", "SN_VISIT", 0))  # fmt: skip
BARRED = {("E-01", "SN_VISIT", 0): "E-04", ("E-03", "SN_DIABETES", 0): "E-01"}


def generate(seed: int, streets: Sequence[StreetNode]) -> dict[str, list[Row]]:
    """Make the agency: file name → rows. The same seed and streets give the same rows on any Python ≥ 3.11."""
    dice = Dice(seed)
    center, north, south = (_nearest(streets, share) for share in (0.5, 0.65, 0.35))
    sites = {"NORTH": north, "SOUTH": south}
    free = [node for node in streets if node not in (center, north, south)]
    central = [node for node in free if crow_fly_km(node, center) <= STAFF_LIVE_WITHIN_KM]
    homes = dict(zip([m.id for m in STAFF], dice.shuffled(central), strict=False))
    free = [node for node in free if node not in homes.values()]

    stops = draw_day(dice, homes, sites, free)
    _add_wishes(stops)
    patients = _give_patients(dice, stops, free)
    past = past_rows(dice, stops, homes)
    return {
        "branch.csv": [_branch_row(center)],
        "sites.csv": [_site_row(code, node) for code, node in sites.items()],
        "services.csv": service_rows(),
        "patients.csv": patient_rows(patients),
        "staff.csv": staff_rows(homes),
        "credentials.csv": credential_rows(),
        "availability.csv": availability_rows(),
        "visits.csv": past + day_rows(stops),
        "consents.csv": consent_rows(patients),
    }


def as_csv(rows: Sequence[Row]) -> str:
    """Header and rows as CSV text with plain line ends."""
    text = io.StringIO()
    writer = csv.DictWriter(text, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def street_nodes() -> list[StreetNode]:
    """The street nodes of Columbus that homes and clinics are placed on."""
    return read_streets((_FILES / "streets.csv").read_text(encoding="utf-8"))


def write(folder: Path, seed: int = DEFAULT_SEED) -> None:
    """Write the agency's files into the folder: what `generate` makes, and its configuration."""
    for name, rows in generate(seed, street_nodes()).items():
        (folder / name).write_text(as_csv(rows), encoding="utf-8", newline="\n")
    for name in _CONFIGURATION:
        (folder / name).write_bytes((_FILES / name).read_bytes())


def _nearest(streets: Sequence[StreetNode], share: float) -> StreetNode:
    """The node nearest the point in the middle from west to east and at this share of the way from south to north."""
    lats, lons = [node.lat for node in streets], [node.lon for node in streets]
    lat = min(lats) + share * (max(lats) - min(lats))
    wanted = StreetNode(0, lat, (min(lons) + max(lons)) / 2)
    return min(streets, key=lambda node: (crow_fly_km(node, wanted), node.osm_node_id))


def _add_wishes(stops: Sequence[Stop]) -> None:
    seen: dict[tuple[str, str], int] = {}
    for stop in stops:
        kind = (stop.doer, stop.service)
        key = (*kind, seen.get(kind, 0))
        seen[kind] = key[2] + 1
        stop.priority = PRIORITIES.get(key, "routine")
        stop.preferred = stop.usual if key in PREFERRED else ""
        stop.barred = BARRED.get(key, "")


def _give_patients(dice: Dice, stops: Sequence[Stop], free: Sequence[StreetNode]) -> list[Patient]:
    """Give each stop its patient: who lives at its place, or, for an appointment, someone who lives elsewhere."""
    at_home = list(dict.fromkeys(stop.place for stop in stops if not stop.site))
    others = dice.shuffled([node for node in free if node not in at_home])
    at_clinic = [stop for stop in stops if stop.site]
    homes = dice.shuffled(at_home + others[: len(at_clinic)])
    patients = draw_patients(dice, homes)
    by_home = {patient.home: patient for patient in patients}
    for stop in stops:
        stop.patient = by_home[others[at_clinic.index(stop)] if stop.site else stop.place].id
    return patients


def _branch_row(center: StreetNode) -> Row:
    return {
        "external_id": "COLUMBUS", "agency": "Riverbend Home Care", "name": "Columbus", "phone": "+16145550100",
        "timezone": ZONE, **center.columns(), "week_starts_on": "sunday",
    }  # fmt: skip


def _site_row(code: str, node: StreetNode) -> Row:
    word = code.capitalize()
    return {
        "site_code": code, "name": f"Riverbend Clinic {word}", "line1": f"1 {word} Example Plaza",
        "city": "Columbus", "state": "OH", "postal_code": "", **node.columns(), "timezone": ZONE,
    }  # fmt: skip
