"""The kinds of rule. A new kind is one file here, one line in `KINDS`, one page and one test module."""

from collections.abc import Mapping
from typing import Final, get_args

from suture.rules.base import Rule
from suture.rules.kinds.avoid import Avoid
from suture.rules.kinds.forbid import Forbid
from suture.rules.kinds.limit import LimitRule
from suture.rules.kinds.prefer import Prefer
from suture.rules.kinds.require import Require
from suture.rules.kinds.rest import RestRule

KINDS: Final[tuple[type[Rule], ...]] = (Require, Forbid, Prefer, Avoid, LimitRule, RestRule)
BY_NAME: Final[Mapping[str, type[Rule]]] = {get_args(k.model_fields["kind"].annotation)[0]: k for k in KINDS}
