"""Outgoing messages: a touch is planned, sent once, and leaves a receipt."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from suture.model.ids import PartyId, TouchId
from suture.words.reason import Reason


class Channel(StrEnum):
    """How a message travels."""

    SMS = "sms"
    EMAIL = "email"
    PUSH = "push"
    VOICE = "voice"


class Step(StrEnum):
    """Which message of the contact loop; `p.` goes to patients, `s.` to staff."""

    P_NOTICE = "p.notice"
    P_CONFIRM = "p.confirm"
    P_CHANGED = "p.changed"
    P_CANCELLED = "p.cancelled"
    P_CALENDAR = "p.calendar"
    P_HUMAN = "p.human"
    P_HELP = "p.help"
    P_EMERGENCY = "p.emergency"
    P_WHICH = "p.which"
    P_AGAIN = "p.again"
    S_PUBLISHED = "s.published"
    S_CHANGED = "s.changed"
    S_EMPTIED = "s.emptied"
    S_ON_CALL = "s.on_call"
    S_SET_OUT = "s.set_out"
    S_STAND_DOWN = "s.stand_down"
    S_CALL_OUT_SURE = "s.call_out_sure"
    S_OFFER = "s.offer"
    S_OFFER_WON = "s.offer_won"
    S_OFFER_GONE = "s.offer_gone"
    S_OFFER_WHICH = "s.offer_which"


GATE_STEPS = frozenset({Step.S_SET_OUT, Step.S_STAND_DOWN})
"""They tell a clinician that the gate in front of a visit has opened, or that it stays closed. They promise nothing,
and may be said again of the same visit: patients change their minds."""


ASKING_BACK = frozenset({Step.P_WHICH, Step.S_CALL_OUT_SURE})
"""They ask back about a text that came in; the answer is to the question of `store/asked_back.py`."""


OFFER_STEPS = frozenset({Step.S_OFFER, Step.S_OFFER_WON, Step.S_OFFER_GONE})
"""They ask someone to take what has no clinician, and say what came of it."""


class TouchState(StrEnum):
    """The state of a touch. `unknown` is never re-sent by itself."""

    PLANNED = "planned"
    CLAIMED = "claimed"
    SENDING = "sending"
    SENT = "sent"
    SUPERSEDED = "superseded"
    SUPPRESSED = "suppressed"
    SKIPPED = "skipped"
    EXPIRED = "expired"
    FAILED = "failed"
    UNKNOWN = "unknown"


class SubjectKind(StrEnum):
    """What a touch is about: a visit, one person's day (id = yyyymmdd), an inbound text it answers, a case,
    or an offer.

    A patient's day stands for their visits of it that are still to be told or asked about when the message leaves.
    """

    VISIT = "visit"
    PATIENT_DAY = "patient_day"
    CLINICIAN_DAY = "clinician_day"
    INBOUND = "inbound"
    CASE = "case"
    OFFER = "offer"


@dataclass(frozen=True, slots=True)
class Touch:
    """A message to send later: unique by (subject, subject_id, subject_rev, party, step, ordinal).

    `subject_rev` is the visit's `visit_rev`, the plan version for someone's day, or how often this person has been
    tried before about a case. `priority` 0 staff-urgent,
    1 changes, 2 confirmations, 3 bulk. `urgent`: quiet hours open at the policy's earliest hour for it.
    """

    subject: SubjectKind
    subject_id: int
    subject_rev: int
    party_id: PartyId
    step: Step
    channel: Channel
    priority: int
    due_at: datetime
    not_after: datetime
    ordinal: int = 0
    urgent: bool = False
    because: Reason | None = None


class CalendarMethod(StrEnum):
    """What a calendar is to do with the entries it gets (RFC 5546)."""

    REQUEST = "REQUEST"
    PUBLISH = "PUBLISH"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class CalendarFile:
    """What an e-mail holds for the calendar of whoever gets it: iCalendar, in UTF-8."""

    method: CalendarMethod
    content: bytes


@dataclass(frozen=True, slots=True)
class Send:
    """What an adapter gets: an address, ready text, and a key that is stable over retries. No names, no diagnosis.

    `attempt_no` tells the retries apart, for whoever is called back about one.

    `at` is when the message was written, for whatever needs a date: an adapter needs no clock, and no database. E-mail
    may hold entries for a `calendar`, and where to POST for no more of it: `unsubscribe`, empty where there is none.
    """

    touch_id: TouchId
    idem_key: str
    channel: Channel
    to: str
    sender: str
    subject: str
    body: str
    at: datetime
    not_after: datetime
    attempt_no: int = 1
    lang: str = "en"
    calendar: CalendarFile | None = None
    unsubscribe: str = ""


def digest_of(to: str, subject: str, body: str) -> str:
    """What is kept of the words of a message: enough to know them again, not to read them."""
    return hashlib.sha256("\n".join((to, subject, body)).encode()).hexdigest()


class SendOutcome(StrEnum):
    """What is known after an attempt."""

    ACCEPTED = "accepted"
    TRANSIENT = "transient"
    PERMANENT = "permanent"
    UNKNOWN = "unknown"


class Refusal(StrEnum):
    """What a permanent refusal says about the address: what is known of it besides that this message did not leave.

    `address_gone`: nothing ever arrives there. `opted_out`: its owner told the provider to stop. `not_by_this_channel`:
    it exists, and takes no messages of this kind, such as texts to a landline.
    """

    NONE = "none"
    ADDRESS_GONE = "address_gone"
    OPTED_OUT = "opted_out"
    NOT_BY_THIS_CHANNEL = "not_by_this_channel"


@dataclass(frozen=True, slots=True)
class Receipt:
    """The provider's word on one attempt; `code` is the provider's own. `refusal`: of a permanent one."""

    outcome: SendOutcome
    provider: str
    provider_sid: str = ""
    code: str = ""
    refusal: Refusal = Refusal.NONE


@dataclass(frozen=True, slots=True)
class InboundText:
    """A text that came in, as the channel hands it over.

    `attachments`: how many pictures and files came with it. `came_at`: when it reached us, where that was before now.
    """

    provider: str
    provider_msg_id: str
    from_address: str
    body: str
    channel: Channel = Channel.SMS
    attachments: int = 0
    came_at: datetime | None = None
