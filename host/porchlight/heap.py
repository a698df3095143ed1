"""Heap: a host that runs for months keeps no more memory than it uses.

glibc gives nearly every thread a heap of its own, up to eight for each processor, and what one of
them freed the others cannot have. Pictures are coded in a few threads that come and go: in ten
minutes of `porchlight bench soak` the host grew to 149 MB and went on by 20 MB an hour; with two
heaps it stood at 143 MB after two minutes. Hardly more threads ever allocate at once.
"""

import ctypes
from typing import Final

HEAPS: Final = 2
_M_ARENA_MAX: Final = -8  # <malloc.h>


def few(heaps: int = HEAPS) -> bool:
    """Have at most so many from here on; whether so. Other C libraries know no such thing."""
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    return bool(mallopt(_M_ARENA_MAX, heaps))
