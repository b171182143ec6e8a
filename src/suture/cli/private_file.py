"""Files that hold patients' data: readable by their owner alone from the first byte, and whole or not there at all."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from suture.cli.errors import WrongRequest

MODE = 0o600


def check_free(path: Path, *, replace: bool) -> None:
    """Refuse a path where something stands, unless it is a file that is to be replaced."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise WrongRequest(f"{path} is not a regular file. Name another one.")
    if path.exists() and not replace:
        raise WrongRequest(f"{path} exists already. Name another file, or replace it with --force.")


@contextmanager
def private_file(path: Path, *, replace: bool) -> Iterator[BinaryIO]:
    """A new file of mode 0600, written beside `path` and given its name once the block has ended well."""
    check_free(path, replace=replace)
    unfinished = path.with_name(f".suture-{secrets.token_hex(8)}.part")
    try:
        number = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, MODE)
        try:
            with os.fdopen(number, "wb") as file:
                os.fchmod(number, MODE)  # a umask may have taken the owner's own rights
                yield file
                file.flush()
                os.fsync(number)
            check_free(path, replace=replace)
            unfinished.replace(path)
        except BaseException:
            unfinished.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise WrongRequest(f"{path} cannot be written: {error.strerror}.") from None
