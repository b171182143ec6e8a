"""Files that only their owner may read, such as a backup: never half there, and never in place of another."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from suture.words.catalog import _
from suture.words.os_errors import why_of

MODE = 0o600


class FileRefused(Exception):
    """The file cannot be written, or exists already; the message names it."""


@contextmanager
def private_file(file: Path) -> Iterator[int]:
    """A descriptor to write to; the file appears under its name once the block is done, and not at all if it raises.

    Its mode is 0600 from the first byte on, whatever the umask. Raises FileRefused.
    """
    if os.path.lexists(file):
        raise FileRefused(_("{file} is there already and is not overwritten. Choose another name.", file=file))
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}.part")
    try:
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
    except OSError as error:
        why = why_of(error)
        raise FileRefused(_("{file} cannot be written: {why}. Choose another place.", file=file, why=why)) from None
    try:
        os.fchmod(handle, MODE)
        yield handle
        os.fsync(handle)
        _name(unfinished, file)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    finally:
        os.close(handle)


def _name(unfinished: Path, file: Path) -> None:
    """Give the finished file its name, unless someone else took it meanwhile."""
    try:
        os.link(unfinished, file)
    except FileExistsError:
        raise FileRefused(_("{file} was made by someone else meanwhile and is not overwritten.", file=file)) from None
    except OSError:  # a file system without hard links
        unfinished.rename(file)
    else:
        unfinished.unlink()
    with suppress(OSError):  # not every file system syncs folders
        folder = os.open(file.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
