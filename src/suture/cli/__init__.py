"""The command line. Each command says what it did, or why it did not, in words; exit 2 means the request was wrong."""

import logging
import sys
from typing import Any

import click
import structlog

from suture import __version__
from suture.cli.bench import bench
from suture.cli.day import day
from suture.cli.demo import demo
from suture.cli.files import import_files
from suture.cli.planner import check_file, explain_file, plan, rebalance_file, warmup
from suture.cli.rulebooks import version_commands
from suture.cli.rules import rules
from suture.cli.serve import catcher, serve, web, worker
from suture.cli.signals import signal


class _Suture(click.Group):
    """Ctrl-C ends any command quietly, with the exit code that shells expect."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
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


_FILES = (plan, rebalance_file, check_file, explain_file, warmup, bench)
_INSTALLATION = (demo, serve, web, worker, catcher, import_files, day, signal, rules)
for _command in (*_FILES, *_INSTALLATION):
    main.add_command(_command)
for _command in version_commands:
    rules.add_command(_command)
