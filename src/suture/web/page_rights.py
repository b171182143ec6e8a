"""What each page behind the sign-in takes: one table, and one check before a route runs.

A page that someone may not see is answered like one that does not exist; only for an action on what they may see is it
said that they may not do it.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from suture.model.actors import Permission, Scope
from suture.service.caller import Caller
from suture.web.within import within
from suture.words.catalog import marked

NOT_YOURS = marked("Your role may not do that.")

PAGES: Mapping[tuple[str, str], Permission | None] = {
    ("GET", "/"): None,  # leads to the reader's own page
    ("POST", "/texts/read"): Permission.SIGNAL,
    ("GET", "/fill"): Permission.READ,
    ("POST", "/fill"): Permission.SIGNAL,
    ("GET", "/pins"): Permission.SIGNAL,
    ("POST", "/pins"): Permission.SIGNAL,
    ("POST", "/demo/call-out"): Permission.SIGNAL,
    ("POST", "/demo/event"): Permission.SIGNAL,
    ("GET", "/dev/inbox"): Permission.READ,
    ("POST", "/dev/inbox/reply"): Permission.SIGNAL,
    ("POST", "/dev/inbox/key"): Permission.SIGNAL,
    ("POST", "/dev/inbox/phone"): Permission.SIGNAL,
    ("GET", "/sign-in/code"): None,
    ("POST", "/sign-in/code"): None,
    ("GET", "/sign-in/set-up"): None,
    ("POST", "/sign-in/set-up"): None,
    ("POST", "/sign-out"): None,
    ("GET", "/account"): None,
    ("POST", "/account/password"): None,
    ("POST", "/account/codes"): None,
    ("POST", "/account/sessions"): None,
    ("GET", "/my-day"): Permission.OWN_DAY,
    ("POST", "/my-day"): Permission.OWN_DAY,
    ("GET", "/my-day/{date}"): Permission.OWN_DAY,
    ("POST", "/my-day/{date}"): Permission.OWN_DAY,
    ("POST", "/account/pin"): Permission.OWN_DAY,
    ("GET", "/admin/users"): Permission.PEOPLE,
    ("POST", "/admin/users"): Permission.PEOPLE,
    ("GET", "/admin/users/{account_id}"): Permission.PEOPLE,
    ("POST", "/admin/users/{account_id}"): Permission.PEOPLE,
    ("POST", "/admin/users/{account_id}/disable"): Permission.PEOPLE,
    ("POST", "/admin/users/{account_id}/reset"): Permission.PEOPLE,
}
"""By method and address; None: whoever is signed in. A route that is not here answers no one."""


async def signed_in(request: Request) -> Caller:
    """Whoever asks, and may. Raises HTTPException."""
    caller = within(request, request.state.caller)
    needed = PAGES[request.method, request.scope["route"].path]
    if needed is None or caller.scope.allows(needed):
        return caller
    if request.method == "POST" and caller.scope.allows(Permission.READ):
        raise HTTPException(403, NOT_YOURS)
    raise HTTPException(404)


def start_page(scope: Scope) -> str:
    """Where someone begins who does not work with the board."""
    if scope.allows(Permission.OWN_DAY):
        return "/my-day"
    return "/admin/users" if scope.allows(Permission.PEOPLE) else "/account"


Reader = Annotated[Caller, Depends(signed_in)]
"""The caller of a page."""
