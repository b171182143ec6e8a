"""`suture bench import` on a small export: one object with every figure that is promised."""

import json

import pytest
from click.testing import CliRunner

from suture.cli import main

FIGURES = {"rows", "patients", "visits", "cpu_s", "postgres_cpu_s", "wall_s", "peak_mb", "rows_per_cpu_s"}


def test_it_prints_one_object_and_loads_every_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    said = CliRunner().invoke(main, ["bench", "import", "--json", "--patients", "20", "--visits", "30"])
    assert said.exit_code == 0, said.output
    found = json.loads(said.stdout)
    assert found.keys() == FIGURES
    assert found["rows"] == 1 + 3 + 20 + 200 + 30
    assert all(figure > 0 for name, figure in found.items() if name != "postgres_cpu_s")
