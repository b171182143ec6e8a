"""The kinds of rule. A new kind is one file here, one line in `KINDS`, one page and one test module."""

from collections.abc import Mapping
from typing import Final, get_args

from suture.rules.families import Rule
from suture.rules.kinds.apart import Apart
from suture.rules.kinds.avoid import Avoid
from suture.rules.kinds.forbid import Forbid
from suture.rules.kinds.gate import GateRule
from suture.rules.kinds.limit import LimitRule
from suture.rules.kinds.pair import Pair
from suture.rules.kinds.prefer import Prefer
from suture.rules.kinds.require import Require
from suture.rules.kinds.rest import RestRule
from suture.rules.kinds.stretch import Stretch
from suture.rules.kinds.together import Together
from suture.rules.kinds.window import Window
from suture.words.catalog import marked

KINDS: Final[tuple[type[Rule], ...]] = (
    Require,
    Forbid,
    Prefer,
    Avoid,
    Window,
    Stretch,
    LimitRule,
    RestRule,
    Pair,
    Together,
    Apart,
    GateRule,
)
BY_NAME: Final[Mapping[str, type[Rule]]] = {get_args(k.model_fields["kind"].annotation)[0]: k for k in KINDS}

LATER: Final[Mapping[str, str]] = {
    name: marked("it comes with the roster planner, which plans shifts")
    for name in ("run", "succession", "atomic", "cover", "fair", "rank")
} | {"deadline": marked("obligations come with live dispatch")}
"""Kinds that are designed and not built: refused with a sentence instead of a guess at another name."""
