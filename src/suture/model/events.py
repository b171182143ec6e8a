"""The event log's vocabulary: one line a kind. `docs/events.md` is generated from this table.

Times inside `data` are ISO-8601 UTC and named t_true, t_signal, t_decided, t_approved, t_sent, t_accepted, t_start,
t_end.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventKind(StrEnum):
    """What happened."""

    PLAN_MADE = "plan.made"
    PLAN_PUBLISHED = "plan.published"
    PLAN_REPAIRED = "plan.repaired"
    SIGNAL_HANDLED = "signal.handled"
    VISIT_ADDED = "visit.added"
    VISIT_CHANGED = "visit.changed"
    VISIT_ASSIGNED = "visit.assigned"
    VISIT_REASSIGNED = "visit.reassigned"
    VISIT_RETIMED = "visit.retimed"
    VISIT_UNCOVERED = "visit.uncovered"
    VISIT_RELEASED = "visit.released"
    VISIT_CANCELLED = "visit.cancelled"
    VISIT_SET_OUT = "visit.set_out"
    VISIT_STARTED = "visit.started"
    VISIT_COMPLETED = "visit.completed"
    VISIT_NOT_HOME = "visit.not_home"
    VISIT_GATED = "visit.gated"
    CASE_OPENED = "case.opened"
    CASE_CLOSED = "case.closed"
    CASE_RAISED = "case.raised"
    CASE_TAKEN = "case.taken"
    CASE_SNOOZED = "case.snoozed"
    MESSAGE_SENT = "message.sent"
    MESSAGE_NOT_SENT = "message.not_sent"
    CONFIRMATION = "confirmation"
    OFFER_OPENED = "offer.opened"
    OFFER_ANSWERED = "offer.answered"
    OFFER_CLOSED = "offer.closed"


@dataclass(frozen=True, slots=True)
class EventSpec:
    """One kind's documentation: the subject it is about, the fields of `data`, and a sentence."""

    subject: str
    data: tuple[str, ...]
    sentence: str


_PLAN = ("version", "positions", "assigned", "because", "t_decided")
_CHANGE = ("position", "clinician_id", "from_clinician_id", "t_start", "t_decided", "told_changed", "because")

EVENT_SPECS: dict[EventKind, EventSpec] = {
    EventKind.PLAN_MADE: EventSpec(
        "plan",
        (*_PLAN, "asked"),
        "A first pass was made; `asked` lists each [visit, positions] that the day needs, none on hold or cancelled.",
    ),
    EventKind.PLAN_PUBLISHED: EventSpec("plan", _PLAN, "A plan was published."),
    EventKind.PLAN_REPAIRED: EventSpec("plan", _PLAN, "A plan was repaired after signals."),
    EventKind.SIGNAL_HANDLED: EventSpec(
        "signal",
        ("signal", "t_true", "t_signal", "t_decided", "hit", "because"),
        "A signal was decided, for each of its days; `hit` lists each [visit, position] of the day that it displaced, "
        "`because` says what it changed, or why nothing.",
    ),
    EventKind.VISIT_ADDED: EventSpec(
        "visit", ("positions", "t_signal"), "A visit of the day became known, by file or by signal."
    ),
    EventKind.VISIT_CHANGED: EventSpec(
        "visit",
        ("positions", "t_signal"),
        "What is asked of a visit changed; `positions` are those it needs on this day now, none on hold, cancelled "
        "or elsewhere.",
    ),
    EventKind.VISIT_ASSIGNED: EventSpec("visit", _CHANGE, "An open position was given to a clinician."),
    EventKind.VISIT_REASSIGNED: EventSpec("visit", _CHANGE, "A position went to another clinician."),
    EventKind.VISIT_RETIMED: EventSpec("visit", _CHANGE, "A position kept its clinician at another time."),
    EventKind.VISIT_UNCOVERED: EventSpec(
        "visit", _CHANGE, "A position lost its clinician, and no one else could take it."
    ),
    EventKind.VISIT_RELEASED: EventSpec("visit", _CHANGE, "A position left the plan because its visit closed."),
    EventKind.VISIT_CANCELLED: EventSpec("visit", ("by", "t_signal", "t_decided"), "A visit was cancelled."),
    EventKind.VISIT_SET_OUT: EventSpec(
        "visit", ("clinician_id", "t_true"), "A clinician said that they were on their way; nothing is decided by it."
    ),
    EventKind.VISIT_STARTED: EventSpec("visit", ("t_start",), "A clinician checked in."),
    EventKind.VISIT_COMPLETED: EventSpec("visit", ("clinician_id", "t_start", "t_end"), "A visit was done."),
    EventKind.VISIT_NOT_HOME: EventSpec("visit", ("t_end",), "The patient was not home: a no-show."),
    EventKind.VISIT_GATED: EventSpec(
        "visit",
        ("state",),
        "A gate is in front of a visit at publishing, or was passed, held, given up or opened since.",
    ),
    EventKind.CASE_OPENED: EventSpec(
        "case",
        ("case", "band", "reasons", "visit_id", "position"),
        "A case for a human was opened; of a case about a visit, `position` is 0 where it is about all of it.",
    ),
    EventKind.CASE_RAISED: EventSpec(
        "case", ("case", "band"), "The deadline of a case passed, and it is critical now."
    ),
    EventKind.CASE_TAKEN: EventSpec("case", ("case", "by"), "A person took a case: no one on call is told of it."),
    EventKind.CASE_SNOOZED: EventSpec(
        "case", ("case", "by", "until", "reason"), "A person put a case off: it is back on the board then."
    ),
    EventKind.CASE_CLOSED: EventSpec("case", ("case", "because"), "A case was closed."),
    EventKind.MESSAGE_SENT: EventSpec(
        "touch", ("step", "channel", "party_id", "visit_ids", "t_sent"), "A message was accepted by its provider."
    ),
    EventKind.MESSAGE_NOT_SENT: EventSpec("touch", ("step", "state", "because"), "A message ended without being sent."),
    EventKind.CONFIRMATION: EventSpec(
        "visit", ("party_id", "participant", "state", "via", "t_accepted"), "A patient or clinician answered a promise."
    ),
    EventKind.OFFER_OPENED: EventSpec(
        "visit",
        ("offer_id", "position", "round", "mode", "asked", "by_person", "t_decided"),
        "People were asked to take a position; `asked` lists them.",
    ),
    EventKind.OFFER_ANSWERED: EventSpec(
        "visit",
        ("offer_id", "position", "clinician_id", "state", "t_decided"),
        "What became of asking one person: accepted, rejected, timeout, canceled, or rescinded where another took it.",
    ),
    EventKind.OFFER_CLOSED: EventSpec(
        "visit",
        ("offer_id", "position", "state", "t_decided"),
        "A round of asking ended: accepted, timeout where no one took it, canceled where the visit was no longer that.",
    ),
}


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event to append; `subject_id` is the visit, case, touch or signal it is about (a plan: its version)."""

    kind: EventKind
    subject_id: int
    data: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Event:
    """A recorded event, in commit order of its branch."""

    seq: int
    kind: EventKind
    subject_id: int
    data: Mapping[str, object]
    at: datetime
