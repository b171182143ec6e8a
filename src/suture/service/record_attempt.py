"""What is so once a provider has said what became of a message: it was told, is tried later, or needs another way.

A message is never sent twice by itself: what may have arrived is `unknown`. Where the provider keeps a list of what
left, that list is read (`service.reconcile`); elsewhere a person decides.
"""

from datetime import timedelta

from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToClose
from suture.model.events import EventKind, NewEvent
from suture.model.ids import VisitId
from suture.model.messages import (
    ASKING_BACK,
    GATE_STEPS,
    Receipt,
    Refusal,
    SendOutcome,
    Step,
    SubjectKind,
    TouchState,
)
from suture.service.close_address import heed
from suture.service.mail_parts import calendar_follows
from suture.service.prepare_message import not_sent, other_way, warn
from suture.store import asked_back, attempts, audit, cases, contacts, events, on_call, promises, touches
from suture.store.attempts import Left
from suture.store.touches import StoredTouch
from suture.store.transaction import Tx
from suture.words.reason import reason

PATIENT_DAY = SubjectKind.PATIENT_DAY
MOST_ATTEMPTS, ON_CALL_ATTEMPTS = 5, 2
"""After this many, another channel is tried, or a person is told."""
FIRST_BACK_OFF, LONGEST_BACK_OFF = timedelta(seconds=30), timedelta(minutes=10)
UNKNOWN_BECAUSE = reason("unsent.unknown")
_REFUSED = {
    Refusal.NONE: "unsent.refused",
    Refusal.ADDRESS_GONE: "unsent.gone",
    Refusal.OPTED_OUT: "unsent.stopped",
    Refusal.NOT_BY_THIS_CHANNEL: "unsent.other_kind",
}


def record(tx: Tx, touch: StoredTouch, left: Left, receipt: Receipt, *, keeps_list: bool = False) -> None:
    """Write what follows from a receipt. `keeps_list`: what is unknown can still be looked up."""
    match receipt.outcome:
        case SendOutcome.ACCEPTED:
            arrived(tx, touch, left, receipt.provider_sid)
        case SendOutcome.TRANSIENT:
            _try_later(tx, touch)
        case SendOutcome.PERMANENT:
            refused(tx, touch, left, receipt.refusal, receipt.code)
        case SendOutcome.UNKNOWN:
            not_sent(tx, touch, TouchState.UNKNOWN, UNKNOWN_BECAUSE, matters=not keeps_list)


def arrived(tx: Tx, touch: StoredTouch, left: Left, provider_sid: str) -> None:
    """The provider has it: what it says was told, and what it asks is open."""
    touches.end(tx, touch, TouchState.SENT, sid=provider_sid)
    new = promises.record(tx, touch, left.told)
    if touch.step is Step.S_OFFER_WON:
        promises.accept(tx, new, via="offer")
    visit_id = VisitId(touch.subject_id) if touch.subject is SubjectKind.VISIT else None
    visit_ids = [visit_id] if visit_id else [t.visit_id for t in left.told if touch.subject is PATIENT_DAY]
    if touch.step in promises.ASKING_STEPS:
        if new:
            promises.close_prompts(tx, touch.party_id)
            promises.open_prompt(tx, touch.party_id, new, left.addr_hash, touch.not_after)
    elif touch.step in ASKING_BACK:
        asked_back.has_left(tx, touch.subject_id)
    elif touch.step is Step.P_CANCELLED:
        promises.close_prompts(tx, touch.party_id, visit_id)
    calendar_follows(tx, touch)
    if left.early:
        audit.record(tx, AuditCode.SAME_DAY_CHANGE, "touch", touch.id)
    if touch.step is Step.S_ON_CALL:
        who = on_call.external_id_of(tx, touch.party_id)
        for case in on_call.cases_now(tx, touch.id):
            audit.record(tx, AuditCode.ON_CALL_TOLD, "case", case.id, who=who, channel=touch.channel)
    data = {
        "step": touch.step,
        "channel": touch.channel,
        "party_id": touch.party_id,
        "visit_ids": visit_ids,
        "t_sent": tx.now,
    }
    happened = [NewEvent(EventKind.MESSAGE_SENT, touch.id, data)]
    of_patient = () if touch.step in GATE_STEPS else visit_ids  # a patient is not reached by what a clinician reads
    subjects = [CaseSubject("touch", touch.id), *(CaseSubject("visit", v) for v in of_patient)]
    to_close = [CaseToClose(CaseKind.MESSAGE_UNDELIVERABLE, s, reason("closed.arrived")) for s in subjects]
    if touch.step in (Step.P_CONFIRM, Step.P_CHANGED) and visit_id:
        to_close.append(CaseToClose(CaseKind.PROMISE_AT_RISK, CaseSubject("visit", visit_id), reason("closed.told")))
    happened += cases.close_cases(tx, to_close)
    events.append(tx, branch_id=touch.branch_id, service_date=touch.service_date, events=happened)


def refused(tx: Tx, touch: StoredTouch, left: Left, refusal: Refusal, code: str) -> None:
    """By another channel; and where the provider says that this address takes none, nothing more goes there."""
    if refusal is not Refusal.NONE and left.addr_hash:
        contacts.lock_address(tx, left.addr_hash)
        heed(tx, touch.channel, left.addr_hash, refusal, touch_id=touch.id)
    because = reason(_REFUSED[refusal], code=code)
    not_sent(tx, touch, TouchState.FAILED, because, try_next=True)


def _try_later(tx: Tx, touch: StoredTouch) -> None:
    """By another channel after some tries, where there is one; else again and again while the message is of use.

    Who is on call is tried twice: then their next channel is, or the next person.
    """
    tries = attempts.count(tx, touch)
    if touch.step is Step.S_ON_CALL and tries >= ON_CALL_ATTEMPTS:
        not_sent(tx, touch, TouchState.FAILED, reason("unsent.away", count=tries))
        return
    due_at = tx.now + min(FIRST_BACK_OFF * 2 ** min(tries - 1, MOST_ATTEMPTS), LONGEST_BACK_OFF)
    if tries >= MOST_ATTEMPTS and other_way(tx, touch) is not None:
        not_sent(tx, touch, TouchState.FAILED, reason("unsent.away", count=tries), try_next=True)
    elif due_at >= touch.not_after:
        not_sent(tx, touch, TouchState.EXPIRED, reason("unsent.away_too_long"))
    else:
        if tries == MOST_ATTEMPTS:
            warn(tx, touch, reason("unsent.away_still", count=tries))
        touches.plan_again(tx, touch, due_at)
