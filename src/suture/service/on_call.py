"""Calls those on call about critical cases that no one takes, and says where no one on call can be reached.

First who is on call first, then the next, until someone takes the case or its cause is gone: see `outreach.escalation`.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from suture.model.addresses import spoken_phone
from suture.model.ids import BranchId, CaseId
from suture.model.instants import wall_clock
from suture.model.messages import Channel, Step, SubjectKind, Touch
from suture.model.on_call import Told
from suture.model.people import Branch, PartyKind
from suture.model.phones import read_phone, region_of
from suture.outreach.compose import PRIORITIES
from suture.outreach.escalation import Call, Person, again_at, due_at, is_heard, is_left, next_call
from suture.outreach.on_call import Contact, OnCallList, Turn
from suture.service.caller import Caller
from suture.service.context import Context
from suture.service.in_force import on_call_in_force
from suture.store import on_call as rows
from suture.store import outreach, touches
from suture.store.branches import all_branches
from suture.store.on_call import Colleague, WaitingCase
from suture.store.transaction import Tx
from suture.words.catalog import _, marked
from suture.words.dates import short_date
from suture.words.reason import reason

OF_USE = timedelta(hours=2)
"""A message that could not leave for this long is planned again, to whoever is on call then."""


@dataclass(frozen=True, slots=True)
class OnDuty:
    """Someone of the on-call list: how they can be reached, and the number to call (empty: unknown).

    `known`: a contact of the list, or a clinician at work.
    """

    person: Person
    name: str
    phone: str
    kind: PartyKind
    known: bool = True


class Hindrance(StrEnum):
    """Why no one on call hears of a critical case."""

    NO_LIST = "no_list"
    NO_ONE_NOW = "no_one_now"
    ON_HOLD = "on_hold"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Unheard:
    """A critical case waits, and no one on call hears of it. `who` is to be called by a person; with `NO_ONE_NOW`,
    who is on call next, and from when."""

    hindrance: Hindrance
    who: OnDuty | None = None
    starts_at: datetime | None = None

    def in_words(self, branch: Branch, today: date) -> str:
        """Why no one on call hears of it, and whom to call instead."""
        who = self.who.name if self.who else ""
        phone = spoken_phone(self.who.phone) if self.who and self.who.phone else ""
        match self.hindrance:
            case Hindrance.NO_LIST:
                return _("A critical case has not been taken, and no one is on call for {branch}.", branch=branch.name)
            case Hindrance.NO_ONE_NOW if self.starts_at:
                at = _moment(self.starts_at, branch.tz, today)
                said = marked(
                    "A critical case has not been taken, and no one is on call before {at}. Then it is {who}."
                )
                return _(said, at=at, who=who)
            case Hindrance.NO_ONE_NOW:
                return _("A critical case has not been taken, and no one is on call now.")
            case _ if not who:
                return _("A critical case has not been taken, and no one on call can be reached.")
            case Hindrance.ON_HOLD if phone:
                said = marked(
                    "A critical case has not been taken, and messages are on hold. Call {who} yourself: {phone}."
                )
            case Hindrance.ON_HOLD:
                said = marked("A critical case has not been taken, and messages are on hold. Call {who} yourself.")
            case _ if phone:
                said = marked(
                    "A critical case has not been taken, and no message reaches anyone on call. Call {who} yourself: "
                    "{phone}."
                )
            case _:
                said = marked(
                    "A critical case has not been taken, and no message reaches anyone on call. Call {who} yourself."
                )
        return _(said, who=who, phone=phone)


# calling --------------------------------------------------------------------------------------------


def call_on_call(caller: Caller) -> int:
    """Plan a message to the next one on call about the critical cases whose wait is over; how many messages."""
    with caller.transaction() as tx:
        waiting = rows.waiting(tx, lock=True)
        listed = on_call_in_force(tx, caller.tools) if waiting else None
        if listed is None:
            return 0
        told = rows.told(tx, [case.id for case in waiting])
        due = [c for c in waiting if tx.now >= due_at(c.since, listed.wait, told.get(c.id, ()))]
        if not due:
            return 0
        branches = {branch.id: branch for branch in all_branches(tx)}
        on_hold = outreach.state(tx).on_hold
        on_duty = {b: on_duty_now(tx, listed, branches[b], on_hold=on_hold) for b in {case.branch_id for case in due}}
        calls: defaultdict[tuple[BranchId, Call], list[WaitingCase]] = defaultdict(list)
        for c in due:
            call = next_call([duty.person for duty in on_duty[c.branch_id]], told.get(c.id, ()), listed.wait, tx.now)
            if call is not None:
                calls[c.branch_id, call].append(c)
        return sum(_plan(tx, listed, branches[b], on_duty[b], call, about) for (b, call), about in calls.items())


def next_on_call(caller: Caller) -> datetime | None:
    """When someone is to be called the next time, as things stand."""
    with caller.transaction() as tx:
        waiting = rows.waiting(tx, lock=False)
        listed = on_call_in_force(tx, caller.tools) if waiting else None
        if listed is None:
            return None
        told = rows.told(tx, [case.id for case in waiting])
        branches = {branch.id: branch for branch in all_branches(tx)}
        moments = [at for c in waiting for at in _moments(listed, branches[c.branch_id], c, told.get(c.id, ()), tx.now)]
    return min((at for at in moments if at > tx.now), default=None)


def _moments(
    listed: OnCallList, branch: Branch, case: WaitingCase, told: Sequence[Told], now: datetime
) -> list[datetime]:
    """When the wait is over, someone is tried again, or comes on call."""
    following = listed.next_turn(branch.external_id, now, branch.tz)
    again = [again_at([t], listed.wait) for t in told if t.is_lost]
    return [due_at(case.since, listed.wait, told), *again, *([following[0]] if following else [])]


def _plan(
    tx: Tx, listed: OnCallList, branch: Branch, on_duty: Sequence[OnDuty], call: Call, about: Sequence[WaitingCase]
) -> int:
    """One message about all cases that are due at once, however many these are."""
    duty = next(duty for duty in on_duty if duty.person.who == call.who)
    first, *others = about
    planned = touches.plan(tx, branch.id, first.service_date, [_touch(tx, listed, branch, first, duty, call)])
    for touch_id in planned:
        rows.add_cases(tx, touch_id, [case.id for case in others])
    return len(planned)


def _touch(tx: Tx, listed: OnCallList, branch: Branch, case: WaitingCase, duty: OnDuty, call: Call) -> Touch:
    if duty.kind is PartyKind.CONTACT:
        contact = listed.contacts[call.who]
        party = rows.keep_contact(tx, branch, call.who, contact.name, contact.lang, _addresses(contact, branch))
    else:
        party = rows.party_of(tx, duty.kind, call.who)
    return Touch(
        subject=SubjectKind.CASE,
        subject_id=case.id,
        subject_rev=call.round,
        party_id=party,
        step=Step.S_ON_CALL,
        channel=call.channel,
        priority=PRIORITIES[Step.S_ON_CALL],
        due_at=tx.now,
        not_after=tx.now + OF_USE,
        ordinal=call.ordinal,
        because=reason("told.on_call"),
    )


# who is on call -------------------------------------------------------------------------------------


def on_duty_now(tx: Tx, listed: OnCallList, branch: Branch, *, on_hold: bool) -> tuple[OnDuty, ...]:
    """Who is on call for a branch now, first who is called first, and by which channels a message may go out now.

    While messages are on hold only test recipients can be reached, and who called out cannot.
    """
    found = reached(tx, listed, branch, listed.on_now(branch.external_id, tx.now, branch.tz))
    if not on_hold or not found:
        return found
    told_all_the_same = {(r.kind, r.external_id) for r in outreach.test_recipients(tx)}
    return tuple(duty if (duty.kind, duty.person.who) in told_all_the_same else _held(duty) for duty in found)


def reached(
    tx: Tx, listed: OnCallList, branch: Branch, turns: Sequence[Turn], *, in_general: bool = False
) -> tuple[OnDuty, ...]:
    """How those of these turns can be reached; `in_general`: whoever called out or has time off now as well."""
    if not turns:
        return ()
    people = rows.colleagues(tx, [turn.who for turn in turns if turn.who not in listed.contacts], away_too=in_general)
    contacts = {turn.who: listed.contacts[turn.who] for turn in turns if turn.who in listed.contacts}
    closed = rows.closed_addresses(
        tx, [value for contact in contacts.values() for value in _addresses(contact, branch).values()]
    )
    return tuple(_on_duty(turn, contacts.get(turn.who), people.get(turn.who), branch, closed) for turn in turns)


def _on_duty(
    turn: Turn, contact: Contact | None, colleague: Colleague | None, branch: Branch, closed: frozenset[str]
) -> OnDuty:
    wanted = tuple(Channel(way) for way in turn.channels)
    if contact is not None:
        there = _addresses(contact, branch)
        usable = tuple(c for c in wanted if c in there and there[c] not in closed)
        return OnDuty(Person(turn.who, usable), contact.name, there.get(Channel.SMS, ""), PartyKind.CONTACT)
    if colleague is not None:
        usable = tuple(c for c in wanted if c in colleague.channels)
        return OnDuty(Person(turn.who, usable), colleague.name, colleague.phone, PartyKind.CLINICIAN)
    return OnDuty(Person(turn.who, ()), turn.who, "", PartyKind.CLINICIAN, known=False)


def _held(duty: OnDuty) -> OnDuty:
    return OnDuty(Person(duty.person.who, ()), duty.name, duty.phone, duty.kind, duty.known)


def _addresses(contact: Contact, branch: Branch) -> Mapping[Channel, str]:
    """A contact's addresses as messages are sent to them; a number is read where the branch is."""
    phone = read_phone(contact.sms, region_of(branch.phone, branch.tz)) if contact.sms else None
    found = {Channel.SMS: phone.number if phone else "", Channel.EMAIL: contact.email or ""}
    return {channel: value for channel, value in found.items() if value}


# where no one hears ---------------------------------------------------------------------------------


def _moment(instant: datetime, tz: str, today: date) -> str:
    local = wall_clock(instant, tz)
    clock = f"{local:%H:%M}"
    return clock if local.date() == today else ", ".join([short_date(local.date()), clock])


def unheard(tx: Tx, tools: Context, branch: Branch, case_ids: Sequence[CaseId]) -> Unheard | None:
    """Why no one on call hears of one of these critical cases that no one has taken; None where someone does."""
    if not case_ids:
        return None
    listed = on_call_in_force(tx, tools)
    if listed is None or not listed.turns(branch.external_id):
        return Unheard(Hindrance.NO_LIST)
    told = rows.told(tx, case_ids)
    on_hold = outreach.state(tx).on_hold
    on_duty = on_duty_now(tx, listed, branch, on_hold=on_hold)
    people = [duty.person for duty in on_duty]
    of = (told.get(case_id, ()) for case_id in case_ids)
    if all(is_heard(t, on_hold=on_hold) or is_left(people, t) for t in of):
        return None
    if on_duty:
        to_call = next((duty for duty in on_duty if duty.known), None)
        return Unheard(Hindrance.ON_HOLD if on_hold else Hindrance.UNREACHABLE, to_call)
    following = listed.next_turn(branch.external_id, tx.now, branch.tz)
    if following is None:
        return Unheard(Hindrance.NO_ONE_NOW)
    starts_at, turn = following
    return Unheard(Hindrance.NO_ONE_NOW, reached(tx, listed, branch, [turn])[0], starts_at)
