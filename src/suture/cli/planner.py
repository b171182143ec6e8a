"""`suture plan` and `suture warmup`: files in, files out; no database, no network, no service."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from suture.cli.home import WrongRequest
from suture.planner.budget import Budget, CpuSeconds, Iterations, WallSeconds
from suture.planner.choose import Unsupported
from suture.planner.first_pass import first_pass
from suture.planner.formats import NATIVE, guess
from suture.planner.formats.errors import Unreadable
from suture.planner.plan import Plan
from suture.planner.problem import Problem
from suture.planner.reference import breaches
from suture.planner.warmup import load_kernels

WRITING_SECONDS = 0.02
"""Kept from a time budget for the last plan's way to the file, and as much again for every 1,000 nodes."""


def warn(text: str) -> None:
    """A line for people; standard output is for data."""
    click.echo(text, err=True)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What can be wrong with a file, as lines for a person."""
    try:
        yield
    except OSError as error:
        raise WrongRequest(f"{path}: {error.strerror}") from None
    except (Unreadable, Unsupported) as error:
        raise WrongRequest("\n".join(f"{path}: {line}" for line in str(error).splitlines())) from None


def read_bytes(path: Path) -> bytes:
    """A file's bytes; `-` is standard input."""
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()


def write_bytes(path: Path | None, data: bytes) -> None:
    """To a file, or to standard output."""
    if path is None or str(path) == "-":
        click.echo(data.decode())
    else:
        path.write_bytes(data)


def budget_of(iterations: int | None, seconds: float | None, cpu_seconds: float | None, usual: Budget) -> Budget:
    """The one budget that was asked for. Raises WrongRequest for two."""
    given = [x for x in (iterations, seconds, cpu_seconds) if x is not None]
    if len(given) > 1:
        raise WrongRequest("Give one of --iterations, --seconds and --cpu-seconds.")
    if any(x <= 0 for x in given):
        raise WrongRequest(f"A budget of {given[0]} is none: give a number above 0.")
    if iterations is not None:
        return Iterations(iterations)
    if cpu_seconds is not None:
        return CpuSeconds(cpu_seconds)
    return usual if seconds is None else WallSeconds(seconds)


def without_writing(budget: Budget, problem: Problem) -> Budget:
    """The budget of the search alone."""
    kept = WRITING_SECONDS * (1 + problem.n / 1000)
    match budget:
        case CpuSeconds(seconds):
            return CpuSeconds(max(seconds / 2, seconds - kept))
        case WallSeconds(seconds):
            return WallSeconds(max(seconds / 2, seconds - kept))
        case Iterations():
            return budget


def budget_options(command: Callable[..., None]) -> Callable[..., None]:
    """--iterations, --seconds and --cpu-seconds."""
    for option in (
        click.option("--iterations", type=int, help="Stop after so many iterations: the same plan on every machine."),
        click.option("--seconds", type=float, help="Stop after so many seconds."),
        click.option("--cpu-seconds", type=float, help="Stop after so many CPU seconds, reading and writing included."),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("problem_file", metavar="PROBLEM", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(["auto", *NATIVE]), default="auto", show_default=True)
@budget_options
@click.option("--seed", type=int, default=1, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="Where the plan goes; standard output if not given.")
@click.option(
    "--output-format", type=click.Choice(["native", "suture"]), help="The problem's own format, or suture-plan/1."
)
@click.option("--trace", type=click.Path(path_type=Path), help="One line of JSON for each better plan.")
def plan(
    problem_file: Path,
    kind: str,
    iterations: int | None,
    seconds: float | None,
    cpu_seconds: float | None,
    seed: int,
    output: Path | None,
    output_format: str | None,
    trace: Path | None,
) -> None:
    """Plan a PROBLEM from a file. Exit 0: a legal plan was written; 1: there is none; 2: the file cannot be read."""
    load_kernels(warn)
    budget = budget_of(iterations, seconds, cpu_seconds, WallSeconds(10.0))
    began = time.process_time() if isinstance(budget, CpuSeconds) else time.perf_counter()
    cpu = time.process_time()
    lines: list[str] = []

    def watch(count: int, cost: int) -> None:
        spent = round(time.process_time() - cpu, 3)
        lines.append(json.dumps({"cpu_seconds": spent, "iterations": count, "cost_seconds": cost}))

    with readable(problem_file):
        data = read_bytes(problem_file)
        format_ = NATIVE[guess(data) if kind == "auto" else kind]
        problem = format_.read(data)
        found = first_pass(
            problem,
            budget=without_writing(budget, problem),
            seed=seed,
            began=began,
            watch=watch if trace else None,
        )
    write_bytes(output, format_.write(problem, found))
    if trace:
        trace.write_text("\n".join([*lines, ""]))
    _report(problem, found, time.process_time() - cpu)


def _report(problem: Problem, found: Plan, cpu: float) -> None:
    faults = breaches(problem, found)
    warn(
        f"cost {found.cost}, {len(found.uncovered)} uncovered, {found.iterations} iterations, {cpu:.2f} CPU seconds"
        + (f", {len(faults)} hard rules broken" if faults else "")
    )
    if faults:
        raise SystemExit(1)


@click.command()
def warmup() -> None:
    """Compile the planner's kernels, or load them, so that no request waits for it."""
    warn(f"the planner's kernels are ready, {load_kernels(warn):.1f} s")
