"""Who asks, of each request: the one place of the web that decides it, so that no route names an actor."""

from dataclasses import replace
from typing import Annotated

from fastapi import Query, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import SecretStr

from suture.model.actors import ANY_LINK, FIRST_TENANT, PROVIDER, SYSTEM
from suture.service.caller import Caller
from suture.service.context import Context
from suture.service.keys import by_key
from suture.service.sessions import session_of
from suture.store.agencies import NO_TENANT, tenants_of
from suture.web.signed_in import SignedIn
from suture.web.within import within

Agency = Annotated[int, Query(ge=1, lt=2**31)]
MOST_HOOKS = 1000
"""Addresses whose agency is remembered; further ones are looked up at each call."""


class Callers:
    """Dependencies of routes.

    A session, a link, a key and the address of a hook are looked up twice: whose is it, and then what that agency knows
    of it. What no agency knows is looked up at one that has nothing: answer and time are those of what does not exist.
    """

    def __init__(self, tools: Context) -> None:
        self._link, self._provider = Caller(tools, ANY_LINK), Caller(tools, PROVIDER)
        self._looking = Caller(tools, SYSTEM)
        self._hooks: dict[str, Caller] = {}

    def by_cookie(self, cookie: str, by_gesture: bool) -> SignedIn | None:
        """Behind the pages: whose session it is, within its account's scope; None for a cookie that opens nothing."""
        agency = _of(self._looking, cookie)
        session = session_of(agency, cookie, by_gesture=by_gesture)
        if session is None:
            return None
        whose = replace(agency, actor=session.account.actor, scope=session.account.scope)
        return SignedIn(session, SecretStr(cookie), whose)

    def entrance(self, request: Request, agency: Agency = FIRST_TENANT) -> Caller:
        """Behind the sign-in, where it is not known yet who asks.

        Of the agency that sent the link, or asked the provider; else of the one that the address names, or the first.
        """
        secret = request.path_params.get("token") or request.query_params.get("state")
        return _of(self._looking, secret) if secret else replace(self._looking, tenant=agency)

    def by_key(self, key: str) -> Caller | None:
        """Behind the API: whose key it is, within its scope; None for a key that opens nothing."""
        return by_key(self._looking, key)

    def link(self, request: Request) -> Caller:
        """Behind a link, of the agency that sent it; who it is shows once that agency has looked its token up."""
        return within(request, _of(self._link, request.path_params.get("token", "")))

    async def provider(self, request: Request) -> Caller:
        """Behind what providers call; whether it is genuine shows once the agency has looked at its connection.

        They call at one address thousands of times. Whose it is never changes, and so is asked once.
        """
        hook_id = request.path_params.get("hook_id", "")
        known = self._hooks.get(hook_id)
        if known is None:
            known = await run_in_threadpool(_of, self._provider, hook_id)
            if known.tenant != NO_TENANT and len(self._hooks) < MOST_HOOKS:
                self._hooks[hook_id] = known
        return within(request, known)


def _of(caller: Caller, secret: str) -> Caller:
    """The agency that knows this secret: 128 random bits, so that no two have the same."""
    return replace(caller, tenant=tenants_of(caller.tools.engine, secret)[0])
