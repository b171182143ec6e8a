"""The agency's own sign-in against a provider that someone else wrote: every step over HTTP, as browsers take them."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from sqlalchemy import Engine
from tests.flow.a_sign_in import SECRET_ENV, SignIn, cookies
from tests.store.a_shell import emptied

from suture.model.actors import Role
from suture.service.clock import VirtualClock
from suture.service.sign_in_settings import connect_sign_in, set_group
from suture.web.signed_in import COOKIE as SESSION

NORA = {"email": "nora@staff.example", "email_verified": True, "name": "Nora Oak", "groups": ["desk"], "amr": ["mfa"]}


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    """`oidc-provider-mock`, in a process of its own: it still uses what its libraries warn of."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-W",
        "ignore",
        "-m",
        "oidc_provider_mock",
        "--port",
        str(port),
        "--require-nonce",
        "true",
    ]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env={**os.environ, "PYTHONWARNINGS": "ignore"}
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait_for(url)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _wait_for(url: str) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            direct().get(f"{url}/.well-known/openid-configuration", timeout=5).raise_for_status()
            return
        except requests.RequestException:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def direct() -> requests.Session:
    """Without the environment's proxy."""
    session = requests.Session()
    session.trust_env = False
    return session


@pytest.fixture
def web(own_database: Engine, issuer: str) -> SignIn:
    """Its clock shows what the provider's does."""
    made = SignIn(emptied(own_database), VirtualClock(datetime.now(UTC)))
    connect_sign_in(made.caller, "Riverbend ID", issuer, "suture", SECRET_ENV, trusts_second_factor=True)
    return made


def come_back(web: SignIn, issuer: str, claims: dict[str, Any], *, action: str = "") -> Any:
    """Someone of these claims fills in the provider's form, and their browser follows where it leads."""
    with direct() as browser:
        browser.put(f"{issuer}/users/nora", json=claims, timeout=5).raise_for_status()
        address, cookie = web.leave("/account")
        assert browser.get(address, timeout=5).status_code == 200
        form = {"sub": "nora", **({"action": action} if action else {})}
        sent = browser.post(address, data=form, allow_redirects=False, timeout=5)
    there = urlsplit(sent.headers["location"])
    assert f"{there.scheme}://{there.netloc}{there.path}" == "http://localhost:8000/sign-in/provider/back"
    return web.back(dict(parse_qsl(there.query)), cookie)


def test_someone_whom_an_administrator_let_in(web: SignIn, issuer: str) -> None:
    web.account()
    response = come_back(web, issuer, NORA)
    assert (response.status_code, response.headers["location"]) == (303, "/account")
    assert web.is_in(response)
    assert web.rows("SELECT issuer, subject FROM account") == [{"issuer": issuer, "subject": "nora"}]
    assert web.is_in(come_back(web, issuer, {"amr": ["mfa"]})), "the second time by the subject alone"


def test_someone_whom_a_group_lets_in(web: SignIn, issuer: str) -> None:
    set_group(web.caller, "desk", [Role.COORDINATOR])
    assert web.is_in(come_back(web, issuer, NORA))
    assert web.rows("SELECT name, roles FROM account") == [{"name": "Nora Oak", "roles": ["coordinator"]}]


def test_our_second_factor_where_the_provider_asked_for_none(web: SignIn, issuer: str) -> None:
    web.account()
    response = come_back(web, issuer, {**NORA, "amr": ["pwd"]})
    assert response.headers["location"] == "/sign-in/set-up?next=%2Faccount"


def test_someone_who_is_not_known_here(web: SignIn, issuer: str) -> None:
    response = come_back(web, issuer, NORA)
    assert (response.status_code, SESSION in cookies(response)) == (403, False)


def test_someone_who_will_not_after_all(web: SignIn, issuer: str) -> None:
    """This provider forgets the state then, against RFC 6749, so that it answers nothing that was asked."""
    web.account()
    response = come_back(web, issuer, NORA, action="deny")
    assert (response.status_code, SESSION in cookies(response)) == (400, False)
    assert "Please sign in again" in response.text
