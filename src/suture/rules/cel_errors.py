"""What the CEL engine says of a condition it refuses, told in a writer's words: the place, the fault and a hint."""

import re
from collections.abc import Mapping
from typing import Final

from suture.rules.cel_text import MAX_PROBLEMS, without_quoted
from suture.rules.errors import ConditionProblem, did_you_mean
from suture.words.catalog import _, marked

FUNCTIONS: Final = ("hm", "size", "startsWith", "endsWith", "contains", "matches", "all", "exists")
_CALLS: Final = {
    "all": marked("write v.creds.all(x, x in c.creds)"),
    "exists": marked("write c.langs.exists(x, x == 'es')"),
    "hm": marked("write hm('14:00')"),
}
_ENGINE_ERROR: Final = re.compile(r"ERROR: <input>:(\d+):(\d+): (.*)")
_UNDECLARED: Final = re.compile(r"undeclared reference to '([^']*)'")
_OVERLOAD: Final = re.compile(r"found no matching overload for '([^']*)' applied to '([^']*)'")
INDEX: Final = re.compile(r"Index error: index=(\d+) size=(\d+)")
_SELECT: Final = re.compile(r"expression of type '(.*?)' cannot be the operand of a select")
_TOKEN: Final = re.compile(r"token recognition error at: '(.*)'$")
_INPUT: Final = re.compile(r"(?:mismatched|extraneous) input '(.*?)' expecting|no viable alternative at input '(.*)'")
_TOO_DEEP: Final = re.compile(r"recursion (?:limit|depth)")
_MISSING: Final = re.compile(r"missing '(.)' at")
_UNREAD: Final = re.compile(r"Syntax error(?:: )?")
_INT_LITERAL: Final = re.compile(r"int literal")
_BARE_TIME: Final = re.compile(r"\b(\d{1,2}:\d\d)\b")
_SLIPS: Final = (
    (re.compile(r"<>"), marked("write != for not equal")),
    (re.compile(r"(?<![=!<>])=(?!=)|[=!]=="), marked("write == to compare")),
    (re.compile(r"\bnot\s+in\b"), marked("write !(c.role in ['RN', 'LPN'])")),
    (re.compile(r"\bin\s*\("), marked("a list goes in square brackets: ['RN', 'LPN']")),
)
_WORD_OPERATOR: Final = re.compile(r"\b(and|or|not|is)\b", re.IGNORECASE)
_SYMBOLS: Final = {"and": "&&", "or": "||", "not": "!", "is": "==", "&": "&&", "|": "||"}
_SAME_TYPE: Final = ("==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%")
_OF_FUNCTIONS: Final = {
    "in": marked("what follows in is a list: c.creds, or ['RN', 'LPN']"),
    "&&": marked("both sides are conditions, such as c.role == 'RN'"),
    "||": marked("both sides are conditions, such as c.role == 'RN'"),
    "!": marked("what follows ! is a condition: !(c.role == 'RN'), or c.role != 'RN'"),
    "hm": marked("write hm('14:00')"),
    "size": marked("size takes a list or a text"),
    "? :": marked("both outcomes must be of one type"),
    "[ ]": marked("write the number of an entry: c.langs[0] is the first"),
}
_FAULTS: Final = (marked("divide by zero"), marked("modulus by zero"))
_SIMPLER: Final = marked("write it more simply, the engine cannot read it")
_CANNOT_BE_USED: Final = marked("{word} cannot be used here")


def explained(text: str, error: str, fields: Mapping[str, object]) -> list[ConditionProblem]:
    """The engine's messages, one problem each; some carry no position and are then put at the start."""
    if _TOO_DEEP.search(error):
        hint = _("write it flatter, or split it into several rules")
        return [ConditionProblem(1, 1, "syntax", _("the condition is nested deeper than 32 levels"), hint)]
    found = _ENGINE_ERROR.findall(error)
    if not found:
        said = error.split("\n")[0].split(" [")[0]
        return [ConditionProblem(1, 1, "syntax", said, _(_SIMPLER))]
    problems = [_problem(text, int(line), int(column), said, fields) for line, column, said in found[:MAX_PROBLEMS]]
    unread = [problem for problem in problems if problem.code == "syntax"]
    return unread[:1] or problems  # what follows the first word that cannot be read is guesswork


def fault_in_words(fault: str) -> str:
    """Why a condition failed at run time, without the engine's own code in front."""
    said = re.sub(r"^[A-Z_]+: ", "", fault.split("\n")[0])
    if index := INDEX.search(said):
        return _("there is no number {number} in a list of {size}", number=index[1], size=index[2])
    return _(said) if said in _FAULTS else said


def _problem(text: str, line: int, column: int, said: str, fields: Mapping[str, object]) -> ConditionProblem:
    said = re.sub(r" \[[A-Z_]+\]$", "", said)
    if name := _UNDECLARED.search(said):
        source = text.split("\n")[line - 1]
        if source[column - 1 : column] == "(":
            return ConditionProblem(line, max(column - len(name[1]), 1), "name", *_no_function(name[1]))
        column = _start_of_name(source, column, name[1])
        message = _("there is no field {field}", field=name[1])
        return ConditionProblem(line, column, "name", message, _field_hint(name[1], fields))
    if overload := _OVERLOAD.search(said):
        operator = {"@in": "in", "?_:": "? :", "[_]": "[ ]"}.get(word := overload[1].strip("_"), word)
        message = _("'{operator}' does not work on {types}", operator=operator, types=overload[2])
        return ConditionProblem(line, column, "type", message, _overload_hint(operator, overload[2]))
    if select := _SELECT.search(said):
        part = re.match(r"\.\w*", text.split("\n")[line - 1][column - 1 :])
        hint = _("leave {word} out", word=part[0]) if part else _("write the field alone, such as c.role")
        return ConditionProblem(line, column, "type", _("a {type} has no facts of its own", type=select[1]), hint)
    if unread := _UNREAD.match(said):
        message, hint = _syntax(said[unread.end() :], text)
        return ConditionProblem(line, column, "syntax", message, hint)
    hint = _("a whole number has at most 18 digits") if _INT_LITERAL.search(said) else _syntax_hint(text)
    return ConditionProblem(line, column, "type", said, hint or _(_SIMPLER))


def _no_function(name: str) -> tuple[str, str]:
    if name in FUNCTIONS:
        of_text = f"c.zone.{name}(…)"
        hint = _(_CALLS[name]) if name in _CALLS else _("write {text}", text=of_text)
        return _("{name} is not called this way", name=name), hint
    hint = did_you_mean(name, FUNCTIONS) or _("a condition calls only {functions}", functions=", ".join(FUNCTIONS))
    return _("there is no function {name}", name=name), hint


def _field_hint(name: str, fields: Mapping[str, object]) -> str:
    known = [field for field in fields if not field.startswith("known.")]
    if own := [field for field in known if field.startswith(f"{name}.")]:
        return _("name one of its facts: {facts} …", facts=", ".join(own[:4]))
    if name.startswith("known.") and (field := name.removeprefix("known.")) in fields:
        return _("{field} is never unknown: leave it out", field=field)
    if hint := did_you_mean(name, known):
        return hint
    quotes = [] if "." in name else [_("a text goes in quotes: '{text}'", text=name)]
    return "; ".join([*quotes, _("the fields are listed in docs/rules/index.md")])


def _overload_hint(operator: str, types: str) -> str:
    if "null" in types:
        return _("no fact is null: known.c.start asks whether one is there")
    if "double" in types or "uint" in types:
        return _("write whole numbers, as 90")
    if operator == "in" and types.startswith("(list("):
        return _("write v.creds.all(x, x in c.creds) to ask whether all of a list are in another")
    if operator in _OF_FUNCTIONS:
        return _(_OF_FUNCTIONS[operator])
    if operator in _SAME_TYPE:
        if "list(" in types:
            return _("write 'RN' in c.creds to ask whether a list holds it")
        if types.startswith("(bool, int"):
            return _("write 9 < v.dur && v.dur < 60 for a range")
        if "string" in types:
            return _("a text goes in quotes; numbers, true and false do not")
        return _("both are of one type")
    return _("write 'RN' in c.creds") if "list(" in types else _("write c.zone.startsWith('43')")


def _syntax(said: str, text: str) -> tuple[str, str]:
    """The message and the hint for what the parser says."""
    hint = _syntax_hint(text)
    if token := _TOKEN.search(said):
        word = token[1].strip()
        if word[:1] in ("'", '"'):
            if "\\" in text:
                return _("the text in quotes cannot be read"), _(r"write \\ for a backslash")
            return _("a quote is opened and not closed"), _("close the text with {quote}", quote=word[:1])
        symbol = _SYMBOLS.get(word)
        hint = hint or (_("write {text}", text=symbol) if symbol else _("remove it, or put quotes around the text"))
        return _(_CANNOT_BE_USED, word=word) if word else _("this cannot be used here"), hint
    if given := _INPUT.search(said):
        word = given[1] or given[2]
        if word == "<EOF>":
            return _("the condition ends too early"), hint or _("write what is missing, or close a bracket")
        bracket = _("there is one bracket too many, or an opening one is missing")
        otherwise = bracket if word == ")" else _("join conditions with && or ||")
        return _(_CANNOT_BE_USED, word=word[:40]), hint or otherwise
    if missing := _MISSING.search(said):
        closing = _("a {sign} is missing", sign=missing[1])
        return closing, hint or _("close the bracket, or remove the one that opens")
    return said.split(" expecting {")[0], hint or _("see docs/rules/index.md for how a condition is written")


def _syntax_hint(text: str) -> str:
    plain = without_quoted(text)
    if time := _BARE_TIME.search(plain):
        return _("write a time as hm('{time}')", time=time[1])
    if slip := next((hint for pattern, hint in _SLIPS if pattern.search(plain)), ""):
        return _(slip)
    if word := _WORD_OPERATOR.search(plain):
        return _("write {symbol} instead of {word}", symbol=_SYMBOLS[word[1].lower()], word=word[1])
    return ""


def _start_of_name(source: str, column: int, name: str) -> int:
    """The engine points at the last dot of an unknown name; people look at its first letter."""
    start = column - max(name.rfind("."), 0)
    return start if source[start - 1 : start - 1 + len(name)] == name else column
