"""What the page behind a link shows: read for the one who holds the link, and for no one else."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from suture.model.day import ConfirmationState
from suture.model.ids import BranchId, PartyId, VisitId
from suture.model.links import (
    ClinicianLink,
    DayStop,
    OfferLink,
    OfferLinkState,
    PatientDayLink,
    PatientLink,
    Profession,
    ToldState,
    UnsubscribeLink,
)
from suture.model.messages import Channel, TouchState
from suture.model.offers import AskedState, OfferAnswer, OfferState
from suture.model.people import initial
from suture.model.plan import ToldWindow
from suture.model.visit import WAITING_STATUSES, GateState, VisitStatus
from suture.store import contacts, letters, offers, promises, touches
from suture.store.letters import VisitNow
from suture.store.offers import Answers, OfferNow
from suture.store.promises import CurrentPromise
from suture.store.tokens import Token
from suture.store.touches import StoredTouch
from suture.store.transaction import Tx
from suture.words.reason import Reason, values_of

PROFESSIONS = {
    "SN": Profession.NURSE,
    "PT": Profession.THERAPIST,
    "OT": Profession.THERAPIST,
    "ST": Profession.THERAPIST,
    "MSW": Profession.SOCIAL_WORKER,
    "HHA": Profession.AIDE,
}


def patient_view(tx: Tx, token: Token) -> PatientLink | None:
    """The visit of a patient's link, in the window they were last told; None while there is no window to show."""
    if token.visit_id is None:
        return None
    return _patient_links(tx, token, [token.visit_id]).get(token.visit_id)


def patient_day_view(tx: Tx, token: Token) -> PatientDayLink | None:
    """The visits that the message of a patient's link spoke of; None while there is nothing to show."""
    touch = touches.find(tx, token.touch_id)
    links = _patient_links(tx, token, touches.visit_revs(tx, touch))
    if not links:
        return None
    first = next(iter(links.values()))
    return PatientDayLink(first.agency, first.phone, first.lang, first.tz, tuple(links.items()))


def _patient_links(tx: Tx, token: Token, visit_ids: Collection[VisitId]) -> Mapping[VisitId, PatientLink]:
    """Each visit that has a window to show, in order."""
    touch = touches.find(tx, token.touch_id)
    revs, last = touches.visit_revs(tx, touch), promises.current_of(tx, visit_ids, token.party_id)
    agency, person = letters.agency_of(tx, touch.branch_id), _person(tx, token.party_id)
    links: dict[VisitId, PatientLink] = {}
    for visit_id, now in letters.visits_now(tx, visit_ids).items():
        shown = _shown(touch, revs.get(visit_id), now, last.get(visit_id))
        if shown is None:
            continue
        waits = now.status in WAITING_STATUSES
        told_state = now.told_state(shown.window) if waits else ToldState.HOLDS
        links[visit_id] = PatientLink(
            agency=agency.name,
            phone=agency.phone,
            lang=person["lang"],
            tz=person["tz"],
            window=shown.window,
            profession=PROFESSIONS[now.discipline],
            answer=shown.answer,
            is_open=waits and not now.held and shown.day == (now.branch_id, now.service_date),
            seen=f"promise {shown.seq}" + ("" if told_state is ToldState.HOLDS else f" {told_state}"),
            clinic=now.clinic,
            told_state=told_state,
            is_cancelled=now.status is VisitStatus.CANCELLED,
            has_cancelled=now.status is VisitStatus.CANCELLED and now.cancelled_by == "patient",
            will_hear=now.is_cared_for,
        )
    return links


def clinician_view(tx: Tx, token: Token) -> ClinicianLink:
    """The day of a clinician's link, as the published plan has it now."""
    agency, person = letters.agency_of(tx, token.branch_id), _person(tx, token.party_id)
    rows = _stops(tx, token.branch_id, token.service_date, token.party_id)
    tx.shows(token.branch_id, (r["patient_id"] for r in rows))
    stops = tuple(
        DayStop(
            starts_at=r["starts_at"],
            ends_at=r["ends_at"],
            window=ToldWindow(r["told_open"], r["told_close"]),
            label=initial(r["given"]) + initial(r["family"]),
            told=ToldWindow(r["heard_open"], r["heard_close"]) if r["heard_open"] else None,
            is_kept_back=r["status"] in WAITING_STATUSES and not GateState(r["gate"]).is_dispatched,
        )
        for r in rows
    )
    return ClinicianLink(
        agency=agency.name,
        phone=agency.phone,
        lang=person["lang"],
        tz=person["tz"],
        service_date=token.service_date,
        stops=stops,
        answer=_day_answer([r["answer"] for r in rows]),
        is_open=any(r["status"] in WAITING_STATUSES for r in rows),
        seen=_seen_stops(rows),
    )


def offer_view(tx: Tx, token: Token) -> OfferLink | None:
    """What someone was asked to take, as things stand; None for what is gone."""
    touch = touches.find(tx, token.touch_id)
    now = offers.now_of(tx, touch.subject_id, token.party_id)
    if now is None:
        return None
    given = offers.answers_of(tx, now.offer.id, token.party_id)
    agency, person = letters.agency_of(tx, token.branch_id), _person(tx, token.party_id)
    return OfferLink(
        agency=agency.name,
        phone=agency.phone,
        lang=person["lang"],
        tz=person["tz"],
        service_date=token.service_date,
        window=now.window,
        is_shift=now.is_shift,
        area=now.area,
        discipline=now.discipline,
        minutes=now.offer.terms.minutes,
        documentation_minutes=now.documentation_minutes,
        until=now.offer.expires_at,
        why=_each(now.asked.why),
        state=_offer_state(tx, now, given),
        passed=given.last is OfferAnswer.PASS,
        seen=f"offer {now.offer.id} {now.window.open.timestamp():.0f} {now.offer.terms.minutes}",
    )


def _each(why: Reason) -> tuple[Reason, ...]:
    return tuple(part for part in values_of(why).get("texts", ()) if isinstance(part, Reason))


def _offer_state(tx: Tx, now: OfferNow, given: Answers) -> OfferLinkState:
    """What has been decided; until then, what is so of the visit and the time, whatever the last decision said."""
    offer, asked = now.offer, now.asked
    if asked.state is AskedState.ACCEPTED:
        return OfferLinkState.YOURS if now.theirs else OfferLinkState.OVER
    if offer.state is OfferState.ACCEPTED:
        return OfferLinkState.COVERED
    if asked.state is AskedState.CANCELED and offer.state is not OfferState.CANCELED:
        return OfferLinkState.UNFIT
    if offer.state is OfferState.CANCELED or not now.is_as_offered:
        return OfferLinkState.OVER
    if asked.is_willing or (given.is_waiting and given.last is OfferAnswer.TAKE):
        return OfferLinkState.WAITING
    return OfferLinkState.OPEN if offer.is_pending and tx.now < offer.expires_at else OfferLinkState.EXPIRED


def unsubscribe_view(tx: Tx, token: Token) -> UnsubscribeLink:
    """Whether mail still goes to the address of a link that ends it."""
    agency, person = letters.agency_of(tx, token.branch_id), _person(tx, token.party_id)
    is_done = contacts.has_stopped(tx, Channel.EMAIL, token.addr_hash)
    return UnsubscribeLink(agency.name, agency.phone, person["lang"], is_done=is_done)


@dataclass(frozen=True, slots=True)
class _Shown:
    """The promise a patient sees: the last one, or the one their message made without our knowing.

    `day`: the branch-day it was made of, which is where an answer to it goes.
    """

    window: ToldWindow
    answer: ConfirmationState
    seq: int
    day: tuple[BranchId, date]


def _shown(touch: StoredTouch, rev: int | None, now: VisitNow, last: CurrentPromise | None) -> _Shown | None:
    """`rev` is the visit's as the message told it; None for a visit that it was not about."""
    unrecorded = touch.state in (TouchState.SENDING, TouchState.UNKNOWN) and (last is None or last.touch_id != touch.id)
    if unrecorded and rev == now.visit_rev and now.told is not None:
        day, seq = (touch.branch_id, touch.service_date), (last.seq if last else 0) + 1
        return _Shown(now.told.window, ConfirmationState.NEEDS_ACTION, seq, day)
    return _Shown(last.window, last.answer, last.seq, (last.branch_id, last.service_date)) if last else None


def _seen_stops(rows: Any) -> str:
    """A name for a list of stops: another list, or another window in it, has another name."""
    return "-".join(f"{r['visit_id']}.{r['visit_rev']}" for r in rows)


def _day_answer(answers: list[str]) -> ConfirmationState:
    if answers and all(a == ConfirmationState.ACCEPTED for a in answers):
        return ConfirmationState.ACCEPTED
    if answers and all(a == ConfirmationState.DECLINED for a in answers):
        return ConfirmationState.DECLINED
    return ConfirmationState.NEEDS_ACTION


def _person(tx: Tx, party_id: PartyId) -> Any:
    return tx.rows("SELECT lang, tz FROM party WHERE tenant = app_tenant() AND id = :party", party=party_id)[0]


def _stops(tx: Tx, branch_id: BranchId, service_date: date, clinician_id: PartyId) -> Any:
    return tx.rows(
        """SELECT a.visit_id, v.patient_id, v.visit_rev, v.status, v.gate, a.starts_at, a.ends_at,
                  a.told_open, a.told_close, p.given, p.family,
                  coalesce(c.state, 'needs_action') AS answer, w.window_open AS heard_open,
                  w.window_close AS heard_close
           FROM plan_head h
           JOIN assignment a ON a.tenant = h.tenant AND a.branch_id = h.branch_id AND a.service_date = h.service_date
             AND a.to_version IS NULL
           JOIN visit v ON v.tenant = a.tenant AND v.id = a.visit_id
           LEFT JOIN party p ON p.tenant = v.tenant AND p.id = v.patient_id
           LEFT JOIN LATERAL (
             SELECT id FROM promise WHERE tenant = a.tenant AND visit_id = a.visit_id AND party_id = a.clinician_id
             ORDER BY seq DESC LIMIT 1) o ON true
           LEFT JOIN LATERAL (
             SELECT window_open, window_close FROM promise
             WHERE tenant = a.tenant AND visit_id = a.visit_id AND party_id = v.patient_id
             ORDER BY seq DESC LIMIT 1) w ON true
           LEFT JOIN confirmation c ON c.tenant = a.tenant AND c.promise_id = o.id AND c.participant = 'clinician'
           WHERE h.tenant = app_tenant() AND h.branch_id = :branch AND h.service_date = :date AND h.stage = 'published'
             AND a.clinician_id = :clinician ORDER BY a.starts_at, a.visit_id""",
        branch=branch_id,
        date=service_date,
        clinician=clinician_id,
    )
