"""What a row relies on besides its own cells: the branch, its sites, the map, and the days in the export."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from suture.integrations.ehr.csv.fields import FieldError
from suture.integrations.ehr.csv.tables import Row
from suture.model.imports import BranchRecord, GeoPoint, PostalAddress
from suture.words.reason import reason

FARTHEST_KM = 1000
"""No one drives from a branch to a patient farther away than this: the coordinates must be wrong."""
NEAR_KM = 300
NO_ZONE = FieldError("missing", reason("file.empty_cell"), reason("file.hint.zone_or_branch"))


class Fault(Exception):
    """A row whose cells do not fit together; `column` is the one to fix."""

    def __init__(self, column: str, error: FieldError) -> None:
        super().__init__(column, error)
        self.column = column
        self.error = error


@dataclass(slots=True)
class Surroundings:
    """What rows lean on: the folder's branch and sites, and the days on which availability is wanted."""

    branch: BranchRecord | None = None
    site_zones: dict[str, str] = field(default_factory=dict)
    days: Set[date] = frozenset()
    twice: Mapping[str, Set[str]] = field(default_factory=dict)
    """By file, the ids that are there on several lines: whatever depends on one of them waits."""

    def zone(self, row: Row) -> str:
        """The row's own zone, or its site's, or the branch's; empty where none of them is known."""
        own: str | None = row.values.get("timezone")
        site = self.site_zones.get(row.values.get("site_code") or "")
        return own or site or (self.branch.tz if self.branch else "")


def needed_zone(row: Row, around: Surroundings) -> str | None:
    """The zone that the times of a row are told in; None where it is not known, which is a fault of the row."""
    if "timezone" in row.unreadable:
        return None
    zone = around.zone(row)
    if not zone:
        row.leave_out("timezone", NO_ZONE)
        return None
    return zone


def address_of(v: Mapping[str, Any], prefix: str = "") -> PostalAddress:
    """The address as spelled."""
    parts = ("line1", "line2", "city", "state", "postal_code")
    return PostalAddress(**{part: v.get(prefix + part, "") for part in parts})


def point_of(row: Row, around: Surroundings, *, needed: bool = False) -> GeoPoint | None:
    """The place of a row, near its branch; None where it gives none, or none that can be."""
    if "lat" in row.unreadable or "lon" in row.unreadable:
        row.lose("lat", "lon")
        return None
    lat, lon = row.values["lat"], row.values["lon"]
    if lat is None and lon is None and not needed:
        return None
    error = _wrong_point(lat, lon, around)
    if error is not None:
        row.leave_out(*error, "lat", "lon")
        return None
    return GeoPoint(lat, lon)


def _wrong_point(lat: float | None, lon: float | None, around: Surroundings) -> tuple[str, FieldError] | None:
    """The column to fix, and why."""
    if lat is None or lon is None:
        column = "lat" if lat is None else "lon"
        return column, FieldError("missing", reason("file.empty_cell"), reason("file.hint.lat_and_lon"))
    if abs(lat) < 0.01 and abs(lon) < 0.01:
        return "lat", FieldError("range", reason("file.in_the_ocean"), reason("file.hint.look_up"))
    point, branch = GeoPoint(lat, lon), around.branch.point if around.branch is not None else None
    km = point.km_to(branch) if branch is not None else 0.0
    if branch is None or km <= NEAR_KM:
        return None
    if abs(point.lon) <= 90 and GeoPoint(point.lon, point.lat).km_to(branch) <= NEAR_KM:
        return "lat", FieldError("swapped", reason("file.swapped"), reason("file.hint.lat_first"))
    if km > FARTHEST_KM:
        return "lat", FieldError("far", reason("file.far", km=round(km)), reason("file.hint.check_point"))
    return None
