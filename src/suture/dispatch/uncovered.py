"""What a person can do about a visit without a clinician: enter facts that a rule lacks, or choose among visits that
cannot all be done. Each is a case of its own, beside that of the visit."""

from collections.abc import Iterator, Mapping, Sequence

from suture.dispatch.day_cases import risk_of
from suture.dispatch.why import in_words
from suture.model.cases import RULE_TEXT, CaseKind, CaseSubject, CaseToOpen, last_useful_minute
from suture.model.day import Day
from suture.model.ids import PartyId, PositionKey, VisitId
from suture.model.instants import wall_clock
from suture.planner.day.conflict import Conflict
from suture.planner.day.explain import ClinicianReason, ReasonKind
from suture.planner.day.problem import DayProblem
from suture.rules.verdicts import DayRules
from suture.words.reason import Reason, any_of, reason

MOST_NAMES = 7
"""A longer list of names ends in "and 4 more"."""

Found = Mapping[PositionKey, Sequence[ClinicianReason]]


def unknown_cases(problem: DayProblem, rules: DayRules, found: Found) -> Iterator[CaseToOpen]:
    """One for each visit that stays without a clinician though only missing facts keep someone from it who works then.

    `found`: what keeps each clinician from each position.
    """
    seen: set[VisitId] = set()
    for key, reasons in found.items():
        lacking = [r for r in reasons if r.kind is ReasonKind.UNKNOWN and _works_then(problem, key, r.clinician_id)]
        if lacking and key.visit_id not in seen:
            seen.add(key.visit_id)
            said = in_words(problem.day, rules, key, lacking)
            texts = tuple(r for r in said if r.code == RULE_TEXT)
            why = (*(r for r in said if r.code != RULE_TEXT), reason("unknown.fix"), *texts)
            yield _case(CaseKind.RULE_UNKNOWN, problem.day, (key.visit_id,), why)


def _works_then(problem: DayProblem, key: PositionKey, clinician_id: PartyId) -> bool:
    if (clinician_id, key.visit_id) in problem.day.declined:
        return False
    v = problem.node_of[key]
    return any(problem.meets_window(r, v) for r in problem.rows_of.get(clinician_id, ()))


def conflict_cases(day: Day, rules: DayRules, found: Sequence[Conflict]) -> Iterator[CaseToOpen]:
    """One for each set of visits that cannot all be done, by the first of its visits; of several with that one the
    smallest, since the visits left out have cases of their own."""
    seen: set[VisitId] = set()
    for conflict in sorted(found, key=lambda c: (len(c.may), c.visits)):
        if conflict.visits[0] not in seen:
            seen.add(conflict.visits[0])
            yield _case(CaseKind.INFEASIBLE_SET, day, conflict.visits, tuple(_said_of(day, rules, conflict)))


def _said_of(day: Day, rules: DayRules, conflict: Conflict) -> Iterator[Reason]:
    people = sorted({c for may in conflict.may.values() for c in may})
    ids = tuple(day.visits[v].external_id for v in conflict.visits)
    yield reason("conflict.visits", who=_names(day, people), visits=ids)
    for visit_id in conflict.visits:
        window, tz = day.visits[visit_id].window, day.branch.tz
        yield reason(
            "conflict.visit",
            visit=day.visits[visit_id].external_id,
            opens=wall_clock(window.earliest_start, tz),
            closes=wall_clock(window.latest_end, tz),
            who=any_of(day.clinicians[c].name for c in conflict.may[visit_id]),
        )
    if conflict.kept_away:
        titles = tuple(reason("conflict.rule", title=rules.title(r)) for r in conflict.rules)
        yield reason("conflict.ruled_out", n=len(conflict.kept_away), rules=titles)
    if not conflict.is_smallest:
        yield reason("conflict.stopped")
    yield reason("conflict.fix")
    for rule_id in conflict.rules:
        if because := rules.because.get(rule_id):
            yield reason("cover.rule", title=rules.title(rule_id), because=because)


def _names(day: Day, people: Sequence[PartyId]) -> tuple[str | Reason, ...]:
    names = [day.clinicians[c].name for c in people]
    if len(names) <= MOST_NAMES + 1:
        return tuple(names)
    return (*names[:MOST_NAMES], reason("who.more", n=len(names) - MOST_NAMES))


def _case(kind: CaseKind, day: Day, visits: Sequence[VisitId], why: tuple[Reason, ...]) -> CaseToOpen:
    """A case about the first of these visits, as urgent as the most urgent of them."""
    among = [day.visits[v] for v in visits]
    deadline = min(last_useful_minute(v.window.latest_start) for v in among)
    return CaseToOpen(kind, CaseSubject("visit", visits[0]), max(map(risk_of, among)), why, deadline)
