"""What the CEL engine says of a condition it refuses, told in a writer's words: the place, the fault and a hint."""

import re
from collections.abc import Mapping
from typing import Final

from suture.rules.cel_text import MAX_PROBLEMS, without_quoted
from suture.rules.errors import ConditionProblem, did_you_mean

FUNCTIONS: Final = ("hm", "size", "startsWith", "endsWith", "contains", "matches", "all", "exists")
_CALLS: Final = {"all": "v.creds.all(x, x in c.creds)", "exists": "c.langs.exists(x, x == 'es')", "hm": "hm('14:00')"}
_ENGINE_ERROR: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD: Final = re.compile(r"found no matching overload for '([^']*)' applied to '([^']*)'")
_INDEX: Final = re.compile(r"Index error: index=(\d+) size=(\d+)")
_SELECT: Final = re.compile(r"expression of type '(.*?)' cannot be the operand of a select")
_TOKEN: Final = re.compile(r"token recognition error at: '(.*)'$")
_INPUT: Final = re.compile(r"(?:mismatched|extraneous) input '(.*?)' expecting|no viable alternative at input '(.*)'")
_TOO_DEEP: Final = re.compile(r"recursion (?:limit|depth)")
_MISSING: Final = re.compile(r"missing '(.)' at")
_BARE_TIME: Final = re.compile(r"\b(\d{1,2}:\d\d)\b")
_SLIPS: Final = (
    (re.compile(r"<>"), "write != for not equal"),
    (re.compile(r"(?<![=!<>])=(?!=)|[=!]=="), "write == to compare"),
    (re.compile(r"\bnot\s+in\b"), "write !(c.role in ['RN', 'LPN'])"),
    (re.compile(r"\bin\s*\("), "a list goes in square brackets: ['RN', 'LPN']"),
)
_WORD_OPERATOR: Final = re.compile(r"\b(and|or|not|is)\b", re.IGNORECASE)
_SYMBOLS: Final = {"and": "&&", "or": "||", "not": "!", "is": "==", "&": "&&", "|": "||"}
_SAME_TYPE: Final = ("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%")
_OF_FUNCTIONS: Final = {
    "in": "what follows in is a list: c.creds, or ['RN', 'LPN']",
    "&&": "both sides are conditions, such as c.role == 'RN'",
    "||": "both sides are conditions, such as c.role == 'RN'",
    "!": "what follows ! is a condition: !(c.role == 'RN'), or c.role != 'RN'",
    "hm": "write hm('14:00')",
    "size": "size is of a list or of a text",
    "? :": "both outcomes must be of one type",
    "[ ]": "a list is asked by number: c.langs[0] is its first",
}


def explained(text: str, error: str, fields: Mapping[str, object]) -> list[ConditionProblem]:
    """The engine's messages, one problem each; some carry no position and are then put at the start."""
    if _TOO_DEEP.search(error):
        hint = "write it flatter, or split it into several rules"
        return [ConditionProblem(1, 1, "syntax", "the condition is nested deeper than 32 levels", hint)]
    found = _ENGINE_ERROR.findall(error)
    if not found:
        said = error.split("\n")[0].split(" [")[0]
        return [ConditionProblem(1, 1, "syntax", said, "write it more simply, the engine cannot read it")]
    problems = [_problem(text, int(line), int(column), said, fields) for line, column, said in found[:MAX_PROBLEMS]]
    unread = [problem for problem in problems if problem.code == "syntax"]
    return unread[:1] or problems  # what follows the first word that cannot be read is guesswork


def fault_in_words(fault: str) -> str:
    """Why a condition failed at run time, without the engine's own code in front."""
    said = re.sub(r"^[A-Z_]+: ", "", fault.split("\n")[0])
    return _INDEX.sub(r"there is no number \1 in a list of \2", said)


def _problem(text: str, line: int, column: int, said: str, fields: Mapping[str, object]) -> ConditionProblem:
    said = re.sub(r" \[[A-Z_]+\]$", "", said)
    if name := _UNDECLARED.search(said):
        source = text.split("\n")[line - 1]
        if source[column - 1 : column] == "(":
            return ConditionProblem(line, max(column - len(name[1]), 1), "name", *_no_function(name[1]))
        column = _start_of_name(source, column, name[1])
        return ConditionProblem(line, column, "name", f"there is no field {name[1]}", _field_hint(name[1], fields))
    if overload := _OVERLOAD.search(said):
        operator = {"@in": "in", "?_:": "? :", "[_]": "[ ]"}.get(word := overload[1].strip("_"), word)
        message = f"'{operator}' does not work on {overload[2]}"
        return ConditionProblem(line, column, "type", message, _overload_hint(operator, overload[2]))
    if select := _SELECT.search(said):
        part = re.match(r"\.\w*", text.split("\n")[line - 1][column - 1 :])
        hint = f"leave {part[0]} out" if part else "write the field alone, such as c.role"
        return ConditionProblem(line, column, "type", f"a {select[1]} has no facts of its own", hint)
    if said.startswith("Syntax error"):
        message, hint = _syntax(said.removeprefix("Syntax error: "), text)
        return ConditionProblem(line, column, "syntax", message, hint)
    hint = "a whole number has at most 18 digits" if "int literal" in said else _syntax_hint(text)
    return ConditionProblem(line, column, "type", said, hint or "write it more simply, the engine cannot read it")


def _no_function(name: str) -> tuple[str, str]:
    if name in FUNCTIONS:
        return f"{name} is not called so", f"write {_CALLS.get(name, f'c.zone.{name}(…)')}"
    hint = did_you_mean(name, FUNCTIONS) or f"a condition calls only {', '.join(FUNCTIONS)}"
    return f"there is no function {name}", hint


def _field_hint(name: str, fields: Mapping[str, object]) -> str:
    known = [field for field in fields if not field.startswith("known.")]
    if own := [field for field in known if field.startswith(f"{name}.")]:
        return f"name one of its facts: {', '.join(own[:4])} …"
    if name.startswith("known.") and (field := name.removeprefix("known.")) in fields:
        return f"{field} is never unknown: leave it out"
    if hint := did_you_mean(name, known):
        return hint
    quotes = "" if "." in name else f"a text goes in quotes: '{name}'; "
    return f"{quotes}the fields are listed in docs/rules/index.md"


def _overload_hint(operator: str, types: str) -> str:
    if "null" in types:
        return "no fact is null: known.c.start asks whether one is there"
    if "double" in types or "uint" in types:
        return "write whole numbers, as 90"
    if operator == "in" and types.startswith("(list("):
        return "write v.creds.all(x, x in c.creds) to ask whether all of a list are in another"
    if operator in _OF_FUNCTIONS:
        return _OF_FUNCTIONS[operator]
    if operator in _SAME_TYPE:
        if "list(" in types:
            return "write 'RN' in c.creds to ask whether a list holds it"
        if types.startswith("(bool, int"):
            return "write 9 < v.dur && v.dur < 60 for a range"
        return "a text goes in quotes; numbers, true and false do not" if "string" in types else "both are of one type"
    return "write 'RN' in c.creds" if "list(" in types else "write c.zone.startsWith('43')"


def _syntax(said: str, text: str) -> tuple[str, str]:
    """The message and the hint for what the parser says."""
    hint = _syntax_hint(text)
    if token := _TOKEN.search(said):
        word = token[1].strip()
        if word[:1] in ("'", '"'):
            if "\\" in text:
                return "the text in quotes cannot be read", r"write \\ for a backslash"
            return "a quote is opened and not closed", f"close the text with {word[:1]}"
        hint = hint or (f"write {_SYMBOLS[word]}" if word in _SYMBOLS else "remove it, or put quotes around the text")
        return f"{word or 'this'} cannot be used here", hint
    if given := _INPUT.search(said):
        word = given[1] or given[2]
        if word == "<EOF>":
            return "the condition ends too early", hint or "write what is missing, or close a bracket"
        otherwise = (
            "a bracket too many, or one that opens is missing" if word == ")" else "join conditions with && or ||"
        )
        return f"{word[:40]} cannot be used here", hint or otherwise
    if missing := _MISSING.search(said):
        return f"a {missing[1]} is missing", hint or "close the bracket, or remove the one that opens"
    return said.split(" expecting {")[0], hint or "see docs/rules/index.md for how a condition is written"


def _syntax_hint(text: str) -> str:
    plain = without_quoted(text)
    if time := _BARE_TIME.search(plain):
        return f"write a time as hm('{time[1]}')"
    if slip := next((hint for pattern, hint in _SLIPS if pattern.search(plain)), ""):
        return slip
    if word := _WORD_OPERATOR.search(plain):
        return f"write {_SYMBOLS[word[1].lower()]} instead of {word[1]}"
    return ""


def _start_of_name(source: str, column: int, name: str) -> int:
    """The engine points at the last dot of an unknown name; people look at its first letter."""
    start = column - max(name.rfind("."), 0)
    return start if source[start - 1 : start - 1 + len(name)] == name else column
