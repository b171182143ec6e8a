"""May this message leave now? Asked in the moment of sending, in a fixed order, with a trace of every answer. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from suture.model.messages import ASKING_BACK, OFFER_STEPS, Channel, Step
from suture.outreach.policy import OutreachPolicy
from suture.outreach.timing import hours_for, next_opening
from suture.words.reason import Reason, reason

ANSWERING_STEPS = frozenset({Step.P_HUMAN, Step.P_HELP, Step.P_EMERGENCY, Step.S_OFFER_WHICH}) | ASKING_BACK
"""They answer a text that came in: no visit is behind them, the text itself is the consent, and whoever wrote just
now is awake: quiet hours are for messages that we begin."""

AT_ANY_HOUR = ANSWERING_STEPS | {Step.S_ON_CALL} | OFFER_STEPS
"""Quiet hours are not for them: who is asked at which hour was decided before. Nor does a text from its number that no
one has read hold them back, unless they are about an offer."""

PATIENT_QUESTIONS = frozenset({Step.P_CONFIRM, Step.P_CHANGED})
"""They ask a patient for an answer."""

REMINDER_STEPS = frozenset({Step.P_CONFIRM})
_NEEDLESS_ONCE_ANSWERED = REMINDER_STEPS | {Step.P_AGAIN}
READ_AGAIN = timedelta(minutes=10)
"""How often a question asks again whether a person has read the text that came from its number."""
CAPPED_CHANNELS = frozenset({Channel.SMS, Channel.VOICE})


class Verdict(StrEnum):
    """What is to be done with a touch: send it, plan it again for later, or end it in the state of that name."""

    SEND = "send"
    WAIT = "wait"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    SKIPPED = "skipped"
    SUPPRESSED = "suppressed"


@dataclass(frozen=True, slots=True)
class SendFacts:
    """What the store knows about a touch when it is about to leave.

    `is_current`: no newer revision of its subject makes it stale, and there still is something to say. `answered`: the
    patient has already answered what it would ask. `already_told`: they were last told exactly this. `unread`:
    a text came from the address that could not be read, and no person has read it yet. `reminders_today` and
    `_this_week` count messages by SMS and voice of the recipient's local day and its last seven. `active`: a
    patient who is cared for, or a colleague whose status is known.
    """

    step: Step
    channel: Channel
    urgent: bool
    not_after: datetime
    staff: bool
    tz: str
    is_current: bool
    answered: bool
    already_told: bool
    has_address: bool
    suppressed: bool
    consented: bool
    unread: bool = False
    reminders_today: int = 0
    reminders_this_week: int = 0
    active: bool = True


@dataclass(frozen=True, slots=True)
class Gate:
    """The answer. `trace`: each gate asked, and "ok" or the code of its no. `due_at`: when to try again.

    `early` must be audited.
    """

    verdict: Verdict
    trace: tuple[tuple[str, str], ...]
    because: Reason | None = None
    due_at: datetime | None = None
    early: bool = False


@dataclass(frozen=True, slots=True)
class _Refusal:
    verdict: Verdict
    because: Reason
    due_at: datetime | None = None


_Question = Callable[[SendFacts, OutreachPolicy, datetime], _Refusal | None]


def may_send(facts: SendFacts, policy: OutreachPolicy, now: datetime) -> Gate:
    """Ask every gate in order; the first no decides."""
    trace: list[tuple[str, str]] = []
    for name, question in _GATES:
        no = question(facts, policy, now)
        trace.append((name, no.because.code if no else "ok"))
        if no:
            return Gate(no.verdict, tuple(trace), no.because, no.due_at)
    usual = hours_for(staff=facts.staff, urgent=False, policy=policy)
    early = facts.urgent and next_opening(now, facts.tz, usual) != now
    return Gate(Verdict.SEND, tuple(trace), early=early)


def _current(facts: SendFacts, policy: OutreachPolicy, now: datetime) -> _Refusal | None:
    if facts.is_current or (facts.step in ANSWERING_STEPS and facts.step not in ASKING_BACK):
        return None
    return _Refusal(Verdict.SUPERSEDED, reason("unsent.stale"))


def _in_time(facts: SendFacts, policy: OutreachPolicy, now: datetime) -> _Refusal | None:
    return None if now < facts.not_after else _Refusal(Verdict.EXPIRED, reason("unsent.too_late"))


def _news(facts: SendFacts, policy: OutreachPolicy, now: datetime) -> _Refusal | None:
    if facts.step in _NEEDLESS_ONCE_ANSWERED and facts.answered:
        return _Refusal(Verdict.SKIPPED, reason("unsent.answered"))
    if facts.step in PATIENT_QUESTIONS and facts.already_told:
        return _Refusal(Verdict.SKIPPED, reason("unsent.told_already"))
    return None


def _reachable(facts: SendFacts, policy: OutreachPolicy, now: datetime) -> _Refusal | None:
    if not facts.has_address:
        return _Refusal(Verdict.SUPPRESSED, reason("unsent.no_address"))
    if not facts.active and facts.step not in ANSWERING_STEPS:
        return _Refusal(Verdict.SUPPRESSED, reason("unsent.unclear" if facts.staff else "unsent.inactive"))
    if facts.suppressed:
        return _Refusal(Verdict.SUPPRESSED, reason("unsent.opted_out"))
    if not facts.consented and facts.step not in ANSWERING_STEPS:
        return _Refusal(Verdict.SUPPRESSED, reason("unsent.no_consent"))
    return None


def _read(facts: SendFacts, policy: OutreachPolicy, now: datetime) -> _Refusal | None:
    """Maybe it was a wish to be left alone: nothing automatic leaves before a person has read it."""
    if not facts.unread or facts.step in AT_ANY_HOUR - OFFER_STEPS:
        return None
    return _Refusal(Verdict.SUPPRESSED, reason("unsent.unread"))


def _quiet(facts: SendFacts, policy: OutreachPolicy, now: datetime) -> _Refusal | None:
    if facts.step in AT_ANY_HOUR or (facts.staff and facts.urgent):
        return None
    opening = next_opening(now, facts.tz, hours_for(staff=facts.staff, urgent=facts.urgent, policy=policy))
    if opening == now:
        return None
    if opening < facts.not_after:
        return _Refusal(Verdict.WAIT, reason("unsent.quiet"), opening)
    return _Refusal(Verdict.EXPIRED, reason("unsent.quiet_too_long"))


def _within_caps(facts: SendFacts, policy: OutreachPolicy, now: datetime) -> _Refusal | None:
    if facts.staff or facts.step not in REMINDER_STEPS or facts.channel not in CAPPED_CHANNELS:
        return None
    if facts.reminders_today >= policy.caps.per_day:
        return _Refusal(Verdict.SKIPPED, reason("unsent.enough_today"))
    if facts.reminders_this_week >= policy.caps.per_week:
        return _Refusal(Verdict.SKIPPED, reason("unsent.enough_this_week"))
    return None


CAP_GATE, READ_GATE = "caps", "read"

_GATES: tuple[tuple[str, _Question], ...] = (
    ("current", _current),
    ("in_time", _in_time),
    ("news", _news),
    ("reachable", _reachable),
    (READ_GATE, _read),
    ("quiet_hours", _quiet),
    (CAP_GATE, _within_caps),
)
