"""Someone who has signed in, for tests that are about something else: without a password, for as long as it takes."""

from collections.abc import Collection
from datetime import timedelta

from suture.model.accounts import How, Stage
from suture.model.actors import Role
from suture.service.accounts import make_account
from suture.service.caller import Caller
from suture.store import accounts, sessions
from suture.store.tokens import hashed
from suture.web.signed_in import COOKIE

A_YEAR = timedelta(days=366)


def signed_in(
    caller: Caller,
    roles: Collection[Role] = (Role.COORDINATOR,),
    branches: Collection[str] = (),
    clinician: str | None = None,
    *,
    called: str = "casey",
) -> dict[str, str]:
    """The headers of a browser in which an account of these roles, made where it is not there yet, has signed in."""
    cookie, email = f"cookie-of-{called}", f"{called}@staff.example"
    with caller.transaction() as tx:
        account = accounts.by_email(tx, email)
        who = (
            account.id if account else make_account(tx, email, called.capitalize(), roles, branches or None, clinician)
        )
        if sessions.find(tx, hashed(cookie)) is None:
            ends = tx.now + A_YEAR
            sessions.begin(tx, hashed(cookie), who, Stage.OPEN, How.PASSWORD, "tests", A_YEAR, ends)
    return {"Cookie": f"{COOKIE}={cookie}"}
