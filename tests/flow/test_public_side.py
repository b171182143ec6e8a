"""The public side: a listener of its own that holds people's links, and nothing of the desk."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from tests.fakes.callers import with_tools
from tests.flow.a_web_morning import BEARER, WebMorning, routes, web_morning
from tests.flow.processes import a_folder, environment, free_port, suture, wait_for

from suture.store.embedded import EmbeddedPostgres
from suture.web.public import create_public_app
from suture.web.security import HEADERS

LINK, NO_MORE_MAIL = "/p/no-such-token", "/u/no-such-token"
OF_LINKS = {
    ("GET", "/p/"),
    ("GET", LINK),
    ("POST", LINK),
    ("GET", "/u/"),
    ("GET", NO_MORE_MAIL),
    ("POST", NO_MORE_MAIL),
    ("GET", f"{LINK}/pin"),
    ("POST", f"{LINK}/pin"),
    ("GET", f"{LINK}/day"),
    ("POST", f"{LINK}/day"),
    ("GET", "/static/patient.css"),
    ("GET", "/static/clinician.css"),
}
OF_PROVIDERS = {("POST", "/hooks/none/text")}


@pytest.fixture(scope="module")
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture(scope="module")
def public(web: WebMorning) -> TestClient:
    app = create_public_app(web.caller.tools)
    return TestClient(app, base_url="http://localhost:9000", follow_redirects=False)


def test_its_routes_are_those_of_links_and_providers(public: TestClient) -> None:
    assert {*routes(public.app)} == OF_LINKS | OF_PROVIDERS  # type: ignore[arg-type]


def test_no_route_of_the_desk_or_the_api_is_there(web: WebMorning, public: TestClient) -> None:
    of_desk = [(method, path) for method, path in routes(web.app) if (method, path) not in OF_LINKS]
    assert len(of_desk) > 15
    for method, path in [*of_desk, ("GET", "/metrics"), ("GET", "/docs"), ("GET", "/static/console.css")]:
        for headers in ({}, BEARER):
            response = public.request(method, path, headers=headers)
            assert response.status_code == 404, (method, path)
            assert "board" not in response.text and 'href="/"' not in response.text
            assert "www-authenticate" not in response.headers


def test_a_real_link_opens_and_is_answered_there(web: WebMorning, public: TestClient) -> None:
    link = web.link()
    page = public.get(link)
    assert page.status_code == 200
    assert public.get("/static/patient.css").headers["content-type"].startswith("text/css")
    form = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page.text))
    assert public.post(link, data={**form, "answer": "accept"}).status_code == 303
    [reply] = [s for s in web.signals() if s["kind"] == "reply" and s["source"] == "link"]
    assert reply["body"]["answer"] == "accept"


def test_a_link_that_was_cut_short_is_explained(public: TestClient) -> None:
    for path in ("/p", "/p/", LINK, "/u", "/u/", NO_MORE_MAIL):
        response = public.get(path, follow_redirects=True)
        assert response.status_code == 404
        assert "<h1>This link no longer works. Call us.</h1>" in response.text and "tel:" in response.text


def test_a_link_checker_gets_the_head_of_what_is_there_and_changes_nothing(web: WebMorning, public: TestClient) -> None:
    token, mail = web.link(), web.link(purpose="unsubscribe")
    tables = "SELECT (SELECT count(*) FROM inbox) AS signals, (SELECT count(*) FROM suppression) AS closed"
    before = web.rows(tables), web.rows("SELECT used_at FROM patient_token ORDER BY token_hash")
    for path in (token, mail, LINK, "/p/", "/static/patient.css", "/", "/hooks/none/text"):
        seen, head = public.get(path), public.head(path)
        assert (head.status_code, head.content) == (seen.status_code, b"")
        assert head.headers["content-type"] == seen.headers["content-type"]
        assert head.headers["cache-control"] == seen.headers["cache-control"]
    assert (public.head(token).status_code, public.head(mail).status_code) == (200, 200)
    assert (web.rows(tables), web.rows("SELECT used_at FROM patient_token ORDER BY token_hash")) == before


def test_a_mail_program_ends_e_mail_by_one_post_without_a_cookie_or_our_form(
    web: WebMorning, public: TestClient
) -> None:
    link = web.link(purpose="unsubscribe")
    response = public.post(link, data={"List-Unsubscribe": "One-Click"})
    assert response.status_code == 200  # no redirect: RFC 8058, 3.1
    assert "<h1>We will send you no more e-mail.</h1>" in response.text
    assert "set-cookie" not in response.headers


@pytest.mark.parametrize("path", ["/", "/p/a/b", "/p/x?lang=" + "y" * 50, "/hooks/none"])
def test_elsewhere_there_is_nothing(public: TestClient, path: str) -> None:
    response = public.get(path)
    assert (response.status_code, response.text) == (404, "There is nothing here.")


def test_what_goes_for_every_response_goes_here(public: TestClient) -> None:
    for path in (LINK, "/", "/static/patient.css"):
        response = public.get(path)
        assert {name: response.headers[name] for name in HEADERS} == {**HEADERS}
        assert "set-cookie" not in response.headers
    assert public.get(LINK, headers={"Host": "attacker.example"}).status_code == 400
    assert public.post(LINK, headers={"Content-Length": "100000"}).status_code == 413


def test_the_name_in_links_is_served(web: WebMorning) -> None:
    caller = with_tools(web.caller, public_base_url="https://care.example")
    app = create_public_app(caller.tools)
    assert TestClient(app, base_url="http://care.example").get(LINK).status_code == 404
    assert TestClient(app, base_url="http://other.example").get(LINK).status_code == 400


# --- as a process ----------------------------------------------------------------------------------------


def status(port: int, path: str) -> int:
    """What a listener of this machine answers; 0: no one does."""
    try:
        with urllib.request.urlopen(f"http://localhost:{port}{path}", timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


def test_serve_with_a_public_port_listens_twice() -> None:
    port, public_port = free_port(), free_port()
    with a_folder() as folder:
        ports = ["--port", str(port), "--public-port", str(public_port)]
        argv = [sys.executable, "-m", "suture.cli", "serve", "--data", str(folder / "data"), *ports]
        with (folder / "output").open("wb") as output:
            server = subprocess.Popen(argv, env=environment(), stdout=output, stderr=output, start_new_session=True)
        try:
            wait_for(lambda: status(port, "/readyz") == 200 and status(public_port, LINK) == 404, "both sides answer")
            assert [status(public_port, path) for path in ("/", "/readyz", "/api/v1/openapi.json")] == [404] * 3
            assert (status(port, "/"), status(port, "/api/v1/openapi.json")) == (200, 401)
            assert public_urls(server.pid) == {f"http://localhost:{public_port}"}
        finally:
            os.killpg(server.pid, signal.SIGINT)
            server.wait(60)
        assert f"Links of patients and clinicians: http://localhost:{public_port}" in (folder / "output").read_text()


def public_urls(supervisor: int) -> set[str]:
    """What links begin with, as each child was told."""
    children = Path(f"/proc/{supervisor}/task/{supervisor}/children").read_text().split()
    found = [re.search(rb"PUBLIC_BASE_URL=([^\0]+)", Path(f"/proc/{c}/environ").read_bytes()) for c in children]
    return {url[1].decode() for url in found if url}


def test_one_port_for_both_sides_is_refused() -> None:
    port = str(free_port())
    with a_folder() as folder:
        said = suture("serve", "--port", port, "--public-port", port, "--data", folder / "data")
        assert not (folder / "data").exists()
    assert said.returncode == 2
    assert said.stderr.strip() == (
        "Error: --port and --public-port are the same. The public side needs a port of its own."
    )
