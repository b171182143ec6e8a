"""The seed of every command that has one."""

import click

LARGEST_SEED = 2**63 - 1
SEED = click.IntRange(0, LARGEST_SEED)
