"""File handles: how many connections this process can hold beside what it needs itself."""

import resource
from typing import Final

RESERVED: Final = 128  # database, certificates, listeners, threads, event loop


def room_for(connections: int) -> int:
    """Raise the process's soft limit as far as `connections` need and its hard limit allows.

    How many of them there is room for: fewer where the hard limit is too low.
    """
    wanted = connections + RESERVED
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if _less(soft, wanted):
        soft = hard if _less(hard, wanted) else wanted
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    return max(1, soft - RESERVED) if _less(soft, wanted) else connections


def _less(limit: int, wanted: int) -> bool:
    return limit != resource.RLIM_INFINITY and limit < wanted
