"""How a provider is asked: over TLS or not beyond this machine, for 5 s, for little, and never led elsewhere."""

import re
import time
from typing import Any
from urllib.parse import urlsplit

from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from requests.exceptions import ConnectionError as NotConnected
from requests.exceptions import ReadTimeout
from urllib3.exceptions import HTTPError

TIMEOUT_S, MOST_BYTES, CHUNK = 5.0, 256 * 1024, 8192
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PLAIN = re.compile(r"[!#$%&'()*+,\-./0-9:;=?@A-Z\[\]_a-z~]{1,1000}")


class LedElsewhere(NotConnected):
    """A redirect, which is never followed: the secret would go along."""


class OneAnswer(HTTPAdapter):
    """Reads one answer within all limits, however slowly it drips in."""

    def send(
        self,
        request: PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Any = None,
    ) -> Response:
        """One request, never repeated; whatever was said of `stream` and `timeout`, these limits hold."""
        until = time.monotonic() + TIMEOUT_S
        request.headers["Accept-Encoding"] = "identity"
        answer = super().send(request, stream=True, timeout=TIMEOUT_S, verify=verify, cert=cert, proxies=proxies)
        try:
            if answer.is_redirect:
                raise LedElsewhere(request=request)
            answer._content = _read(answer, until)
            answer._content_consumed = True
        except HTTPError as error:
            raise NotConnected(error, request=request) from None
        finally:
            answer.close()
        return answer


def _read(answer: Response, until: float) -> bytes:
    body = bytearray()
    while chunk := answer.raw.read1(CHUNK, decode_content=False):
        body += chunk
        if len(body) > MOST_BYTES:
            raise NotConnected("too_long")
        if time.monotonic() > until:
            raise ReadTimeout("too_slow")
    return bytes(body)


def limited(session: Session, url: str) -> Any:
    """The session, within limits. What is on this machine is asked without the environment's proxy."""
    session.mount("https://", OneAnswer())
    session.mount("http://", OneAnswer())
    session.trust_env = not is_loopback(url)
    return session


def is_loopback(url: str) -> bool:
    """Whether an address is on this machine."""
    return urlsplit(url).hostname in LOOPBACK


def is_safe(url: object, *, here: bool) -> bool:
    """Whether a secret may go there: over TLS, or where `here` is said, to this machine."""
    if not isinstance(url, str) or not _PLAIN.fullmatch(url):
        return False
    try:
        there = urlsplit(url)
        _port = there.port
    except ValueError:
        return False
    if not there.hostname or there.username is not None or there.fragment:
        return False
    return there.scheme == "https" or (there.scheme == "http" and here and there.hostname in LOOPBACK)
