"""A small agency whose people sign in elsewhere: the real application, a browser, and a provider on this machine."""

import html
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from pydantic import SecretStr
from sqlalchemy import Engine
from starlette.testclient import TestClient
from tests.fakes.callers import a_caller, fake_channels, with_tools
from tests.fakes.openid_provider import CLIENT, NORA, SECRET, MisbehavingProvider
from tests.store.a_branch import make_branch

from suture.integrations.sign_in.openid.adapter import OpenIdConnect
from suture.model.actors import Role
from suture.model.ids import AccountId
from suture.service.accounts import make_account
from suture.service.clock import VirtualClock
from suture.service.sign_in_settings import BACK, connect_sign_in
from suture.store import audit
from suture.web.account.provider import COOKIE
from suture.web.app import create_app
from suture.web.signed_in import COOKIE as SESSION

OWN_PAGE = {"Sec-Fetch-Site": "same-origin"}
SECRET_ENV = "RIVERBEND_OIDC_SECRET"


class SignIn:
    """The application, and who signs in."""

    def __init__(self, engine: Engine, clock: VirtualClock) -> None:
        self.clock = clock
        bare = a_caller(engine, clock, fake_channels(), started=False)
        self.caller = with_tools(bare, identities=OpenIdConnect(secret_of))
        self.browser = TestClient(
            create_app(self.caller.tools), base_url="http://localhost:8000", follow_redirects=False
        )
        with self.caller.transaction() as tx:
            self.branch = make_branch(tx)

    def connect(self, issuer: str, *, trusts_second_factor: bool = False, client: str = CLIENT) -> None:
        """Name the provider, as the command does."""
        connect_sign_in(
            self.caller, "Riverbend ID", issuer, client, SECRET_ENV, trusts_second_factor=trusts_second_factor
        )

    def account(self, email: str = "nora@staff.example", *roles: Role) -> AccountId:
        """Someone whom an administrator has let in."""
        with self.caller.transaction() as tx:
            return make_account(tx, email, "Nora Oak", roles or (Role.COORDINATOR,))

    def leave(self, after: str = "", *, shared: bool = False) -> tuple[str, str]:
        """Press the button: the address that the browser is sent to, and the cookie that it is known by."""
        fields = {"next": after, **({"shared": "true"} if shared else {})}
        response = self.browser.post("/sign-in/provider/begin", data=fields, headers=OWN_PAGE)
        assert response.status_code == 200, response.text
        found = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', response.text)
        assert found
        return html.unescape(found.group(1)), cookies(response)[COOKIE]

    def back(self, answer: Mapping[str, str], cookie: str) -> Any:
        """Come back with what the provider sent."""
        headers = {"Cookie": f"{COOKIE}={cookie}", "Sec-Fetch-Site": "cross-site"}
        return self.browser.get(f"{BACK}?{urlencode(answer)}", headers=headers)

    def rows(self, sql: str) -> list[dict[str, Any]]:
        """Look at the database."""
        with self.caller.transaction() as tx:
            return [dict(r) for r in tx.rows(sql)]

    def is_in(self, response: Any) -> bool:
        """Whether a page opens by the cookie of a response, all the way."""
        session = cookies(response).get(SESSION, "")
        return bool(
            session and self.browser.get("/account", headers={"Cookie": f"{SESSION}={session}"}).status_code == 200
        )


def secret_of(variable: str) -> SecretStr:
    """The secrets of the tests' environment."""
    return SecretStr(SECRET if variable == SECRET_ENV else "")


def cookies(response: Any) -> dict[str, str]:
    """The cookies that a response sets, but for those that it takes out."""
    found = {}
    for line in response.headers.get_list("set-cookie"):
        name, _, rest = line.partition("=")
        if value := rest.partition(";")[0].strip('"'):
            found[name] = value
    return found


def entered(web: SignIn, provider: MisbehavingProvider, **said: Any) -> Any:
    """Nora goes there and comes back, with some claims of her own."""
    address, cookie = web.leave()
    return web.back(provider.sign_in(address, {**NORA, **said}), cookie)


def refused(web: SignIn, response: Any, status: int) -> str:
    """No one was let in; what the page says."""
    assert response.status_code == status, response.text
    assert SESSION not in cookies(response)
    assert web.rows("SELECT * FROM session") == []
    return str(response.text)


def sentences(web: SignIn) -> list[str]:
    with web.caller.transaction() as tx:
        return [said for _at, said in audit.latest(tx, 50)]
