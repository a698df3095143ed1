"""Brightness as a logarithm, and back. In integers alone: a board counts in floats of 32 bits and
the host in 64, and both must find the same."""

from array import array

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TypeAlias

    Words: TypeAlias = "array[int]"

SUMMIT = 1290  # the logarithm of white, in steps of which 256 double the brightness
_DARK = 8  # added to every grey, so that the noise of black does not look like light
_ONE = 1 << 40
_STEP = 1102492706220  # 2 ** (1/256), in _ONEs


def tables() -> "tuple[Words, Words]":
    """(the logarithm of each grey 0..255 in 16ths of a step, the grey of each step in 16ths)."""
    logs = array("H", bytes(512))
    greys = array("H", bytes(2 * (SUMMIT + 1)))
    level, grey = _DARK * _ONE, 0
    for step in range(SUMMIT + 1):
        greys[step] = min(255 * 16, ((level - _DARK * _ONE) * 16 + _ONE // 2) // _ONE)
        above = level * _STEP // _ONE
        while grey < 256 and 2 * (grey + _DARK) * _ONE <= level + above:
            logs[grey] = step * 16  # the nearest step
            grey += 1
        level = above
    return logs, greys
