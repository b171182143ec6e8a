"""splitmix64 in a one-element array: the same sequence compiled and interpreted."""

import numpy as np

from suture.planner.kernel import kernel
from suture.planner.links.layout import UInt64

_STEP = np.uint64(0x9E3779B97F4A7C15)
_MIX1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX2 = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0


@kernel
def uniform(random: UInt64) -> float:
    """Next float in [0, 1). Interpreted callers switch numpy's overflow warning off (search.py does)."""
    random[0] = random[0] + _STEP
    z = random[0]
    z = (z ^ (z >> _S30)) * _MIX1
    z = (z ^ (z >> _S27)) * _MIX2
    z = z ^ (z >> _S31)
    return float(z >> _S11) * _UNIT


@kernel
def below(random: UInt64, limit: int) -> int:
    """Next integer in [0, limit)."""
    return int(uniform(random) * limit)
