"""Starting soon: what importing a command costs beside the imports themselves."""

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# httpx does without it where rich and pygments are missing. Where they are there, its command line
# takes longer to import than httpx itself.
_UNUSED: Final = "httpx._main"


@contextmanager
def soon(*, for_good: bool) -> Iterator[None]:
    """While entered, nothing is imported that no command of ours uses, and nobody looks for
    garbage: what is imported stays. `for_good`: nobody does later either, so that a command ends
    sooner and a host pauses for less; for programs that do nothing else."""
    looks, known = gc.isenabled(), _UNUSED in sys.modules
    gc.disable()
    if not known:
        sys.modules[_UNUSED] = None  # type: ignore[assignment]  # to imports: there is no such
    try:
        yield
    finally:
        if not known:
            sys.modules.pop(_UNUSED, None)
        if for_good:
            gc.freeze()
        if looks:
            gc.enable()
