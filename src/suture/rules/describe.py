"""Tables about the language, made from the code, for docs/rules/; `scripts/rules-docs` writes them, a test compares."""

import enum
from collections.abc import Mapping
from typing import Any, Final

from pydantic.fields import FieldInfo

from suture.rules.base import PricedRule, Rule, Waiver
from suture.rules.kinds import BY_NAME
from suture.rules.vocabulary import FIELDS

COMMON: Final = (
    "id",
    "kind",
    "title",
    "because",
    "severity",
    "scope",
    "from",
    "until",
    "owner",
    "replaces",
    "tests",
)
_WHEN: Final = "the condition; true for the cases the rule speaks of"
ABOUT: Final[Mapping[str, str]] = {
    "when": _WHEN,
    "that": "the condition that must be true",
    "weight": "minutes of driving",
    "earliest_start": "not to begin before, by the clock of the place",
    "latest_start": "not to begin after",
    "earliest_end": "not to end before",
    "latest_end": "not to end after",
    "duration": "`{factor: …, add_min: …}`, how the time with the patient changes",
    "travel": "`{factor: …, add_min: …}`, how the way to and from it changes",
    "per": "whose, and over which time",
    "max_minutes": "care, documentation and driving between patients; this or max_count",
    "max_count": "visits; this or max_minutes",
    "over": "`{weight: …, hard_at: …}`, the price of each unit above, and where it ends",
    "visits": "the condition that says which visits count",
    "min_hours": "hours between the end of one duty and the start of the next",
    "first": "the condition for who may take the first seat",
    "second": "the condition for who may take the second seat",
    "max_items": "how many of the visits one clinician may have",
    "needs": "patient_confirmed or staff_accepted",
    "by": "how long before the start it must be there, such as -2h or -90min",
    "else": "what happens then: hold_and_flag, hold, release_and_flag or drop_to_waitlist",
    "id": "2 to 64 small letters, digits, dashes; unique; the name in explanations and statistics",
    "kind": "one of the kinds",
    "title": "a few words for screens",
    "because": "why the rule is there, the sentence people read",
    "owner": "the role or person who answers for it",
    "severity": "who may break it: `law` nobody, `contract` an approver, `policy` a coordinator, `preference` anybody",
    "scope": "`{branch: […]}`, `{clinician: […]}`, `{patient: […]}` by their ids; several keys narrow each other",
    "from": "first service date on which it holds",
    "until": "last service date on which it holds",
    "replaces": "the id of a wider rule whose place it takes within its own scope; never of one of law",
    "tests": "made-up cases and what the rule must say of them",
    "rule": "the id of the rule that is suspended",
    "authority": "for a rule of law: who suspended it, and where that is written",
    "approved_by": "who approved it",
}

_OF_A_WAIVER: Final = {
    "id": "its name",
    "because": "why it is suspended",
    "from": "first service date without it",
    "until": "last service date without it",
}


def fields_of(kind: str) -> str:
    """The table of what a kind has beside the common fields, and what its conditions may read."""
    rule = BY_NAME[kind]
    rows = ["| Field | Default | Meaning |", "|---|---|---|"]
    for name, info in rule.model_fields.items():
        shown = info.alias or name
        if shown not in COMMON:
            rows.append(f"| `{shown}` | {_default(info)} | {ABOUT[shown]}{_reads(rule, name)} |")
    if rule.givens:
        given = ", ".join(f"`{name}`" for name in sorted(rule.givens))
        rows.append(f"| `tests` | none | a test may also give {given} |")
    return "\n".join(rows)


def common_fields() -> str:
    """The table of what every rule has."""
    rows = ["| Field | Default | Meaning |", "|---|---|---|"]
    for name, info in Rule.model_fields.items():
        shown = info.alias or name
        default = f"{_default(info)}, of prefer and avoid {_default(PricedRule.model_fields[name])}"
        rows.append(f"| `{shown}` | {default if shown == 'severity' else _default(info)} | {ABOUT[shown]} |")
    return "\n".join(rows)


def waiver_fields() -> str:
    """The table of a waiver's fields."""
    rows = ["| Field | Default | Meaning |", "|---|---|---|"]
    for name, info in Waiver.model_fields.items():
        shown = info.alias or name
        rows.append(f"| `{shown}` | {_default(info)} | {_OF_A_WAIVER.get(shown, ABOUT.get(shown, ''))} |")
    return "\n".join(rows)


def words() -> str:
    """The table of the words that conditions may use."""
    rows = ["| Field | Type | Meaning | May be unknown |", "|---|---|---|---|"]
    rows += [f"| `{f.name}` | {f.type.value} | {f.about} | {'yes' if f.optional else ''} |" for f in FIELDS]
    return "\n".join(rows)


def tables(page: str) -> dict[str, str]:
    """The tables of one page, by the name in its markers."""
    if page == "index":
        return {"common": common_fields(), "waiver": waiver_fields(), "words": words()}
    return {"fields": fields_of(page)} if page in BY_NAME else {}


def written(page: str, text: str) -> str:
    """The page with its tables made anew, between `<!-- name -->` and `<!-- /name -->`."""
    for name, table in tables(page).items():
        begin, end = f"<!-- {name} -->\n", f"\n<!-- /{name} -->"
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not found or not closed:
            raise ValueError(f"{page}.md has no marks <!-- {name} --> and <!-- /{name} -->")
        text = before + begin + table + end + after
    return text


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "required"
    default: Any = info.default
    if isinstance(default, enum.Enum):
        return f"`{default.value}`"
    return "none" if default is None or default == () else "everybody" if hasattr(default, "branch") else f"`{default}`"


def _reads(rule: type[Rule], name: str) -> str:
    reads = rule.slots.get(name)
    return f"; reads {', '.join(x for x in ('c', 'v', 'p', 'day') if x in reads)}" if reads else ""
