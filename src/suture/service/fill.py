"""Who could take a position that has no clinician, as the day stands now: for a person who decides whom to ask."""

from dataclasses import dataclass
from datetime import date, datetime

from suture.dispatch.fill import call_list
from suture.dispatch.ladder import trace
from suture.dispatch.why import in_words
from suture.model.ids import PositionKey
from suture.model.instants import wall_clock
from suture.model.offers import Offer
from suture.model.people import Branch
from suture.rules.evaluate import evaluate
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.service.state import complete, see
from suture.store import access, lookups
from suture.store.branches import branch_by_id
from suture.store.lookups import FoundVisit
from suture.store.transaction import Tx
from suture.words.catalog import _
from suture.words.reason import Reason


class NothingToFill(ServiceError):
    """The visit is unknown, covered, closed, or of a day without a plan."""


@dataclass(frozen=True, slots=True)
class CouldTake:
    """One person who could take it, from `starts_at` on. `not_now`: why they are not asked now."""

    clinician: str
    name: str
    starts_at: datetime
    why: Reason
    not_now: Reason | None


@dataclass(frozen=True, slots=True)
class CannotTake:
    """One person who cannot, and the cheapest thing that is in the way."""

    clinician: str
    name: str
    why: Reason


@dataclass(frozen=True, slots=True)
class FillList:
    """Everyone about one position, best first. `offers`: whom it was put to, round by round; `ids`: theirs.

    `opens` .. `closes`: when it may take place, on the branch's clock. `steps`: what was tried, step by step.
    """

    visit: str
    position: int
    branch: Branch
    service_date: date
    opens: datetime
    closes: datetime
    could: tuple[CouldTake, ...]
    cannot: tuple[CannotTake, ...]
    offers: tuple[Offer, ...]
    steps: tuple[Reason, ...]
    ids: dict[int, str]
    on_hold: bool = False
    """Whether no message leaves now."""


def visit_to_fill(tx: Tx, visit: str) -> FoundVisit:
    """The visit of that id in the caller's branches. Raises NothingToFill."""
    found = lookups.visit(tx, visit)
    if found is None:
        raise NothingToFill(_("There is no visit {visit}.", visit=repr(visit)))
    return found


def fill_list(caller: Caller, visit: str, position: int = 1) -> FillList:
    """The ranked list of one position of a visit, by its id in the files. Raises NothingToFill."""
    with caller.transaction() as tx:
        found = visit_to_fill(tx, visit)
        seen = see(tx, caller.tools, branch_by_id(tx, found.branch_id), found.service_date)
        access.asks_of_visit(tx, visit)
    day, key = complete(caller.tools, seen), PositionKey(found.id, position)
    if not day.is_planned:
        raise NothingToFill(_("The day of visit {visit} has no plan yet.", visit=visit))
    if key in day.plan.assignments or key not in day.open_positions():
        raise NothingToFill(_("Visit {visit} has the clinicians it needs, or is over.", visit=visit))
    rules = evaluate(seen.book, day)
    listed = call_list(day, rules, key, seen.now, by_person=True)
    could = [
        CouldTake(
            day.clinicians[r.could.clinician_id].external_id,
            day.clinicians[r.could.clinician_id].name,
            r.could.starts_at,
            r.why,
            r.not_now,
        )
        for r in listed.ranked
    ]
    cannot = [
        CannotTake(day.clinicians[c.clinician_id].external_id, day.clinicians[c.clinician_id].name, said)
        for c in listed.cannot
        for said in in_words(day, rules, key, [c])[:1]
    ]
    offers, window = tuple(o for o in day.offers if o.key == key), day.visits[key.visit_id].window
    return FillList(
        visit=visit,
        position=position,
        branch=day.branch,
        service_date=found.service_date,
        opens=wall_clock(window.earliest_start, day.branch.tz),
        closes=wall_clock(window.latest_end, day.branch.tz),
        could=tuple(could),
        cannot=tuple(cannot),
        offers=offers,
        steps=trace(day, key, may_ask=any(c.not_now is None for c in could)) if offers else (),
        ids={c.id: c.external_id for c in day.clinicians.values()},
        on_hold=day.offering.on_hold,
    )
