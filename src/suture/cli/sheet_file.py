"""The file of the day sheets: for its owner's eyes only, and in place of another only when that is asked."""

import secrets
from pathlib import Path

from suture.cli.errors import WrongRequest
from suture.store.private_file import FileRefused, private_file
from suture.words.catalog import _
from suture.words.os_errors import why_of


def check_free(path: Path, *, force: bool) -> None:
    """Refuse a path where something exists, unless it is a file that is to be replaced."""
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise WrongRequest(_("{file} is not a regular file. Name another one.", file=path))
    if path.exists() and not force:
        raise WrongRequest(_("{file} exists already. Name another file, or replace it with --force.", file=path))


def write_sheets(path: Path, text: str, *, force: bool) -> None:
    """Write the file whole or not at all, mode 0600 from the first byte; with `force` in place of another."""
    check_free(path, force=force)
    target = path.with_name(f".suture-{secrets.token_hex(8)}") if force else path
    try:
        with private_file(target) as number, open(number, "wb", closefd=False) as file:
            file.write(text.encode())
        if force:
            target.replace(path)
    except FileRefused as error:
        raise WrongRequest(str(error).replace(str(target), str(path))) from None
    except OSError as error:
        if force:
            target.unlink(missing_ok=True)
        raise WrongRequest(_("{file} cannot be written: {why}.", file=path, why=why_of(error))) from None
