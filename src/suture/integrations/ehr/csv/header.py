"""The first line of a file: which columns it names, and what a slip in a name was meant to be."""

import difflib
import re
from collections.abc import Sequence

from suture.integrations.ehr.csv.columns import FileSpec, Unread
from suture.integrations.ehr.csv.rows import Line
from suture.integrations.ehr.csv.tables import Table
from suture.model.import_lines import first_ids
from suture.words.reason import Reason, as_written, reason

MAX_COLUMNS = 500
LONGEST_NAME = 60
MOST_NAMES = 20
"""How much of a header is looked at closely, and repeated."""
NEAREST = 0.6
"""How alike two names of columns must be for one to be taken for a slip of a required one, of 1."""
SHORTEST_STEM = 5
"""How many first letters two forms of a word share at least."""
_FILLERS = frozenset({"on", "at", "date", "day", "min", "mins", "minutes", "code"})
_INVISIBLE = dict.fromkeys(map(ord, "\ufeff\u200b\u200c\u200d\u2060"))


def read_header(table: Table, spec: FileSpec, line: Line) -> list[str] | None:
    """The names of the columns as the format spells them; None where the file is refused."""
    if line.quoting:
        table.refuse(line.number, "quoting", line.quoting, reason("file.hint.header_quotes"))
        return None
    names = [_plain(cell) for cell in line.cells]
    while names and not names[-1]:
        names.pop()
    if len(names) > MAX_COLUMNS:
        what = reason("file.wide_header", cells=len(names))
        table.refuse(line.number, "header", what, reason("file.hint.header_wide"))
        return None
    unknown = [name for name in names if name not in spec.columns]
    missing = [name for name in spec.required if name not in names]
    if missing:
        what, hint = reason("file.column_missing", n=len(missing)), _about_missing(missing, unknown)
        table.refuse(line.number, "missing_column", what, hint, column=", ".join(missing))
        return None
    twice = sorted({name for name in names if name in spec.columns and names.count(name) > 1})
    if twice:
        what, hint = reason("file.column_twice"), reason("file.hint.keep_one")
        table.refuse(line.number, "header", what, hint, column=twice[0])
        return None
    extra = [name for name in unknown if name not in spec.unread]
    absent = [name for name in spec.columns if name not in names]
    slips = {name: meant for name in extra if _is_short(name) and (meant := _meant(name, absent, spec))}
    if slips:
        what = reason("file.column_not_known", n=len(slips))
        hint = reason("file.hint.did_you_mean", word=tuple(slips.values()))
        table.refuse(line.number, "header", what, hint, column=", ".join(slips))
        return None
    if extra:
        columns = first_ids([_shown(name) for name in extra], MOST_NAMES)
        table.notes.append(reason("import.columns_not_read", n=len(extra), columns=columns))
    return names


def _is_short(name: str) -> bool:
    return len(name) <= LONGEST_NAME and name.isprintable()


def _shown(name: str) -> Reason:
    if not _is_short(name):
        return reason("file.long_name", characters=len(name))
    return as_written(name) if name else reason("file.no_name")


def _plain(cell: str) -> str:
    """The name without what a spreadsheet adds: capitals, spaces, invisible marks."""
    return re.sub(r"[\s\-]+", "_", cell.translate(_INVISIBLE).strip().casefold())


def _meant(name: str, absent: Sequence[str], spec: FileSpec) -> str | None:
    """The known column that a name is one edit, or another order of its words, away from.

    Where leaving the column out would change who may come, or when, a longer or shorter form of its name is a slip too.
    """
    words = sorted(name.split("_"))
    slip = next((known for known in absent if sorted(known.split("_")) == words or _is_one_edit(name, known)), None)
    matters = [known for known in absent if spec.columns[known].unread is not Unread.LOOSENS_NOTHING]
    return slip or next((known for known in matters if _is_another_form(name, known)), None)


def _is_another_form(name: str, known: str) -> bool:
    """ "expires", "expiry_date" and "expiration" of "expires_on", "skills" of "required_skills"; no extra words."""
    own, other = _core(name), _core(known)
    if not own or (own != name and other == known):
        return False
    if own == other or known.endswith(f"_{name}"):
        return True
    shared = next((n for n, (a, b) in enumerate(zip(own, other, strict=False)) if a != b), min(len(own), len(other)))
    ends = own[shared:], other[shared:]
    if "" in ends:
        return shared >= SHORTEST_STEM - 1 and not any(end.startswith("_") for end in ends)
    return "_" not in own + other and other != known and shared >= SHORTEST_STEM


def _core(name: str) -> str:
    """The name without words that say only what kind of value it is."""
    return "_".join(word for word in name.split("_") if word not in _FILLERS)


def _is_one_edit(a: str, b: str) -> bool:
    """Whether one letter more, one less, another one, or two swapped make one name of the other."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    at = next((n for n, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        swapped = a[at : at + 2] == b[at : at + 2][::-1] and a[at + 2 :] == b[at + 2 :]
        return a[at + 1 :] == b[at + 1 :] or swapped
    short, long = sorted((a, b), key=len)
    return short[at:] == long[at + 1 :]


def _about_missing(missing: Sequence[str], unknown: Sequence[str]) -> Reason:
    """What of the unknown columns of a header may be meant for those that it lacks."""
    if len(unknown) == 1 and (part := next((p for p in (";", "\t", "|") if p in unknown[0]), None)):
        is_tab = part == "\t"
        return reason("file.hint.separator_tabs") if is_tab else reason("file.hint.separator", separator=part)
    unknown = [name for name in unknown if _is_short(name)]
    near = [
        reason("file.rename", name=close[0], column=name)
        for name in missing
        if (close := difflib.get_close_matches(name, [n for n in unknown if n], 1, NEAREST))
    ]
    if near:
        return reason("file.hint.rename", renames=tuple(near))
    if len(missing) == len(unknown) == 1 and unknown[0]:
        return reason("file.hint.rename", renames=reason("file.rename", name=unknown[0], column=missing[0]))
    return reason("file.hint.header_names_it")
