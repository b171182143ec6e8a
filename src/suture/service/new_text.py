"""A text that came in, who it may be from, and what can be done about it: a case, or a text back."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen, last_useful_minute
from suture.model.ids import BranchId, PartyId
from suture.model.messages import Channel, Step, SubjectKind, Touch
from suture.model.people import PartyKind
from suture.outreach.compose import PRIORITIES
from suture.outreach.interpret import Meaning, Reading
from suture.store import asked_back, cases, events, replies, touches
from suture.store.asked_back import AskedBack
from suture.store.contacts import Owner
from suture.store.promises import Prompt
from suture.store.transaction import Tx
from suture.words.reason import Reason, reason

ANSWER_WITHIN = timedelta(hours=2)
"""An answer that could not leave for this long is no longer an answer, and might come at night."""
AT_MOST_EVERY = timedelta(hours=1)
"""How often one number is answered by a machine, so that two machines that answer each other come to an end."""


_CHANGES_NOTHING = reason("default.text")


class ReplyAction(StrEnum):
    """What was done about a text."""

    SUPPRESSED = "suppressed"
    RESUMED = "resumed"
    HELPED = "helped"
    ANSWERED = "answered"
    ASKED_BACK = "asked_back"
    REPORTED = "reported"
    NOTED = "noted"
    EMERGENCY = "emergency"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class Done:
    """What was done, and the prompt that was answered."""

    action: ReplyAction
    prompt: Prompt | None = None


@dataclass(frozen=True, slots=True)
class NewText:
    """One new text and who it may be from. `branch_id` is where its work is filed, `tz` that branch's zone."""

    tx: Tx
    id: int
    provider_msg_id: str
    channel: Channel
    from_hash: str
    owners: tuple[Owner, ...]
    branch_id: BranchId
    tz: str
    today: date
    came_at: datetime

    @property
    def clinician(self) -> PartyId | None:
        """The clinician whose own number it came from; None where others have it, too."""
        alone = len(self.owners) == 1 and self.owners[0].kind is PartyKind.CLINICIAN
        return self.owners[0].party_id if alone else None

    def is_patient(self, party_id: PartyId) -> bool:
        """Whether it may be from this patient."""
        return any(o.party_id == party_id and o.kind is PartyKind.PATIENT for o in self.owners)


def for_a_person(new: NewText, *why: Reason | None, everywhere: bool = False) -> Done:
    """Open a case until the writer's next visit: on its day, or `everywhere` on each day's board, as what holds back
    all that is automatic."""
    visit = replies.next_visit(new.tx, [o.party_id for o in new.owners])
    case = CaseToOpen(
        CaseKind.REPLY_UNCLEAR,
        CaseSubject("inbound", new.id),
        risk=2,
        reasons=tuple(r for r in (*why, None if everywhere else _CHANGES_NOTHING) if r is not None),
        deadline_at=last_useful_minute(visit.starts_at) if visit else None,
    )
    open_case(new, case, on=None if everywhere else visit.service_date if visit else None)
    return Done(ReplyAction.UNCLEAR)


def open_case(new: NewText, case: CaseToOpen, on: date | None) -> None:
    """Open a case of one day, or without a day, which is on every board of the branch."""
    happened = cases.open_cases(new.tx, new.branch_id, on, [case])
    events.append(new.tx, branch_id=new.branch_id, service_date=on, events=happened)


def no_longer_to_read(new: NewText, inbound_id: int, why: Reason) -> None:
    """Close the case of an earlier text, which this one has made clear."""
    cause = CaseToClose(CaseKind.REPLY_UNCLEAR, CaseSubject("inbound", inbound_id), why)
    happened = cases.close_cases(new.tx, [cause])
    events.append(new.tx, branch_id=new.branch_id, service_date=None, events=happened)


def maybe(reading: Reading) -> Reason | None:
    """What a text may mean, as a suggestion to whoever reads it."""
    meaning = reading.meaning if reading.meaning in _SUGGESTED else reading.maybe
    if meaning is Meaning.LATE and reading.minutes:
        return reason("maybe_late", n=reading.minutes)
    return reason(f"reading.{meaning}") if meaning in _SUGGESTED else None


_SUGGESTED = frozenset({Meaning.ACCEPT, Meaning.DECLINE, Meaning.RESCHEDULE, Meaning.LATE, Meaning.CALL_OUT})


def say_human(new: NewText) -> None:
    """Say that a person will answer."""
    say_back(new, Step.P_HUMAN, at_most_every=AT_MOST_EVERY)


def say_back(new: NewText, step: Step, at_most_every: timedelta | None = None, on: date | None = None) -> bool:
    """Plan a text back to the first owner of the number, by the channel they wrote on; a number with no owner gets
    none. False where none is to leave, such as because the same was said a while ago."""
    if not new.owners:
        return False
    party, tx = new.owners[0].party_id, new.tx
    if at_most_every and replies.was_answered_with(tx, party, step, tx.now - at_most_every):
        return False
    touch = Touch(
        subject=SubjectKind.INBOUND,
        subject_id=new.id,
        subject_rev=1,
        party_id=party,
        step=step,
        channel=new.channel,
        priority=PRIORITIES[step],
        due_at=tx.now,
        not_after=tx.now + ANSWER_WITHIN,
        because=reason("told.text_came"),
    )
    return bool(touches.plan(tx, new.branch_id, on or new.today, [touch]))


def ask_back(new: NewText, step: Step, question: AskedBack, on: date | None = None) -> bool:
    """Plan a question back, whose answer binds to `question` once it has left; not twice within an hour."""
    if not say_back(new, step, at_most_every=AT_MOST_EVERY, on=on):
        return False
    asked_back.plan(new.tx, question, new.from_hash, new.channel)
    return True
