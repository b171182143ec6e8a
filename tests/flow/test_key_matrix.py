"""Every route of the API × every kind of key: what opens, what is forbidden, and what does not exist for it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from fastapi.routing import iter_route_contexts
from tests.flow.a_web_morning import API_TOKEN, THE_DAY, WebMorning, web_morning
from tests.flow.test_web_security import contents

from suture.model.actors import OF_KEYS, Permission
from suture.service import worker
from suture.service.keys import BOOTSTRAP, add_key, revoke_key
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.store.embedded import EmbeddedPostgres
from suture.web.api.scopes import NEEDS

READ, SIGNAL, COMMAND, ADMIN = Permission.READ, Permission.SIGNAL, Permission.COMMAND, Permission.ADMIN
MAY: Mapping[str, frozenset[Permission]] = {
    "bootstrap": frozenset({READ, SIGNAL, COMMAND}),
    "read": frozenset({READ}),
    "signal": frozenset({SIGNAL}),
    "command": frozenset({READ, COMMAND}),
    "admin": frozenset({READ, ADMIN}),
    "read of other branch": frozenset({READ}),
    "signal of other branch": frozenset({SIGNAL}),
    "command of other branch": frozenset({READ, COMMAND}),
    "all of other branch": frozenset(OF_KEYS),
    "revoked": frozenset(),
    "expired": frozenset(),
    "wrong": frozenset(),
    "none": frozenset(),
}
STRANGERS = ("revoked", "expired", "wrong", "none")
DAY = f"/api/v1/days/{{}}/{THE_DAY}"
AN_ADDRESS = "/api/v1/days/{branch}/{date}"


@dataclass(frozen=True)
class Case:
    """A request about something of Columbus, and about what does not exist. `opens`: the status where it is allowed."""

    path: str
    real: str = ""
    unreal: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    opens: int = 200
    missing: int = 404


CASES: Mapping[tuple[str, str], Case] = {
    ("GET", "/api/v1/openapi.json"): Case("/api/v1/openapi.json"),
    ("POST", "/api/v1/signals"): Case(
        "/api/v1/signals", "E-01", "E-99", {"kind": "running_late", "clinician": "{}", "minutes": 5}, 202, 422
    ),
    ("GET", "/api/v1/signals/{signal_id}"): Case("/api/v1/signals/{}", "1", "999999"),
    ("GET", f"{AN_ADDRESS}/plan"): Case(f"{DAY}/plan", "COLUMBUS", "NOWHERE"),
    ("POST", f"{AN_ADDRESS}/plan"): Case(f"{DAY}/plan", "COLUMBUS", "NOWHERE", opens=409),  # published already
    ("POST", f"{AN_ADDRESS}/publish"): Case(f"{DAY}/publish", "COLUMBUS", "NOWHERE", opens=409),
    ("GET", f"{AN_ADDRESS}/why"): Case(f"{DAY}/why?clinician=E-01&visit=V-late", "COLUMBUS", "NOWHERE"),
    ("GET", "/api/v1/visits/{visit}/fill"): Case("/api/v1/visits/{}/fill", "V-late", "V-none"),
    ("GET", "/api/v1/people/{kind}/{id}/messages"): Case("/api/v1/people/patient/{}/messages", "P-01", "P-99"),
    ("GET", "/metrics"): Case("/metrics"),
}


class Keys(dict[str, str]):
    """The value of each kind of key, on one morning."""

    def __init__(self, web: WebMorning) -> None:
        super().__init__(bootstrap=API_TOKEN, wrong="suture_wrong", none="")
        self.web = web
        for name in ("read", "signal", "command", "admin"):
            self[name] = add_key(web.caller, name, [Permission(name)], ["COLUMBUS"])
        for name, may in MAY.items():
            if name.endswith("of other branch"):
                self[name] = add_key(web.caller, name, may, ["WEST"])
        for name in ("revoked", "expired"):
            self[name] = add_key(web.caller, name, [*OF_KEYS], expires=1)

    def headers(self, name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self[name]}"} if self[name] else {}


@pytest.fixture(scope="module")
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    """A published day of Columbus, with a visit that no one has; West has none of it."""
    for web in web_morning(postgres):
        make_west(web)
        visit = {"external_id": "V-late", "patient": "P-01", "service": "SN_VISIT"}
        visit |= {"earliest_start": "2026-03-24T18:00:00-04:00", "latest_end": "2026-03-24T19:30:00-04:00"}
        receive_signal(web.caller, SIGNAL_REQUEST.validate_python({"kind": "new_visit", "visit": visit}))
        worker.drain(web.caller)
        receive_signal(web.caller, SIGNAL_REQUEST.validate_python({"kind": "ask_to_fill", "visit": "V-late"}))
        worker.drain(web.caller)
        yield web


def make_west(web: WebMorning) -> None:
    web.run(
        """INSERT INTO branch (external_id, name, phone, tz, place_id)
           SELECT 'WEST', 'West', '+13125550100', 'America/Chicago', min(place_id) FROM branch"""
    )


@pytest.fixture(scope="module")
def keys(web: WebMorning) -> Keys:
    keys = Keys(web)
    revoke_key(web.caller, "revoked")
    web.run("UPDATE api_key SET expires_at = :now WHERE name = 'expired'")
    return keys


def ask(web: WebMorning, keys: Keys, route: tuple[str, str], key: str, what: str) -> Any:
    case = CASES[route]
    body = {name: what if value == "{}" else value for name, value in case.body.items()}
    return web.browser.request(route[0], case.path.format(what), headers=keys.headers(key), json=body or None)


def test_every_route_of_the_api_is_in_the_table_and_in_the_matrix(web: WebMorning) -> None:
    routes = {
        (method, context.path)
        for context in iter_route_contexts(web.app.routes)
        for method in context.methods or ()
        if (context.path or "").startswith("/api/") or context.path == "/metrics"
    }
    assert routes == set(NEEDS) == set(CASES)


@pytest.mark.parametrize("key", MAY)
@pytest.mark.parametrize("route", CASES, ids=" ".join)
def test_matrix_of_routes_and_keys(web: WebMorning, keys: Keys, route: tuple[str, str], key: str) -> None:
    case, is_write = CASES[route], route[0] != "GET"
    is_elsewhere = key.endswith("of other branch") and bool(case.real)
    before = rows(web) if is_write else {}
    answer = ask(web, keys, route, key, case.real)
    if key in STRANGERS:
        expected, error = 401, "unauthorized"
    elif NEEDS[route].permission not in MAY[key] and (not is_elsewhere or route[1] == "/api/v1/signals"):
        expected, error = 403, "forbidden"
    elif is_elsewhere:
        expected, error = case.missing, {404: "not_found", 422: "invalid"}[case.missing]
        unreal = ask(web, keys, route, key, case.unreal)
        assert unreal.status_code == case.missing
        assert answer.text == unreal.text.replace(case.unreal, case.real)
    else:
        assert answer.status_code == case.opens, answer.text
        return
    assert (answer.status_code, answer.json()["error"]) == (expected, error), answer.text
    assert not is_write or rows(web) == before


@pytest.mark.parametrize("key", MAY)
@pytest.mark.parametrize("route", [r for r in CASES if CASES[r].unreal], ids=" ".join)
def test_matrix_of_what_does_not_exist(web: WebMorning, keys: Keys, route: tuple[str, str], key: str) -> None:
    answer = ask(web, keys, route, key, CASES[route].unreal)
    if key in STRANGERS:
        assert answer.json()["error"] == "unauthorized" and answer.status_code == 401
    elif route[1] == "/api/v1/signals" and SIGNAL not in MAY[key]:
        assert answer.status_code == 403
    else:
        assert answer.status_code == CASES[route].missing, answer.text
    assert all(word not in answer.text for word in ("Riverbend", "Bluestem", "+1614"))


@pytest.mark.parametrize("key", STRANGERS)
@pytest.mark.parametrize(
    "path", ["/api/v1/nothing", "/api/", "/metrics", "/metrics/", "/api/v1/days/COLUMBUS/no-date/plan"]
)
def test_matrix_of_strangers_at_no_route(web: WebMorning, keys: Keys, path: str, key: str) -> None:
    for method in ("GET", "HEAD", "POST", "DELETE"):
        answer = web.browser.request(method, path, headers=keys.headers(key), content=b"{not json")
        assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")


def rows(web: WebMorning) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables, apart from the note of when a key was used."""
    return {name: found for name, found in contents(web).items() if name != "api_key"}


OF_COLUMBUS: Mapping[str, tuple[dict[str, Any], str, str]] = {
    "cancellation": ({"visit": "{}"}, "V-late", "V-none"),
    "reopened": ({"visit": "{}"}, "V-late", "V-none"),
    "visit_held": ({"visit": "{}"}, "V-late", "V-none"),
    "visit_released": ({"visit": "{}"}, "V-late", "V-none"),
    "visit_changed": ({"visit": "{}", "priority": "urgent"}, "V-late", "V-none"),
    "check_in": ({"visit": "{}"}, "V-late", "V-none"),
    "check_out": ({"visit": "{}", "outcome": "done"}, "V-late", "V-none"),
    "run_over": ({"visit": "{}", "minutes": 20}, "V-late", "V-none"),
    "late_start": ({"visit": "{}"}, "V-late", "V-none"),
    "no_check_out": ({"visit": "{}"}, "V-late", "V-none"),
    "no_reply": ({"visit": "{}"}, "V-late", "V-none"),
    "reply": ({"visit": "{}", "answer": "accepted"}, "V-late", "V-none"),
    "ask_to_fill": ({"visit": "{}"}, "V-late", "V-none"),
    "call_out": ({"clinician": "{}"}, "E-01", "E-99"),
    "clinician_free": ({"clinician": "{}", "until": "2026-03-24T12:00:00-04:00"}, "E-01", "E-99"),
    "running_late": ({"clinician": "{}", "minutes": 5}, "E-01", "E-99"),
    "roster_change": (
        {
            "clinician": "{}",
            "hours": "added",
            "from": "2026-03-24T14:00:00-04:00",
            "until": "2026-03-24T15:00:00-04:00",
        },
        "E-01",
        "E-99",
    ),
    "site_closed": ({"site": "{}", "until": "2026-03-24T12:00:00-04:00"}, "NORTH", "NONE"),
    "travel_disruption": (
        {"branch": "{}", "percent": 150, "until": "2026-03-24T12:00:00-04:00"},
        "COLUMBUS",
        "NOWHERE",
    ),
    "new_visit": (
        {
            "visit": {
                "external_id": "V-new",
                "patient": "{}",
                "service": "SN_VISIT",
                "earliest_start": "2026-03-24T18:00:00-04:00",
                "latest_end": "2026-03-24T19:30:00-04:00",
            }
        },
        "P-01",
        "P-99",
    ),
    "offer_answered": ({"offer": "{}", "clinician": "E-01", "answer": "take"}, "1", "999"),
    "offer_expired": ({"offer": "{}"}, "1", "999"),
}


def about(what: str, body: Any) -> Any:
    """The body with the name in it; the number of an offer is a number."""
    if isinstance(body, dict):
        return {name: about(what, value) for name, value in body.items()}
    if body == "{}":
        return int(what) if what.isdigit() else what
    return body


@pytest.mark.parametrize("kind", OF_COLUMBUS)
def test_matrix_of_signals_about_another_branch(web: WebMorning, keys: Keys, kind: str) -> None:
    body, real, unreal = OF_COLUMBUS[kind]
    before = rows(web)
    said, unknown = (
        web.browser.post(
            "/api/v1/signals", json={"kind": kind, **about(what, body)}, headers=keys.headers("all of other branch")
        )
        for what in (real, unreal)
    )
    assert said.status_code == unknown.status_code == 422, said.text
    assert said.text == unknown.text.replace(unreal, real)
    assert rows(web) == before


def test_a_new_visit_at_a_site_of_another_branch_is_refused_like_one_at_no_site(web: WebMorning, keys: Keys) -> None:
    new = dict(OF_COLUMBUS["new_visit"][0]["visit"]) | {
        "patient": None,
        "service": "CLINIC_SHIFT",
        "duration_minutes": 20,
    }
    said, unknown = (
        web.browser.post(
            "/api/v1/signals",
            json={"kind": "new_visit", "visit": {**new, "site": site}},
            headers=keys.headers("all of other branch"),
        )
        for site in ("NORTH", "NONE")
    )
    assert (said.status_code, said.text) == (422, unknown.text)


def test_what_one_may_see_is_not_placed_at_a_site_of_another_branch(postgres: EmbeddedPostgres) -> None:
    for web in web_morning(postgres):
        key = with_a_visit_of_west(web)
        new = dict(OF_COLUMBUS["new_visit"][0]["visit"]) | {"external_id": "V-west-2", "patient": "P-02"}
        for body in ({"kind": "new_visit", "visit": {**new, "site": "{}"}}, CHANGED):
            said, unknown = (send(web, key, about(site, body)) for site in ("NORTH", "NONE"))
            assert said.status_code == unknown.status_code == 422
            assert said.text == unknown.text.replace("NONE", "NORTH") and "there is no site" in said.text


def test_a_site_that_branches_share_is_closed_for_ones_own(postgres: EmbeddedPostgres) -> None:
    for web in web_morning(postgres):
        key = with_a_visit_of_west(web)
        north = "(SELECT id FROM place WHERE owner_key = 'site:NORTH')"
        web.run(f"UPDATE visit SET place_id = {north}, rev = rev + 1 WHERE external_id IN ('V-west', 'V-0324-01')")
        said = send(web, key, {"kind": "site_closed", "site": "NORTH", "until": "2026-03-24T20:00:00-04:00"})
        assert said.status_code == 202, said.text
        sql = "SELECT b.external_id AS branch FROM inbox i JOIN branch b ON b.id = i.branch_id WHERE i.id = :id"
        assert web.rows(sql, id=said.json()["id"]) == [{"branch": "WEST"}]


CHANGED = {"kind": "visit_changed", "visit": "V-west", "site": "{}"}


def with_a_visit_of_west(web: WebMorning) -> str:
    """West has a patient, P-02, with a visit in the evening; the value of a key of West."""
    make_west(web)
    web.run(
        """UPDATE patient SET branch_id = (SELECT id FROM branch WHERE external_id = 'WEST')
           WHERE party_id = (SELECT id FROM party WHERE external_id = 'P-02' AND kind = 'patient')"""
    )
    key = add_key(web.caller, "west", [*OF_KEYS], ["WEST"])
    new = dict(OF_COLUMBUS["new_visit"][0]["visit"]) | {"external_id": "V-west", "patient": "P-02"}
    said = send(web, key, {"kind": "new_visit", "visit": new})
    assert said.status_code == 202, said.text
    return key


def send(web: WebMorning, key: str, body: Mapping[str, Any]) -> Any:
    return web.browser.post("/api/v1/signals", json=dict(body), headers={"Authorization": f"Bearer {key}"})


def test_the_id_of_another_branchs_signal_is_in_use_and_tells_nothing_else(web: WebMorning, keys: Keys) -> None:
    slow = {"kind": "travel_disruption", "percent": 150, "until": "2026-03-24T12:00:00-04:00", "source_id": "slow-1"}
    own = web.browser.post("/api/v1/signals", json={**slow, "branch": "COLUMBUS"}, headers=keys.headers("signal"))
    assert own.status_code == 202
    again = web.browser.post("/api/v1/signals", json=slow, headers=keys.headers("signal"))
    assert again.status_code == 409, "within a branch the same id with another body is a conflict"
    other = web.browser.post("/api/v1/signals", json=slow, headers=keys.headers("all of other branch"))
    assert other.status_code == 422 and other.json()["problems"][0]["path"] == "source_id"
    assert str(own.json()["id"]) not in other.text


def test_a_branch_that_is_not_named_is_the_keys_own(web: WebMorning, keys: Keys) -> None:
    slow = {"kind": "travel_disruption", "percent": 150, "until": "2026-03-24T12:00:00-04:00"}
    said = web.browser.post("/api/v1/signals", json=slow, headers=keys.headers("all of other branch"))
    assert said.status_code == 202, said.text
    found = web.rows(
        "SELECT b.external_id AS branch FROM inbox i JOIN branch b ON b.id = i.branch_id WHERE i.id = :id",
        id=said.json()["id"],
    )
    assert found == [{"branch": "WEST"}]
    named = web.browser.post("/api/v1/signals", json=slow, headers=keys.headers("bootstrap"))
    assert "COLUMBUS, WEST" in named.text, "a key for every branch is asked which one"


def test_the_name_of_the_bootstrap_key(web: WebMorning) -> None:
    assert web.rows("SELECT hint, every_branch FROM api_key WHERE name = :n", n=BOOTSTRAP) == [
        {"hint": "", "every_branch": True}
    ], "how an operator's own secret begins is not shown"
