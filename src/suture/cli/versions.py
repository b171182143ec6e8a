"""The commands that every kind of configuration has: import, list, show, activate, history and rollback."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from suture.cli.config_files import FILES, read_files
from suture.cli.errors import WrongRequest
from suture.cli.home import caller_of, data_folder, open_home, read_settings
from suture.cli.options import AGENCY, DATA, DEMO
from suture.cli.whose import open_to_write
from suture.model.configuration import Cause, ConfigKind
from suture.service import versions
from suture.service.caller import Caller
from suture.service.configuration import Kind
from suture.service.errors import ServiceError
from suture.words.catalog import _, marked, marked_pair, plural
from suture.words.dates import full_moment

DRAFT = click.argument("draft", metavar="DRAFT")

_NEXT = {
    ConfigKind.RULES: ("preview", " --day …"),
    ConfigKind.POLICY: ("activate", ""),
    ConfigKind.ON_CALL: ("preview", ""),
}
_IN_FORCE = {
    ConfigKind.RULES: marked("{hash} is in force: the next decision is made by it."),
    ConfigKind.POLICY: marked("{hash} is in force: the next message follows it."),
    ConfigKind.ON_CALL: marked("{hash} is in force: the next critical case goes to whoever is on call by it."),
}
_ENTRIES = {
    ConfigKind.RULES: marked_pair("{n} rule", "{n} rules"),
    ConfigKind.POLICY: marked_pair("{n} setting", "{n} settings"),
    ConfigKind.ON_CALL: marked_pair("{n} turn", "{n} turns"),
}
_STATES = {"draft": marked("draft"), "active": marked("active"), "superseded": marked("superseded")}
_CAUSES = {
    Cause.DEFAULT: marked("came with Suture"),
    Cause.FIRST_START: marked("first start"),
    Cause.ACTIVATE: marked("activated"),
    Cause.ROLLBACK: marked("rolled back"),
}
_IMPORT_HELP = {
    ConfigKind.RULES: marked("Store FILEs, together one rulebook, as a draft; prints its hash."),
    ConfigKind.POLICY: marked("Store FILEs, together one policy, as a draft; prints its hash."),
    ConfigKind.ON_CALL: marked("Store FILEs, together one on-call list, as a draft; prints its hash."),
}
_ACTIVATE_HELP = {
    ConfigKind.RULES: marked("Put DRAFT (the start of its hash, or a file) in force; the next decision is made by it."),
    ConfigKind.POLICY: marked("Put DRAFT (the start of its hash, or a file) in force; the next message follows it."),
    ConfigKind.ON_CALL: marked(
        "Put DRAFT (the start of its hash, or a file) in force; the next critical case goes to whoever is "
        "on call by it."
    ),
}


def commands_of(kind: Kind[Any]) -> Mapping[str, click.Command]:
    """Each command by its name."""
    made = (_import(kind), _list(kind), _show(kind), _activate(kind), _history(kind), _rollback(kind))
    return {str(command.name): command for command in made}


def hash_of(caller: Caller, kind: Kind[Any], draft: str) -> str:
    """The hash, or its start, that names a version; a file in its place is imported first."""
    if not is_file(file := Path(draft)):
        if not draft.isprintable():
            raise WrongRequest(_("{name}: holds characters that cannot be read.", name="DRAFT"))
        return draft
    version, is_new = versions.import_document(caller, kind, read_files(kind.read, [file]))
    said = marked("{file} is a new draft: {hash}") if is_new else marked("{file} is here already: {hash}")
    click.echo(_(said, file=file, hash=version.hash[:12]), err=True)
    return version.hash


def is_file(path: Path) -> bool:
    """Whether a word names a file."""
    try:
        return path.is_file()
    except OSError:  # such as a name that is too long for one
        return False


@contextmanager
def to_read(data: Path | None, demo: bool) -> Iterator[Caller]:
    """The installation, to look at it."""
    settings = read_settings()
    with open_home(settings, data_folder(settings, data, demo=demo)) as home, _refusals():
        yield caller_of(home, settings)


@contextmanager
def to_write(data: Path | None, demo: bool) -> Iterator[Caller]:
    """The installation, to change it."""
    settings = read_settings()
    with open_to_write(settings, data_folder(settings, data, demo=demo), demo=demo) as home, _refusals():
        yield caller_of(home, settings)


@contextmanager
def _refusals() -> Iterator[None]:
    try:
        yield
    except ServiceError as error:
        raise WrongRequest(str(error)) from None


def _import(kind: Kind[Any]) -> click.Command:
    @click.command("import", help=_IMPORT_HELP[kind.name])
    @FILES
    @DATA
    @AGENCY
    @DEMO
    def command(files: tuple[Path, ...], data: Path | None, demo: bool) -> None:
        document = read_files(kind.read, files)
        with to_write(data, demo) as caller:
            version, is_new = versions.import_document(caller, kind, document)
        click.echo(version.hash)
        command, option = _NEXT[kind.name]
        then = f"{kind.command} {command} {version.hash[:12]}{option}"
        entries, state = plural(*_ENTRIES[kind.name], version.entries), _(_STATES[version.state])
        if is_new:
            said = _("{entries}, a new draft. Next: {command}", entries=entries, command=then)
        else:
            said = _("{entries}, here already, {state}. Next: {command}", entries=entries, state=state, command=then)
        click.echo(said, err=True)
        for line in kind.missing(document.content):
            click.echo(_("Before it can be activated: {fault}", fault=line), err=True)

    return command


def _list(kind: Kind[Any]) -> click.Command:
    @click.command("list", help="List the newest versions, newest first.")
    @DATA
    @AGENCY
    @DEMO
    def command(data: Path | None, demo: bool) -> None:
        with to_read(data, demo) as caller:
            for v in versions.versions(caller, kind):
                size, state = f"{plural(*_ENTRIES[kind.name], v.entries):>12}", _(_STATES[v.state])
                click.echo(f"{v.hash[:12]}  {state:<10}  {full_moment(v.at):<19}  {size}  {v.actor}  {v.name}")

    return command


def _show(kind: Kind[Any]) -> click.Command:
    @click.command("show", help="Print the files of VERSION (the start of its hash), or of the one in force.")
    @click.argument("version", required=False)
    @DATA
    @AGENCY
    @DEMO
    def command(version: str | None, data: Path | None, demo: bool) -> None:
        with to_read(data, demo) as caller:
            found, texts = versions.show(caller, kind, version)
        for text in texts:
            click.echo(f"# {found.hash[:12]}, {_(_STATES[found.state])}: {text.name}")
            click.echo(text.text, nl=not text.text.endswith("\n"))

    return command


def _activate(kind: Kind[Any]) -> click.Command:
    @click.command("activate", help=_ACTIVATE_HELP[kind.name])
    @DRAFT
    @DATA
    @AGENCY
    @DEMO
    def command(draft: str, data: Path | None, demo: bool) -> None:
        with to_write(data, demo) as caller:
            version = versions.activate(caller, kind, hash_of(caller, kind, draft))
        click.echo(_(_IN_FORCE[kind.name], hash=version.hash[:12]))

    return command


def _history(kind: Kind[Any]) -> click.Command:
    @click.command("history", help="List what came into force, newest first.")
    @DATA
    @AGENCY
    @DEMO
    def command(data: Path | None, demo: bool) -> None:
        with to_read(data, demo) as caller:
            for a in versions.history(caller, kind):
                click.echo(f"{a.hash[:12]}  {full_moment(a.at):<19}  {_(_CAUSES[a.cause]):<16}  {a.actor}  {a.name}")

    return command


def _rollback(kind: Kind[Any]) -> click.Command:
    @click.command("rollback", help="Put the previous version back in force.")
    @DATA
    @AGENCY
    @DEMO
    def command(data: Path | None, demo: bool) -> None:
        with to_write(data, demo) as caller:
            version = versions.roll_back(caller, kind)
        click.echo(_("{hash} is in force again.", hash=version.hash[:12]))

    return command
