"""`suture rules check --day`: what a rulebook says on a day of the database."""

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from suture.cli.errors import WrongRequest
from suture.cli.home import caller_of, data_folder, open_home, read_settings
from suture.rules.book import Rulebook
from suture.rules.errors import Problem
from suture.rules.evaluate import compile_day
from suture.rules.lint_day import lint_day
from suture.service.branch_named import the_branch
from suture.service.errors import ServiceError
from suture.service.state import complete, see


def problems_on(
    book: Rulebook, service_date: date, branch: str | None, data: Path | None, *, demo: bool
) -> Sequence[Problem]:
    """What makes no sense on a stored day."""
    settings = read_settings()
    with open_home(settings, data_folder(settings, data, demo=demo)) as home:
        caller = caller_of(home, settings)
        try:
            with caller.transaction() as tx:
                seen = see(tx, caller.tools, the_branch(tx, branch), service_date)
            day = complete(caller.tools, seen)
        except ServiceError as error:
            raise WrongRequest(str(error)) from None
    return list(lint_day(book, compile_day(book, day), service_date))
