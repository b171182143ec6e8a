"""The sentence of every code, by subject; two where it depends on a count {n}. Names in braces are filled in."""

from collections.abc import Mapping

from suture.words.catalog import Sentence
from suture.words.sentences.changes import CHANGES
from suture.words.sentences.cover import COVER
from suture.words.sentences.expected import EXPECTED
from suture.words.sentences.files import FILES
from suture.words.sentences.fill import FILL
from suture.words.sentences.imports import IMPORTS
from suture.words.sentences.messages import MESSAGES
from suture.words.sentences.reports import REPORTS
from suture.words.sentences.upkeep import UPKEEP

SENTENCES: Mapping[str, Sentence] = {
    "as_written": "{text}",
    **CHANGES,
    **COVER,
    **EXPECTED,
    **FILES,
    **FILL,
    **IMPORTS,
    **MESSAGES,
    **REPORTS,
    **UPKEEP,
}
