"""Whatever stands in an address, a form or a body is answered or refused, and never an error of ours."""

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from fastapi.routing import iter_route_contexts
from starlette.testclient import TestClient
from tests.flow.a_web_morning import BEARER, OWN_PAGE, WebMorning, heading, hidden, web_morning
from tests.unit.service.some_requests import GOOD

from suture.service import worker
from suture.store.embedded import EmbeddedPostgres

NASTY = {
    "nothing": "",
    "a zero byte": "COLUMBUS%00",
    "not UTF-8": "%ff%fe",
    "half a character": "%ed%a0%80",
    "the year 1": "0001-01-01",
    "the year 9999": "9999-12-31",
    "1999": "1999-12-31",
    "2100": "2100-01-01",
    "no such day": "2026-02-30",
    "seconds since 1970": "1774310400",
    "an instant": "2026-03-24T00:00:00Z",
    "10,000 characters": "a" * 10_000,
    "true": "true",
    "negative": "-1",
    "zero": "0",
    "a fraction": "1.5",
    "beyond bigint": "99999999999999999999",
    "5,000 digits": "9" * 5_000,
    "infinity": "inf",
    "an emoji": "%F0%9F%A9%B9",
    "right to left": "%E2%80%AEsubmuloc",
    "a line break": "COLUMBUS%0d%0aX-Evil:%20yes",
    "a quote": "%27%3B%20DROP%20TABLE%20visit%3B--",
    "markup": "%3Cscript%3E",
    "a way up": "..%2F..%2Fetc%2Fpasswd",
    "a percent sign": "%25",
}
UNUSABLE_DATES = ["0001-01-01", "0001-01-02", "1999-12-31", "2100-01-01", "9999-12-31", "2026-02-30", "1774310400"]


@pytest.fixture(scope="module")
def quiet(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """One morning for all; nothing of these tests is to change it."""
    yield from web_morning(postgres)


@pytest.fixture(scope="module")
def browser(quiet: WebMorning) -> TestClient:
    """One that shows an error of ours as the 500 that a client would see."""
    return TestClient(
        quiet.app,
        base_url="http://localhost:8000",
        follow_redirects=False,
        raise_server_exceptions=False,
        headers=dict(quiet.browser.headers),
    )


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


class Door(NamedTuple):
    """One method and path of the application, its variable parts still in braces, and the fields it reads."""

    method: str
    path: str
    query: tuple[str, ...] = ()
    form: tuple[str, ...] = ()


def fields(reads: Any, kind: str) -> list[str]:
    """What a route reads, itself and by what it depends on."""
    return [p.alias for p in getattr(reads, kind)] + [f for part in reads.dependencies for f in fields(part, kind)]


def doors(web: WebMorning) -> list[Door]:
    """All of them, and a file and a page that are not there."""
    found = [Door("GET", "/static/{file}"), Door("GET", "/{anything}")]
    for context in iter_route_contexts(web.app.routes):
        reads = getattr(context.original_route, "dependant", None)
        query = tuple(fields(reads, "query_params")) if reads else ()
        form = tuple(fields(reads, "body_params")) if reads else ()
        found += [Door(method, context.path or "", query, form) for method in sorted(context.methods or ())]
    return found


LONGEST = 60_000
"""Our client sends no longer address."""
GOOD_PARTS = {"branch": "COLUMBUS", "date": "2026-03-24", "signal_id": "1", "token": "none", "file": "console.css"}
_PART = re.compile(r"\{(\w+)(?::\w+)?\}")


def addresses(door: Door, value: str) -> list[str]:
    """The door's path as it should be, with one variable part after the other replaced, and each field of its query."""

    def with_parts(**nasty: str) -> str:
        return _PART.sub(lambda m: nasty.get(m[1]) or GOOD_PARTS.get(m[1], "x"), door.path)

    parts = [with_parts(**{name: value}) for name in _PART.findall(door.path)]
    queries = [f"{with_parts()}?{field}={value}" for field in door.query]
    everything = "&".join(f"{field}={value}" for field in door.query)[:LONGEST]
    return [with_parts(), *parts, *queries, f"{with_parts()}?{everything}"]


def test_the_doors_are_all_there(quiet: WebMorning) -> None:
    found = doors(quiet)
    assert Door("GET", "/", ("branch", "date", "done", "about")) in found
    assert Door("POST", "/dev/inbox/reply", (), ("to", "body", "csrf")) in found
    assert Door("POST", "/dev/inbox/key", (), ("to", "call", "key", "csrf")) in found
    assert Door("POST", "/dev/inbox/phone", (), ("to", "how", "csrf")) in found
    assert Door("GET", "/api/v1/days/{branch}/{date}/why", ("clinician", "visit")) in found


@pytest.mark.parametrize("value", NASTY.values(), ids=NASTY)
def test_no_address_and_no_form_is_an_error_of_ours(quiet: WebMorning, browser: TestClient, value: str) -> None:
    headers = {**BEARER, **OWN_PAGE, "Content-Type": "application/x-www-form-urlencoded"}
    own = hidden(browser.get("/").text)
    for door in doors(quiet):
        for address in addresses(door, value):
            assert browser.request(door.method, address, headers=headers).status_code < 500, (door, address[:80])
        for field in door.form:
            form = {**own, "to": "%2B16145550111", "body": "yes", field: value}
            content = "&".join(f"{name}={given}" for name, given in form.items())
            answer = browser.post(addresses(door, value)[0], headers=headers, content=content)
            assert answer.status_code < 500, (door, field)


@pytest.mark.parametrize(
    "charset", ["utf-8", "utf-16", "utf-7", "unicode_escape", "idna", "punycode", "hex", "no-such"]
)
def test_no_charset_of_a_form_is_an_error_of_ours(quiet: WebMorning, browser: TestClient, charset: str) -> None:
    own = {**hidden(browser.get("/").text), "to": "+16145550111", "body": r"\ud800\x00+2AA- hello", "seen": r"\ud800"}
    for path in ("/demo/call-out", "/dev/inbox/reply", quiet.link()):
        for field in ("csrf", "branch", "date", "to", "body", "answer", "seen", "lang"):
            parts = {**own, field: r"\ud800\x00+2AA-é"}
            content = "".join(
                f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
                for name, value in parts.items()
            )
            headers = {**OWN_PAGE, "Content-Type": f"multipart/form-data; boundary=x; charset={charset}"}
            answer = browser.post(path, headers=headers, content=(content + "--x--\r\n").encode())
            assert answer.status_code < 500, (path, field)


ODD_VALUES: list[Any] = [
    None, True, False, 0, -1, 1.0, 1.5, 10**30, "", "1", "true", "\0", "E-01\0", "\ud800", "\u202e", "🩹", "x" * 10_000,
    [], {}, [[]], "0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00",
    "2026-03-24T07:40:00+99:00", "2000-01-01T00:00:00Z", "2099-12-31T23:59:59Z", 1774310400, "1774310400", "2026-03-24",
]  # fmt: skip


MORE = ("source", "source_id", "occurred_at", "minutes", "date", "until")
MORE_OF_A_VISIT = ("site", "duration_minutes", "positions", "required_skills", "priority")


def fields_of(body: dict[str, Any]) -> list[tuple[str, ...]]:
    """The path of every field of a body, and of those that it might have."""
    visit = body.get("visit")
    inner = [("visit", field) for field in (*visit, *MORE_OF_A_VISIT)] if isinstance(visit, dict) else []
    return [*((field,) for field in (*body, *MORE)), *inner]


@pytest.mark.parametrize("kind", GOOD)
def test_no_value_in_a_signal_is_an_error_of_ours(web: WebMorning, kind: str) -> None:
    """Neither when it comes nor when it is decided."""
    good = json.dumps(GOOD[kind]).replace("V-01", "V-0324-01")
    for path in fields_of(GOOD[kind]):
        for value in ODD_VALUES:
            body = inner = json.loads(good)
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = value
            answer = web.browser.post("/api/v1/signals", headers=BEARER, content=json.dumps(body))
            assert answer.status_code < 500, (path, value)
    worker.drain(web.caller)
    assert {s["state"] for s in web.signals()} <= {"handled"}


LEFT = {"kind": "check_out", "visit": "V-0324-01", "outcome": "done"}


def a_visit_between(earliest_start: str, latest_end: str) -> dict[str, Any]:
    times = {"earliest_start": earliest_start, "latest_end": latest_end}
    return {"kind": "new_visit", "visit": {"external_id": "V-FAR", "patient": "P-01", "service": "SN_VISIT", **times}}


FAR: list[tuple[dict[str, Any], str | None]] = [
    ({"kind": "run_over", "visit": "V-0324-01", "expected_end": "2099-12-31T12:00:00-05:00"}, "expected_end"),
    ({"kind": "run_over", "visit": "V-0324-01", "expected_end": "2000-01-02T00:00:00Z"}, "expected_end"),
    ({"kind": "check_in", "visit": "V-0324-02", "occurred_at": "2000-01-02T00:00:00Z"}, "occurred_at"),
    ({**LEFT, "occurred_at": "2000-01-02T00:00:00Z"}, "occurred_at"),
    ({"kind": "check_in", "visit": "V-0324-02", "occurred_at": "2099-12-31T00:00:00Z"}, "occurred_at"),
    ({"kind": "call_out", "clinician": "E-01", "from": "2000-01-01T00:00:00Z"}, "from"),
    ({"kind": "call_out", "clinician": "E-01", "occurred_at": "2000-01-01T00:00:00Z"}, "from"),
    ({"kind": "call_out", "clinician": "E-01", "until": "2099-12-31T00:00:00Z"}, "until"),
    ({"kind": "call_out", "clinician": "E-01", "from": "2099-12-31T14:00:00Z"}, None),
    ({"kind": "call_out", "clinician": "E-01", "from": "2099-12-31T23:59:59Z"}, None),
    ({"kind": "cancellation", "visit": "V-0324-03", "occurred_at": "2000-01-01T00:00:00Z"}, None),
    ({"kind": "run_over", "visit": "V-0324-01", "minutes": 600}, None),
    (a_visit_between("2000-01-02T10:00:00Z", "2000-01-02T12:00:00Z"), "visit.latest_end"),
    (a_visit_between("2099-12-31T10:00:00Z", "2099-12-31T20:00:00Z"), None),
]  # fmt: skip


def test_what_is_years_away_is_refused_or_decided(web: WebMorning) -> None:
    """The board and the API go on as before, and no decision is tried three times."""
    begun = {"kind": "check_in", "visit": "V-0324-01", "occurred_at": "2026-03-24T07:35:00-04:00"}
    earlier = "UPDATE visit SET earliest_start = earliest_start - interval '3 h', rev = rev + 1 WHERE external_id = :id"
    web.run(earlier, id="V-0324-01")
    assert web.browser.post("/api/v1/signals", headers=BEARER, json=begun).status_code == 202
    worker.drain(web.caller)
    for said, field in FAR:
        answer = web.browser.post("/api/v1/signals", headers=BEARER, json=said)
        assert answer.status_code == (422 if field else 202), (said, answer.text)
        assert [p["path"] for p in answer.json().get("problems", [])] == ([field] if field else []), said
        worker.drain(web.caller)
    assert {s["state"] for s in web.signals()} == {"handled"}
    for day in ("2026-03-24", "2099-12-31"):
        assert web.browser.get(f"/?date={day}").status_code == 200
    assert web.browser.post("/api/v1/days/COLUMBUS/2099-12-31/plan", headers=BEARER).status_code == 200
    assert web.browser.post("/api/v1/days/COLUMBUS/2099-12-31/publish", headers=BEARER).status_code == 200
    worker.drain(web.caller)
    assert web.browser.get("/?date=2099-12-31").status_code == 200


BODIES = [b"", b"\0", b"\xff", b"{", b"[" * 60_000, b'{"kind":' * 8_000, b"9" * 6_000, b"NaN", b'"\\ud800"', b"{}" * 9]


@pytest.mark.parametrize("body", BODIES, ids=[repr(b[:12]) for b in BODIES])
def test_no_body_is_an_error_of_ours(browser: TestClient, body: bytes) -> None:
    for kind in ("application/json", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data"):
        answer = browser.post("/api/v1/signals", headers={**BEARER, "Content-Type": kind}, content=body)
        assert answer.status_code in (400, 422), kind


# --- dates --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", UNUSABLE_DATES)
def test_a_date_without_a_calendar_is_not_understood(browser: TestClient, day: str) -> None:
    board = browser.get(f"/?branch=COLUMBUS&date={day}")
    assert (board.status_code, heading(board.text)) == (422, "This address cannot be understood")
    form = {**hidden(browser.get("/").text), "date": day}
    assert browser.post("/demo/call-out", data=form, headers=OWN_PAGE).status_code == 422
    for method, what in (("POST", "plan"), ("POST", "publish"), ("GET", "plan"), ("GET", "why?clinician=E-01&visit=V")):
        answer = browser.request(method, f"/api/v1/days/COLUMBUS/{day}/{what}", headers=BEARER)
        assert answer.status_code == 422 and answer.json()["problems"][0]["path"] == "date"
    reply = {"kind": "reply", "answer": "accept", "clinician": "E-01", "date": day}
    answer = browser.post("/api/v1/signals", headers=BEARER, json=reply)
    assert answer.status_code == 422 and answer.json()["problems"][0]["path"] == "reply.date"


@pytest.mark.parametrize("day", ["2000-01-01", "2000-01-02", "2099-12-30", "2099-12-31"])
def test_the_first_and_the_last_day_of_the_calendar_are_days_like_others(browser: TestClient, day: str) -> None:
    assert "No visits on" in browser.get(f"/?branch=COLUMBUS&date={day}").text
    address = f"/api/v1/days/COLUMBUS/{day}"
    assert browser.get(f"{address}/plan", headers=BEARER).status_code == 404
    assert browser.get(f"{address}/why?clinician=E-01&visit=V-1", headers=BEARER).status_code == 404
    assert browser.post(f"{address}/publish", headers=BEARER).status_code == 409


def test_the_reason_is_named(browser: TestClient) -> None:
    answer = browser.get("/api/v1/days/COLUMBUS/9999-12-31/plan", headers=BEARER)
    assert answer.json()["problems"] == [{"path": "date", "message": "must be between the years 2000 and 2099"}]
    answer = browser.get("/api/v1/days/COLUMBUS/24.03.2026/plan", headers=BEARER)
    assert answer.json()["problems"] == [{"path": "date", "expected": "a date, such as 2026-03-24"}]


# --- text ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["COLUMBUS%00", "%00", "COLUMBUS%0a", "%E2%80%AECOLUMBUS", "a" * 201])
def test_text_that_cannot_be_stored_is_not_looked_for(browser: TestClient, text: str) -> None:
    assert browser.get(f"/?branch={text}").status_code == 422
    day = f"/api/v1/days/{text}/2026-03-24"
    for method, path in (("POST", "plan"), ("POST", "publish"), ("GET", "plan"), ("GET", "why?clinician=E-01&visit=V")):
        answer = browser.request(method, f"{day}/{path}", headers=BEARER)
        assert answer.status_code == 422 and answer.json()["problems"][0]["path"] == "branch"
    for field, query in (("clinician", f"clinician={text}&visit=V"), ("visit", f"clinician=E-01&visit={text}")):
        answer = browser.get(f"/api/v1/days/COLUMBUS/2026-03-24/why?{query}", headers=BEARER)
        assert answer.status_code == 422 and answer.json()["problems"][0]["path"] == field


@pytest.mark.parametrize("number", ["0", "-1", "9223372036854775808", "99999999999999999999", "1.5", "true", "%00"])
def test_a_number_that_no_signal_can_have_is_refused(browser: TestClient, number: str) -> None:
    assert browser.get(f"/api/v1/signals/{number}", headers=BEARER).status_code == 422
    assert browser.get("/api/v1/signals/9223372036854775807", headers=BEARER).status_code == 404


# --- numbers ------------------------------------------------------------------------------------------

VISIT = GOOD["new_visit"]["visit"]
NUMBERS = [
    ({"kind": "run_over", "visit": "V-1"}, "minutes", "run_over.minutes"),
    ({"kind": "new_visit", "visit": VISIT}, "duration_minutes", "new_visit.visit.duration_minutes"),
    ({"kind": "new_visit", "visit": VISIT}, "positions", "new_visit.visit.positions"),
]


@pytest.mark.parametrize("value", [True, False, 1.0, 1.5, "1", [1]], ids=repr)
@pytest.mark.parametrize(("body", "field", "path"), NUMBERS, ids=[path for _, _, path in NUMBERS])
def test_only_a_whole_number_is_a_number(
    browser: TestClient, body: dict[str, Any], field: str, path: str, value: object
) -> None:
    where = "visit" if body["kind"] == "new_visit" else None
    sent = {**body, where: {**body[where], field: value}} if where else {**body, field: value}
    answer = browser.post("/api/v1/signals", headers=BEARER, json=sent)
    assert answer.status_code == 422
    assert answer.json()["problems"] == [{"path": path, "expected": "a valid integer"}]
