"""A kind is one file: it returns its own effect, and no other file asks which kind a rule is."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.builders import a_clinician, a_day, a_past_visit, a_patient, a_visit
from tests.rule_verifier import a_rulebook

from suture.model.day import Day
from suture.model.ids import PartyId
from suture.rules import families
from suture.rules.evaluate import evaluate, shape
from suture.rules.families import Rule
from suture.rules.kinds import BY_NAME, KINDS
from suture.rules.lint import notes

SOURCE = Path(families.__file__).parents[1]
RULES = {
    "require": "that: \"c.role == 'RN'\"",
    "forbid": "when: \"c.role == 'LPN'\"",
    "prefer": "when: \"c.role == 'LPN'\"\nweight: 5",
    "avoid": "when: \"c.role == 'LPN'\"\nweight: 5",
    "window": 'latest_end: "10:00"',
    "stretch": "duration: {add_min: 5}",
    "limit": "per: [clinician, day]\nmax_count: 1",
    "rest": "min_hours: 10",
    "pair": "",
    "together": "per: [patient, day]",
    "apart": "per: [patient, day]",
    "gate": "needs: patient_confirmed",
}
"""A rule of each kind that has something to say of the day below."""


def the_day() -> Day:
    maria, ana, ben = a_patient(), a_clinician(1), a_clinician(2, role="LPN")
    visits = [a_visit(n, patient_id=PartyId(maria.id)) for n in (1, 2)]
    return a_day(clinicians=[ana, ben], patients=[maria], visits=visits, past=(a_past_visit(ana, maria),))


def what_is_planned_by(rule: str) -> tuple[object, ...]:
    """All that the planner and dispatch read."""
    book, day = a_rulebook(rule), the_day()
    rules, shaped = evaluate(book, day), shape(book, day)
    return (
        dict(rules.pairs),
        rules.limits,
        rules.rests,
        rules.series,
        rules.seats,
        rules.gates,
        shaped.visits,
        shaped.travel,
    )


@pytest.mark.parametrize("kind", BY_NAME)
def test_every_kind_is_read(kind):
    assert kind in RULES, f"write a rule of kind {kind} here that changes what is planned or dispatched"
    rule = f"id: the-rule\nkind: {kind}\n{RULES[kind]}"
    assert what_is_planned_by(rule) != what_is_planned_by('id: the-rule\nkind: forbid\nwhen: "false"')
    assert list(notes(a_rulebook(rule))) == []


def test_what_a_clinician_must_accept_is_not_read_yet_and_says_so():
    (note,) = notes(a_rulebook("id: the-rule\nkind: gate\nneeds: staff_accepted"))
    assert (note.level, note.code) == ("note", "later")
    assert "only a gate that needs patient_confirmed binds" in note.message


def test_every_file_of_the_folder_is_a_kind():
    files = {file.stem for file in (SOURCE / "rules" / "kinds").glob("*.py")} - {"__init__"}
    assert files == set(BY_NAME)
    assert all(kind.__module__ == f"suture.rules.kinds.{name}" for name, kind in BY_NAME.items())


# no other file asks which kind a rule is -------------------------------------------------------------------


def classes() -> set[str]:
    """The names of kinds and families, which no other file may tell apart."""
    known = {base for kind in KINDS for base in kind.__mro__ if issubclass(base, Rule) and base is not Rule}
    return {one.__name__ for one in known}


def questions(code: str) -> Iterator[str]:
    """Where code asks which kind or family a rule is: by its class, or by the word in `kind`."""
    tree, asked = ast.parse(code), classes()
    imported = [n for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and str(n.module).startswith("suture.rules")]
    mine = {name.asname or name.name for node in imported for name in node.names if name.name in asked}
    for node in ast.walk(tree):
        for part in _compared_with(node):
            match part:
                case ast.Name(id=word) if word in mine:
                    yield f"{word}: {ast.unparse(node)}"
                case ast.Attribute(attr=word) if word in asked:
                    yield f"{word}: {ast.unparse(node)}"
                case ast.Constant(value=str(word)) if word in BY_NAME:
                    yield f"{word}: {ast.unparse(node)}"
                case _:
                    pass


def _compared_with(node: ast.AST) -> Iterator[ast.AST]:
    """What a question after a class, or after `type(…)` or `….kind`, names."""
    match node:
        case ast.Call(func=ast.Name(id="isinstance" | "issubclass"), args=[_, classes]):
            yield from ast.walk(classes)
        case ast.MatchClass(cls=one):
            yield from ast.walk(one)
        case ast.Compare(left=left, comparators=others) if any(map(_is_type_or_kind, (left, *others))):
            yield from ast.walk(node)
        case _:
            pass


def _is_type_or_kind(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="type")) | ast.Attribute(attr="kind"):
            return True
        case _:
            return False


def test_no_other_file_asks_which_kind_a_rule_is():
    rules = [file for file in SOURCE.rglob("*.py") if "suture.rules" in file.read_text("utf-8")]
    assert len(rules) > 50
    found = {str(f.relative_to(SOURCE)): list(questions(f.read_text("utf-8"))) for f in rules}
    kinds = {name: lines for name, lines in found.items() if lines and not name.startswith("rules/kinds/")}
    assert kinds == {}, "let the kind return an effect: docs/add-a-rule-kind.md"


@pytest.mark.parametrize(
    ("code", "asks"),
    [
        ("from suture.rules.families import HardRule\nisinstance(rule, HardRule)", "HardRule"),
        ("from suture.rules.kinds.window import Window\nisinstance(rule, int | Window)", "Window"),
        ("from suture.rules import kinds\nisinstance(rule, kinds.Window)", "Window"),
        ("from suture.rules.kinds import Gate as G, GateRule\nissubclass(of, (int, GateRule))", "GateRule"),
        ("from suture.rules.families import RowRule\nmatch rule:\n    case RowRule(): pass", "RowRule"),
        ("from suture.rules.kinds.pair import Pair\ntype(rule) is Pair", "Pair"),
        ("checked.rule.kind == 'window'", "window"),
        ("checked.rule.kind in ('gate', 'x')", "gate"),
        ("from suture.model.day import PairRule\nisinstance(rule, PairRule)", ""),
        ("from suture.rules.families import HardRule\ndef f(rule: HardRule) -> None: ...", ""),
        ("new.kind != old.kind", ""),
    ],
)
def test_a_question_is_found(code, asks):
    assert [found.split(":")[0] for found in questions(code)] == ([asks] if asks else [])
