"""`suture signal …`: something happened, said by hand. The worker decides it.

A command is made from the request of its signal; only those whose words differ from its fields are written here.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel, ValidationError

from suture.cli.errors import WrongRequest
from suture.cli.home import caller_of, data_folder, read_settings
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.whose import open_to_write
from suture.service.errors import ServiceError
from suture.service.signal_requests import REQUESTS, SIGNAL_REQUEST, receive_signal
from suture.words.catalog import _, marked
from suture.words.expected import refused

NOT_ASKED = frozenset({"kind", "source", "source_id", "occurred_at"})
"""Fields that the command line fills itself, or asks of every signal in the same way."""
NEXT = marked("Suture works it into the plan within seconds; the board shows what changed.")
STOPPED = marked(
    "Suture is not running on that folder: the plan is adjusted once you start it with suture serve or ./run."
)
AGAIN = {
    "new": marked("It was reported before and is waiting to be worked into the plan."),
    "handled": marked("It was reported before and is part of the plan already."),
    "quarantined": marked("It was reported before and could not be handled: the board says why."),
}
"""What became of a signal that is reported a second time, by the state in which it is stored."""
SOURCE_ID = click.option("--id", "source_id", help="Your own id for it: the same id again is the same signal.")


@click.group()
def signal() -> None:
    """Report what happened: a call-out, a cancellation, a visit that runs over."""


@signal.command("new-visit")
@click.argument("external_id")
@click.option("--patient", help="Whose visit; none for an open shift.")
@click.option("--site", help="Where, when it is not the patient's home.")
@click.option("--branch", help="Of an open shift, where there are several branches.")
@click.option("--service", required=True, help="A service code.")
@click.option("--earliest-start", required=True, help="Such as 2026-03-24T10:00:00-04:00.")
@click.option("--latest-end", required=True, help="When it must have ended.")
@click.option("--minutes", "duration_minutes", type=int, help="How long it takes (default: the service's).")
@click.option("--priority", type=click.Choice(["routine", "urgent", "stat"]), default="routine", show_default=True)
@SOURCE_ID
@DATA
@AGENCY
@DEMO
def new_visit(data: Path | None, demo: bool, source_id: str | None, **visit: Any) -> None:
    """A visit comes in after the day was planned; EXTERNAL_ID is your id for it."""
    given = {name: value for name, value in visit.items() if value is not None}
    report(data, demo, {"kind": "new_visit", "visit": given, "source_id": source_id})


@signal.command("check-out")
@click.argument("visit")
@click.option("--not-home", is_flag=True, help="No one was home.")
@SOURCE_ID
@DATA
@AGENCY
@DEMO
def check_out(data: Path | None, demo: bool, not_home: bool, **fields: Any) -> None:
    """VISIT, by its id in your files, has ended."""
    report(data, demo, {"kind": "check_out", "outcome": "not_home" if not_home else "done", **fields})


def _command(kind: str, request: type[BaseModel]) -> click.Command:
    """The command of a signal: what it must say are arguments, what it may say are options."""
    schema = request.model_json_schema()
    parameters = [
        _parameter(name, schema["$defs"][spec["$ref"].rpartition("/")[2]] if "$ref" in spec else spec, schema)
        for name, spec in schema["properties"].items()
        if name not in NOT_ASKED
    ]

    @click.command(kind.replace("_", "-"), params=parameters, help=request.__doc__)
    @SOURCE_ID
    @DATA
    @AGENCY
    @DEMO
    def send(data: Path | None, demo: bool, **fields: Any) -> None:
        report(data, demo, {"kind": kind, **fields})

    return send


def _parameter(name: str, spec: Mapping[str, Any], schema: Mapping[str, Any]) -> click.Parameter:
    options = [spec, *spec.get("anyOf", ())]
    words = next((o["enum"] for o in options if "enum" in o), None)
    types = {o.get("type") for o in options}
    kind = click.Choice(words) if words else int if "integer" in types else str
    if name in schema["required"]:
        return click.Argument([name], type=kind)
    default, described = spec.get("default") or None, spec.get("description")
    flag = f"--{name.replace('_', '-')}"
    if "boolean" in types:
        return click.Option([flag], is_flag=True, help=described)
    many = "array" in types
    return click.Option([flag], type=kind, default=default, multiple=many, show_default=not many, help=described)


for _kind, _request in REQUESTS.items():
    if _kind.replace("_", "-") not in signal.commands:
        signal.add_command(_command(_kind, _request))


def report(data: Path | None, demo: bool, fields: dict[str, Any]) -> None:
    """Store a signal, and say so."""
    given = {name: value for name, value in fields.items() if value not in (None, ())}
    _check_readable(given)
    try:
        request = SIGNAL_REQUEST.validate_python({"source": "cli", **given})
    except ValidationError as error:
        raise WrongRequest(
            "; ".join(f"{'.'.join(map(str, e['loc'][1:]))}: {refused(e)}" for e in error.errors())
        ) from None
    settings = read_settings()
    with open_to_write(settings, data_folder(settings, data, demo=demo), demo=demo, create=False) as home:
        try:
            received = receive_signal(caller_of(home, settings), request)
        except ServiceError as error:
            raise WrongRequest(str(error)) from None
        nothing_runs = home.postgres is not None and home.postgres.is_owner
        if home.postgres:
            stored = _("It is stored in the data folder {folder}.", folder=home.data_dir)
        else:
            stored = _("It is stored in the database of DATABASE_URL.")
    if received.conflict:
        raise WrongRequest(_("This --id was used before for something else."))
    click.echo(_("Signal {id}: {what}.", id=received.id, what=request.in_words()))
    becomes = NEXT if received.is_new else AGAIN[received.state]
    click.echo(f"{stored} {_(STOPPED if nothing_runs else becomes)}", err=True)


def _check_readable(fields: dict[str, Any]) -> None:
    """Refuse what the terminal could not decode, and control characters: no database column takes them."""
    for name, value in fields.items():
        if isinstance(value, dict):
            _check_readable(value)
        elif any(not text.isprintable() for text in _texts(value)):
            raise WrongRequest(_("{name}: holds characters that cannot be read.", name=name))


def _texts(value: object) -> Iterable[str]:
    """What the terminal gave as text, once or several times."""
    return [text for text in (value if isinstance(value, tuple) else (value,)) if isinstance(text, str)]
