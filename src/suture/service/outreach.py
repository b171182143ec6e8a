"""Holds the agency's messages back and lets them go: by a named person, with a reason, and after what must be known."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import reduce

from suture.model.addresses import address_hash, is_mailbox
from suture.model.audit import AuditCode
from suture.model.instants import wall_clock
from suture.model.messages import Channel, TouchState
from suture.model.outreach_state import HoldCause, OutreachState
from suture.model.phones import read_phone, spelled
from suture.ports import AdapterError
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.service.prepare_message import not_sent
from suture.service.read_hooks import read_hooks
from suture.service.reconcile import read_texts_since
from suture.service.record_attempt import UNKNOWN_BECAUSE
from suture.store import audit, contacts, outreach, touches, undecided
from suture.store.branches import all_branches, phone_regions
from suture.store.outreach import DueMessages, Recipient
from suture.store.transaction import Tx
from suture.words.catalog import _
from suture.words.dates import full_moment

LONGEST_WORDS = 200


class NotReleased(ServiceError):
    """Messages stay on hold; the message says what is missing."""


class NoSuchRecipient(ServiceError):
    """No one, or more than one, of that id; the message says which."""


@dataclass(frozen=True, slots=True)
class OutreachNow:
    """The state of messages, what is due, who gets messages on hold; and who changed it last, and why.

    `undecided`: how many of those due wait until what was reported for their day is in the plan.
    """

    state: OutreachState
    due: tuple[DueMessages, ...]
    recipients: tuple[Recipient, ...]
    last_word: tuple[str, str] | None = None
    undecided: int = 0


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did. `may_have_left`: messages that were due since the backup and are not sent again."""

    stops: int
    may_have_left: int
    awaits_import: bool


def outreach_now(caller: Caller) -> OutreachNow:
    """The state of messages."""
    with caller.transaction() as tx:
        state = outreach.state(tx)
        due = outreach.due(tx, state.data_until)
        waiting = undecided.waiting(tx, state)
        return OutreachNow(state, due, outreach.test_recipients(tx), outreach.last_word(tx), waiting)


def hold(caller: Caller, name: str, reason: str) -> OutreachState:
    """Put all messages on hold; once it returns, no new message begins. An older hold stays as it is."""
    with caller.transaction() as tx:
        before = outreach.state(tx)
        if before.on_hold:
            return before
        now_held = OutreachState(True, HoldCause.ASKED, tx.now, before.data_until, before.awaits_import)
        outreach.put(tx, now_held)
        audit.record(tx, AuditCode.OUTREACH_HELD, "agency", tx.tenant, name=name, reason=reason)
        return now_held


def release(
    caller: Caller, name: str, reason: str, stops: Sequence[str] | None, *, send_again: bool = False
) -> Released:
    """Let messages leave. `stops`: addresses that have asked to be left alone since the backup; None where unsaid.

    What was due since the backup may have left before it was restored: unless `send_again`, it ends as unknown, with a
    case where it matters. What came in since, by the providers' own lists, is read before anything leaves, so that a
    STOP among it counts. Raises NotReleased.
    """
    with caller.transaction() as tx:
        before = outreach.state(tx)
        _check(before, name, reason, stops, next((b.tz for b in all_branches(tx)), "UTC"))
    if before.data_until is not None:
        _read_what_came_in(caller, before.data_until)
    with caller.transaction() as tx:
        if outreach.state(tx) != before:
            raise NotReleased(_("Someone else has just held or released the messages. Look again."))
        for address in stops or ():
            _suppress(tx, address)
        left = [] if send_again or before.data_until is None else touches.due_since(tx, before.data_until)
        for touch in left:
            not_sent(tx, touch, TouchState.UNKNOWN, UNKNOWN_BECAUSE)
        after = OutreachState(False, before.cause, tx.now, awaits_import=before.awaits_import)
        outreach.put(tx, after)
        facts = {"name": name, "reason": reason, "stops": len(stops or ()), "may_have_left": len(left)}
        audit.record(tx, AuditCode.OUTREACH_RELEASED, "agency", tx.tenant, **facts)
        return Released(len(stops or ()), len(left), after.awaits_import)


def _read_what_came_in(caller: Caller, since: datetime) -> None:
    try:
        read_texts_since(caller, since)
    except AdapterError as error:
        said = _(
            "What came in since the backup cannot be read from the provider of texts ({error}), and a STOP may be "
            "among it. Try again.",
            error=str(error),
        )
        raise NotReleased(said) from None
    while read_hooks(caller):
        pass


def _check(before: OutreachState, name: str, reason: str, stops: Sequence[str] | None, tz: str) -> None:
    if not before.on_hold:
        raise NotReleased(_("Messages are not on hold: there is nothing to release."))
    if not name.strip() or not reason.strip():
        raise NotReleased(_("A release needs the name of the person who decides it, and the reason."))
    if before.cause is HoldCause.RESTORED and stops is None:
        raise NotReleased(_stops_are_needed(before.data_until, tz))


def _stops_are_needed(data_until: datetime | None, tz: str) -> str:
    if data_until is None:
        return _(
            "This agency was restored: whoever answered STOP after the backup was made would get messages again. Give "
            "their numbers and addresses with --stops FILE, one a line, or say --no-stops-known."
        )
    return _(
        "This agency was restored: whoever answered STOP after {at} would get messages again. Give their numbers and "
        "addresses with --stops FILE, one a line, or say --no-stops-known.",
        at=full_moment(wall_clock(data_until, tz)),
    )


def _suppress(tx: Tx, address: str) -> None:
    channel = Channel.EMAIL if "@" in address else Channel.SMS
    digest = address_hash(address)
    contacts.lock_address(tx, digest)
    contacts.suppress(tx, channel, digest, "stop", source="release")


def stops_of(caller: Caller, text: str) -> list[str]:
    """The addresses of a file of STOPs, phone numbers as people write them where the agency is. Raises NotReleased."""
    with caller.transaction() as tx:
        return read_stops(text, phone_regions(tx))


def read_stops(text: str, regions: Sequence[str] = ()) -> list[str]:
    """The addresses of a file of STOPs, one a line. Raises NotReleased naming the lines that are none."""
    written = ((number, line.strip()) for number, line in enumerate(text.splitlines(), 1) if line.strip())
    lines = [(number, spelled(line, regions)) for number, line in written]
    if wrong := [number for number, line in lines if not _is_address(line)]:
        shown = ", ".join(map(str, wrong[:10])) + (" …" if len(wrong) > 10 else "")
        said = _(
            "The file of STOPs cannot be used: line {lines} is neither a phone number such as 614-555-0111 nor an "
            "e-mail address.",
            lines=shown,
        )
        raise NotReleased(said)
    return [line for _number, line in lines]


def _is_address(line: str) -> bool:
    return is_mailbox(line) if "@" in line else read_phone(line, None) is not None


def change_recipients(caller: Caller, add: Sequence[str], remove: Sequence[str]) -> tuple[Recipient, ...]:
    """Name test recipients, or drop them, by the agency's ids; all of them afterwards. Raises NoSuchRecipient."""
    with caller.transaction() as tx:
        added, removed = [party_named(tx, word) for word in add], [party_named(tx, word) for word in remove]
        outreach.name_recipients(tx, [r.party_id for r in added])
        outreach.drop_recipients(tx, [r.party_id for r in removed])
        if added or removed:
            facts = {"added": len(added), "removed": len(removed)}
            audit.record(tx, AuditCode.TEST_RECIPIENTS, "agency", tx.tenant, **facts)
        return outreach.test_recipients(tx)


def party_named(tx: Tx, word: str) -> Recipient:
    """The party that a word names: an id, or `clinician:ID` where a patient has the same. Raises NoSuchRecipient."""
    kind, colon, rest = word.partition(":")
    is_kind = bool(colon) and kind in ("patient", "clinician")
    found = [r for r in outreach.parties(tx, rest if is_kind else word) if not is_kind or r.kind == kind]
    if not found:
        raise NoSuchRecipient(_("There is no patient or clinician {id}.", id=repr(word)))
    if len(found) > 1:
        words = reduce(_either, [f"{r.kind}:{r.external_id}" for r in found])
        raise NoSuchRecipient(_("{id} is more than one person: say {words}.", id=repr(word), words=words))
    return found[0]


def _either(one: str, other: str) -> str:
    return _("{some} or {last}", some=one, last=other)
