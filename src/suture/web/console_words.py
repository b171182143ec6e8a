"""The console's sentences: what an exception is, what a move did, what a number means."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from suture.model.cases import Band, CaseKind
from suture.model.events import EventKind
from suture.store.views import CaseView, MomentView, MoveView
from suture.web.render import clock

BANDS: Mapping[Band, tuple[str, str]] = {
    Band.CRITICAL: ("‼", "Critical"),
    Band.HIGH: ("!", "High"),
    Band.MEDIUM: ("◆", "Medium"),
    Band.LOW: ("•", "Low"),
}
"""Icon and word of each band; the colour is the style sheet's."""

HEADINGS: Mapping[CaseKind, str] = {
    CaseKind.UNCOVERED_VISIT: "Nobody to visit {who}, {when}",
    CaseKind.UNCOVERED_SHIFT: "Nobody for the open shift, {when}",
    CaseKind.CLINICIAN_DECLINED: "{who} cannot do what was asked",
    CaseKind.CREDENTIAL_EXPIRING: "A credential of {who} runs out",
    CaseKind.PATIENT_DECLINED: "{who} did not agree to {when}",
    CaseKind.OPTED_OUT: "{who} wants no more texts",
    CaseKind.NO_SHOW_FOLLOWUP: "{who} was not home, {when}",
    CaseKind.PROMISE_AT_RISK: "The time promised to {who} is at risk, {when}",
    CaseKind.RULE_UNKNOWN: "A rule lacks the facts to decide about {who}",
    CaseKind.CHANGE_OVER_BUDGET: "{who} would hear of too many changes today",
    CaseKind.MESSAGE_UNDELIVERABLE: "A message to {who} did not arrive",
    CaseKind.REPLY_UNCLEAR: "A reply wants reading",
    CaseKind.LIMIT_REACHED: "Something reached its limit",
}


def heading(case: CaseView, tz: str) -> str:
    """What happened, to whom and when, in one line."""
    when = ""
    if case.visit_starts and case.visit_ends:
        when = f"{clock(case.visit_starts, tz)}–{clock(case.visit_ends, tz)}"
    text = HEADINGS[case.kind].format(who=case.who or "somebody", when=when or "at a time unknown")
    return text[0].upper() + text[1:]


@dataclass(frozen=True, slots=True)
class Told:
    """One decision as the list of last changes tells it: what went to other people first, then what moved in time."""

    moment: MomentView
    title: str
    hands: tuple[str, ...]
    times: tuple[str, ...]
    cases: str


def tell(moment: MomentView, tz: str) -> Told:
    """The words of one decision."""
    hands = tuple(move_sentence(m, tz) for m in moment.moves if m.kind is not EventKind.VISIT_RETIMED)
    times = tuple(move_sentence(m, tz) for m in moment.moves if m.kind is EventKind.VISIT_RETIMED)
    counts = [_counted(moment.opened, "opened"), _counted(moment.closed, "closed")]
    return Told(moment, moment_title(moment), hands, times, ". ".join(c for c in counts if c))


def _counted(kinds: Sequence[CaseKind], verb: str) -> str:
    """ "Exceptions opened: 2 uncovered visit, 1 reply unclear"."""
    listed = ", ".join(f"{n} {kind.replace('_', ' ')}" for kind, n in Counter(kinds).items())
    return f"Exceptions {verb}: {listed}" if listed else ""


def moment_title(moment: MomentView) -> str:
    """What one decision was."""
    because = moment.because.strip()
    match moment.kind:
        case EventKind.PLAN_MADE:
            return "The day was planned"
        case EventKind.PLAN_PUBLISHED:
            return "The plan was published"
        case EventKind.PLAN_REPAIRED:
            return because[:1].upper() + because[1:] if because else "The plan was repaired"
        case _:
            return "The list of exceptions changed"


def move_sentence(move: MoveView, tz: str) -> str:
    """One position's change: from whom to whom, from when to when."""
    whom = move.who or move.visit or "A visit"
    old, new = clock(move.old_start, tz), clock(move.new_start, tz)
    times = f"{old} → {new}" if move.old_start and move.new_start and old != new else (new if move.new_start else old)
    match move.kind:
        case EventKind.VISIT_REASSIGNED:
            return f"{whom}, {times}: {move.from_name} → {move.to_name}"
        case EventKind.VISIT_ASSIGNED:
            return f"{whom}, {times}: {move.to_name}"
        case EventKind.VISIT_RETIMED:
            return f"{whom}, {times}: stays with {move.to_name}"
        case EventKind.VISIT_UNCOVERED:
            return f"{whom}, {times}: {move.from_name} → nobody"
        case _:
            return f"{whom}, {times}: taken off {move.from_name}’s list"
