"""What an import could not use, as lines that a person reads: each cause once, with what waits for it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from suture.model.imports import FileReport, ImportProblem

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

_ROWS: Mapping[str, tuple[str, str]] = {
    "patients": ("patient", "patients"),
    "staff": ("person", "people"),
    "credentials": ("credential", "credentials"),
    "availability": ("line of hours", "lines of hours"),
    "orders": ("order", "orders"),
    "consents": ("consent", "consents"),
    "visits": ("visit", "visits"),
}
"""What a row of a file is, one and several."""

Cause = tuple[str, str]
"""A file without its ending, and an id in it."""


def problem_lines(files: Sequence[FileReport]) -> tuple[str, ...]:
    """Refused files first; then the problems file by file, and once for each row what waits for it."""
    problems = [p for f in files if not f.refused for p in f.problems]
    refused = {_stem(f.file): f for f in files if f.refused}
    fallen: dict[str, set[tuple[str, int]]] = {}
    waiting: dict[Cause, dict[str, set[int]]] = {}
    held = {(_stem(p.file), p.subject) for p in problems if p.subject and not p.left_out and not p.names}
    lost = {stem for stem, _ in held if stem == "branch"}
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
        heads.append(f"{homeless[0].reason}; {homeless[0].hint}. Set aside: {files_of}")
    behind = {
        id(first[name]): f"{_counted(rows)} {_is(rows)} set aside for the same reason" for name, rows in more.items()
    }
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
            kept.append(replace(p, field="", reason=f"{len(lines[p.file])} lines from here on are not UTF-8"))
    return kept


def _with_what_waits(
    problems: Sequence[ImportProblem], waiting: Mapping[Cause, Mapping[str, set[int]]], behind: Mapping[int, str]
) -> list[str]:
    """Every line, and behind the first of each row what waits for it."""
    lines, said, told = [], set(), set()
    staying: dict[tuple[str, str, str], list[str]] = {}
    for p in problems:
        if p.code == STAYS_IN_BRANCH:
            staying.setdefault((p.file, p.field, p.reason), []).append(p.subject)
    for p in problems:
        same = (p.file, p.field, p.reason)
        if p.code == STAYS_IN_BRANCH and same not in said:
            ids = staying[same]
            who = f"{counted(_stem(p.file), len(ids))} {'was' if len(ids) == 1 else 'were'}"
            lines.append(f"{p.file}:{p.line}: {who} {p.reason}: {some_of(ids)}; {p.hint}")
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


def _waits(subject: str, rows: Mapping[str, set[int]]) -> str:
    """ "3 visits and 2 consents of P-07 wait for it"."""
    shown = shown_id(subject)
    one = sum(map(len, rows.values())) == 1
    return f"{_counted(rows)}{' of ' + shown if shown else ''} {'waits' if one else 'wait'} for it"


def _is(rows: Mapping[str, set[int]]) -> str:
    return "is" if sum(map(len, rows.values())) == 1 else "are"


def _counted(rows: Mapping[str, set[int]]) -> str:
    """ "1 patient, 3 visits and 2 consents"."""
    counts = [counted(stem, len(lines)) for stem, lines in rows.items()]
    return counts[0] if len(counts) == 1 else f"{', '.join(counts[:-1])} and {counts[-1]}"


def in_lines(numbers: Sequence[int]) -> str:
    """ "lines 3, 7 and 12 more"."""
    shown = ", ".join(str(n) for n in numbers[:10])
    more = f" and {len(numbers) - 10} more" if len(numbers) > 10 else ""
    return f"{'line' if len(numbers) == 1 else 'lines'} {shown}{more}"


def some_of(ids: Sequence[str]) -> str:
    """ "EP-01, EP-02, EP-03, EP-04, EP-05 and 19 more"."""
    more = f" and {len(ids) - SOME} more" if len(ids) > SOME else ""
    return ", ".join(ids[:SOME]) + more


def counted(stem: str, number: int) -> str:
    """ "1 patient", "24 patients": rows of a file, by its name without the ending."""
    return f"{number} {_ROWS.get(stem, ('row', 'rows'))[number != 1]}"


def shown_id(external_id: str) -> str:
    """An id as messages may show it; empty where it may be a name or a phone number in a wrong cell."""
    is_id = any(c.isdigit() or c == "_" for c in external_id) and not (external_id.isdigit() and len(external_id) >= 10)
    return external_id if is_id else ""


def _fall_with(file: str, rows: Collection[tuple[str, int]]) -> str:
    if _stem(file) == "branch":
        return f"{file}: files that need it are set aside: {len(rows)}"
    return f"{file}: rows that name it are set aside: {len(rows)}"


def _stem(file: str) -> str:
    return file.partition(".")[0]
