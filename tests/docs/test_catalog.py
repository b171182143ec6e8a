"""Everything that people read is in one catalog, translated, and reasons are codes with the values they name."""

import ast
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from scripts.words import catalog, placeholders, texts

from suture.words.catalog import DEFAULT_LANGUAGE, LANGUAGES
from suture.words.sentences import SENTENCES

SRC = Path(__file__).parents[2] / "src" / "suture"
OTHERS = [lang for lang in LANGUAGES if lang != DEFAULT_LANGUAGE]

IN_THE_CATALOG = {"_", "marked", "marked_pair", "plural"}
FOR_DEVELOPERS = {
    "ValueError",
    "RuntimeError",
    "TypeError",
    "KeyError",
    "LookupError",
    "NotAllowed",
    "DayMovedOn",
    "PlanMovedOn",
    "SignalsMovedOn",
    "VisitMovedOn",
    "AssertionError",
    "NotImplementedError",
}
SCHEMA = {"help", "description", "title", "summary", "openapi_tags", "metavar"}
"""Keywords whose texts the catalog takes from the commands, or that describe the API to engineers."""

NOT_SAID = {
    "bench": "measurements, for engineers",
    "integrations/email/catcher.py": "replies of SMTP",
    "words/sentences": "the table itself",
    "outreach/stop_words.py": "what patients text",
    "outreach/plain_text.py": "what patients text",
    "outreach/interpret.py": "what patients text",
    "web/security.py": "headers",
    "sim/riverbend": "names, addresses and consents of a made-up agency",
    "sim/people.py": "what patients text",
    "sim/phone_company.py": "what Twilio answers",
    "cli/bench": "measurements, for engineers",
    "cli/peers.py": "measurements, for engineers",
    "store/tied_child.py": "a program for a process of its own",
    "store/migrations": "SQL",
    "model/events.py": "docs/events.md",
    "rules/describe.py": "docs/rules",
    "rules/vocabulary.py": "docs/rules",
    "dispatch/reply.py": "codes, and how a cancellation is noted on its visit",
}
"""Files without a text for whoever works with Suture, and what theirs are."""

SQL = re.compile(
    r"\b(SELECT|INSERT|UPDATE|DELETE|WHERE|FROM|JOIN|ALTER|CREATE|DROP|SET|LISTEN|NOTIFY|AND|OR|NOT|ORDER BY|FOR|NULL"
    r"|VALUES|RETURNING|CASE|EXISTS|LOCK|TABLE|CHECK|UNIQUE|GRANT|ANY)\b"
)
WORD = re.compile(r"[^\W\d_]{2,}")
INFORMAL = re.compile(
    r"\b(tú|tu|tus|te|ti|contigo|tuyo|tuya|puedes|tienes|quieres|debes|eres|estás|haz|pon|dinos)\b"
    r"|(?:^|[.:;,!?(]\s*|\b[yo]\s+)(abre|escribe|usa|elige|llámanos|responde|revisa|añade|borra|cambia|corrige|espera"
    r"|prueba|mira|intenta|vuelve|ejecuta|indica)\b",
    re.IGNORECASE | re.MULTILINE,
)
"""Words to someone one is familiar with. The second group, inside a sentence, may say what something does."""


def files() -> list[Path]:
    return [p for p in sorted(SRC.rglob("*.py")) if not str(p.relative_to(SRC)).startswith(tuple(NOT_SAID))]


def unsaid(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Literals of two words and more that are neither in the catalog nor of a kind that nobody reads on a screen."""
    known = {id(n) for node in ast.walk(tree) for n in known_of(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and id(node) not in known and is_said(said := literal(node)):
            yield node.lineno, said


def known_of(node: ast.AST) -> Iterator[ast.AST]:
    """The literals that a node accounts for: docstrings, texts of the catalog, what developers read, patterns."""
    match node:
        case ast.Expr(value=ast.Constant()):
            yield node.value
        case ast.Call(func=ast.Name(id=name)) if name in IN_THE_CATALOG | FOR_DEVELOPERS:
            yield from ast.walk(node)
        case ast.Call(func=ast.Attribute(value=ast.Name(id="re"))):
            yield from ast.walk(node)
        case ast.keyword(arg=arg) if arg in SCHEMA:
            yield from ast.walk(node)
        case ast.JoinedStr():
            yield from node.values
        case _:
            pass


def literal(node: ast.expr) -> str:
    """The text of a string or an f-string; empty for anything else."""
    match node:
        case ast.JoinedStr():
            return "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in node.values)
        case ast.Constant(value=str(text)):
            return text
        case _:
            return ""


def is_said(text: str) -> bool:
    """Whether a literal looks like something that a person reads: two words with a space between, and no SQL."""
    return (
        len(WORD.findall(text)) > 1
        and bool(re.search(r"[^\W\d_,.:;)]['\"]? +['\"(]?[^\W\d_]|} +\w|\w +{", text))
        and not SQL.search(text)
    )


@pytest.mark.parametrize("path", files(), ids=lambda p: str(p.relative_to(SRC)))
def test_no_sentence_is_outside_the_catalog(path: Path) -> None:
    found = list(unsaid(ast.parse(path.read_text(encoding="utf-8"))))
    assert not found, "say these with _, or mark them (docs/words.md):\n" + "\n".join(f"{n}: {s!r}" for n, s in found)


def test_every_text_of_the_code_is_found() -> None:
    """What stands inside an f-string is not."""
    known = {s for text in texts() for s in strings(text)}
    lost = [
        f"{path.relative_to(SRC)}:{node.lineno}: {node.args[0].value!r}"
        for path in sorted(SRC.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in IN_THE_CATALOG
        if node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value not in known
    ]
    assert not lost


def template_text(source: str) -> str:
    """What a template says without asking the catalog."""
    unread = r"{#.*?#}|{%.*?%}|{{.*?}}|<(script|style)\b.*?</\1>|<!--.*?-->|<meta (?:http-equiv|name)=[^>]*>"
    bare = re.sub(unread, " ", source, flags=re.DOTALL)
    attributes = re.findall(r'\b(?:alt|title|placeholder|aria-label)="([^"<>]*)"', bare)
    return " ".join([re.sub(r"<[^>]*>|&\w+;", " ", bare), *attributes])


TEMPLATES = sorted(SRC.rglob("templates/**/*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: str(p.relative_to(SRC)))
def test_no_template_says_anything_outside_the_catalog(path: Path) -> None:
    said = set(WORD.findall(template_text(path.read_text(encoding="utf-8")))) - {"Suture", "min"}
    assert not said


@pytest.mark.parametrize("lang", OTHERS)
def test_every_text_has_a_translation_with_the_same_names(lang: str) -> None:
    translated = {m.id if isinstance(m.id, str) else tuple(m.id): m for m in catalog(lang) if m.id}
    assert translated.keys() == set(texts()), "run scripts/words"
    assert not [t for t, m in translated.items() if m.fuzzy or not all(strings(m.string))], "translate these"
    assert not [t for t, m in translated.items() if not same_names(t, strings(m.string))], "other names in braces"


def same_names(text: str | Sequence[str], said: Sequence[str]) -> bool:
    """Whether translations fill in what the text does; the one of a count may leave the count out."""
    named = {name for one in strings(text) for name in placeholders(one)}
    return all(set(placeholders(s)) <= named for s in said) and set(placeholders(said[-1])) == named


def strings(string: str | Sequence[str] | None) -> tuple[str, ...]:
    return (string,) if isinstance(string, str) else tuple(string or ())


def test_spanish_is_formal() -> None:
    informal = [s for m in catalog("es") if m.id for s in strings(m.string) if INFORMAL.search(s)]
    assert not informal


def test_spanish_has_one_word_for_a_window_and_one_for_maybe() -> None:
    """A visit's window is its horario; "ventana" is for engineers, who read it in the planner's files."""
    other = re.compile(
        r"\b(margen|intervalo|franja|quizás|tal vez|hora avisada)\b|\bventana\b(?! de tiempo)", re.IGNORECASE
    )
    assert not [s for m in catalog("es") if m.id for s in strings(m.string) if other.search(s)]


def reasons() -> Iterator[tuple[str, ast.Call]]:
    """Each `reason(…)` of the code."""
    for path in sorted(SRC.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"reason", "reason_of"}
                and node.args
            ):
                yield f"{path.relative_to(SRC)}:{node.lineno}", node


def codes_of(first: ast.expr) -> list[str]:
    """The codes that the first argument of `reason` may be; none where a variable says it."""
    match first:
        case ast.Constant(value=str(code)):
            return [code]
        case ast.IfExp(body=body, orelse=other):
            return codes_of(body) + codes_of(other)
        case ast.JoinedStr(values=[ast.Constant(value=str(prefix)), *_]):
            return [code for code in SENTENCES if code.startswith(prefix)] or [prefix]
        case _:
            return []


def named_in(sentence: str | tuple[str, str]) -> set[str]:
    """The values of a sentence: its names in braces and, where it depends on a count, {n}."""
    counts = set() if isinstance(sentence, str) else {"n"}
    return counts | {name for one in strings(sentence) for name in placeholders(one)}


def test_every_reason_has_a_sentence_and_the_values_it_names() -> None:
    wrong = []
    for where, call in reasons():
        given = sorted(k.arg for k in call.keywords if k.arg)
        spread = any(k.arg is None for k in call.keywords)
        for code in codes_of(call.args[0]):
            if code not in SENTENCES:
                wrong.append(f"{where}: {code} has no sentence in suture/words/sentences")
            elif not spread and set(given) != named_in(SENTENCES[code]):
                wrong.append(f"{where}: {code} says {SENTENCES[code]!r}, and is given {given}")
    assert not wrong, "\n".join(wrong)


def test_every_sentence_is_used() -> None:
    source = "\n".join(p.read_text(encoding="utf-8") for p in SRC.rglob("*.py") if "sentences" not in p.parts)
    asked = {code for _, call in reasons() for code in codes_of(call.args[0])}
    assert not [code for code in SENTENCES if code not in asked and f'"{code}"' not in source]
