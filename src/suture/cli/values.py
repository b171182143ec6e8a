"""Kinds of values that several commands take; like the options, they cost a light command nothing."""

import re
from datetime import date
from typing import Any

import click

from suture.model.calendar import BETWEEN_THE_YEARS, is_service_date
from suture.words.catalog import _

LONGEST_WORD = 200
_ISO_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


class _Word(click.ParamType[str]):
    """An id or a code: text that can be stored and shown."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        if not isinstance(value, str) or not value.isprintable():
            self.fail(_("holds characters that cannot be read."), param, ctx)
        if not 1 <= len(value) <= LONGEST_WORD:
            self.fail(_("must have 1 to {n} characters.", n=LONGEST_WORD), param, ctx)
        return value


class _ServiceDate(click.ParamType[date]):
    """A day of the calendar."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            found = date.fromisoformat(value) if _ISO_DATE.fullmatch(value) else None
        except ValueError:
            found = None
        if found is None:
            self.fail(_("must be a date of the calendar, such as 2026-03-24."), param, ctx)
        if not is_service_date(found):
            self.fail(f"{_(BETWEEN_THE_YEARS)}.", param, ctx)
        return found


WORD, SERVICE_DATE = _Word(), _ServiceDate()
