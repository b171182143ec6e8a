"""A key pressed in a call: says what the call is about to someone who wants to hear it, and takes their answer."""

from collections.abc import Mapping

from suture.model.hooks import Delivery, KeyNews, Spoken
from suture.model.ids import PromiseId, VisitId
from suture.model.instants import local_date
from suture.model.messages import Channel, SubjectKind
from suture.model.signals import Answer
from suture.outreach import calls
from suture.store import attempts, contacts, inbox, letters, promises, touches
from suture.store.attempts import Attempt
from suture.store.contacts import Reach
from suture.store.inbox import Arrival
from suture.store.touches import StoredTouch
from suture.store.transaction import Tx

WANTS_TO_HEAR = "1"
ABOUT, ANSWER = 1, 2
"""The two questions of a call."""
_ANSWERS: Mapping[str, Answer] = {"1": Answer.ACCEPT, "2": Answer.DECLINE, "3": Answer.RESCHEDULE}
"""The same digits as in a text."""


def next_words(tx: Tx, news: KeyNews) -> Spoken:
    """What the call says next. A key that comes twice is answered twice and taken once."""
    attempt = attempts.find(tx, news.call_sid, news.touch_id, news.attempt_no)
    touch = touches.find(tx, attempt.touch_id) if attempt else None
    if attempt is None or touch is None or touch.channel is not Channel.VOICE:
        return Spoken("en", calls.thanks("en", someone_calls=False))
    reach = contacts.reach(tx, touch.party_id, Channel.VOICE)
    agency = letters.agency_of(tx, touch.branch_id)
    if news.turn == ABOUT and news.key == WANTS_TO_HEAR and _is_so(tx, touch):
        _heard(tx, attempt)
        window = attempt.left.told[0].window if attempt.left.told else None
        day = local_date(window.open, reach.tz) if window else touch.service_date
        said = calls.message(touch.step, reach.lang, day, window, reach.tz)
        if not attempt.left.told:
            return Spoken(reach.lang, said)
        return Spoken(reach.lang, said, turn=ANSWER, otherwise=calls.thanks(reach.lang, someone_calls=False))
    if news.turn == ANSWER:
        return _answered(tx, touch, reach, news)
    return Spoken(reach.lang, calls.closing(reach.lang, agency.phone))


def _is_so(tx: Tx, touch: StoredTouch) -> bool:
    """Whether what would be said is still so."""
    if touch.subject is not SubjectKind.VISIT:
        return False
    return letters.visit_now(tx, VisitId(touch.subject_id)).visit_rev == touch.subject_rev


def _heard(tx: Tx, attempt: Attempt) -> None:
    if not attempt.delivery or Delivery(attempt.delivery).rank < Delivery.DELIVERED.rank:
        attempts.note_delivery(tx, attempt, Delivery.DELIVERED, "heard")


def _answered(tx: Tx, touch: StoredTouch, reach: Reach, news: KeyNews) -> Spoken:
    answer, promised = _ANSWERS.get(news.key), promises.of_touch(tx, touch.id)
    if answer is not None:
        inbox.receive_all(tx, "voice", [_arrival(touch, one, answer, news) for one in promised])
    someone_calls = bool(promised) and answer in (Answer.DECLINE, Answer.RESCHEDULE)
    return Spoken(reach.lang, calls.thanks(reach.lang, someone_calls=someone_calls))


def _arrival(touch: StoredTouch, promise_id: PromiseId, answer: Answer, news: KeyNews) -> Arrival:
    said = {"party_id": touch.party_id, "answer": answer, "via": "phone", "touch_id": touch.id}
    return Arrival(
        kind="reply",
        branch_id=touch.branch_id,
        service_date=touch.service_date,
        source_id=f"{news.call_sid}:{promise_id}:{news.key}",
        body={**said, "promise_id": promise_id},
    )
