"""What the operating system says of a file, in the reader's language; what is rare stays as the system says it."""

from typing import Final

from suture.words.catalog import _, marked

KNOWN: Final = (
    marked("No such file or directory"),
    marked("Permission denied"),
    marked("Operation not permitted"),
    marked("File exists"),
    marked("Not a directory"),
    marked("Is a directory"),
    marked("No space left on device"),
    marked("Read-only file system"),
    marked("File name too long"),
)


def why_of(error: OSError) -> str:
    """Why it failed, in words."""
    return _(error.strerror or marked("unknown"))
