"""What an import is as a whole: full or of changes only, applied or held until a person decides."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from suture.words.reason import Reason


class ImportMode(StrEnum):
    """What an export leaves out: of a full one it is asked about, of a delta it means nothing."""

    FULL = "full"
    DELTA = "delta"


class ImportState(StrEnum):
    """What became of an import."""

    APPLIED = "applied"
    HELD = "held"
    RELEASED = "released"
    DISCARDED = "discarded"


@dataclass(frozen=True, slots=True)
class FileSeen:
    """One file of an import: its name, the SHA-256 of its bytes, and how many rows it has below its header."""

    name: str
    sha256: str
    rows: int


@dataclass(frozen=True, slots=True)
class HeldImport:
    """An import that waits for a decision. `why` and `diff` give counts and ids; `branch` is '' where unknown."""

    id: int
    source: str
    branch: str
    mode: ImportMode
    why: Reason
    diff: tuple[Reason, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class ChangedDay:
    """A published day that an import changed: how many visits, and staff, it says something new of."""

    branch: str
    service_date: date
    visits: int
    staff: int
