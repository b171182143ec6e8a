"""Texts that answer an offer to take a visit: bound to the one offer that they can be to, else asked back, else read.

Only an offer asks for 1 and 2: a clinician's schedule is confirmed by its link. So a digit is for the offer; a yes or
no in words is for whatever was sent last, which is an offer or is read by a person: no one takes a visit by an "ok".
"""

from collections.abc import Sequence

from suture.model.ids import BranchDay, TouchId
from suture.model.messages import Step
from suture.model.offers import OfferAnswer
from suture.outreach.interpret import Meaning, Reading
from suture.service import answer_offer
from suture.service.answer_offer import Stored
from suture.service.new_text import (
    AT_MOST_EVERY,
    Done,
    NewText,
    ReplyAction,
    for_a_person,
    maybe,
    say_back,
    say_human,
)
from suture.store import offers, touches
from suture.store.offers import AskedOn
from suture.store.promises import Prompt
from suture.words.reason import Reason, reason

_ANSWERS = {Meaning.ACCEPT: OfferAnswer.TAKE, Meaning.DECLINE: OfferAnswer.PASS}
_DONE = {
    Stored.NEW: ReplyAction.ANSWERED,
    Stored.AGAIN: ReplyAction.NOTED,
    Stored.TOO_MANY: ReplyAction.UNCLEAR,
}


def made_to(new: NewText) -> tuple[AskedOn, ...]:
    """The offers that were sent to this number and made to whoever has it, newest first: no one else can take them."""
    owners = {o.party_id for o in new.owners}
    return tuple(a for a in offers.asked_on(new.tx, new.from_hash) if a.clinician_id in owners)


def to_offer(new: NewText, reading: Reading, asked: Sequence[AskedOn], prompts: Sequence[Prompt]) -> Done | None:
    """What an answer does about offers; None where it is to something else."""
    open_now = [a for a in asked if a.is_open]
    if not open_now:
        return _late(new, reading, asked, prompts)
    if len(new.owners) > 1:
        return _read(new, reading, reason("text.offer_shared"))
    waiting = [a for a in open_now if a.answers.last is None] or open_now
    if len(waiting) > 1:
        return _which(new, reading)
    if reading.digit is None and not waiting[0].is_last:
        return _read(new, reading, reason("text.offer_or_else"))
    return _answer(new, reading, waiting[0])


def tapped_offer(new: NewText, reading: Reading, touch_id: TouchId) -> Done:
    """A thumb up on an offer is a yes to it, whatever else is open; another tap is read by a person."""
    offer_id = touches.find(new.tx, touch_id).subject_id
    found = next((a for a in made_to(new) if a.offer_id == offer_id), None)
    if found is None:
        return Done(ReplyAction.NOTED)
    if not reading.sure or len(new.owners) > 1:
        return for_a_person(new, reason("text.tapped"), maybe(reading))
    return _store(new, found, OfferAnswer.TAKE)


def _late(new: NewText, reading: Reading, asked: Sequence[AskedOn], prompts: Sequence[Prompt]) -> Done | None:
    """An answer to what has ended, where nothing was asked since: a yes is told so, and a no may give a visit back."""
    if not asked or len(new.owners) > 1 or reading.meaning not in _ANSWERS:
        return None
    last = max(asked, key=lambda a: a.asked_at)
    if any(p.asked_at > last.asked_at for p in prompts):
        passes = reading.digit is not None and reading.meaning is Meaning.DECLINE  # or gives a whole day back?
        return _read(new, reading, reason("text.offer_or_else")) if passes else None
    return _store(new, last, _ANSWERS[reading.meaning])


def _answer(new: NewText, reading: Reading, asked: AskedOn) -> Done:
    if reading.meaning not in _ANSWERS:
        return _read(new, reading, reason("text.clinician_time"))
    if reading.day is not None and reading.day.date(new.today) != asked.service_date:
        return _read(new, reading, reason("text.other_day"))
    return _store(new, asked, _ANSWERS[reading.meaning])


def _store(new: NewText, asked: AskedOn, answer: OfferAnswer) -> Done:
    day = BranchDay(asked.branch_id, asked.service_date)
    stored = answer_offer.store(
        new.tx,
        asked.offer_id,
        asked.clinician_id,
        day,
        answer,
        source=new.channel,
        source_id=new.provider_msg_id,
        at=new.came_at,
    )
    return Done(_DONE[stored])


def _which(new: NewText, reading: Reading) -> Done:
    """Several visits are open to them: the link of each says which it is, and a text cannot without saying too much."""
    if say_back(new, Step.S_OFFER_WHICH, at_most_every=AT_MOST_EVERY):
        return Done(ReplyAction.ASKED_BACK)
    return _read(new, reading, reason("text.offer_which"))


def _read(new: NewText, reading: Reading, why: Reason) -> Done:
    say_human(new)
    return for_a_person(new, why, maybe(reading))
