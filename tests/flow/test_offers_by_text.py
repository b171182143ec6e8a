"""Texts that answer an offer to take a visit: one winner, no one takes anything by mistake, everyone is told."""

import itertools
from collections.abc import Iterator

import pytest
from tests.flow.a_web_morning import at
from tests.flow.an_offer import NUMBERS, OPEN, Asked, people_asked

from suture.model.addresses import address_hash
from suture.model.messages import Channel
from suture.service.receive_reply import ReplyAction
from suture.store.embedded import EmbeddedPostgres
from suture.store.inbox import Arrival, receive_all

_numbers = itertools.count(1)
READ, NO_LONGER_OPEN, YOURS = ReplyAction.UNCLEAR, "s.offer_gone", "s.offer_won"
EACH_HEARS_ONCE = {"E-02": [YOURS], **{other: [NO_LONGER_OPEN] for other in ("E-01", "E-03", "E-04")}}


@pytest.fixture
def morning(postgres: EmbeddedPostgres) -> Iterator[Asked]:
    yield from people_asked(postgres, f"offers_by_text_{next(_numbers)}")


# one open offer -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["1", "Yes", "sí", "👍", "yes thanks"])
def test_a_yes_takes_it_and_everyone_hears_once(morning: Asked, words: str) -> None:
    assert morning.text("E-02", words) is ReplyAction.ANSWERED
    morning.later(5)
    assert (morning.holder(), morning.told()) == ("E-02", EACH_HEARS_ONCE)
    assert morning.answers() == [("E-02", "take", "sms")]


@pytest.mark.parametrize("words", ["2", "no", "no puedo"])
def test_a_no_is_known_and_nothing_more_is_said(morning: Asked, words: str) -> None:
    assert morning.text("E-02", words) is ReplyAction.ANSWERED
    assert morning.states() == {"E-03": "pending", "E-01": "pending", "E-04": "pending", "E-02": "rejected"}
    assert morning.told() == {}


def test_whoever_said_no_may_still_take_it(morning: Asked) -> None:
    morning.text("E-02", "2")
    morning.text("E-02", "1")
    assert (morning.holder(), morning.answers()) == ("E-02", [("E-02", "pass", "sms"), ("E-02", "take", "sms")])


def test_the_same_text_twice_is_one_and_the_same_answer_again_is_no_news(morning: Asked) -> None:
    assert morning.text("E-02", "2") is morning.text("E-02", "2", again=True) is ReplyAction.ANSWERED
    assert morning.text("E-02", "no") is ReplyAction.NOTED
    assert morning.answers() == [("E-02", "pass", "sms")]


def test_a_flood_of_answers_ends_in_one_case(morning: Asked) -> None:
    done = [morning.text("E-02", str(1 + n % 2), decided=False) for n in range(1, 30)]
    assert done.count(ReplyAction.ANSWERED) == len(morning.answers()) == 6
    assert set(done[6:]) <= {READ, ReplyAction.NOTED}
    [why] = morning.cases("limit_reached")
    assert why[0].startswith("This clinician has changed their answer to an offer 6 times.")
    assert morning.to_read() == []


def test_another_time_or_another_day_is_read_by_a_person(morning: Asked) -> None:
    assert morning.text("E-02", "3") is READ
    assert morning.text("E-01", "yes, see you tomorrow") is READ
    assert [case[0] for case in morning.to_read()] == [
        "A text came in. A clinician asks for another time. Read it and call back.",
        "A text came in. It names another day than the one that was asked about. Read it and call back.",
    ]
    assert morning.answers() == []


def test_a_thumb_on_the_offer_is_a_yes_and_a_heart_is_read(morning: Asked) -> None:
    morning.wants("V-91", "17:00", "17:50")
    morning.later(6)
    said = [m.body for m in morning.channels[Channel.SMS].sent.values() if m.to == NUMBERS["E-02"]]
    assert morning.text("E-02", f"Loved “{said[-1]}”") is READ
    assert morning.text("E-02", f"Liked “{said[-1]}”") is ReplyAction.ANSWERED
    assert (morning.holder("V-91"), morning.holder()) == ("E-02", None), "it says which of the two"


# what is asked beside it ----------------------------------------------------------------------------------------------


def test_of_two_open_offers_none_is_guessed(morning: Asked) -> None:
    morning.wants("V-91", "17:00", "17:50")
    morning.later(6)
    assert morning.text("E-02", "1") is ReplyAction.ASKED_BACK
    assert morning.said_to("E-02")[-1] == (
        "more than one visit is open to you. Please open the link of the one you mean. 614-555-0100"
    )
    assert morning.text("E-02", "1") is READ, "that was said already"
    assert [case[1] for case in morning.to_read()] == ["Maybe it means yes."]
    assert morning.answers() == []
    morning.press(morning.page_of("E-02", 2), "pass")
    assert morning.text("E-02", "1") is ReplyAction.ANSWERED, "one is left to answer"
    morning.decide()
    assert (morning.holder(), morning.holder("V-91")) == ("E-02", None)


def test_a_yes_in_words_after_a_new_schedule_is_read_and_a_digit_is_for_the_offer(morning: Asked) -> None:
    morning.run("UPDATE consent SET granted = false WHERE channel = 'email'")
    morning.signal("cancellation", visit=_first_of(morning, "E-02"), by="agency", reason="moved")
    morning.later(3)
    assert "your schedule" in morning.said_to("E-02")[-1]
    assert morning.text("E-02", "ok") is READ
    assert "was sent something else since" in morning.to_read()[0][0]
    assert morning.text("E-02", "1") is ReplyAction.ANSWERED
    assert (morning.holder(), morning.rows("SELECT FROM inbox WHERE kind = 'reply' AND source = 'sms'")) == ("E-02", [])


def test_the_question_whether_someone_calls_out_comes_first(morning: Asked) -> None:
    assert morning.text("E-02", "I'm sick, can't come in") is ReplyAction.ASKED_BACK
    assert morning.text("E-02", "1") is ReplyAction.REPORTED
    assert (morning.answers(), morning.holder()) == ([], None)


def test_a_shared_number_takes_nothing(morning: Asked) -> None:
    _also_has(morning, "P-01", NUMBERS["E-02"])
    assert morning.text("E-02", "1") is READ
    assert morning.to_read() == [
        [
            "A text came in that may answer an offer of a visit. Several people share this number, so no one has taken "
            "it. Read it, call back, and report the answer.",
            "Maybe it means yes.",
        ]
    ]
    assert morning.answers() == []


def test_a_number_that_was_not_asked_takes_nothing(morning: Asked) -> None:
    assert morning.text("E-05", "1") is READ
    assert morning.text("+16145559999", "1") is READ
    morning.run("DELETE FROM address WHERE value = :number", number=NUMBERS["E-02"])
    _also_has(morning, "E-05", NUMBERS["E-02"])
    assert morning.text("E-02", "1") is READ, "it is someone else's by now"
    assert morning.answers() == []


def test_stop_and_an_emergency_come_first_and_whoever_stopped_is_not_asked_again(morning: Asked) -> None:
    assert morning.text("E-03", "call 911") is ReplyAction.EMERGENCY
    assert morning.text("E-02", "STOP") is ReplyAction.SUPPRESSED
    morning.run("UPDATE consent SET granted = false WHERE channel = 'email'")
    morning.wants("V-91", "17:00", "17:50")
    morning.later(6)
    assert set(morning.states(2)) == {"E-03", "E-04"}, "E-02 fits as well"
    assert morning.answers() == []


# a yes that cannot be taken -------------------------------------------------------------------------------------------


def test_a_late_yes_is_told_so_once(morning: Asked) -> None:
    morning.text("E-02", "1")
    assert morning.text("E-01", "1") is ReplyAction.ANSWERED
    assert morning.text("E-01", "ok") is ReplyAction.NOTED
    assert morning.told() == EACH_HEARS_ONCE
    assert "is already covered" in morning.said_to("E-01")[-1]


def test_a_yes_after_the_time_is_told_that_it_is_no_longer_open(morning: Asked) -> None:
    morning.later(40)
    assert morning.text("E-02", "1") is ReplyAction.ANSWERED
    assert (morning.holder(), morning.told()["E-02"][-1]) == (None, NO_LONGER_OPEN)
    assert morning.said_to("E-02")[-1].endswith("is no longer open. Thank you. Questions? 614-555-0100")


def test_a_yes_to_a_visit_that_moved_a_second_ago(morning: Asked) -> None:
    morning.run(
        """UPDATE visit SET earliest_start = earliest_start + interval '1 hour', latest_start = latest_start
             + interval '1 hour', latest_end = latest_end + interval '1 hour', rev = rev + 1 WHERE external_id = :v""",
        v=OPEN,
    )
    assert morning.text("E-02", "1") is ReplyAction.ANSWERED
    assert (morning.holder(), morning.told()["E-02"]) == (None, [NO_LONGER_OPEN, "s.offer"])


def test_a_yes_from_someone_who_has_called_out(morning: Asked) -> None:
    morning.signal("call_out", clinician="E-02", **{"from": at("07:46").isoformat(), "until": at("23:00").isoformat()})
    assert morning.text("E-02", "1") is ReplyAction.ANSWERED
    _no_longer_fits(morning)


def test_a_yes_from_someone_whose_license_has_ended(morning: Asked) -> None:
    morning.run(
        """UPDATE credential SET valid_until = '2026-03-20' WHERE code = 'RN' AND clinician_id =
             (SELECT id FROM party WHERE external_id = 'E-02')"""
    )
    assert morning.text("E-02", "1") is ReplyAction.ANSWERED
    _no_longer_fits(morning)


def test_a_yes_from_someone_whose_visit_will_last_until_then(morning: Asked) -> None:
    visit = _first_of(morning, "E-02")
    morning.later(15)
    morning.signal("check_in", visit=visit, clinician="E-02")
    morning.signal("run_over", visit=visit, expected_end=at("19:20").isoformat())
    morning.decide()
    assert morning.text("E-02", "1") is ReplyAction.ANSWERED
    _no_longer_fits(morning)


def test_the_second_yes_for_the_same_hour_is_checked_against_the_first(morning: Asked) -> None:
    morning.wants("V-91", "17:00", "17:50")
    morning.later(6)
    morning.press(morning.page_of("E-02", 2), "take")
    morning.press(morning.page_of("E-02", 1), "take")
    morning.decide()
    assert (morning.holder("V-91"), morning.holder()) == ("E-02", None)
    assert sorted(step for step in morning.told()["E-02"] if step != "s.offer") == [NO_LONGER_OPEN, YOURS]


def test_a_no_after_the_yes_is_a_persons_to_decide(morning: Asked) -> None:
    morning.text("E-02", "1")
    assert morning.text("E-02", "2, sorry") is ReplyAction.ANSWERED
    assert morning.holder() == "E-02"
    assert any("now says no" in why for [why, *_] in morning.cases("clinician_declined"))


# a thousand at once ---------------------------------------------------------------------------------------------------


def test_a_thousand_yeses_at_once_make_one_winner_and_everyone_hears_once(morning: Asked) -> None:
    many = 1_000
    morning.run(
        """WITH model AS (SELECT k.*, p.tz FROM clinician k JOIN party p ON p.id = k.party_id
                           WHERE p.external_id = 'E-02'),
             people AS (INSERT INTO party (kind, external_id, family, given, lang, tz)
                        SELECT 'clinician', 'M-' || n, 'Many', 'One', 'en', tz FROM model, generate_series(1, :many) n
                        RETURNING id),
             staff AS (INSERT INTO clinician (party_id, branch_id, role, home_place_id, max_weekly_min, status)
                       SELECT p.id, m.branch_id, m.role, m.home_place_id, m.max_weekly_min, 'active'
                       FROM people p, model m RETURNING party_id),
             licensed AS (INSERT INTO credential (clinician_id, code, valid_from, valid_until)
                          SELECT p.party_id, c.code, c.valid_from, '2030-01-01' FROM staff p, model m
                          JOIN credential c ON c.clinician_id = m.party_id),
             phones AS (INSERT INTO address (party_id, channel, value, value_hash)
                        SELECT party_id, 'sms', '+1614600' || party_id, 'hash-' || party_id FROM staff),
             consents AS (INSERT INTO consent (party_id, channel, granted, source, at)
                          SELECT party_id, 'sms', true, 'a test', '2026-02-02T12:00:00Z' FROM staff)
           INSERT INTO offer_candidate (offer_id, clinician_id, rank, starts_at, why, state, asked_at)
           SELECT 1, party_id, 4 + row_number() OVER (ORDER BY party_id), :starts, '{"code": "some_of", "values": {}}',
                  'pending', :asked FROM staff""",
        many=many,
        starts=at("17:00"),
        asked=at("07:45"),
    )
    with morning.caller.transaction() as tx:
        [where] = tx.rows("SELECT branch_id, service_date FROM offer WHERE id = 1")
        asked = tx.rows("SELECT clinician_id FROM offer_candidate WHERE offer_id = 1")
        bodies = [{"offer_id": 1, "clinician_id": r["clinician_id"], "answer": "take"} for r in asked]
        receive_all(
            tx, "sms", [Arrival("offer_answered", source_id=f"yes-{n}", body=b, **where) for n, b in enumerate(bodies)]
        )
    morning.later(2)
    states = [*morning.states().values()]
    assert (states.count("accepted"), states.count("pending")) == (1, 0)
    told = {who: [s for s in steps if s.startswith("s.offer_")] for who, steps in morning.told().items()}
    assert sorted(map(str, told.values())) == [str([NO_LONGER_OPEN])] * (many + 3) + [str([YOURS])]


# what follows a yes ---------------------------------------------------------------------------------------------------


def test_the_winner_is_not_asked_again_and_time_to_reassign_ends_with_the_yes(morning: Asked) -> None:
    morning.text("E-02", "1")
    morning.later(10)
    assert morning.told()["E-02"] == [YOURS]
    [promise] = morning.rows(
        """SELECT p.asks, c.state, c.via FROM promise p JOIN confirmation c ON c.promise_id = p.id
           JOIN visit v ON v.id = p.visit_id WHERE v.external_id = :v AND c.participant = 'clinician'""",
        v=OPEN,
    )
    assert promise == {"asks": False, "state": "accepted", "via": "offer"}
    [yes] = morning.rows(
        """SELECT e.data FROM event e JOIN visit v ON v.id = e.subject_id
           WHERE e.kind = 'confirmation' AND v.external_id = :v AND e.data ->> 'participant' = 'clinician'""",
        v=OPEN,
    )
    assert yes["data"]["t_accepted"].startswith("2026-03-24T11:47:00")


def test_a_schedule_that_changes_later_does_not_ask_about_what_was_taken(morning: Asked) -> None:
    morning.text("E-02", "1")
    morning.signal("cancellation", visit=_first_of(morning, "E-02"), by="agency", reason="moved")
    morning.later(4)
    assert morning.told()["E-02"] == [YOURS, "s.changed"]
    asked = morning.rows(
        """SELECT v.external_id FROM promise p JOIN touch t ON t.id = p.touch_id JOIN visit v ON v.id = p.visit_id
           WHERE t.step = 's.changed' AND p.asks AND v.external_id = :v""",
        v=OPEN,
    )
    assert asked == []


def test_the_patient_is_told_like_of_any_change(morning: Asked) -> None:
    morning.text("E-02", "1")
    morning.later(90)
    steps = morning.rows(
        """SELECT t.step FROM touch t JOIN visit v ON t.subject = 'visit' AND v.id = t.subject_id
           WHERE v.external_id = :v AND t.state = 'sent'""",
        v=OPEN,
    )
    assert [r["step"] for r in steps] == ["p.confirm"]


# helpers --------------------------------------------------------------------------------------------------------------


def _first_of(morning: Asked, who: str) -> str:
    rows = morning.rows(
        """SELECT v.external_id FROM assignment a JOIN visit v ON v.id = a.visit_id
           JOIN party p ON p.id = a.clinician_id
           WHERE p.external_id = :who AND a.to_version IS NULL ORDER BY a.starts_at LIMIT 1""",
        who=who,
    )
    return str(rows[0]["external_id"])


def _also_has(morning: Asked, who: str, number: str) -> None:
    """The number is this person's, too, and their only one."""
    morning.run(
        """UPDATE address SET value = :number, value_hash = :hash
           WHERE channel = 'sms' AND party_id = (SELECT id FROM party WHERE external_id = :who)""",
        number=number,
        hash=address_hash(number),
        who=who,
    )


def _no_longer_fits(morning: Asked) -> None:
    assert (morning.holder(), morning.states()["E-02"]) == (None, "canceled")
    assert morning.told()["E-02"][-1] == NO_LONGER_OPEN
    assert "no longer fits your day" in morning.said_to("E-02")[-1]
