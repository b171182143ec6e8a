"""`scripts/soak --crash N`: kill -9 of whatever runs, while signals arrive and the mail server misbehaves."""

import itertools
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from scripts.soaking import counts
from scripts.soaking.agency import write_agency, zone_of_the_morning
from scripts.soaking.counts import Kill
from scripts.soaking.installation import Installation, Say, wait_for
from scripts.soaking.mail_server import FAST, Death, MailServer, Manner
from scripts.soaking.morning import Call, Callers, Script
from scripts.soaking.processes import DECIDER, POSTMASTER, SENDER, WEB, WORKER

from suture.model.messages import Channel

DAYS = 3
SIGNALS_A_ROUND = 12
WAVES_A_ROUND = 6
DUE_A_WAVE = 2
WAVE_S = 1.5
LEAST_S, MOST_S = 1.0, 8.0
CALLERS = 2 * SIGNALS_A_ROUND
DECIDE_LIMIT_S = 180.0
DRAIN_LIMIT_S = 300.0

EVERYTHING = "all"
VICTIMS: dict[str, tuple[str, ...]] = {
    WEB: (WEB,),
    DECIDER: (DECIDER, WORKER),
    SENDER: (SENDER, WORKER),
    POSTMASTER: (POSTMASTER,),
    EVERYTHING: (),
}
"""Whom a round may kill, and the child that is: one worker may do both kinds of work."""

STOPS_A_SEND = frozenset({SENDER, EVERYTHING})
SLOW = Manner(1.0, 3.0)


@dataclass(frozen=True, slots=True)
class Crash:
    """The figures of all rounds together."""

    rounds: int
    seed: int
    signals: int
    repeats: int
    kills: dict[str, int]
    mails: int
    texts: int
    unknown: int
    lost: int
    twice: int
    positions_unaccounted: int
    repeats_answered_otherwise: int
    unknown_unexplained: int

    @property
    def is_good(self) -> bool:
        """Whether the bar holds."""
        bad = self.lost, self.twice, self.positions_unaccounted, self.repeats_answered_otherwise
        return not any((*bad, self.unknown_unexplained))

    def figures(self) -> dict[str, object]:
        """For a machine."""
        return asdict(self)

    def words(self) -> str:
        """For a person."""
        killed = ", ".join(f"{name} {n}" for name, n in sorted(self.kills.items()))
        return (
            f"{self.rounds} rounds of seed {self.seed}. Killed: {killed}.\n"
            f"{self.signals} signals were acknowledged and {self.repeats} repeats answered; "
            f"{self.mails} mails and {self.texts} texts left.\n"
            f"{self.lost} lost, {self.twice} sent twice, {self.positions_unaccounted} positions unaccounted, "
            f"{self.repeats_answered_otherwise} repeats answered otherwise.\n"
            f"{self.unknown} messages are unknown, {self.unknown_unexplained} of them without a case or a cause."
        )


@dataclass
class _Soak:
    """One run: what it works on, and what it has done so far."""

    running: Installation
    mail: MailServer
    callers: Callers
    script: Script
    random: Random
    say: Say
    kills: Counter[str] = field(default_factory=Counter)
    interrupted: list[Kill] = field(default_factory=list)

    def round(self, number: int, victim: str, manner: Manner) -> None:
        """Signals arrive, messages are due, and someone is killed in between."""
        self.mail.behave(manner)
        moment_s = self.random.uniform(LEAST_S, MOST_S)
        self.say(f"round {number}: mail {manner}; {victim} is killed after {moment_s:.1f} s")
        with ThreadPoolExecutor(CALLERS + 1) as pool:
            work = [pool.submit(self._let_some_be_due)]
            for call in self.script.round(SIGNALS_A_ROUND, moment_s):
                work += [pool.submit(self._call_later, call) for _ in range(call.callers)]
            time.sleep(moment_s)
            self._kill(victim)
        for done in work:
            done.result()  # raises what it raised

    def _let_some_be_due(self) -> None:
        """A few messages at a time, so that some are under way whenever someone is killed."""
        for _ in range(WAVES_A_ROUND):
            self.running.make_due(DUE_A_WAVE)
            time.sleep(WAVE_S)

    def _call_later(self, call: Call) -> None:
        time.sleep(call.wait_s)
        self.callers.send(call.body)

    def _kill(self, victim: str) -> None:
        stops_a_send = victim in STOPS_A_SEND or (victim == DECIDER and WORKER in self.running.children())
        self.kills[victim] += 1
        began = datetime.now(UTC)
        if victim == EVERYTHING:
            self.running.kill_everything()
        else:
            self.running.kill_child(*VICTIMS[victim])
        if stops_a_send:
            self.interrupted.append((began, datetime.now(UTC)))
        if victim == EVERYTHING:
            self.running.start()
        else:
            self.running.wait_until_ready()

    def finish(self) -> None:
        """Send every signal once more, and let every message leave by a mail server that behaves."""
        self.mail.behave(FAST)
        decided = "SELECT count(*) = 0 FROM inbox WHERE tenant = app_tenant() AND state = 'new'"
        wait_for(lambda: self.running.look(decided), "every signal was decided", DECIDE_LIMIT_S)
        self.say("sending every signal once more")
        with ThreadPoolExecutor(CALLERS // 4) as pool:
            list(pool.map(self.callers.send, self.script.everything()))
        wait_for(lambda: self.running.look(decided), "every signal was decided", DECIDE_LIMIT_S)
        self.say("letting every message leave")
        if not self.running.drain(DRAIN_LIMIT_S):
            self.say(f"not everything has left within {DRAIN_LIMIT_S:.0f} s")


def crash(folder: Path, say: Say, *, rounds: int, seed: int) -> Crash:
    """Run it in an empty folder. Raises SoakFailed where it cannot go on."""
    zone, today = zone_of_the_morning(datetime.now(UTC))
    agency = write_agency(folder, today, DAYS, zone)
    random = Random(seed)
    with MailServer(seed=seed) as mail, Installation(folder, agency, mail) as running:
        say(f"seed {seed}; importing, planning and publishing {', '.join(map(str, agency.days))} in {zone}")
        running.import_files()
        running.start()
        for on in agency.days:
            running.plan_and_publish(on)
        running.let_messages_leave()
        soak = _Soak(running, mail, Callers(running), Script(agency, random), random, say)
        victims, manners = _victims(random), _manners()
        for number in range(1, rounds + 1):
            soak.round(number, next(victims), next(manners))
        soak.finish()
        return _count(soak, rounds, seed)


def _victims(random: Random) -> Iterator[str]:
    """Everyone once in every five rounds, in random order."""
    return itertools.chain.from_iterable(random.sample(list(VICTIMS), len(VICTIMS)) for _ in itertools.count())


def _manners() -> Iterator[Manner]:
    """Fast, slow and dying by turns, each time another death."""
    return itertools.chain.from_iterable((FAST, SLOW, Manner(death=death)) for death in itertools.cycle(Death))


def _count(soak: _Soak, rounds: int, seed: int) -> Crash:
    left, answers = soak.running.left(), soak.callers.answers
    acknowledged = soak.callers.acknowledged()
    with soak.running.transaction() as tx:
        unknowns = counts.unknown_messages(tx)
        vanished = counts.vanished_signals(tx, acknowledged) + counts.undecided_signals(tx)
        lost = vanished + counts.lost_messages(tx, left)
        twice = counts.sent_twice(tx, left)
        positions = counts.unaccounted_positions(tx)
        set_aside = tx.scalar("SELECT count(*) FROM inbox WHERE tenant = app_tenant() AND state = 'quarantined'")
    otherwise = counts.answered_otherwise(answers)
    unexplained = counts.unexplained(unknowns, soak.mail.cut, soak.interrupted)
    gave_up = [f"source id {name}: nobody answered {n} times" for name, n in soak.callers.gave_up.items()]
    if set_aside:
        soak.say(f"{set_aside} signals were set aside for a person")
    soak.say(f"answers by status, 0 for none: {dict(sorted(soak.callers.statuses.items()))}")
    for line in (*lost, *twice, *positions, *otherwise, *unexplained, *gave_up):
        soak.say(line)
    return Crash(
        rounds=rounds,
        seed=seed,
        signals=len(acknowledged),
        repeats=soak.callers.repeats(),
        kills=dict(soak.kills),
        mails=left.of_channel(Channel.EMAIL),
        texts=left.of_channel(Channel.SMS),
        unknown=len(unknowns),
        lost=len(lost),
        twice=len(twice),
        positions_unaccounted=len(positions),
        repeats_answered_otherwise=len(otherwise),
        unknown_unexplained=len(unexplained),
    )
