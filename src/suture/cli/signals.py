"""`suture signal …`: something happened, said by hand. The worker decides it."""

from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from suture.cli.errors import WrongRequest
from suture.cli.home import context_of, data_folder, open_home, read_settings
from suture.cli.serve import DATA
from suture.model.actors import COMMAND_LINE
from suture.model.signals import Answer
from suture.service.errors import ServiceError
from suture.service.signal_requests import SIGNAL_REQUEST, receive_signal

SOURCE_ID = click.option("--id", "source_id", help="Your own id for it: the same id again is the same signal.")


@click.group()
def signal() -> None:
    """Say what happened: a call-out, a cancellation, a visit that runs over."""


@signal.command("call-out")
@click.argument("clinician")
@click.option("--from", "from_at", help="When the absence begins, as 2026-03-24T07:40:00-04:00 (default: now).")
@click.option("--until", help="When it ends (default: the end of that day).")
@SOURCE_ID
@DATA
def call_out(data: Path | None, **fields: Any) -> None:
    """CLINICIAN, by the id of your files such as E-01, cannot work."""
    _send(data, {"kind": "call_out", "from": fields.pop("from_at"), **fields})


@signal.command("cancellation")
@click.argument("visit")
@click.option("--by", type=click.Choice(["patient", "agency"]), default="patient", show_default=True)
@click.option("--reason", default="", help="For the record; no health details.")
@SOURCE_ID
@DATA
def cancellation(data: Path | None, **fields: Any) -> None:
    """VISIT, by the id of your files, will not take place."""
    _send(data, {"kind": "cancellation", **fields})


@signal.command("run-over")
@click.argument("visit")
@click.option("--minutes", type=int, help="How much longer than planned.")
@click.option("--expected-end", help="Or: when it will end.")
@SOURCE_ID
@DATA
def run_over(data: Path | None, **fields: Any) -> None:
    """VISIT, by the id of your files, takes longer than planned."""
    _send(data, {"kind": "run_over", **fields})


@signal.command("new-visit")
@click.argument("external_id")
@click.option("--patient", help="Whose visit; none for an open shift.")
@click.option("--site", help="Where, when it is not the patient's home.")
@click.option("--service", required=True, help="A service code.")
@click.option("--earliest-start", required=True, help="As 2026-03-24T10:00:00-04:00.")
@click.option("--latest-end", required=True, help="When it must be over.")
@click.option("--minutes", "duration_minutes", type=int, help="How long it takes (default: the service's).")
@click.option("--priority", type=click.Choice(["routine", "urgent", "stat"]), default="routine", show_default=True)
@SOURCE_ID
@DATA
def new_visit(data: Path | None, source_id: str | None, **visit: Any) -> None:
    """A visit that nobody knew of comes in; EXTERNAL_ID is your id for it."""
    given = {name: value for name, value in visit.items() if value is not None}
    _send(data, {"kind": "new_visit", "visit": given, "source_id": source_id})


@signal.command("check-in")
@click.argument("visit")
@SOURCE_ID
@DATA
def check_in(data: Path | None, **fields: Any) -> None:
    """VISIT, by the id of your files, has begun."""
    _send(data, {"kind": "check_in", **fields})


@signal.command("check-out")
@click.argument("visit")
@click.option("--not-home", is_flag=True, help="Nobody was there.")
@SOURCE_ID
@DATA
def check_out(data: Path | None, not_home: bool, **fields: Any) -> None:
    """VISIT, by the id of your files, has ended."""
    _send(data, {"kind": "check_out", "outcome": "not_home" if not_home else "done", **fields})


@signal.command("reply")
@click.argument("answer", type=click.Choice([str(a) for a in Answer]))
@click.option("--visit", help="The patient of this visit answered.")
@click.option("--clinician", help="Or: this clinician answered about --date.")
@click.option("--date", help="As 2026-03-24.")
@SOURCE_ID
@DATA
def reply(data: Path | None, **fields: Any) -> None:
    """Somebody answered by phone."""
    _send(data, {"kind": "reply", **fields})


def _send(data: Path | None, fields: dict[str, Any]) -> None:
    given = {name: value for name, value in fields.items() if value is not None}
    _check_readable(given)
    try:
        request = SIGNAL_REQUEST.validate_python({"source": "cli", **given})
    except ValidationError as error:
        raise WrongRequest(
            "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {e['msg']}" for e in error.errors())
        ) from None
    settings = read_settings()
    with open_home(settings, data_folder(settings, data), create=False) as home:
        try:
            received = receive_signal(context_of(home, settings), request, COMMAND_LINE)
        except ServiceError as error:
            raise WrongRequest(str(error)) from None
    if received.conflict:
        raise WrongRequest("This --id was used before for something else.")
    click.echo(f"Signal {received.id}: {received.state}.")


def _check_readable(fields: dict[str, Any]) -> None:
    """Refuse what the terminal could not decode, and control characters: no database column takes them."""
    for name, value in fields.items():
        if isinstance(value, dict):
            _check_readable(value)
        elif isinstance(value, str) and not value.isprintable():
            raise WrongRequest(f"{name}: holds characters that cannot be read.")
