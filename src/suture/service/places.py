"""Places that someone has to look up: out as a file that a geocoder reads, and in again with coordinates."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from suture.model.audit import AuditCode
from suture.model.import_lines import shown_id
from suture.model.imports import GeoPoint
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.store import access, audit, events, places
from suture.store.branches import all_branches
from suture.store.gaps import wake
from suture.store.places import MissingPlace
from suture.words.catalog import _

COLUMNS = ("owner", "external_id", "line1", "line2", "city", "state", "postal_code", "lat", "lon")
FARTHEST_KM = 1000
"""No one drives from a branch to a place farther away than this: the coordinates must be wrong."""


class NotAPlacesFile(ServiceError):
    """A file that is not what `suture places missing` writes."""


@dataclass(frozen=True, slots=True)
class PlacesLoaded:
    """What a file of places did: how many are known now, lines that cannot be used, and how many are still missing.

    `asked`: visits on planned days for which a clinician is looked for now.
    """

    located: int
    asked: int
    missing: int
    lines: tuple[str, ...]


def missing_places(caller: Caller) -> tuple[MissingPlace, ...]:
    """Every place that has to be looked up."""
    with caller.transaction() as tx:
        return access.places_to_look_up(tx)


def as_csv(missing: Sequence[MissingPlace]) -> str:
    """The places as a file: coordinates are empty, for whoever looks them up."""
    out = io.StringIO()
    write = csv.writer(out, lineterminator="\n")
    write.writerow(COLUMNS)
    for p in missing:
        write.writerow((p.kind, p.external_id, p.line1, p.line2, p.city, p.state, p.postal_code, "", ""))
    return out.getvalue()


def load_places(caller: Caller, text: str) -> PlacesLoaded:
    """Take in coordinates that were looked up, and look for someone who goes there. Raises NotAPlacesFile."""
    with caller.transaction() as tx:
        waiting = {(p.kind, p.external_id): p for p in places.missing(tx)}
        offices, known = places.branch_points(tx), places.located(tx)
        found: dict[tuple[str, str], GeoPoint] = {}
        rows = list(_rows(text))
        times = Counter((row["owner"], row["external_id"]) for _number, row in rows)
        lines = []
        for number, row in rows:
            point = _point(row, offices)
            key = (row["owner"], row["external_id"])
            if isinstance(point, str):
                lines.append(_("line {number}: {fault}", number=number, fault=point))
            elif times[key] > 1:
                lines.append(_twice(number, shown_id(key[1]), times[key]))
            elif point is not None and key in waiting:
                found[key] = point
            elif point is not None and key not in known:
                lines.append(_strange(number, shown_id(key[1])))
        ids = [waiting[key].id for key in found]
        located = places.locate(tx, list(zip(ids, found.values(), strict=True)))
        asked = wake(tx, places=ids)
        for branch in all_branches(tx):
            happened = places.refresh_cases(tx, branch.id)
            events.append(tx, branch_id=branch.id, service_date=None, events=happened)
        if located:
            audit.record(tx, AuditCode.PLACES_LOADED, "agency", tx.tenant, places=located)
        return PlacesLoaded(located, len(asked), len(waiting) - located, tuple(lines))


def _twice(number: int, id_: str, n: int) -> str:
    if not id_:
        return _("line {number}: the same id is on {n} lines; keep one", number=number, n=n)
    return _("line {number}: {id} is on {n} lines; keep one", number=number, id=id_, n=n)


def _strange(number: int, id_: str) -> str:
    if not id_:
        return _("line {number}: this is not a place of this agency", number=number)
    return _("line {number}: {id} is not a place of this agency", number=number, id=id_)


def _rows(text: str) -> Iterator[tuple[int, Mapping[str, str]]]:
    """The rows with their lines. Raises NotAPlacesFile."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    names = [name.strip().casefold() for name in reader.fieldnames or ()]
    missing = [name for name in ("owner", "external_id", "lat", "lon") if name not in names]
    if missing:
        said = _(
            "This is not a file of places: it has no column {columns}. Take the one that suture places missing writes, "
            "and fill in lat and lon.",
            columns=", ".join(missing),
        )
        raise NotAPlacesFile(said)
    reader.fieldnames = names
    for row in reader:
        yield reader.line_num, {name: (cell or "").strip() for name, cell in row.items() if isinstance(name, str)}


def _point(row: Mapping[str, str], offices: Sequence[GeoPoint]) -> GeoPoint | str | None:
    """Where it is; why that cannot be; None where it has not been looked up yet."""
    if not row["lat"] and not row["lon"]:
        return None
    try:
        point = GeoPoint(float(row["lat"]), float(row["lon"]))
    except ValueError:
        return _("lat and lon must both be decimal degrees, such as 39.9937")
    if not (abs(point.lat) <= 90 and abs(point.lon) <= 180):
        return _("lat must be between -90 and 90, lon between -180 and 180; maybe they are swapped")
    if abs(point.lat) < 0.01 and abs(point.lon) < 0.01:
        return _("0, 0 is in the ocean; leave lat and lon empty where nothing was found")
    km = min((point.km_to(office) for office in offices), default=0.0)
    if km > FARTHEST_KM:
        return _("is {n} km from the nearest branch; check lat and lon, maybe they are swapped", n=round(km))
    return point
