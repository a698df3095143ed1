"""Brightness as a logarithm, and back: firmware/agent/motion_tables.py, on the host."""

from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int32]  # 16 bits hold what is kept, but not what comes up on the way
Bools: TypeAlias = NDArray[np.bool_]
Places: TypeAlias = NDArray[np.intp]

SUMMIT: Final = 1290  # the logarithm of white, in steps of which 256 double the brightness
_DARK: Final = 8  # added to every grey, so that the noise of black does not look like light
_ONE: Final = 1 << 40
_STEP: Final = 1102492706220  # 2 ** (1/256), in _ONEs


def tables() -> tuple[Ints, Ints]:
    """(the logarithm of each grey 0..255 in 16ths of a step, the grey of each step in 16ths)."""
    logs: list[int] = []
    greys: list[int] = []
    level = _DARK * _ONE
    for step in range(SUMMIT + 1):
        greys.append(min(255 * 16, ((level - _DARK * _ONE) * 16 + _ONE // 2) // _ONE))
        above = level * _STEP // _ONE
        while len(logs) < 256 and 2 * (len(logs) + _DARK) * _ONE <= level + above:
            logs.append(step * 16)  # the nearest step
        level = above
    return np.array(logs, np.int32), np.array(greys, np.int32)
