"""The session's cookie, put into a browser and taken out again; and where a request came from."""

import ipaddress
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import RedirectResponse, Response

from suture.service.sessions import Entered, From
from suture.web.signed_in import COOKIE, HALFWAY, SIGN_OUT

LONGEST_NEXT = 500


def put(response: Response, entered: Entered) -> Response:
    """The response with the cookie of a session: never sent without TLS, but on this machine, and to no script."""
    response.set_cookie(COOKIE, entered.cookie, path="/", secure=True, httponly=True, samesite="lax")
    return response


def take_out(response: Response) -> Response:
    """The response that lets a browser forget it."""
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
    return response


def onward(entered: Entered, after: str) -> Response:
    """To the next step of signing in, or to where one wanted to go."""
    halfway = HALFWAY.get(entered.stage)
    to = f"{halfway}?next={quote(after, safe='')}" if halfway and after != "/" else halfway or after
    return put(RedirectResponse(to, 303), entered)


def own_page(address: str) -> str:
    """The address where it is one of our own pages, else "/": a link must not lead elsewhere by way of us."""
    if address == SIGN_OUT:
        return "/"
    is_ours = address.startswith("/") and not address.startswith(("//", "/\\")) and address.isprintable()
    return address if is_ours and "\\" not in address and len(address) <= LONGEST_NEXT else "/"


def came_from(request: Request, proxy: str, *, is_shared: bool = False) -> From:
    """Where a request came from. What it says of other addresses counts only from the `proxy`."""
    peer = request.client.host if request.client else ""
    said = request.headers.getlist("x-forwarded-for")
    if proxy and peer == proxy and said:
        peer = said[-1].rpartition(",")[2].strip()
    return From(block_of(peer), request.headers.get("user-agent", ""), is_shared)


def block_of(address: str) -> str:
    """The addresses that are likely one person's: 256 of IPv4, a /64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 64), strict=False))
