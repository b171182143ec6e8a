"""Second factors: the secret of an authenticator app, the codes it made that were used, and recovery codes."""

from collections.abc import Collection

from suture.model.ids import AccountId
from suture.store.transaction import Tx


def secret(tx: Tx, account_id: AccountId) -> str:
    """The secret that the app shares with us; empty where there is none."""
    return str(tx.scalar("SELECT totp_secret FROM account WHERE tenant = app_tenant() AND id = :id", id=account_id))


def set_secret(tx: Tx, account_id: AccountId, value: str, step: int = 0) -> None:
    """Another app, none of whose codes up to this time step is good anymore; an empty secret for none."""
    tx.run(
        "UPDATE account SET totp_secret = :secret, totp_step = :step WHERE tenant = app_tenant() AND id = :id",
        id=account_id,
        secret=value,
        step=step,
    )


def use_step(tx: Tx, account_id: AccountId, step: int) -> bool:
    """Use the code of a time step, once: False where it, or a later one, was used."""
    used = tx.run(
        """UPDATE account SET totp_step = :step WHERE tenant = app_tenant() AND id = :id AND totp_step < :step""",
        id=account_id,
        step=step,
    )
    return used == 1


def put_codes(tx: Tx, account_id: AccountId, hashes: Collection[str]) -> None:
    """New recovery codes; the earlier ones no longer work."""
    tx.run("DELETE FROM recovery_code WHERE tenant = app_tenant() AND account_id = :id", id=account_id)
    tx.run_many(
        "INSERT INTO recovery_code (account_id, code_hash) VALUES (:account, :hash)",
        [{"account": account_id, "hash": hashed} for hashed in hashes],
    )


def use_code(tx: Tx, account_id: AccountId, hashed: str) -> bool:
    """Use a recovery code, once: False where it is unknown or was used."""
    used = tx.run(
        """UPDATE recovery_code SET used_at = :now
           WHERE tenant = app_tenant() AND account_id = :id AND code_hash = :hash AND used_at IS NULL""",
        id=account_id,
        hash=hashed,
    )
    return used == 1
