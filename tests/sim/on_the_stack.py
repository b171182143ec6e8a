"""On the stack: the same day on a real PostgreSQL, through the services that a worker, a sender and a file use."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError
from tests import invariants as must
from tests import offer_invariants as offers
from tests.fakes.callers import a_caller, fake_channels
from tests.sim.a_played_day import NOBODY, NOWHERE
from tests.store.a_lakeside import HOURS, MONDAY, SUNDAY_NOON, TUESDAY, Lakeside, at
from tests.store.accounted import accounted

from suture.dispatch.first_pass import NotPlannable
from suture.model.day import Day
from suture.model.ids import BranchDay, PartyId
from suture.model.messages import OFFER_STEPS, Step
from suture.model.plan import Stage
from suture.model.visit import Visit
from suture.outreach.policy import OutreachPolicy
from suture.outreach.timing import hours_for, is_open
from suture.service import worker
from suture.service.branch_named import find_branch
from suture.service.clock import VirtualClock
from suture.service.errors import BadSignal
from suture.service.recheck import hard_rule_breaches
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.service.state import complete, see
from suture.store import facts, inbox
from suture.store.day import load_plan
from suture.store.transaction import Tx

BY_REQUEST = (
    *("call_out", "cancellation", "run_over", "check_in", "check_out", "reply"),
    *("ask_to_fill", "offer_answered"),
)
"""What a caller tells; the rest is stored as a timer, or another part of Suture, stores it."""
RECHECK_EVERY = 12
MOST_ADDED = 4
NAMES = ("N1", "N2")
POLICY = OutreachPolicy()


class LooseClock(VirtualClock):
    """A virtual clock that somebody may set back."""

    def jump_to(self, instant: datetime) -> None:
        """Be there, whatever it was."""
        self._now = instant


class OnTheStack:
    """The world of stack mode: Monday at Lakeside, from Sunday noon on."""

    def __init__(self, lake: Lakeside) -> None:
        self.lake = lake
        self.clock = lake.clock = LooseClock(SUNDAY_NOON)
        lake.caller = a_caller(lake.engine, self.clock, fake_channels())
        self._said: set[str] = set()
        self._added = self._checks = 0

    @property
    def now(self) -> datetime:
        """By the clock that everything reads."""
        return self.clock.now()

    def day(self) -> Day:
        """Monday, as a decision would see it."""
        with self.lake.caller.transaction() as tx:
            seen = see(tx, self.lake.caller.tools, find_branch(tx, self.lake.branch_id), MONDAY)
        return complete(self.lake.caller.tools, seen)

    # --- what is reported -----------------------------------------------------------------------------------------

    def tell(self, kind: str, source_id: str, late: timedelta, **body: Any) -> bool:
        is_first, tell = source_id not in self._said, self._request if kind in BY_REQUEST else self._store
        self._said.add(source_id)
        is_new = tell(kind, source_id, late, body)
        return is_first if is_new is None else is_new

    def _request(self, kind: str, source_id: str, late: timedelta, body: dict[str, Any]) -> bool | None:
        """As the API takes it. None where it is refused: that names a field, and changes nothing."""
        said = self._named(body) | {"kind": kind, "source": "machine", "source_id": source_id}
        try:
            request = SIGNAL_REQUEST.validate_python(said | {"occurred_at": self.now - late})
            return receive_signal(self.lake.caller, request).is_new
        except (BadSignal, ValidationError):
            return None

    def _named(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body with the ids that a caller knows."""
        day = self.day()
        said = {k: v for k, v in body.items() if v is not None}
        if "offer_id" in said:
            said["offer"] = said.pop("offer_id")
        elif "answer" in said:
            return self._answer(day, body)
        if "visit_id" in said:
            visit = day.visits.get(said.pop("visit_id"))
            said["visit"] = visit.external_id if visit else "V-UNKNOWN"
        if "clinician_id" in said:
            said["clinician"] = self._name_of(day, said.pop("clinician_id"))
        if "from_at" in said:
            said["from"] = said.pop("from_at")
        said.pop("by_person", None)  # whoever asks by request is a person
        return said

    def _answer(self, day: Day, body: dict[str, Any]) -> dict[str, Any]:
        promise = next((p for p in day.promises if p.id == body["promise_id"]), None)
        if promise is not None:
            return {"answer": body["answer"], "visit": day.visits[promise.visit_id].external_id}
        return {"answer": body["answer"], "clinician": self._name_of(day, body["party_id"]), "date": str(MONDAY)}

    def _name_of(self, day: Day, clinician_id: PartyId) -> str:
        known = day.clinicians.get(clinician_id)
        return known.external_id if known else "E-UNKNOWN"

    def _store(self, kind: str, source_id: str, late: timedelta, body: dict[str, Any]) -> bool | None:
        if NOWHERE in body.values() or NOBODY in body.values():  # refused at every door
            return None
        with self.lake.caller.transaction() as tx:
            return inbox.receive(
                tx,
                kind=kind,
                branch_id=find_branch(tx, self.lake.branch_id).id,
                service_date=MONDAY,
                source="machine",
                source_id=source_id,
                body=body,
                occurred_at=tx.now - late,
            ).is_new

    # --- what happens by itself, and what people do with the plan -------------------------------------------------

    def settle(self) -> None:
        before = self.day()
        self.lake.decide()
        after = self.day()
        must.nothing_begun_moves(before, after)
        offers.what_is_over_stays_over(before, after)

    def wait(self, minutes: int) -> None:
        self._wait_until(self.now + timedelta(minutes=minutes))

    def the_night_passes(self) -> None:
        """It is early on Monday."""
        self._wait_until(max(self.now, at("06:45")))

    def _wait_until(self, instant: datetime) -> None:
        worker.drain(self.lake.caller)
        while (due := worker.next_due(self.lake.caller)) is not None and due <= instant:
            self.clock.advance_to(max(due, self.now))
            worker.drain(self.lake.caller)
        self.clock.advance_to(max(instant, self.now))
        worker.drain(self.lake.caller)

    def jump(self, minutes: int) -> None:
        """After an hour that comes twice nothing has fired twice."""
        self.clock.jump_to(self.now + timedelta(minutes=minutes))
        worker.drain(self.lake.caller)

    def publish(self) -> None:
        with suppress(NotPlannable):
            self.lake.publish()

    def plan(self) -> None:
        with suppress(NotPlannable):
            self.lake.plan()

    # --- what files say -------------------------------------------------------------------------------------------

    def change_visit(self, visit: Visit, choice: int) -> None:
        if visit.external_id not in HOURS:
            return
        match choice % 5:
            case 0:
                self._file("visits", visit.external_id, status="held" if not visit.held else "requested")
            case 1:
                self._file("visits", visit.external_id, positions=str(1 + choice % 2))
            case 2:
                self._file("visits", visit.external_id, date=str(TUESDAY if choice % 3 else MONDAY))
            case _:
                opens = 8 + choice % 6
                self._file("visits", visit.external_id, window_start=f"{opens:02}:00", window_end=f"{opens + 3:02}:00")

    def change_staff(self, clinician_id: PartyId, choice: int) -> None:
        name = NAMES[choice % 2]
        match choice % 4:
            case 0:
                self._file("staff", name, status=("active", "active", "leave")[choice % 3])
            case 1:
                away = {"employee_id": name, "kind": "unavailable", "rrule": "", "date": str(MONDAY), "reason": "away"}
                self.lake.add("availability", **away)
                self.lake.load()
            case 2:
                rows = self.lake.tables["availability"]
                self.lake.tables["availability"] = [r for r in rows if r["reason"] != "away"]
                self.lake.load()
            case _:
                self._file("patients", f"P{1 + choice % 6}", status=("active", "active", "inpatient")[choice % 3])

    def _file(self, table: str, key: str, **cells: str) -> None:
        self.lake.change(table, key, **cells)
        self.lake.load()

    def add_visit(self, like: Visit, choice: int) -> None:
        if self._added >= MOST_ADDED:
            return
        self._added += 1
        starts = at("18:00") if choice % 2 else self.now + timedelta(minutes=60 + choice)  # at six everyone has gone
        new = {"external_id": f"NEW{self._added}", "patient": f"P{1 + choice % 6}", "service": "SNV"}
        hours = {"earliest_start": starts, "latest_end": starts + timedelta(hours=2)}
        priority = ("routine", "urgent", "stat")[choice % 3]
        with suppress(BadSignal):
            self.lake.signal("new_visit", visit={**new, **hours, "priority": priority})

    # --- what must be so ------------------------------------------------------------------------------------------

    def check(self) -> None:
        self._checks += 1
        with self.lake.caller.transaction() as tx:
            branch = find_branch(tx, self.lake.branch_id)
            if inbox.waiting(tx, [BranchDay(branch.id, MONDAY)]):
                return
            assert facts.lost_visits(tx, branch.id, MONDAY) == 0, "a position is lost"
            assert facts.duplicate_messages(tx, branch.id, MONDAY) == 0, "a message left twice"
            if self._checks % RECHECK_EVERY == 0:
                self._no_hard_rule_was_broken(tx)
        self._nothing_is_set_aside()
        self._nobody_is_woken()
        self._one_message_for_each_promise()
        day = self.day()
        must.no_one_is_lost(day)
        must.holds_wait(day)
        offers.one_round_at_a_time(day)
        offers.no_offer_outlives_its_visit(day)
        offers.no_offer_has_two_winners(day)
        offers.whoever_answers_hears_the_truth(day, (), self._said_of_offers())
        if day.plan.stage is Stage.PUBLISHED:
            must.time_critical_care_is_dispatched(day)
            must.a_yes_opens_the_gate(day)
            must.no_case_outlives_its_cause(day)
            accounted(self.lake)

    def end(self) -> None:
        """Nothing is held."""

    def _no_hard_rule_was_broken(self, tx: Tx) -> None:
        """Not by the newest version: files may have said since what older ones could not know."""
        branch = find_branch(tx, self.lake.branch_id)
        newest = load_plan(tx, branch.id, MONDAY).version
        found = hard_rule_breaches(tx, self.lake.caller.tools, branch, MONDAY)
        broken = [v for version, v in found if version == newest]
        assert not broken, f"version {newest} breaks {broken}"

    def _nothing_is_set_aside(self) -> None:
        found = self.lake.rows("SELECT kind, body FROM inbox WHERE tenant = app_tenant() AND state = 'quarantined'")
        assert not found, f"what could not be decided: {found}"

    def _nobody_is_woken(self) -> None:
        sent = self.lake.rows(
            """SELECT t.step, t.urgent, t.sent_at, p.tz FROM touch t
               JOIN party p ON p.tenant = t.tenant AND p.id = t.party_id
               WHERE t.tenant = app_tenant() AND t.state = 'sent' AND t.subject <> 'inbound'"""
        )
        for touch in (t for t in sent if t["step"] not in OFFER_STEPS):
            hours = hours_for(staff=touch["step"].startswith("s."), urgent=touch["urgent"], policy=POLICY)
            assert is_open(touch["sent_at"], touch["tz"], hours), f"{touch['step']} left at {touch['sent_at']}"

    def _said_of_offers(self) -> list[tuple[int, PartyId, Step]]:
        said = self.lake.rows(
            """SELECT subject_id, party_id, step FROM touch WHERE tenant = app_tenant() AND subject = 'offer'"""
        )
        return [(row["subject_id"], PartyId(row["party_id"]), Step(row["step"])) for row in said]

    def _one_message_for_each_promise(self) -> None:
        """And one promise of a visit in a message, never the same window twice to one patient."""
        found = self.lake.rows(
            """SELECT p.visit_id, p.party_id FROM promise p
               JOIN touch t ON t.tenant = p.tenant AND t.id = p.touch_id
               WHERE p.tenant = app_tenant() AND t.state <> 'sent'
               UNION ALL
               SELECT visit_id, party_id FROM promise WHERE tenant = app_tenant()
               GROUP BY touch_id, visit_id, party_id HAVING count(*) > 1
               UNION ALL
               SELECT p.visit_id, p.party_id FROM promise p
               JOIN visit v ON v.tenant = p.tenant AND v.id = p.visit_id AND v.patient_id = p.party_id
               JOIN promise q ON q.tenant = p.tenant AND q.id = p.supersedes
               WHERE p.tenant = app_tenant() AND p.asks AND q.asks AND p.window_open = q.window_open
                 AND p.window_close = q.window_close"""
        )
        assert not found, f"promised without a message, or twice: {found}"
