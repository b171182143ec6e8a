"""The ten recipes do what their titles say: each is put in force on a small day, and the plan keeps it."""

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.builders import (
    a_clinician,
    a_day,
    a_past_visit,
    a_patient,
    a_place,
    a_visit,
    a_window,
    at,
)

from suture.dispatch.repair import Solved, propose
from suture.model.day import Day
from suture.model.people import Clinician
from suture.model.visit import Visit
from suture.planner.budget import Iterations
from suture.rules.book import Rulebook, load
from suture.rules.evaluate import evaluate, shape

PAGE = Path(__file__).parents[2] / "docs" / "rules" / "recipes.md"
RECIPE = re.compile(r"^## (.*?)$.*?```yaml\n(.*?)```", re.DOTALL | re.MULTILINE)
RECIPES = dict(RECIPE.findall(PAGE.read_text(encoding="utf-8")))
ANA, BEN, CLEO = (a_clinician(n) for n in (1, 2, 3))


def recipe(title: str) -> Rulebook:
    """The rules of one recipe, as they stand on the page."""
    return load(f"version: 1\nrules:\n{RECIPES[title]}", name=title)


def planned(title: str, of: Day) -> Solved:
    book = recipe(title)
    return propose(shape(book, of), book, at("06:00"), Iterations(60), 1)


def doers(solved: Solved) -> list[tuple[int, int, int]]:
    """(number of the visit, seat, number of the clinician)."""
    return [(int(key.visit_id), key.position, a.clinician_id - 100) for key, a in solved.assignments.items()]


def a_small_day(visits: Iterable[Visit], people: Iterable[Clinician] = (ANA, BEN), **changes) -> Day:
    return a_day(visits=visits, clinicians=people, **changes)


def test_every_recipe_is_tried_here():
    tried = Path(__file__).read_text(encoding="utf-8")
    assert len(RECIPES) == 10
    assert [title for title in RECIPES if f'"{title}"' not in tried] == []


def test_the_patient_wants_one_clinician_only():
    hale = a_patient(17)
    visits = [a_visit(n, patient_id=hale.id) for n in (1, 2)]
    of = a_small_day(visits, (BEN, CLEO, ANA), patients=[hale])
    assert doers(planned("The patient wants one clinician only", of)) == [(1, 1, 1), (2, 1, 1)]
    of = a_small_day(visits, (BEN, CLEO), patients=[hale])
    assert doers(planned("The patient wants one clinician only", of)) == []


def test_the_neighborhood_that_always_runs_long():
    title = "The neighborhood that always runs long"
    hill, plain = a_place(1, postal_code="43204"), a_place(2, postal_code="43201")
    of = a_small_day([a_visit(1), a_visit(2, place_id=plain.id)], places=[hill, plain])
    after = shape(recipe(title), of)
    assert [v.duration_minutes for v in after.visits.values()] == [40, 30]
    assert after.travel.seconds(hill.id, plain.id) == of.travel.seconds(hill.id, plain.id) * 5 // 4


def test_the_shift_never_to_be_split():
    title = "The shift never to be split"
    maria = a_patient(1)
    watch = [
        a_visit(n, patient_id=maria.id, visit_type="night_watch", duration_minutes=60, window=a_window(start, end))
        for n, start, end in ((1, "08:00", "09:00"), (2, "09:30", "10:30"), (3, "11:00", "12:00"))
    ]
    other = a_visit(4, window=a_window("09:15", "10:00"))
    solved = planned(title, a_small_day([*watch, other], patients=[maria, a_patient(4)]))
    assert len({c for v, _, c in doers(solved) if v < 4}) == 1
    assert len(solved.assignments) == 4


def test_no_visits_at_x_after_two():
    title = "No visits at X after 2 pm"
    of = a_small_day([a_visit(1, window=a_window("12:00", "17:00"))], places=[replace(a_place(), site="X")])
    solved = planned(title, replace(of, shifts=tuple(replace(s, ends_at=at("18:00")) for s in of.shifts)))
    assert [a.ends_at <= at("14:00") for a in solved.assignments.values()] == [True]
    late = a_small_day([a_visit(1, window=a_window("13:45", "17:00"))], places=[replace(a_place(), site="X")])
    assert not any(v.eligible for v in evaluate(recipe(title), late).pairs.values())


def test_at_most_five_wound_care_visits_a_day():
    title = "At most five wound-care visits a day"
    wounds = [a_visit(n, visit_type="wound_care", duration_minutes=10, documentation_minutes=0) for n in range(1, 8)]
    routine = a_visit(8, duration_minutes=10)
    both = doers(planned(title, a_small_day([*wounds, routine])))
    assert len(both) == 8
    assert max([c for v, _, c in both if v < 8].count(n) for n in (1, 2)) <= 5
    alone = planned(title, a_small_day([*wounds, routine], (ANA,)))
    assert sum(v < 8 for v, _, _ in doers(alone)) == 5
    assert 8 in [v for v, _, _ in doers(alone)], "other visits do not count"
    assert len(alone.why_uncovered) == 2
    assert all("would go over a limit" in str(said[0]) for said in alone.why_uncovered.values())


def test_double_up_for_the_first_visit():
    title = "Double-up for the first visit"
    maria, noah = a_patient(1), a_patient(2)
    of = a_small_day([a_visit(1), a_visit(2)], patients=[maria, noah], past=(a_past_visit(ANA, noah, days=-7),))
    solved = planned(title, of)
    assert [(v, seat) for v, seat, _ in doers(solved)] == [(1, 1), (1, 2), (2, 1)]
    first, second, _ = solved.assignments.values()
    assert first.starts_at == second.starts_at
    assert first.clinician_id != second.clinician_id


def test_language_match():
    ana, ben = replace(ANA, languages=("en",)), replace(BEN, languages=("en", "es"))
    of = a_small_day([a_visit(1)], (ana, ben), patients=[a_patient(1, lang="es")])
    assert doers(planned("Language match", of)) == [(1, 1, 2)]


@pytest.mark.parametrize(("gender", "assigned"), [("F", 1), ("M", 0), (None, 0)])
def test_no_male_carers(gender, assigned):
    aide = a_clinician(1, role="HHA", traits={"gender": gender} if gender else {})
    visit = a_visit(1, patient_id=a_patient(9).id, discipline="HHA", roles=("HHA",))
    solved = planned("No male carers", a_small_day([visit], (aide,), patients=[a_patient(9)]))
    assert len(solved.assignments) == assigned


def test_school_run_hours():
    visits = [a_visit(1, window=a_window("08:00", "09:00")), a_visit(2, window=a_window("09:00", "12:00"))]
    of = replace(a_small_day(visits, (CLEO,)), service_date=at("12:00").date() + timedelta(days=200))
    book = recipe("School-run hours")
    known = evaluate(book, replace(of, service_date=at("12:00").date())).pairs.values()
    assert all(v.eligible for v in known), "before the school year begins"
    moved = replace(of, visits={k: _later(v, 200) for k, v in of.visits.items()})
    assert [v.eligible for v in evaluate(book, moved).pairs.values()] == [False, True]


def _later(visit: Visit, days: int) -> Visit:
    by = timedelta(days=days)
    window = visit.window
    return replace(
        visit,
        window=replace(
            window,
            earliest_start=window.earliest_start + by,
            latest_start=window.latest_start + by,
            latest_end=window.latest_end + by,
        ),
    )


def test_a_student_must_shadow():
    title = "A student must shadow"
    sue = a_clinician(2, traits={"tags": ("student",)})
    ana = a_clinician(1, traits={"tags": ()})
    patients = [a_patient(1, traits={"tags": ("teaching",)}), a_patient(2, traits={"tags": ()})]
    solved = planned(title, a_small_day([a_visit(1), a_visit(2)], (ana, sue), patients=patients))
    assert doers(solved) == [(1, 1, 1), (1, 2, 2), (2, 1, 1)]
    alone = planned(title, a_small_day([a_visit(1), a_visit(2)], (sue,), patients=patients))
    assert [(v, seat) for v, seat, _ in doers(alone)] == [(1, 2)], "the first seat stays open"
