"""Who is signed in, of the request that is being answered; and what proves that a form came from their own page."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from fastapi import Request
from pydantic import SecretStr

from suture.model.accounts import Session, Stage
from suture.model.actors import Permission
from suture.service.caller import Caller
from suture.web.security import comes_from_own_page, csrf_token

COOKIE = "__Host-suture_session"
SIGN_IN, SIGN_OUT = "/sign-in", "/sign-out"
HALFWAY = {Stage.CODE: f"{SIGN_IN}/code", Stage.SET_UP: f"{SIGN_IN}/set-up"}
"""Where someone goes on who has not come all the way in."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session, the cookie it was found by, and the caller it makes of whoever has it."""

    session: Session
    cookie: SecretStr
    caller: Caller


_me: ContextVar[SignedIn | None] = ContextVar("signed_in", default=None)


def me() -> SignedIn | None:
    """Whoever asks now; None for someone who is not signed in."""
    return _me.get()


def who_asks() -> SignedIn:
    """Whoever asks now, on pages that no one reaches without a session. Raises LookupError."""
    who = _me.get()
    if who is None:
        raise LookupError("no one is signed in")
    return who


def session_now() -> Session:
    """The session of whoever asks now."""
    return who_asks().session


def may(permission: str) -> bool:
    """Whether whoever asks now is all the way in, and may do that."""
    who = _me.get()
    return bool(who and who.session.stage is Stage.OPEN and who.caller.scope.allows(Permission(permission)))


@contextmanager
def answering(who: SignedIn | None) -> Iterator[None]:
    """What runs for this request, in other threads too, knows who asks."""
    token = _me.set(who)
    try:
        yield
    finally:
        _me.reset(token)


def form_token(form: str) -> str:
    """What proves that a form came from a page of this session: one for each form's name. Empty without a session."""
    who = _me.get()
    if who is None:
        return ""
    return csrf_token(who.cookie, form)


def is_own_form(request: Request, given: str, form: str) -> bool:
    """Whether a form was sent by a page of this session. Anything unsaid counts as foreign."""
    expected = form_token(form)
    return bool(expected) and comes_from_own_page(request, given, expected)
