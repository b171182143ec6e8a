"""`suture bench outreach`: whether the contact loop keeps up with a million messages that wait."""

import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import count, islice
from pathlib import Path

import click
from sqlalchemy import Engine

from suture.bench.imports import DAYS, FIRST_DAY, write_export
from suture.cli.bench_inbound import inbound
from suture.cli.errors import WrongRequest
from suture.cli.files import import_into
from suture.cli.home import caller_of, open_home, read_settings
from suture.model.contacts import Contacts
from suture.model.decision import VisitUpdate
from suture.model.events import EventKind, NewEvent
from suture.model.ids import BranchId, PartyId, VisitId
from suture.model.messages import Channel, Step, SubjectKind, Touch
from suture.model.people import PartyKind
from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.lanes import MOST_AT_ONCE, lanes_of
from suture.service.outreach import release
from suture.service.send_messages import send_due
from suture.store import contacts, events, touches, visits
from suture.store.branches import all_branches
from suture.store.roles import take_stock
from suture.store.server_cpu import cpu_seconds
from suture.words.reason import reason

PATIENTS, VISITS, MESSAGES = 5_000, 10_000, 1_000_000
OF_A_DAY = 2_500
"""How many messages are planned in one transaction: about as many as a large branch has to send of one day."""
CLIENTS, TICKS, MOVES, CLAIMS, LEASE_S = 4, 100, 2_000, 40_000, 60
NOW = datetime.combine(FIRST_DAY, datetime.min.time(), UTC)
"""When it takes place; every message is due later, and until `OVER`."""
OVER = NOW + timedelta(days=DAYS + 2)
_PRIORITIES = {Step.P_NOTICE: 3, Step.P_CONFIRM: 2}
MADE_UP = 1_000_000
"""Where the numbers of visits begin that are in messages alone: there are more messages than visits for them."""


@dataclass(frozen=True, slots=True)
class Stage:
    """An agency that is large enough, at an instant, and those who are to hear of each of its days."""

    postgres_pid: int
    owner: Engine
    caller: Caller
    clock: VirtualClock
    branch: BranchId
    days: Mapping[date, Contacts]


@click.command("outreach")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option("--messages", type=click.IntRange(2 * VISITS), default=MESSAGES, show_default=True)
def bench_outreach(as_json: bool, messages: int) -> None:
    """Plan a million messages in an empty agency of its own, and see how fast the rest is beside them.

    plan_1m_s is what a million takes, however many --messages there are; moves_per_s is of visits that move, with the
    messages about them. Four clients work at once. Where other programs hold them up, what counts is CPU time, theirs
    and PostgreSQL's.
    """
    with _a_stage() as stage:
        found: dict[str, object] = {
            "plan_1m_s": round(_plan(stage, messages) * MESSAGES / messages, 1),
            "empty_tick_ms": round(_empty_tick(stage) * 1000, 2),
            "moves_per_s": round(_moves(stage)),
            "claims_per_s": round(_claims(stage)),
            "inbound": inbound(stage.caller, stage.postgres_pid),
        }
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, figure in found.items():
        click.echo(f"{name}: {figure}")


@contextmanager
def _a_stage() -> Iterator[Stage]:
    """An agency with people and visits, in a folder of its own; its messages may leave."""
    settings = read_settings().model_copy(update={"database_url": None})
    clock = VirtualClock(NOW)
    with tempfile.TemporaryDirectory(prefix="suture-bench-") as there:
        Path(there).chmod(0o755)  # PostgreSQL's user must get in
        export = Path(there, "export")
        export.mkdir(mode=0o700)
        rows = write_export(export, PATIENTS, VISITS, seed=1)
        with open_home(settings, Path(there, "data")) as home:
            caller = caller_of(home, settings, clock)
            report = import_into(caller, "csv", export)
            if report.loaded != rows:
                raise WrongRequest(f"{report.loaded} of {rows} rows were loaded: {next(iter(report.lines()), 'held')}")
            release(caller, "bench", "bench", None)
            with caller.transaction() as tx:
                [branch] = all_branches(tx)
                dates = [FIRST_DAY + timedelta(days=n) for n in range(DAYS)]
                days = {d: contacts.load_contacts(tx, branch.id, d) for d in dates}
            if home.postgres is None or home.postgres.pid is None:
                raise WrongRequest("This measures a PostgreSQL of its own: another one runs in its folder.")
            yield Stage(home.postgres.pid, home.owner, caller, clock, branch.id, days)


def _seconds(stage: Stage, work: Callable[[int], object]) -> float:
    """How long clients take that work at once: on the wall, or in CPU time where other programs hold them up."""
    began, cpu = time.perf_counter(), _cpu(stage)
    with ThreadPoolExecutor(CLIENTS) as clients:
        list(clients.map(work, range(CLIENTS)))
    return min(time.perf_counter() - began, _cpu(stage) - cpu)


def _cpu(stage: Stage) -> float:
    """CPU seconds of this process and of its PostgreSQL."""
    return time.process_time() + cpu_seconds(stage.postgres_pid)


# a million messages ---------------------------------------------------------------------------------


def _plan(stage: Stage, messages: int) -> float:
    """Seconds to plan a notice and a question for each of many visits."""

    def plan(client: int) -> None:
        for day in list(stage.days)[client::CLIENTS]:
            every, left = _of_visits(day, stage.days[day]), -(-messages // DAYS)
            while batch := list(islice(every, min(left, OF_A_DAY))):
                with stage.caller.transaction() as tx:
                    touches.plan(tx, stage.branch, day, batch)
                left -= len(batch)

    took = _seconds(stage, plan)
    take_stock(stage.owner)
    return took


def _of_visits(day: date, of_day: Contacts) -> Iterator[Touch]:
    """Messages about a day, without end: about the visits it has, then about others of the same patients."""
    patients = sorted(set(of_day.patient_of.values()))
    made_up = ((VisitId(MADE_UP * day.toordinal() + n), patients[n % len(patients)]) for n in count())
    for pairs in (sorted(of_day.patient_of.items()), made_up):
        for visit, patient in pairs:
            yield _touch(day, visit, 1, patient, Step.P_NOTICE, Channel.EMAIL)
            yield _touch(day, visit, 1, patient, Step.P_CONFIRM, Channel.SMS)


def _touch(day: date, subject_id: int, rev: int, party: PartyId, step: Step, channel: Channel) -> Touch:
    opens = datetime.combine(day, datetime.min.time(), UTC) + timedelta(hours=1, seconds=subject_id % 36_000)
    return Touch(
        subject=SubjectKind.VISIT if step is not Step.S_CHANGED else SubjectKind.CLINICIAN_DAY,
        subject_id=subject_id,
        subject_rev=rev,
        party_id=party,
        step=step,
        channel=channel,
        priority=_PRIORITIES.get(step, 1),
        due_at=opens,
        not_after=opens + timedelta(days=1),
        because=reason("told.text_came"),
    )


# beside them ----------------------------------------------------------------------------------------


def _empty_tick(stage: Stage) -> float:
    """Seconds of a turn of a lane that finds nothing due; the median of many."""
    lanes = list(lanes_of(stage.caller))

    def turn(lane: Sequence[Channel]) -> float:
        began = time.perf_counter()
        if send_due(stage.caller, MOST_AT_ONCE, lane):
            raise RuntimeError("a message was due that is not to be")
        return time.perf_counter() - began

    return statistics.median(turn(lanes[n % len(lanes)]) for n in range(TICKS))


def _moves(stage: Stage) -> float:
    """Visits moved a second: each is written, what is stale about it is superseded, its messages and the log follow."""
    every = [(day, visit) for day, of_day in stage.days.items() for visit in sorted(of_day.patient_of)][:MOVES]

    def move(client: int) -> None:
        for day, visit in every[client::CLIENTS]:
            _move(stage, day, visit)

    return len(every) / _seconds(stage, move)


def _move(stage: Stage, day: date, visit: VisitId) -> None:
    of_day = stage.days[day]
    patient = of_day.patient_of[visit]
    clinicians = [p.party_id for p in of_day.parties.values() if p.kind is PartyKind.CLINICIAN]
    told = [
        _touch(day, visit, 2, patient, Step.P_CHANGED, Channel.SMS),
        _touch(day, visit, 2, patient, Step.P_NOTICE, Channel.EMAIL),
        _touch(day, visit, 2, patient, Step.P_CONFIRM, Channel.SMS),
        _touch(day, visit, 2, clinicians[visit % len(clinicians)], Step.S_CHANGED, Channel.EMAIL),
    ]
    with stage.caller.transaction() as tx:
        visits.apply_updates(tx, [VisitUpdate(visit, tell=True)], {visit: 1})
        touches.supersede_stale(tx, {visit: 2})
        touches.plan(tx, stage.branch, day, told)
        happened = NewEvent(EventKind.VISIT_RETIMED, visit, {"position": 1, "told_changed": True, "t_decided": tx.now})
        events.append(tx, branch_id=stage.branch, service_date=day, events=[happened])


def _claims(stage: Stage) -> float:
    """Messages claimed a second, in batches such as those of a lane."""
    stage.clock.advance_to(OVER)

    def claim(client: int) -> None:
        for _turn in range(CLAIMS // CLIENTS // MOST_AT_ONCE):
            with stage.caller.transaction() as tx:
                if len(touches.claim(tx, MOST_AT_ONCE, LEASE_S, [Channel.SMS])) < MOST_AT_ONCE:
                    raise RuntimeError("fewer messages are due than were planned")

    return CLAIMS / _seconds(stage, claim)
