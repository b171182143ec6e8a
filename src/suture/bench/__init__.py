"""Benchmarks, one file each: separate from the tests, run by `suture bench`."""

import click

from suture.bench.rules import rules


@click.group()
def bench() -> None:
    """Measure Suture on the shared data."""


bench.add_command(rules)
