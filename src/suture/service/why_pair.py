"""Why one clinician may or may not have one visit: the rules' own trace of the pair, as it stands now."""

from datetime import date

from suture.model.ids import PartyId, VisitId
from suture.planner.day.fix import priced
from suture.rules.evaluate import evaluate
from suture.rules.explain import Fix, Trace, cheapest_fix, explain
from suture.service.branch_named import the_branch
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.service.state import complete, see
from suture.store import access
from suture.words.catalog import _
from suture.words.dates import full_date


class NoSuchPair(ServiceError):
    """The day has no such visit that needs someone, or no such clinician."""


def why_pair(caller: Caller, branch: str | None, service_date: date, clinician: str, visit: str) -> tuple[Trace, Fix]:
    """Every rule's word on a pair, and the cheapest fix with its price. Raises UnknownBranch or NoSuchPair."""
    with caller.transaction() as tx:
        seen = see(tx, caller.tools, the_branch(tx, branch), service_date)
        access.asks_of_visit(tx, visit)
    day = complete(caller.tools, seen)
    people: dict[str, PartyId] = {c.external_id: c.id for c in day.clinicians.values()}
    visits: dict[str, VisitId] = {v.external_id: v.id for v in day.visits.values() if v.is_plannable}
    if clinician not in people:
        known = ", ".join(sorted(people)[:20]) or _("none")
        raise NoSuchPair(_("There is no clinician {id}. Known: {known}.", id=repr(clinician), known=known))
    if visit not in visits:
        date_ = full_date(service_date)
        raise NoSuchPair(_("{date} has no visit {visit} that needs a clinician.", date=date_, visit=repr(visit)))
    rules = evaluate(seen.book, day)
    trace = explain(rules, people[clinician], visits[visit])
    return trace, priced(cheapest_fix(trace), day, rules, now=seen.now)
