"""Help and refusals of commands in the language of the keyboard."""

from copy import copy
from inspect import cleandoc
from typing import TypeVar

import click
from click import core, decorators, exceptions, formatting, parser, termui, types

from suture.words.catalog import DEFAULT_LANGUAGE, _, marked, spoken

C = TypeVar("C", bound=click.Command)

OF_CLICK = (
    marked("Usage:"),
    marked("Options"),
    marked("Commands"),
    marked("Show this message and exit."),
    marked("default: {default}"),
    marked("required"),
    marked("Aborted!"),
    marked("Error: {message}"),
    marked("Try '{command} {option}' for help."),
    marked("Invalid value for {param_hint}: {message}"),
    marked("Missing argument"),
    marked("Missing option"),
    marked("Missing command."),
    marked("Choose from:\n\t{choices}"),
    marked("No such option {name!r}."),
    marked("No such command {name!r}."),
    marked("Did you mean {possibility}?"),
    marked("(Did you mean one of: {possibilities}?)"),
    marked("Got unexpected extra argument ({args})"),
    marked("Got unexpected extra arguments ({args})"),
    marked("Option {name!r} requires an argument."),
    marked("Option {name!r} does not take a value."),
    marked("{value!r} is not one of {choices}."),
    marked("{value!r} is not a valid {number_type}."),
    marked("{value} is not in the range {range}."),
    marked("{name} {filename!r} does not exist."),
    marked("{name} {filename!r} is a file."),
    marked("{name} {filename!r} is a directory."),
)
"""What click says by itself. It asks gettext, which reads compiled files only; here it asks the catalog."""

PLACEHOLDERS = (
    marked("[OPTIONS]"),
    marked("COMMAND [ARGS]..."),
    marked("TEXT"),
    marked("INTEGER"),
    marked("INTEGER RANGE"),
    marked("FLOAT"),
    marked("FLOAT RANGE"),
    marked("DIRECTORY"),
    marked("FILE"),
    marked("PATH"),
)
"""What click writes in the place of what is typed."""


def in_words(command: C) -> C:
    """A command as it is shown in the language spoken now; in English it is the command itself."""
    if spoken() == DEFAULT_LANGUAGE:
        return command
    _let_click_ask()
    said = copy(command)
    said.help = command.help and _(cleandoc(command.help))
    said.params = [_option(param) for param in command.params]
    said.options_metavar = command.options_metavar and _(command.options_metavar)
    said._help_option = None  # kept by click in the language of its first use
    if isinstance(said, click.Group):
        said.subcommand_metavar = _(said.subcommand_metavar)
        said.commands = {name: in_words(sub) for name, sub in said.commands.items()}
    return said


def _option(param: click.Parameter) -> click.Parameter:
    if not isinstance(param, click.Option):
        return param
    said = copy(param)
    said.help = param.help and _(param.help)
    if param.metavar is None and not param.is_flag and (kind := param.type.name.upper()) in PLACEHOLDERS:
        said.metavar = _(kind)
    return said


def _let_click_ask() -> None:
    for module in (core, decorators, exceptions, formatting, parser, termui, types):
        vars(module).update(_=_, ngettext=_of_several)


def _of_several(one: str, many: str, n: int) -> str:
    return _(one if n == 1 else many)
