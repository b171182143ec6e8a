"""The sentence of every code, by subject; two where it depends on a count {n}. Names in braces are filled in."""

from collections.abc import Mapping

from suture.words.sentences.files import FILES
from suture.words.sentences.imports import IMPORTS

Sentence = str | tuple[str, str]

SENTENCES: Mapping[str, Sentence] = {"as_written": "{text}", **FILES, **IMPORTS}
