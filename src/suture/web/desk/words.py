"""The console's sentences: what an exception is, and what a move did."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from suture.model.cases import ASKED_FOR_ANOTHER_TIME, CASE_WORDS, Band, CaseKind
from suture.model.configuration import ConfigKind
from suture.model.events import EventKind
from suture.model.instants import local_date
from suture.model.outreach_state import HoldCause, OutreachState
from suture.store.attempts import Away
from suture.store.views import CaseView, MomentView, MoveView
from suture.web.render import clock
from suture.web.render import moment as moment_of

BANDS: Mapping[Band, tuple[str, str]] = {
    Band.CRITICAL: ("‼", "Critical"),
    Band.HIGH: ("!", "High"),
    Band.MEDIUM: ("◆", "Medium"),
    Band.LOW: ("•", "Low"),
}
"""Icon and word of each band; the color is the style sheet's."""

HEADINGS: Mapping[CaseKind, str] = {
    CaseKind.UNCOVERED_VISIT: "No clinician for {who}, {when}",
    CaseKind.UNCOVERED_SHIFT: "No clinician for the open shift, {when}",
    CaseKind.CLINICIAN_DECLINED: "{who} cannot do the visits",
    CaseKind.CREDENTIAL_EXPIRING: "{who} has a credential to renew",
    CaseKind.PATIENT_DECLINED: "{who} said no",  # to a window of then, which the plan may have left since
    CaseKind.OPTED_OUT: "{who} wants no more texts",
    CaseKind.ON_HOLD_REVIEW: "The visit to {who} is on hold, {when}",
    CaseKind.NO_SHOW_FOLLOWUP: "{who} was not home, {when}",
    CaseKind.PROMISE_AT_RISK: "The time promised to {who} is at risk, {when}",
    CaseKind.RULE_UNKNOWN: "A rule is missing facts about {who}",
    CaseKind.EVV_MISMATCH: "A report on the visit to {who} does not match, {when}",
    CaseKind.UPSTREAM_MISSING: "{who} is missing from a full export",
    CaseKind.FIELD_CONFLICT: "A file would move people to another branch",
    CaseKind.PLACE_UNLOCATED: "The address of {who} is not on the map yet",
    CaseKind.VISIT_UNCLEAR: "A file does not say enough about the visit to {who}, {when}",
    CaseKind.PERSON_UNCLEAR: "A file does not say enough about {who}",
    CaseKind.IMPORT_SET_ASIDE: "{file} needs fixing",
    CaseKind.CHANGE_OVER_BUDGET: "{who} has had too many changes today",
    CaseKind.MESSAGE_UNDELIVERABLE: "No message could reach {who}",
    CaseKind.REPLY_UNCLEAR: "A text from {who} needs to be read",
    CaseKind.LIMIT_REACHED: "A report could not be handled",
    CaseKind.MASS_CHANGE_HELD: "An import would remove too much at once and is on hold",
}

A_FILE = "an imported file"
EMERGENCY = "A text from {who} may be an emergency"
OTHER_TIME = "{who} asked for another time"
MISSING_VISIT = "The visit to {who}, {when}, is missing from a full export"

HELD: Mapping[HoldCause, str] = {
    HoldCause.NEW: "Messages are on hold, as they are for every new agency.",
    HoldCause.RESTORED: "Messages are on hold: this agency was restored from a backup.",
    HoldCause.ASKED: "Messages are on hold: someone put them on hold.",
}
HELD_UNTIL = (
    "Nothing is sent, except to test recipients, until an administrator releases them: suture outreach release."
)
AWAITING = (
    "Patients get no messages before a full import (suture import csv DIR --full): this agency was restored from a "
    "backup."
)

DEFAULTS: Mapping[ConfigKind, str] = {ConfigKind.RULES: "rules", ConfigKind.POLICY: "messages"}
UNDER_DEFAULTS = "Your {what} follow Suture’s defaults until your administrator sets your own."

NO_MAIL = "E-mail is not going out: the mail server{server} {why} (since {since}; {waiting}). {maybe}"
SILENT = ("does not answer", "Maybe SUTURE_SMTP_HOST or SUTURE_SMTP_PORT is wrong, or the server is down.")
REFUSES = (
    "does not let Suture sign in",
    "Maybe SUTURE_SMTP_USERNAME or SUTURE_SMTP_PASSWORD is wrong.",
)

NEWEST_MOMENTS, MOST_MOMENTS = 8, 20
"""How many decisions are told whatever they did, and how many at most."""

UNNAMED = {
    CaseKind.PATIENT_DECLINED: "a patient",
    CaseKind.REPLY_UNCLEAR: "an unknown number",
    CaseKind.PLACE_UNLOCATED: "a clinic",
}
"""Whom a heading names where no name is known."""


def mail_words(away: Away | None, server: str, now: datetime, tz: str) -> str:
    """Why e-mail is not going out; empty where it is, as far as anybody knows."""
    if away is None:
        return ""
    why, maybe = REFUSES if away.refuses_us else SILENT
    since = moment_of(away.since, tz, local_date(now, tz))
    waiting = f"{away.waiting} e-mail{' waits' if away.waiting == 1 else 's wait'}"
    return NO_MAIL.format(server=f" {server}" if server else "", why=why, since=since, waiting=waiting, maybe=maybe)


def held_words(state: OutreachState) -> str:
    """Why messages do not leave, and until when; empty where they do."""
    if state.on_hold:
        return f"{HELD[state.cause]} {HELD_UNTIL}"
    return AWAITING if state.awaits_import else ""


def default_words(kinds: Sequence[ConfigKind]) -> str:
    """What the agency has not chosen yet, and how to; empty where it has chosen everything."""
    return UNDER_DEFAULTS.format(what=" and ".join(DEFAULTS[kind] for kind in kinds)) if kinds else ""


def board_span(starts: datetime, ends: datetime, tz: str) -> str:
    """ "09:30–10:30"."""
    return f"{clock(starts, tz)}–{clock(ends, tz)}"


def heading(case: CaseView, tz: str, span: Callable[[datetime, datetime, str], str] = board_span) -> str:
    """What happened, to whom and when, in one line; `span` says how times are written."""
    when = ""
    if case.visit_starts and case.visit_ends:
        when = span(case.visit_starts, case.visit_ends, tz)
    text = _heading_of(case).format(
        who=case.who or UNNAMED.get(case.kind, "someone"), when=when or "at a time unknown", file=case.file or A_FILE
    )
    many = f" ({case.positions} positions)" if case.positions > 1 else ""
    return (text if case.file else text[0].upper() + text[1:]) + many


def _heading_of(case: CaseView) -> str:
    if case.kind is CaseKind.REPLY_UNCLEAR and case.band is Band.CRITICAL:
        return EMERGENCY
    if case.kind is CaseKind.UPSTREAM_MISSING and case.visit:
        return MISSING_VISIT
    if case.kind is CaseKind.PATIENT_DECLINED and any(r.code == ASKED_FOR_ANOTHER_TIME for r in case.reasons):
        return OTHER_TIME
    return HEADINGS[case.kind]


@dataclass(frozen=True, slots=True)
class Told:
    """One decision as the list of last changes tells it: what went to other people, what kept its clinician at another
    time, and what only has another place in the order of its route."""

    moment: MomentView
    title: str
    hands: tuple[str, ...]
    times: tuple[str, ...]
    order: tuple[str, ...]
    cases: str


def worth_telling(moments: Sequence[MomentView]) -> list[MomentView]:
    """The newest decisions, newest first; what moved people stays longer, and answers between them are one entry."""
    joined: list[MomentView] = []
    for moment in moments:
        last = joined[-1] if joined else None
        if last and last.kind is None and moment.kind is None:
            joined[-1] = replace(last, opened=(*moment.opened, *last.opened), closed=(*moment.closed, *last.closed))
        else:
            joined.append(moment)
    return [m for n, m in enumerate(joined) if n < NEWEST_MOMENTS or _moved_people(m)][:MOST_MOMENTS]


def _moved_people(moment: MomentView) -> bool:
    repaired = moment.kind is EventKind.PLAN_REPAIRED
    return repaired and any(m.kind is not EventKind.VISIT_RETIMED for m in moment.moves)


def tell(moment: MomentView, tz: str) -> Told:
    """The words of one decision."""
    hands = tuple(move_sentence(m, tz) for m in moment.moves if m.kind is not EventKind.VISIT_RETIMED)
    stay = [m for m in moment.moves if m.kind is EventKind.VISIT_RETIMED]
    times = tuple(move_sentence(m, tz) for m in stay if not _is_order_only(m, tz))
    order = tuple(move_sentence(m, tz) for m in stay if _is_order_only(m, tz))
    counts = [_counted(moment.opened, "opened"), _counted(moment.closed, "closed")]
    return Told(moment, moment_title(moment), hands, times, order, ". ".join(c for c in counts if c))


def _counted(kinds: Sequence[CaseKind], verb: str) -> str:
    """ "Exceptions opened: 2 visits without a clinician, 1 text to read"."""
    listed = ", ".join(f"{n} {CASE_WORDS[kind][n > 1]}" for kind, n in Counter(kinds).items())
    return f"Exceptions {verb}: {listed}" if listed else ""


def moment_title(moment: MomentView) -> str:
    """What one decision was."""
    because = str(moment.because or "")
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
    whom = move.who or (f"Visit {move.visit}" if move.visit else "A visit")
    old, new = clock(move.old_start, tz), clock(move.new_start, tz)
    times = f"{old} → {new}" if move.old_start and move.new_start and old != new else (new if move.new_start else old)
    match move.kind:
        case EventKind.VISIT_REASSIGNED:
            return f"{whom}, {times}: {move.from_name} → {move.to_name}"
        case EventKind.VISIT_ASSIGNED:
            return f"{whom}, {times}: {move.to_name}"
        case EventKind.VISIT_RETIMED:
            return f"{whom}, {times}: stays with {move.to_name}{_more(move, tz)}"
        case EventKind.VISIT_UNCOVERED:
            return f"{whom}, {times}: {move.from_name} → no clinician"
        case _:
            return f"{whom}, {times}: taken off {move.from_name}’s list"


def _is_order_only(move: MoveView, tz: str) -> bool:
    return clock(move.old_start, tz) == clock(move.new_start, tz) and not _more(move, tz)


def _more(move: MoveView, tz: str) -> str:
    """What changed of a stop that keeps its clinician and its start."""
    if clock(move.old_start, tz) != clock(move.new_start, tz):
        return ""
    old, new = clock(move.old_end, tz), clock(move.new_end, tz)
    if move.old_end and move.new_end and old != new:
        return f", ends {old} → {new}"
    return ", the patient is told another time" if move.told_changed else ""
