"""The benchmark of the rules measures what it says, on a small population; speed itself is never asserted here."""

import json

import pytest
from click.testing import CliRunner

from suture.bench.rules import Population, measure
from suture.cli import main
from suture.model.ids import PartyId, VisitId

RULES = """
version: 1
rules:
- {id: role, kind: require, that: "c.role in v.roles", because: b, owner: o}
- {id: skill, kind: forbid, when: "v.dur > 20 && !(c.role == 'RN')", because: b, owner: o}
"""


def test_the_figures_of_a_small_population():
    people = Population(
        {PartyId(n): {"c.id": f"c{n}", "c.role": "RN" if n % 2 else "HHA"} for n in range(6)},
        {VisitId(n): {"v.id": f"v{n}", "v.roles": ("RN",), "v.dur": 10 * n} for n in range(9)},
    )
    for plain in (False, True):
        figures = measure(RULES, people, plain=plain)
        assert (figures["pairs"], figures["rules"], figures["mismatches"]) == (54, 2, 0)
        assert figures.keys() == {"pairs", "rules", "cold_ms", "one_visit_ms", "one_clinician_ms", "mismatches"}


def test_without_the_shared_data_it_says_what_to_set(tmp_path, monkeypatch):
    monkeypatch.setenv("SUTURE_SHARED_DATA", str(tmp_path))
    done = CliRunner().invoke(main, ["bench", "rules", "--json"])
    assert done.exit_code == 1
    assert f"There is no shared data in {tmp_path}" in done.output
    assert "SUTURE_SHARED_DATA" in done.output


def test_the_shared_data_is_measured_where_it_is_there(tmp_path, monkeypatch):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "rules-15.yaml").write_text(RULES, encoding="utf-8")
    made = {
        "clinicians": [{"id": "c", "role": "RN", "creds": ["iv"]}],
        "visits": [{"id": "v", "roles": ["RN"], "dur": 30}],
    }
    (folder / "population.py").write_text(f"def population():\n    return {made!r}\n", encoding="utf-8")
    monkeypatch.setenv("SUTURE_SHARED_DATA", str(tmp_path))
    done = CliRunner().invoke(main, ["bench", "rules", "--json"])
    assert json.loads(done.output)["pairs"] == 1
    assert "mismatches 0" in CliRunner().invoke(main, ["bench", "rules"]).output


@pytest.mark.parametrize("command", ["bench", "rules"])
def test_the_groups_have_help(command):
    assert CliRunner().invoke(main, [command, "--help"]).exit_code == 0
