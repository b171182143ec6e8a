"""`suture bench …`: what the planner promises, measured on this machine."""

import json
from pathlib import Path

import click

from suture.bench.data import NoData, routing_data
from suture.bench.repair import SIZES, repair
from suture.bench.rules import rules as bench_rules
from suture.cli.bench_imports import bench_import
from suture.cli.bench_outreach import bench_outreach
from suture.cli.errors import WrongRequest, warn
from suture.cli.peers import growth, peers
from suture.cli.seeds import SEED
from suture.planner.warmup import load_kernels


@click.group()
def bench() -> None:
    """Measure the planner on shared instances."""


@bench.command("repair")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option("--seed", type=SEED, default=1, show_default=True)
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="A folder for the repaired plans.")
def bench_repair(as_json: bool, seed: int, output: Path | None) -> None:
    """Lose the busiest clinician of each shared base plan, and repair it."""
    try:
        folder = routing_data() / "home-health"
    except NoData as error:
        raise WrongRequest(str(error)) from None
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
    load_kernels(warn)
    found = {str(size): repair(folder, size, seed, output).as_dict() for size in SIZES}
    if as_json:
        click.echo(json.dumps(found))
        return
    for size, figures in found.items():
        click.echo(f"{size} visits: " + ", ".join(f"{key} {value}" for key, value in figures.items()))


bench.add_command(bench_import)
bench.add_command(bench_outreach)
bench.add_command(bench_rules)
bench.add_command(peers)
bench.add_command(growth)
