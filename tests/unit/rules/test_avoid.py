"""Rather not …"""

from tests.builders import a_clinician, a_patient, a_visit, an_open_shift
from tests.rule_verifier import verify

LANGUAGE = """
    id: language
    kind: avoid
    when: "v.lang != 'en' && !(v.lang in c.langs)"
    weight: 60
"""


def test_no_shared_language_costs_driving():
    maria = a_patient(1, lang="es")
    verify(LANGUAGE).given(a_clinician(languages=("en",)), maria, a_visit(1)).costs(60)
    verify(LANGUAGE).given(a_clinician(languages=("en", "es")), maria, a_visit(1)).costs(0)
    verify(LANGUAGE).given(a_clinician(languages=("en",)), a_visit(1)).costs(0)


def test_where_it_cannot_be_told_nothing_is_charged():
    verify(LANGUAGE).given(a_clinician(languages=()), a_patient(1, lang="es"), a_visit(1)).costs(0)
    verify(LANGUAGE).given(a_clinician(), an_open_shift()).costs(0)


def test_the_prices_of_two_pairs_add_up():
    pair = a_clinician(1, languages=("en",)), a_clinician(2, languages=("en",))
    verify(LANGUAGE).given(*pair, a_patient(1, lang="es"), a_visit(1)).costs(120)


def test_its_sentence():
    sentence = verify(LANGUAGE).rulebook.rules[0].rule.sentence()
    assert sentence == "Preferably not when v.lang != 'en' && !(v.lang in c.langs); costs 60 minutes of driving."
