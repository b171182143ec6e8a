"""The catalog of texts: what the code, the templates, the commands and the codes of reasons say, and its translations.

`scripts/words` brings `src/suture/words/locale/*.po` in line with the code: new texts are added without a translation,
those that are gone leave. `tests/docs/test_catalog.py` refuses a catalog that lacks one.
"""

import re
from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path

import click
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from suture.cli import main as suture
from suture.rules.book import load
from suture.words.catalog import DEFAULT_LANGUAGE, LANGUAGES, LOCALE
from suture.words.sentences import SENTENCES

ROOT = Path(__file__).parents[1]
SOURCES = ROOT / "src" / "suture"
RULEBOOKS = tuple(SOURCES / p for p in ("service/defaults/rulebook.yaml", "sim/files/rulebook.yaml"))
"""The rules of a new agency and of the demo; the packs are among them."""
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {pattern: {"trimmed": "true", "encoding": "utf-8"} for pattern in ("**.html", "**.txt")}
KEYWORDS = {"_": None, "marked": None, "plural": (1, 2), "marked_pair": (1, 2)}

Text = str | tuple[str, str]


def texts() -> list[Text]:
    """Every text of the catalog, each once, in the order of the files that have it."""
    found = extract_from_dir(
        SOURCES, method_map=METHODS, options_map=OPTIONS, keywords=KEYWORDS, comment_tags=(), strip_comment_tags=False
    )
    of_files = [(file, line, said) for file, line, said, _comments, _context in found]
    ordered = [said for _, _, said in sorted(of_files, key=lambda f: f[:2])]
    return list(dict.fromkeys([*map(_text, ordered), *SENTENCES.values(), *_of_commands(suture), *_of_rules()]))


def _text(said: str | tuple[str, ...]) -> Text:
    return said if isinstance(said, str) else (said[0], said[1])


def _of_commands(command: click.Command) -> Iterator[str]:
    """What `--help` says of a command, its options and its subcommands."""
    if command.help:
        yield cleandoc(command.help)
    yield from (p.help for p in command.params if isinstance(p, click.Option) and p.help)
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            if sub := command.get_command(context, name):
                yield from _of_commands(sub)


def _of_rules() -> Iterator[str]:
    """Titles and reasons of the rules that come with Suture."""
    for path in RULEBOOKS:
        for checked in load(path.read_text(encoding="utf-8"), name=path.name).rules:
            yield from filter(None, (checked.rule.title, checked.rule.because))


def po_file(lang: str) -> Path:
    """The file of a language's translations."""
    return LOCALE / f"{lang}.po"


def catalog(lang: str) -> Catalog:
    """A language's catalog as it stands in its file; empty where there is none."""
    path = po_file(lang)
    if not path.exists():
        return Catalog(locale=lang)
    with path.open("rb") as file:
        return read_po(file, locale=lang)


def in_line(lang: str) -> Catalog:
    """The catalog with exactly the texts of the code, and the translations that there are for them."""
    before, after = catalog(lang), Catalog(locale=lang)
    for text in texts():
        known = before.get(text)
        after.add(text, known.string if known else "")
    return after


def write(lang: str, of: Catalog) -> None:
    """Write a catalog: one text after the other, without places, so that a change shows as one."""
    with po_file(lang).open("wb") as file:
        write_po(file, of, omit_header=True, no_location=True, width=120)


def placeholders(text: str) -> list[str]:
    """The {names} of a text, in order of the alphabet."""
    return sorted(set(re.findall(r"{(\w+)(?::[^}]*)?}", text)))


if __name__ == "__main__":
    for language in LANGUAGES:
        if language != DEFAULT_LANGUAGE:
            write(language, in_line(language))
            missing = sum(not m.string for m in catalog(language) if m.id)
            print(f"{po_file(language).relative_to(ROOT)}: {len(texts())} texts, {missing} without a translation")
