"""Sessions: who is signed in, each by the SHA-256 of a cookie. Ended ones stay, for who was there when."""

from datetime import datetime, timedelta

from suture.model.accounts import How, Session, Stage
from suture.model.ids import AccountId, SessionId
from suture.store.accounts import ACCOUNTS, account_of
from suture.store.transaction import Row, Tx

SEEN_AGAIN = timedelta(seconds=20)
"""How old the note of the last gesture may be: reading is no reason to write each time."""

_LIVE = """s.tenant = app_tenant() AND s.ended_at IS NULL AND s.ends_at > :now
           AND s.seen_at + make_interval(mins => s.idle_minutes) > :now"""
_OWN = """SELECT s.id AS session_id, s.stage, s.how, s.agent, s.made_at AS began_at, s.seen_at AS last_at,
          s.ends_at, s.idle_minutes"""


def begin(
    tx: Tx, token_hash: str, account_id: AccountId, stage: Stage, how: How, agent: str, idle: timedelta, ends: datetime
) -> SessionId:
    """A new session."""
    made = tx.scalar(
        """INSERT INTO session (token_hash, account_id, stage, how, agent, made_at, seen_at, idle_minutes, ends_at)
           VALUES (:hash, :account, :stage, :how, :agent, :now, :now, :idle, :ends) RETURNING id""",
        hash=token_hash,
        account=account_id,
        stage=stage,
        how=how,
        agent=agent,
        idle=idle // timedelta(minutes=1),
        ends=ends,
    )
    return SessionId(made)


def find(tx: Tx, token_hash: str) -> Session | None:
    """The live session of a cookie; None where it is unknown, has ended or run out, or its account is disabled."""
    row = tx.row(
        f"""{_OWN}, o.* FROM session s JOIN LATERAL ({ACCOUNTS} AND a.id = s.account_id
              AND a.disabled_at IS NULL) AS o ON true
            WHERE {_LIVE} AND s.token_hash = :hash""",
        hash=token_hash,
    )
    return _session(row) if row else None


def of_account(tx: Tx, account_id: AccountId) -> tuple[Session, ...]:
    """Where an account is signed in now, the newest first."""
    rows = tx.rows(
        f"""{_OWN}, o.* FROM session s JOIN LATERAL ({ACCOUNTS} AND a.id = s.account_id) AS o ON true
            WHERE {_LIVE} AND s.stage = 'open' AND s.account_id = :id ORDER BY s.id DESC""",
        id=account_id,
    )
    return tuple(map(_session, rows))


def move_on(tx: Tx, session_id: SessionId, token_hash: str, stage: Stage, ends: datetime) -> None:
    """A further stage, under a new cookie: whoever knew the old one has nothing."""
    tx.run(
        """UPDATE session SET token_hash = :hash, stage = :stage, ends_at = :ends, seen_at = :now
           WHERE tenant = app_tenant() AND id = :id""",
        id=session_id,
        hash=token_hash,
        stage=stage,
        ends=ends,
    )


def mark_seen(tx: Tx, session: Session) -> None:
    """Note a gesture, a few times a minute at most; a database that takes no changes goes without."""
    if session.seen_at <= tx.now < session.seen_at + SEEN_AGAIN:
        return
    if tx.scalar("SELECT current_setting('transaction_read_only')::boolean"):
        return
    tx.run("UPDATE session SET seen_at = :now WHERE tenant = app_tenant() AND id = :id", id=session.id)


def end(tx: Tx, session_id: SessionId) -> None:
    """Sign out."""
    tx.run(
        "UPDATE session SET ended_at = :now WHERE tenant = app_tenant() AND id = :id AND ended_at IS NULL",
        id=session_id,
    )


def end_all(tx: Tx, account_id: AccountId, but: SessionId | None = None) -> int:
    """Sign an account out everywhere, `but` here; how many sessions that were."""
    return tx.run(
        """UPDATE session SET ended_at = :now
           WHERE tenant = app_tenant() AND account_id = :account AND ended_at IS NULL
             AND id IS DISTINCT FROM cast(:but AS bigint)""",
        account=account_id,
        but=but,
    )


def end_of_provider(tx: Tx) -> int:
    """Sign everyone out who came by the agency's own sign-in; how many sessions that were."""
    return tx.run(
        "UPDATE session SET ended_at = :now WHERE tenant = app_tenant() AND how = 'provider' AND ended_at IS NULL"
    )


def _session(row: Row) -> Session:
    return Session(
        id=SessionId(row["session_id"]),
        account=account_of(row),
        stage=Stage(row["stage"]),
        how=How(row["how"]),
        agent=row["agent"],
        made_at=row["began_at"],
        seen_at=row["last_at"],
        ends_at=row["ends_at"],
        idle=timedelta(minutes=row["idle_minutes"]),
    )
