"""A rulebook is one for readers of every language: what is said of it is said in the reader's, each time."""

import pytest
from tests.rule_verifier import verify

from suture.outreach.policy import OutreachPolicy
from suture.planner.formats.errors import Unreadable
from suture.planner.formats.suture_models import parse_problem
from suture.rules.book import load
from suture.rules.errors import RulebookRefused, SettingsRefused
from suture.rules.settings_file import load_settings
from suture.words.catalog import speaking

HOURS = "id: hours\nkind: limit\nper: [clinician, day]\nmax_minutes: 480\nover: {weight: 4}"
WRONG = """version: 1
rules:
- id: near
  kind: prefer
  when: "c.rol == 'RN'"
  weight: -1
  owner: the office
"""


def test_a_rule_is_said_in_the_language_of_whoever_asks():
    rule = verify(HOURS).rulebook.rules[0].rule
    with speaking("es"):
        said = rule.sentence()
    assert said == "Como máximo 480 minutos por profesional y día; cada una de más cuesta 4 minutos de manejo."
    assert rule.sentence() == "At most 480 minutes per clinician and day; each one above costs 4 minutes of driving."


def test_what_is_wrong_with_a_rulebook_is_said_in_the_language_of_whoever_loads_it():
    with speaking("es"), pytest.raises(RulebookRefused) as refused:
        load(WRONG, name="book.yaml")
    assert str(refused.value).splitlines() == [
        "book.yaml:3:3: regla near, falta because – "
        "diga en una frase por qué existe la regla; la gente la lee [schema]",
        "book.yaml:5:10: regla near, when: no existe el campo c.rol – ¿quiso decir c.role? [name]",
        "book.yaml:6:11: regla near, weight debe ser 0 o más [schema]",
    ]


def test_so_is_what_is_wrong_with_settings_and_with_a_problem():
    with speaking("es"), pytest.raises(SettingsRefused, match=r"patient_hours\.closes: escriba una hora del día entre"):
        load_settings("caps: {per_day: 2}\npatient_hours: {opens: 8:00, closes: 1260}", "outreach.yaml", OutreachPolicy)
    with speaking("es"), pytest.raises(Unreadable, match="file: no es JSON"):
        parse_problem(b"{")
