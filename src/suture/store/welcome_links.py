"""Links that let one person choose a password, once; each stored as its SHA-256."""

from dataclasses import dataclass
from datetime import datetime

from suture.model.ids import AccountId
from suture.store.transaction import Tx


@dataclass(frozen=True, slots=True)
class Welcome:
    """A link that may be used now; without an account, whoever uses it becomes the first administrator."""

    token_hash: str
    account_id: AccountId | None


def make(tx: Tx, token_hash: str, account_id: AccountId | None, expires_at: datetime) -> None:
    """A new link; an earlier one for the same account, or for the first start, no longer works."""
    drop(tx, account_id)
    tx.run(
        """INSERT INTO welcome_link (token_hash, account_id, made_at, expires_at)
           VALUES (:hash, :account, :now, :expires)""",
        hash=token_hash,
        account=account_id,
        expires=expires_at,
    )


def drop(tx: Tx, account_id: AccountId | None) -> None:
    """End the links of an account, or of the first start."""
    tx.run(
        """DELETE FROM welcome_link WHERE tenant = app_tenant() AND used_at IS NULL
             AND account_id IS NOT DISTINCT FROM cast(:account AS bigint)""",
        account=account_id,
    )


def find(tx: Tx, token_hash: str) -> Welcome | None:
    """The link of a token; None for one that is unknown, used or has expired."""
    row = tx.row(
        """SELECT w.token_hash, w.account_id FROM welcome_link w
           LEFT JOIN account a ON a.tenant = w.tenant AND a.id = w.account_id
           WHERE w.tenant = app_tenant() AND w.token_hash = :hash AND w.used_at IS NULL AND w.expires_at > :now
             AND a.disabled_at IS NULL""",
        hash=token_hash,
    )
    if row is None:
        return None
    return Welcome(row["token_hash"], AccountId(row["account_id"]) if row["account_id"] else None)


def use(tx: Tx, token_hash: str) -> bool:
    """Use a link, once: False where someone else was quicker."""
    return (
        tx.run(
            """UPDATE welcome_link SET used_at = :now
               WHERE tenant = app_tenant() AND token_hash = :hash AND used_at IS NULL AND expires_at > :now""",
            hash=token_hash,
        )
        == 1
    )
