"""Who asks, of each request: the one place of the web that decides it, so that no route names an actor."""

from suture.model.actors import ANY_LINK, COORDINATOR, PROVIDER, SYSTEM
from suture.service.caller import Caller
from suture.service.context import Context
from suture.service.keys import by_key


class Callers:
    """Dependencies of routes. Until there is sign-in, whoever reaches the desk coordinates."""

    def __init__(self, tools: Context) -> None:
        self._desk, self._link = Caller(tools, COORDINATOR), Caller(tools, ANY_LINK)
        self._provider = Caller(tools, PROVIDER)
        self._looking = Caller(tools, SYSTEM)

    async def desk(self) -> Caller:
        """Behind the board."""
        return self._desk

    def by_key(self, key: str) -> Caller | None:
        """Behind the API: whose key it is, within its scope; None for a key that opens nothing."""
        return by_key(self._looking, key)

    async def link(self) -> Caller:
        """Behind a link; whose it is shows once its token has been looked up."""
        return self._link

    async def provider(self) -> Caller:
        """Behind what providers call; whose connection it is shows once its address has been looked up."""
        return self._provider
