"""`suture bench import`: how long a large export takes, and how much memory."""

import json
import resource
import tempfile
import time
from pathlib import Path

import click

from suture.bench.imports import write_export
from suture.cli.errors import WrongRequest
from suture.cli.files import import_into
from suture.cli.home import Home, caller_of, open_home, read_settings
from suture.cli.seeds import SEED
from suture.store.server_cpu import cpu_seconds


@click.command("import")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of text.")
@click.option("--patients", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--visits", type=click.IntRange(1), default=100_000, show_default=True)
@click.option("--seed", type=SEED, default=1, show_default=True)
def bench_import(as_json: bool, patients: int, visits: int, seed: int) -> None:
    """Import a made-up export into an empty agency of its own.

    cpu_s is the import's own CPU time, postgres_cpu_s that of its PostgreSQL, peak_mb the most memory it held, without
    PostgreSQL's.
    """
    settings = read_settings().model_copy(update={"database_url": None})
    with tempfile.TemporaryDirectory(prefix="suture-bench-") as there:
        Path(there).chmod(0o755)  # PostgreSQL's user must get in
        export, data = Path(there, "export"), Path(there, "data")
        export.mkdir(mode=0o700)
        rows = write_export(export, patients, visits, seed)
        with open_home(settings, data) as home:
            caller = caller_of(home, settings)
            before = _clocks(home)
            report = import_into(caller, "csv", export)
            wall, own, server = (now - then for now, then in zip(_clocks(home), before, strict=True))
    if report.loaded != rows:
        raise WrongRequest(f"{report.loaded} of {rows} rows were loaded: {next(iter(report.lines()), 'held')}")
    found = {
        "rows": rows,
        "patients": patients,
        "visits": visits,
        "cpu_s": round(own, 2),
        "postgres_cpu_s": round(server, 2),
        "wall_s": round(wall, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "rows_per_cpu_s": round(rows / own),
    }
    if as_json:
        click.echo(json.dumps(found))
        return
    for name, figure in found.items():
        click.echo(f"{name}: {figure}")


def _clocks(home: Home) -> tuple[float, float, float]:
    """Wall, own CPU and PostgreSQL's CPU, in seconds."""
    if home.postgres is None or home.postgres.pid is None:
        raise WrongRequest("This measures a PostgreSQL of its own: unset DATABASE_URL.")
    return time.perf_counter(), time.process_time(), cpu_seconds(home.postgres.pid)
