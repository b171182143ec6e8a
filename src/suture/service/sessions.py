"""Sessions: begun by a first factor, opened by a second one, looked up at each request, ended at once."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from suture.model.accounts import (
    IDLE,
    IDLE_ON_A_SHARED_COMPUTER,
    LONGEST_HALFWAY,
    LONGEST_SESSION,
    Account,
    How,
    Session,
    Stage,
)
from suture.model.audit import AuditCode
from suture.model.ids import SessionId
from suture.service.caller import Caller
from suture.store import audit, sessions
from suture.store.tokens import hashed
from suture.store.transaction import Tx

LONGEST_AGENT = 120


@dataclass(frozen=True, slots=True)
class From:
    """Where a request came from: its address block, what its browser says it is, whether others use the computer."""

    block: str
    agent: str = ""
    is_shared: bool = False


@dataclass(frozen=True, slots=True)
class Entered:
    """A session that begins or goes on: the value of its cookie, which is kept nowhere, and how far it is."""

    cookie: str
    stage: Stage


def begin(tx: Tx, account: Account, how: How, place: From, *, is_second_factor_given: bool = False) -> Entered:
    """Begin a session after the first factor, at the stage that comes next."""
    stage = Stage.OPEN
    if not is_second_factor_given and how is not How.DEMO:
        stage = Stage.CODE if account.has_second_factor else Stage.SET_UP if account.needs_second_factor else stage
    cookie = secrets.token_urlsafe(32)
    idle = IDLE_ON_A_SHARED_COMPUTER if place.is_shared else IDLE
    agent = "".join(c for c in place.agent if c.isprintable())[:LONGEST_AGENT]
    sessions.begin(tx, hashed(cookie), account.id, stage, how, agent, idle, _end(tx, stage))
    if stage is Stage.OPEN:
        audit.record(tx.by(account.actor), AuditCode.SIGNED_IN, "account", account.id, how=how)
    return Entered(cookie, stage)


def session_of(caller: Caller, cookie: str, *, by_gesture: bool) -> Session | None:
    """Who is signed in by this cookie. What a person does keeps the session; what a page does by itself does not."""
    with caller.transaction() as tx:
        session = sessions.find(tx, hashed(cookie))
        if session is not None and by_gesture and session.stage is Stage.OPEN:
            sessions.mark_seen(tx, session)
    return session


def open_session(tx: Tx, session: Session) -> Entered:
    """Both factors were right: the session opens, under a new cookie."""
    cookie = secrets.token_urlsafe(32)
    ends = session.ends_at if session.stage is Stage.OPEN else _end(tx, Stage.OPEN)
    sessions.move_on(tx, session.id, hashed(cookie), Stage.OPEN, ends)
    audit.record(tx.by(session.account.actor), AuditCode.SIGNED_IN, "account", session.account.id, how=session.how)
    return Entered(cookie, Stage.OPEN)


def sign_out(caller: Caller, session: Session) -> None:
    """End a session."""
    with caller.transaction() as tx:
        sessions.end(tx, session.id)
        audit.record(tx.by(session.account.actor), AuditCode.SIGNED_OUT, "account", session.account.id)


def sessions_of(caller: Caller, session: Session) -> tuple[Session, ...]:
    """Where the account of a session is signed in, the newest first."""
    with caller.transaction() as tx:
        return sessions.of_account(tx, session.account.id)


def end_other(caller: Caller, session: Session, other: SessionId) -> None:
    """End another session of the same account; nothing where it is none."""
    with caller.transaction() as tx:
        if any(one.id == other for one in sessions.of_account(tx, session.account.id)):
            sessions.end(tx, other)
            audit.record(tx, AuditCode.SIGNED_OUT, "account", session.account.id)


def _end(tx: Tx, stage: Stage) -> datetime:
    return tx.now + (LONGEST_SESSION if stage is Stage.OPEN else LONGEST_HALFWAY)
