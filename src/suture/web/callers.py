"""Who asks, of each request: the one place of the web that decides it, so that no route names an actor."""

from dataclasses import replace

from fastapi import Request
from pydantic import SecretStr

from suture.model.actors import ANY_LINK, PROVIDER, SYSTEM
from suture.service.caller import Caller
from suture.service.context import Context
from suture.service.keys import by_key
from suture.service.sessions import session_of
from suture.web.signed_in import SignedIn
from suture.web.within import within


class Callers:
    """Dependencies of routes."""

    def __init__(self, tools: Context) -> None:
        self._link, self._provider = Caller(tools, ANY_LINK), Caller(tools, PROVIDER)
        self._looking = Caller(tools, SYSTEM)

    def by_cookie(self, cookie: str, by_gesture: bool) -> SignedIn | None:
        """Behind the pages: whose session it is, within its account's scope; None for a cookie that opens nothing."""
        session = session_of(self._looking, cookie, by_gesture=by_gesture)
        if session is None:
            return None
        whose = replace(self._looking, actor=session.account.actor, scope=session.account.scope)
        return SignedIn(session, SecretStr(cookie), whose)

    async def entrance(self) -> Caller:
        """Behind the sign-in, where it is not known yet who asks."""
        return self._looking

    def by_key(self, key: str) -> Caller | None:
        """Behind the API: whose key it is, within its scope; None for a key that opens nothing."""
        return by_key(self._looking, key)

    async def link(self, request: Request) -> Caller:
        """Behind a link; whose it is shows once its token has been looked up."""
        return within(request, self._link)

    async def provider(self, request: Request) -> Caller:
        """Behind what providers call; whose connection it is shows once its address has been looked up."""
        return within(request, self._provider)
