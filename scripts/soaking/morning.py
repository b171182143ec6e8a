"""The signals of a crash soak: of five kinds, a fifth of them repeats, some sent twice at once."""

import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from random import Random
from zoneinfo import ZoneInfo

from scripts.soaking.agency import MovedAgency
from scripts.soaking.counts import ACCEPTED
from scripts.soaking.installation import Answer, Installation

SOURCE = "soak"
REPEATS = 0.2
TWICE_AT_ONCE = 0.25
GIVE_UP_AFTER_S = 120.0
TRY_AGAIN_AFTER_S = 0.5
TOO_MANY = 429

Body = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Call:
    """One signal to send, `wait_s` after the round began; by as many `callers` at once."""

    body: Body
    wait_s: float
    callers: int = 1


class Script:
    """Makes up signals; the same seed makes the same ones."""

    def __init__(self, agency: MovedAgency, random: Random) -> None:
        self._agency = agency
        self._random = random
        self._sent: list[Body] = []
        self._visits = {on: list(names) for on, names in agency.visits.items()}
        self._begun: list[str] = []

    def round(self, signals: int, moment_s: float) -> list[Call]:
        """The signals of one round, most of them within a second of the moment at which someone is killed."""
        return [self._call(max(0.0, self._random.gauss(moment_s, 1.0))) for _ in range(signals)]

    def everything(self) -> list[Body]:
        """All that was sent so far, once each."""
        return list(self._sent)

    def _call(self, wait_s: float) -> Call:
        callers = 2 if self._random.random() < TWICE_AT_ONCE else 1
        if self._sent and self._random.random() < REPEATS:
            return Call(self._random.choice(self._sent), wait_s, callers)
        kinds = (self._call_out, self._cancellation, self._new_visit, self._run_over, self._check_in)
        number = len(self._sent) + 1
        body = {**self._random.choice(kinds)(number), "source": SOURCE, "source_id": f"signal-{number}"}
        self._sent.append(body)
        return Call(body, wait_s, callers)

    def _call_out(self, number: int) -> Body:
        """For less than an hour, so that someone is left to plan with."""
        begins = self._at(self._random.choice(self._agency.days), self._random.randrange(0, 240, 10))
        ends = begins + timedelta(minutes=self._random.choice((20, 30, 40, 50)))
        who = self._random.choice(self._agency.clinicians)
        return {"kind": "call_out", "clinician": who, "from": begins.isoformat(), "until": ends.isoformat()}

    def _cancellation(self, number: int) -> Body:
        return {"kind": "cancellation", "visit": self._visit(), "by": self._random.choice(("patient", "agency"))}

    def _new_visit(self, number: int) -> Body:
        on = self._random.choice(self._agency.days)
        opens = self._at(on, self._random.randrange(60, 240, 15))
        name = f"N-{number}"
        self._visits[on].append(name)
        visit = {
            "external_id": name,
            "patient": self._random.choice(self._agency.patients),
            "service": self._random.choice(("SN_VISIT", "PT_VISIT", "HHA_CARE")),
            "earliest_start": opens.isoformat(),
            "latest_end": (opens + timedelta(hours=2)).isoformat(),
            "duration_minutes": self._random.choice((15, 20, 30)),
            "priority": self._random.choice(("routine", "urgent")),
        }
        return {"kind": "new_visit", "visit": visit}

    def _run_over(self, number: int) -> Body:
        visit = self._random.choice(self._begun) if self._begun else self._visit()
        return {"kind": "run_over", "visit": visit, "minutes": self._random.randrange(5, 60, 5)}

    def _check_in(self, number: int) -> Body:
        visit = self._random.choice(self._visits[self._agency.days[0]])
        self._begun.append(visit)
        return {"kind": "check_in", "visit": visit}

    def _visit(self) -> str:
        return self._random.choice(self._visits[self._random.choice(self._agency.days)])

    def _at(self, on: date, minutes_after_eight: int) -> datetime:
        eight = datetime.combine(on, clock_time(8), ZoneInfo(self._agency.zone))
        return eight + timedelta(minutes=minutes_after_eight)


@dataclass
class Callers:
    """They send a signal until someone answers, as a real caller would, and remember every answer."""

    installation: Installation
    answers: dict[str, list[Answer]] = field(default_factory=dict)
    gave_up: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def send(self, body: Body) -> None:
        """Send it, and again while nobody answers."""
        deadline = time.monotonic() + GIVE_UP_AFTER_S
        name = str(body["source_id"])
        while time.monotonic() < deadline:
            answer = self.installation.signal(body)
            with self._lock:
                self.statuses[answer.status] += 1
                if _is_an_answer(answer):
                    self.answers.setdefault(name, []).append(answer)
                    return
            time.sleep(TRY_AGAIN_AFTER_S)
        with self._lock:
            self.gave_up[name] += 1

    def acknowledged(self) -> dict[str, int]:
        """The id that came back for each accepted signal, by its source id."""
        accepted = {name: [a for a in given if a.status == ACCEPTED] for name, given in self.answers.items()}
        return {name: json.loads(given[0].body)["id"] for name, given in accepted.items() if given}

    def repeats(self) -> int:
        """How many answers were to a signal that had been sent before."""
        return sum(len(given) - 1 for given in self.answers.values())


def _is_an_answer(answer: Answer) -> bool:
    """A broken connection, a server that is away or too busy: ask again."""
    return answer.status not in (0, TOO_MANY) and answer.status < 500
