"""Whose data a command works on: an agency's or the demo's. They never share a folder or a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from suture.cli.errors import WrongRequest
from suture.cli.home import (
    Home,
    at_newest_schema,
    caller_of,
    check_owner,
    check_schema,
    data_folder,
    default_folder,
    demo_time,
    open_database,
    open_home,
    read_settings,
)
from suture.service.caller import Caller
from suture.service.errors import ServiceError
from suture.settings import Settings
from suture.store import demo as demo_store
from suture.store.demo import Whose
from suture.store.migrate import migrate, schema_of
from suture.store.roles import check_runtime_role
from suture.words.catalog import _, marked


@contextmanager
def open_to_write(settings: Settings, data_dir: Path, *, demo: bool, create: bool = True) -> Iterator[Home]:
    """Open an installation to change it: an agency's, or with `demo` a demo's, and never the other."""
    with open_database(settings, data_dir, create=create) as home:
        (_refuse_all_but_a_demo if demo else _refuse_a_demo)(home)
        with at_newest_schema(home):
            yield home


@contextmanager
def agency(data: Path | None, *, demo: bool, writes: bool = True) -> Iterator[Caller]:
    """A caller on the agency, or demo, that is there; what the service refuses is said as a wrong request."""
    settings = read_settings()
    folder = data_folder(settings, data, demo=demo)
    opened = (
        open_to_write(settings, folder, demo=demo, create=False)
        if writes
        else open_home(settings, folder, create=False)
    )
    with opened as home:
        try:
            yield caller_of(home, settings)
        except ServiceError as error:
            raise WrongRequest(str(error)) from None


@contextmanager
def open_demo(settings: Settings, data_dir: Path, *, lasting: bool = True, empty: bool = False) -> Iterator[Home]:
    """Open a demo's database, or make an empty one a demo's: marked before anything is loaded.

    What belongs to someone else is refused before anything is changed, and where it must be `empty` a demo's too.
    """
    with open_database(settings, data_dir, lasting=lasting) as home:
        _refuse_an_agency(home)
        if empty and demo_store.whose(home.owner) is Whose.A_DEMOS:
            raise WrongRequest(
                _("{place} holds a demo already, and a played morning starts from scratch.", place=home.place)
            )
        check_owner(home)
        check_schema(home, schema_of(home.owner), older=True)
        migrate(home.owner)
        check_runtime_role(home.owner)
        mark_demo(home)
        with demo_time(home):
            yield home


def mark_demo(home: Home) -> None:
    """Mark the database as a demo's; one that is marked stays as it is, so that a restored one stays on hold."""
    with home.transaction() as tx:
        if not demo_store.is_marked(tx):
            demo_store.mark(tx)


def _refuse_a_demo(home: Home) -> None:
    if demo_store.whose(home.owner) is not Whose.A_DEMOS:
        return
    agencys, demos = default_folder(demo=False), default_folder(demo=True)
    if home.postgres is None:
        why = _(
            "{place} holds the demo, not an agency. Say --demo if that is meant; else name the agency's database in "
            "DATABASE_URL.",
            place=home.place,
        )
    elif home.data_dir == agencys:
        why = _(
            "{place} holds the demo, not an agency. Say --demo if that is meant; else move it to {folder}, which is "
            "the demo's folder now, and this one is free for an agency.",
            place=home.place,
            folder=demos,
        )
    else:
        why = _(
            "{place} holds the demo, not an agency. Say --demo if that is meant; else name the agency's folder with "
            "--data (default {folder}).",
            place=home.place,
            folder=agencys,
        )
    raise WrongRequest(why)


def _refuse_all_but_a_demo(home: Home) -> None:
    found = demo_store.whose(home.owner)
    if found is Whose.AN_AGENCYS:
        raise WrongRequest(
            _("{place} holds an agency, not the demo: leave --demo out, or name the demo's folder.", place=home.place)
        )
    if found is not Whose.A_DEMOS:
        folder = default_folder(demo=True)
        raise WrongRequest(
            _("{place} holds no demo. suture demo makes one in {folder}.", place=home.place, folder=folder)
        )


def _refuse_an_agency(home: Home) -> None:
    found = demo_store.whose(home.owner)
    if found in (Whose.NO_ONES, Whose.A_DEMOS):
        return
    why = _NOT_THE_DEMOS[found is Whose.AN_AGENCYS, home.postgres is None]
    raise WrongRequest(_(why, place=home.place, folder=default_folder(demo=True)))


_NOT_THE_DEMOS = {
    (True, True): marked(
        "{place} holds an agency's data, which the demo would throw away: give an empty one, or unset DATABASE_URL: "
        "then it runs in {folder}."
    ),
    (True, False): marked(
        "{place} holds an agency's data, which the demo would throw away: leave --data out and it runs in {folder}, or "
        "name an empty folder."
    ),
    (False, True): marked(
        "{place} holds another program's data, which the demo would throw away: give an empty one, or unset "
        "DATABASE_URL: then it runs in {folder}."
    ),
    (False, False): marked(
        "{place} holds another program's data, which the demo would throw away: leave --data out and it runs in "
        "{folder}, or name an empty folder."
    ),
}
"""By whether it is an agency's, and whether DATABASE_URL names it."""
