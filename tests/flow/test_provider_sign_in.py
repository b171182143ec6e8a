"""The agency's own sign-in: who is let in by it, and everything that must not be believed."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs
from tests.fakes import openid_provider
from tests.fakes.openid_provider import CLIENT, NORA, Answered, MisbehavingProvider, a_provider
from tests.flow.a_sign_in import OWN_PAGE, SignIn, cookies, entered, refused, sentences
from tests.store.a_shell import emptied

from suture.service.clock import VirtualClock
from suture.service.sign_in_settings import disconnect_sign_in
from suture.web.account.provider import COOKIE
from suture.web.signed_in import COOKIE as SESSION

NOW = datetime(2026, 3, 24, 11, 40, tzinfo=UTC)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
def provider(clock: VirtualClock) -> Iterator[MisbehavingProvider]:
    with a_provider(lambda: int(clock.now().timestamp())) as running:
        yield running


@pytest.fixture
def web(own_database: Engine, clock: VirtualClock, provider: MisbehavingProvider) -> SignIn:
    made = SignIn(emptied(own_database), clock)
    made.connect(provider.issuer, trusts_second_factor=True)
    return made


# --- who is let in -------------------------------------------------------------------------------------


def test_the_first_time_by_a_verified_e_mail_address_and_from_then_on_by_subject(
    web: SignIn, provider: MisbehavingProvider
) -> None:
    nora = web.account()
    first = entered(web, provider, amr=["pwd", "mfa"])
    assert (first.status_code, first.headers["location"]) == (303, "/")
    assert web.is_in(first)
    assert f"Suture linked the account {nora} to the agency’s own sign-in Riverbend ID." in sentences(web)
    again = entered(web, provider, amr=["mfa"], email="married@staff.example", email_verified=False)
    assert web.is_in(again), "the subject counts, whatever the address is now"
    assert [row["how"] for row in web.rows("SELECT how FROM session")] == ["provider", "provider"]
    assert sum("linked" in said for said in sentences(web)) == 1


def test_whoever_comes_back_goes_on_to_the_page_they_wanted(web: SignIn, provider: MisbehavingProvider) -> None:
    web.account()
    address, cookie = web.leave("/account?tab=1")
    response = web.back(provider.sign_in(address, {**NORA, "amr": ["mfa"]}), cookie)
    assert response.headers["location"] == "/account?tab=1"
    address, cookie = web.leave("https://attacker.example/")
    response = web.back(provider.sign_in(address, {**NORA, "amr": ["mfa"]}), cookie)
    assert response.headers["location"] == "/"


@pytest.mark.parametrize("amr", [None, [], ["pwd"], "mfa", [["mfa"]], ["MFA"], ["sms"]])
def test_without_a_second_factor_there_ours_is_asked_for(
    web: SignIn, provider: MisbehavingProvider, amr: object
) -> None:
    web.account()
    response = entered(web, provider, **({} if amr is None else {"amr": amr}))
    if amr == "mfa":  # no list: nothing that can be believed
        refused(web, response, 403)
        return
    assert response.headers["location"] == "/sign-in/set-up"
    assert not web.is_in(response)


@pytest.mark.parametrize("method", ["mfa", "otp", "hwk", "sc"])
def test_a_second_factor_there_is_enough_where_it_is_trusted(
    web: SignIn, provider: MisbehavingProvider, method: str
) -> None:
    web.account()
    assert web.is_in(entered(web, provider, amr=["pwd", method]))


def test_a_second_factor_there_is_not_enough_where_it_is_not_trusted(
    web: SignIn, provider: MisbehavingProvider
) -> None:
    web.connect(provider.issuer)
    nora = web.account()
    with web.caller.transaction() as tx:
        tx.run("UPDATE account SET totp_secret = 'JBSWY3DPEHPK3PXP' WHERE id = :id", id=nora)
    response = entered(web, provider, amr=["mfa"])
    assert response.headers["location"] == "/sign-in/code"
    assert not web.is_in(response)


def test_a_shared_computer_asks_there_again_and_is_left_after_five_minutes(
    web: SignIn, provider: MisbehavingProvider
) -> None:
    web.account()
    address, cookie = web.leave(shared=True)
    assert parse_qs(urlsplit(address).query)["prompt"] == ["login"]
    assert web.is_in(web.back(provider.sign_in(address, {**NORA, "amr": ["mfa"]}), cookie))
    assert web.rows("SELECT idle_minutes FROM session") == [{"idle_minutes": 5}]


def test_the_button_names_the_provider_and_is_gone_without_one(web: SignIn) -> None:
    assert "Sign in with Riverbend ID" in web.browser.get("/sign-in").text
    disconnect_sign_in(web.caller)
    assert "provider/begin" not in web.browser.get("/sign-in").text
    assert web.browser.post("/sign-in/provider/begin", headers=OWN_PAGE).status_code == 404


def test_a_new_key_of_the_provider_counts_at_once_and_a_withdrawn_one_no_longer(
    web: SignIn, provider: MisbehavingProvider
) -> None:
    web.account()
    assert web.is_in(entered(web, provider, amr=["mfa"]))
    provider.kid = "second"
    assert web.is_in(entered(web, provider, amr=["mfa"]))
    provider.sign = openid_provider.signed_by_first
    response = entered(web, provider, amr=["mfa"])
    assert (response.status_code, SESSION in cookies(response)) == (403, False)


def test_a_signature_by_a_curve_is_as_good(web: SignIn, provider: MisbehavingProvider) -> None:
    web.account()
    provider.sign = openid_provider.by_curve
    assert web.is_in(entered(web, provider, amr=["mfa"]))


def test_a_secret_in_the_body_where_the_provider_takes_no_other(web: SignIn, provider: MisbehavingProvider) -> None:
    provider.describes = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    web.connect(provider.issuer, trusts_second_factor=True)
    web.account()
    assert web.is_in(entered(web, provider, amr=["mfa"]))


def test_several_audiences_where_the_token_was_made_for_us(web: SignIn, provider: MisbehavingProvider) -> None:
    web.account()
    assert web.is_in(entered(web, provider, amr=["mfa"], aud=[CLIENT, "another"], azp=CLIENT))


# --- tokens that must not be believed --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("claims", "code"),
    [
        ({"aud": "another-client"}, "invalid_claim:aud"),
        ({"aud": []}, "invalid_claim:aud"),
        ({"aud": [CLIENT, "another"]}, "missing_claim:azp"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "invalid_claim:azp"),
        ({"azp": "another"}, "invalid_claim:azp"),
        ({"iss": "https://accounts.attacker.example"}, "invalid_claim:iss"),
        ({"nonce": "another"}, "invalid_claim:nonce"),
        ({"exp": int(NOW.timestamp()) - 61}, "expired_token:exp"),
        ({"exp": "never"}, "invalid_claim:exp"),
        ({"iat": int(NOW.timestamp()) + 61}, "invalid_claim:iat"),
        ({"nbf": int(NOW.timestamp()) + 61}, "invalid_claim:nbf"),
        ({"sub": ""}, "invalid_claim:sub"),
        ({"sub": 7}, "invalid_claim:sub"),
        ({"at_hash": "another"}, "invalid_claim:at_hash"),
    ],
)
def test_a_token_that_says_something_wrong(
    web: SignIn, provider: MisbehavingProvider, claims: dict[str, Any], code: str
) -> None:
    web.account()
    provider.claims = claims
    with capture_logs() as logs:
        said = refused(web, entered(web, provider), 403)
    assert "What Riverbend ID answered could not be verified. Please sign in again." in said
    assert [(one["event"], one["code"]) for one in logs] == [("sign_in.not_proven", code)]


@pytest.mark.parametrize("claim", ["iss", "aud", "sub", "exp", "iat", "nonce"])
def test_a_token_that_leaves_something_out(web: SignIn, provider: MisbehavingProvider, claim: str) -> None:
    web.account()
    provider.leaves_out = {claim}
    refused(web, entered(web, provider), 403)


@pytest.mark.parametrize("late", [{"exp": int(NOW.timestamp()) - 59}, {"iat": int(NOW.timestamp()) + 59}])
def test_clocks_may_differ_by_a_minute(web: SignIn, provider: MisbehavingProvider, late: dict[str, int]) -> None:
    web.account()
    provider.claims = late
    assert web.is_in(entered(web, provider, amr=["mfa"]))


@pytest.mark.parametrize(
    "sign",
    [
        openid_provider.unsigned,
        openid_provider.signed_by_public_key,
        openid_provider.signed_by_secret,
        openid_provider.signed_by_stranger,
        openid_provider.of_unknown_key,
        openid_provider.tampered,
        lambda claims: "",
        lambda claims: "a.b",
        lambda claims: "a.b.c",
        lambda claims: "é.é.é",
        lambda claims: None,
        lambda claims: 7,
    ],
)
def test_a_token_that_is_not_signed_by_the_provider(web: SignIn, provider: MisbehavingProvider, sign: Any) -> None:
    web.account()
    provider.sign = sign
    refused(web, entered(web, provider), 403)


# --- answers that must not be believed -------------------------------------------------------------------


def test_an_answer_is_good_once(web: SignIn, provider: MisbehavingProvider) -> None:
    web.account()
    address, cookie = web.leave()
    answer = provider.sign_in(address, {**NORA, "amr": ["mfa"]})
    assert web.is_in(web.back(answer, cookie))
    again = web.back(answer, cookie)
    assert (again.status_code, SESSION in cookies(again)) == (400, False)
    assert len(web.rows("SELECT * FROM session")) == 1


def test_a_code_is_good_once_under_another_state_too(web: SignIn, provider: MisbehavingProvider) -> None:
    web.account()
    address, cookie = web.leave()
    answer = provider.sign_in(address, NORA)
    other_address, other_cookie = web.leave()
    other_state = parse_qs(urlsplit(other_address).query)["state"][0]
    refused(web, web.back({**answer, "state": other_state}, other_cookie), 403)
    refused(web, web.back(answer, cookie), 403)


def test_an_answer_in_another_browser_is_no_answer(web: SignIn, provider: MisbehavingProvider) -> None:
    """Login CSRF: someone is led to come back with the answer that an attacker got."""
    web.account()
    address, _attackers = web.leave()
    _mine, cookie = web.leave()
    answer = provider.sign_in(address, NORA)
    before = list(provider.asked)
    refused(web, web.back(answer, cookie), 400)
    refused(web, web.browser.get("/sign-in/provider/back", params=answer), 400)
    assert provider.asked == before, "nothing is asked for a stranger's code"


@pytest.mark.parametrize("change", [{"state": ""}, {"state": "made-up"}, {"state": "é" * 3000}])
def test_a_state_that_no_one_was_sent_with(web: SignIn, provider: MisbehavingProvider, change: dict[str, str]) -> None:
    web.account()
    address, cookie = web.leave()
    refused(web, web.back({**provider.sign_in(address, NORA), **change}, cookie), 400)


def test_an_answer_comes_within_ten_minutes(web: SignIn, provider: MisbehavingProvider, clock: VirtualClock) -> None:
    web.account()
    address, cookie = web.leave()
    clock.advance_to(clock.now() + timedelta(minutes=10))
    refused(web, web.back(provider.sign_in(address, NORA), cookie), 400)
    web.leave()
    assert len(web.rows("SELECT * FROM oidc_request")) == 1, "who did not come back is forgotten"


def test_an_answer_of_another_provider_is_not_taken_for_this_ones(web: SignIn, provider: MisbehavingProvider) -> None:
    """Mix-up: the code of an honest provider must not reach an attacker's token endpoint, nor the other way round."""
    web.account()
    address, cookie = web.leave()
    answer = {**provider.sign_in(address, NORA), "iss": "https://attacker.example"}
    before = list(provider.asked)
    refused(web, web.back(answer, cookie), 403)
    assert provider.asked == before, "the code goes nowhere"
    address, cookie = web.leave()
    assert web.is_in(web.back({**provider.sign_in(address, {**NORA, "amr": ["mfa"]}), "iss": provider.issuer}, cookie))


def test_a_provider_that_always_says_who_it_is_has_to(web: SignIn, provider: MisbehavingProvider) -> None:
    provider.describes = {"authorization_response_iss_parameter_supported": True}
    web.connect(provider.issuer, trusts_second_factor=True)
    web.account()
    refused(web, entered(web, provider), 403)


def test_a_provider_that_changed_meanwhile_is_not_believed(web: SignIn, provider: MisbehavingProvider) -> None:
    web.account()
    address, cookie = web.leave()
    answer = provider.sign_in(address, NORA)
    disconnect_sign_in(web.caller)
    refused(web, web.back(answer, cookie), 400)


def test_only_our_own_page_sends_anyone_away(web: SignIn) -> None:
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://attacker.example"}):
        response = web.browser.post("/sign-in/provider/begin", headers=headers)
        assert (response.status_code, cookies(response)) == (403, {})
    assert web.rows("SELECT * FROM oidc_request") == []


def test_nothing_that_opens_is_kept_in_plain_words(web: SignIn, provider: MisbehavingProvider) -> None:
    address, cookie = web.leave()
    [row] = web.rows("SELECT * FROM oidc_request")
    state = parse_qs(urlsplit(address).query)["state"][0]
    assert cookie not in row.values() and state not in row.values()
    assert row["verifier"] not in address and parse_qs(urlsplit(address).query)["code_challenge_method"] == ["S256"]


def test_the_cookie_is_for_this_browser_and_ten_minutes(web: SignIn) -> None:
    response = web.browser.post("/sign-in/provider/begin", headers=OWN_PAGE)
    [line] = response.headers.get_list("set-cookie")
    assert line.startswith(f"{COOKIE}=")
    for part in ("Max-Age=600", "Path=/", "Secure", "HttpOnly", "SameSite=lax"):
        assert f"; {part}" in line
    assert "Domain" not in line


# --- a provider that is away -----------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/token", "/keys"])
@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (Answered(503, b"{}"), 503),
        (Answered(502, b"<html>"), 503),
        (Answered(200, b"[" * 300_000), 503),
        (Answered(200, b" " * 1000, drips=True), 503),
        (Answered(200, b"<html>"), 403),
        (Answered(200, b"[]"), 403),
        (Answered(200, b"null"), 403),
        (Answered(200, b"[" * 100_000), 403),
        (Answered(200, b'{"keys": 7}'), 403),
        (Answered(404, b"{}"), 403),
        (Answered(307, b"", {"Location": "http://127.0.0.1:9/"}), 403),
        (Answered(302, b"", {"Location": "http://169.254.169.254/"}), 403),
    ],
)
def test_a_provider_that_is_away_or_talks_nonsense(
    web: SignIn,
    provider: MisbehavingProvider,
    path: str,
    answer: Answered,
    status: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("suture.integrations.sign_in.openid.asking.TIMEOUT_S", 0.5)
    web.account()
    provider.answers[path] = answer
    said = refused(web, entered(web, provider), status)
    if status == 503:
        assert "Riverbend ID does not answer." in said and "password" in said


def test_a_provider_that_is_gone(web: SignIn, clock: VirtualClock) -> None:
    with a_provider(lambda: int(clock.now().timestamp())) as other:
        web.connect(other.issuer)
        address, cookie = web.leave()
        answer = other.sign_in(address, NORA)
    refused(web, web.back(answer, cookie), 503)


def test_nothing_is_asked_within_a_transaction(
    web: SignIn, provider: MisbehavingProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the provider is slow, no connection of the pool waits for it."""
    web.account()
    busy: list[int] = []
    redeem = provider.redeem

    def looked(*args: Any) -> Any:
        busy.append(web.caller.tools.engine.pool.checkedout())  # type: ignore[attr-defined]
        return redeem(*args)

    monkeypatch.setattr(provider, "redeem", looked)
    assert web.is_in(entered(web, provider, amr=["mfa"]))
    assert busy == [0]


def test_the_log_says_codes_and_nothing_of_anyone(web: SignIn, provider: MisbehavingProvider) -> None:
    with capture_logs() as logs:
        entered(web, provider)
        provider.claims = {"aud": "another"}
        entered(web, provider)
        web.back({"state": "made-up", "code": "a-code"}, "a-cookie")
    assert [(one["event"], one["code"]) for one in logs] == [
        ("sign_in.not_let_in", "no_account"),
        ("sign_in.not_proven", "invalid_claim:aud"),
        ("sign_in.begin_again", "unknown_state"),
    ]
    assert all(part not in str(logs) for part in ("nora", "Nora", "a-code", "made-up", "a-cookie", "eyJ"))
