"""`suture plan | rebalance | check | explain | warmup`: files in, files out; no database, no network, no service."""

import hashlib
import json
import math
import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import click

from suture.cli.errors import WrongRequest, warn
from suture.cli.interrupt import Interrupt, stopped_by_ctrl_c
from suture.cli.seeds import SEED
from suture.planner.budget import Budget, CpuSeconds, Iterations, WallSeconds
from suture.planner.check import check
from suture.planner.choose import Unsupported
from suture.planner.explain import explain
from suture.planner.first_pass import first_pass
from suture.planner.formats import NATIVE, guess, suture_json, suture_plan
from suture.planner.formats.errors import Unreadable
from suture.planner.formats.signals import apply
from suture.planner.formats.suture_checks import check as check_problem
from suture.planner.formats.suture_json import Document
from suture.planner.formats.suture_models import PlanJson, parse_plan, parse_problem, parse_signals
from suture.planner.plan import Plan
from suture.planner.problem import Problem
from suture.planner.rebalance import cover_first, rebalance
from suture.planner.reference import breaches, price
from suture.planner.warmup import load_kernels
from suture.words.catalog import _, marked
from suture.words.os_errors import why_of

WRITING_SECONDS = 0.02
"""Kept from a time budget for the last plan's way to the file, and as much again for every 1,000 nodes."""


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """What can be wrong with a file, as lines for a person."""
    try:
        yield
    except OSError as error:
        raise WrongRequest(f"{path}: {why_of(error)}") from None
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
        with readable(path):
            path.write_bytes(data)


def check_writable(path: Path | None) -> None:
    """Raises WrongRequest for a place where no file can be written: now, and not after the search."""
    if path is None or str(path) == "-":
        return
    if path.is_dir():
        raise WrongRequest(_("{path}: a folder; expected the name of a file", path=path))
    if not path.parent.is_dir():
        raise WrongRequest(_("{path}: no folder {folder}; expected one that is there", path=path, folder=path.parent))
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise WrongRequest(_("{path}: not writable; expected a file that may be written", path=path))


def budget_of(iterations: int | None, seconds: float | None, cpu_seconds: float | None, usual: Budget) -> Budget:
    """The one budget that was asked for. Raises WrongRequest for two."""
    given = [x for x in (iterations, seconds, cpu_seconds) if x is not None]
    if len(given) > 1:
        raise WrongRequest(_("Give one of --iterations, --seconds and --cpu-seconds."))
    if any(not 0 < x < math.inf for x in given):
        raise WrongRequest(_("A budget must be above 0, not {budget}.", budget=given[0]))
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


def budget_options(usual: int | None) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """--iterations, --seconds and --cpu-seconds. `usual`: the seconds without any of them."""

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in (
            click.option(
                "--iterations", type=int, help="Stop after this many iterations: the same plan on every machine."
            ),
            click.option(
                "--seconds",
                type=float,
                help=f"Stop after this many seconds; {usual} if no budget is given."
                if usual
                else "Stop after this many seconds.",
            ),
            click.option(
                "--cpu-seconds", type=float, help="Stop after this many CPU seconds, reading and writing included."
            ),
        ):
            command = option(command)
        return command

    return add


@click.command()
@click.argument("problem_file", metavar="PROBLEM", type=click.Path(path_type=Path))
@click.option("--format", "kind", type=click.Choice(["auto", "suture", *NATIVE]), default="auto", show_default=True)
@budget_options(10)
@click.option("--seed", type=SEED, default=1, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="Where the plan goes; standard output if not given.")
@click.option(
    "--output-format", type=click.Choice(["native", "suture"]), help="The problem's own format, or suture-plan/1."
)
@click.option("--trace", type=click.Path(path_type=Path), help="One line of JSON for each better plan.")
@click.option(
    "--cover-first", "covers", is_flag=True, help="A visit left out counts four times its price in the search."
)
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
    covers: bool,
) -> None:
    """Plan a PROBLEM from a file. Exit 0: a legal plan was written; 1: there is none; 2: the file cannot be read.

    Ctrl-C writes the best plan found so far.
    """
    check_writable(output)
    check_writable(trace)
    budget = budget_of(iterations, seconds, cpu_seconds, WallSeconds(10.0))
    load_kernels(warn)
    began = time.process_time() if isinstance(budget, CpuSeconds) else time.perf_counter()
    cpu = time.process_time()
    lines: list[str] = []

    def watch(count: int, cost: int) -> None:
        spent = round(time.process_time() - cpu, 3)
        lines.append(json.dumps({"cpu_seconds": spent, "iterations": count, "cost_seconds": cost}))

    with readable(problem_file):
        source = read_source(read_bytes(problem_file), kind)  # the bytes may go: a matrix can be half a gigabyte
        if output_format == "suture" and source.document is None:
            raise Unreadable(_("file: a public instance has no names or dates; expected --output-format native"))
    with stopped_by_ctrl_c() as interrupt:
        with readable(problem_file):
            found = first_pass(
                cover_first(source.problem) if covers else source.problem,
                budget=without_writing(budget, source.problem),
                seed=seed,
                began=began,
                stop=interrupt,
                watch=watch if trace else None,
            )
        if covers:
            found = replace(found, cost=price(source.problem, found).total)
        spent = time.process_time() - cpu
        run: dict[str, object] = {"seed": seed, "cpu_seconds": round(spent, 3)}
        run["load_average"] = round(os.getloadavg()[0], 2)
        write_bytes(output, source.write(found, run))
    if trace:
        write_bytes(trace, "\n".join([*lines, ""]).encode())
    report(source, found, spent, interrupt)


@dataclass(frozen=True)
class Source:
    """A problem with the way back to its own format. `document`: None for the public formats."""

    problem: Problem
    document: Document | None
    write: Callable[[Plan, dict[str, object]], bytes]
    unit: str = marked("seconds of driving")
    """Of costs."""


def read_source(data: bytes, kind: str) -> Source:
    """Bytes in any format. Raises Unreadable."""
    kind = guess(data) if kind == "auto" else kind
    if kind == "suture":
        document = suture_json.read(data)
        return Source(document.problem, document, lambda plan, run: suture_plan.write(document, plan, run=run))
    format_ = NATIVE[kind]
    problem = format_.read(data)
    return Source(problem, None, lambda plan, run: format_.write(problem, plan), format_.COST_UNIT)


def report(source: Source, found: Plan, cpu: float, interrupt: Interrupt) -> None:
    """One line for people; exit 1 where a hard rule is broken or a required node left out."""
    if interrupt.pressed:
        warn(_("stopped early by Ctrl-C: this is the best plan found so far"))
    faults = breaches(source.problem, found)
    figures = {
        "cost": found.cost,
        "unit": _(source.unit),
        "uncovered": len(found.uncovered),
        "iterations": found.iterations,
        "seconds": f"{cpu:.2f}",
    }
    if faults:
        said = _(
            "cost {cost} {unit}, {uncovered} uncovered, {iterations} iterations, {seconds} CPU seconds, {n} hard rules "
            "broken",
            n=len(faults),
            **figures,
        )
    else:
        said = _("cost {cost} {unit}, {uncovered} uncovered, {iterations} iterations, {seconds} CPU seconds", **figures)
    warn(said)
    if faults:
        raise SystemExit(1)


@click.command("rebalance")
@click.argument("problem_file", metavar="PROBLEM", type=click.Path(path_type=Path))
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@click.argument("signals_file", metavar="SIGNALS", type=click.Path(path_type=Path))
@click.option("--budget-ms", type=float, help="Milliseconds on the wall; 100 if not given.")
@budget_options(None)
@click.option("--seed", type=SEED, default=1, show_default=True)
@click.option("--output", type=click.Path(path_type=Path), help="Where the plan goes; standard output if not given.")
def rebalance_file(
    problem_file: Path,
    plan_file: Path,
    signals_file: Path,
    budget_ms: float | None,
    iterations: int | None,
    seconds: float | None,
    cpu_seconds: float | None,
    seed: int,
    output: Path | None,
) -> None:
    """Repair a PLAN of a PROBLEM after SIGNALS, moving as few people as possible. Ctrl-C writes the best so far."""
    check_writable(output)
    if budget_ms is not None:
        if seconds is not None:
            raise WrongRequest(_("Give one of --budget-ms and --seconds."))
        seconds = budget_ms / 1000
    budget = budget_of(iterations, seconds, cpu_seconds, WallSeconds(0.1))
    load_kernels(warn)
    with readable(problem_file):
        data = read_bytes(problem_file)
        model = parse_problem(data)
        check_problem(model)
    with readable(plan_file):
        given = parse_plan(read_bytes(plan_file))
    with readable(signals_file):
        changed = apply(model, given, parse_signals(read_bytes(signals_file)))
    cpu = time.process_time()
    with stopped_by_ctrl_c() as interrupt:
        with readable(problem_file):
            document = suture_json.from_json(changed.json, hashlib.sha256(data).hexdigest())
            problem = document.with_holds()
            before = suture_plan.read(document, given)[0]
            freed = {v for v, (visit, _position) in enumerate(document.visits) if visit.id in changed.freed}
            freed |= suture_plan.overtaken(document, before)
            before = suture_plan.as_it_happened(document, before)
            found = rebalance(problem, before, freed=freed, budget=budget, seed=seed, stop=interrupt)
        run: dict[str, object] = {"seed": seed, "cpu_seconds": round(time.process_time() - cpu, 3)}
        forced = suture_plan.forced(document, before, freed)
        told = suture_plan.Before(given, forced, changed.causes, changed.labels)
        write_bytes(output, suture_plan.write(document, found, run=run, version=given.version + 1, before=told))
    report(Source(problem, document, lambda *ignored: b""), found, time.process_time() - cpu, interrupt)


def _pair_of_files(problem_file: Path, plan_file: Path) -> tuple[Document, PlanJson, Plan, list[str]]:
    with readable(problem_file):
        document = suture_json.read(read_bytes(problem_file))
    with readable(plan_file):
        given = parse_plan(read_bytes(plan_file))
        found, lost = suture_plan.read(document, given)
    return document, given, found, lost


@click.command("check")
@click.argument("problem_file", metavar="PROBLEM", type=click.Path(path_type=Path))
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
def check_file(problem_file: Path, plan_file: Path) -> None:
    """Check a PLAN against its PROBLEM and price it again, whatever price it states. Exit 1 if a rule is broken."""
    document, given, found, lost = _pair_of_files(problem_file, plan_file)
    faults, parts = check(document.problem, found)
    shown: list[dict[str, object]] = [
        {
            "rule": b.rule,
            "visit_id": document.visits[b.node][0].id if b.node is not None and b.node < document.problem.n else None,
            "shift_id": None if b.row is None else document.shifts[b.row].id,
            "excess_seconds": b.excess,
        }
        for b in faults
    ]
    shown += [{"rule": "unknown_id", "detail": line} for line in lost]
    shown += suture_plan.unlike(document, given, found)
    score = {"soft_seconds": parts.total, "parts": {k: v for k, v in parts.as_dict().items() if v}}
    click.echo(json.dumps({"valid": not shown, "violations": shown, "score": score}, indent=1))
    if shown:
        raise SystemExit(1)


@click.command("explain")
@click.argument("problem_file", metavar="PROBLEM", type=click.Path(path_type=Path))
@click.argument("plan_file", metavar="PLAN", type=click.Path(path_type=Path))
@click.option("--visit", help="The id of a visit; every uncovered one if not given.")
@click.option("--clinician", help="Only this clinician: why not them?")
def explain_file(problem_file: Path, plan_file: Path, visit: str | None, clinician: str | None) -> None:
    """Explain why a visit of a PLAN is where it is, or left out, and what each alternative would cost or lack."""
    document, _given, found, _lost = _pair_of_files(problem_file, plan_file)
    nodes = [v for v, (x, _position) in enumerate(document.visits) if x.id == visit] if visit else list(found.uncovered)
    if visit and not nodes:
        raise WrongRequest(_("--visit: {id}; expected the id of a visit of {file}", id=repr(visit), file=problem_file))
    people = {c.id: i for i, c in enumerate(document.json.clinicians)}
    if clinician is not None and clinician not in people:
        raise WrongRequest(
            _("--clinician: {id}; expected the id of a clinician of {file}", id=repr(clinician), file=problem_file)
        )
    who = None if clinician is None else people[clinician]
    with readable(plan_file):
        try:
            whys = [explain(document.problem, found, v, clinician=who) for v in nodes]
        except AssertionError as error:
            raise Unreadable(_("routes: {fault}; expected a legal plan, see suture check", fault=error)) from None
    click.echo(json.dumps([suture_plan.explained(document, found, why) for why in whys], indent=1))


@click.command()
def warmup() -> None:
    """Compile the planner's kernels, or load them, so that no request waits for it."""
    took = f"{load_kernels(warn):.1f}"
    warn(_("the planner's kernels are ready, {seconds} s", seconds=took))
