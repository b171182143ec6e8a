"""Settings of the search from the instance."""

import numpy as np

from suture.planner.links.layout import (
    BLINK,
    RUIN_MEAN,
    SETTINGS,
    SHIFT_END,
    SHIFT_START,
    SPREAD_END,
    SPREAD_START,
    STRING_MAX,
    T_END,
    T_START,
    Arrays,
    Float64,
)


def settings_for(arrays: Arrays, movable: int, overrides: dict[int, float] | None = None) -> Float64:
    """Temperatures and ruin sizes from the instance.

    `movable`: cost of a first plan without idle and unserved required visits. Half of it per unit is where the search
    still moves freely on all three hhcrsp sets and on uhhc (measured: 0.1 too cold, 1.0 too hot at 10 s).
    """
    setting = np.zeros(SETTINGS, dtype=np.float64)
    per_unit = max(1, movable) / max(1, arrays.unit.shape[0])
    setting[T_START] = 0.5 * per_unit
    setting[T_END] = 0.005 * per_unit
    setting[RUIN_MEAN] = 11.0
    setting[STRING_MAX] = 10.0
    setting[BLINK] = 0.01
    shift = max(1.0, float(np.mean(arrays.row[:, SHIFT_END] - arrays.row[:, SHIFT_START])))
    setting[SPREAD_START] = 0.1 * shift
    setting[SPREAD_END] = 0.002 * shift
    for key, value in (overrides or {}).items():
        setting[key] = value * per_unit if key in (T_START, T_END) else value
    return setting
