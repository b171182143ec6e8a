"""`suture sign-in`: a provider is connected only where it fits, and what its groups give is said here."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine
from tests.fakes.openid_provider import SECRET, Answered, MisbehavingProvider, a_provider
from tests.flow.a_sign_in import SECRET_ENV
from tests.flow.test_command_line import Cli, assert_refused, cli_on, logs_as_before
from tests.store.a_branch import make_branch
from tests.store.a_shell import Shell

from suture.store import audit

__all__ = ["logs_as_before"]  # a fixture that must hold here too


@pytest.fixture
def provider() -> Iterator[MisbehavingProvider]:
    with a_provider(lambda: 0) as running:
        yield running


@pytest.fixture
def cli(shell: Shell, own_database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setenv(SECRET_ENV, SECRET)
    with shell.caller.transaction() as tx:
        make_branch(tx)
    return cli_on(own_database.url.render_as_string(hide_password=False), tmp_path)


def connect(cli: Cli, issuer: str, *more: str, name: str = "Riverbend ID", variable: str = SECRET_ENV) -> Any:
    return cli("sign-in", "connect", name, "--issuer", issuer, "--client-id", "us", "--secret-env", variable, *more)


def sentences(shell: Shell) -> list[str]:
    with shell.caller.transaction() as tx:
        return [said for _at, said in audit.latest(tx, 50)]


def test_from_connecting_to_disconnecting(cli: Cli, shell: Shell, provider: MisbehavingProvider) -> None:
    done = connect(cli, provider.issuer, "--trust-second-factor")
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [
        "People can sign in with Riverbend ID now. Register this address there:",
        "It leads to this machine: set SUTURE_DESK_URL to where your people sign in.",
        "http://localhost:8000/sign-in/provider/back",
    ]
    assert cli("sign-in", "group", "desk", "--role", "coordinator", "--branch", "COLUMBUS").exit_code == 0
    assert cli("sign-in", "group", "leads", "--role", "lead", "--role", "privacy").exit_code == 0
    assert cli("sign-in", "list").stdout.splitlines() == [
        "Riverbend ID:",
        f"  Issuer: {provider.issuer}",
        "  Client: us",
        f"  Secret in: {SECRET_ENV}",
        "  Leads back to: http://localhost:8000/sign-in/provider/back",
        "  Second factor: the provider’s, where it says so",
        "  Group desk: coordinator. Branches: COLUMBUS",
        "  Group leads: lead, privacy. Branches: all",
    ]
    assert cli("sign-in", "group", "leads", "--remove").exit_code == 0
    assert "leads" not in cli("sign-in", "list").stdout
    assert cli("sign-in", "disconnect").stdout == "No one signs in with Riverbend ID anymore.\n"
    assert cli("sign-in", "list").stdout == "No sign-in is connected: suture sign-in connect does that.\n"
    assert sentences(shell)[:5] == [
        "The command line disconnected the agency’s own sign-in Riverbend ID.",
        "The command line said that the group leads of Riverbend ID gives nothing.",
        "The command line said what the group leads of Riverbend ID gives. Roles: lead, privacy. Branches: all.",
        "The command line said what the group desk of Riverbend ID gives. Roles: coordinator. Branches: COLUMBUS.",
        f"The command line connected the agency’s own sign-in Riverbend ID at {provider.issuer}.",
    ]


def test_the_secret_is_stored_nowhere(cli: Cli, shell: Shell, provider: MisbehavingProvider) -> None:
    connect(cli, provider.issuer)
    with shell.caller.transaction() as tx:
        assert SECRET not in str([dict(row) for row in tx.rows("SELECT * FROM sign_in_provider")])
    assert_refused(connect(cli, provider.issuer, variable=SECRET), "must be the name of an environment variable")


@pytest.mark.parametrize(
    ("says", "why"),
    [
        ({"issuer": "https://accounts.example"}, "calls itself 'https://accounts.example'"),
        ({"issuer": None}, "describes is no OpenID provider"),
        ({"token_endpoint": "http://tokens.example/"}, "token_endpoint is no https address"),
        ({"token_endpoint": "ftp://127.0.0.1/"}, "token_endpoint is no https address"),
        ({"jwks_uri": None}, "jwks_uri is no https address"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint is no https address"),
        ({"authorization_endpoint": 'https://a.example/"><script>'}, "authorization_endpoint is no https address"),
        ({"authorization_endpoint": "https://someone@a.example/"}, "authorization_endpoint is no https address"),
        ({"response_types_supported": ["id_token"]}, "no authorization code"),
        ({"code_challenge_methods_supported": ["plain"]}, "does not offer PKCE by S256"),
        ({"id_token_signing_alg_values_supported": ["HS256", "none"]}, "neither by RS256 nor by ES256"),
        ({"token_endpoint_auth_methods_supported": ["private_key_jwt"]}, "takes no client secret"),
    ],
)
def test_a_provider_that_does_not_fit_is_refused(
    cli: Cli, provider: MisbehavingProvider, says: dict[str, Any], why: str
) -> None:
    provider.describes = says
    assert_refused(connect(cli, provider.issuer), why)
    assert "No sign-in is connected" in cli("sign-in", "list").stdout


def test_a_provider_that_does_not_say_whether_it_offers_pkce_is_taken(cli: Cli, provider: MisbehavingProvider) -> None:
    provider.describes = {"code_challenge_methods_supported": None, "token_endpoint_auth_methods_supported": None}
    assert connect(cli, provider.issuer).exit_code == 0


@pytest.mark.parametrize(
    ("issuer", "why"),
    [
        ("http://accounts.example", "must be an https address"),
        ("http://127.0.0.1.attacker.example", "must be an https address"),
        ("http://localhost@attacker.example", "must be an https address"),
        ("http://10.0.0.1", "must be an https address"),
        ("file:///etc/passwd", "must be an https address"),
        ("https://", "must be an https address"),
        ("https://[", "must be an https address"),
        ("http://127.0.0.1:1", "does not answer"),
    ],
)
def test_an_issuer_that_must_not_be_asked_is_refused(cli: Cli, issuer: str, why: str) -> None:
    assert_refused(connect(cli, issuer), why)


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answered(404), "no description of an OpenID provider"),
        (Answered(200, b"<html>"), "no description of an OpenID provider"),
        (Answered(302, b"", {"Location": "http://127.0.0.1:1/"}), "no description of an OpenID provider"),
        (Answered(200, b"[]"), "is no OpenID provider"),
        (Answered(503), "does not answer"),
        (Answered(200, b" " * 300_000), "does not answer"),
    ],
)
def test_a_description_that_is_none_is_refused(
    cli: Cli, provider: MisbehavingProvider, answer: Answered, why: str
) -> None:
    provider.answers["/.well-known/openid-configuration"] = answer
    assert_refused(connect(cli, provider.issuer), why)


def test_the_variable_with_the_secret_has_to_be_set(cli: Cli, provider: MisbehavingProvider) -> None:
    assert_refused(connect(cli, provider.issuer, variable="NOT_SET_ANYWHERE"), "NOT_SET_ANYWHERE is not set")


def test_there_is_one_provider_at_a_time(cli: Cli, provider: MisbehavingProvider) -> None:
    connect(cli, provider.issuer)
    assert_refused(connect(cli, provider.issuer, name="Lakeside ID"), "Disconnect it first")
    assert connect(cli, provider.issuer, "--group-claim", "roles").exit_code == 0, "the same one is changed"
    cli("sign-in", "disconnect")
    assert connect(cli, provider.issuer, name="Lakeside ID").exit_code == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["desk"], "either --role, or --remove"),
        (["desk", "--role", "lead", "--remove"], "either --role, or --remove"),
        (["desk", "--remove", "--branch", "COLUMBUS"], "either --role, or --remove"),
        (["desk", "--remove"], "gives nothing here"),
        (["desk", "--role", "clinician"], "clinician"),
        (["desk", "--role", "lead", "--branch", "NOWHERE"], "There is no branch 'NOWHERE'"),
    ],
)
def test_what_a_group_cannot_give_is_refused(
    cli: Cli, provider: MisbehavingProvider, words: list[str], why: str
) -> None:
    connect(cli, provider.issuer)
    assert_refused(cli("sign-in", "group", *words), why)


def test_without_a_provider_there_is_nothing_to_say_of_groups(cli: Cli) -> None:
    assert_refused(cli("sign-in", "group", "desk", "--role", "lead"), "No sign-in is connected")
    assert_refused(cli("sign-in", "disconnect"), "No sign-in is connected")
