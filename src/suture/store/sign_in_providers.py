"""The agency's own sign-in: one active provider at most, and what its groups give. A disconnected one stays."""

from collections.abc import Collection, Mapping

from suture.model.actors import Role
from suture.model.identities import Endpoints, Grant, SignInProvider
from suture.model.ids import BranchId, SignInProviderId
from suture.store.transaction import Row, Tx


def active(tx: Tx, *, to_enter: bool = False) -> SignInProvider | None:
    """The provider by which people sign in. `to_enter`: it stays connected until this transaction is over."""
    lock = "FOR SHARE" if to_enter else ""
    row = tx.row(f"SELECT * FROM sign_in_provider WHERE tenant = app_tenant() AND active {lock}")  # noqa: S608 - our own words
    return _provider(row) if row else None


def put(
    tx: Tx,
    name: str,
    endpoints: Endpoints,
    client_id: str,
    secret_env: str,
    *,
    trusts_second_factor: bool,
    group_claim: str,
) -> SignInProvider | None:
    """Connect a provider, or the one of that name again; None where another one is active.

    What groups gave at another issuer is forgotten: they are not the same groups.
    """
    tx.scalar("SELECT pg_advisory_xact_lock(hashtextextended('sign_in_provider', app_tenant())) IS NULL")
    other = "SELECT EXISTS (SELECT FROM sign_in_provider WHERE tenant = app_tenant() AND active AND name <> :name)"
    if tx.scalar(other, name=name):
        return None
    tx.run(
        """DELETE FROM sign_in_group g USING sign_in_provider p
           WHERE g.tenant = app_tenant() AND p.tenant = g.tenant AND p.id = g.provider_id
             AND p.name = :name AND p.issuer <> :issuer""",
        name=name,
        issuer=endpoints.issuer,
    )
    row = tx.row(
        """INSERT INTO sign_in_provider (name, issuer, client_id, secret_env, authorize_url, token_url, keys_url, scope,
             secret_in_body, says_issuer, trusts_second_factor, group_claim, connected_at)
           VALUES (:name, :issuer, :client_id, :secret_env, :authorize, :token, :keys, :scope,
             :secret_in_body, :says_issuer, :trusts, :group_claim, :now)
           ON CONFLICT (tenant, name) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id,
             secret_env = excluded.secret_env, authorize_url = excluded.authorize_url, token_url = excluded.token_url,
             keys_url = excluded.keys_url, scope = excluded.scope, secret_in_body = excluded.secret_in_body,
             says_issuer = excluded.says_issuer, trusts_second_factor = excluded.trusts_second_factor,
             group_claim = excluded.group_claim, connected_at = excluded.connected_at, active = true
           RETURNING *""",
        name=name,
        issuer=endpoints.issuer,
        client_id=client_id,
        secret_env=secret_env,
        authorize=endpoints.authorize,
        token=endpoints.token,
        keys=endpoints.keys,
        scope=endpoints.scope,
        secret_in_body=endpoints.secret_in_body,
        says_issuer=endpoints.says_issuer,
        trusts=trusts_second_factor,
        group_claim=group_claim,
    )
    return _provider(row) if row else None


def remove(tx: Tx, provider_id: SignInProviderId) -> None:
    """No one signs in by it anymore; what its groups give stays, for when it is connected again."""
    tx.run("UPDATE sign_in_provider SET active = false WHERE tenant = app_tenant() AND id = :id", id=provider_id)


def put_group(
    tx: Tx,
    provider_id: SignInProviderId,
    name: str,
    roles: Collection[Role],
    branches: Collection[BranchId] | None,
) -> None:
    """What a group gives from the next sign-in on; None is every branch."""
    drop_group(tx, provider_id, name)
    tx.run(
        """INSERT INTO sign_in_group (provider_id, name, roles, every_branch)
           VALUES (:provider, :name, :roles, :every)""",
        provider=provider_id,
        name=name,
        roles=sorted(roles),
        every=branches is None,
    )
    tx.run(
        """INSERT INTO sign_in_group_branch (provider_id, name, branch_id)
           SELECT :provider, :name, unnest(cast(:branches AS bigint[]))""",
        provider=provider_id,
        name=name,
        branches=sorted(branches or ()),
    )


def drop_group(tx: Tx, provider_id: SignInProviderId, name: str) -> bool:
    """A group gives nothing from the next sign-in on; False where it gave nothing before."""
    return bool(
        tx.run(
            "DELETE FROM sign_in_group WHERE tenant = app_tenant() AND provider_id = :provider AND name = :name",
            provider=provider_id,
            name=name,
        )
    )


def groups(tx: Tx, provider_id: SignInProviderId) -> Mapping[str, Grant]:
    """What each group gives, by its name."""
    rows = tx.rows(
        """SELECT g.name, g.roles, g.every_branch, coalesce(b.ids, '{}') AS ids, coalesce(b.names, '{}') AS names
           FROM sign_in_group g LEFT JOIN LATERAL (
             SELECT array_agg(b.id) AS ids, array_agg(b.external_id ORDER BY b.external_id) AS names
             FROM sign_in_group_branch o JOIN branch b ON b.tenant = o.tenant AND b.id = o.branch_id
             WHERE o.tenant = g.tenant AND o.provider_id = g.provider_id AND o.name = g.name) AS b ON true
           WHERE g.tenant = app_tenant() AND g.provider_id = :provider ORDER BY g.name""",
        provider=provider_id,
    )
    return {
        r["name"]: Grant(
            frozenset(map(Role, r["roles"])),
            None if r["every_branch"] else frozenset(map(BranchId, r["ids"])),
            tuple(r["names"]),
        )
        for r in rows
    }


def _provider(row: Row) -> SignInProvider:
    return SignInProvider(
        id=SignInProviderId(row["id"]),
        name=row["name"],
        client_id=row["client_id"],
        secret_env=row["secret_env"],
        endpoints=Endpoints(
            issuer=row["issuer"],
            authorize=row["authorize_url"],
            token=row["token_url"],
            keys=row["keys_url"],
            scope=row["scope"],
            secret_in_body=row["secret_in_body"],
            says_issuer=row["says_issuer"],
        ),
        trusts_second_factor=row["trusts_second_factor"],
        group_claim=row["group_claim"],
    )
