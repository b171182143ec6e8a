"""What went wrong on our side: it goes to the log, not to the browser."""

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.datastructures import MutableHeaders

from suture.web.language import label, preferred
from suture.web.security import dress
from suture.words.catalog import _, speaking


def answer_failures(app: FastAPI) -> None:
    """Answer 500 in the reader's language. It is outside every middleware, hence dressed here."""

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        lang = preferred(request.headers.getlist("accept-language"))
        with speaking(lang):
            words = _("Something went wrong on our side. Please try again, or call the agency.")
        response = PlainTextResponse(words, 500)
        headers = MutableHeaders(raw=response.raw_headers)
        dress(headers, request.url.path)
        label(headers, lang)
        return response
