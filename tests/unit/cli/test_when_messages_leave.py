"""What `suture day publish` says of messages: what keeps them back, if anything does."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from suture.cli import day

HOLD = "Messages are on hold: someone asked for it."


@pytest.mark.parametrize(
    ("owner", "held", "said"),
    [
        (None, "", day.SOON),  # a server that is not ours: whether something runs beside it is unknown
        (False, "", day.SOON),
        (True, "", day.STOPPED),
        (False, HOLD, HOLD),
        (True, HOLD, f"{HOLD} {day.STOPPED}"),
    ],
)
def test_messages_are_promised_only_where_something_runs_and_nothing_holds_them(
    monkeypatch: pytest.MonkeyPatch, owner: bool | None, held: str, said: str
) -> None:
    monkeypatch.setattr(day, "hold_note", lambda caller: held)
    home = SimpleNamespace(postgres=None if owner is None else SimpleNamespace(is_owner=owner))
    assert day._leaving(cast(Any, None), cast(Any, home)) == said
