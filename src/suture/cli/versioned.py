"""The group of a kind of configuration. What needs a database is imported when it is called: checking a file does not,
and database and planner take a second to import.
"""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import click

from suture.cli.language import in_words

KEPT = ("activate", "history", "import", "list", "rollback", "show")
"""What every kind has: the commands of `cli.versions`."""


class Versioned(click.Group):
    """Commands by name; those of the database are in the `COMMANDS` of a module."""

    def __init__(self, *args: Any, module: str = "", names: Sequence[str] = KEPT, **rest: Any) -> None:
        super().__init__(*args, **rest)
        self._module = module
        self._names = names

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted([*self.commands, *self._names])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._names:
            return super().get_command(ctx, cmd_name)
        command: click.Command = import_module(self._module).COMMANDS[cmd_name]
        return in_words(command)
