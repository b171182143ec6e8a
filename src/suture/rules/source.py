"""Reads a rulebook or a file of settings as located data: every value knows its line, so each fault can be pointed at.

Only the harmless part of YAML is read: no anchors, aliases or tags (bombs, cycles, code), one document, bounded size
and depth. Unquoted words stay words: `14:00` is not 840 and `no` is not false, as YAML 1.1 would have it.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final, NoReturn

import yaml

from suture.rules.errors import Problem
from suture.words.catalog import _, marked

MAX_BYTES: Final = 512 * 1024
MAX_DEPTH: Final = 12
QUOTE: Final = marked("put the text in quotes, or on lines of its own under |")

_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LINE_BREAK: Final = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_INT: Final = re.compile(r"[-+]?\d{1,18}")
_DECIMAL: Final = re.compile(r"[-+]?\d{1,18}\.\d{1,18}")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_ESCAPE: Final = re.compile(r"\\(?:x.{2}|u.{4}|U.{8}|.)|.", re.DOTALL)
_DOUBLED: Final = re.compile(r"''|.", re.DOTALL)

Plain = str | int | float | bool | date | None


@dataclass(frozen=True, slots=True)
class Source:
    """A rulebook file: its name in messages, and its text."""

    name: str
    text: str


def pack_file(name: str) -> str:
    """What the file of a pack is called."""
    return f"packs/{name}.yaml"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the file, counted from 1, in code points."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value; `style` is YAML's: empty for plain, a quote, `|` or `>`."""

    position: Position
    value: Plain
    style: str
    last_line: int
    source: tuple[str, ...] = field(repr=False)

    def locate(self, line: int, column: int) -> Position:
        """Where a line and column of the value's text are in the file."""
        first = self.source[self.position.line - 1] if self.position.line <= len(self.source) else ""
        if self.style == "|":
            at = self.position.line + line
            source = self.source[at - 1] if at <= len(self.source) else ""
            text = str(self.value).split("\n")[line - 1]
            return Position(at, column + max(len(source) - len(text), 0))
        if self.style in ("'", '"'):
            pattern = _DOUBLED if self.style == "'" else _ESCAPE
            written = pattern.findall(first[self.position.column :])
            return Position(self.position.line, self.position.column + 1 + sum(map(len, written[: column - 1])))
        return Position(self.position.line + line - 1, self.position.column + column - 1)

    def plain_trouble(self) -> str:
        """Why this text cannot hold a condition as it is written, or nothing: YAML would change it silently."""
        if self.style == ">" or (self.style != "|" and self.last_line > self.position.line):
            return _("YAML joins these lines into one")
        rest = self.source[self.position.line - 1][self.position.column - 1 + len(str(self.value)) :]
        is_cut = self.style == "" and rest.lstrip().startswith("#")
        return _("YAML takes what follows # for a comment") if is_cut else ""


@dataclass(frozen=True, slots=True)
class Items:
    """A list."""

    position: Position
    items: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class Entries:
    """A mapping; `keys` are where its keys are."""

    position: Position
    values: "dict[str, Node]"
    keys: dict[str, Position]


Node = Scalar | Items | Entries


class Unreadable(Exception):
    """The file is not such YAML at all; nothing after the problem was read."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(str(problem))


class Empty(Unreadable):
    """There is nothing in the file but comments."""


def read(text: str, name: str) -> tuple[Node, list[Problem]]:
    """The file's one document, and the problems that did not stop the reading. Raises Unreadable."""
    text = text.removeprefix("\ufeff")
    reader = _Reader(name, tuple(_LINE_BREAK.split(text)))
    if len(text.encode(errors="replace")) > MAX_BYTES:
        larger = _("the file is larger than {n} KiB", n=MAX_BYTES // 1024)
        reader.refuse(Position(1, 1), larger, _("split it into several files"))
    try:
        text.encode()
        events = yaml.parse(text, Loader=_LOADER)
        return reader.document(events), reader.problems
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = Position(mark.line + 1, mark.column + 1) if mark else Position(1, 1)
        said = getattr(error, "problem", None) or getattr(error, "reason", None) or _("this is not YAML")
        is_entry = where.line <= len(reader.lines) and re.search(r":\s+\S", reader.lines[where.line - 1])
        raise reader.unreadable(where, said, _(QUOTE) if is_entry else "") from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        column = error.start - text.rfind("\n", 0, error.start)
        where = Position(line, column)
        raise reader.unreadable(where, _("half a character"), _("save the file as UTF-8")) from None


def plain(node: Node) -> Any:
    """The node as Python data: mappings are dicts, lists are tuples."""
    if isinstance(node, Scalar):
        return node.value
    if isinstance(node, Items):
        return tuple(plain(item) for item in node.items)
    return {key: plain(value) for key, value in node.values.items()}


def find(node: Node, path: tuple[str | int, ...]) -> Position:
    """Where the value at `path` is; as near as possible when it is not there."""
    for step in path:
        if isinstance(node, Entries) and isinstance(step, str) and step in node.values:
            node = node.values[step]
        elif isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            node = node.items[step]
        else:
            break
    return node.position


class _Reader:
    def __init__(self, name: str, lines: tuple[str, ...]) -> None:
        self.name, self.lines = name, lines
        self.problems: list[Problem] = []

    def unreadable(self, where: Position, message: str, hint: str) -> Unreadable:
        return Unreadable(Problem(self.name, where.line, where.column, "yaml", message, hint=hint))

    def refuse(self, where: Position, message: str, hint: str) -> NoReturn:
        raise self.unreadable(where, message, hint)

    def document(self, events: Iterator[yaml.Event]) -> Node:
        found: list[Node] = []
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent) and found:
                self.refuse(_position(event), _("a second document starts here"), _("one file holds one document"))
            if isinstance(event, yaml.NodeEvent):
                found.append(self._node(event, events, 1))
        if not found:
            empty = self.unreadable(Position(1, 1), _("the file is empty"), _("it needs version and rules"))
            raise Empty(empty.problem)
        return found[0]

    def _node(self, event: yaml.Event, events: Iterator[yaml.Event], depth: int) -> Node:
        self._refuse_danger(event, depth)
        if isinstance(event, yaml.ScalarEvent):
            style = event.style or ""
            word = _word(event.value) if style == "" else event.value
            return Scalar(_position(event), word, style, _last_line(event), self.lines)
        if isinstance(event, yaml.SequenceStartEvent):
            return Items(_position(event), tuple(self._node(e, events, depth + 1) for e in _until_end(events)))
        values: dict[str, Node] = {}
        keys: dict[str, Position] = {}
        for key in _until_end(events):
            if not isinstance(key, yaml.ScalarEvent):
                self.refuse(_position(key), _("a key must be a word"), _(QUOTE))
            self._refuse_danger(key, depth)
            name = key.value
            value = self._node(next(events), events, depth + 1)
            if name in values:
                hint = _("it is already on line {line}; remove one of them", line=keys[name].line)
                where, twice = _position(key), _("key {key} twice", key=repr(name))
                self.problems.append(Problem(self.name, where.line, where.column, "yaml", twice, hint=hint))
            else:
                values[name], keys[name] = value, _position(key)
        return Entries(_position(event), values, keys)

    def _refuse_danger(self, event: yaml.Event, depth: int) -> None:
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            self.refuse(_position(event), _("anchors (&) and aliases (*) are not read"), _(QUOTE))
        if tag := getattr(event, "tag", None):
            self.refuse(_position(event), _("tags (!) are not read: {tag}", tag=tag), _(QUOTE))
        if depth > MAX_DEPTH:
            deeper = _("nested deeper than {n} levels", n=MAX_DEPTH)
            self.refuse(_position(event), deeper, _("look for a bracket too many"))


def _word(text: str) -> Plain:
    """What a word without quotes means."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if _INT.fullmatch(text):
        return int(text)
    if _DECIMAL.fullmatch(text):
        return float(text)
    if _DATE.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            return text  # the schema says that a date is wanted
    return text


def _until_end(events: Iterator[yaml.Event]) -> Iterator[yaml.Event]:
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            return
        yield event


def _position(event: yaml.Event) -> Position:
    mark: Any = event.start_mark  # the loader always marks; the stubs allow for None
    return Position(mark.line + 1, mark.column + 1)


def _last_line(event: yaml.Event) -> int:
    mark: Any = event.end_mark
    return int(mark.line) + 1
