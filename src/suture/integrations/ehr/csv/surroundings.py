"""What a row leans on besides its own cells: the branch, its sites, the map, and the days that are spoken of."""

from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from suture.integrations.ehr.csv.fields import FieldError
from suture.integrations.ehr.csv.reading import Row
from suture.model.imports import BranchRecord, GeoPoint, PostalAddress

FARTHEST_KM = 1000
"""Nobody drives from a branch to a patient farther away than this: the coordinates must be wrong."""
NEAR_KM = 300


class Fault(Exception):
    """A row whose cells do not fit together; `column` is the one to mend."""

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

    def zone(self, row: Row) -> str:
        """The row's own zone, or its site's, or the branch's."""
        own: str | None = row.values.get("timezone")
        zone = (
            own or self.site_zones.get(row.values.get("site_code") or "") or (self.branch.tz if self.branch else None)
        )
        if zone is None:
            raise Fault(
                "timezone", FieldError("missing", "is empty", "write it as America/New_York, or add branch.csv")
            )
        return zone


def address_of(v: Mapping[str, Any], prefix: str = "") -> PostalAddress:
    """The address as spelled."""
    parts = ("line1", "line2", "city", "state", "postal_code")
    return PostalAddress(**{part: v.get(prefix + part, "") for part in parts})


def needed_point(row: Row, around: Surroundings) -> GeoPoint:
    """The place of a row that must have one."""
    point = point_of(row, around)
    if point is None:
        hint = "write decimal degrees: addresses are not looked up yet"
        raise Fault("lat", FieldError("missing", "is empty, and so is lon", hint))
    return point


def point_of(row: Row, around: Surroundings) -> GeoPoint | None:
    """The place of a row, near its branch; None where it gives none."""
    lat, lon = row.values["lat"], row.values["lon"]
    if lat is None and lon is None:
        return None
    if lat is None or lon is None:
        raise Fault("lat" if lat is None else "lon", FieldError("missing", "is empty", "write lat and lon, or neither"))
    point = GeoPoint(lat, lon)
    if abs(lat) < 0.01 and abs(lon) < 0.01:
        raise Fault("lat", FieldError("range", "0, 0 lies in the sea", "write the true place, or leave both empty"))
    if around.branch is not None:
        _check_near(point, around.branch.point)
    return point


def _check_near(point: GeoPoint, branch: GeoPoint) -> None:
    km = point.km_to(branch)
    if km <= NEAR_KM:
        return
    if abs(point.lon) <= 90 and GeoPoint(point.lon, point.lat).km_to(branch) <= NEAR_KM:
        raise Fault(
            "lat", FieldError("swapped", "lat and lon are swapped", "write the latitude first: swap the two cells")
        )
    if km > FARTHEST_KM:
        raise Fault("lat", FieldError("far", f"lies {km:.0f} km from the branch", "check lat and lon"))
