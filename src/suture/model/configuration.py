"""What an agency configures: kinds of document, kept in versions, one version of each kind in force."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ConfigKind(StrEnum):
    """A kind of configuration, as the database and the command line name it."""

    RULES = "rules"
    POLICY = "policy"
    ON_CALL = "on_call"


class Cause(StrEnum):
    """Why a version came into force."""

    DEFAULT = "default"
    """The agency had none of its own: what comes with Suture."""
    FIRST_START = "first_start"
    """From the folder that SUTURE_CONFIG_DIR named at the first start."""
    ACTIVATE = "activate"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Version:
    """One stored version; `state` is draft, active or superseded, `entries` its rules or settings."""

    id: int
    kind: ConfigKind
    hash: str
    name: str
    entries: int
    state: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Activation:
    """A moment at which a version came into force."""

    hash: str
    name: str
    cause: Cause
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Text:
    """One file of a stored version."""

    name: str
    text: str
