"""Accidents that the database itself refuses, whatever the code forgets.

The code is passed by here on purpose: most of these tests write straight to the tables.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError, IntegrityError
from tests.store.a_branch import (
    THE_DAY,
    Branch,
    a_touch,
    add_visit,
    assign,
    at,
    make_branch,
    move_visit_rev,
    planned,
)
from tests.store.a_riverbend import Riverbend

from suture.dispatch.first_pass import publish
from suture.model import people
from suture.model.decision import VisitUpdate
from suture.model.ids import PartyId, VisitId
from suture.model.messages import Channel, Step
from suture.model.plan import Stage
from suture.model.visit import VisitStatus
from suture.service.clock import VirtualClock
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal
from suture.store import audit, branches, cases, events, facts, inbox, lookups, plans, touches, visits
from suture.store import day as day_of_store
from suture.store.contacts import load_contacts, suppress
from suture.store.inbox import Received
from suture.store.transaction import Tx, transaction
from suture.store.visits import VisitMovedOn

UNIQUE, EXCLUSION, FOREIGN_KEY, LOST_UPDATE = "23505", "23P01", "23503", "40001"
CHECK, NOT_ALLOWED = "23514", "42501"


@pytest.fixture
def branch(tx: Tx) -> Branch:
    return make_branch(tx)


@pytest.fixture
def visit(tx: Tx, branch: Branch) -> VisitId:
    return add_visit(tx, branch, branch.ann, "09:00")


def refused(tx: Tx, code: str, attempt: Callable[[], object], constraint: str = "") -> None:
    """The attempt fails with this SQLSTATE, by this constraint; the transaction goes on."""
    with pytest.raises(DBAPIError) as refusal, tx.conn.begin_nested():
        attempt()
    cause = refusal.value.orig
    assert getattr(cause, "sqlstate", None) == code, cause
    assert constraint in str(cause)


def commit_checks(tx: Tx) -> None:
    """What is checked at commit, checked now."""
    tx.run("SET CONSTRAINTS ALL IMMEDIATE")
    tx.run("SET CONSTRAINTS ALL DEFERRED")


def occupy(
    tx: Tx, clinician: PartyId, visit: int, start: str, end: str, position: int = 1, layer: str = "visit"
) -> None:
    tx.run(
        """INSERT INTO occupancy (layer, subject_id, position, clinician_id, busy, subject_rev, plan_version)
           VALUES (:layer, :visit, :position, :clinician, tstzrange(:start, :end), 1, 1)""",
        layer=layer,
        visit=visit,
        position=position,
        clinician=clinician,
        start=at(start),
        end=at(end),
    )


# a clinician in two places --------------------------------------------------------------------------


def test_no_one_is_in_two_places_at_once(tx: Tx, branch: Branch) -> None:
    occupy(tx, branch.nora, 1, "09:00", "09:30")
    occupy(tx, branch.nora, 2, "09:30", "10:00")  # one after the other is fine
    occupy(tx, branch.nora, 3, "07:00", "13:00", layer="shift")  # and so is a visit within its shift
    commit_checks(tx)
    occupy(tx, branch.nora, 4, "09:29", "09:31")
    refused(tx, EXCLUSION, lambda: commit_checks(tx), "one_place_at_a_time")


def test_the_overlap_is_refused_at_commit(database: Engine, clock: VirtualClock) -> None:
    with transaction(database, clock) as tx:
        branch = make_branch(tx)
        occupy(tx, branch.nora, 1, "09:00", "09:30")
    with pytest.raises(IntegrityError, match="one_place_at_a_time"), transaction(database, clock) as tx:
        occupy(tx, branch.nora, 2, "09:15", "09:45")
    with transaction(database, clock) as tx:
        assert tx.scalar("SELECT count(*) FROM occupancy") == 1


def test_two_clinicians_swap_their_visits_in_one_transaction(tx: Tx, branch: Branch) -> None:
    occupy(tx, branch.nora, 1, "09:00", "09:30")
    occupy(tx, branch.judith, 2, "09:00", "09:30")
    commit_checks(tx)
    for visit, clinician in ((1, branch.judith), (2, branch.nora)):
        tx.run("UPDATE occupancy SET clinician_id = :c WHERE subject_id = :v", c=clinician, v=visit)
    commit_checks(tx)


# a visit given to two people ------------------------------------------------------------------------


def test_one_position_is_never_two_peoples(tx: Tx, branch: Branch, visit: VisitId) -> None:
    occupy(tx, branch.nora, visit, "09:00", "09:30")
    refused(tx, UNIQUE, lambda: occupy(tx, branch.judith, visit, "09:00", "09:30"), "occupancy_pkey")
    occupy(tx, branch.judith, visit, "09:00", "09:30", position=2)  # a visit for two carers has two positions


def test_a_visit_for_two_carers_is_never_one_persons_twice(tx: Tx, branch: Branch, visit: VisitId) -> None:
    occupy(tx, branch.nora, visit, "09:00", "09:30", position=1)
    occupy(tx, branch.nora, visit, "09:00", "09:30", position=2)
    refused(tx, EXCLUSION, lambda: commit_checks(tx), "one_place_at_a_time")


def test_a_position_has_one_row_that_holds(tx: Tx, branch: Branch, visit: VisitId) -> None:
    assign(tx, branch, visit, branch.nora, "09:00")

    def forget_to_end_the_row() -> None:
        assign(tx, branch, visit, branch.judith, "09:00")
        tx.run("UPDATE assignment SET to_version = NULL")

    refused(tx, UNIQUE, forget_to_end_the_row, "assignment_current")


# two plans on one base ------------------------------------------------------------------------------


def test_of_two_plans_on_one_base_the_second_is_refused(riverbend: Riverbend) -> None:
    with riverbend.caller.transaction() as tx:
        day = riverbend.day(tx)
        decision = replace(riverbend.decide(tx, day, []), version=2, run=_run())
    with riverbend.caller.transaction() as tx:
        plans.save(tx, [plans.Saved(day, decision, cpu_ms=1)])
    with pytest.raises(plans.PlanMovedOn), riverbend.caller.transaction() as tx:
        plans.save(tx, [plans.Saved(day, decision, cpu_ms=1)])
    assert riverbend.rows("SELECT version FROM plan_head") == [{"version": 2}]


def test_a_day_is_published_once(riverbend: Riverbend) -> None:
    with riverbend.caller.transaction() as tx:
        tx.run("DELETE FROM occupancy")
        tx.run("UPDATE plan_head SET stage = 'draft'")
        day = riverbend.day(tx)
    decision = publish(day)
    with riverbend.caller.transaction() as tx:
        plans.save(tx, [plans.Saved(day, decision, cpu_ms=1)])
    with pytest.raises(plans.PlanMovedOn), riverbend.caller.transaction() as tx:
        plans.save(tx, [plans.Saved(day, decision, cpu_ms=1)])
    assert riverbend.rows("SELECT stage, version FROM plan_head") == [{"stage": "published", "version": 1}]


def _run() -> dict[str, object]:
    return {"engine": "test", "seed": 1, "iterations": 0, "rulebook_hash": "", "travel": "", "score": {}}


@pytest.mark.parametrize("stage", ["published", None])
def test_of_two_plans_on_one_base_at_the_same_time_one_wins(riverbend: Riverbend, stage: str | None) -> None:
    """The second waits for the first, and then learns that its base is gone; so too where there was no plan at all."""
    with riverbend.caller.transaction() as tx:
        if stage is None:
            for table in ("occupancy", "decision", "assignment", "plan_head", "plan"):
                tx.run(f"DELETE FROM {table}")
        day = riverbend.day(tx)
        base = day.plan.version
        assert (base, day.plan.stage) == ((1, Stage.PUBLISHED) if stage else (0, Stage.DRAFT))
        decision = replace(riverbend.decide(tx, day, []), version=base + 1, run=_run())
    both_ready = threading.Barrier(2, timeout=120)

    def save() -> str:
        try:
            with riverbend.caller.transaction() as tx:
                both_ready.wait()
                plans.save(tx, [plans.Saved(day, decision, cpu_ms=1)])
        except plans.PlanMovedOn:
            return "moved on"
        return "saved"

    with ThreadPoolExecutor() as pool:
        ends = [pool.submit(save), pool.submit(save)]
        assert sorted(f.result(20) for f in ends) == ["moved on", "saved"]
    assert riverbend.rows("SELECT max(version) AS newest FROM plan") == [{"newest": base + 1}]


def test_a_version_is_written_once_and_follows_its_base(tx: Tx, branch: Branch) -> None:
    def write(version: int, base: int) -> None:
        tx.run(
            """INSERT INTO plan (branch_id, service_date, version, base_version, why, actor, at)
               VALUES (:branch, :day, :version, :base, '"test"', 'test', :now)""",
            branch=branch.id,
            day=THE_DAY,
            version=version,
            base=base,
        )

    write(1, 0)
    refused(tx, UNIQUE, lambda: write(1, 0), "plan_pkey")
    refused(tx, "23514", lambda: write(3, 1), "plan_check")
    head = "INSERT INTO plan_head (branch_id, service_date, stage, version) VALUES (:b, :d, 'published', 2)"
    refused(tx, FOREIGN_KEY, lambda: tx.run(head, b=branch.id, d=THE_DAY), "plan_head")


# a lost update --------------------------------------------------------------------------------------


def test_an_update_that_forgot_the_revision_is_refused(tx: Tx, branch: Branch, visit: VisitId) -> None:
    refused(tx, LOST_UPDATE, lambda: tx.run("UPDATE visit SET held = true"), "lost update on visit")
    refused(tx, LOST_UPDATE, lambda: tx.run("UPDATE visit SET rev = rev + 2"), "row has rev 1, the write says 3")
    tx.run("UPDATE visit SET rev = rev + 1")


def test_an_update_from_an_old_reading_is_refused_even_without_a_where(tx: Tx, branch: Branch, visit: VisitId) -> None:
    seen: int = tx.scalar("SELECT rev FROM visit WHERE id = :id", id=visit)
    move_visit_rev(tx, visit)
    refused(tx, LOST_UPDATE, lambda: tx.run("UPDATE visit SET status = 'cancelled', rev = :next", next=seen + 1))


def test_a_decision_on_a_visit_that_has_changed_is_refused(agency: Riverbend, day_tx: Tx) -> None:
    day = agency.day(day_tx)
    [first, second, *_] = day.visits
    move_visit_rev(day_tx, first)
    with pytest.raises(VisitMovedOn, match=f"visit {first} was"):
        updates = [VisitUpdate(v, VisitStatus.CANCELLED) for v in (second, first)]
        visits.apply_updates(day_tx, updates, {v.id: v.rev for v in day.visits.values()})


# the same again -------------------------------------------------------------------------------------


def test_the_same_signal_is_one_row_and_gives_the_same_answer(riverbend: Riverbend) -> None:
    visit, other = _two_visits(riverbend)
    first, again = _cancel(riverbend, visit), _cancel(riverbend, visit)
    assert (again.id, again.state) == (first.id, first.state)
    assert (first.is_new, again.is_new, again.conflict) == (True, False, False)
    assert _cancel(riverbend, other).conflict, "the same id with another body is another matter"
    assert riverbend.rows("SELECT body ->> 'reason' AS reason FROM inbox") == [{"reason": f"about {visit}"}]


def test_the_same_signal_twice_at_the_same_time_is_one_row(riverbend: Riverbend) -> None:
    visit, _ = _two_visits(riverbend)
    with ThreadPoolExecutor(max_workers=4) as pool:
        answers = list(pool.map(lambda _: _cancel(riverbend, visit), range(8)))
    assert sum(a.is_new for a in answers) == 1
    assert {(a.id, a.state, a.conflict) for a in answers} == {(answers[0].id, "new", False)}
    assert riverbend.rows("SELECT count(*) AS n FROM inbox") == [{"n": 1}]


def test_the_database_refuses_a_second_row_for_a_signal(tx: Tx, branch: Branch) -> None:
    inbox.receive(
        tx,
        kind="cancellation",
        branch_id=branch.id,
        service_date=THE_DAY,
        source="test",
        source_id="1",
        body={},
        occurred_at=tx.now,
    )
    _twice_is_refused(tx, "inbox", "inbox_tenant_source_source_id_key")


def test_the_same_step_to_the_same_person_is_one_touch(tx: Tx, branch: Branch, visit: VisitId) -> None:
    planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    _twice_is_refused(tx, "touch", "touch_tenant_subject")


@pytest.mark.parametrize("outcome", [None, "unknown", "accepted"])
def test_a_touch_that_may_have_left_has_no_second_attempt(
    tx: Tx, branch: Branch, visit: VisitId, outcome: str | None
) -> None:
    [touch] = planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))

    def attempt(number: int, outcome: str | None = None) -> None:
        tx.run(
            """INSERT INTO message_attempt (touch_id, attempt_no, provider, request_sha, started_at, outcome)
               VALUES (:touch, :no, 'test', '', :now, :outcome)""",
            touch=touch,
            no=number,
            outcome=outcome,
        )

    attempt(1, "transient")
    attempt(2, outcome)
    refused(tx, UNIQUE, lambda: attempt(3), "one_live_attempt")


def test_the_same_text_message_comes_in_once(tx: Tx, branch: Branch) -> None:
    tx.run("INSERT INTO inbound (provider, provider_msg_id, from_hash, body, at) VALUES ('sms', '1', '', 'YES', :now)")
    _twice_is_refused(tx, "inbound", "inbound_tenant_provider")


def test_a_subject_has_one_open_case_of_a_kind(tx: Tx, branch: Branch, visit: VisitId) -> None:
    tx.run(
        """INSERT INTO exception_case (branch_id, kind, subject_kind, subject_id, severity, band, opened_at)
           VALUES (:branch, 'uncovered_visit', 'visit', :visit, 3, 'low', :now)""",
        branch=branch.id,
        visit=visit,
    )
    _twice_is_refused(tx, "exception_case", "one_open_case")
    tx.run("UPDATE exception_case SET state = 'snoozed'")
    _twice_is_refused(tx, "exception_case", "one_open_case")
    tx.run("UPDATE exception_case SET state = 'closed', closed_at = :now")
    _again(tx, "exception_case")


def test_a_party_has_one_open_question(tx: Tx, branch: Branch, visit: VisitId) -> None:
    [touch] = planned(tx, branch, a_touch(Step.P_CONFIRM, branch.ann, visit))
    promise = tx.scalar(
        """INSERT INTO promise (visit_id, party_id, seq, visit_rev, plan_version, window_open, window_close, asks,
                  channel, touch_id, told_at)
           VALUES (:visit, :ann, 1, 1, 1, :now, :now, true, 'sms', :touch, :now) RETURNING id""",
        visit=visit,
        ann=branch.ann,
        touch=touch,
    )
    _twice_is_refused(tx, "promise", "promise_tenant_visit")
    tx.run(
        """INSERT INTO open_prompt (addr_hash, party_id, promise_id, asked_at, expires_at)
           VALUES ('', :ann, :promise, :now, :now)""",
        ann=branch.ann,
        promise=promise,
    )
    _twice_is_refused(tx, "open_prompt", "one_open_prompt")


def test_an_address_is_closed_once(tx: Tx, branch: Branch) -> None:
    suppress(tx, Channel.SMS, "hash", "stop", "test")
    _twice_is_refused(tx, "suppression", "one_suppression")


def _two_visits(riverbend: Riverbend) -> tuple[str, str]:
    rows = riverbend.rows("SELECT external_id FROM visit WHERE service_date = '2026-03-24' ORDER BY id LIMIT 2")
    return rows[0]["external_id"], rows[1]["external_id"]


def _cancel(riverbend: Riverbend, visit: str) -> Received:
    fields = {"kind": "cancellation", "visit": visit, "reason": f"about {visit}", "source": "test", "source_id": "1"}
    return receive_signal(riverbend.caller, SIGNAL_REQUEST.validate_python(fields))


def _again(tx: Tx, table: str) -> None:
    """Write the newest row of a table once more, under a new id where it has one."""
    columns: str = tx.scalar(
        """SELECT string_agg(attname, ', ' ORDER BY attnum) FROM pg_attribute
           WHERE attrelid = cast(:table AS regclass) AND attnum > 0 AND attidentity = ''""",
        table=table,
    )
    tx.run(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table} ORDER BY id DESC LIMIT 1")


def _twice_is_refused(tx: Tx, table: str, constraint: str) -> None:
    refused(tx, UNIQUE, lambda: _again(tx, table), constraint)


# what cannot be -------------------------------------------------------------------------------------

OCCUPANCY = """INSERT INTO occupancy (layer, subject_id, position, clinician_id, busy, subject_rev, plan_version)
               VALUES ('visit', 9, 1, :nora, tstzrange({}), 1, 1)"""
CASE = """INSERT INTO exception_case (branch_id, kind, subject_kind, subject_id, severity, band, opened_at, state,
                 closed_at)
          VALUES (:branch, 'uncovered_visit', 'visit', 1, 3, 'low', :now, {})"""


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE assignment SET to_version = from_version",
        "UPDATE assignment SET ends_at = starts_at",
        "UPDATE assignment SET told_close = told_open - interval '1 minute'",
        "UPDATE visit SET latest_start = earliest_start - interval '1 minute', rev = rev + 1",
        "UPDATE visit SET latest_end = latest_start - interval '1 minute', rev = rev + 1",
        """INSERT INTO availability (clinician_id, starts_at, ends_at, kind, source)
           VALUES (:nora, :now, :now, 'available', 'test')""",
        OCCUPANCY.format(":now, :now"),
        OCCUPANCY.format("NULL, :now"),
        OCCUPANCY.format(":now, NULL"),
        CASE.format("'closed', NULL"),
        CASE.format("'open', :now"),
    ],
    ids=lambda statement: " ".join(statement.split())[:60],
)
def test_what_cannot_be_is_not_written(tx: Tx, branch: Branch, visit: VisitId, statement: str) -> None:
    assign(tx, branch, visit, branch.nora, "09:00")
    facts = {"nora": branch.nora, "branch": branch.id}
    used = {name: value for name, value in facts.items() if f":{name}" in statement}
    refused(tx, CHECK, lambda: tx.run(statement, **used))


# tenants --------------------------------------------------------------------------------------------

OTHER_TENANT = 2


def as_tenant(tx: Tx, tenant: int | None) -> None:
    tx.run("SELECT set_config('app.tenant', :tenant, true)", tenant="" if tenant is None else str(tenant))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE visit SET patient_id = :ann, rev = rev + 1",
        "UPDATE visit SET place_id = :place, rev = rev + 1",
        "INSERT INTO consent (party_id, channel, granted, source, at) VALUES (:ann, 'sms', true, 'test', :now)",
        "INSERT INTO credential (clinician_id, code) VALUES (:nora, 'RN')",
        "INSERT INTO pair_rule (patient_id, clinician_id, kind) SELECT id, :nora, 'barred' FROM party",
        """INSERT INTO inbox (branch_id, service_date, source, source_id, kind, body, body_sha, occurred_at,
                  received_at)
           VALUES (:branch, '2026-03-24', 'test', '9', 'cancellation', '{}', '', :now, :now)""",
        """INSERT INTO occupancy (layer, subject_id, position, clinician_id, busy, subject_rev, plan_version)
           VALUES ('visit', 1, 1, :nora, tstzrange('2026-03-24 08:00', '2026-03-24 09:00'), 1, 1)""",
        "INSERT INTO branch_seq (branch_id, last) VALUES (:branch, 1)",
    ],
)
def test_one_agency_cannot_point_at_anothers_rows(tx: Tx, branch: Branch, visit: VisitId, statement: str) -> None:
    as_tenant(tx, OTHER_TENANT)
    tx.run("INSERT INTO agency (tenant, name) VALUES (2, 'Elsewhere')")
    elsewhere = make_branch(tx)
    add_visit(tx, elsewhere, elsewhere.ann, "09:00")
    own = (
        f"{statement} WHERE tenant = app_tenant()" if "UPDATE" in statement or "FROM party" in statement else statement
    )
    facts = {"ann": branch.ann, "nora": branch.nora, "place": branch.place, "branch": branch.id}
    used = {name: value for name, value in facts.items() if f":{name}" in own}
    refused(tx, FOREIGN_KEY, lambda: tx.run(own, **used))


def test_every_reference_between_tables_carries_the_tenant(tx: Tx) -> None:
    references = tx.rows(
        """SELECT conrelid::regclass::text AS tbl, pg_get_constraintdef(oid) AS what FROM pg_constraint
           WHERE contype = 'f' AND connamespace = 'public'::regnamespace"""
    )
    assert len(references) > 40
    loose = [f"{r['tbl']}: {r['what']}" for r in references if not r["what"].startswith("FOREIGN KEY (tenant, ")]
    assert loose == []
    assert [r["what"] for r in references if "(tenant, " not in r["what"].split("REFERENCES")[1]] == []


@pytest.mark.parametrize("tenant", [None, OTHER_TENANT])
def test_without_its_tenant_nothing_of_an_agency_is_found(agency: Riverbend, day_tx: Tx, tenant: int | None) -> None:
    branch = agency.branch(day_tx)
    later = replace(day_tx, now=at("12:00"))
    assert min(found_of(later, branch)) > 0
    as_tenant(day_tx, tenant)
    assert max(found_of(later, branch)) == 0


def found_of(tx: Tx, branch: people.Branch) -> list[int]:
    """How much the store finds of the published day, asked in many ways."""
    return [
        len(branches.all_branches(tx)),
        lookups.clinician(tx, "E-01") is not None,
        len(day_of_store.load_day(tx, branch, THE_DAY).visits),
        len(day_of_store.load_day(tx, branch, THE_DAY).clinicians),
        len(facts.rows_at(tx, branch.id, THE_DAY, 1)),
        facts.plan_versions(tx, branch.id, THE_DAY),
        facts.first_pass(tx, branch.id, THE_DAY).positions,
        len(load_contacts(tx, branch.id, THE_DAY).parties),
        len(cases.still_open(tx, branch.id, THE_DAY)),
        len(events.of_day(tx, branch.id, THE_DAY)),
        len(audit.latest(tx)),
        touches.next_due(tx) is not None,
        len(touches.claim(tx, 10, 60)),
    ]


def test_without_a_tenant_nothing_can_be_written(tx: Tx, branch: Branch) -> None:
    as_tenant(tx, None)
    tables = tx.rows(
        """SELECT tablename FROM pg_tables
           WHERE schemaname = 'public' AND tablename NOT IN ('alembic_version', 'failed_try')"""
    )
    assert len(tables) >= 35
    for table in [r["tablename"] for r in tables]:
        values = "(token_hash) VALUES ('hash')" if table == "patient_token" else "DEFAULT VALUES"
        refused(tx, NOT_ALLOWED, lambda: tx.run(f"INSERT INTO {table} {values}"), f'policy for table "{table}"')  # noqa: B023
