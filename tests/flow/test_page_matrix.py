"""Every page with everyone who may come to it: in their branch, in another one, with another role, or no longer at all.

Anyone without a session is sent to the sign-in before anything is looked up. What someone may not see is answered like
what does not exist; an action on what they may see is refused. None of them changes a row.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from sqlalchemy import event
from tests.fakes.sessions import signed_in
from tests.flow.a_web_morning import OWN_PAGE, WebMorning, web_morning
from tests.flow.test_key_matrix import make_west
from tests.flow.test_web_security import contents

from suture.model.actors import Permission, Role, permissions_of
from suture.service import worker
from suture.service.caller import Caller
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.store import agencies
from suture.store.embedded import EmbeddedPostgres
from suture.web.page_rights import PAGES
from suture.web.public import create_public_app
from suture.web.session_guard import is_for_anyone

FOR_ANYONE = {
    "/healthz",
    "/readyz",
    "/metrics",
    "/static",
    "/static/minutes.css",
    "/sign-in",
    "/sign-in/demo",
    "/sign-in/provider/begin",
    "/sign-in/provider/back",
    "/welcome/{token}",
    "/p/",
    "/p/{token}",
    "/p/{token}/day",
    "/p/{token}/pin",
    "/u/",
    "/u/{token}",
}
"""Addresses without a session, by name: health, style, the way in, links, which are secrets of their own, and
/metrics, which asks for a key (tests/flow/test_key_matrix.py)."""
PUBLIC = {
    "/p/",
    "/p/{token}",
    "/p/{token}/day",
    "/p/{token}/pin",
    "/u/",
    "/u/{token}",
    "/hooks/{hook_id}/{what}",
    "/static/patient.css",
    "/static/clinician.css",
}
"""What is on the public side; hooks prove themselves by a signature (tests/flow/test_texts_by_provider.py)."""

HERE: Mapping[str, tuple[Role, ...]] = {str(role): (role,) for role in Role}
ELSEWHERE: Mapping[str, tuple[Role, ...]] = {f"{r} of other branch": (r,) for r in (Role.COORDINATOR, Role.LEAD)}
FAR_AWAY: Mapping[str, tuple[Role, ...]] = {
    f"{r} of other agency": (r,) for r in (Role.COORDINATOR, Role.LEAD, Role.ADMIN)
}
NOT_HERE = {**ELSEWHERE, **FAR_AWAY}
ROLES = {**HERE, **NOT_HERE}
STRANGERS = ("anonymous", "wrong cookie", "signed out", "disabled", "idle", "ended")
WHOLE_AGENCY = ("admin",)
OF_A_SESSION = {"whose", "session", "account", "account_branch", "branch", "recovery_code", "demo_clock"}


@dataclass(frozen=True)
class Case:
    """A request about something of Columbus, and about what does not exist. `opens`: the status where it is allowed;
    `missing`: where there is no such thing."""

    path: str
    real: str = ""
    unreal: str = ""
    form: str = ""
    body: Mapping[str, str] = field(default_factory=dict)
    opens: int = 200
    missing: int = 404


NUMBERS = {
    "{account}": "SELECT id AS n FROM account WHERE email = 'someone@staff.example'",
    "{case}": "SELECT id AS n FROM exception_case WHERE kind = 'reply_unclear'",
    "{session}": "SELECT min(id) AS n FROM session WHERE ended_at IS NULL",
}
ONE = "/admin/users/{account_id}"
CASES: Mapping[tuple[str, str], Case] = {
    ("GET", "/"): Case("/?branch={}", "COLUMBUS", "NOWHERE"),
    ("POST", "/texts/read"): Case("/texts/read", "{case}", "999999", "text-read", {"case": "{}"}, 303, 303),
    ("GET", "/fill"): Case("/fill?visit={}", "V-late", "V-none"),
    ("POST", "/fill"): Case("/fill", "V-late", "V-none", "fill", {"visit": "{}"}, 303, 409),
    ("GET", "/pins"): Case("/pins"),
    ("POST", "/pins"): Case("/pins", "E-02", "E-99", "pin", {"clinician": "{}"}, missing=422),
    ("POST", "/demo/call-out"): Case("/demo/call-out", "COLUMBUS", "NOWHERE", "demo-call-out", {"branch": "{}"}, 303),
    ("POST", "/demo/event"): Case("/demo/event", "COLUMBUS", "NOWHERE", "demo-call-out", {"branch": "{}"}, 303),
    ("GET", "/dev/inbox"): Case("/dev/inbox"),
    ("POST", "/dev/inbox/reply"): Case("/dev/inbox/reply", form="dev-inbox-reply", opens=303),
    ("POST", "/dev/inbox/key"): Case("/dev/inbox/key", form="dev-inbox-reply", opens=303),
    ("POST", "/dev/inbox/phone"): Case("/dev/inbox/phone", form="dev-inbox-reply", opens=303),
    ("GET", "/sign-in/code"): Case("/sign-in/code", opens=303),
    ("POST", "/sign-in/code"): Case("/sign-in/code", form="code", opens=303),
    ("GET", "/sign-in/set-up"): Case("/sign-in/set-up"),
    ("POST", "/sign-in/set-up"): Case("/sign-in/set-up", form="set-up", opens=422),
    ("POST", "/sign-out"): Case("/sign-out", form="sign-out", opens=303),
    ("GET", "/account"): Case("/account"),
    ("POST", "/account/password"): Case("/account/password", form="account", opens=422),
    ("POST", "/account/codes"): Case("/account/codes", form="account", opens=303),
    ("POST", "/account/sessions"): Case(
        "/account/sessions", "{session}", "999999", "account", {"which": "{}"}, 303, 303
    ),
    ("POST", "/account/pin"): Case("/account/pin", form="account"),
    ("GET", "/my-day"): Case("/my-day"),
    ("POST", "/my-day"): Case("/my-day", form="my-day", opens=422),
    ("GET", "/my-day/{date}"): Case("/my-day/2026-03-24"),
    ("POST", "/my-day/{date}"): Case("/my-day/2026-03-24", form="my-day", opens=422),
    ("GET", "/admin/users"): Case("/admin/users"),
    ("POST", "/admin/users"): Case("/admin/users", form="people", opens=422),
    ("GET", ONE): Case("/admin/users/{}", "{account}", "999999"),
    ("POST", ONE): Case("/admin/users/{}", "{account}", "999999", "people", opens=422),
    ("POST", f"{ONE}/disable"): Case("/admin/users/{}/disable", "{account}", "999999", "people", opens=303),
    ("POST", f"{ONE}/reset"): Case("/admin/users/{}/reset", "{account}", "999999", "people"),
}
ROUTES = [pytest.param(route, id=" ".join(route)) for route in CASES]


@pytest.fixture(scope="module")
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """A published day of Columbus, with a visit that no one has, and a text that must be read; West has none of it."""
    for web in web_morning(postgres):
        make_west(web)
        visit = {"external_id": "V-late", "patient": "P-01", "service": "SN_VISIT"}
        visit |= {"earliest_start": "2026-03-24T18:00:00-04:00", "latest_end": "2026-03-24T19:30:00-04:00"}
        receive_signal(web.caller, SIGNAL_REQUEST.validate_python({"kind": "new_visit", "visit": visit}))
        worker.drain(web.caller)
        web.run(
            """INSERT INTO inbound (provider, provider_msg_id, from_hash, body, at)
               SELECT 'console', 'm-1', value_hash, 'hello?', :now FROM address
               WHERE channel = 'sms' AND party_id = (SELECT id FROM party WHERE external_id = 'P-01') LIMIT 1"""
        )
        web.run(
            """INSERT INTO exception_case
                 (branch_id, service_date, kind, subject_kind, subject_id, severity, band, opened_at)
               SELECT b.id, '2026-03-24', 'reply_unclear', 'inbound', i.id, 1, 'medium', :now
               FROM branch b, inbound i WHERE b.external_id = 'COLUMBUS' AND i.provider_msg_id = 'm-1'"""
        )
        signed_in(web.caller, [Role.COORDINATOR], ["COLUMBUS"], called="someone")
        yield web


class Who:
    """The headers of everyone, and how each proves a form."""

    def __init__(self, web: WebMorning) -> None:
        self.web, self.far_away = web, replace(web.caller, tenant=2)
        self.numbers = {what: str(web.rows(sql)[0]["n"]) for what, sql in NUMBERS.items()}
        self.cookies = {"anonymous": "", "wrong cookie": "no-such-cookie"}
        with self.far_away.transaction() as tx:
            agencies.add(tx, "Far Away Care")
            tx.run("INSERT INTO place (owner_key, lat, lon, tz) VALUES ('branch:FAR', 39.9, -83.0, 'America/Chicago')")
            tx.run(
                """INSERT INTO branch (external_id, name, phone, tz, place_id)
                   SELECT 'FAR', 'Far', '+13125550100', 'America/Chicago', id FROM place"""
            )
        for name, roles in FAR_AWAY.items():
            self.cookies[name] = self._sign_in(name.replace(" ", "-"), roles, (), caller=self.far_away)
        for name, roles in {**HERE, **ELSEWHERE}.items():
            branch = "WEST" if name in ELSEWHERE else "COLUMBUS"
            clinician = "E-02" if Role.CLINICIAN in roles else None
            branches = () if name in WHOLE_AGENCY else (branch,)
            self.cookies[name] = self._sign_in(name.replace(" ", "-"), roles, branches, clinician)
        for name in STRANGERS[2:]:
            self.cookies[name] = self._sign_in(name.replace(" ", "-"), [Role.COORDINATOR], ("COLUMBUS",))
        of = "WHERE account_id = (SELECT id FROM account WHERE email = :email)"
        gone = {name: f"{name.replace(' ', '-')}@staff.example" for name in STRANGERS[2:]}
        web.run(f"UPDATE session SET ended_at = :now {of}", email=gone["signed out"])
        web.run("UPDATE account SET disabled_at = :now WHERE email = :email", email=gone["disabled"])
        idle = "idle_minutes = 15, seen_at = :now - interval '15 minutes'"
        web.run(f"UPDATE session SET {idle} {of}", email=gone["idle"])
        web.run(f"UPDATE session SET ends_at = :now {of}", email=gone["ended"])

    def _sign_in(
        self, called: str, roles: Any, branches: Any, clinician: str | None = None, caller: Caller | None = None
    ) -> str:
        headers = signed_in(caller or self.web.caller, roles, branches, clinician, called=called)
        return headers["Cookie"].partition("=")[2]

    def ask(self, route: tuple[str, str], who: str, real: bool) -> Any:
        case, cookie = CASES[route], self.cookies[who]
        what = self.named(case.real) if real else case.unreal
        headers = {"Cookie": f"__Host-suture_session={cookie}"} if cookie else {}
        body = {name: value.format(what) for name, value in case.body.items()}
        if case.form:
            body["csrf"] = hmac.new(cookie.encode(), f"form:{case.form}".encode(), hashlib.sha256).hexdigest()
        path = case.path.format(what)
        return self.web.stranger.request(route[0], path, headers={**OWN_PAGE, **headers}, data=body or None)

    def named(self, what: str) -> str:
        return self.numbers.get(what, what)


@pytest.fixture(scope="module")
def who(web: WebMorning) -> Who:
    return Who(web)


def paths(app: Any) -> set[tuple[str, str]]:
    return {(method, c.path or "") for c in iter_route_contexts(app.routes) for method in c.methods or ("GET",)}


def test_every_page_is_in_the_table_and_in_the_matrix(web: WebMorning) -> None:
    found = {(method, path) for method, path in paths(web.app) if not path.startswith("/api/")}
    free = {(method, path) for method, path in found if is_for_anyone(path.replace("{token}", "x"))}
    assert {path for _, path in free} | {"/static"} == FOR_ANYONE
    assert found - free - {("GET", "/static")} == set(PAGES) == set(CASES)
    assert {path for _, path in paths(create_public_app(web.caller.tools))} == PUBLIC


def test_matrix_of_an_address_that_is_no_page(web: WebMorning, who: Who) -> None:
    for name, cookie in who.cookies.items():
        headers = {"Cookie": f"__Host-suture_session={cookie}"} if cookie else {}
        said = web.stranger.get("/nowhere", headers=headers)
        assert said.status_code == (303 if name in STRANGERS else 404), name


@pytest.mark.parametrize("stranger", STRANGERS)
@pytest.mark.parametrize("route", ROUTES)
def test_matrix_of_pages_and_strangers(web: WebMorning, who: Who, route: tuple[str, str], stranger: str) -> None:
    before, asked = contents(web), []

    def note(conn: Any, cursor: Any, statement: str, *rest: Any) -> None:
        asked.append(statement)

    event.listen(web.engine, "before_cursor_execute", note)
    try:
        real, unreal = (who.ask(route, stranger, real) for real in (True, False))
    finally:
        event.remove(web.engine, "before_cursor_execute", note)
    for said in (real, unreal):
        assert said.status_code == 303 and said.headers["Location"].partition("?")[0] == "/sign-in"
        assert said.text == "" and "Set-Cookie" not in said.headers
    tables = {t for sql in asked for t in re.findall(r"(?:FROM|JOIN|INTO|UPDATE) ([a-z_]+)", sql)}
    assert tables <= (set() if stranger == "anonymous" else OF_A_SESSION), "nothing else was looked up"
    assert contents(web) == before


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("route", ROUTES)
def test_matrix_of_pages_and_roles(web: WebMorning, who: Who, route: tuple[str, str], role: str) -> None:
    case, needed, may = CASES[route], PAGES[route], permissions_of(ROLES[role])
    if needed is None and route not in (("GET", "/"), ("POST", "/account/sessions")):
        assert who.ask(("GET", "/account"), role, real=True).status_code == 200
        return
    before = contents(web)
    if route == ("POST", "/account/sessions"):
        assert who.ask(route, role, real=True).status_code == 303, "someone else's session stays as it is"
    elif route == ("GET", "/") and Permission.READ not in may:
        said = who.ask(route, role, real=True)
        own = "/my-day" if Permission.OWN_DAY in may else "/account"
        start = "/admin/users" if Permission.PEOPLE in may else own
        assert (said.status_code, said.headers["Location"]) == (303, start)
    elif needed is not None and needed not in may:
        refused_as_existing = route[0] == "POST" and Permission.READ in may
        real, unreal = (who.ask(route, role, real) for real in (True, False))
        assert real.status_code == unreal.status_code == (403 if refused_as_existing else 404)
        assert real.text == unreal.text
        assert refused_as_existing or real.text == nowhere(web, who, role)
    elif role in NOT_HERE and case.real:
        real, unreal = (who.ask(route, role, real) for real in (True, False))
        assert (real.status_code, unreal.status_code) == (case.missing, case.missing)
        assert said_of(real, case.real, who) == said_of(unreal, case.unreal, who)
    else:
        return  # what opens is the next test's
    assert contents(web) == before


def nowhere(web: WebMorning, who: Who, role: str) -> str:
    """What someone hears of an address that is no page."""
    return str(web.stranger.get("/nowhere", headers={"Cookie": f"__Host-suture_session={who.cookies[role]}"}).text)


def said_of(said: Any, what: str, who: Who) -> str:
    """A page without the name that was asked for; a number is not in it."""
    return str(said.text if who.named(what).isdigit() else said.text.replace(what, "…"))


@pytest.mark.parametrize("role", HERE)
@pytest.mark.parametrize("route", ROUTES)
def test_matrix_of_what_opens(who: Who, route: tuple[str, str], role: str) -> None:
    case, needed, may = CASES[route], PAGES[route], permissions_of(ROLES[role])
    if needed is not None and needed not in may:
        return
    if route in CHANGES or (route == ("GET", "/") and Permission.READ not in may):
        return
    is_shut = route == ("GET", "/dev/inbox") and role not in WHOLE_AGENCY  # the demo's phones are the whole agency's
    assert who.ask(route, role, real=True).status_code == (404 if is_shut else case.opens)


CHANGES = {
    ("POST", "/texts/read"),
    ("POST", "/fill"),
    ("POST", "/demo/call-out"),
    ("POST", "/sign-out"),
    ("POST", f"{ONE}/disable"),
    ("POST", f"{ONE}/reset"),
    ("POST", "/account/sessions"),
}
"""What others of this file stand on; each has a test of its own of what it does."""
