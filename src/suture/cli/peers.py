"""`suture bench peers` and `suture bench growth`: ours beside the public solvers, in tables."""

import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from suture.bench import machine
from suture.bench.data import ROOT, NoData, routing_data
from suture.bench.engines import Bench, NoPeers, planner_version
from suture.bench.figures import as_json
from suture.bench.growth import SIZES, measure_growth, read_growth
from suture.bench.peers import Outcome, bench_peers
from suture.bench.table import growth_table, render
from suture.bench.work import ENGINES, full_plan, quick_plan, read_known
from suture.cli.errors import WrongRequest, warn
from suture.cli.home import data_folder
from suture.settings import Settings

RESULTS = ROOT / "bench" / "RESULTS.md"


def bench_of(data: Path | None, core: int | None) -> Bench:
    """Where things are. Raises WrongRequest."""
    try:
        routing = routing_data()
    except NoData as error:
        raise WrongRequest(str(error)) from None
    tools = routing.parent.parent / "tools"
    if not tools.is_dir():
        raise WrongRequest(f"No checkers in {tools}. Maybe SUTURE_SHARED_DATA names a copy that was made without them.")
    home = data_folder(Settings(), data) / "bench" if data else ROOT / ".suture" / "bench"
    return Bench(routing, tools, home, machine.last_core() if core is None else core)


def _seeds(ctx: click.Context, param: click.Parameter, value: str) -> tuple[int, ...]:
    try:
        found = tuple(int(x) for x in value.split(","))
    except ValueError:
        raise click.BadParameter("expected whole numbers with commas between them, e.g. 1,2,3") from None
    return found


def options(command: Callable[..., None]) -> Callable[..., None]:
    """--data and --core."""
    for option in (
        click.option("--data", type=click.Path(path_type=Path), help="The data folder; .suture here if not given."),
        click.option("--core", type=int, help="The core that runs are tied to; the last one if not given."),
    ):
        command = option(command)
    return command


@click.command()
@click.option("--quick", is_flag=True, help="At most 30 minutes: fewer seeds, shorter budgets, a spread of instances.")
@click.option("--json", "as_object", is_flag=True, help="One JSON object on standard output instead of the tables.")
@click.option(
    "--only", "only", multiple=True, metavar="SET", help="named, repair, vrptw, mankowska, kummer, … ; repeat."
)
@click.option("--seeds", callback=_seeds, default="1,2,3", show_default=True, help="Whole sets take the first only.")
@click.option("--engine", "engines", multiple=True, type=click.Choice(ENGINES), help="Repeat for several; all if none.")
@click.option("--output", type=click.Path(path_type=Path, dir_okay=False), default=RESULTS, help="Where the tables go.")
@options
def peers(
    quick: bool,
    as_object: bool,
    only: tuple[str, ...],
    seeds: tuple[int, ...],
    engines: tuple[str, ...],
    output: Path,
    data: Path | None,
    core: int | None,
) -> None:
    """Run Suture, PyVRP, VROOM and OR-Tools on the shared instances; write bench/RESULTS.md.

    What was finished before is not run again, so an interrupted measurement continues. Three hours and more without
    --quick.
    """
    bench = bench_of(data, core)
    try:
        known = read_known(bench.routing)
    except (OSError, ValueError, IndexError) as error:
        raise WrongRequest(f"{bench.routing}: the published costs cannot be read: {error}") from None
    works = (quick_plan if quick else full_plan)(known, seeds)
    groups = sorted({work.group for work in works})
    if unknown := set(only) - set(groups):
        raise WrongRequest(f"--only {', '.join(sorted(unknown))}: no such set. There are {', '.join(groups)}.")
    works = [work for work in works if not only or work.group in only]
    wanted = [engine for engine in ENGINES if not engines or engine in engines]
    before = machine.load()

    def save(outcome: Outcome) -> None:
        write_text(output, render(outcome, read_growth(bench, planner_version()), _command(), (before, machine.load())))

    try:
        outcome = bench_peers(bench, works, wanted, quick=quick, say=warn, save=save)
    except NoPeers as error:
        raise WrongRequest(str(error)) from None
    rows = read_growth(bench, planner_version())
    click.echo(json.dumps(as_json(outcome, rows)) if as_object else output.read_text())
    warn(f"written to {output}")


@click.command()
@click.option("--json", "as_object", is_flag=True, help="One JSON object on standard output instead of a table.")
@click.option("--size", "sizes", type=int, multiple=True, help="Visits; repeat for several.")
@options
def growth(as_object: bool, sizes: tuple[int, ...], data: Path | None, core: int | None) -> None:
    """One first pass of 30, 300, 2000 and 10,000 visits: time to the first plan, and memory.

    The figures join the tables that `suture bench peers` writes next.
    """
    bench = bench_of(data, core)
    rows: list[dict[str, Any]] = measure_growth(bench, sizes or SIZES, planner_version(), warn)
    click.echo(json.dumps({str(row["visits"]): row for row in rows}) if as_object else growth_table(rows))


def _command() -> str:
    return shlex.join(["suture", *sys.argv[1:]])


def write_text(path: Path, text: str) -> None:
    """Whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(path.name + ".new")
    new.write_text(text)
    new.replace(path)
