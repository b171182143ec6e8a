"""`suture bench outreach` on a small agency: one object with every figure that is promised."""

import json

import pytest
from click.testing import CliRunner

from suture.cli import bench_inbound, bench_outreach, main
from suture.model.connections import Connection
from suture.model.hooks import HookNews
from suture.store import hooks
from suture.store.transaction import Tx

FIGURES = {"plan_1m_s", "empty_tick_ms", "moves_per_s", "claims_per_s", "inbound"}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for name, size in {"PATIENTS": 20, "VISITS": 40, "TICKS": 6, "MOVES": 20, "CLAIMS": 400}.items():
        monkeypatch.setattr(bench_outreach, name, size)
    monkeypatch.setattr(bench_inbound, "CALLS", 100)
    monkeypatch.setenv(bench_inbound.SECRET, "")


def found() -> dict[str, object]:
    said = CliRunner().invoke(main, ["bench", "outreach", "--json", "--messages", "20000"])
    assert said.exit_code == 0, said.output
    figures: dict[str, object] = json.loads(said.stdout)
    return figures


def test_it_prints_one_object_with_every_figure() -> None:
    figures = found()
    assert figures.keys() == FIGURES
    inbound = figures.pop("inbound")
    assert isinstance(inbound, dict) and inbound.pop("cpu_ms_each") > 0
    assert inbound == {"sent": 100, "lost": 0, "duplicated": 0}
    assert all(isinstance(figure, int | float) and figure > 0 for figure in figures.values())


def test_it_sees_what_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    keep, count = hooks.keep, iter(range(1000))

    def forget_the_first(tx: Tx, connection_id: Connection, news: HookNews) -> bool:
        return bool(next(count)) and keep(tx, connection_id, news)  # type: ignore[arg-type]

    monkeypatch.setattr(hooks, "keep", forget_the_first)
    monkeypatch.setattr(bench_inbound, "OF_THEM_AGAIN", 0.0)
    assert found()["inbound"] == {"sent": 100, "cpu_ms_each": pytest.approx(1, abs=1000), "lost": 1, "duplicated": 0}
