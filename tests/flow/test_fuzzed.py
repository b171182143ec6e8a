"""Every route as each role and each kind of key, with what a generator makes of its description: no server errors."""

import hashlib
import hmac
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from httpx2 import InvalidURL
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.core.result import Ok
from schemathesis.generation import GenerationMode
from starlette.testclient import TestClient
from tests.flow.a_web_morning import OWN_PAGE, WebMorning, web_morning
from tests.flow.test_page_matrix import CASES

from suture.model.actors import OF_KEYS, Role
from suture.service.keys import add_key
from suture.store.embedded import EmbeddedPostgres
from suture.web.page_rights import PAGES

EXAMPLES = 3
BASE = "http://localhost:8000"


@pytest.fixture(scope="module")
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture(scope="module")
def browsers(web: WebMorning) -> dict[str, TestClient]:
    """Everyone who may ask, each with a browser or a key; an error of ours is the 500 that they would see."""
    headers: dict[str, dict[str, str]] = {"anonymous": {}}
    for permission in OF_KEYS:
        key = add_key(web.caller, permission, [permission], ["COLUMBUS"])
        headers[f"key:{permission}"] = {"Authorization": f"Bearer {key}"}
    for role in Role:
        clinician = "E-01" if role is Role.CLINICIAN else None
        headers[f"role:{role}"] = dict(web.browser_of(role, clinician=clinician, called=role).headers)
    return {
        name: TestClient(
            web.app,
            base_url=BASE,
            follow_redirects=False,
            raise_server_exceptions=False,
            headers={"Cookie": "", **OWN_PAGE, **own},
        )
        for name, own in headers.items()
    }


def operations(app: Any) -> dict[str, Any]:
    """Every route, the pages included, by method and address."""
    contexts = list(iter_route_contexts(app.routes))
    for context in contexts:  # a page is in no description; here each is
        object.__setattr__(context._route_context or context.route, "include_in_schema", True)
    schema = schemathesis.openapi.from_dict(get_openapi(title="all", version="1", routes=contexts))
    found = [operation.ok() for operation in schema.get_all_operations() if isinstance(operation, Ok)]
    return {f"{o.method.upper()} {o.path}": o for o in found}


def test_every_page_is_among_them(web: WebMorning) -> None:
    assert {" ".join(page) for page in PAGES} <= set(operations(web.app))


WHO = ["anonymous", *(f"key:{p}" for p in OF_KEYS), *(f"role:{r}" for r in Role)]


@pytest.mark.parametrize("who", WHO)
def test_no_one_gets_a_server_error(web: WebMorning, browsers: dict[str, TestClient], who: str) -> None:
    for name, operation in operations(web.app).items():
        if (name.split(" ")[1].startswith("/api/") or name == "GET /metrics") == who.startswith("role:"):
            continue
        web.run("UPDATE session SET ended_at = NULL")  # whoever has just signed out is back for the next one
        web.run("UPDATE account SET disabled_at = NULL")
        fuzz(name, operation, browsers[who])


def own_form(name: str, browser: TestClient, body: Any) -> Any:
    """The body as a page of the reader's own would send it: without its token no form is looked at."""
    case, cookie = CASES.get((name.split(" ")[0], name.split(" ")[1])), browser.headers["Cookie"].partition("=")[2]
    if case is None or not case.form or not (body is None or isinstance(body, dict)):
        return body
    token = hmac.new(cookie.encode(), f"form:{case.form}".encode(), hashlib.sha256).hexdigest()
    return {**(body or {}), "csrf": token}


def fuzz(name: str, operation: Any, browser: TestClient) -> None:
    """Ask one route with what fits its description, and with what does not, where anything could."""
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):

        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, suppress_health_check=[*HealthCheck]
        )
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            sent = case.as_transport_kwargs(base_url=BASE)
            body = own_form(name, browser, sent.get("data"))
            with suppress(InvalidURL):  # our client sends no longer address
                said = browser.request(
                    sent["method"],
                    sent["url"],
                    params=sent.get("params"),
                    json=sent.get("json"),
                    data=body if isinstance(body, dict) else None,
                    content=body if isinstance(body, bytes | str) else None,
                )
                assert said.status_code < 500, (name, sent, said.text[:300])

        with suppress(Unsatisfiable):  # nothing is wrong where nothing is asked for
            ask()
