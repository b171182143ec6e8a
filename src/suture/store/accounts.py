"""Accounts: who may sign in. A disabled one stays, for what was done under it."""

from collections.abc import Collection

from suture.model.accounts import Account
from suture.model.actors import Role
from suture.model.ids import AccountId, BranchId, PartyId
from suture.store.transaction import Row, Tx

ACCOUNTS = """SELECT a.id, a.email, a.name, a.roles, a.every_branch, a.clinician_id,
         a.password_hash <> '' AS has_password, a.totp_secret <> '' AS has_second_factor,
         a.subject <> '' AS is_linked, a.made_at, a.disabled_at,
         coalesce(b.ids, '{}') AS branch_ids, coalesce(b.names, '{}') AS branches, c.codes_left, l.seen_at
       FROM account a
       LEFT JOIN LATERAL (
         SELECT array_agg(b.id) AS ids, array_agg(b.external_id ORDER BY b.external_id) AS names
         FROM account_branch o JOIN branch b ON b.tenant = o.tenant AND b.id = o.branch_id
         WHERE o.tenant = a.tenant AND o.account_id = a.id) AS b ON true
       CROSS JOIN LATERAL (
         SELECT count(*) AS codes_left FROM recovery_code r
         WHERE r.tenant = a.tenant AND r.account_id = a.id AND r.used_at IS NULL) AS c
       CROSS JOIN LATERAL (
         SELECT max(n.seen_at) AS seen_at FROM session n
         WHERE n.tenant = a.tenant AND n.account_id = a.id AND n.stage = 'open') AS l
       WHERE a.tenant = app_tenant()"""


def add(
    tx: Tx,
    email: str,
    name: str,
    roles: Collection[Role],
    branches: Collection[BranchId] | None,
    clinician_id: PartyId | None,
) -> AccountId | None:
    """Store a new account; None where another one has its e-mail address, or its clinician."""
    row = tx.row(
        """INSERT INTO account (email, name, roles, every_branch, clinician_id, made_at)
           VALUES (:email, :name, :roles, :every, :clinician, :now) ON CONFLICT DO NOTHING RETURNING id""",
        email=email,
        name=name,
        roles=sorted(roles),
        every=branches is None,
        clinician=clinician_id,
    )
    if row is None:
        return None
    _give_branches(tx, AccountId(row["id"]), branches or ())
    return AccountId(row["id"])


def change(
    tx: Tx,
    account_id: AccountId,
    roles: Collection[Role],
    branches: Collection[BranchId] | None,
    clinician_id: PartyId | None,
) -> bool:
    """Other roles and branches; False where another account has the clinician."""
    taken = tx.scalar(
        """SELECT EXISTS (SELECT FROM account
                          WHERE tenant = app_tenant() AND clinician_id = :clinician AND id <> :id)""",
        clinician=clinician_id,
        id=account_id,
    )
    if taken:
        return False
    tx.run(
        """UPDATE account SET roles = :roles, every_branch = :every, clinician_id = :clinician
           WHERE tenant = app_tenant() AND id = :id""",
        id=account_id,
        roles=sorted(roles),
        every=branches is None,
        clinician=clinician_id,
    )
    tx.run("DELETE FROM account_branch WHERE tenant = app_tenant() AND account_id = :id", id=account_id)
    _give_branches(tx, account_id, branches or ())
    return True


def _give_branches(tx: Tx, account_id: AccountId, branches: Collection[BranchId]) -> None:
    tx.run(
        "INSERT INTO account_branch (account_id, branch_id) SELECT :account, unnest(cast(:branches AS bigint[]))",
        account=account_id,
        branches=sorted(branches),
    )


def all_accounts(tx: Tx) -> tuple[Account, ...]:
    """Every account of the agency, by name, the disabled ones last."""
    rows = tx.rows(f"{ACCOUNTS} ORDER BY a.disabled_at IS NOT NULL, lower(a.name), a.id")
    return tuple(map(account_of, rows))


def any_yet(tx: Tx) -> bool:
    """Whether anyone may sign in."""
    return bool(tx.scalar("SELECT EXISTS (SELECT FROM account WHERE tenant = app_tenant())"))


def by_email(tx: Tx, email: str) -> Account | None:
    """The account of an e-mail address, disabled or not."""
    row = tx.row(f"{ACCOUNTS} AND a.email = :email", email=email)
    return account_of(row) if row else None


def by_id(tx: Tx, account_id: AccountId) -> Account | None:
    """The account of that number, disabled or not."""
    row = tx.row(f"{ACCOUNTS} AND a.id = :id", id=account_id)
    return account_of(row) if row else None


def by_subject(tx: Tx, issuer: str, subject: str) -> Account | None:
    """The account of whoever an issuer calls so, disabled or not."""
    row = tx.row(
        f"{ACCOUNTS} AND a.subject <> '' AND a.issuer = :issuer AND a.subject = :subject",
        issuer=issuer,
        subject=subject,
    )
    return account_of(row) if row else None


def link(tx: Tx, account_id: AccountId, issuer: str, subject: str) -> bool:
    """Let whoever an issuer calls so sign in by this account; False where the issuer knows it by another subject."""
    return bool(
        tx.run(
            """UPDATE account SET issuer = :issuer, subject = :subject
               WHERE tenant = app_tenant() AND id = :id AND (subject = '' OR issuer <> :issuer)""",
            id=account_id,
            issuer=issuer,
            subject=subject,
        )
    )


def unlink(tx: Tx, account_id: AccountId) -> None:
    """No one signs in by it elsewhere, until they are linked again."""
    tx.run("UPDATE account SET issuer = '', subject = '' WHERE tenant = app_tenant() AND id = :id", id=account_id)


def password_hash(tx: Tx, account_id: AccountId) -> str:
    """The stored hash; empty where no password was chosen."""
    return str(tx.scalar("SELECT password_hash FROM account WHERE tenant = app_tenant() AND id = :id", id=account_id))


def set_password(tx: Tx, account_id: AccountId, hashed: str) -> None:
    """Keep the hash of a new password; an empty one lets no password in."""
    tx.run(
        "UPDATE account SET password_hash = :hash WHERE tenant = app_tenant() AND id = :id", id=account_id, hash=hashed
    )


def set_disabled(tx: Tx, account_id: AccountId, *, disabled: bool) -> None:
    """Let no one in by it, or again."""
    tx.run(
        """UPDATE account SET disabled_at = CASE WHEN :disabled THEN cast(:now AS timestamptz) END
           WHERE tenant = app_tenant() AND id = :id""",
        id=account_id,
        disabled=disabled,
    )


def account_of(r: Row) -> Account:
    """A row of ACCOUNTS."""
    return Account(
        id=AccountId(r["id"]),
        email=r["email"],
        name=r["name"],
        roles=frozenset(map(Role, r["roles"])),
        branch_ids=None if r["every_branch"] else frozenset(map(BranchId, r["branch_ids"])),
        branches=tuple(r["branches"]),
        clinician_id=PartyId(r["clinician_id"]) if r["clinician_id"] else None,
        has_password=r["has_password"],
        has_second_factor=r["has_second_factor"],
        codes_left=r["codes_left"],
        is_linked=r["is_linked"],
        made_at=r["made_at"],
        seen_at=r["seen_at"],
        disabled_at=r["disabled_at"],
    )
