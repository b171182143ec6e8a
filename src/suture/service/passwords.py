"""Passwords: argon2id with the library's own settings, at most two at once, since each takes 64 MiB and a core."""

import secrets
from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from suture.model.accounts import LEAST_PASSWORD, LONGEST_PASSWORD
from suture.service.errors import ServiceError
from suture.words.catalog import _

AT_ONCE, MOST_WAITING = 2, 16
_EASY = frozenset({"password", "contrasena", "qwerty", "letmein", "welcome", "suture", "123456789"})
_turns, _places = BoundedSemaphore(AT_ONCE), BoundedSemaphore(AT_ONCE + MOST_WAITING)


class BadPassword(ServiceError):
    """A password that cannot be chosen; the message says why."""


class TooBusy(ServiceError):
    """As many passwords wait to be checked as can wait."""


def check_choice(password: str, email: str) -> None:
    """Refuse what is quick to guess. Raises BadPassword."""
    if not LEAST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise BadPassword(
            _("Choose a password of {least} to {most} characters.", least=LEAST_PASSWORD, most=LONGEST_PASSWORD)
        )
    plain = "".join(c for c in password.casefold() if c.isalnum())
    easy = [word for word in (*_EASY, email.partition("@")[0]) if len(word) > 3]
    for word in easy:
        plain = plain.replace(word, "")
    if len(set(plain)) < 5:
        raise BadPassword(_("That is quick to guess. Choose another one, such as four words of your own."))


def hashed(password: str) -> str:
    """What is stored of a password. Raises TooBusy."""
    with _Turn():
        return hash_of(password)


def is_right(stored: str, password: str) -> bool:
    """Whether it is the password; as slow where none is stored, so that the time tells nothing. Raises TooBusy."""
    with _Turn():
        return matches(stored, password)


def hash_of(secret: str) -> str:
    """What is stored of a secret that someone has to remember."""
    return _hasher().hash(secret)


def matches(stored: str, secret: str) -> bool:
    """Whether it is the one that is stored; as slow where none is."""
    try:
        _hasher().verify(stored or _no_ones(), secret)
    except (VerifyMismatchError, InvalidHashError):
        return False
    return bool(stored)


def is_outdated(stored: str) -> bool:
    """Whether the library would hash it otherwise by now."""
    return _hasher().check_needs_rehash(stored)


class _Turn:
    """One of the places to compute in."""

    def __enter__(self) -> None:
        if not _places.acquire(blocking=False):
            raise TooBusy(_("Many people are signing in at this moment. Try again in a few seconds."))
        _turns.acquire()

    def __exit__(self, *error: object) -> None:
        _turns.release()
        _places.release()


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _no_ones() -> str:
    return _hasher().hash(secrets.token_urlsafe(32))
