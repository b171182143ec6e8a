"""Who asks, of each request: the one place of the web that decides it, so that no route names an actor."""

from suture.model.actors import ANY_LINK, COORDINATOR, PROVIDER
from suture.service.caller import Caller
from suture.service.context import Context


class Callers:
    """Dependencies of routes. Until there is sign-in, whoever reaches the desk or has the API's token coordinates."""

    def __init__(self, tools: Context) -> None:
        self._desk, self._link = Caller(tools, COORDINATOR), Caller(tools, ANY_LINK)
        self._provider = Caller(tools, PROVIDER)

    async def desk(self) -> Caller:
        """Behind the board and the API."""
        return self._desk

    async def link(self) -> Caller:
        """Behind a link; whose it is shows once its token has been looked up."""
        return self._link

    async def provider(self) -> Caller:
        """Behind what providers call; whose connection it is shows once its address has been looked up."""
        return self._provider
