"""Opens an address that was closed: what the provider said of it by an administrator's word, what its owner said by
the owner's. A STOP by text is the carrier's as well: only START, from that phone, ends it there.
"""

from collections.abc import Sequence

from suture.model.addresses import address_hash, is_mailbox
from suture.model.audit import AuditCode
from suture.model.messages import Channel
from suture.model.phones import read_phone, spelled
from suture.service.caller import Caller
from suture.service.close_address import no_longer_to_call
from suture.service.errors import ServiceError
from suture.service.outreach import party_named
from suture.store import audit, contacts
from suture.store.branches import phone_regions
from suture.store.contacts import Closed
from suture.store.transaction import Tx
from suture.words.catalog import _

BOUNCED, STOPPED, LEGAL = "bounce", "stop", "legal"


class NotOpened(ServiceError):
    """An address stays closed; the message says why, and what opens it."""


def open_address(
    caller: Caller, who: str, name: str, reason: str, channel: Channel | None = None, *, asked: bool = False
) -> tuple[Channel, ...]:
    """Open what is closed of a person or at an address, or only one channel of it; the channels that were opened.

    `asked`: whoever has the address wants messages there again. Where anything of it may not be opened so, nothing is.
    Raises NotOpened, NoSuchRecipient.
    """
    if not name.strip() or not reason.strip():
        raise NotOpened(_("An address is opened by a person with a reason: give a name and a reason."))
    with caller.transaction() as tx:
        hashes = _hashes(tx, who)
        for one in hashes:
            contacts.lock_address(tx, one)
        closed = [one for one in contacts.closed(tx, hashes) if channel in (None, one.channel)]
        if not closed:
            raise NotOpened(_("Nothing of {who} is closed.", who=who))
        for closure in closed:
            _check(closure, asked=asked)
        contacts.lift(tx, [closure.id for closure in closed])
        for closure in closed:
            _opened(tx, closure, name, reason)
        return tuple(dict.fromkeys(closure.channel for closure in closed))


def _hashes(tx: Tx, who: str) -> Sequence[str]:
    """The addresses of a person, in the order in which they are locked; or the one that was written out."""
    line = spelled(who, phone_regions(tx))
    if is_mailbox(line) if "@" in line else read_phone(line, None) is not None:
        return [address_hash(line)]
    return contacts.hashes_of(tx, party_named(tx, who).party_id)


def _check(closure: Closed, *, asked: bool) -> None:
    if closure.reason == BOUNCED:
        return
    if closure.reason == LEGAL:
        raise NotOpened(_("An address was closed for a legal reason, and no command opens it."))
    if closure.reason == STOPPED and closure.channel is Channel.SMS:
        raise NotOpened(
            _(
                "The number was closed by STOP, and its carrier holds texts back, too: only START, texted from that "
                "phone, opens it. For another channel say --channel."
            )
        )
    if not asked:
        raise NotOpened(
            _("Whoever has the address closed it. Say --asked if they have asked for messages there again.")
        )


def _opened(tx: Tx, closure: Closed, name: str, reason: str) -> None:
    facts = {"channel": closure.channel, "name": name, "reason": reason}
    audit.record(tx, AuditCode.CONTACT_OPENED, "suppression", closure.id, **facts)
    if closure.reason != BOUNCED:
        no_longer_to_call(tx, closure.channel, closure.addr_hash)
