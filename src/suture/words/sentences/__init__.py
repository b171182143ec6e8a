"""The sentence of every code, by subject; two where it depends on a count {n}. Names in braces are filled in."""

from collections.abc import Mapping

Sentence = str | tuple[str, str]

SENTENCES: Mapping[str, Sentence] = {"as_written": "{text}", "all_of": "{reasons}"}
