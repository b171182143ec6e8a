"""Who is on the way to the agency's own sign-in: each is good once, for ten minutes, in the browser that was sent."""

from dataclasses import dataclass, field
from datetime import timedelta

from suture.model.identities import Asked
from suture.model.ids import SignInProviderId
from suture.store.tokens import hashed
from suture.store.transaction import Tx

WITHIN = timedelta(minutes=10)
MOST_AT_ONCE = 5000
"""Anyone may begin, so there is a limit; beyond it the oldest have to begin again."""


@dataclass(frozen=True, slots=True)
class Sent:
    """Someone who was sent to a provider, and where they go once they are back."""

    provider_id: SignInProviderId
    asked: Asked = field(repr=False)
    after: str
    is_shared: bool


def put(tx: Tx, sent: Sent, browser: str) -> None:
    """Someone leaves; `browser` is what only this browser knows. Who did not come back is forgotten."""
    tx.run("DELETE FROM oidc_request WHERE tenant = app_tenant() AND made_at <= :over", over=tx.now - WITHIN)
    tx.run(
        """DELETE FROM oidc_request WHERE tenant = app_tenant() AND id <= (
             SELECT id FROM oidc_request WHERE tenant = app_tenant() ORDER BY id DESC OFFSET :most LIMIT 1)""",
        most=MOST_AT_ONCE - 1,
    )
    tx.run(
        """INSERT INTO oidc_request (state_hash, browser_hash, provider_id, nonce, verifier, next_page, is_shared,
             made_at)
           VALUES (:state, :browser, :provider, :nonce, :verifier, :after, :shared, :now)""",
        state=hashed(sent.asked.state),
        browser=hashed(browser),
        provider=sent.provider_id,
        nonce=sent.asked.nonce,
        verifier=sent.asked.verifier,
        after=sent.after,
        shared=sent.is_shared,
    )


def take(tx: Tx, state: str, browser: str) -> Sent | None:
    """Who is back, once: None for a state that is unknown, used, too old, or another browser's."""
    row = tx.row(
        """DELETE FROM oidc_request
           WHERE tenant = app_tenant() AND state_hash = :state AND browser_hash = :browser AND made_at > :over
           RETURNING provider_id, nonce, verifier, next_page, is_shared""",
        state=hashed(state),
        browser=hashed(browser),
        over=tx.now - WITHIN,
    )
    if row is None:
        return None
    asked = Asked(state, row["nonce"], row["verifier"])
    return Sent(SignInProviderId(row["provider_id"]), asked, row["next_page"], row["is_shared"])
