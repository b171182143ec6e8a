"""The agency's own sign-in: who is not let in, and what groups give."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import Engine
from structlog.testing import capture_logs
from tests.fakes.openid_provider import CLIENT, NORA, MisbehavingProvider, a_provider
from tests.flow.a_sign_in import SignIn, entered, refused, sentences
from tests.store.a_shell import emptied

from suture.model.actors import Role
from suture.service.accounts import disable_user, reset_user
from suture.service.clock import VirtualClock
from suture.service.sign_in_settings import connect_sign_in, disconnect_sign_in, drop_group, set_group

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


# --- people who are not let in ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said",
    [
        {"email_verified": False},
        {"email_verified": None},
        {"email_verified": "false"},
        {"email_verified": 1},
        {"email": None},
        {"email": "not an address"},
    ],
)
def test_an_e_mail_address_that_is_not_verified_leads_to_no_account(
    web: SignIn, provider: MisbehavingProvider, said: dict[str, Any]
) -> None:
    web.account()
    assert "has not verified your e-mail address" in refused(web, entered(web, provider, **said), 403)


def test_no_account_is_made_from_nothing(web: SignIn, provider: MisbehavingProvider) -> None:
    assert "There is no account for you here." in refused(web, entered(web, provider, groups=["leads"]), 403)
    assert web.rows("SELECT * FROM account") == []


@pytest.mark.parametrize("linked", [True, False])
def test_a_disabled_account_stays_shut(web: SignIn, provider: MisbehavingProvider, linked: bool) -> None:
    nora = web.account()
    if linked:
        entered(web, provider, amr=["mfa"])
    disable_user(web.caller, nora)
    with web.caller.transaction() as tx:
        tx.run("DELETE FROM session")
    assert "Your account is disabled." in refused(web, entered(web, provider, amr=["mfa"]), 403)
    assert f"Someone tried to sign in to the account {nora} and was refused." in sentences(web)
    assert web.rows("SELECT subject FROM account") == [{"subject": NORA["sub"] if linked else ""}]


def test_an_account_is_not_taken_over_by_another_subject(web: SignIn, provider: MisbehavingProvider) -> None:
    nora = web.account()
    entered(web, provider, amr=["mfa"])
    with web.caller.transaction() as tx:
        tx.run("DELETE FROM session")
    assert "belongs to another user" in refused(web, entered(web, provider, sub="a-second-nora", amr=["mfa"]), 403)
    reset_user(web.caller, nora)
    assert web.is_in(entered(web, provider, sub="a-second-nora", amr=["mfa"])), "whoever manages people decides"


def test_whoever_gives_up_is_back_at_the_sign_in(web: SignIn) -> None:
    address, cookie = web.leave()
    state = parse_qs(urlsplit(address).query)["state"][0]
    response = web.back({"error": "access_denied", "state": state}, cookie)
    assert (response.status_code, response.headers["location"]) == (303, "/sign-in?said=cancelled")
    assert "You did not sign in there." in web.browser.get("/sign-in?said=cancelled").text
    refused(web, web.back({"code": "x", "state": state}, cookie), 400)


@pytest.mark.parametrize(
    ("error", "status"),
    [("server_error", 503), ("temporarily_unavailable", 503), ("login_required", 403), ("<script>", 403), ("", 403)],
)
def test_an_answer_without_a_code(web: SignIn, error: str, status: int) -> None:
    address, cookie = web.leave()
    state = parse_qs(urlsplit(address).query)["state"][0]
    with capture_logs() as logs:
        said = refused(web, web.back({"error": error, "state": state}, cookie), status)
    assert "<script>" not in said and all("<" not in str(one["code"]) for one in logs)


# --- groups ----------------------------------------------------------------------------------------------


def test_a_group_makes_an_account_and_says_what_it_may_do(web: SignIn, provider: MisbehavingProvider) -> None:
    set_group(web.caller, "columbus-desk", [Role.COORDINATOR], ["COLUMBUS"])
    assert web.is_in(entered(web, provider, amr=["mfa"], groups=["columbus-desk", "choir"]))
    [made] = web.rows("SELECT id, email, name, roles, every_branch, password_hash FROM account")
    assert (made["email"], made["name"], made["roles"]) == ("nora@staff.example", "Nora Oak", ["coordinator"])
    assert (made["every_branch"], made["password_hash"]) == (False, "")
    said = f"Suture made the account {made['id']}. Roles: coordinator. Branches: COLUMBUS."
    assert said in sentences(web)


def test_roles_and_branches_follow_the_groups_at_each_sign_in(web: SignIn, provider: MisbehavingProvider) -> None:
    set_group(web.caller, "desk", [Role.COORDINATOR], ["COLUMBUS"])
    set_group(web.caller, "leads", [Role.LEAD])
    nora = web.account("nora@staff.example", Role.ADMIN)
    entered(web, provider, amr=["mfa"], groups=["desk"])
    assert web.rows("SELECT roles, every_branch FROM account") == [{"roles": ["coordinator"], "every_branch": False}]
    entered(web, provider, amr=["mfa"], groups=["desk", "leads"])
    assert web.rows("SELECT roles, every_branch FROM account") == [
        {"roles": ["coordinator", "lead"], "every_branch": True}
    ]
    assert f"Suture changed the account {nora}. Roles: coordinator, lead. Branches: all." in sentences(web)
    before = len(sentences(web))
    entered(web, provider, amr=["mfa"], groups=["leads", "desk"])
    assert len(sentences(web)) == before + 1, "it signed in, and nothing changed"


@pytest.mark.parametrize("groups", [[], ["choir"], "choir", ["DESK"], {"desk": True}, [["desk"]], None, 7])
def test_a_group_that_is_not_known_gives_nothing(web: SignIn, provider: MisbehavingProvider, groups: object) -> None:
    set_group(web.caller, "desk", [Role.COORDINATOR])
    said = refused(web, entered(web, provider, amr=["mfa"], groups=groups), 403)
    assert "None of your groups at Riverbend ID gives you a role here." in said
    assert web.rows("SELECT * FROM account") == []


def test_whoever_leaves_the_groups_is_not_let_in_again(web: SignIn, provider: MisbehavingProvider) -> None:
    set_group(web.caller, "desk", [Role.COORDINATOR])
    assert web.is_in(entered(web, provider, amr=["mfa"], groups="desk"))
    with web.caller.transaction() as tx:
        tx.run("DELETE FROM session")
    drop_group(web.caller, "desk")
    set_group(web.caller, "leads", [Role.LEAD])
    refused(web, entered(web, provider, amr=["mfa"], groups=["desk"]), 403)
    assert web.rows("SELECT roles FROM account") == [{"roles": ["coordinator"]}], "what is refused changes nothing"


def test_a_clinician_stays_one_whatever_the_groups_say(web: SignIn, provider: MisbehavingProvider) -> None:
    set_group(web.caller, "leads", [Role.LEAD])
    nora = web.account()
    with web.caller.transaction() as tx:
        tx.run(
            "UPDATE account SET roles = '{clinician,coordinator}', clinician_id = :who WHERE id = :id",
            who=web.branch.nora,
            id=nora,
        )
    for groups, roles in (([], ["clinician"]), (["leads"], ["clinician", "lead"]), ([], ["clinician"])):
        assert web.is_in(entered(web, provider, amr=["mfa"], groups=groups))
        assert web.rows("SELECT roles, clinician_id FROM account") == [
            {"roles": roles, "clinician_id": web.branch.nora}
        ]


def test_groups_of_another_issuer_are_forgotten(web: SignIn, provider: MisbehavingProvider) -> None:
    set_group(web.caller, "desk", [Role.COORDINATOR])
    web.connect(provider.issuer)
    assert len(web.rows("SELECT * FROM sign_in_group")) == 1, "the same one, connected again"
    with a_provider(provider.now) as other:
        web.connect(other.issuer)
    assert web.rows("SELECT * FROM sign_in_group") == []


def test_a_link_to_a_provider_that_is_gone_does_not_keep_anyone_out(
    web: SignIn, provider: MisbehavingProvider, clock: VirtualClock
) -> None:
    web.account()
    entered(web, provider, amr=["mfa"])
    disconnect_sign_in(web.caller)
    with a_provider(provider.now) as other:
        connect_sign_in(web.caller, "Lakeside ID", other.issuer, CLIENT, "RIVERBEND_OIDC_SECRET")
        assert entered(web, other, sub="nora-elsewhere").headers["location"] == "/sign-in/set-up"


def test_disconnecting_signs_out_whoever_came_by_it(web: SignIn, provider: MisbehavingProvider) -> None:
    web.account()
    response = entered(web, provider, amr=["mfa"])
    assert web.is_in(response)
    disconnect_sign_in(web.caller)
    assert not web.is_in(response)
