"""What every route keeps, whoever asks: headers, hosts, tokens, forms; and that looking changes nothing."""

import asyncio
import re
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from starlette.testclient import TestClient
from tests.conftest import as_owner
from tests.fakes.callers import with_tools
from tests.flow.a_web_morning import API_TOKEN, BEARER, OWN_PAGE, WebMorning, at, hidden, routes, web_morning

from suture.model.messages import Channel
from suture.model.seen import SeenMessage
from suture.store.embedded import EmbeddedPostgres
from suture.web.app import create_app
from suture.web.security import HEADERS, MAX_BODY_BYTES

TABLES = """SELECT c.relname AS name FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE n.nspname = 'public' AND c.relkind = 'r' ORDER BY 1"""


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture(scope="module")
def quiet(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """One morning for all tests that expect nothing to change."""
    yield from web_morning(postgres)


@pytest.fixture
def frozen(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """The same morning on a database that refuses every write."""
    yield from web_morning(postgres, read_only=True)


FORMS_OF_PHONES = {
    "/dev/inbox/reply": {"body": "1"},
    "/dev/inbox/key": {"call": "CA1", "key": "1"},
    "/dev/inbox/phone": {"how": "silent"},
}


def contents(web: WebMorning) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, but for when someone was here last."""
    tables = [t["name"] for t in web.rows(TABLES) if t["name"] != "session"]
    return {name: web.rows(f'SELECT * FROM "{name}"') for name in tables}


def test_the_list_of_routes_is_complete(quiet: WebMorning) -> None:
    paths = {path for _, path in routes(quiet.app)}
    assert {
        "/",
        "/demo/call-out",
        "/demo/event",
        "/texts/read",
        "/p/",
        "/p/no-such-token",
        "/p/no-such-token/day",
        "/p/no-such-token/pin",
        "/u/",
        "/u/no-such-token",
        "/dev/inbox",
        "/dev/inbox/reply",
        "/dev/inbox/key",
        "/dev/inbox/phone",
        "/healthz",
        "/readyz",
        "/static/minutes.css",
        "/static/console.css",
        "/api/v1/openapi.json",
        "/api/v1/signals",
        "/api/v1/signals/1",
        "/api/v1/days/COLUMBUS/2026-03-24/plan",
        "/api/v1/days/COLUMBUS/2026-03-24/publish",
        "/api/v1/days/COLUMBUS/2026-03-24/why",
        "/api/v1/people/patient/P-01/messages",
        "/api/v1/visits/V-01/fill",
        "/fill",
        "/sign-in",
        "/sign-in/code",
        "/sign-in/set-up",
        "/sign-in/demo",
        "/sign-in/provider/begin",
        "/sign-in/provider/back",
        "/sign-out",
        "/welcome/no-such-token",
        "/account",
        "/account/password",
        "/account/codes",
        "/account/sessions",
        "/account/pin",
        "/my-day",
        "/pins",
        "/my-day/2026-03-24",
        "/admin/users",
        "/admin/users/1",
        "/admin/users/1/disable",
        "/admin/users/1/reset",
        "/metrics",
    } == paths


def test_every_response_carries_the_headers(web: WebMorning) -> None:
    for method, path in routes(web.app):
        for headers in ({}, BEARER):
            response = web.browser.request(method, path, headers=headers)
            for name, value in HEADERS.items():
                assert response.headers[name] == value, (method, path, name)
            kept = "no-cache" if path.startswith("/static/") else "no-store"
            assert response.headers["Cache-Control"] == kept, (method, path)
            assert "set-cookie" not in response.headers


def test_looking_writes_nothing(frozen: WebMorning) -> None:
    more = ["/p/unknown", "/u/unknown", "/?date=2026-03-25", "/?branch=NONE", "/dev/inbox?page=9", "/nowhere"]
    looked = [path for method, path in routes(frozen.app) if method in ("GET", "HEAD")]
    for path in [*looked, *more]:
        if path == "/readyz":  # it is there to say that nothing can be written
            continue
        assert frozen.browser.get(path, headers=BEARER).status_code < 500, path


def test_looking_at_a_working_link_changes_no_row(quiet: WebMorning) -> None:
    links = [quiet.link(), quiet.link(purpose="clinician_day"), quiet.link(purpose="unsubscribe")]
    before = {**contents(quiet), "access_log": []}
    for link in links:
        for query in ("", "?step=cancel", "?step=decline", "?said=accept", "?said=cancel", "?moved=1", "?lang=es"):
            assert quiet.browser.get(link + query).status_code == 200
    after = contents(quiet)
    seen = after.pop("access_log")
    assert {(r["actor"].partition(":")[0], r["route"]) for r in seen} == {("clinician_link", "GET /p/{token}")}
    assert {**after, "access_log": []} == before


@pytest.mark.parametrize("host", ["localhost:8000", "127.0.0.1:8000", "[::1]:8000", "localhost"])
def test_this_machine_is_served(quiet: WebMorning, host: str) -> None:
    assert quiet.browser.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "attacker.example",
        "attacker.example:8000",
        "localhost.attacker.example",
        "",
        "[::1",
        "evil@localhost",
        "localhost:99999",
        "localhost:abc",
    ],
)
def test_a_foreign_name_is_refused(quiet: WebMorning, host: str) -> None:
    for path in ("/", "/p/x", "/api/v1/openapi.json", "/healthz"):
        assert quiet.browser.get(path, headers={"Host": host, **BEARER}).status_code == 400


@pytest.mark.parametrize("hosts", [[], ["localhost", "localhost"], ["localhost", "attacker.example"]])
def test_a_request_names_exactly_one_host(quiet: WebMorning, hosts: list[str]) -> None:
    """Straight to the application: the test's browser, like any honest one, sends one."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(dict(message))

    headers = [(b"host", host.encode()) for host in hosts]
    scope = {"type": "http", "method": "GET", "path": "/healthz", "query_string": b"", "headers": headers}
    asyncio.run(quiet.app(scope, receive, send))
    assert sent[0]["status"] == 400


def test_the_name_in_links_is_served(quiet: WebMorning) -> None:
    caller = with_tools(quiet.caller, public_base_url="https://care.example")
    app = create_app(caller.tools)
    assert TestClient(app, base_url="http://care.example").get("/healthz").status_code == 200


@pytest.mark.parametrize("header", [None, "", "Bearer", "Bearer wrong", f"Basic {API_TOKEN}", f"Bearer {API_TOKEN}x"])
def test_every_api_route_wants_the_token(quiet: WebMorning, header: str | None) -> None:
    before = contents(quiet)
    for method, path in routes(quiet.app):
        if path.startswith("/api/"):
            headers = {} if header is None else {"Authorization": header}
            response = quiet.browser.request(method, path, headers=headers)
            assert (response.status_code, response.headers["WWW-Authenticate"]) == (401, "Bearer"), (method, path)
    assert quiet.browser.get("/api/anything").status_code == 401
    assert contents(quiet) == before


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://attacker.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"},
    ],
)
def test_a_form_from_elsewhere_is_refused(quiet: WebMorning, headers: dict[str, str]) -> None:
    call_out, reply = forms(quiet)
    before = contents(quiet)
    assert quiet.browser.post("/demo/call-out", data=call_out, headers=headers).status_code == 403
    event = {**call_out, "event": "no_check_in"}
    assert quiet.browser.post("/demo/event", data=event, headers=headers).status_code == 403
    for path, more in FORMS_OF_PHONES.items():
        assert quiet.browser.post(path, data={**reply, **more}, headers=headers).status_code == 403
    assert contents(quiet) == before


@pytest.mark.parametrize("token", ["", "0" * 64, API_TOKEN, "é"])
def test_a_form_without_its_token_is_refused(quiet: WebMorning, token: str) -> None:
    call_out, reply = forms(quiet)
    before = contents(quiet)
    for path, fields in (
        ("/demo/call-out", call_out),
        ("/demo/event", call_out | {"event": "run_over"}),
        *((path, {**reply, **more}) for path, more in FORMS_OF_PHONES.items()),
    ):
        assert quiet.browser.post(path, data={**fields, "csrf": token}, headers=OWN_PAGE).status_code == 403
        swapped = {**fields, "csrf": (reply if path.startswith("/demo") else call_out)["csrf"]}
        assert quiet.browser.post(path, data=swapped, headers=OWN_PAGE).status_code == 403
    assert contents(quiet) == before


def forms(quiet: WebMorning) -> tuple[dict[str, str], dict[str, str]]:
    """The hidden fields of the console's and of the inbox's form."""
    quiet.seen = [SeenMessage(Channel.SMS, "+16145550111", at("07:00"), "", "Reply 1 yes", ())]
    return hidden(quiet.browser.get("/").text), hidden(quiet.browser.get("/dev/inbox").text)


def test_too_much_is_refused(quiet: WebMorning) -> None:
    assert quiet.browser.post("/p/x", content=b"a" * (MAX_BODY_BYTES + 1)).status_code == 413
    assert quiet.browser.post("/p/x", content=iter([b"a"])).status_code == 411
    assert quiet.browser.post("/p/x", content=b"", headers={"Content-Length": "many"}).status_code == 413


def test_what_goes_wrong_inside_stays_inside(web: WebMorning) -> None:
    def broken() -> None:
        raise RuntimeError("Ivy Walnut, +16145550111")

    web.app.add_api_route("/broken", broken)
    browser = TestClient(
        web.app, raise_server_exceptions=False, base_url="http://localhost", headers=dict(web.browser.headers)
    )
    response = browser.get("/broken")
    assert response.status_code == 500
    assert "Walnut" not in response.text and "Traceback" not in response.text
    assert response.headers["Content-Security-Policy"] == HEADERS["Content-Security-Policy"]


def test_nothing_comes_from_elsewhere(web: WebMorning) -> None:
    for path in ("/", "/dev/inbox", web.link(), web.link(purpose="clinician_day"), "/p/unknown"):
        html = web.browser.get(path).text
        assert "<script" not in html and " style=" not in html and "onclick" not in html
        loaded = re.findall(r'(?:src|href|action)="([^"]*)"', html)
        assert all(a.startswith(("/", "?", "#", "data:", "tel:")) or "/p/" in a for a in loaded), loaded
    assert web.browser.get("/docs").status_code == web.browser.get("/redoc").status_code == 404


def test_ready_means_a_database_at_the_newest_migration(web: WebMorning) -> None:
    assert web.browser.get("/readyz").json() == {"status": "ready"}
    as_owner(web.engine, "UPDATE alembic_version SET version_num = 'older'")
    assert web.browser.get("/readyz").status_code == 503
