"""Tables about the language, made from the code, for docs/rules/; `scripts/rules-docs` writes them, a test compares."""

import enum
from typing import Any, Final

from pydantic.fields import FieldInfo

from suture.rules.families import Rule
from suture.rules.kinds import BY_NAME
from suture.rules.parts import Waiver
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


def fields_of(kind: str) -> str:
    """The table of what a kind has beside the common fields, and what its conditions may read."""
    rule = BY_NAME[kind]
    rows = ["| Field | Default | Meaning |", "|---|---|---|"]
    for name, info in rule.model_fields.items():
        shown = info.alias or name
        if shown not in COMMON:
            rows.append(f"| `{shown}` | {_default(info)} | {info.description}{_reads(rule, name)} |")
    if rule.givens:
        given = ", ".join(f"`{name}`" for name in sorted(rule.givens))
        rows.append(f"| `tests` | none | a test may also give {given} |")
    return "\n".join(rows)


def common_fields() -> str:
    """The table of what every rule has."""
    rows = ["| Field | Default | Meaning |", "|---|---|---|"]
    for name, info in Rule.model_fields.items():
        shown = info.alias or name
        default = ", of ".join([_default(info), *_otherwise(name, info)])
        rows.append(f"| `{shown}` | {default} | {info.description} |")
    return "\n".join(rows)


def waiver_fields() -> str:
    """The table of a waiver's fields."""
    rows = ["| Field | Default | Meaning |", "|---|---|---|"]
    for name, info in Waiver.model_fields.items():
        shown = info.alias or name
        rows.append(f"| `{shown}` | {_default(info)} | {info.description} |")
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
    """The page with its tables regenerated, between `<!-- name -->` and `<!-- /name -->`."""
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
    return "none" if default is None or default == () else "everyone" if hasattr(default, "branch") else f"`{default}`"


def _otherwise(name: str, info: FieldInfo) -> list[str]:
    """The kinds that have another default than most, and theirs."""
    found: dict[str, list[str]] = {}
    for kind, rule in BY_NAME.items():
        if name != "kind" and (own := _default(rule.model_fields[name])) != _default(info):
            found.setdefault(own, []).append(kind)
    return [f"{' and '.join(kinds)} {default}" for default, kinds in found.items()]


def _reads(rule: type[Rule], name: str) -> str:
    reads = rule.slots.get(name)
    return f"; reads {', '.join(x for x in ('c', 'v', 'p', 'day') if x in reads)}" if reads else ""
