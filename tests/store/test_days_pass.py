"""What only comes with the days: a hold that no one lifts for a week, a credential that runs out."""

from datetime import date, timedelta
from typing import Any

import pytest
from tests.store.a_branch import THE_DAY, Branch, add_visit, at, make_branch

from suture.model.ids import VisitId
from suture.outreach.policy import OutreachPolicy
from suture.service.clock import VirtualClock
from suture.service.days_pass import look_again
from suture.store.transaction import Tx

POLICY = OutreachPolicy()


@pytest.fixture
def branch(tx: Tx) -> Branch:
    return make_branch(tx)


@pytest.fixture
def visit(tx: Tx, branch: Branch) -> VisitId:
    """Ann's, on March 24."""
    return add_visit(tx, branch, branch.ann, "09:00")


def on(tx: Tx, day: date, clock: str = "08:00") -> Tx:
    """The same transaction at another time."""
    return Tx(tx.conn, at(clock, day))


def put_on_hold(tx: Tx, visit: VisitId, day: date) -> None:
    tx.run("UPDATE visit SET held = true, held_at = :at, rev = rev + 1 WHERE id = :id", id=visit, at=at("10:00", day))


def open_cases(tx: Tx) -> list[dict[str, Any]]:
    return [
        dict(r)
        for r in tx.rows(
            """SELECT kind, service_date, subject_kind, subject_id, band, reasons FROM exception_case
               WHERE state = 'open' ORDER BY id"""
        )
    ]


def events(tx: Tx) -> list[str]:
    return [r["kind"] for r in tx.rows("SELECT kind FROM event ORDER BY seq")]


# holds ----------------------------------------------------------------------------------------------

MARCH_14 = date(2026, 3, 14)


def test_a_visit_on_hold_for_a_week_is_reviewed_once_whatever_its_patient_was_told(tx, branch, visit):
    put_on_hold(tx, visit, MARCH_14)
    assert look_again(on(tx, date(2026, 3, 21), "09:59"), POLICY) == 0
    assert look_again(on(tx, date(2026, 3, 21), "10:00"), POLICY) == 1
    [case] = open_cases(tx)
    assert (case["kind"], case["subject_id"], case["service_date"]) == ("on_hold_review", visit, THE_DAY)
    assert [r["code"] for r in case["reasons"]] == ["held.long"]
    for later in (date(2026, 3, 21), date(2026, 3, 22)):
        assert look_again(on(tx, later, "11:00"), POLICY) == 0
    assert look_again(on(tx, date(2026, 3, 21), "09:30"), POLICY) == 0, "a clock that goes back changes nothing"
    assert len(open_cases(tx)) == 1 and events(tx) == ["case.opened"]


def test_a_visit_whose_day_is_over_is_on_every_board_until_it_is_off_hold(tx, branch, visit):
    put_on_hold(tx, visit, date(2026, 3, 20))
    assert look_again(on(tx, date(2026, 3, 27), "10:00"), POLICY) == 1
    [case] = open_cases(tx)
    assert case["service_date"] is None and case["band"] == "low"
    tx.run("UPDATE visit SET held = false, held_at = NULL, rev = rev + 1 WHERE id = :id", id=visit)
    assert look_again(on(tx, date(2026, 3, 27), "11:00"), POLICY) == 1
    assert open_cases(tx) == [] and events(tx) == ["case.opened", "case.closed"]


def test_a_second_hold_is_another_week(tx, branch, visit):
    put_on_hold(tx, visit, date(2026, 3, 1))
    look_again(on(tx, date(2026, 3, 20)), POLICY)
    tx.run("UPDATE exception_case SET state = 'closed', closed_at = :now")
    put_on_hold(tx, visit, MARCH_14)
    assert look_again(on(tx, date(2026, 3, 20)), POLICY) == 0
    assert look_again(on(tx, date(2026, 3, 21), "10:00"), POLICY) == 1


def test_a_visit_that_is_off_hold_or_closed_is_not_reviewed(tx, branch, visit):
    put_on_hold(tx, visit, MARCH_14)
    tx.run("UPDATE visit SET status = 'cancelled', cancelled_by = 'agency', cancelled_at = :now, rev = rev + 1")
    assert look_again(on(tx, THE_DAY), POLICY) == 0
    tx.run("UPDATE visit SET status = 'scheduled', held = false, rev = rev + 1")
    assert look_again(on(tx, THE_DAY), POLICY) == 0


def test_the_policy_says_how_many_days(tx, branch, visit):
    put_on_hold(tx, visit, MARCH_14)
    three = OutreachPolicy.model_validate({"watch": {"hold_days": 3}})
    assert look_again(on(tx, date(2026, 3, 17), "10:00"), three) == 1


# credentials ----------------------------------------------------------------------------------------

UNTIL = date(2026, 4, 20)


def credential(tx: Tx, clinician: int, until: date, code: str = "RN", number: str = "1") -> None:
    tx.run(
        """INSERT INTO credential (clinician_id, code, number, valid_from, valid_until)
           VALUES (:id, :code, :number, '2020-01-01', :until)""",
        id=clinician,
        code=code,
        number=number,
        until=until,
    )


def test_a_credential_has_a_case_thirty_days_before_its_end_on_every_board_and_it_gets_louder(tx, branch):
    credential(tx, branch.nora, UNTIL)
    assert look_again(on(tx, UNTIL - timedelta(days=31)), POLICY) == 0
    assert look_again(on(tx, UNTIL - timedelta(days=30)), POLICY) == 1
    [case] = open_cases(tx)
    assert (case["subject_kind"], case["subject_id"], case["service_date"]) == ("clinician", branch.nora, None)
    assert [r["code"] for r in case["reasons"]] == ["credential.license_expires"]

    def severity_on(day: date) -> float:
        assert look_again(on(tx, day), POLICY) == 0, "refreshed, not opened again"
        [row] = tx.rows("SELECT severity FROM exception_case WHERE state = 'open'")
        return float(row["severity"])

    days = [15, 14, 8, 7, 1, 0, -1]
    assert [severity_on(UNTIL - timedelta(days=n)) for n in days] == [1, 2, 2, 3, 4.5, 9, 24]
    [case] = open_cases(tx)
    assert case["band"] == "high" and [r["code"] for r in case["reasons"]] == ["credential.license_expired"]
    assert events(tx) == ["case.opened"]


def test_it_closes_when_it_is_renewed_and_not_before(tx, branch):
    credential(tx, branch.nora, UNTIL)
    look_again(on(tx, UNTIL), POLICY)
    assert look_again(on(tx, UNTIL + timedelta(days=60)), POLICY) == 0
    assert len(open_cases(tx)) == 1, "two months later it has still ended"
    credential(tx, branch.nora, UNTIL + timedelta(days=365), number="2")
    assert look_again(on(tx, UNTIL + timedelta(days=60)), POLICY) == 1
    assert open_cases(tx) == []
    [case] = tx.rows("SELECT closed_why FROM exception_case")
    assert case["closed_why"]["code"] == "closed.renewed"


def test_what_ended_long_before_anyone_watched_is_no_case(tx, branch):
    credential(tx, branch.nora, UNTIL)
    assert look_again(on(tx, UNTIL + timedelta(days=8)), POLICY) == 0
    assert look_again(on(tx, UNTIL + timedelta(days=7)), POLICY) == 1


def test_one_case_a_clinician_whatever_number_of_credentials_the_first_to_end_first(tx, branch):
    credential(tx, branch.nora, UNTIL, "iv")
    credential(tx, branch.nora, UNTIL - timedelta(days=3), "RN")
    credential(tx, branch.judith, UNTIL, "iv")
    assert look_again(on(tx, UNTIL - timedelta(days=10)), POLICY) == 2
    noras, judiths = open_cases(tx)
    assert [r["code"] for r in noras["reasons"]] == ["credential.license_expires", "credential.expires"]
    assert judiths["subject_id"] == branch.judith


def test_who_has_left_needs_no_credential(tx, branch):
    credential(tx, branch.nora, UNTIL)
    look_again(on(tx, UNTIL), POLICY)
    tx.run("UPDATE clinician SET status = 'terminated' WHERE party_id = :id", id=branch.nora)
    assert look_again(on(tx, UNTIL), POLICY) == 1 and open_cases(tx) == []


def test_an_hour_back_over_midnight_and_forward_again_opens_nothing_twice(tx, branch):
    credential(tx, branch.nora, UNTIL)
    mark = UNTIL - timedelta(days=30)
    for day, clock in ((mark, "00:10"), (mark - timedelta(days=1), "23:10"), (mark, "00:10"), (mark, "01:10")):
        look_again(on(tx, day, clock), POLICY)
    assert len(open_cases(tx)) == 1
    assert events(tx) == ["case.opened", "case.closed", "case.opened"]


def test_another_branch_takes_the_case_over(tx, branch, clock: VirtualClock):
    credential(tx, branch.nora, UNTIL)
    look_again(on(tx, UNTIL), POLICY)
    other = tx.scalar(
        """INSERT INTO branch (external_id, name, phone, tz, place_id)
           SELECT 'DUBLIN', 'Dublin', '+16145550101', tz, place_id FROM branch RETURNING id"""
    )
    tx.run("UPDATE clinician SET branch_id = :other WHERE party_id = :id", other=other, id=branch.nora)
    look_again(on(tx, UNTIL), POLICY)
    rows = tx.rows("SELECT branch_id, state FROM exception_case ORDER BY id")
    assert [(r["branch_id"], r["state"]) for r in rows] == [(branch.id, "closed"), (other, "open")]
