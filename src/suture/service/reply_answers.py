"""Answers that came as a text: bound to the one question they can be to, else asked back, else a person's work.

A reply to what is no longer promised accepts nothing: what is promised now is asked about instead.
"""

from collections.abc import Collection, Sequence
from datetime import timedelta

from suture.model.ids import PartyId, PromiseId, VisitId
from suture.model.messages import Step, SubjectKind, Touch
from suture.model.signals import Answer
from suture.model.visit import WAITING_STATUSES
from suture.outreach.compose import PRIORITIES
from suture.outreach.interpret import Meaning, Reading
from suture.service.new_text import (
    Done,
    NewText,
    ReplyAction,
    ask_back,
    for_a_person,
    maybe,
    no_longer_to_read,
    say_human,
)
from suture.service.reply_of_staff import answer_about_call_out
from suture.service.reply_to_offer import made_to, tapped_offer, to_offer
from suture.store import asked_back, inbox, letters, promises, replies, touches
from suture.store.asked_back import AskedAbout, AskedBack
from suture.store.inbox import Arrival
from suture.store.letters import VisitNow
from suture.store.promises import ASKING_STEPS, Prompt
from suture.store.transaction import Tx
from suture.words.reason import reason

ANSWERS = {
    Meaning.ACCEPT: Answer.ACCEPT,
    Meaning.DECLINE: Answer.DECLINE,
    Meaning.RESCHEDULE: Answer.RESCHEDULE,
}
MOST_CHOICES, MOST_ON_SEVERAL_DAYS = 3, 2
"""More do not fit into one text."""
CROSSING = timedelta(seconds=10)
"""A yes that comes this soon after a new time was sent was written to the time before."""


def answer(new: NewText, reading: Reading) -> Done:
    """What an answer sets off: to the question back that is open on the number, else to what was asked there."""
    back = asked_back.open_on(new.tx, new.from_hash, new.channel)
    prompts, offered = promises.answerable(new.tx, new.from_hash), made_to(new)
    if back is None:
        return to_offer(new, reading, offered, prompts) or _bind(new, prompts, reading)
    last = max([p.asked_at for p in prompts] + [o.asked_at for o in offered if o.is_open], default=None)
    newer = last is not None and back.asked_at is not None and last > back.asked_at
    if back.about is AskedAbout.CALL_OUT:
        return answer_about_call_out(new, reading, back, is_last=not newer)
    if newer:
        asked_back.close(new.tx, back.inbound_id)
        return to_offer(new, reading, offered, prompts) or _bind(new, prompts, reading)
    return _choose(new, prompts, reading, back)


def tapped(new: NewText, reading: Reading) -> Done:
    """A tap on a message: an answer where it is a thumb up on a question that is open, or that has moved on."""
    owners = [o.party_id for o in new.owners]
    found = replies.quoted(new.tx, owners, new.channel, reading.quote) if reading.quote else None
    if found is not None and found.step is Step.S_OFFER:
        return tapped_offer(new, reading, found.touch_id)
    if found is None or found.step not in ASKING_STEPS:
        return Done(ReplyAction.NOTED)
    to_it = [p for p in promises.answerable(new.tx, new.from_hash) if p.touch_id == found.touch_id]
    if not to_it:
        again = reading.sure and _ask_outdated(new)
        return Done(ReplyAction.ASKED_BACK if again else ReplyAction.NOTED)
    if reading.sure:
        return _answer_question(new, to_it[0], Answer.ACCEPT)
    return for_a_person(new, reason("text.tapped"), maybe(reading))


def ask_again(new: NewText) -> None:
    """A yes that opened a number again was maybe meant for the one question that is open there: it is asked again."""
    prompts = promises.answerable(new.tx, new.from_hash)
    if len(prompts) == 1:
        _ask_of(new, prompts[0])


def _bind(new: NewText, prompts: Sequence[Prompt], reading: Reading) -> Done:
    if len(prompts) == 1:
        return _answer_to(new, prompts[0], reading)
    if prompts:
        return _which(new, prompts, reading)
    if _ask_outdated(new):
        return Done(ReplyAction.ASKED_BACK)
    say_human(new)
    return for_a_person(new, reason("text.no_question"), maybe(reading))


def _answer_to(new: NewText, prompt: Prompt, reading: Reading) -> Done:
    """Answer the only question there is, unless the words are about another day, or to what was asked before."""
    if reading.day is not None and reading.day.date(new.today) != prompt.service_date:
        say_human(new)
        return for_a_person(new, reason("text.other_day"), maybe(reading))
    if prompt.replaces and new.came_at - prompt.asked_at < CROSSING and _ask_of(new, prompt):
        return Done(ReplyAction.ASKED_BACK)
    if reading.meaning is Meaning.RESCHEDULE and not new.is_patient(prompt.party_id):
        say_human(new)
        return for_a_person(new, reason("text.clinician_time"), maybe(reading))
    return _answer_question(new, prompt, ANSWERS[reading.meaning])


def _which(new: NewText, prompts: Sequence[Prompt], reading: Reading) -> Done:
    """Several people have been asked on this number: which visit is meant, by its time; whose it is, no text says."""
    told = sorted(prompts, key=lambda p: (p.opens_at, p.id))
    several_days = len({p.service_date for p in told}) > 1
    can_ask = (
        len(told) <= (MOST_ON_SEVERAL_DAYS if several_days else MOST_CHOICES)
        and all(len(p.promise_ids) == 1 and new.is_patient(p.party_id) for p in told)
        and len({p.opens_at for p in told}) == len(told)
    )
    question = AskedBack(
        new.id,
        AskedAbout.WHICH,
        min(p.expires_at for p in told),
        answer=ANSWERS[reading.meaning],
        prompt_ids=tuple(p.id for p in told),
    )
    if can_ask and ask_back(new, Step.P_WHICH, question):
        if reading.meaning is not Meaning.ACCEPT:
            for_a_person(new, reason("text.asked_which"), maybe(reading))
        return Done(ReplyAction.ASKED_BACK)
    say_human(new)
    return for_a_person(new, reason("text.shared_number"), maybe(reading))


def _choose(new: NewText, prompts: Sequence[Prompt], reading: Reading, back: AskedBack) -> Done:
    """The number of a choice; a yes or no to the question which one is none."""
    if reading.digit is None or reading.digit > len(back.prompt_ids):
        say_human(new)
        return for_a_person(new, reason("text.shared_number"), maybe(reading))
    asked_back.close(new.tx, back.inbound_id)
    no_longer_to_read(new, back.inbound_id, reason("closed.chosen"))
    chosen = [p for p in prompts if p.id == back.prompt_ids[reading.digit - 1]]
    if chosen:
        return _answer_question(new, chosen[0], Answer(back.answer))
    say_human(new)
    return for_a_person(new, reason("text.no_question"), reason(f"reading.{back.answer}"))


# what is promised now ---------------------------------------------------------------------------------------------


def _ask_outdated(new: NewText) -> bool:
    """Ask again where the one thing that was asked on this number has another promise by now."""
    visits = promises.outdated(new.tx, new.from_hash)
    return len(visits) == 1 and _ask_about(new, *visits[0])


def _ask_of(new: NewText, prompt: Prompt) -> bool:
    visit_of = promises.visits_of(new.tx, prompt.promise_ids)
    return len(visit_of) == 1 and _ask_about(new, next(iter(visit_of.values())), prompt.party_id)


def _ask_about(new: NewText, visit_id: VisitId, party_id: PartyId) -> bool:
    """Ask a patient once more about a visit as it is planned now, once for each time that it was told."""
    visit = letters.visits_now(new.tx, [visit_id]).get(visit_id)
    if visit is None or not new.is_patient(party_id) or visit.told is None:
        return False
    if visit.status not in WAITING_STATUSES or visit.held or visit.starts_at <= new.tx.now:
        return False
    touch = Touch(
        subject=SubjectKind.VISIT,
        subject_id=visit_id,
        subject_rev=visit.visit_rev,
        party_id=party_id,
        step=Step.P_AGAIN,
        channel=new.channel,
        priority=PRIORITIES[Step.P_AGAIN],
        due_at=new.tx.now,
        not_after=visit.starts_at,
        because=reason("told.text_came"),
    )
    return bool(touches.plan(new.tx, visit.branch_id, visit.service_date, [touch]))


# the answer as a signal -------------------------------------------------------------------------------------------


def _answer_question(new: NewText, prompt: Prompt, given: Answer) -> Done:
    """Answer what the live loop can decide; the rest is a person's work, and whoever wrote is told so."""
    if not new.is_patient(prompt.party_id):
        _answer(new, prompt, given, (None,))
        return Done(ReplyAction.ANSWERED, prompt)
    unsure = promises.maybe_outdated(new.tx, prompt.promise_ids)
    if unsure and _ask_of(new, prompt):
        return Done(ReplyAction.ASKED_BACK)
    left = _left_open(new.tx, prompt, given, unsure)
    decidable = tuple(p for p in prompt.promise_ids if p not in left)
    if decidable:
        _answer(new, prompt, given, decidable)
    if left:
        say_human(new)
        for_a_person(new, reason("text.visit_moved"), reason(f"reading.{given}"))
    return Done(ReplyAction.ANSWERED, prompt) if decidable else Done(ReplyAction.UNCLEAR)


def _left_open(tx: Tx, prompt: Prompt, given: Answer, unsure: Collection[PromiseId]) -> frozenset[PromiseId]:
    """The promises of a question that this answer would say nothing to: of a visit that is on another day now, one
    that may have been told another time since, and a yes to one that has no clinician. Of one that has another time by
    now and was not told it yet, the next message asks again."""
    visit_of = promises.visits_of(tx, prompt.promise_ids)
    now = letters.visits_now(tx, list(visit_of.values()))

    def is_left(promise: PromiseId, visit: VisitNow) -> bool:
        moved = (visit.branch_id, visit.service_date) != (prompt.branch_id, prompt.service_date)
        no_one = given is Answer.ACCEPT and (visit.held or visit.told is None)
        return visit.status in WAITING_STATUSES and (moved or no_one or promise in unsure)

    return frozenset(promise for promise, visit in visit_of.items() if is_left(promise, now[visit]))


def _answer(new: NewText, prompt: Prompt, given: Answer, promise_ids: Sequence[PromiseId | None]) -> None:
    """Hand the answer to the live loop, bound to what was asked: of a patient, to each visit of the question."""
    said = {"party_id": prompt.party_id, "answer": given, "via": new.channel, "touch_id": prompt.touch_id}
    arrivals = [
        Arrival(
            kind="reply",
            branch_id=prompt.branch_id,
            service_date=prompt.service_date,
            source_id=f"{new.provider_msg_id}:{n}" if n else new.provider_msg_id,
            body={**said, "promise_id": promise_id},
        )
        for n, promise_id in enumerate(promise_ids)
    ]
    inbox.receive_all(new.tx, new.channel, arrivals)
