"""A branch-day's numbers: what is read off the rules' arrays at once is what their verdicts say pair by pair."""

from dataclasses import replace

from tests.builders import a_past_visit, a_patient
from tests.rule_verifier import a_rulebook
from tests.unit.planner.day.days import LATE_EVENING, clinician, day, visit

from suture.planner.day.problem import build
from suture.rules.evaluate import evaluate

ANA, BO, CY = clinician(1), clinician(2), clinician(3)
BARRED = "id: barred\nkind: forbid\nwhen: \"c.id == 'E-01' && v.id == 'V-01'\""
UNTOLD = "id: untold\nkind: require\nthat: \"c.id != 'E-02' || v.id != 'V-02' || c.gender == 'F'\""
WISHED = "id: wished\nkind: prefer\nwhen: \"c.id == 'E-03'\"\nweight: 7"
WEEKLY = "id: series\nkind: together\nper: [patient, week]\nweight: 9"


def test_prices_are_those_of_the_verdicts():
    """With rules that forbid, that cannot be told, that cost, and that look at who had the patient this week."""
    of = day([visit(n) for n in (1, 2, 3)], [ANA, BO, CY])
    of = replace(of, past=(a_past_visit(ANA, a_patient(3), discipline=of.visits[visit(3).id].discipline),))
    for book in (a_rulebook(BARRED, UNTOLD, WISHED), a_rulebook(BARRED, UNTOLD, WISHED, WEEKLY)):
        rules = evaluate(book, of)
        read = build(of, rules, now=LATE_EVENING)
        asked = build(of, replace(rules, pairs=dict(rules.pairs)), now=LATE_EVENING)
        assert read.prices == asked.prices
        assert read.nodes == asked.nodes
    barred = [(r, v) for r, row in enumerate(read.prices) for v, price in enumerate(row) if price is None]
    assert barred == [(0, 0), (1, 1)], "Ana is barred, and of Bo it cannot be told"
    assert [row[2] for row in read.prices] == [0, 9 * 60, 2 * 60], "only Ana had the patient, Cy is wished for"
