"""What needs a person because the work itself stopped: reports that failed again and again, imports on hold."""

from collections.abc import Mapping
from typing import Final

from suture.words.catalog import Sentence

UPKEEP: Final[Mapping[str, Sentence]] = {
    "signal.double_booked": "A clinician would have a visit for another branch at the same time. Make the change of "
    "signal {signal} by hand.",
    "signal.failed": "Suture ran into an error ({error}). Make the change of signal {signal} by hand.",
    "import.would_remove": "Import {id} would take away {what}. None of it was loaded, and no one is told.",
    "import.decide": "If it is right: suture import release {id}. If not: suture import discard {id}.",
    "closed.import_released": "the import was released",
    "closed.import_discarded": "the import was discarded",
}
