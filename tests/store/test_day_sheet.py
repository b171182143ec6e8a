"""The day on paper against the database: every position is somewhere, exactly once, whatever has become of the day."""

import random
import re
from collections import Counter
from datetime import date, timedelta
from html import unescape

import pytest
from sqlalchemy import event
from tests.store.a_riverbend import BRANCH, THE_DAY, Riverbend

from suture.model.actors import COMMAND_LINE, Actor, ActorKind
from suture.service.day_sheet import NothingPlanned, day_sheet
from suture.service.errors import UnknownBranch
from suture.store import access, audit
from suture.store.transaction import Tx
from suture.web.desk.sheet import sheet_page
from suture.words.dates import full_date

NUMBER = re.compile(r'class="number">(V-[^<]+)<')


def printed(tx: Tx) -> dict[str, list[str]]:
    """The positions of each clinician's page by name, and of the office's under ""."""
    first, *rest = sheet_page(day_sheet(tx, BRANCH, THE_DAY)).split('<section class="sheet" aria-label="')
    return {"": NUMBER.findall(first), **{unescape(p.partition('"')[0]): NUMBER.findall(p) for p in rest}}


def planned(tx: Tx) -> dict[str, list[str]]:
    """The same from the tables: who has which position, and which have nobody; who has left will not come."""
    rows = tx.rows(
        """SELECT v.external_id || CASE WHEN n > 1 THEN '/' || n ELSE '' END AS number,
                  coalesce(p.given || ' ' || p.family, '') AS name
           FROM visit v CROSS JOIN LATERAL generate_series(1, v.positions) AS seat (n)
           LEFT JOIN assignment a ON a.visit_id = v.id AND a.position = n AND a.to_version IS NULL
             AND (v.status NOT IN ('requested', 'scheduled', 'confirmed')
                  OR a.clinician_id IN (SELECT party_id FROM clinician WHERE status = 'active'))
           LEFT JOIN party p ON p.id = a.clinician_id
           WHERE v.tenant = app_tenant() AND v.service_date = :day ORDER BY a.starts_at, v.id""",
        day=THE_DAY,
    )
    found: dict[str, list[str]] = {"": []}
    for r in rows:
        found.setdefault(r["name"], []).append(r["number"])
    return found


def damage(tx: Tx, seed: int) -> None:
    """What may become of a day: cancelled, held, done, uncovered, second positions, clinicians who are gone."""
    chance = random.Random(seed)
    for visit in [r["id"] for r in tx.rows("SELECT id FROM visit WHERE service_date = :day ORDER BY id", day=THE_DAY)]:
        what = chance.choice(
            ["positions = 2", "held = true", "status = 'cancelled'", "status = 'completed'", "positions = positions"]
        )
        tx.run(f"UPDATE visit SET {what}, rev = rev + 1 WHERE tenant = app_tenant() AND id = :id", id=visit)
        if chance.random() < 0.4:
            tx.run("DELETE FROM assignment WHERE tenant = app_tenant() AND visit_id = :id", id=visit)
    tx.run(
        """UPDATE clinician SET status = 'terminated' WHERE party_id =
             (SELECT id FROM party WHERE external_id = :id)""",
        id=chance.choice(["E-01", "E-02", "E-03"]),
    )


@pytest.mark.parametrize("seed", range(6))
def test_every_position_stands_on_exactly_one_page(day_tx: Tx, seed: int) -> None:
    if seed:
        damage(day_tx, seed)
    paper, plan = printed(day_tx), planned(day_tx)
    assert sorted(paper.pop("")) == sorted(plan.pop(""))
    assert {name: sorted(numbers) for name, numbers in paper.items()} == {n: sorted(v) for n, v in plan.items()}
    assert max(Counter(n for numbers in paper.values() for n in numbers).values()) == 1


def test_the_published_day_is_whole(day_tx: Tx) -> None:
    paper = printed(day_tx)
    assert paper.pop("") == []
    assert sum(map(len, paper.values())) == 34 and len(paper) == 6


def test_a_page_holds_what_a_clinician_needs_at_the_door(day_tx: Tx) -> None:
    day_tx.run(
        """UPDATE place SET line1 = '12 Elm Street', line2 = 'Apartment 4', city = 'Columbus', state = 'OH',
             postal_code = '43201' WHERE id = (SELECT place_id FROM visit WHERE external_id = 'V-0324-08')"""
    )
    day_tx.run(
        """UPDATE patient SET traits = '{"pets": ["dog"], "tags": ["lift"], "risk": 4}'
           WHERE party_id = (SELECT patient_id FROM visit WHERE external_id = 'V-0324-08')"""
    )
    sheet = day_sheet(day_tx, BRANCH, THE_DAY)
    [stop] = [s for s in sheet.stops if s.stop.external_id == "V-0324-08"]
    assert stop.patient == "Dexter Chickadee"
    assert stop.address == ("12 Elm Street", "Apartment 4", "Columbus, OH 43201")
    assert (stop.phone, stop.visit_type, stop.pets, stop.tags) == ("+16145550137", "infusion", ("dog",), ("lift",))
    [clinic] = [s for s in sheet.stops if s.stop.external_id == "V-0324-31"]
    assert clinic.site.startswith("Riverbend Clinic")
    assert {c.phone for c in sheet.clinicians} == {f"+1614555010{n}" for n in range(1, 7)}


def test_a_number_that_is_somebody_elses_is_not_printed(day_tx: Tx) -> None:
    day_tx.run(
        """INSERT INTO suppression (addr_hash, channel, reason, source, at)
           SELECT value_hash, 'sms', 'wrong_person', 'test', :now FROM address WHERE value = '+16145550137'"""
    )
    sheet = day_sheet(day_tx, BRANCH, THE_DAY)
    assert [s.phone for s in sheet.stops if s.stop.external_id == "V-0324-08"] == [""]


def test_a_stop_of_somebody_who_has_left_is_on_the_board_and_on_paper_as_no_ones(agency: Riverbend, day_tx: Tx) -> None:
    """What she did stays hers; what is to come nobody comes to, and the office has to see that at once."""
    gone = "SELECT id FROM party WHERE external_id = 'E-01'"
    hers = f"SELECT visit_id FROM assignment WHERE clinician_id = ({gone})"
    day_tx.run(
        f"""UPDATE visit SET status = 'completed', rev = rev + 1
            WHERE tenant = app_tenant() AND id = (SELECT min(visit_id) FROM ({hers}) h)"""
    )
    day_tx.run(f"UPDATE clinician SET status = 'terminated' WHERE party_id = ({gone})")
    view = access.day_view(day_tx, agency.branch(day_tx), THE_DAY)
    shown = [s for c in view.clinicians for s in view.route(c.id)]
    left = [s for s in view.stops if s.wants_cover]
    assert (len(shown), len(left)) == (34 - len(left), day_tx.scalar(f"SELECT count(*) FROM ({hers}) h") - 1)
    assert len(printed(day_tx)["Nora Kingfisher"]) == 1
    day_tx.run(f"DELETE FROM assignment WHERE clinician_id = ({gone})")
    assert "Nora Kingfisher" not in printed(day_tx)
    assert "E-01" not in {c.who.external_id for c in day_sheet(day_tx, BRANCH, THE_DAY).clinicians}


def test_printing_leaves_one_line_in_the_audit_trail_and_nothing_else(day_tx: Tx) -> None:
    before = [sentence for _, sentence in audit.latest(day_tx, 1000)]
    day_sheet(day_tx.by(COMMAND_LINE), BRANCH, THE_DAY)
    added = [sentence for _, sentence in audit.latest(day_tx, 1000)][: -len(before)]
    assert added == ["The command line printed the day sheets of COLUMBUS for Mar 24, 2026: version 1."]


def test_it_costs_a_fixed_number_of_queries(agency: Riverbend, day_tx: Tx) -> None:
    def queries() -> int:
        asked: list[str] = []

        def note(conn: object, cursor: object, statement: str, *_: object) -> None:
            asked.append(statement)

        event.listen(agency.engine, "before_cursor_execute", note)
        try:
            assert access.day_sheet(day_tx, agency.branch(day_tx), THE_DAY) is not None
        finally:
            event.remove(agency.engine, "before_cursor_execute", note)
        return len(asked)

    whole = queries()
    day_tx.run("DELETE FROM assignment WHERE visit_id > (SELECT min(visit_id) FROM assignment)")
    assert queries() == whole <= 10


@pytest.mark.parametrize("kind", [ActorKind.PATIENT_LINK, ActorKind.CLINICIAN_LINK])
def test_a_link_prints_nothing(agency: Riverbend, day_tx: Tx, kind: ActorKind) -> None:
    with pytest.raises(access.NotAllowed):
        access.day_sheet(day_tx.by(Actor(kind)), agency.branch(day_tx), THE_DAY)


@pytest.mark.parametrize("day", [THE_DAY + timedelta(days=1), date(1, 1, 1), date(9999, 12, 31)])
def test_a_day_without_a_plan_is_refused_and_leaves_no_line(day_tx: Tx, day: date) -> None:
    before = audit.latest(day_tx, 1000)
    with pytest.raises(NothingPlanned, match=f"Columbus has no plan for {full_date(day)} yet"):
        day_sheet(day_tx, BRANCH, day)
    assert audit.latest(day_tx, 1000) == before


@pytest.mark.parametrize("branch", ["NOWHERE", "", "\udcff", "a\x00b"])
def test_an_unknown_branch_is_refused_by_name(day_tx: Tx, branch: str) -> None:
    with pytest.raises(UnknownBranch, match="Known: COLUMBUS"):
        day_sheet(day_tx, branch, THE_DAY)
