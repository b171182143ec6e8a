"""HEAD answers as GET does, without the body: link checkers of mail programs ask so, and give up on a 404."""

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class HeadAsGet:
    """Passes a HEAD on as a GET, and keeps back what it would have shown."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Headers as they are; one empty body at the end."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            if message["type"] == "http.response.body":
                if message.get("more_body"):
                    return
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, without_body)
