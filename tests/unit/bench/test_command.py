"""`suture bench peers` at the command line: what it refuses, and in which words."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from suture.cli import main

HHCRSP = "set\tinstance\tdistance_traveled\tmax_tardiness\ttotal_tardiness\ttotal_cost"


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A shared folder with the published figures alone."""
    routing = tmp_path / "shared" / "data" / "routing"
    for folder in ("vrptw", "hhcrsp", "uhhc"):
        (routing / folder).mkdir(parents=True)
    (tmp_path / "shared" / "tools").mkdir()
    names = [f"{c}_{s}_1" for s in (2, 10) for c in ("C1", "C2", "R1", "R2", "RC1", "RC2")]
    (routing / "vrptw" / "BKS.tsv").write_text("\n".join(["instance\tbest\troutes", *(f"{n}\t1\t1" for n in names)]))
    linked = "mankowska\tInstanzVNS_HCSRP_100_1.json\t0\t0\t0\t1"
    (routing / "hhcrsp" / "BKS.tsv").write_text(f"{HHCRSP}\n{linked}\n")
    (routing / "uhhc" / "REFERENCE.tsv").write_text("instance\tsa\tcpsat\ni-116\t17393\t17117\n")
    monkeypatch.setenv("SUTURE_SHARED_DATA", str(tmp_path / "shared" / "data"))
    return tmp_path


def run(folder: Path, *words: str) -> Result:
    where = ["--data", str(folder / "data"), "--output", str(folder / "RESULTS.md")]
    return CliRunner().invoke(main, ["bench", "peers", *where, *words])


def test_missing_peers_are_a_wrong_request_with_the_way_out(shared: Path) -> None:
    result = run(shared, "--quick")
    assert result.exit_code == 2
    assert "requirements-bench.lock" in result.output
    assert "--engine ours" in result.output
    assert not (shared / "RESULTS.md").exists()


def test_an_unknown_set_is_named_with_those_that_exist(shared: Path) -> None:
    result = run(shared, "--only", "solomon")
    assert result.exit_code == 2
    assert "solomon" in result.output
    assert "mankowska" in result.output


def test_seeds_are_numbers(shared: Path) -> None:
    result = run(shared, "--seeds", "1,b")
    assert result.exit_code == 2
    assert "1,2,3" in result.output


def test_no_published_figures_are_said_to_be_missing(shared: Path) -> None:
    (shared / "shared" / "data" / "routing" / "vrptw" / "BKS.tsv").unlink()
    result = run(shared)
    assert result.exit_code == 2
    assert "published costs cannot be read" in result.output
