"""Closes an address for a channel: its owner wants no more, or the provider says that nothing arrives there.

Call these under `contacts.lock_address`: once they are committed, no new message to that address begins.
"""

from collections.abc import Mapping
from datetime import timedelta

from suture.model.audit import AuditCode
from suture.model.cases import CaseKind, CaseSubject, CaseToOpen
from suture.model.instants import local_date
from suture.model.messages import Channel, Refusal
from suture.model.people import PartyKind
from suture.store import audit, cases, contacts, events, replies
from suture.store.branches import branch_by_id
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
    owners = contacts.owners(tx, channel, addr_hash)
    patients = [o.party_id for o in owners if o.kind is PartyKind.PATIENT]
    near = {party_id: replies.visits_near(tx, party_id, VISIT_NEAR) for party_id in patients}
    to_open = [
        CaseToOpen(
            CaseKind.OPTED_OUT,
            CaseSubject("patient", party_id),
            risk=2,
            reasons=(_WANTS_NO_MORE.get(channel, reason("text.stopped")),),
            deadline_at=starts[0],
        )
        for party_id, starts in near.items()
        if starts
    ]
    if not to_open:
        return
    branch = branch_by_id(tx, owners[0].branch_id)
    today = local_date(tx.now, branch.tz)
    happened = cases.open_cases(tx, branch.id, today, to_open)
    events.append(tx, branch_id=branch.id, service_date=today, events=happened)


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
