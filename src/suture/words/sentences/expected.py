"""What pydantic expects of a value that it refuses, by the type of the fault, to go on from "must be" or "expected"."""

from collections.abc import Mapping
from typing import Final

from suture.words.catalog import Sentence

_INTEGER: Final = "a valid integer"
_NUMBER: Final = "a valid number"
_OBJECT: Final = "an object"
_ARRAY: Final = "a valid array"
_BOOLEAN: Final = "a valid boolean"
_DATE: Final = "a valid date in the format YYYY-MM-DD"
_DATETIME: Final = "a valid datetime"
_TIME: Final = "a valid time"
_CHOICE: Final = "{expected}"
_ITEMS_AT_LEAST: Final = ("at least {n} item", "at least {n} items")
_ITEMS_AT_MOST: Final = ("at most {n} item", "at most {n} items")

EXPECTED: Final[Mapping[str, Sentence]] = {
    "expected.int_type": _INTEGER,
    "expected.int_parsing": _INTEGER,
    "expected.int_parsing_size": "an integer of fewer digits",
    "expected.int_from_float": "a valid integer, got a number with a fractional part",
    "expected.float_type": _NUMBER,
    "expected.float_parsing": _NUMBER,
    "expected.finite_number": "a finite number",
    "expected.multiple_of": "a multiple of {multiple_of}",
    "expected.string_type": "a valid string",
    "expected.string_unicode": "a valid string",
    "expected.string_too_short": ("at least {n} character", "at least {n} characters"),
    "expected.string_too_long": ("at most {n} character", "at most {n} characters"),
    "expected.string_pattern_mismatch": "a string that matches {pattern}",
    "expected.bool_type": _BOOLEAN,
    "expected.bool_parsing": _BOOLEAN,
    "expected.list_type": _ARRAY,
    "expected.tuple_type": _ARRAY,
    "expected.set_type": _ARRAY,
    "expected.frozen_set_type": _ARRAY,
    "expected.too_short": _ITEMS_AT_LEAST,
    "expected.too_long": _ITEMS_AT_MOST,
    "expected.dict_type": _OBJECT,
    "expected.model_type": _OBJECT,
    "expected.model_attributes_type": _OBJECT,
    "expected.none_required": "null",
    "expected.literal_error": _CHOICE,
    "expected.enum": _CHOICE,
    "expected.greater_than_equal": "greater than or equal to {ge}",
    "expected.greater_than": "greater than {gt}",
    "expected.less_than_equal": "less than or equal to {le}",
    "expected.less_than": "less than {lt}",
    "expected.date_type": "a valid date",
    "expected.date_parsing": _DATE,
    "expected.date_from_datetime_parsing": _DATE,
    "expected.date_from_datetime_inexact": "a date without a time",
    "expected.datetime_type": _DATETIME,
    "expected.datetime_parsing": _DATETIME,
    "expected.datetime_from_date_parsing": "a valid datetime or date",
    "expected.timezone_aware": "a datetime with timezone info",
    "expected.time_type": _TIME,
    "expected.time_parsing": _TIME,
    "expected.path_type": "a valid path",
    "expected.uuid_type": "a valid UUID",
    "expected.uuid_parsing": "a valid UUID",
    "expected.json_invalid": "valid JSON",
    "expected.other": "a usable value",
    "fault.missing": "is missing",
    "fault.no_such_field": "there is no field of this name",
    "fault.expected": "must be {expected}",
    "fault.length": "must have {expected}",
}
"""The last ones are the whole rest of a sentence that begins with the name of the field."""
