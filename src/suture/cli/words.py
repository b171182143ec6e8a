"""Names and reasons that a person gives with a decision."""

from suture.cli.errors import WrongRequest
from suture.service.outreach import LONGEST_WORDS
from suture.words.catalog import _


def checked_words(given: str) -> str:
    """A name or a reason as it may be kept. Raises WrongRequest."""
    words = given.strip()
    if not words.isprintable() or len(words) > LONGEST_WORDS:
        raise WrongRequest(_("--name and --reason take up to {n} printable characters.", n=LONGEST_WORDS))
    return words
