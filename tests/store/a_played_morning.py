"""The demo's morning, played to its end by the seeded world, and a hand that plants faults into its rows."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Engine
from tests.conftest import RIVERBEND, THE_DAY_BEFORE, rolled_back
from tests.store.a_riverbend import BRANCH, THE_DAY, at

from suture.bootstrap import SOURCES, build_context, catching_mail, inbox_reader
from suture.model.actors import SYSTEM
from suture.model.ids import PartyId, PositionKey, VisitId
from suture.model.people import Branch
from suture.model.plan import Assignment
from suture.planner.day.reference import Violation
from suture.service.branch_named import find_branch
from suture.service.caller import Caller
from suture.service.clock import VirtualClock
from suture.service.first_start import first_start
from suture.service.import_files import import_folder
from suture.service.plan_day import plan_day, publish_day
from suture.service.recheck import hard_rule_breaches
from suture.settings import Settings
from suture.sim.chance import Chance
from suture.sim.figures import figures
from suture.sim.morning import play
from suture.sim.phone_line import phones_here
from suture.sim.script import Script
from suture.sim.world import World
from suture.store import facts
from suture.store.transaction import Tx

SEED = 7


@dataclass(frozen=True)
class PlayedMorning:
    """What is left at 17:30, and what was printed."""

    caller: Caller
    clock: VirtualClock
    branch: Branch
    figures: dict[str, Any]

    @contextmanager
    def rolled_back(self) -> Iterator["Evening"]:
        """A transaction for planting faults; nothing stays."""
        with rolled_back(self.caller.tools.engine, self.clock) as tx:
            yield Evening(self.caller, tx, self.branch)


@contextmanager
def a_played_morning(engine: Engine, folder: Path) -> Iterator[PlayedMorning]:
    """As `./run --headless` does it: virtual clock, real SMTP, a phone company, budgets in iterations."""
    clock = VirtualClock(THE_DAY_BEFORE)
    with catching_mail(folder) as port:
        caller = Caller(
            build_context(engine, clock, folder, Settings().model_copy(update={"smtp_port": port, "seed": SEED})),
            SYSTEM,
        )
        first_start(caller, RIVERBEND)
        import_folder(caller, SOURCES["csv"], RIVERBEND)
        plan_day(caller, BRANCH, THE_DAY)
        publish_day(caller, BRANCH, THE_DAY)
        with caller.transaction() as tx:
            branch = find_branch(tx, BRANCH)
        chance = Chance(SEED)
        script = Script(caller, branch, THE_DAY, chance).events()
        with phones_here(caller, clock.now, folder, "a-token-for-tests") as company:
            world = World(caller, branch, THE_DAY, inbox_reader(folder), company.write, script, chance)
            play(caller, clock, world, at("17:30").astimezone(UTC), company.call_back_now)
        yield PlayedMorning(caller, clock, branch, figures(caller, branch, THE_DAY))


class Evening:
    """The rows of the day in an open transaction: counted as the figures count them, and spoilt one by one."""

    def __init__(self, caller: Caller, tx: Tx, branch: Branch) -> None:
        self._caller, self.tx, self.branch = caller, tx, branch
        self.zone = ZoneInfo(branch.tz)

    # counting

    @property
    def lost(self) -> int:
        return facts.lost_visits(self.tx, self.branch.id, THE_DAY)

    @property
    def duplicates(self) -> int:
        return facts.duplicate_messages(self.tx, self.branch.id, THE_DAY)

    @property
    def breaches(self) -> list[tuple[int, Violation]]:
        return hard_rule_breaches(self.tx, self._caller.tools, self.branch, THE_DAY)

    @property
    def counts(self) -> tuple[int, int, int]:
        """Lost visits, duplicate messages, hard rule breaches."""
        return self.lost, self.duplicates, len(self.breaches)

    @property
    def version(self) -> int:
        return facts.plan_versions(self.tx, self.branch.id, THE_DAY)

    def rows(self, version: int | None = None) -> dict[PositionKey, Assignment]:
        return facts.rows_at(self.tx, self.branch.id, THE_DAY, version or self.version)

    # people and visits to plant faults on

    def waiting_visits(self) -> list[Assignment]:
        """Assigned home visits that were never begun: the three latest of the day are put back, as if nobody came."""
        self.tx.run(
            """UPDATE visit SET status = 'scheduled', started_at = NULL, ended_at = NULL, expected_end = NULL,
                      done_by = NULL, rev = rev + 1
               WHERE id IN (SELECT v.id FROM visit v JOIN assignment a ON a.visit_id = v.id AND a.to_version IS NULL
                            WHERE v.service_date = :d AND v.status = 'completed' AND v.service_code = 'SN_VISIT'
                            ORDER BY a.from_version, a.starts_at DESC, v.id LIMIT 3)""",
            d=THE_DAY,
        )
        self.tx.run(
            """INSERT INTO occupancy (layer, subject_id, position, clinician_id, busy, subject_rev, plan_version)
               SELECT 'visit', v.id, a.position, a.clinician_id, tstzrange(a.starts_at, a.ends_at), v.rev,
                      a.from_version
               FROM visit v JOIN assignment a ON a.visit_id = v.id AND a.to_version IS NULL
               WHERE v.service_date = :d AND v.status = 'scheduled'
               ON CONFLICT (tenant, layer, subject_id, position) DO NOTHING""",
            d=THE_DAY,
        )
        waiting = self.tx.rows(
            "SELECT id FROM visit WHERE service_date = :d AND status IN ('scheduled', 'confirmed')", d=THE_DAY
        )
        rows = self.rows()
        return [rows[key] for r in waiting if (key := PositionKey(VisitId(r["id"]), 1)) in rows]

    def window(self, visit_id: VisitId) -> tuple[datetime, datetime]:
        """First and last planned start that the visit allows."""
        row = self.tx.row("SELECT earliest_start, latest_start FROM visit WHERE id = :id", id=visit_id)
        assert row is not None
        return row["earliest_start"], row["latest_start"]

    def a_new_clinician(self, visit_id: VisitId, *, until: str = "18:00", max_weekly_min: int = 2400) -> PartyId:
        """A nurse who may do this visit, lives at its very door, and has nothing to do all day."""
        party: int = self.tx.scalar(
            """INSERT INTO party (kind, external_id, family, tz) VALUES ('clinician', 'E-99', 'Wren', :tz)
               RETURNING id""",
            tz=self.branch.tz,
        )
        self.tx.run(
            """INSERT INTO clinician (party_id, branch_id, role, home_place_id, max_weekly_min, languages, status)
               SELECT :party, v.branch_id, s.roles[1], v.place_id, :most, '{en,es}', 'active'
               FROM visit v JOIN service s ON s.code = v.service_code WHERE v.id = :visit""",
            party=party,
            visit=visit_id,
            most=max_weekly_min,
        )
        self.tx.run(
            """INSERT INTO credential (clinician_id, code, valid_from, valid_until)
               SELECT :party, code, '2020-01-01', '2030-01-01'
               FROM (SELECT unnest(v.required_skills) AS code FROM visit v WHERE v.id = :visit
                     UNION SELECT role FROM clinician WHERE party_id = :party) held""",
            party=party,
            visit=visit_id,
        )
        self._available(party, "available", at("06:00"), at(until))
        return PartyId(party)

    def is_away(self, clinician: PartyId, starts_at: datetime, ends_at: datetime) -> None:
        self._available(clinician, "unavailable", starts_at, ends_at)

    def _available(self, clinician: int, kind: str, starts_at: datetime, ends_at: datetime) -> None:
        self.tx.run(
            """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, source)
               VALUES (:clinician, :starts_at, :ends_at, :kind, 'test')""",
            clinician=clinician,
            starts_at=starts_at,
            ends_at=ends_at,
            kind=kind,
        )

    # faults

    def next_version(self) -> int:
        """One more version of the plan, in which everything is as before."""
        version = self.version + 1
        self.tx.run(
            """INSERT INTO plan (branch_id, service_date, version, base_version, why, actor, at)
               VALUES (:branch, :day, :version, :version - 1, '"planted"', 'test', :now)""",
            branch=self.branch.id,
            day=THE_DAY,
            version=version,
        )
        self.tx.run("UPDATE plan_head SET version = :version WHERE service_date = :day", version=version, day=THE_DAY)
        return version

    def plant(self, stop: Assignment, version: int, **fault: object) -> None:
        """Spoil the row of a position in this one version; in those before and after, it is as it was."""
        [row] = self.tx.rows(
            """SELECT * FROM assignment WHERE visit_id = :visit AND position = :position AND from_version <= :version
                 AND (to_version IS NULL OR to_version > :version)""",
            visit=stop.key.visit_id,
            position=stop.key.position,
            version=version,
        )
        self.tx.run(
            """DELETE FROM assignment
               WHERE visit_id = :visit_id AND position = :position AND from_version = :from_version""",
            **row,
        )
        self._write({**row, "to_version": version})
        self._write({**row, "from_version": version, "to_version": version + 1, **fault})
        self._write({**row, "from_version": version + 1})

    def _write(self, row: dict[str, Any]) -> None:
        """Write an assignment row for the versions in which it holds, if there are any."""
        last = self.version + 1
        held_until = row["to_version"] or last
        if row["from_version"] < held_until:
            self.tx.run(
                f"INSERT INTO assignment ({', '.join(row)}) VALUES ({', '.join(f':{name}' for name in row)})",
                **{**row, "to_version": held_until if held_until < last else None},
            )
