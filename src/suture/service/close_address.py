"""Closes an address for a channel: its owner wants no more, or the provider says that nothing arrives there.

Call these under `contacts.lock_address`: once they are committed, no new message to that address begins.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToClose, CaseToOpen
from suture.model.instants import local_date
from suture.model.messages import Channel, Refusal
from suture.model.people import PartyKind
from suture.store import audit, cases, contacts, events, replies
from suture.store.branches import branch_by_id
from suture.store.contacts import Owner
from suture.store.transaction import Tx
from suture.words.reason import Reason, reason

VISIT_NEAR = timedelta(hours=72)
_OF_A_PHONE = (Channel.SMS, Channel.VOICE)
_WANTS_NO_MORE: Mapping[Channel, Reason] = {Channel.EMAIL: reason("mail.stopped")}


def opt_out(tx: Tx, channel: Channel, addr_hash: str, cause: str, *, source: str, about: tuple[str, int]) -> None:
    """Close an address at its owner's word; a patient with a visit near must be called, since nothing reaches them.

    `cause` and `source` as in the table of suppressions; `about`: what was answered, such as a text that came in.
    """
    if contacts.suppress(tx, channel, addr_hash, cause, source=source):
        audit.record(tx, AuditCode.CONTACT_SUPPRESSED, *about, channel=channel)
    for owner in contacts.owners(tx, channel, addr_hash):
        starts = replies.visits_near(tx, owner.party_id, VISIT_NEAR) if owner.kind is PartyKind.PATIENT else ()
        if starts:
            _must_be_called(tx, channel, owner, starts[0])


def opt_in(tx: Tx, channel: Channel, addr_hash: str, *, source: tuple[str, int]) -> None:
    """Open an address again that its owner had closed; there is no one to call about it any longer."""
    if not contacts.lift_stop(tx, channel, addr_hash):
        return
    audit.record(tx, AuditCode.CONTACT_RESUMED, *source, channel=channel)
    no_longer_to_call(tx, channel, addr_hash)


def no_longer_to_call(tx: Tx, channel: Channel, addr_hash: str) -> None:
    """Messages go to this address again: no one must be called for it any longer."""
    for owner in contacts.owners(tx, channel, addr_hash):
        for case in cases.open_about(tx, CaseKind.OPTED_OUT, "patient", owner.party_id):
            over = CaseToClose(CaseKind.OPTED_OUT, case.subject, reason("closed.opted_in"))
            happened = cases.close_cases(tx, [over])
            events.append(tx, branch_id=case.branch_id, service_date=case.service_date, events=happened)


def _must_be_called(tx: Tx, channel: Channel, owner: Owner, starts_at: datetime) -> None:
    """A case on the day of the visit, whose board is looked at."""
    day = local_date(starts_at, branch_by_id(tx, owner.branch_id).tz)
    case = CaseToOpen(
        CaseKind.OPTED_OUT,
        CaseSubject("patient", owner.party_id),
        risk=2,
        reasons=(_WANTS_NO_MORE.get(channel, reason("text.stopped")),),
        deadline_at=starts_at,
    )
    happened = cases.open_cases(tx, owner.branch_id, day, [case])
    events.append(tx, branch_id=owner.branch_id, service_date=day, events=happened)


def heed(tx: Tx, channel: Channel, addr_hash: str, refusal: Refusal, *, touch_id: int) -> None:
    """Do what a provider's refusal of one message means for all that would follow it to that address."""
    match refusal:
        case Refusal.NONE:
            return
        case Refusal.OPTED_OUT:
            opt_out(tx, channel, addr_hash, "stop", source=f"touch:{touch_id}", about=("touch", touch_id))
        case Refusal.ADDRESS_GONE:
            for closed in _OF_A_PHONE if channel in _OF_A_PHONE else (channel,):
                _nothing_arrives(tx, closed, addr_hash, touch_id)
        case Refusal.NOT_BY_THIS_CHANNEL:
            _nothing_arrives(tx, channel, addr_hash, touch_id)


def _nothing_arrives(tx: Tx, channel: Channel, addr_hash: str, touch_id: int) -> None:
    if contacts.suppress(tx, channel, addr_hash, "bounce", source=f"touch:{touch_id}"):
        audit.record(tx, AuditCode.CONTACT_UNREACHABLE, "touch", touch_id, channel=channel)
