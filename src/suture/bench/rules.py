"""`suture bench rules`: how long it takes to read, check and compile rules for a large day, and whether it is right."""

import json
import runpy
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
import numpy as np

from suture.model.ids import PartyId, VisitId
from suture.rules import vocabulary
from suture.rules.book import Rulebook, load
from suture.rules.cel import Values
from suture.rules.compile import areas, compile_rules
from suture.rules.compiled import CompiledRules
from suture.rules.reference import plain_bits
from suture.settings import Settings

TRIES: Final = 3
INCREMENTS: Final = 5


@dataclass(frozen=True, slots=True)
class Population:
    """The people and visits of the benchmark, as the rules see them."""

    clinicians: Mapping[PartyId, Values]
    visits: Mapping[VisitId, Values]


@click.command("rules")
@click.option("--json", "as_json", is_flag=True, help="Print the figures as one JSON object.")
@click.option("--plain", is_flag=True, help="Ask the engine for every single pair in the reference; takes a minute.")
def rules(as_json: bool, plain: bool) -> None:
    """Compile 15 rules for 250 clinicians × 2,000 visits; CPU milliseconds, best of three."""
    folder = shared_data() / "rules"
    text = (folder / "rules-15.yaml").read_text(encoding="utf-8")
    people = _population(folder)
    figures = measure(text, people, plain=plain)
    if as_json:
        click.echo(json.dumps(figures))
        return
    for name, value in figures.items():
        click.echo(f"{name:>18} {value}")


def shared_data() -> Path:
    """The folder of shared data, from SUTURE_SHARED_DATA or beside the repository."""
    folder = Settings().shared_data
    if not (folder / "rules" / "rules-15.yaml").is_file():
        raise click.ClickException(
            f"There is no shared data in {folder} (no rules/rules-15.yaml there). Set SUTURE_SHARED_DATA to its folder."
        )
    return folder


def _population(folder: Path) -> Population:
    """The population that the shared generator makes with its own defaults."""
    made: dict[str, Any] = runpy.run_path(str(folder / "population.py"))["population"]()
    return Population(
        {PartyId(n): _values("c", facts) for n, facts in enumerate(made["clinicians"])},
        {VisitId(n): _values("v", facts) for n, facts in enumerate(made["visits"])},
    )


def _values(subject: str, facts: Mapping[str, Any]) -> Values:
    return {f"{subject}.{name}": tuple(value) if isinstance(value, list) else value for name, value in facts.items()}


def measure(text: str, people: Population, *, plain: bool = False) -> dict[str, float | int]:
    """The figures: times in CPU milliseconds, and pairs on which the compiled bits and the reference differ."""
    cold, compiled, book = _best(lambda: _cold(text, people))
    visit = list(people.visits)[len(people.visits) // 2]
    clinician = list(people.clinicians)[len(people.clinicians) // 2]
    one_visit, _, _ = _best(lambda: (compiled.with_visit(visit, _moved(people.visits[visit], "v.")), book), INCREMENTS)
    one_clinician, _, _ = _best(
        lambda: (compiled.with_clinician(clinician, _moved(people.clinicians[clinician], "c.")), book), INCREMENTS
    )
    why, unknown = plain_bits(book, people.clinicians, people.visits, remember=not plain)
    wrong = ((compiled.why != why) | (compiled.unknown != unknown)).any(axis=2)
    return {
        "pairs": len(people.clinicians) * len(people.visits),
        "rules": len(book.rules),
        "cold_ms": round(cold, 1),
        "one_visit_ms": round(one_visit, 2),
        "one_clinician_ms": round(one_clinician, 2),
        "mismatches": int(np.count_nonzero(wrong)),
    }


def _cold(text: str, people: Population) -> tuple[CompiledRules, Rulebook]:
    """From the file's text to the arrays, with nothing kept from before."""
    vocabulary.language.cache_clear()
    book = load(text, name="rules-15.yaml")
    return compile_rules(areas(book.rules, ()), people.clinicians, people.visits), book


def _best(
    work: Callable[[], tuple[CompiledRules, Rulebook]], tries: int = TRIES
) -> tuple[float, CompiledRules, Rulebook]:
    times = []
    for _ in range(tries):
        started = time.process_time()
        done = work()
        times.append((time.process_time() - started) * 1000)
    return min(times), *done


_unseen: Iterator[int] = iter(range(1, 1_000_000))


def _moved(values: Values, prefix: str) -> Values:
    """The same member at hours and with skills that no one had before, so that no answer is known already."""
    n = next(_unseen)
    return {**values, f"{prefix}start": 2000 + n, f"{prefix}end": 3000 + n, f"{prefix}creds": (f"new-{n}",)}
