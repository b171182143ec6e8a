"""What pydantic refuses is said in the reader's language, never in pydantic's English."""

from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import pytest
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ErrorType

from suture.words.catalog import _, speaking
from suture.words.expected import WRITTEN_OTHERWISE, expected, refused
from suture.words.reason import from_json, to_json


class Sex(StrEnum):
    F = "F"
    M = "M"


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    n: int


def ours(text: str) -> str:
    raise PydanticCustomError("unusable", _("There is no agency here."))


def otherwise(text: str) -> str:
    raise PydanticCustomError(WRITTEN_OTHERWISE, _("a date, such as 2026-03-24"))


def faults(kind: Any, given: object, *, strict: bool | None = None):
    with pytest.raises(ValidationError) as refusal:
        TypeAdapter(kind).validate_python(given, strict=strict)
    return refusal.value.errors()


CASES = [
    (int, "x", "must be a valid integer", "debe ser un número entero válido"),
    (bool, "maybe", "must be a valid boolean", "debe ser true o false"),
    (Annotated[int, Field(ge=1)], 0, "must be greater than or equal to 1", "debe ser 1 o más"),
    (Annotated[float, Field(lt=90)], 91.0, "must be less than 90", "debe ser menor que 90"),
    (
        Annotated[str, Field(max_length=2)],
        "abc",
        "must have at most 2 characters",
        "debe tener como máximo 2 caracteres",
    ),
    (
        Annotated[list[int], Field(min_length=1)],
        [],
        "must have at least 1 item",
        "debe tener al menos 1 elemento",
    ),
    (Literal["a", "b"], "c", "must be 'a' or 'b'", "debe ser 'a' o 'b'"),
    (Sex, "c", "must be 'F' or 'M'", "debe ser 'F' o 'M'"),
    (Inner, {}, "is missing", "falta"),
    (Inner, {"n": 1, "x": 2}, "there is no field of this name", "no hay ningún campo con este nombre"),
    (date, "x", "must be a valid date", "debe ser una fecha válida"),
    (datetime, "x", "must be a valid datetime or date", "debe ser una fecha válida, con hora o sin ella"),
    (
        Annotated[str, AfterValidator(otherwise)],
        "",
        "must be a date, such as 2026-03-24",
        "debe ser una fecha, como 2026-03-24",
    ),
    (Path, 3, "must be a valid path", "debe ser una ruta de archivo válida"),
]


@pytest.mark.parametrize(("kind", "given", "english", "spanish"), CASES)
def test_a_fault_is_said_in_both_languages(kind, given, english: str, spanish: str) -> None:
    for lang, said in (("en", english), ("es", spanish)):
        with speaking(lang):
            (fault,) = faults(kind, given)
            assert str(refused(fault)).startswith(said)


def test_what_suture_itself_says_is_left_alone() -> None:
    (fault,) = faults(Annotated[str, AfterValidator(ours)], "")
    assert str(refused(fault)) == str(expected(fault)) == "There is no agency here."


@pytest.mark.parametrize("given", ["x", 3, 3.5, None, [], {}, b"\xff", object(), "2026-13-45", "9" * 5000])
@pytest.mark.parametrize("kind", [int, float, bool, str, date, datetime, AwareDatetime, time, UUID, Inner, list[int]])
def test_no_word_of_pydantics_is_repeated(kind, given: object) -> None:
    """A type of fault that the table lacks would be `a usable value`: everything our models may meet is in it."""
    try:
        TypeAdapter(kind).validate_python(given)
    except ValidationError as error:
        for fault in error.errors():
            assert "usable" not in str(refused(fault)), fault
            assert fault["msg"] not in refused(fault).in_language("es")
            assert from_json(to_json(refused(fault))) == refused(fault)


def test_an_unknown_type_of_fault_is_still_a_sentence() -> None:
    assert "frozen_instance" in get_args(ErrorType)
    assert str(refused({"type": "frozen_instance", "msg": "Instance is frozen"})) == "must be a usable value"
