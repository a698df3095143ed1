"""Who a search may show, and as what. Everything about being hidden is decided here.

Two kinds of cameras are found, both only where a grant names this hub, for the purpose searched
for, at this moment:

- *Named*: a grant allows the action searched for. The hub knows this camera already: the grant is
  in its hands, names it and says in which cell. Showing it as the grant says tells nothing new, so
  no crowd is asked for; a lone farm that allows `live` for fires is found by the fire brigade.
- *Registered*: the only consent there is (no action, or `register` alone) is to be asked. It is
  shown under a pseudonym of this hub, with its cell and nothing else: no label, owner, state,
  key, or time of ending, each of which would tell one from another. In a cell with fewer than `k`
  such *residents* all of them are hidden, for a lone pseudonym in a cell of two houses is a name.
  Three cameras of one family are one resident.

What follows, and is meant to:

- A cell is found or not as a whole, by its middle and its radius. No circle, however small, tells
  more about a camera than its cell; a group cannot be cut into pieces by moving the area.
- The crowd counts only who may be shown to this very search: residents who never said yes to this
  hub, or not for this purpose, lend nobody cover and are counted nowhere.
- A hidden group and an empty street give the same answer, down to the missing total.
- A resident with any camera that a grant names to this hub, in force later or for another purpose,
  is known to it: their other cameras are no pseudonyms beside it, and they lend nobody cover. The
  receipt for the named one tells whose log it is, and how much was written there.
- A pseudonym's cell comes from the grant that registers it, a named camera's from a grant that
  allows the action: no place leaks from one consent into another.
- k is a floor of this host's settings; a hub can neither ask for less nor see where it bites.

What k cannot do: a hub that gets residents of its own registered here can bring a group to k, and
one that asks every day sees a group appear or go. Residents are registered by hand for the first;
for the second every search is in the log.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from accord.grant import Grant
from porchlight.search import covering
from porchlight.search.areas import Area
from porchlight.search.cells import Cell
from porchlight.search.grid import Held
from porchlight.search.index import REGISTER, Index
from porchlight.search.sphere import Point

Pseudonym = Callable[[str, str], str]  # hub, camera -> text
Forbidden = Callable[[str, str, str, int], bool]  # camera, action, purpose, now (unix s)


@dataclass(frozen=True)
class Wanted:
    """What a hub searches for. `registered`: also those who may only be asked."""

    area: Area
    action: str
    purpose: str
    registered: bool = True


class Shown(NamedTuple):
    """A camera as a search may show it. `id` is its thumb if `named`, else a pseudonym; `until`
    and `grant` are for named ones to be told."""

    id: str
    named: bool
    cell: Cell
    until: int
    grant: Grant

    @property
    def camera(self) -> str:
        """Its thumb: for its resident's log."""
        return self.grant.sub

    @property
    def resident(self) -> str:
        """Whose it is."""
        return self.grant.iss


@dataclass(frozen=True)
class _Question:
    hub: str
    wanted: Wanted
    now: int


class Finder:
    """`k`: residents that a cell has at least, or those who only registered are hidden in it.
    `forbidden`: by the place's profile; such a camera is not there, for the crowd too."""

    def __init__(
        self, index: Index, k: int, pseudonym: Pseudonym, forbidden: Forbidden | None = None
    ) -> None:
        self._index = index
        self._k = k
        self._pseudonym = pseudonym
        self._forbidden = forbidden

    def find(self, hub: str, wanted: Wanted, now: int) -> list[Shown]:
        """All that may be shown at `now` (unix s), each camera once, in the order of their ids."""
        found = self._index.touched(hub, wanted.area)
        best = self._best(_Question(hub, wanted, now), found)
        return sorted(best.values(), key=lambda shown: shown.id)

    def still(self, hub: str, wanted: Wanted, shown: Sequence[Shown], now: int) -> list[Shown]:
        """Those of `shown` that may be shown where they were at `now` (unix s), too."""
        cells = {one.cell: self._index.at(hub, one.cell) for one in shown}
        again = self._best(_Question(hub, wanted, now), cells.items())
        return [again[one.id] for one in shown if one.id in again]

    def _best(self, question: _Question, cells: Iterable[tuple[Cell, Held]]) -> dict[str, Shown]:
        best: dict[str, Shown] = {}
        for cell, held in cells:
            for shown in self._in_cell(question, cell, held):
                other = best.get(shown.id)
                if other is None or _rank(shown) < _rank(other):
                    best[shown.id] = shown
        return best

    def _in_cell(self, question: _Question, cell: Cell, held: Held) -> Iterator[Shown]:
        wanted = question.wanted
        if wanted.action != REGISTER:
            for grant, until in self._covering(question, held, wanted.action):
                yield Shown(grant.sub, True, cell, until, grant)
        if wanted.registered:
            yield from self._crowd(question, cell, held)

    def _crowd(self, question: _Question, cell: Cell, held: Held) -> Iterator[Shown]:
        """Those of a cell who only registered: all of them, or none."""
        hub = question.hub
        crowd = [
            (grant, until)
            for grant, until in self._covering(question, held, REGISTER)
            if not self._index.is_known(hub, grant.iss, question.now)
        ]
        if len({grant.iss for grant, _ in crowd}) >= self._k:
            for grant, until in crowd:
                yield Shown(self._pseudonym(hub, grant.sub), False, cell, until, grant)

    def _covering(
        self, question: _Question, held: Held, action: str
    ) -> Iterator[tuple[Grant, int]]:
        """The grants that allow it now, and until when."""
        hub, purpose, now = question.hub, question.wanted.purpose, question.now
        for grant in held.get((action, purpose), {}).values():
            until = covering.until(grant, hub, action, purpose, now)
            if until is None:
                continue
            if self._forbidden is None or not self._forbidden(grant.sub, action, purpose, now):
                yield grant, until


def _rank(shown: Shown) -> tuple[int, Point, int]:
    """Of several grants for one camera: the most exact place, always the same one, then the longest
    time there."""
    return shown.cell.accuracy_m, shown.cell.place, -shown.until
