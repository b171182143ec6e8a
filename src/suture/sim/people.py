"""How people answer in the played morning: patients sometimes, staff nearly always, each after their own while.

Probabilities and delays: replies to a first text 0.44; 60 % of the replies
come after about 5 minutes, the others after about 2 hours; staff answer an assignment within minutes. Of the patients
who are silent then, one in ten answers the next morning, some of them later than it helps. Of staff who are asked by
text to take a visit, 0.45 take it, as fast as they answer otherwise; of the others half say no, and half say nothing,
for which there is no source. No one answers an offer by e-mail: it is over before they look.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from suture.model.messages import Channel
from suture.model.seen import SeenMessage
from suture.model.signals import Answer
from suture.service.answer_link import answer
from suture.service.caller import Caller
from suture.sim.chance import Chance
from suture.store.demo import DemoPerson

PATIENT_ANSWERS, STAFF_ANSWERS, SLEEPS_ON_IT = 0.44, 0.95, 0.1
QUICK, QUICK_MEDIAN, SLOW_MEDIAN, PATIENT_SIGMA = 0.6, timedelta(minutes=5), timedelta(hours=2), 1.0
NEXT_MORNING, MORNING_SIGMA = timedelta(hours=16, minutes=30), 0.06
STAFF_MEDIAN, STAFF_SIGMA = timedelta(minutes=4), 0.8
TAKES, PASSES = 0.45, 0.5
"""Of all who are offered a visit by text, and of those who do not take it."""
YES, NO = 0.90, 0.96
"""A patient who answers says yes in 90 of 100 cases, no in 6, and something else in 4."""


Write = Callable[[str, str, str], object]
"""Sends a text from a number: the number, the words, and the text's id, the same for each try."""


@dataclass(frozen=True, slots=True)
class PlannedAnswer:
    """What someone will do about a message, and when. `text`: what they would text; empty where only the link asks."""

    at: datetime
    number: int
    message: SeenMessage
    text: str
    answer: Answer


def plan_answer(
    message: SeenMessage, person: DemoPerson, nth: int, number: int, now: datetime, chance: Chance
) -> PlannedAnswer | None:
    """Whether and when this person answers their `nth` message; None for silence."""
    question = (person.external_id, nth)
    if person.kind == "clinician":
        if not message.links or not chance.happens(STAFF_ANSWERS, "staff", *question):
            return None
        at = now + chance.delay(STAFF_MEDIAN, STAFF_SIGMA, "staff", *question)
        return PlannedAnswer(at, number, message, "", Answer.ACCEPT)
    answers_here = message.channel is Channel.SMS or not person.has_sms
    wait = _wait(question, chance) if answers_here and message.links else None
    if wait is None:
        return None
    at = now + wait
    draw = chance.rng("says", *question).random()
    text, meant = ("1", Answer.ACCEPT) if draw < YES else ("2", Answer.DECLINE)
    if draw >= NO and message.channel is Channel.SMS:
        text = "Who is coming today?"
    return PlannedAnswer(at, number, message, text, meant)


def plan_offer_answer(
    message: SeenMessage, person: DemoPerson, nth: int, number: int, now: datetime, chance: Chance
) -> PlannedAnswer | None:
    """`plan_answer` of someone who is asked to take a visit."""
    question = ("offer", person.external_id, nth)
    takes = chance.happens(TAKES, "takes", *question)
    if message.channel is not Channel.SMS or not (takes or chance.happens(PASSES, "passes", *question)):
        return None
    at = now + chance.delay(STAFF_MEDIAN, STAFF_SIGMA, *question)
    return PlannedAnswer(at, number, message, *(("1", Answer.ACCEPT) if takes else ("2", Answer.DECLINE)))


def _wait(question: tuple[str, int], chance: Chance) -> timedelta | None:
    """How long a patient takes to answer; None for silence."""
    if chance.happens(PATIENT_ANSWERS, "patient", *question):
        median = QUICK_MEDIAN if chance.happens(QUICK, "quick", *question) else SLOW_MEDIAN
        return chance.delay(median, PATIENT_SIGMA, "patient", *question)
    if chance.happens(SLEEPS_ON_IT, "sleeps", *question):
        return chance.delay(NEXT_MORNING, MORNING_SIGMA, "sleeps", *question)
    return None


def give_answer(caller: Caller, planned: PlannedAnswer, write: Write) -> None:
    """Text back, or press the button behind the link."""
    message = planned.message
    if message.channel is Channel.SMS and planned.text:
        about = f"{message.to} {message.at.isoformat()} {message.body}"
        write(message.to, planned.text, f"SM{hashlib.sha256(about.encode()).hexdigest()[:32]}")
        return
    answer(caller, token_of(message.links[0]), planned.answer)


def token_of(link: str) -> str:
    """What a link to an answer ends in."""
    return link.rsplit("/", 1)[-1].split("?")[0]
