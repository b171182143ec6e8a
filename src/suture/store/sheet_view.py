"""A branch-day as paper shows it: what a clinician needs at the door, and a coordinator when the server is down."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime

from suture.model.ids import PartyId
from suture.model.people import Branch
from suture.model.visit import Priority
from suture.store.views import CaseView, ClinicianView, HeadView, StopView


@dataclass(frozen=True, slots=True)
class SheetStop:
    """One position with where it is and whom to call.

    `patient` is the full name, `site` the name of a clinic; each is empty where there is none. `address` are the lines
    of the place, `point` its latitude and longitude in degrees. `pets` and `tags` are what the agency noted.
    """

    stop: StopView
    patient: str
    site: str
    address: tuple[str, ...]
    point: tuple[float, float] | None
    phone: str
    visit_type: str
    priority: Priority
    pets: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SheetClinician:
    """One clinician and the number to call, empty where none is known."""

    who: ClinicianView
    phone: str


@dataclass(frozen=True, slots=True)
class DaySheet:
    """Everything that is printed of one branch-day, as it was at `read_at`."""

    branch: Branch
    service_date: date
    head: HeadView
    read_at: datetime
    clinicians: tuple[SheetClinician, ...]
    stops: tuple[SheetStop, ...]
    cases: tuple[CaseView, ...]
    on_hold: bool = False
    """Whether the agency's messages are on hold: no patient can say yes, so no visit waits for it."""

    def routes(self) -> dict[PartyId, tuple[SheetStop, ...]]:
        """Each clinician's stops in order of time; who has none is left out."""
        found: dict[PartyId, list[SheetStop]] = defaultdict(list)
        for one in self.stops:  # they come by planned start
            if one.stop.seat:
                found[one.stop.seat.clinician_id].append(one)
        return {clinician_id: tuple(stops) for clinician_id, stops in found.items()}

    @property
    def uncovered(self) -> tuple[SheetStop, ...]:
        """Positions that need a clinician and have none."""
        return tuple(one for one in self.stops if one.stop.wants_cover)

    @property
    def left_out(self) -> tuple[SheetStop, ...]:
        """Positions that no clinician is to go to: cancelled, closed or on hold."""
        return tuple(one for one in self.stops if one.stop.seat is None and not one.stop.wants_cover)
