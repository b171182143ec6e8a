"""What each route of the API takes: one table, and one check before a route runs.

What is out of the caller's branches is answered as what does not exist; only for what a caller may see is it said that
the scope does not suffice.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Annotated, Any, NamedTuple

from fastapi import Depends, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import TypeAdapter

from suture.model.actors import Permission
from suture.model.people import PartyKind
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.fill import visit_to_fill
from suture.service.request_types import StoredId, Word
from suture.store import access
from suture.store.transaction import Tx
from suture.web.api.refusals import Missing, NotInScope
from suture.web.within import within
from suture.words.catalog import _

_WORD: TypeAdapter[str] = TypeAdapter(Word)
_NUMBER: TypeAdapter[int] = TypeAdapter(StoredId)


class Needs(NamedTuple):
    """What a route takes, and how it finds what its address names: `finds` refuses as the route would."""

    permission: Permission
    finds: Callable[[Tx, Mapping[str, Any]], object] | None = None


def find_signal(tx: Tx, number: int) -> Any:
    """A signal of the caller's branches. Raises Missing."""
    found = access.signal_view(tx, number)
    if found is None:
        raise Missing(_("There is no signal of that id."))
    return found


def find_log(tx: Tx, kind: PartyKind, person: str) -> Any:
    """What was said to a person of the caller's branches. Raises Missing."""
    found = access.message_log(tx, kind, person)
    if found is None:
        raise Missing(_("There is no person of that kind and id."))
    return found


def _branch(tx: Tx, path: Mapping[str, Any]) -> object:
    return find_branch(tx, _WORD.validate_python(path["branch"]))


def _signal(tx: Tx, path: Mapping[str, Any]) -> object:
    return find_signal(tx, _NUMBER.validate_python(path["signal_id"]))


def _person(tx: Tx, path: Mapping[str, Any]) -> object:
    return find_log(tx, PartyKind(path["kind"]), _WORD.validate_python(path["id"]))


def _visit(tx: Tx, path: Mapping[str, Any]) -> object:
    return visit_to_fill(tx, _WORD.validate_python(path["visit"]))


NEEDS: Mapping[tuple[str, str], Needs] = {
    ("GET", "/api/v1/openapi.json"): Needs(Permission.READ),
    ("POST", "/api/v1/signals"): Needs(Permission.SIGNAL),
    ("GET", "/api/v1/signals/{signal_id}"): Needs(Permission.READ, _signal),
    ("GET", "/api/v1/days/{branch}/{date}/plan"): Needs(Permission.READ, _branch),
    ("POST", "/api/v1/days/{branch}/{date}/plan"): Needs(Permission.COMMAND, _branch),
    ("POST", "/api/v1/days/{branch}/{date}/publish"): Needs(Permission.COMMAND, _branch),
    ("GET", "/api/v1/days/{branch}/{date}/why"): Needs(Permission.READ, _branch),
    ("GET", "/api/v1/visits/{visit}/fill"): Needs(Permission.READ, _visit),
    ("GET", "/api/v1/people/{kind}/{id}/messages"): Needs(Permission.READ, _person),
    ("GET", "/metrics"): Needs(Permission.READ),
}
"""By method and address. A route that is not here answers no one."""


async def asking(request: Request) -> Caller:
    """Who asks, and may do what the route does. Raises NotInScope, or what the route says of what is not there."""
    caller = within(request, request.state.caller)
    needs = NEEDS[request.method, request.scope["route"].path]
    if not caller.scope.allows(needs.permission):
        await run_in_threadpool(_refuse, caller, needs, request.path_params)
    return caller


Asking = Annotated[Caller, Depends(asking)]
"""The caller of a route of the API."""


def _refuse(caller: Caller, needs: Needs, path: Mapping[str, Any]) -> None:
    if needs.finds is not None:
        with suppress(ValueError), caller.transaction() as tx:  # ValueError: an address that can name nothing
            needs.finds(tx, path)
    raise NotInScope(_("This key may not do that: it takes the scope {scope}.", scope=needs.permission))
