"""Plans asked for by many at once: signals are taken all the while, a day is planned once, and the queue has an end."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import pytest
from starlette.testclient import TestClient
from tests.fakes.callers import with_tools
from tests.flow.a_web_morning import BEARER, THE_DAY, WebMorning, web_morning

from suture.integrations.travel.crowfly.adapter import Crowfly
from suture.model.people import Place
from suture.model.travel import TravelMatrix
from suture.store.embedded import EmbeddedPostgres
from suture.web.api.routes import MOST_PLANS
from suture.web.app import create_app

LIMIT_S = 30.0


class Slow(Crowfly):
    """Driving times that come when the test lets them."""

    def __init__(self) -> None:
        self.asked, self.go = threading.Semaphore(0), threading.Event()

    def matrix(self, places: Sequence[Place], *, depart_at: datetime) -> TravelMatrix:
        self.asked.release()
        assert self.go.wait(LIMIT_S)
        return super().matrix(places, depart_at=depart_at)


@pytest.fixture
def web(postgres: EmbeddedPostgres) -> Iterator[WebMorning]:
    yield from web_morning(postgres)


@pytest.fixture
def slow() -> Iterator[Slow]:
    travel = Slow()
    yield travel
    travel.go.set()


@pytest.fixture
def browser(web: WebMorning, slow: Slow) -> Iterator[TestClient]:
    app = create_app(with_tools(web.caller, travel=slow).tools)
    with TestClient(app, base_url="http://localhost:8000") as client:
        yield client


@pytest.fixture
def plan(browser: TestClient) -> Iterator[Callable[[int], Future[int]]]:
    """Ask for the plan of the day so many days after the demo's; the status comes later."""
    with ThreadPoolExecutor(MOST_PLANS + 5) as pool:

        def ask(days: int) -> Future[int]:
            url = f"/api/v1/days/COLUMBUS/{THE_DAY + timedelta(days=days)}/plan"
            return pool.submit(lambda: browser.post(url, headers=BEARER).status_code)

        yield ask


def test_while_seven_days_are_planned_a_signal_is_taken_at_once(browser, plan, slow) -> None:
    asked = [plan(days) for days in range(1, 8)]
    assert slow.asked.acquire(timeout=LIMIT_S)
    signal = {"kind": "call_out", "clinician": "E-01", "source": "phone", "source_id": "1"}
    assert browser.post("/api/v1/signals", json=signal, headers=BEARER).status_code == 202
    assert browser.get("/readyz").status_code == 200
    assert not any(one.done() for one in asked), "they wait for driving times all the while"
    slow.go.set()
    assert [one.result(LIMIT_S) for one in asked] == [200] * 7


def test_of_two_who_plan_one_day_at_once_the_second_is_refused(browser, plan, slow) -> None:
    first, second = plan(1), plan(1)
    assert slow.asked.acquire(timeout=LIMIT_S)
    wait([first, second], LIMIT_S, FIRST_COMPLETED)
    slow.go.set()
    assert sorted([first.result(LIMIT_S), second.result(LIMIT_S)]) == [200, 409]


def test_more_plans_than_may_wait_are_refused_as_busy(browser, plan, slow) -> None:
    asked = [plan(days) for days in range(1, MOST_PLANS + 4)]
    busy = [one for one in asked if _soon(one) == 503]
    slow.go.set()
    assert Counter(one.result(LIMIT_S) for one in asked) == {200: MOST_PLANS, 503: 3}
    assert len(busy) == 3


def _soon(one: Future[int]) -> int | None:
    """The status where it comes while the others wait."""
    try:
        return one.result(1.0)
    except TimeoutError:
        return None
