"""docs/words.md says which words we never write; they are looked for in the code, the docs and the pages."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "words.md"
SUFFIXES = {".py", ".md", ".html", ".css", ".js", ".yaml", ".txt"}
UNREAD = (
    "docs/words.md",  # it quotes them
    "src/suture/store/migrations/",  # a migration never changes
    "src/suture/outreach/stop_words.py",  # what patients text
    "src/suture/outreach/plain_text.py",
)
CODE = re.compile(r"`` ?(.+?) ?``|`([^`]+)`")


class Tic(NamedTuple):
    """One line of the table: what is never written, what to write instead, and where it is fine."""

    pattern: re.Pattern[str]
    instead: str
    fine: tuple[re.Pattern[str], ...]


def words(text: str) -> str:
    """These words with any white space between them, also a line break in a comment."""
    return r"\s+(?:#\s+)?".join(map(re.escape, text.split()))


def quoted(cell: str) -> list[str]:
    """What a cell has between backticks."""
    return [a or b for a, b in CODE.findall(cell)]


def tics(page: str) -> Iterator[Tic]:
    """The lines of the table under `## Never`."""
    table = page.partition("\n## Never\n")[2]
    for line in table.splitlines():
        if line.startswith("| `"):
            never, instead, fine = (cell.strip() for cell in line.strip("|").split(" |")[:3])
            said = "|".join(words(w) for w in quoted(never))
            allowed = tuple(re.compile(words(w), re.IGNORECASE) for w in quoted(fine))
            yield Tic(re.compile(rf"(?<!\w)(?:{said})(?!\w)", re.IGNORECASE), instead, allowed)


TICS = tuple(tics(PAGE.read_text(encoding="utf-8")))


def found(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, words and what to write instead, for each tic in a text."""
    for tic in TICS:
        fine = [m.span() for allowed in tic.fine for m in allowed.finditer(text)]
        for match in tic.pattern.finditer(text):
            if not any(start <= match.start() and match.end() <= end for start, end in fine):
                yield text.count("\n", 0, match.start()) + 1, match.group(), tic.instead


def files() -> list[Path]:
    """Everything that people read, except what `docs/words.md` leaves out."""
    roots = [ROOT / name for name in ("src", "docs", "examples")]
    paths = [p for root in roots for p in root.rglob("*")] + [
        ROOT / f"{n}.md" for n in ("README", "CONTRIBUTING", "SECURITY")
    ]
    return [p for p in sorted(paths) if p.suffix in SUFFIXES and not str(p.relative_to(ROOT)).startswith(UNREAD)]


def test_no_file_has_a_word_we_never_write():
    said = [
        f"{path.relative_to(ROOT)}:{line}: {' '.join(word.split())!r}; write: {instead}"
        for path in files()
        for line, word, instead in found(path.read_text(encoding="utf-8"))
    ]
    assert not said, "docs/words.md says otherwise:\n" + "\n".join(said)


@pytest.mark.parametrize(
    "text",
    [
        "Nobody may do it.",
        "where\n    # nobody has it",
        "what the rule speaks\nof",
        'FieldError("x", "must lie after y")',
    ],
)
def test_a_tic_is_found_in_prose_comments_and_messages(text):
    assert list(found(text))


@pytest.mark.parametrize(
    "text",
    ["the plan as it\nstands", "PostgreSQL runs as user nobody", "test_nobody_may", "understands", "S stands for SMS"],
)
def test_real_uses_stay(text):
    assert not list(found(text))


def test_the_table_is_read_whole():
    table = PAGE.read_text(encoding="utf-8").partition("\n## Never\n")[2]
    assert len(TICS) == table.count("\n| `") >= 20
