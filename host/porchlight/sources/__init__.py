"""The kinds of sources: one file each, one table. A camera's `source` names its kind."""

from typing import Final

# kind -> module with `routes(...)` (it is called) or `run(camera)` (it calls); off is a kind too.
KINDS: Final = {"board": "porchlight.sources.board"}
