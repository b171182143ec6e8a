"""A clinician's PIN: made by the branch or by her own account, and entered beside the link of a message.

Link and PIN are two factors for her own day only. The PIN never comes by the channel of the link, and whoever opens
the link first does not choose it. Five wrong ones end the link.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from pydantic import SecretStr

from suture.model.actors import Actor, ActorKind
from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen
from suture.model.ids import PartyId
from suture.service import passwords
from suture.service.answer_link import holder
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.store import audit, cases, events, lookups, pins, tokens
from suture.store.branches import branch_by_id
from suture.store.day import day_bounds
from suture.store.pins import PinHolder
from suture.store.tokens import Purpose, Token, hashed
from suture.store.transaction import Tx
from suture.words.catalog import _
from suture.words.reason import reason

DAY_COOKIE = "__Host-suture_day"
"""The cookie that a right PIN sets."""
DIGITS = 6
MOST_WRONG = 5
"""This many wrong PINs end a link."""
MOST_WRONG_OF_ALL, WRONG_WITHIN = 10, timedelta(minutes=15)
"""After this many within that time, by whatever link, no PIN of that clinician is looked at."""
_RUNS = "01234567890", "09876543210"


class NoSuchClinician(ServiceError):
    """No clinician of that id is at work in the caller's branches."""


class NoPin(ServiceError):
    """There is no PIN to remove."""


class Tried(StrEnum):
    """What became of a PIN that someone entered."""

    RIGHT = "right"
    WRONG = "wrong"
    WAIT = "wait"
    """Too many wrong ones came lately: it was not looked at."""
    OVER = "over"
    """The day is over: nothing is opened anymore."""


@dataclass(frozen=True, slots=True)
class Entered:
    """The answer to a PIN: how many tries are left of the link, and after a right one the value of the cookie."""

    tried: Tried
    left: int = 0
    cookie: SecretStr | None = None


@dataclass(frozen=True, slots=True)
class Herself:
    """A clinician who has proven who she is, as a caller, and the one day that is open to her."""

    caller: Caller
    clinician_id: PartyId
    service_date: date


def clinician_named(caller: Caller, external_id: str) -> PartyId:
    """The clinician of that id. Raises NoSuchClinician."""
    with caller.transaction() as tx:
        found = lookups.clinician(tx, external_id)
    if found is None:
        raise NoSuchClinician(_("There is no active clinician {clinician}.", clinician=repr(external_id)))
    return found.id


def set_pin(caller: Caller, clinician_id: PartyId) -> SecretStr:
    """Make a new PIN, which is stored nowhere; an earlier one ends, and what it opened. Raises NoSuchClinician."""
    pin = _new_pin()
    pin_hash = passwords.hash_of(pin)
    with caller.transaction() as tx:
        who = _held(tx, clinician_id)
        pins.save(tx, clinician_id, pin_hash)
        audit.record(tx, AuditCode.PIN_SET, "clinician", clinician_id, clinician=who.external_id)
        _close_cases(tx, who)
    return SecretStr(pin)


def remove_pin(caller: Caller, clinician_id: PartyId) -> None:
    """End a clinician's PIN, and what it opened. Raises NoSuchClinician or NoPin."""
    with caller.transaction() as tx:
        who = _held(tx, clinician_id)
        if not pins.remove(tx, clinician_id):
            raise NoPin(_("Clinician {clinician} has no PIN.", clinician=who.external_id))
        audit.record(tx, AuditCode.PIN_REMOVED, "clinician", clinician_id, clinician=who.external_id)
        _close_cases(tx, who)


def has_pin(caller: Caller, token: str) -> bool:
    """Whether the clinician of this link has a PIN."""
    with caller.transaction() as tx:
        link = tokens.find(tx, token, {Purpose.CLINICIAN_DAY})
        return link is not None and pins.hash_of(tx, link.party_id) is not None


def enter(caller: Caller, token: str, pin: str) -> Entered | None:
    """Try a PIN beside a link; None for a link that is unknown, has ended, or leads to no clinician's day.

    Tries wait for each other, so that guesses sent all at once are no more than those sent in turn.
    """
    with caller.transaction() as opened:
        link = tokens.find(opened, token, {Purpose.CLINICIAN_DAY})
        tx = opened.by(holder(link)) if link else opened
        tries = pins.hold_tries(tx, link) if link else None
        if link is None or tries is None:
            return None
        if pins.wrong_since(tx, link.party_id, WRONG_WITHIN) >= MOST_WRONG_OF_ALL:
            return Entered(Tried.WAIT, MOST_WRONG - tries)
        if not _is_right(pins.hash_of(tx, link.party_id), pin):
            return _wrong(tx, link, tries + 1)
        return _open(tx, link)


def by_pass(caller: Caller, token: str, cookie: str) -> Herself | None:
    """Whoever has this cookie, behind this very link; None where it opens nothing, without telling why."""
    if not cookie:
        return None
    with caller.transaction() as tx:
        link = tokens.find(tx, token, {Purpose.CLINICIAN_DAY})
        found = pins.find_pass(tx, link, hashed(cookie)) if link else None
    if found is None:
        return None
    who = Actor(ActorKind.CLINICIAN_PIN, found.clinician_id)
    return Herself(caller.by(who), found.clinician_id, found.service_date)


def _wrong(tx: Tx, link: Token, tries: int) -> Entered:
    ends = tries >= MOST_WRONG
    pins.count_wrong(tx, link, ends=ends)
    if ends:
        _tell_the_branch(tx, link)
    return Entered(Tried.WRONG, MOST_WRONG - tries)


def _open(tx: Tx, link: Token) -> Entered:
    pins.forgive(tx, link)
    ends_at = day_bounds(branch_by_id(tx, link.branch_id), link.service_date)[1]
    if ends_at <= tx.now:
        return Entered(Tried.OVER)
    cookie = secrets.token_urlsafe(32)
    pins.add_pass(tx, link, hashed(cookie), ends_at)
    by = tx.by(Actor(ActorKind.CLINICIAN_PIN, link.party_id))
    audit.record(by, AuditCode.DAY_OPENED, "clinician", link.party_id, date=link.service_date)
    return Entered(Tried.RIGHT, cookie=SecretStr(cookie))


def _tell_the_branch(tx: Tx, link: Token) -> None:
    who = pins.holder(tx, link.party_id)
    name, external_id = (who.name, who.external_id) if who else ("", "")
    audit.record(
        tx,
        AuditCode.PIN_GUESSED,
        "clinician",
        link.party_id,
        n=MOST_WRONG,
        date=link.service_date,
        clinician=external_id,
    )
    subject = CaseSubject.of_clinician(link.party_id, link.service_date)
    why = reason("report.wrong_pins", n=MOST_WRONG, who=name, id=external_id)
    happened = cases.open_cases(
        tx, link.branch_id, link.service_date, [CaseToOpen(CaseKind.WRONG_PIN, subject, 3, (why,))]
    )
    events.append(tx, branch_id=link.branch_id, service_date=link.service_date, events=happened)


def _close_cases(tx: Tx, who: PinHolder) -> None:
    """Whoever has a new PIN, or none, is no longer guessed at by the old one."""
    because = reason("closed.new_pin")
    for day in cases.days_of(tx, CaseKind.WRONG_PIN, "clinician", who.id):
        subject = CaseSubject.of_clinician(who.id, day.service_date)
        happened = cases.close_cases(tx, [CaseToClose(CaseKind.WRONG_PIN, subject, because)])
        events.append(tx, branch_id=day.branch_id, service_date=day.service_date, events=happened)


def _held(tx: Tx, clinician_id: PartyId) -> PinHolder:
    who = pins.holder(tx, clinician_id)
    if who is None:
        raise NoSuchClinician(_("There is no such clinician at work."))
    pins.hold(tx, clinician_id)
    return who


def _is_right(pin_hash: str | None, pin: str) -> bool:
    """Whether a PIN is the one; where there is none it takes as long to say so."""
    return passwords.matches(pin_hash or "", re.sub(r"\s", "", pin))


def _new_pin() -> str:
    while True:
        pin = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        if not _is_trivial(pin):
            return pin


def _is_trivial(pin: str) -> bool:
    """Whether people try it first: few different digits, a piece that is repeated, or digits in a row."""
    repeats = any(pin == pin[:n] * (DIGITS // n) for n in (1, 2, 3))
    return repeats or len(set(pin)) < 3 or any(pin in run for run in _RUNS)
