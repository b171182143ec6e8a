"""The seeded world around the demo agency: reads what was delivered, answers, visits, and follows a script."""

import heapq
from collections.abc import Callable, Sequence
from datetime import date, datetime

from suture.model.people import Branch
from suture.model.phone_events import PhonesAway
from suture.model.seen import SeenMessage
from suture.service.caller import Caller
from suture.service.signal_requests import CheckInRequest, CheckOutRequest, receive_signal
from suture.sim.chance import Chance
from suture.sim.people import PlannedAnswer, Write, give_answer, plan_answer, plan_offer_answer, token_of
from suture.sim.script import Scripted
from suture.sim.visits import DoorEvent, next_door_events
from suture.store import tokens
from suture.store.day import load_day
from suture.store.demo import has_answered, people_by_address, quiet
from suture.store.tokens import Purpose
from suture.store.transaction import Tx


class World:
    """One branch-day's people. `next_at` says when something happens next, `act` lets it happen.

    In between nothing is decided, so what clinicians do next is asked once a moment. `live`: someone at the screen may
    answer for them, and the world goes on where it stopped: what was answered by then is not answered again. `write`:
    how people send texts.
    """

    def __init__(
        self,
        caller: Caller,
        branch: Branch,
        service_date: date,
        read_inbox: Callable[[], Sequence[SeenMessage]],
        write: Write,
        script: Sequence[Scripted],
        chance: Chance,
        *,
        live: bool = False,
    ) -> None:
        self._caller, self._branch, self._date = caller, branch, service_date
        self._read_inbox, self._write, self._chance = read_inbox, write, chance
        self._script = sorted(script, key=lambda s: s.at)
        self._answers: list[tuple[datetime, int, PlannedAnswer]] = []
        self._doors: list[DoorEvent] = []
        self._received: dict[str, int] = {}
        self._seen: set[SeenMessage] = set()
        self._live, self._started = live, False

    def look(self, now: datetime) -> None:
        """Read new messages and decide who will answer them."""
        fresh = sorted(set(self._read_inbox()) - self._seen, key=lambda m: (m.at, m.to, m.channel, m.subject, m.body))
        if not fresh:
            return
        with self._caller.transaction() as tx:
            people = people_by_address(tx)
            offers = {message for message in fresh if _is_offer(tx, message)}
        for message in fresh:
            self._seen.add(message)
            nth = self._received[message.to] = self._received.get(message.to, 0) + 1
            person = people.get(message.to)
            read = message.at if self._live else now
            plan = plan_offer_answer if message in offers else plan_answer
            planned = plan(message, person, nth, len(self._seen), read, self._chance) if person else None
            if planned and (planned.at > now or self._started or not self._live):
                heapq.heappush(self._answers, (planned.at, planned.number, planned))
        self._started = True

    def next_at(self, now: datetime) -> datetime | None:
        """The next instant at which someone acts."""
        with self._caller.transaction() as tx:
            silent = quiet(tx)
            doors = next_door_events(load_day(tx, self._branch, self._date), now, self._chance)
        self._doors = [event for event in doors if event.clinician_id not in silent]
        moments = [e.at for e in self._doors[:1]]
        moments += [a[0] for a in self._answers[:1]] + [s.at for s in self._script[:1]]
        return max(now, min(moments)) if moments else None

    def act(self, now: datetime) -> None:
        """Let everything happen that is due by now, of what `next_at` has seen."""
        while self._script and self._script[0].at <= now:
            self._script.pop(0).play()
        while self._answers and self._answers[0][0] <= now:
            self._answer(heapq.heappop(self._answers)[2])
        for event in self._doors:
            if event.at <= now:
                self._at_the_door(event)

    def _answer(self, planned: PlannedAnswer) -> None:
        """Raises PhonesAway; the answer is given later then."""
        if self._is_silent(planned):
            return
        try:
            give_answer(self._caller, planned, self._write)
        except PhonesAway:
            heapq.heappush(self._answers, (planned.at, planned.number, planned))
            raise

    def _is_silent(self, planned: PlannedAnswer) -> bool:
        """Whether someone at the screen made this person silent, or has answered for them."""
        if not self._live:
            return False
        message = planned.message
        with self._caller.transaction() as tx:
            person, silent = people_by_address(tx).get(message.to), quiet(tx).values()
            return (person is not None and person.external_id in silent) or has_answered(tx, message.to, message.at)

    def _at_the_door(self, event: DoorEvent) -> None:
        visit = event.visit.external_id
        if event.outcome is None:
            arrived = CheckInRequest(kind="check_in", source="world", source_id=f"in:{visit}", visit=visit)
            receive_signal(self._caller, arrived)
            return
        left = CheckOutRequest(
            kind="check_out", source="world", source_id=f"out:{visit}", visit=visit, outcome=event.outcome
        )
        receive_signal(self._caller, left)


def _is_offer(tx: Tx, message: SeenMessage) -> bool:
    """Whether it asks to take a visit: its link says so."""
    return any(tokens.find(tx, token_of(link), {Purpose.OFFER}) for link in message.links)
