"""How `suture rules why` reads: what stands against the pair first, and no line longer than the terminal."""

import pytest
from tests.builders import a_clinician, a_day, a_patient, a_visit
from tests.rule_verifier import a_rulebook

from suture.cli.why import fix_in_words, terminal_width, trace_in_words
from suture.rules.evaluate import evaluate
from suture.rules.explain import Trace, cheapest_fix, explain

FAILS = "id: third-language\nkind: forbid\nwhen: \"c.langs[5] == 'es'\""
BROKEN = 'id: zz-broken\nkind: forbid\nwhen: "v.dur > 0"'
PASSES = 'id: aa-passes\nkind: forbid\nwhen: "v.dur > 900"'
UNKNOWN = "id: mm-unknown\nkind: forbid\nwhen: \"c.zone == 'north' && v.dur > 0 && v.start < v.end && c.role == 'RN'\""
SILENT = 'id: bb-silent\nkind: avoid\nwhen: "v.dur > 900"\nweight: 5'


def the_trace(*rules: str) -> Trace:
    day = a_day(clinicians=[a_clinician()], visits=[a_visit()], patients=[a_patient()])
    said = evaluate(a_rulebook(*rules), day)
    (pair,) = said.pairs
    return explain(said, *pair)


def test_what_blocks_the_pair_comes_first():
    lines = trace_in_words(the_trace(BROKEN, PASSES, UNKNOWN, SILENT), 400)
    assert [line.split(":")[0].split() for line in lines] == [
        ["zz-broken", "fail"],
        ["mm-unknown", "unknown"],
        ["aa-passes", "pass"],
        ["bb-silent", "silent"],
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_lines_are_wrapped_and_indented(width):
    lines = list(trace_in_words(the_trace(BROKEN, UNKNOWN), width))
    assert all(len(line) <= width for line in lines), lines
    assert lines[0].startswith("zz-broken   fail: Never when v.dur > 0 –")
    assert "".join(lines).count("missing: c.zone") == 1
    assert len(lines) > 2
    assert all(line.startswith(("zz-broken  ", "mm-unknown  ", " " * 12)) for line in lines)


def test_the_width_is_that_of_the_terminal_within_reason(monkeypatch):
    widths = []
    for columns in ("20", "90", "500"):
        monkeypatch.setenv("COLUMNS", columns)
        widths.append(terminal_width())
    assert widths == [60, 90, 120]


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ([FAILS], "Cheapest fix: fix rule third-language, its condition fails. It costs 0 min of driving"),
        ([FAILS + "\nseverity: law"], "Cheapest fix: fix rule third-language, its condition fails."),
        ([BROKEN + "\nseverity: law", FAILS], "Blocked by law (zz-broken): cannot be waived here."),
        ([FAILS, BROKEN, UNKNOWN], "fix rule third-language, its condition fails; verify c.zone; relax zz-broken. It"),
        ([PASSES], "No rule forbids it. It costs 0 min of driving in total."),
    ],
)
def test_a_rule_that_fails_is_to_be_fixed_and_is_named(rules, said):
    trace = the_trace(*rules)
    assert said in fix_in_words(trace, cheapest_fix(trace))
