"""The agencies of a database, and whose a secret is before it is known which agency to ask.

These are the only two questions that are asked of all agencies at once; every other sees one. Each is committed: with a
rollback the driver forgets what it has prepared, and the connection's next user would pay for it.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, Engine, text

from suture.store.tokens import hashed
from suture.store.transaction import Tx

NO_TENANT = 0
"""An agency that has nothing: what is unknown is looked for there, and takes as long as what is known."""


@dataclass(frozen=True, slots=True)
class Agency:
    """One agency of a database: its number, which never changes, and its name, which its files may change."""

    tenant: int
    name: str


def all_agencies(engine: Engine) -> tuple[Agency, ...]:
    """Every agency, by number; none where nothing has come in yet."""
    with engine.begin() as conn:
        return agencies_within(conn)


def agencies_within(conn: Connection) -> tuple[Agency, ...]:
    """Every agency, as a transaction that is open sees them."""
    found = conn.execute(text("SELECT tenant, name FROM agency ORDER BY tenant"))
    return tuple(Agency(row.tenant, row.name) for row in found)


def add(tx: Tx, name: str) -> bool:
    """Give the tenant of this transaction a name, which makes it an agency; False where it is one already."""
    return bool(
        tx.run("INSERT INTO agency (tenant, name) VALUES (app_tenant(), :name) ON CONFLICT DO NOTHING", name=name)
    )


def tenants_of(engine: Engine, secret: str) -> tuple[int, ...]:
    """The agencies that know this secret, the first first; `NO_TENANT` alone where none does.

    A secret is the token of a link, an API key or the address of a hook. To add a kind, a migration says
    `SELECT found_by('table', 'column', holds_hash)`: triggers then keep `whose`, which holds SHA-256 hashes only.
    `holds_hash` is true where the column holds `tokens.hashed(secret)`, false where it holds the secret itself, as it
    is given here (an e-mail address in lower case, say). That an agency is named here opens nothing: ask it.
    """
    with engine.begin() as conn:
        found = conn.execute(
            text("SELECT tenant FROM whose WHERE hash = :hash ORDER BY tenant"), {"hash": hashed(secret)}
        )
        return tuple(found.scalars()) or (NO_TENANT,)
