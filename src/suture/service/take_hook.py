"""Takes what a provider calls us about: whose is it, is it genuine; then it is kept once, and the call is answered.

What it sets off is read later, in batches (`service.read_hooks`). Only a wish to be left alone acts at once: no message
may begin after it.
"""

from enum import StrEnum

import structlog

from suture.model.hooks import HookRequest
from suture.model.messages import InboundText
from suture.outreach.interpret import Meaning, interpret
from suture.ports import AdapterError
from suture.service.caller import Caller
from suture.service.receive_reply import take_text
from suture.store import connections, hooks

log = structlog.get_logger(__name__)

AT_ONCE = frozenset({Meaning.STOP, Meaning.WRONG_PERSON, Meaning.EMERGENCY})


class Taken(StrEnum):
    """What became of a call."""

    UNKNOWN = "unknown"
    """No one is called at this address."""
    FORGED = "forged"
    SENSELESS = "senseless"
    """Genuine, and not about anything we know: the provider need not say it again."""
    KEPT = "kept"


def take_hook(caller: Caller, hook_id: str, request: HookRequest) -> Taken:
    """Keep what a provider says. A repeat is kept once; a forged call leaves no row."""
    with caller.transaction() as tx:
        hooked = connections.by_hook_id(tx, hook_id)
        if hooked is None or hooked.tenant != tx.tenant:
            return Taken.UNKNOWN
        connection = hooked.connection
        provider = caller.tools.providers.get(connection.provider)
        if provider is None:
            return Taken.UNKNOWN
        try:
            news = provider.read(connection, request)
        except AdapterError as error:
            log.warning("hook_senseless", connection=connection.id, error=str(error))
            return Taken.SENSELESS
        if news is None:
            log.warning("hook_forged", connection=connection.id, path=request.path)
            return Taken.FORGED
        if hooks.keep(tx, connection.id, news) and isinstance(news, InboundText) and _cannot_wait(news):
            take_text(tx, news)
        return Taken.KEPT


def _cannot_wait(text: InboundText) -> bool:
    return interpret(text.body) in AT_ONCE
