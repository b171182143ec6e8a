"""The command line. Each command says what it did, or why it did not, in words; exit 2 means the request was wrong."""

import logging
import os
import sys
from importlib import import_module
from typing import Any

import click
import structlog

from suture import __version__
from suture.cli.language import in_words
from suture.words.catalog import _, language_of, speaking

_COMMANDS = {
    "audit": "audit:audit",
    "agency": "agencies:agency",
    "bench": "bench:bench",
    "case": "cases:case",
    "catcher": "serve:catcher",
    "check": "planner:check_file",
    "clinician": "clinician:clinician",
    "connection": "connections:connection",
    "day": "day:day",
    "db": "db:db",
    "demo": "demo:demo",
    "fill": "fill:fill",
    "explain": "planner:explain_file",
    "import": "files:import_files",
    "key": "keys:key",
    "on-call": "on_call:on_call",
    "outreach": "outreach:outreach",
    "people": "demo:people",
    "phones": "phones:phones",
    "places": "places:places",
    "plan": "planner:plan",
    "policy": "policy:policy",
    "rebalance": "planner:rebalance_file",
    "rules": "rules:rules",
    "serve": "serve:serve",
    "sign-in": "sign_in:sign_in",
    "signal": "signals:signal",
    "user": "users:user",
    "warmup": "planner:warmup",
    "web": "serve:web",
    "worker": "serve:worker",
}
"""Module and function of each command. A module is imported by the command that needs it: planning a file needs neither
the web framework nor the database, and they take a second to import."""


class _Suture(click.Group):
    """Commands by name; Ctrl-C ends any of them quietly, with the exit code that shells expect."""

    def main(self, *args: Any, **rest: Any) -> Any:
        """Run a command in the language of whoever sits at the keyboard."""
        with speaking(language_of(os.environ)):
            return click.Group.main(in_words(self), *args, **rest)

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        module, function = _COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(f"suture.cli.{module}"), function)
        return in_words(command)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo(_("Stopped."), err=True)
            raise SystemExit(130) from None


@click.group(cls=_Suture)
@click.version_option(__version__, prog_name="suture")
def main() -> None:
    """Suture: the healthcare schedule that stitches itself back together."""
    _log_to_stderr()


def _log_to_stderr() -> None:
    """Logs never mix with what a command prints; they carry ids and codes, no names, phones or addresses."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )
