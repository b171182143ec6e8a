"""Looks up in a provider's own list which messages left that may or may not have, and which texts we never heard of.

A message is looked for three times. Found, it was sent. Not found at the last, and with nothing else to that number
that we do not know of, it never left: the attempt is `absent`, and it may be tried once more while it is of use.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog

from suture.model.addresses import address_hash
from suture.model.connections import Connection
from suture.model.hooks import SentMessage
from suture.model.ids import ConnectionId
from suture.model.messages import TouchState
from suture.ports import AdapterError
from suture.service.caller import Caller
from suture.service.prepare_message import digest_of, not_sent
from suture.service.record_attempt import UNKNOWN_BECAUSE, arrived
from suture.store import attempts, connections, hooks, touches
from suture.store.attempts import Unclear
from suture.store.transaction import Tx

log = structlog.get_logger(__name__)

LOOKS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10))
BEFORE = timedelta(minutes=1)
"""Two clocks differ: how long before an attempt its message may be dated."""
TEXTS_EVERY, TEXTS_AGAIN = timedelta(minutes=10), timedelta(minutes=10)
"""How often a list of texts is read, and how far back beyond the last time."""
FIRST_LOOK_BACK = timedelta(days=1)


def reconcile(caller: Caller) -> int:
    """Look for every message that is due to be looked for; how many were."""
    with caller.transaction() as tx:
        due = attempts.unclear(tx, LOOKS)
        by_id = {c.id: c for c in connections.all_connections(tx)} if due else {}
    of_connection: defaultdict[ConnectionId, list[Unclear]] = defaultdict(list)
    for one in due:
        of_connection[one.connection_id].append(one)
    return sum(_look(caller, by_id[c], found) for c, found in of_connection.items() if c in by_id)


def _look(caller: Caller, connection: Connection, due: Sequence[Unclear]) -> int:
    provider = caller.tools.providers.get(connection.provider)
    if provider is None or not provider.keeps_list:
        return 0
    try:
        listed = provider.sent_since(connection, min(one.started_at for one in due) - BEFORE)
    except AdapterError as error:  # looked for again at the next turn
        log.warning("list_not_read", connection=connection.id, error=str(error))
        return 0
    with caller.transaction() as tx:
        known = attempts.known_sids(tx, [m.provider_sid for m in listed])
    unknown = [m for m in listed if m.provider_sid not in known]
    for one in due:
        with caller.transaction() as tx:
            unknown = _known_by_now(tx, one, unknown)
    return len(due)


def _known_by_now(tx: Tx, one: Unclear, unknown: list[SentMessage]) -> list[SentMessage]:
    """What is still no one's of the list afterwards."""
    touch = touches.hold_by_id(tx, one.touch_id, TouchState.UNKNOWN)
    attempt = attempts.hold_unclear(tx, one) if touch else None
    if touch is None or attempt is None:
        return unknown
    since = [m for m in unknown if m.at >= one.started_at - BEFORE]
    found = next((m for m in since if digest_of(m.to, "", m.body) == one.request_sha), None)
    if found is not None:
        attempts.adopt(tx, attempt, found.provider_sid)
        arrived(tx, touch, attempt.left, found.provider_sid)
        return [m for m in unknown if m is not found]
    is_last = one.looked_up + 1 == len(LOOKS)
    maybe = any(address_hash(m.to) == one.addr_hash for m in since)
    attempts.note_look(tx, attempt, absent=is_last and not maybe)
    if is_last and maybe:
        not_sent(tx, touch, TouchState.UNKNOWN, UNKNOWN_BECAUSE)
    elif is_last:
        touches.plan_again(tx, touch, tx.now)  # its gates are asked again, whether it is still of use among them
    return unknown


def read_texts(caller: Caller) -> int:
    """Keep what came in while no one could be called, by each provider's own list; how many were new.

    A provider calls once. Where this server did not answer then, its list still has the text.
    """
    with caller.transaction() as tx:
        due = connections.texts_due(tx, TEXTS_EVERY)
        now = tx.now
    new = 0
    for connection, until in due:
        try:
            new += _read_list(caller, connection, (until or now - FIRST_LOOK_BACK) - TEXTS_AGAIN)
        except AdapterError as error:
            log.warning("texts_not_read", connection=connection.id, error=str(error))
    return new


def read_texts_since(caller: Caller, instant: datetime) -> int:
    """The same of all connections, from an instant on, such as that of a backup. Raises AdapterError."""
    with caller.transaction() as tx:
        everyone = connections.texts_due(tx, timedelta())
    return sum(_read_list(caller, connection, instant - TEXTS_AGAIN) for connection, _until in everyone)


def _read_list(caller: Caller, connection: Connection, since: datetime) -> int:
    provider = caller.tools.providers.get(connection.provider)
    if provider is None or not provider.keeps_list:
        return 0
    with caller.transaction() as tx:
        now = tx.now
    texts = provider.received_since(connection, since)
    with caller.transaction() as tx:
        new = sum(hooks.keep(tx, connection.id, text) for text in texts)
        connections.note_texts(tx, connection.id, now)
    return new
