"""The search's own random numbers: splitmix64 in ``rng`` (uint64 [1]).

Not numba's hidden generator: the sequence is the same compiled and interpreted, and stopping and going on does not
change it. Interpreted runs need ``np.errstate(over="ignore")`` around them (wrap-around is intended).
"""

import numpy as np
from numpy.typing import NDArray

from suture.planner.kernel import kernel

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_A = np.uint64(0xBF58476D1CE4E5B9)
_MIX_B = np.uint64(0x94D049BB133111EB)
_S30, _S27, _S31, _S32, _S11 = np.uint64(30), np.uint64(27), np.uint64(31), np.uint64(32), np.uint64(11)
_UNIT = 1.0 / 9007199254740992.0  # 2**-53


@kernel
def next_bits(rng: NDArray[np.uint64]) -> int:
    """64 random bits (uint64)."""
    z = rng[0] + _GOLDEN
    rng[0] = z
    z = (z ^ (z >> _S30)) * _MIX_A
    z = (z ^ (z >> _S27)) * _MIX_B
    return z ^ (z >> _S31)


@kernel
def uniform(rng: NDArray[np.uint64]) -> float:
    """A float in [0, 1)."""
    return np.float64(next_bits(rng) >> _S11) * _UNIT


@kernel
def below(rng: NDArray[np.uint64], n: int) -> int:
    """An integer in [0, n), n >= 1."""
    return np.int64(((next_bits(rng) >> _S32) * np.uint64(n)) >> _S32)  # type: ignore[return-value]
