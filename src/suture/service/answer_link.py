"""The link in a message: looking changes nothing; an answer becomes a signal, bound to what its sender was told."""

from dataclasses import dataclass, replace
from datetime import date

from suture.model.actors import Actor, ActorKind
from suture.model.ids import BranchId, PromiseId, TouchId, VisitId
from suture.model.links import (
    ClinicianLink,
    LinkResult,
    LinkView,
    OfferLink,
    OfferLinkState,
    PatientDayLink,
    PatientLink,
    ToldState,
)
from suture.model.messages import SubjectKind, TouchState
from suture.model.signals import Answer
from suture.service.caller import Caller
from suture.store import inbox, letters, link_views, lookups, offers, promises, replies, tokens, touches
from suture.store.tokens import Purpose, Token
from suture.store.transaction import Tx

CLINICIAN_ANSWERS = frozenset({Answer.ACCEPT, Answer.DECLINE})


@dataclass(frozen=True, slots=True)
class _Bound:
    """What an answer binds to, and the branch-day that decides it; `mark` tells one such thing from the next behind
    the same link."""

    promise_id: PromiseId | None
    touch_id: TouchId
    mark: int
    branch_id: BranchId
    service_date: date


def look_up(caller: Caller, token: str) -> LinkView | None:
    """What to show behind a link; None for one that is unknown or expired, without telling which."""
    with caller.transaction() as tx:
        link = tokens.find(tx, token)
        return _view(tx.by(holder(link)), link) if link else None


def day_of_taker(caller: Caller, token: str) -> ClinicianLink | None:
    """The day of whoever took a visit by the link of an offer, to look at; None for anyone else."""
    with caller.transaction() as opened:
        link = tokens.find(opened, token, {Purpose.OFFER})
        tx = opened.by(holder(link)) if link else opened
        view = link_views.offer_view(tx, link) if link else None
        if link is None or view is None or view.state is not OfferLinkState.YOURS:
            return None
        return link_views.clinician_view(tx, link)


def answer(
    caller: Caller, token: str, given: Answer, seen: str | None = None, visit: VisitId | None = None
) -> LinkResult | None:
    """Store an answer once; pressing again is harmless, and answering otherwise is a new answer.

    `seen` is the view's, from when the page was shown: another one now, and nothing is recorded. `visit`: which one,
    behind a link to several. None as for `look_up`. Raises ValueError for an answer this kind of link does not offer.
    """
    with caller.transaction() as opened:
        link = tokens.find(opened, token)
        tx = opened.by(holder(link)) if link else opened
        if link and link.purpose is Purpose.PATIENT_DAY:
            link = _of_one_visit(tx, link, visit)
        view = _view(tx, link) if link else None
        if link is None or view is None or isinstance(view, PatientDayLink | OfferLink):
            return None
        if isinstance(view, ClinicianLink) and given not in CLINICIAN_ANSWERS:
            raise ValueError(f"a clinician's day cannot be answered by {given}")
        if not view.is_open:
            return LinkResult.CLOSED
        if seen is not None and seen != view.seen:
            return LinkResult.MOVED_ON
        if given is Answer.ACCEPT and not _may_be_promised(view):
            return LinkResult.MOVED_ON
        bound = _bind(tx, link, view, given)
        if bound is None:
            return LinkResult.MOVED_ON
        _store(tx, link, given, bound)
        return LinkResult.RECORDED


def holder(link: Token) -> Actor:
    """Whose link it is: what is behind it is read and done as theirs."""
    clinician = link.purpose in (Purpose.CLINICIAN_DAY, Purpose.OFFER)
    return Actor(ActorKind.CLINICIAN_LINK if clinician else ActorKind.PATIENT_LINK, link.party_id)


def _may_be_promised(view: PatientLink | ClinicianLink) -> bool:
    """A yes counts for what is planned; a clinician always sees just that."""
    return isinstance(view, ClinicianLink) or view.told_state is ToldState.HOLDS


def _of_one_visit(tx: Tx, link: Token, visit: VisitId | None) -> Token | None:
    """The link as if it led to one of its visits only; None where it does not lead there."""
    touch = touches.find(tx, link.touch_id)
    if visit is None or visit not in touches.visit_revs(tx, touch):
        return None
    return replace(link, purpose=Purpose.VISIT_ANSWER, visit_id=visit)


def _view(tx: Tx, link: Token) -> LinkView | None:
    if link.purpose is Purpose.CLINICIAN_DAY:
        return link_views.clinician_view(tx, link)
    if link.purpose is Purpose.PATIENT_DAY:
        return link_views.patient_day_view(tx, link)
    if link.purpose is Purpose.OFFER:
        return link_views.offer_view(tx, link)
    return link_views.patient_view(tx, link)


def _bind(tx: Tx, link: Token, view: LinkView, given: Answer) -> _Bound | None:
    """A patient answers the last promise. A clinician accepts all they see, or gives back what this message brought."""
    _promise_if_it_arrived(tx, link)
    if isinstance(view, ClinicianLink):
        newest = lookups.newest_day_message(tx, link.party_id, link.service_date) or link.touch_id
        touch_id = newest if given is Answer.ACCEPT else link.touch_id
        return _Bound(None, touch_id, touch_id, link.branch_id, link.service_date)
    last = promises.current(tx, link.visit_id, link.party_id) if link.visit_id else None
    return _Bound(last.id, last.touch_id, last.id, last.branch_id, last.service_date) if last else None


def _promise_if_it_arrived(tx: Tx, link: Token) -> None:
    """A pressed link proves that a message of unknown fate arrived: write what it promised, if that still is so."""
    touch = touches.hold_by_id(tx, link.touch_id, TouchState.SENDING, TouchState.UNKNOWN)
    if touch is None:
        return
    if touch.subject is SubjectKind.OFFER:
        offer = offers.now_of(tx, touch.subject_id, link.party_id)
        if offer and offer.theirs:
            promises.accept(tx, promises.record(tx, touch, [offer.theirs]), via="offer")
        return
    if link.visit_id is None:
        promises.record(tx, touch, letters.day_stops(tx, link.branch_id, link.service_date, link.party_id))
        return
    visit, rev = letters.visit_now(tx, link.visit_id), touches.visit_revs(tx, touch).get(link.visit_id)
    if visit.told is not None and visit.visit_rev == rev:
        promises.record(tx, touch, [visit.told])


def _store(tx: Tx, link: Token, given: Answer, bound: _Bound) -> None:
    """One signal an answer; the same answer as the last one to the same thing is the same signal."""
    answers = replies.link_answers(tx, link.token_hash[:16], bound.mark)
    again = answers.count > 0 and answers.last_answer == given
    source_id = f"{link.token_hash[:16]}:{given}:{bound.mark}"
    if again:
        source_id = answers.last_source_id
    elif answers.count > 0:
        source_id += f":{answers.count}"
    inbox.receive(
        tx,
        kind="reply",
        branch_id=bound.branch_id,
        service_date=bound.service_date,
        source="link",
        source_id=source_id,
        body={
            "party_id": link.party_id,
            "answer": given,
            "via": "link",
            "promise_id": bound.promise_id,
            "touch_id": bound.touch_id,
        },
        occurred_at=tx.now,
    )
    tokens.mark_used(tx, link.token_hash)
