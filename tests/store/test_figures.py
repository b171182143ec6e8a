"""The figures of a played morning: they add up, and they count real faults.

The three counts that must be 0 are recounted from rows. Here each fault is planted into the rows of the finished day,
with the constraint that forbids it taken away first, and seen to be counted once.
"""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.exc import IntegrityError
from tests.conftest import clone
from tests.store.a_played_morning import Evening, PlayedMorning, a_played_morning
from tests.store.a_riverbend import THE_DAY, Riverbend, at

from suture.model.day import ConfirmationState
from suture.model.ids import PartyId
from suture.model.messages import Channel
from suture.model.plan import Assignment
from suture.service.recheck import OFF_DUTY, hard_rule_breaches
from suture.store import facts
from suture.store.embedded import SUPERUSER, EmbeddedPostgres
from suture.store.transaction import open_engine


@pytest.fixture(scope="module")
def played(postgres: EmbeddedPostgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[PlayedMorning]:
    """The morning, played once for all these tests; it takes some ten seconds."""
    folder: Path = tmp_path_factory.mktemp("morning")
    engine: Engine = open_engine(clone(postgres, login=SUPERUSER))  # constraints are dropped in between
    with a_played_morning(engine, folder) as morning:
        yield morning
    engine.dispose()


@pytest.fixture
def evening(played: PlayedMorning) -> Iterator[Evening]:
    """The finished day, to be spoilt and rolled back."""
    with played.rolled_back() as open_evening:
        yield open_evening


@pytest.fixture
def stop(evening: Evening) -> Assignment:
    """A visit that stands in the plan to the last and was never begun."""
    [first, *_] = evening.waiting_visits()
    return first


# figures --------------------------------------------------------------------------------------------


def test_every_position_was_assigned_or_is_an_exception(played: PlayedMorning) -> None:
    f = played.figures
    assert f["visits"] == f["assigned_first_pass"] + f["exceptions_first_pass"] == 34
    assert f["clinicians"] == 6


def test_every_visit_of_the_nurse_was_reassigned_or_is_uncovered_with_a_case(
    played: PlayedMorning, evening: Evening
) -> None:
    hit = played.figures["call_out"]
    assert hit["visits_hit"] == hit["reassigned"] + hit["uncovered"] > 0
    version = evening.tx.scalar("SELECT min(version) FROM decision WHERE jsonb_array_length(hit) > 0")
    before, after = evening.rows(version - 1), evening.rows(version)
    nurse = evening.tx.scalar("SELECT id FROM party WHERE external_id = :e", e=hit["clinician"])
    hers = {key for key, a in before.items() if a.clinician_id == nurse}
    assert len(hers) == hit["visits_hit"], "she had not begun"
    assert len(hers & after.keys()) == hit["reassigned"]
    moved = [
        k for k in before.keys() & after.keys() - hers if _for_the_patient(before[k]) != _for_the_patient(after[k])
    ]
    assert len(moved) == hit["others_moved"]


def _for_the_patient(a: Assignment) -> tuple[object, ...]:
    return a.clinician_id, a.told


def test_every_question_was_confirmed_declined_or_not_answered(played: PlayedMorning) -> None:
    asked = played.figures["confirmations"]
    assert asked["asked"] == asked["confirmed"] + asked["declined"] + asked["silent"] > 0
    assert asked["confirmed"] > 0


def test_the_funnel_counts_the_same_questions_by_the_channel_that_last_asked(played: PlayedMorning) -> None:
    asked, by_channel = played.figures["confirmations"], played.figures["funnel"]
    for counted in (by_channel, played.figures["funnel_by_lead"]):
        totals = {part: sum(f[part] for f in counted.values()) for part in ("sent", "yes", "no")}
        assert totals == {"sent": asked["asked"], "yes": asked["confirmed"], "no": asked["declined"]}
    assert {"sms", "email"} <= {channel for channel, f in by_channel.items() if f["sent"]}
    for f in by_channel.values():
        assert f["sent"] >= f["delivered"] >= f["answered"] >= f["yes"] + f["no"]


def test_a_question_has_arrived_when_a_receipt_says_so_or_none_can_come(evening: Evening) -> None:
    tx, branch = evening.tx, evening.branch.id

    def arrived(channel: Channel) -> int:
        silent = [a for a in facts.asked(tx, branch, THE_DAY) if a.answer is ConfirmationState.NEEDS_ACTION]
        return sum(a.delivered for a in silent if a.channel is channel)

    texts = arrived(Channel.SMS)
    assert texts > 3
    tx.run("UPDATE message_attempt SET sender_id = NULL, delivery = ''")
    assert arrived(Channel.SMS) == texts, "a console sends no receipts"
    connection = tx.scalar("INSERT INTO connection (name, provider, hook_id) VALUES ('a', 'b', 'c') RETURNING id")
    sender = tx.scalar(
        """INSERT INTO sender (connection_id, channel, audience, address) VALUES (:c, 'sms', 'everyone', '')
           RETURNING id""",
        c=connection,
    )
    mails = arrived(Channel.EMAIL)
    tx.run("UPDATE message_attempt SET sender_id = :sender", sender=sender)
    assert (arrived(Channel.SMS), arrived(Channel.EMAIL)) == (0, mails), "accepted is not delivered"
    for delivery, count in (("sent", 0), ("failed", 0), ("delivered", texts)):
        tx.run("UPDATE message_attempt SET delivery = :delivery", delivery=delivery)
        assert arrived(Channel.SMS) == count


def test_messages_are_those_that_were_sent(played: PlayedMorning, evening: Evening) -> None:
    told = played.figures["messages"]
    sent = evening.tx.scalar("SELECT count(*) FROM touch WHERE state = 'sent'")
    accepted = evening.tx.scalar("SELECT count(*) FROM message_attempt WHERE outcome = 'accepted'")
    assert sum(told[channel] for channel in ("email", "sms", "push", "voice")) == sent == accepted > 34


def test_the_gate_and_what_is_late_are_counted_from_the_rows(played: PlayedMorning, evening: Evening) -> None:
    gate, late = played.figures["gate"], played.figures["late_signals"]
    aides = evening.tx.scalar(
        "SELECT count(*) FROM visit WHERE service_code = 'HHA_CARE' AND service_date = :d", d=THE_DAY
    )
    assert gate["held"] == aides > 0, "nobody had been asked when the day was published"
    assert 0 < gate["released"] <= aides and 0 < gate["leak"] <= 1
    for kind in ("late_start", "no_check_out", "no_reply"):
        assert late[kind] == evening.tx.scalar("SELECT count(*) FROM inbox WHERE kind = :k", k=kind)
    assert late["late_start"] > 0 and late["no_reply"] > 0
    at_risk = evening.tx.scalar("SELECT count(*) FROM exception_case WHERE kind = 'promise_at_risk'")
    assert late["promise_at_risk"] == at_risk


def test_the_open_shift_finds_no_clinician_and_is_offered_by_itself_to_who_could_take_it(evening: Evening) -> None:
    [case] = evening.tx.rows("SELECT subject_id, opened_at FROM exception_case WHERE kind = 'uncovered_shift'")
    assert case["opened_at"] == at("07:40")
    [first, *_] = evening.tx.rows("SELECT * FROM offer WHERE visit_id = :v ORDER BY id", v=case["subject_id"])
    assert (first["opened_at"], first["by_person"]) == (at("07:45"), False)
    asked = evening.tx.rows(
        """SELECT p.external_id, t.channel, t.state FROM offer_candidate c
           JOIN party p ON p.id = c.clinician_id
           JOIN touch t ON t.step = 's.offer' AND t.subject_id = c.offer_id AND t.party_id = p.id
           WHERE c.offer_id = :offer ORDER BY p.external_id""",
        offer=first["id"],
    )
    assert [(a["external_id"], a["channel"], a["state"]) for a in asked] == [
        ("E-02", "sms", "sent"),
        ("E-03", "sms", "sent"),
    ]


def test_offers_are_counted_from_the_log_as_their_rows_say(played: PlayedMorning, evening: Evening) -> None:
    rows = evening.tx.rows("SELECT state, count(*) AS n FROM offer_candidate GROUP BY state")
    by_state = {r["state"]: r["n"] for r in rows}
    names = {"accepted": "accepted", "declined": "rejected", "timeout": "timeout", "rescinded": "rescinded"}
    counted = played.figures["offers"]
    assert counted == {
        "sent": sum(by_state.values()),
        **{name: by_state.get(state, 0) for name, state in names.items()},
    }
    assert counted["sent"] > 0 and counted["accepted"] == 1, "by a text"


def test_the_three_numbers_are_shares_and_seconds(played: PlayedMorning) -> None:
    m = played.figures["metrics"]
    assert 0 <= m["fill_delivered"] <= m["fill_auto"] <= 1
    assert 0 <= m["fill_accepted"] <= 1
    assert 0 <= m["no_show_rate"] < 0.2
    waits = m["time_to_reassign_s"]
    assert 0 < waits["p50"] <= (waits["p90"] or waits["p50"])  # null where one in ten never said yes
    assert 0 <= waits["unresolved"] <= 1


def test_versions_are_numbered_without_gaps(played: PlayedMorning, evening: Evening) -> None:
    versions = [r["version"] for r in evening.tx.rows("SELECT version FROM plan ORDER BY version")]
    assert versions == list(range(1, played.figures["plan_versions"] + 1))
    assert len(versions) > 5, "the day was repaired several times"
    assert evening.tx.scalar("SELECT count(*) FROM decision") == len(versions)


def test_nothing_was_lost_doubled_or_broken(played: PlayedMorning, evening: Evening) -> None:
    f = played.figures
    assert (f["lost_visits"], f["messages"]["duplicates"], f["hard_rule_breaches"]) == (0, 0, 0) == evening.counts


# a day that nobody planned ---------------------------------------------------------------------------


def test_a_day_that_no_one_has_planned_counts_nothing(riverbend: Riverbend) -> None:
    with riverbend.caller.transaction() as tx:
        for table in ("touch", "occupancy", "decision", "assignment", "plan_head", "plan", "exception_case"):
            tx.run(f"DELETE FROM {table}")
        branch = riverbend.branch(tx)
        assert facts.first_pass(tx, branch.id, THE_DAY).positions == 34
        assert facts.lost_visits(tx, branch.id, THE_DAY) == 0
        assert facts.duplicate_messages(tx, branch.id, THE_DAY) == 0
        assert hard_rule_breaches(tx, riverbend.caller.tools, branch, THE_DAY) == []


def test_a_planned_day_without_its_rows_has_lost_every_position(agency: Riverbend, day_tx) -> None:
    day_tx.run("DELETE FROM assignment")
    assert facts.lost_visits(day_tx, agency.branch(day_tx).id, THE_DAY) == 34


# lost visits ----------------------------------------------------------------------------------------


def test_a_visit_without_a_row_is_lost(evening: Evening, stop: Assignment) -> None:
    evening.tx.run("DELETE FROM assignment WHERE visit_id = :visit AND to_version IS NULL", visit=stop.key.visit_id)
    assert evening.counts == (1, 0, 0)


def test_a_visit_whose_row_was_ended_and_not_followed_is_lost(evening: Evening, stop: Assignment) -> None:
    version = evening.next_version()
    evening.tx.run(
        "UPDATE assignment SET to_version = :version WHERE visit_id = :visit AND to_version IS NULL",
        version=version,
        visit=stop.key.visit_id,
    )
    assert evening.counts == (1, 0, 0)


def test_an_uncovered_visit_whose_case_was_closed_by_hand_is_lost(evening: Evening) -> None:
    closed = evening.tx.run(
        """UPDATE exception_case SET state = 'closed', closed_at = :now, closed_why = '"by hand"'
           WHERE id = (SELECT min(id) FROM exception_case WHERE kind = 'uncovered_visit' AND state = 'open')"""
    )
    assert closed == 1
    assert evening.counts == (1, 0, 0)


def test_an_open_case_of_another_group_does_not_cover_a_visit(evening: Evening) -> None:
    evening.tx.run(
        """UPDATE exception_case SET kind = 'patient_declined'
           WHERE id = (SELECT min(id) FROM exception_case WHERE kind = 'uncovered_visit' AND state = 'open')"""
    )
    assert evening.counts == (1, 0, 0)


def test_a_seat_of_a_visit_for_two_carers_is_lost_by_itself(evening: Evening, stop: Assignment) -> None:
    evening.tx.run("UPDATE visit SET positions = 2, rev = rev + 1 WHERE id = :visit", visit=stop.key.visit_id)
    assert evening.lost == 1


# duplicate messages ---------------------------------------------------------------------------------


def _accepted_once_more(evening: Evening, touch_id: int) -> None:
    evening.tx.run(
        """INSERT INTO message_attempt (touch_id, attempt_no, provider, request_sha, started_at, outcome)
           VALUES (:touch, 99, 'test', '', :now, 'accepted')""",
        touch=touch_id,
    )


@pytest.fixture
def sent_touch(evening: Evening) -> int:
    touch_id: int = evening.tx.scalar("SELECT min(id) FROM touch WHERE state = 'sent' AND subject = 'visit'")
    return touch_id


def test_a_second_accepted_attempt_is_a_duplicate(evening: Evening, sent_touch: int) -> None:
    with pytest.raises(IntegrityError, match="one_live_attempt"), evening.tx.conn.begin_nested():
        _accepted_once_more(evening, sent_touch)
    evening.tx.run("DROP INDEX one_live_attempt")
    _accepted_once_more(evening, sent_touch)
    assert evening.counts == (0, 1, 0)


def test_a_second_touch_for_the_same_step_that_was_accepted_is_a_duplicate(evening: Evening, sent_touch: int) -> None:
    copied = """branch_id, service_date, subject, subject_id, subject_rev, party_id, step, ordinal, channel, priority,
                due_at, not_after, state, planned_at"""
    again = f"INSERT INTO touch ({copied}) SELECT {copied} FROM touch WHERE id = :touch RETURNING id"
    with pytest.raises(IntegrityError, match="touch_tenant_subject"), evening.tx.conn.begin_nested():
        evening.tx.scalar(again, touch=sent_touch)
    [key] = evening.tx.rows("SELECT conname FROM pg_constraint WHERE conrelid = 'touch'::regclass AND contype = 'u'")
    evening.tx.run(f"ALTER TABLE touch DROP CONSTRAINT {key['conname']}")
    _accepted_once_more(evening, evening.tx.scalar(again, touch=sent_touch))
    assert evening.counts == (0, 1, 0)


def test_an_attempt_that_failed_is_no_duplicate(evening: Evening, sent_touch: int) -> None:
    evening.tx.run(
        """INSERT INTO message_attempt (touch_id, attempt_no, provider, request_sha, started_at, outcome)
           VALUES (:touch, 99, 'test', '', :now, 'transient')""",
        touch=sent_touch,
    )
    assert evening.duplicates == 0


# breaches of hard rules -------------------------------------------------------------------------------


def found(evening: Evening) -> list[tuple[int, str, int | None]]:
    """Version, rule and clinician of every breach."""
    return [(version, v.rule, v.clinician_id) for version, v in evening.breaches]


def test_a_new_clinician_who_does_everything_right_breaks_nothing(evening: Evening, stop: Assignment) -> None:
    wren = evening.a_new_clinician(stop.key.visit_id)
    evening.plant(stop, evening.next_version(), clinician_id=wren)
    assert evening.counts == (0, 0, 0)


def test_a_clinician_without_the_credential_is_found(evening: Evening, stop: Assignment) -> None:
    wren = evening.a_new_clinician(stop.key.visit_id)
    evening.tx.run("UPDATE credential SET valid_until = '2026-03-23' WHERE clinician_id = :wren", wren=wren)
    version = evening.next_version()
    evening.plant(stop, version, clinician_id=wren)
    assert found(evening) == [(version, "not_eligible", wren)]
    assert evening.counts == (0, 0, 1)


def test_a_forbidden_pair_is_found(evening: Evening, stop: Assignment) -> None:
    wren = evening.a_new_clinician(stop.key.visit_id)
    evening.tx.run(
        """INSERT INTO pair_rule (patient_id, clinician_id, kind)
           SELECT patient_id, :wren, 'barred' FROM visit WHERE id = :v""",
        wren=wren,
        v=stop.key.visit_id,
    )
    version = evening.next_version()
    evening.plant(stop, version, clinician_id=wren)
    assert found(evening) == [(version, "not_eligible", wren)]


@pytest.mark.parametrize("side", ["before", "after"])
def test_a_start_outside_the_window_is_found(evening: Evening, stop: Assignment, side: str) -> None:
    wren = evening.a_new_clinician(stop.key.visit_id)
    earliest, latest = evening.window(stop.key.visit_id)
    starts_at = earliest - timedelta(minutes=1) if side == "before" else latest + timedelta(minutes=1)
    version = evening.next_version()
    evening.plant(stop, version, clinician_id=wren, starts_at=starts_at, ends_at=starts_at + _length(stop))
    assert found(evening) == [(version, "window", wren)]
    assert evening.counts == (0, 0, 1)


def test_two_visits_closer_together_than_the_way_between_them_are_found(evening: Evening) -> None:
    """No constraint knows of travel: only the recheck does."""
    first, second = _at_two_places(evening)
    wren = evening.a_new_clinician(first.key.visit_id)
    _may_do(evening, wren, second)
    version = evening.next_version()
    ready = first.ends_at + timedelta(minutes=5)
    evening.plant(first, version, clinician_id=wren)
    evening.plant(second, version, clinician_id=wren, starts_at=ready, ends_at=ready + _length(second))
    _widen(evening, second)
    assert found(evening) == [(version, "travel", wren)]
    assert evening.counts == (0, 0, 1)


def test_a_start_that_passed_with_no_one_there_is_no_decision_of_later_versions(evening: Evening) -> None:
    """As of a visit that its patient declined: the visit before it may end later than planned, and nobody drives."""
    first, second = _at_two_places(evening)
    wren = evening.a_new_clinician(first.key.visit_id)
    _may_do(evening, wren, second)
    _widen(evening, second)
    version = evening.next_version()
    ready = first.ends_at + timedelta(minutes=5)
    evening.plant(first, version, clinician_id=wren)
    evening.plant(second, version, clinician_id=wren, starts_at=ready, ends_at=ready + _length(second))
    later = evening.next_version()
    assert found(evening) == [(version, "travel", wren)]
    moved = ready + timedelta(minutes=1)
    evening.plant(second, later, clinician_id=wren, starts_at=moved, ends_at=moved + _length(second))
    assert found(evening) == [(version, "travel", wren), (later, "travel", wren)]


def test_one_clinician_in_two_places_is_refused_and_without_the_constraint_found(evening: Evening) -> None:
    first, second = _at_two_places(evening)
    wren = evening.a_new_clinician(first.key.visit_id)
    _may_do(evening, wren, second)
    _widen(evening, second)
    version = evening.next_version()
    both = {"clinician_id": wren, "starts_at": first.starts_at}
    evening.plant(first, version, **both)
    evening.plant(second, version, **both, ends_at=first.starts_at + _length(second))
    claim = """UPDATE occupancy SET clinician_id = :wren, busy = tstzrange(:start, :end)
               WHERE layer = 'visit' AND subject_id = ANY(:visits)"""
    facts_of_both = {"wren": wren, "start": first.starts_at, "end": first.ends_at}
    visits = [first.key.visit_id, second.key.visit_id]
    with pytest.raises(IntegrityError, match="one_place_at_a_time"), evening.tx.conn.begin_nested():
        assert evening.tx.run(claim, visits=visits, **facts_of_both) == 2
        evening.tx.run("SET CONSTRAINTS ALL IMMEDIATE")
    evening.tx.run("ALTER TABLE occupancy DROP CONSTRAINT one_place_at_a_time")
    evening.tx.run(claim, visits=visits, **facts_of_both)
    assert found(evening) == [(version, "travel", wren)]
    assert evening.counts == (0, 0, 1)


def test_more_hours_than_the_week_allows_are_found(evening: Evening, stop: Assignment) -> None:
    wren = evening.a_new_clinician(stop.key.visit_id, max_weekly_min=10)
    version = evening.next_version()
    evening.plant(stop, version, clinician_id=wren)
    assert found(evening) == [(version, "limit:weekly-hours", wren)]
    assert evening.counts == (0, 0, 1)


def test_a_visit_that_ends_after_the_shift_is_found(evening: Evening, stop: Assignment) -> None:
    ends = (stop.ends_at - timedelta(minutes=1)).astimezone(evening.zone)
    wren = evening.a_new_clinician(stop.key.visit_id, until=f"{ends:%H:%M}")
    version = evening.next_version()
    evening.plant(stop, version, clinician_id=wren)
    assert found(evening) == [(version, "shift_end", wren)]


def test_a_visit_during_an_absence_is_found(evening: Evening, stop: Assignment) -> None:
    wren = evening.a_new_clinician(stop.key.visit_id)
    evening.is_away(wren, stop.starts_at - timedelta(hours=1), stop.ends_at + timedelta(hours=1))
    version = evening.next_version()
    evening.plant(stop, version, clinician_id=wren)
    assert found(evening) == [(version, OFF_DUTY, wren)]
    assert evening.counts == (0, 0, 1)


def test_a_visit_given_back_to_the_nurse_who_called_out_is_found(evening: Evening, stop: Assignment) -> None:
    away = "SELECT clinician_id FROM availability WHERE source LIKE 'version:%' AND kind = 'unavailable'"
    nurse: int = evening.tx.scalar(away)
    later = evening.next_version()
    evening.plant(stop, later, clinician_id=nurse)
    assert (later, OFF_DUTY, nurse) in found(evening)
    assert evening.version == later


def test_a_fault_is_told_with_the_version_that_had_it_and_no_other(evening: Evening) -> None:
    """Also where the visit was done on time in the end: that does not make the plan of that version right."""
    done_on_time = _done_as_first_planned(evening)
    wren = evening.a_new_clinician(done_on_time.key.visit_id)
    evening.tx.run("DELETE FROM credential WHERE clinician_id = :wren", wren=wren)
    for version in (1, 2):
        with evening.tx.conn.begin_nested() as savepoint:
            evening.plant(done_on_time, version, clinician_id=wren)
            assert found(evening) == [(version, "not_eligible", wren)]
            savepoint.rollback()
    assert found(evening) == []


def test_what_a_person_decided_is_no_automatic_assignment(evening: Evening, stop: Assignment) -> None:
    wren = evening.a_new_clinician(stop.key.visit_id)
    evening.tx.run("DELETE FROM credential WHERE clinician_id = :wren", wren=wren)
    evening.plant(stop, evening.next_version(), clinician_id=wren, source="human")
    assert evening.counts == (0, 0, 0)


def _length(stop: Assignment) -> timedelta:
    return stop.ends_at - stop.starts_at


def _at_two_places(evening: Evening) -> tuple[Assignment, Assignment]:
    first, *others = evening.waiting_visits()
    place = {r["id"]: r["place_id"] for r in evening.tx.rows("SELECT id, place_id FROM visit")}
    second = next(a for a in others if place[a.key.visit_id] != place[first.key.visit_id])
    return first, second


def _may_do(evening: Evening, clinician: PartyId, stop: Assignment) -> None:
    """The clinician gets what the visit asks for, and it may be done by any role."""
    evening.tx.run(
        """INSERT INTO credential (clinician_id, code, valid_from, valid_until)
           SELECT :clinician, unnest(required_skills), '2020-01-01', '2030-01-01' FROM visit WHERE id = :visit
           ON CONFLICT DO NOTHING""",
        clinician=clinician,
        visit=stop.key.visit_id,
    )
    evening.tx.run("UPDATE service SET roles = '{RN,LPN,PT,HHA}'")


def _widen(evening: Evening, stop: Assignment) -> None:
    """The visit may be done at any time of the day."""
    evening.tx.run(
        """UPDATE visit SET earliest_start = '2026-03-24 06:00-04', latest_start = '2026-03-24 17:00-04',
                  latest_end = '2026-03-24 18:00-04', rev = rev + 1 WHERE id = :visit""",
        visit=stop.key.visit_id,
    )


def _done_as_first_planned(evening: Evening) -> Assignment:
    """A visit that was done by whom and when version 1 said, and never moved between."""
    rows = evening.tx.rows(
        """SELECT v.id FROM visit v JOIN assignment a ON a.tenant = v.tenant AND a.visit_id = v.id
           WHERE v.service_date = :day AND v.status = 'completed' AND a.from_version = 1
             AND (a.to_version IS NULL OR a.to_version > 3) AND a.starts_at = v.started_at ORDER BY v.id LIMIT 1""",
        day=THE_DAY,
    )
    return next(a for key, a in evening.rows(1).items() if key.visit_id == rows[0]["id"])
