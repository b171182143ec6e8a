"""The console's sentences: what an exception is, and what a move did."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from suture.model.cases import ASKED_FOR_ANOTHER_TIME, CASE_WORDS, Band, CaseKind
from suture.model.configuration import ConfigKind
from suture.model.events import EventKind
from suture.model.funnel import Funnel, Funnels, Lead
from suture.model.instants import local_date
from suture.model.messages import Channel, TouchState
from suture.model.outreach_state import HoldCause, OutreachState
from suture.store.attempts import Away
from suture.store.views import CalledView, CaseView, MomentView, MoveView
from suture.web.render import capital, clock
from suture.web.render import moment as moment_of
from suture.words.catalog import _, marked, plural
from suture.words.reason import Reason, all_of, values_of

BANDS: Mapping[Band, tuple[str, str]] = {
    Band.CRITICAL: ("‼", marked("Critical")),
    Band.HIGH: ("!", marked("High")),
    Band.MEDIUM: ("◆", marked("Medium")),
    Band.LOW: ("•", marked("Low")),
}
"""Icon and word of each band; the color is the style sheet's."""

SILENCE = frozenset(
    {
        "signal.patient_silent",
        "signal.clinician_silent",
        "signal.answered",
        "signal.stale_silence",
    }
)
"""Reasons of decisions that are about answers that did not come."""

HEADINGS: Mapping[CaseKind, str] = {
    CaseKind.UNCOVERED_VISIT: marked("No clinician for {who}, {when}"),
    CaseKind.UNCOVERED_SHIFT: marked("No clinician for the open shift, {when}"),
    CaseKind.INFEASIBLE_SET: marked("{who} and others cannot all be covered, {when}"),
    CaseKind.CLINICIAN_DECLINED: marked("{who} cannot do the visits"),
    CaseKind.CLINICIAN_SILENT: marked("{who} has not answered"),
    CaseKind.NOT_CLOCKED_IN: marked("No check-in yet for {who}, {when}"),
    CaseKind.NCNS: marked("No clinician has come to {who}, {when}"),
    CaseKind.NOT_CLOCKED_OUT: marked("No check-out yet for {who}, {when}"),
    CaseKind.CREDENTIAL_EXPIRING: marked("{who} has a credential to renew"),
    CaseKind.PATIENT_DECLINED: marked("{who} said no"),  # to a window of then, which the plan may have left since
    CaseKind.PATIENT_SILENT: marked("{who} has not confirmed, {when}"),
    CaseKind.OPTED_OUT: marked("{who} wants no more messages"),
    CaseKind.ON_HOLD_REVIEW: marked("The visit to {who} is on hold, {when}"),
    CaseKind.NO_SHOW_FOLLOWUP: marked("{who} was not home, {when}"),
    CaseKind.PROMISE_AT_RISK: marked("The time promised to {who} is at risk, {when}"),
    CaseKind.OVERRUN_CASCADE: marked("{who} is running late, and several promised times are at risk"),
    CaseKind.RULE_UNKNOWN: marked("Missing facts keep clinicians from {who}, {when}"),
    CaseKind.EVV_MISMATCH: marked("A report on the visit to {who} does not match, {when}"),
    CaseKind.UPSTREAM_MISSING: marked("{who} is missing from a full export"),
    CaseKind.FIELD_CONFLICT: marked("A file would move people to another branch"),
    CaseKind.PLACE_UNLOCATED: marked("The address of {who} is not on the map yet"),
    CaseKind.VISIT_UNCLEAR: marked("A file does not say enough about the visit to {who}, {when}"),
    CaseKind.PERSON_UNCLEAR: marked("A file does not say enough about {who}"),
    CaseKind.IMPORT_SET_ASIDE: marked("{file} needs fixing"),
    CaseKind.CHANGE_OVER_BUDGET: marked("{who} has had too many changes today"),
    CaseKind.MESSAGE_UNDELIVERABLE: marked("No message could reach {who}"),
    CaseKind.REPLY_UNCLEAR: marked("A text from {who} needs to be read"),
    CaseKind.LIMIT_REACHED: marked("A report could not be handled"),
    CaseKind.WRONG_PIN: marked("A wrong PIN was entered too often"),
    CaseKind.MASS_CHANGE_HELD: marked("An import would remove too much at once and is on hold"),
}

A_FILE = marked("an imported file")
EMERGENCY = marked("A text from {who} may be an emergency")
OTHER_TIME = marked("{who} asked for another time")
MISSING_VISIT = marked("The visit to {who}, {when}, is missing from a full export")

HELD: Mapping[HoldCause, str] = {
    HoldCause.NEW: marked("Messages are on hold, as they are for every new agency."),
    HoldCause.RESTORED: marked("Messages are on hold: this agency was restored from a backup."),
    HoldCause.ASKED: marked("Messages are on hold: someone put them on hold."),
}
HELD_UNTIL = marked(
    "Nothing is sent, except to test recipients, until an administrator releases them: suture outreach release."
)
AWAITING = marked(
    "Patients get no messages before a full import (suture import csv DIR --full): this agency was restored from a "
    "backup."
)

UNDER_DEFAULTS: Mapping[frozenset[ConfigKind], str] = {
    frozenset({ConfigKind.RULES}): marked(
        "Your rules follow Suture’s defaults until your administrator sets your own."
    ),
    frozenset({ConfigKind.POLICY}): marked(
        "Your messages follow Suture’s defaults until your administrator sets your own."
    ),
    frozenset({ConfigKind.RULES, ConfigKind.POLICY}): marked(
        "Your rules and messages follow Suture’s defaults until your administrator sets your own."
    ),
}

NO_MAIL: Mapping[tuple[bool, bool], str] = {
    (False, False): marked("E-mail is not going out: the mail server does not answer (since {since}; {waiting})."),
    (False, True): marked(
        "E-mail is not going out: the mail server {server} does not answer (since {since}; {waiting})."
    ),
    (True, False): marked(
        "E-mail is not going out: the mail server does not let Suture sign in (since {since}; {waiting})."
    ),
    (True, True): marked(
        "E-mail is not going out: the mail server {server} does not let Suture sign in (since {since}; {waiting})."
    ),
}
"""What is wrong, by whether the server refuses us, and whether its name is known."""
MAYBE: Mapping[bool, str] = {
    False: marked("Maybe SUTURE_SMTP_HOST or SUTURE_SMTP_PORT is wrong, or the server is down."),
    True: marked("Maybe SUTURE_SMTP_USERNAME or SUTURE_SMTP_PASSWORD is wrong."),
}
"""A guess at the cause, by whether the server refuses us."""

ASKED_BY: Mapping[Channel, str] = {
    Channel.SMS: marked("By text"),
    Channel.EMAIL: marked("By e-mail"),
    Channel.PUSH: marked("By app"),
    Channel.VOICE: marked("By phone"),
}
ASKED_AHEAD: Mapping[Lead, str] = {
    Lead.UNDER_1_DAY: marked("Less than a day ahead"),
    Lead.UP_TO_3_DAYS: marked("1 to 3 days ahead"),
    Lead.OVER_3_DAYS: marked("More than 3 days ahead"),
}

NEWEST_MOMENTS, MOST_MOMENTS = 8, 20
"""How many decisions are told whatever they did, and how many at most."""

SOMEONE, A_CLINICIAN, AN_OPEN_SHIFT = marked("someone"), marked("a clinician"), marked("an open shift")
UNNAMED = {
    CaseKind.INFEASIBLE_SET: AN_OPEN_SHIFT,
    CaseKind.CLINICIAN_SILENT: A_CLINICIAN,
    CaseKind.NOT_CLOCKED_IN: AN_OPEN_SHIFT,
    CaseKind.NCNS: AN_OPEN_SHIFT,
    CaseKind.NOT_CLOCKED_OUT: AN_OPEN_SHIFT,
    CaseKind.RULE_UNKNOWN: AN_OPEN_SHIFT,
    CaseKind.OVERRUN_CASCADE: A_CLINICIAN,
    CaseKind.PATIENT_SILENT: marked("a patient"),
    CaseKind.PATIENT_DECLINED: marked("a patient"),
    CaseKind.REPLY_UNCLEAR: marked("an unknown number"),
    CaseKind.PLACE_UNLOCATED: marked("a clinic"),
}
"""Whom a heading names where no name is known; of other kinds it is someone."""


def band_words(band: Band) -> tuple[str, str]:
    """The icon of a band and its word."""
    icon, word = BANDS[band]
    return icon, _(word)


def mail_words(away: Away | None, server: str, now: datetime, tz: str) -> str:
    """Why e-mail is not going out; empty where it is, as far as anyone knows."""
    if away is None:
        return ""
    said = _(
        NO_MAIL[away.refuses_us, bool(server)],
        server=server,
        since=moment_of(away.since, tz, local_date(now, tz)),
        waiting=plural("{n} e-mail waits", "{n} e-mails wait", away.waiting),
    )
    return f"{said} {_(MAYBE[away.refuses_us])}"


def held_words(state: OutreachState) -> str:
    """Why messages do not leave, and until when; empty where they do."""
    if state.on_hold:
        return f"{_(HELD[state.cause])} {_(HELD_UNTIL)}"
    return _(AWAITING) if state.awaits_import else ""


def default_words(kinds: Sequence[ConfigKind]) -> str:
    """What the agency has not chosen yet, and how to; empty where it has chosen everything."""
    named = frozenset(kinds) - {ConfigKind.ON_CALL}  # Suture comes with no list of people
    return _(UNDER_DEFAULTS[named]) if named else ""


def asked_words(counted: Funnels) -> list[list[tuple[str, Funnel]]]:
    """Who was asked to confirm and what came back, by channel and by how long ahead; empty where no one was asked."""
    by_channel = [(_(ASKED_BY[channel]), f) for channel, f in counted.by_channel.items() if f.sent]
    by_lead = [(_(ASKED_AHEAD[lead]), f) for lead, f in counted.by_lead.items() if f.sent]
    return [by_channel, by_lead] if by_channel else []


def case_words(case: CaseView, tz: str) -> tuple[str, ...]:
    """The number of a case, then whose it is, or whom messages to those on call reached."""
    number = _("case {case}", case=case.id)
    if case.taken_by:
        return number, _("Taken by {name} at {at}.", name=case.taken_by, at=clock(case.taken_at, tz))
    return number, *(_(_called(call), who=call.who, at=clock(call.at, tz)) for call in case.called)


def _called(call: CalledView) -> str:
    match call.state:
        case TouchState.SENT:
            return marked("{who}, who is on call, was told at {at}.")
        case TouchState.UNKNOWN | TouchState.SENDING:
            return marked("{who}, who is on call, may have been told at {at}.")
        case TouchState.PLANNED | TouchState.CLAIMED:
            return marked("{who}, who is on call, is being told.")
        case _ if call.channel is Channel.SMS:
            return marked("{who}, who is on call, could not be reached by text.")
        case _:
            return marked("{who}, who is on call, could not be reached by e-mail.")


def board_span(starts: datetime, ends: datetime, tz: str) -> str:
    """ "09:30–10:30"."""
    return f"{clock(starts, tz)}–{clock(ends, tz)}"


def heading(case: CaseView, tz: str, span: Callable[[datetime, datetime, str], str] = board_span) -> str:
    """What happened, to whom and when, in one line; `span` says how times are written."""
    when = ""
    if case.visit_starts and case.visit_ends:
        when = span(case.visit_starts, case.visit_ends, tz)
    text = _(
        _heading_of(case),
        who=case.who or _(UNNAMED.get(case.kind, SOMEONE)),
        when=when or _("at an unknown time"),
        file=case.file or _(A_FILE),
    )
    title = text if case.file else capital(text)
    if case.positions == 1:
        return title
    return plural("{heading} ({n} position)", "{heading} ({n} positions)", case.positions, heading=title)


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
    opened, closed = _counted(moment.opened), _counted(moment.closed)
    counts = [_("Exceptions opened: {counts}", counts=opened)] if opened else []
    counts += [_("Exceptions closed: {counts}", counts=closed)] if closed else []
    return Told(moment, moment_title(moment), hands, times, order, ". ".join(counts))


def _counted(kinds: Sequence[CaseKind]) -> str:
    """ "2 visits without a clinician, 1 text to read"."""
    return ", ".join(f"{n} {plural(*CASE_WORDS[kind], n)}" for kind, n in Counter(kinds).items())


def moment_title(moment: MomentView) -> str:
    """What one decision was."""
    match moment.kind:
        case EventKind.PLAN_MADE:
            return _("The day was planned")
        case EventKind.PLAN_PUBLISHED:
            return _("The plan was published")
        case EventKind.PLAN_REPAIRED:
            return capital(_what_moved(moment.because)) or _("The plan was repaired")
        case _:
            return _("The list of exceptions changed")


def _what_moved(because: Reason | None) -> str:
    """Why a plan was repaired, without whose silence was noticed at the same time: that moves no one."""
    if because is None or because.code != "all_of":
        return str(because or "")
    every: tuple[Reason, ...] = values_of(because)["reasons"]
    return str(all_of([why for why in every if why.code not in SILENCE] or every))


def move_sentence(move: MoveView, tz: str) -> str:
    """One position's change: from whom to whom, from when to when."""
    whom = move.who or (_("Visit {visit}", visit=move.visit) if move.visit else _("A visit"))
    old, new = clock(move.old_start, tz), clock(move.new_start, tz)
    times = f"{old} → {new}" if move.old_start and move.new_start and old != new else (new if move.new_start else old)
    match move.kind:
        case EventKind.VISIT_REASSIGNED:
            return f"{whom}, {times}: {move.from_name} → {move.to_name}"
        case EventKind.VISIT_ASSIGNED:
            return f"{whom}, {times}: {move.to_name}"
        case EventKind.VISIT_RETIMED:
            return _stays(move, tz, whom, times)
        case EventKind.VISIT_UNCOVERED:
            return _("{whom}, {times}: {who} → no clinician", whom=whom, times=times, who=move.from_name)
        case _:
            return _("{whom}, {times}: taken off {who}’s list", whom=whom, times=times, who=move.from_name)


def _stays(move: MoveView, tz: str, whom: str, times: str) -> str:
    """A stop that keeps its clinician, with what else changed of it where its start did not."""
    who = move.to_name
    if _changes_end(move, tz):
        ends = f"{clock(move.old_end, tz)} → {clock(move.new_end, tz)}"
        return _("{whom}, {times}: stays with {who}, ends {ends}", whom=whom, times=times, who=who, ends=ends)
    if move.told_changed and not _changes_start(move, tz):
        return _("{whom}, {times}: stays with {who}, the patient is told another time", whom=whom, times=times, who=who)
    return _("{whom}, {times}: stays with {who}", whom=whom, times=times, who=who)


def _changes_start(move: MoveView, tz: str) -> bool:
    return clock(move.old_start, tz) != clock(move.new_start, tz)


def _changes_end(move: MoveView, tz: str) -> bool:
    """Whether only the end changed, as far as clocks show it."""
    both = move.old_end and move.new_end and not _changes_start(move, tz)
    return bool(both) and clock(move.old_end, tz) != clock(move.new_end, tz)


def _is_order_only(move: MoveView, tz: str) -> bool:
    return not (_changes_start(move, tz) or _changes_end(move, tz) or move.told_changed)
