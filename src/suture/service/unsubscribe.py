"""The link that ends e-mail (RFC 8058): looking changes nothing, and one POST closes the address it was sent to."""

from suture.model.actors import Actor, ActorKind
from suture.model.links import UnsubscribeLink
from suture.model.messages import Channel
from suture.service.caller import Caller
from suture.service.close_address import opt_out
from suture.store import contacts, link_views, tokens
from suture.store.tokens import Purpose

_CLOSES = frozenset({Purpose.UNSUBSCRIBE})


def look_up(caller: Caller, token: str) -> UnsubscribeLink | None:
    """What to show behind a link; None for one that is unknown or expired, without telling which."""
    with caller.transaction() as tx:
        link = tokens.find(tx, token, _CLOSES)
        return link_views.unsubscribe_view(tx, link) if link else None


def unsubscribe(caller: Caller, token: str) -> UnsubscribeLink | None:
    """Send no more mail to the address of a link; again is harmless. None as for `look_up`."""
    with caller.transaction() as opened:
        link = tokens.find(opened, token, _CLOSES)
        if link is None:
            return None
        tx = opened.by(Actor(ActorKind.PATIENT_LINK, link.party_id))
        contacts.lock_address(tx, link.addr_hash)
        if not contacts.has_stopped(tx, Channel.EMAIL, link.addr_hash):
            source, about = f"link:{link.touch_id}", ("touch", int(link.touch_id))
            opt_out(tx, Channel.EMAIL, link.addr_hash, "stop", source=source, about=about)
            tokens.mark_used(tx, link.token_hash)
        return link_views.unsubscribe_view(tx, link)
