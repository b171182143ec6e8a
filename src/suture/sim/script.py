"""What happens to the demo's day, beside what people do by themselves: the worked example and three more events."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from suture.model.instants import instant_of
from suture.model.people import Branch
from suture.model.visit import Visit, VisitKind, VisitStatus
from suture.service.add_visit import VisitRequest
from suture.service.caller import Caller
from suture.service.signal_requests import (
    CallOutRequest,
    CancellationRequest,
    NewVisitRequest,
    RunOverRequest,
    receive_signal,
)
from suture.sim.chance import Chance
from suture.store import access
from suture.store.day import load_day

RUN_OVER = timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Scripted:
    """One scripted event; `play` sends its signal."""

    at: datetime
    play: Callable[[], None]


class Script:
    """The events of one service date, on one branch."""

    def __init__(self, caller: Caller, branch: Branch, service_date: date, chance: Chance) -> None:
        self._caller, self._branch, self._date, self._chance = caller, branch, service_date, chance

    def events(self) -> list[Scripted]:
        """All of them, in order of time."""
        return [
            Scripted(self._local(7, 40), self._call_out),
            Scripted(self._local(8, 10), self._cancellation),
            Scripted(self._local(9, 0), self._run_over),
            Scripted(self._local(9, 30), self._new_visit),
        ]

    def _local(self, hour: int, minute: int) -> datetime:
        return instant_of(self._date, time(hour, minute), self._branch.tz)

    def _visits(self) -> list[Visit]:
        with self._caller.transaction() as tx:
            return list(load_day(tx, self._branch, self._date).visits.values())

    def _call_out(self) -> None:
        with self._caller.transaction() as tx:
            nurse = access.day_view(tx, self._branch, self._date).busiest_nurse()
        if nurse:
            request = CallOutRequest(
                kind="call_out", source="script", source_id="call-out", clinician=nurse.external_id
            )
            receive_signal(self._caller, request)

    def _cancellation(self) -> None:
        waiting = [
            v
            for v in self._visits()
            if v.kind is VisitKind.HOME_VISIT
            and v.status in (VisitStatus.SCHEDULED, VisitStatus.CONFIRMED)
            and v.window.latest_start > self._local(8, 45)
        ]
        if waiting:
            visit = self._chance.rng("cancellation").choice(waiting)
            request = CancellationRequest(
                kind="cancellation", source="script", source_id="cancellation", visit=visit.external_id
            )
            receive_signal(self._caller, request)

    def _run_over(self) -> None:
        under_way = [v for v in self._visits() if v.status is VisitStatus.IN_PROGRESS and v.started_at is not None]
        if under_way:
            visit = self._chance.rng("run_over").choice(under_way)
            started = visit.started_at or self._local(9, 0)
            ends = started + timedelta(minutes=visit.duration_minutes) + RUN_OVER
            request = RunOverRequest(
                kind="run_over", source="script", source_id="run-over", visit=visit.external_id, expected_end=ends
            )
            receive_signal(self._caller, request)

    def _new_visit(self) -> None:
        with self._caller.transaction() as tx:
            day = load_day(tx, self._branch, self._date)
        skilled = sorted({v.patient_id for v in day.visits.values() if v.discipline == "SN" and v.patient_id})
        if skilled:
            patient = day.patients[self._chance.rng("new_visit").choice(skilled)]
            visit = VisitRequest(
                external_id="V-URGENT",
                patient=patient.external_id,
                service="SN_VISIT",
                earliest_start=self._local(10, 0),
                latest_end=self._local(12, 30),
                duration_minutes=20,
                priority="urgent",
            )
            request = NewVisitRequest(kind="new_visit", source="script", source_id="new-visit", visit=visit)
            receive_signal(self._caller, request)
