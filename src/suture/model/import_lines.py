"""What an import could not use, as lines that a person reads: each cause once, with what waits for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from suture.model.imports import FileReport, ImportProblem
from suture.words.catalog import _, plural
from suture.words.reason import Reason, listed, reason, some_of, values_of

TWICE_THERE = "twice_there"
"""The code of a row that waits because the id it names is on several lines of its own file."""

NO_BRANCH = "no_branch"
"""The code of a file that is set aside because no branch is known: said once for all of them."""

ENCODING = "encoding"
"""The code of a cell that is not UTF-8: said once for a whole file."""

DUPLICATE = "duplicate"
"""The code of a row whose id is on another line too: said once for all of them."""

STAYS_IN_BRANCH = "stays_in_branch"
"""The code of a person whom a file would move to another branch: said once for all whom it would move alike."""

SOME = 5
"""How many ids a line names of many."""

MOST_LINES = 10
"""How many numbers of lines are named of many."""

CAUSES: Mapping[str, tuple[str, ...]] = {
    "unknown_patient": ("patients",),
    "unknown_staff": ("staff",),
    "unknown_party": ("patients", "staff"),
    "unknown_service": ("services",),
    "unknown_site": ("sites",),
    NO_BRANCH: ("branch",),
    TWICE_THERE: ("patients", "staff"),
}
"""Where the thing a row names should be but is not, by the code of the problem: files without their ending."""

_ROWS = frozenset({"patients", "staff", "credentials", "availability", "orders", "consents", "visits"})
"""The files, without their ending, whose rows have a word of their own."""

Cause = tuple[str, str]
"""A file without its ending, and an id in it."""


def problem_lines(files: Sequence[FileReport]) -> tuple[str, ...]:
    """Refused files first; then the problems file by file, and once for each row what waits for it."""
    problems = [p for f in files if not f.refused for p in f.problems]
    refused = {_stem(f.file): f for f in files if f.refused}
    fallen: dict[str, set[tuple[str, int]]] = {}
    waiting: dict[Cause, dict[str, set[int]]] = {}
    held = {(_stem(p.file), p.subject) for p in problems if p.subject and not p.left_out and not p.names}
    lost = {stem for stem, subject in held if stem == "branch"}
    names = {_stem(f.file): f.file for f in files}
    first: dict[str, ImportProblem] = {}
    more: dict[str, dict[str, set[int]]] = {}
    rest = []
    homeless: list[ImportProblem] = []
    for p in problems:
        stems = CAUSES.get(p.code, ())
        cause = next(((stem, p.names) for stem in stems if p.names and (stem, p.names) in held), None)
        if stem := next((stem for stem in stems if stem in refused or stem in lost), None):
            fallen.setdefault(stem, set()).add((p.file, p.line))
        elif p.code == NO_BRANCH:
            homeless.append(p)
        elif p.names and p.names in first:
            more.setdefault(p.names, {}).setdefault(_stem(p.file), set()).add(p.line)
        elif cause:
            waiting.setdefault(cause, {}).setdefault(_stem(p.file), set()).add(p.line)
        else:
            rest.append(p)
            if p.names:
                first[p.names] = p
    heads = []
    for stem, file in refused.items():
        heads += [str(p) for p in file.problems]
        if rows := fallen.get(stem):
            heads.append(_fall_with(file.file, rows))
    if homeless:
        files_of = ", ".join(dict.fromkeys(p.file for p in homeless))
        heads.append(_("{why}. Set aside: {files}", why=homeless[0].why, files=files_of))
    behind = {id(first[name]): _for_the_same_reason(rows) for name, rows in more.items()}
    ends = [_fall_with(names[stem], fallen[stem]) for stem in lost if stem in fallen and stem not in refused]
    return (*heads, *_with_what_waits(_foreign_once(rest), waiting, behind), *ends)


def _foreign_once(problems: Sequence[ImportProblem]) -> list[ImportProblem]:
    """The problems; those of a file in another encoding as one, with the first line and how many there are."""
    lines: dict[str, set[int]] = {}
    for p in problems:
        if p.code == ENCODING:
            lines.setdefault(p.file, set()).add(p.line)
    kept, said = [], set()
    for p in problems:
        if p.code != ENCODING or len(lines[p.file]) == 1:
            kept.append(p)
        elif p.file not in said:
            said.add(p.file)
            kept.append(replace(p, field="", reason=reason("file.foreign_lines", n=len(lines[p.file]))))
    return kept


def _with_what_waits(
    problems: Sequence[ImportProblem], waiting: Mapping[Cause, Mapping[str, set[int]]], behind: Mapping[int, str]
) -> list[str]:
    """Every line, and behind the first of each row what waits for it."""
    lines, said, told = [], set(), set()
    staying: dict[tuple[str, str, Reason], list[str]] = {}
    for p in problems:
        if p.code == STAYS_IN_BRANCH:
            staying.setdefault((p.file, p.field, p.reason), []).append(p.subject)
    for p in problems:
        same = (p.file, p.field, p.reason)
        if p.code == STAYS_IN_BRANCH and same not in said:
            lines.append(f"{p.file}:{p.line}: {_stay(p, staying[same])}")
        elif p.code not in (DUPLICATE, STAYS_IN_BRANCH) or same not in said:
            lines.append(str(p))
        said.add(same)
        if id(p) in behind:
            lines.append(f"{p.file}:{p.line}: {behind[id(p)]}")
        cause = (_stem(p.file), p.subject)
        if cause in waiting and cause not in told and not p.left_out:
            told.add(cause)
            lines.append(f"{p.file}:{p.line}: {_waits(p.subject, waiting[cause])}")
    return lines


def _stay(p: ImportProblem, ids: Sequence[str]) -> Reason:
    """ "24 patients were not moved from COLUMBUS to THIRD because of published visits: P-01, …", and what to do."""
    rows, named = counted(_stem(p.file), len(ids)), first_ids(ids)
    said = reason("import.not_moved", n=len(ids), rows=rows, ids=named, **values_of(p.reason))
    return replace(p, reason=said).why


def _for_the_same_reason(rows: Mapping[str, set[int]]) -> str:
    return plural(
        "{rows} is set aside for the same reason",
        "{rows} are set aside for the same reason",
        _number(rows),
        rows=_counted(rows),
    )


def _waits(subject: str, rows: Mapping[str, set[int]]) -> str:
    """ "3 visits and 2 consents of P-07 wait for it"."""
    shown, n, what = shown_id(subject), _number(rows), _counted(rows)
    if shown:
        return plural("{rows} of {who} waits for it", "{rows} of {who} wait for it", n, rows=what, who=shown)
    return plural("{rows} waits for it", "{rows} wait for it", n, rows=what)


def _number(rows: Mapping[str, set[int]]) -> int:
    return sum(map(len, rows.values()))


def _counted(rows: Mapping[str, set[int]]) -> str:
    """ "1 patient, 3 visits and 2 consents"."""
    return listed([str(counted(stem, len(lines))) for stem, lines in rows.items()])


def in_lines(numbers: Sequence[int]) -> Reason:
    """ "lines 3, 7 and 12 more"."""
    lines, more = ", ".join(map(str, numbers[:MOST_LINES])), len(numbers) - MOST_LINES
    if more > 0:
        return reason("import.lines_and_more", lines=lines, n=more)
    return reason("import.lines", lines=lines, n=len(numbers))


def first_ids(ids: Sequence[str | Reason], most: int = SOME) -> Reason:
    """ "EP-01, EP-02, EP-03, EP-04, EP-05 and 19 more"."""
    shown, more = some_of(ids[:most]), len(ids) - most
    return reason("import.and_more", some=shown, n=more) if more > 0 else shown


def counted(stem: str, number: int) -> Reason:
    """ "1 patient", "24 patients": rows of a file, by its name without the ending."""
    return reason(f"import.rows.{stem if stem in _ROWS else 'other'}", n=number)


def shown_id(external_id: str) -> str:
    """An id as messages may show it; empty where it may be a name or a phone number in a wrong cell."""
    is_id = any(c.isdigit() or c == "_" for c in external_id) and not (external_id.isdigit() and len(external_id) >= 10)
    return external_id if is_id else ""


def _fall_with(file: str, rows: Collection[tuple[str, int]]) -> str:
    if _stem(file) == "branch":
        return _("{file}: files that need it are set aside: {n}", file=file, n=len(rows))
    return _("{file}: rows that name it are set aside: {n}", file=file, n=len(rows))


def _stem(file: str) -> str:
    return file.partition(".")[0]
