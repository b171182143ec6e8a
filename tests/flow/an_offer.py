"""A visit of the demo's afternoon that fits no one's hours: four nurses were asked by text at 07:45 to take it.

The morning is played to there once a run; every test gets a copy of that database, at 07:47.
"""

from collections.abc import Iterator
from datetime import timedelta
from functools import cache
from typing import Any

from tests.flow import a_web_morning
from tests.flow.a_web_morning import WebMorning, at, web_morning

from suture.model.messages import Channel, InboundText
from suture.service import worker
from suture.service.receive_reply import ReplyAction, receive_text
from suture.service.signal_requests import NewVisitRequest, receive_signal
from suture.store.embedded import EmbeddedPostgres
from suture.store.roles import RUNTIME
from suture.store.transaction import open_engine
from suture.words.reason import from_json

OPEN, ASKED = "V-90", ("E-01", "E-03", "E-04", "E-02")
"""The visit, and whom the round asked, best first."""
NUMBERS = {f"E-{n:02}": f"+161455501{n:02}" for n in range(1, 7)}


class Asked(WebMorning):
    """The morning in which people are asked, and the words to play a story in."""

    count = 0

    def wants(self, visit: str, earliest: str, latest: str, minutes: int = 45) -> None:
        """A new visit of Ana's that afternoon."""
        request = {"external_id": visit, "patient": "P-01", "service": "SN_VISIT", "duration_minutes": minutes}
        hours = {"earliest_start": at(earliest), "latest_end": at(latest)}
        receive_signal(
            self.caller, NewVisitRequest.model_validate({"kind": "new_visit", "visit": {**request, **hours}})
        )

    def signal(self, kind: str, **fields: Any) -> None:
        """A signal by the API; it is not decided yet."""
        headers = {"Authorization": f"Bearer {a_web_morning.API_TOKEN}"}
        answer = self.browser.post("/api/v1/signals", json={"kind": kind, **fields}, headers=headers)
        assert answer.status_code == 202, answer.text

    def text(self, who: str, body: str, *, decided: bool = True, again: bool = False, **more: Any) -> ReplyAction:
        """A text from someone's own number, decided at once and followed by what it sets off; `again`: sent twice."""
        self.count += not again
        sender = NUMBERS.get(who, who)
        done = receive_text(self.caller, InboundText("console", f"text-{self.count}", sender, body, **more))
        if decided:
            self.decide()
        return done.action

    def decide(self) -> None:
        """The worker does what waits, and sends what is due."""
        worker.drain(self.caller)

    def later(self, minutes: float) -> None:
        """Time passes."""
        self.play_until(self.clock.now() + timedelta(minutes=minutes))

    def page_of(self, who: str, offer: int = 1) -> str:
        """The link of the message that asked someone."""
        [found] = self.rows(
            """SELECT t.id FROM touch t JOIN party p ON p.id = t.party_id
               WHERE t.step = 's.offer' AND t.subject_id = :offer AND p.external_id = :who AND t.state = 'sent'""",
            offer=offer,
            who=who,
        )
        return self.link(purpose="offer", touch_id=found["id"])

    def holder(self, visit: str = OPEN) -> str | None:
        """Who has a visit."""
        rows = self.rows(
            """SELECT p.external_id FROM assignment a JOIN visit v ON v.id = a.visit_id
               JOIN party p ON p.id = a.clinician_id WHERE v.external_id = :visit AND a.to_version IS NULL""",
            visit=visit,
        )
        return rows[0]["external_id"] if rows else None

    def told(self) -> dict[str, list[str]]:
        """What each clinician was sent about offers and their schedule, after the first were asked."""
        rows = self.rows(
            """SELECT p.external_id AS who, t.step FROM touch t JOIN party p ON p.id = t.party_id
               WHERE t.state = 'sent' AND t.id > (SELECT max(id) FROM touch WHERE step = 's.offer' AND subject_id = 1)
                 AND (t.step LIKE 's.offer%' OR t.step IN ('s.changed', 's.emptied')) ORDER BY t.id"""
        )
        told: dict[str, list[str]] = {}
        for r in rows:
            told.setdefault(r["who"], []).append(r["step"])
        return told

    def said_to(self, who: str) -> list[str]:
        """The texts that reached someone's number in this test, without the agency's name."""
        return [m.body.partition(": ")[2] for m in self.channels[Channel.SMS].sent.values() if m.to == NUMBERS[who]]

    def answers(self) -> list[tuple[str, str, str]]:
        """The answers to offers: whose, what, and how each came."""
        return [
            (r["who"], r["answer"], r["source"])
            for r in self.rows(
                """SELECT p.external_id AS who, i.body ->> 'answer' AS answer, i.source FROM inbox i
                   JOIN party p ON p.id = (i.body ->> 'clinician_id')::bigint
                   WHERE i.kind = 'offer_answered' ORDER BY i.id"""
            )
        ]

    def states(self, offer: int = 1) -> dict[str, str]:
        """What became of asking each person."""
        rows = self.rows(
            """SELECT p.external_id AS who, c.state FROM offer_candidate c JOIN party p ON p.id = c.clinician_id
               WHERE c.offer_id = :offer ORDER BY c.rank""",
            offer=offer,
        )
        return {r["who"]: r["state"] for r in rows}

    def cases(self, *kinds: str) -> list[list[str]]:
        """The reasons of what waits for a person."""
        rows = self.rows(
            "SELECT reasons FROM exception_case WHERE state = 'open' AND kind = ANY(:kinds) ORDER BY id",
            kinds=list(kinds),
        )
        why = [[from_json(one) for one in r["reasons"]] for r in rows]
        return [[str(one) for one in of_case if not one.code.startswith("default.")] for of_case in why]

    def to_read(self) -> list[list[str]]:
        """The texts that a person must read."""
        return self.cases("reply_unclear")


@cache
def _template(postgres: EmbeddedPostgres) -> str:
    for web in web_morning(postgres):
        name = web.engine.url.database
        morning = Asked(web.engine, at("07:40"))
        morning.wants(OPEN, "17:00", "19:30")
        morning.play_until(at("07:47"))
        assert tuple(morning.states()) == ASKED, morning.states()
    assert name
    return name


def people_asked(postgres: EmbeddedPostgres, name: str) -> Iterator[Asked]:
    """A copy of the morning, of the test's own."""
    a_web_morning.create(postgres, name, _template(postgres))
    engine = open_engine(postgres.url(name, RUNTIME))
    yield Asked(engine, at("07:47"))
    engine.dispose()
