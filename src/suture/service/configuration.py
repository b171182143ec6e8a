"""The kinds of configuration an agency has: how the files of each are read, and what keeps one from being put in force.

A kind is one `Kind` below; storing, activating, rolling back and starting are the same for all of them.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Any, Final, Generic, TypeVar

from pydantic import BaseModel

from suture import __version__
from suture.model.audit import AuditCode
from suture.model.configuration import ConfigKind
from suture.outreach.on_call import OnCallList
from suture.outreach.policy import OutreachPolicy
from suture.rules import vocabulary
from suture.rules.book import Rulebook, load_all
from suture.rules.errors import Problem, SettingsRefused
from suture.rules.examples import untested
from suture.rules.lint import objections
from suture.rules.settings_file import load_settings
from suture.rules.source import Source
from suture.words.catalog import _, marked

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Document(Generic[T]):
    """What the files of a kind say. `hash` names the content, not how it is written; `entries`: rules, or settings."""

    content: T
    hash: str
    name: str
    sources: tuple[Source, ...]
    entries: int


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of a kind, in whole sentences: other languages bend them around its noun.

    `waits`: what is not done while none is in force, and how to change that; `none`, where it was only asked about;
    `unready`, before the faults of a version; `ambiguous`, `unknown`: of what was meant to name a version.
    """

    waits: str
    none: str
    unready: str
    ambiguous: str
    unknown: str


@dataclass(frozen=True, slots=True)
class Kind(Generic[T]):
    """A kind of configuration.

    `noun`, `entries`: what the audit trail calls it and its parts. `file`: its name in a folder of configuration.
    `read` raises FileRefused. `engine`: what reads it, noted with each version.
    `missing`: one line for each thing that keeps a version from being put in force. `optional`: an agency may do
    without one.
    """

    name: ConfigKind
    noun: str
    entries: str
    file: str
    words: Words
    imported: AuditCode
    activated: AuditCode
    rolled_back: AuditCode
    engine: str
    read: Callable[[Sequence[Source]], Document[T]]
    missing: Callable[[T], Iterator[str]]
    optional: bool = False

    @property
    def command(self) -> str:
        """The group of its commands."""
        return f"suture {self.name.replace('_', '-')}"


def _read_rules(sources: Sequence[Source]) -> Document[Rulebook]:
    book = load_all(sources)
    return Document(book, book.hash, book.name, book.sources, len(book.rules))


def _rules_missing(book: Rulebook) -> Iterator[str]:
    """Mistakes that cannot be meant, and rules of law or contract without a test that passes and one that fails."""
    yield from map(str, objections(book))
    for checked in book.rules:
        if lacking := untested(checked.rule):
            yield _no_test(checked.rule.id, checked.rule.severity, lacking)


def _no_test(rule: str, severity: str, lacking: Sequence[str]) -> str:
    if len(lacking) == 1:
        return _("rule {rule} ({severity}) has no test that says {said}", rule=rule, severity=severity, said=lacking[0])
    one, other = lacking
    return _(
        "rule {rule} ({severity}) has no test that says {one} and none that says {other}",
        rule=rule,
        severity=severity,
        one=one,
        other=other,
    )


def _read_policy(sources: Sequence[Source]) -> Document[OutreachPolicy]:
    first = _one_file(sources, _("an outreach policy is one file"))
    policy = load_settings(first.text, first.name, OutreachPolicy)
    return Document(policy, _hash_of(policy), first.name, (first,), len(policy.model_fields_set))


def _read_on_call(sources: Sequence[Source]) -> Document[OnCallList]:
    first = _one_file(sources, _("an on-call list is one file"))
    on_call = load_settings(first.text, first.name, OnCallList)
    return Document(on_call, _hash_of(on_call), first.name, (first,), sum(map(len, on_call.branches.values())))


def _one_file(sources: Sequence[Source], message: str) -> Source:
    first, *others = sources
    if others:
        hint = _("put its settings into {file}", file=first.name)
        raise SettingsRefused([Problem(others[0].name, 1, 1, "schema", message, hint=hint)])
    return first


def _hash_of(settings: BaseModel) -> str:
    """The hash of what is said, not of how it is written."""
    said = json.dumps(settings.model_dump(mode="json"), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(said.encode()).hexdigest()


_CEL: Final = ("cel-expr-python", installed_version("cel-expr-python"))
RULES: Final = Kind(
    name=ConfigKind.RULES,
    noun="rulebook",
    entries="rules",
    file="rulebook.yaml",
    words=Words(
        waits=marked("No rulebook is in force, so nothing is planned. Put one in force: suture rules activate FILE."),
        none=marked("No rulebook is in force."),
        unready=marked("This rulebook cannot be put in force yet:"),
        ambiguous=marked("More than one rulebook starts with {start}: give more of the hash."),
        unknown=marked("There is no rulebook {start}. The newest are {known}; `suture rules import` adds one."),
    ),
    imported=AuditCode.RULEBOOK_IMPORTED,
    activated=AuditCode.RULEBOOK_ACTIVATED,
    rolled_back=AuditCode.RULEBOOK_ROLLED_BACK,
    engine=", ".join([f"suture {__version__}", " ".join(_CEL), f"words {vocabulary.VERSION}"]),
    read=_read_rules,
    missing=_rules_missing,
)

POLICY: Final = Kind(
    name=ConfigKind.POLICY,
    noun="policy",
    entries="settings",
    file="outreach.yaml",
    words=Words(
        waits=marked(
            "No policy is in force, so no message is planned or sent. Put one in force: suture policy activate FILE."
        ),
        none=marked("No policy is in force."),
        unready=marked("This policy cannot be put in force yet:"),
        ambiguous=marked("More than one policy starts with {start}: give more of the hash."),
        unknown=marked("There is no policy {start}. The newest are {known}; `suture policy import` adds one."),
    ),
    imported=AuditCode.POLICY_IMPORTED,
    activated=AuditCode.POLICY_ACTIVATED,
    rolled_back=AuditCode.POLICY_ROLLED_BACK,
    engine=f"suture {__version__}",
    read=_read_policy,
    missing=lambda policy: iter(()),
)

ON_CALL: Final = Kind(
    name=ConfigKind.ON_CALL,
    noun=marked("on-call list"),
    entries="turns",
    file="on-call.yaml",
    words=Words(
        waits=marked(
            "No on-call list is in force, so no one is told of critical cases. Put one in force: suture on-call "
            "activate FILE."
        ),
        none=marked("No on-call list is in force."),
        unready=marked("This on-call list cannot be put in force yet:"),
        ambiguous=marked("More than one on-call list starts with {start}: give more of the hash."),
        unknown=marked("There is no on-call list {start}. The newest are {known}; `suture on-call import` adds one."),
    ),
    imported=AuditCode.ON_CALL_IMPORTED,
    activated=AuditCode.ON_CALL_ACTIVATED,
    rolled_back=AuditCode.ON_CALL_ROLLED_BACK,
    engine=f"suture {__version__}",
    read=_read_on_call,
    missing=lambda on_call: iter(()),
    optional=True,
)

KINDS: Final[tuple[Kind[Any], ...]] = (RULES, POLICY, ON_CALL)
