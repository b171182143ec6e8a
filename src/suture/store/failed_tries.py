"""Guesses at passwords and codes, counted for some minutes, by the hash of whom or what they are made against.

Each is counted before it is looked at, so that guesses made at once cannot be more than the limit; what was right is
taken back.
"""

import hashlib
from collections.abc import Collection
from datetime import timedelta

from suture.store.transaction import Tx

MOST_TRIES, WITHIN = 10, timedelta(minutes=15)


def count(tx: Tx, keys: Collection[str]) -> bool:
    """Count a guess against each key; False, and none is counted, where one of them has had too many."""
    asked = sorted(map(_hashed, keys))
    for key in asked:  # guesses made at once wait for each other here, while nothing slow runs
        tx.scalar("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0)) IS NULL", key=key)
    tx.run("DELETE FROM failed_try WHERE at <= :over", over=tx.now - WITHIN)
    most = tx.scalar(
        """SELECT coalesce(max(n), 0) FROM (SELECT count(*) AS n FROM failed_try
             WHERE key_hash = ANY(:keys) GROUP BY key_hash) AS counted""",
        keys=asked,
    )
    if most >= MOST_TRIES:
        return False
    tx.run(
        "INSERT INTO failed_try (key_hash, at) SELECT unnest(cast(:keys AS text[])), cast(:now AS timestamptz)",
        keys=asked,
    )
    return True


def take_back(tx: Tx, key: str, others: Collection[str]) -> None:
    """The guess was right: what was counted against its `key` is forgotten, and one of each of the `others`."""
    tx.run("DELETE FROM failed_try WHERE key_hash = :key", key=_hashed(key))
    forget_one(tx, others)


def forget_one(tx: Tx, keys: Collection[str]) -> None:
    """A guess that was counted and not looked at is forgotten again."""
    tx.run(
        """DELETE FROM failed_try WHERE ctid IN (
             SELECT DISTINCT ON (key_hash) ctid FROM failed_try WHERE key_hash = ANY(:keys)
             ORDER BY key_hash, at DESC)""",
        keys=sorted(map(_hashed, keys)),
    )


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
