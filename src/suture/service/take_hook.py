"""Takes what a provider calls us about: whose is it, is it genuine; then it is kept once, and the call is answered.

What it sets off is read later, in batches (`service.read_hooks`). Only a wish to be left alone acts at once: no message
may begin after it.
"""

from dataclasses import dataclass
from enum import StrEnum

import structlog

from suture.model.hooks import HookRequest, KeyNews
from suture.model.messages import InboundText
from suture.outreach.interpret import Meaning, interpret
from suture.ports import AdapterError
from suture.service.caller import Caller
from suture.service.receive_reply import take_text
from suture.service.take_call import next_words
from suture.store import connections, hooks
from suture.store.sql_errors import is_away
from suture.store.transaction import Tx

log = structlog.get_logger(__name__)

AT_ONCE = frozenset({Meaning.STOP, Meaning.WRONG_PERSON, Meaning.EMERGENCY})


class Outcome(StrEnum):
    """What became of a call."""

    UNKNOWN = "unknown"
    """No one is called at this address."""
    FORGED = "forged"
    SENSELESS = "senseless"
    """Genuine, and not about anything we know: the provider need not say it again."""
    KEPT = "kept"


@dataclass(frozen=True, slots=True)
class Taken:
    """The outcome, and what answers the provider, where it wants to know what a call says next."""

    outcome: Outcome
    answer: str = ""


def take_hook(caller: Caller, hook_id: str, request: HookRequest) -> Taken:
    """Keep what a provider says. A repeat is kept once; a forged call leaves no row."""
    with caller.transaction() as tx:
        connection = connections.by_hook_id(tx, hook_id)
        if connection is None:
            return Taken(Outcome.UNKNOWN)
        provider = caller.tools.providers.get(connection.provider)
        if provider is None:
            return Taken(Outcome.UNKNOWN)
        try:
            news = provider.read(connection, request)
        except AdapterError as error:
            log.warning("hook_senseless", connection=connection.id, error=str(error))
            return Taken(Outcome.SENSELESS)
        if news is None:
            log.warning("hook_forged", connection=connection.id, path=request.path)
            return Taken(Outcome.FORGED)
        is_new = hooks.keep(tx, connection.id, news)
        if isinstance(news, KeyNews):
            return Taken(Outcome.KEPT, provider.say(connection, news, next_words(tx, news)))
        if is_new and isinstance(news, InboundText) and interpret(news.body).meaning in AT_ONCE:
            _take_at_once(tx, news)
        return Taken(Outcome.KEPT)


def _take_at_once(tx: Tx, text: InboundText) -> None:
    """What cannot be done now is kept all the same, and tried again when it is read."""
    try:
        with tx.conn.begin_nested():
            take_text(tx, text)
    except Exception as error:
        if is_away(error):
            raise
        log.error("text_not_taken", error=type(error).__name__)
