"""The first start of an agency: what is in force before anyone has chosen anything."""

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Final, TypeVar

from suture.model.configuration import Cause
from suture.rules.errors import FileRefused
from suture.rules.source import MAX_BYTES, Source
from suture.service.caller import Caller
from suture.service.configuration import KINDS, Document, Kind
from suture.service.errors import ServiceError
from suture.service.versions import check_ready, put_in_force, store
from suture.store import configuration
from suture.words.catalog import _
from suture.words.os_errors import why_of

T = TypeVar("T")

DEFAULTS: Final = files("suture.service") / "defaults"
"""A folder of configuration like an agency's own, which comes with Suture."""


class BadFolder(ServiceError):
    """The folder of a first start cannot be used; the message says which file, and why."""


def first_start(caller: Caller, folder: Path | None) -> None:
    """Put in force what the folder says, or the defaults, of each kind that has no version yet; else do nothing.

    A kind that an agency may do without stays out where the folder has no file of it.

    Raises BadFolder with every fault, or NotReady; then nothing has changed.
    """
    with caller.transaction() as tx:
        for kind in KINDS:
            if not configuration.may_start(tx, kind.name) or _does_without(kind, folder):
                continue
            configuration.lock(tx, kind.name)
            if not configuration.may_start(tx, kind.name):  # another process was quicker
                continue
            document = _read(kind, folder)
            check_ready(kind, document.content)
            version, _ = store(tx, kind, document)
            put_in_force(tx, kind, version, Cause.FIRST_START if folder else Cause.DEFAULT)


def _does_without(kind: Kind[Any], folder: Path | None) -> bool:
    return kind.optional and not ((folder or DEFAULTS) / kind.file).is_file()


def _read(kind: Kind[T], folder: Path | None) -> Document[T]:
    file: Traversable = (folder or DEFAULTS) / kind.file
    try:
        with file.open("rb") as opened:
            found = opened.read(MAX_BYTES + 1)
        return kind.read([Source(kind.file, found.decode("utf-8", "surrogateescape"))])
    except OSError as error:
        raise BadFolder(_("SUTURE_CONFIG_DIR: {file} cannot be read: {why}.", file=file, why=why_of(error))) from None
    except FileRefused as error:
        said = _("SUTURE_CONFIG_DIR: {file} cannot be used:", file=file)
        raise BadFolder(f"{said}\n{error}") from None
