"""Caption: who looks, and under which grant, to be read in every picture that a hub sees.

Whoever photographs a screen, or keeps a picture, keeps with it who they are. Pure.
"""

import functools
import time
from dataclasses import dataclass
from typing import Final

from porchlight.streams.lettering import Lines

_GRANT: Final = 8  # letters of its id: enough to find it in the log
_OPERATOR: Final = 10


@dataclass(frozen=True)
class Caption:
    """`operator`: their pseudonym, empty where the hub has no operators. `jti`: the grant's."""

    hub: str
    operator: str
    jti: str

    def lines(self, captured_ms: int) -> Lines:
        """What is written below a picture that was taken then (unix ms)."""
        return _lines(self.hub, self.operator, self.jti, captured_ms // 1000)


@functools.lru_cache(maxsize=256)  # the same for all pictures of a second
def _lines(hub: str, operator: str, jti: str, second: int) -> Lines:
    taken = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(second))
    who = (f"operator {operator[:_OPERATOR]}",) if operator else ()
    return (hub, *who, taken, f"grant {jti[:_GRANT]}")
