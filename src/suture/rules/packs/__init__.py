"""Packs: rulebooks that come with Suture and are named in a rulebook's `packs`. Ordinary files, read as any other."""

from functools import cache
from importlib.resources import files
from typing import Final

PACKS: Final = ("agency-defaults", "us-federal-home-health")


@cache
def pack_text(name: str) -> str | None:
    """The text of a pack, None where there is none of that name."""
    if name not in PACKS:
        return None
    return files(__package__).joinpath(f"{name}.yaml").read_text(encoding="utf-8")
