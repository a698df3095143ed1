"""The index: the grants that cameras hold, by hub and cell. It follows every camera's book.

It only finds; whether a grant holds at this moment is asked of the grant itself (covering.py). A
hub for which a grant says nothing of a place finds that camera nowhere.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from accord.grant import Grant
from porchlight.search import cells
from porchlight.search.areas import Area
from porchlight.search.cells import Cell
from porchlight.search.grid import Grid, Held, Key

REGISTER: Final = "register"


class Index:
    """Belongs to the event loop's thread, as the books do."""

    def __init__(self) -> None:
        self._grids: dict[str, Grid] = {}
        self._known: dict[tuple[str, str], Counter[int]] = {}  # hub, resident: from when, how often

    def held(self, grant: Grant, is_held: bool) -> None:
        """A camera's book took this grant in, or let go of it. To be told of each once."""
        cell, keys = cells.of(grant), list(_keys(grant))
        for hub in _hubs(grant):
            if names(grant):
                self._count(hub, grant, 1 if is_held else -1)
            if cell is None:
                continue
            grid = self._grids.setdefault(hub, Grid())
            (grid.put if is_held else grid.drop)(cell, keys, grant)
            if not len(grid):
                del self._grids[hub]

    def touched(self, hub: str, area: Area) -> Iterator[tuple[Cell, Held]]:
        """The cells of this hub that an area touches, and the grants in them."""
        grid = self._grids.get(hub)
        return iter(()) if grid is None else grid.touched(area)

    def at(self, hub: str, cell: Cell) -> Held:
        """The grants in one cell of this hub."""
        grid = self._grids.get(hub)
        return {} if grid is None else grid.at(cell)

    def is_known(self, hub: str, resident: str, now: int) -> bool:
        """Whether this hub holds, at `now` (unix s), a grant that names a camera of this resident;
        one that answers a request only once it has begun: until then the hub was not told."""
        return any(since <= now for since in self._known.get((hub, resident), ()))

    def _count(self, hub: str, grant: Grant, change: int) -> None:
        since = 0 if grant.req is None else grant.nbf
        counts = self._known.setdefault((hub, grant.iss), Counter())
        counts[since] += change
        if counts[since] <= 0:
            del counts[since]
        if not counts:
            del self._known[hub, grant.iss]


def names(grant: Grant) -> bool:
    """Whether the grant allows something that needs the camera's name; else it only registers."""
    return any(action != REGISTER for action in grant.actions)


def _hubs(grant: Grant) -> tuple[str, ...]:
    """Whom it serves: of those it names, the holder of its key if it says which."""
    return grant.aud if grant.cnf is None else (grant.cnf,)


def _keys(grant: Grant) -> Iterator[Key]:
    actions = grant.actions if names(grant) else (REGISTER,)
    for action in actions:
        for purpose in grant.purposes:
            yield action, purpose
