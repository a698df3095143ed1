"""Turns: whose work is done next. Pure; neither threads nor time.

    ann's hub   [tile] [tile] | [a narrower copy]           0.004 s so far   <- next
    the police  [tile]        | [copy] [copy] [copy] ..     0.180 s so far

Each asker has a line of their own, and whoever's work took least time so far is next: sixty large
pictures in one line hold up another for as long as one of them takes, at most. Who comes back after
a rest begins level with those who stayed; time not used is not saved up.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T", bound=Hashable)


class _Line(Generic[_T]):
    """One asker's. `used_s`: what their work took so far. `busy`: items that are being done."""

    def __init__(self) -> None:
        self.used_s = 0.0
        self.busy = 0
        self.waiting: tuple[list[_T], list[_T]] = ([], [])  # soon, and later

    def __bool__(self) -> bool:
        return any(self.waiting)

    def where(self, item: _T) -> list[_T] | None:
        return next((items for items in self.waiting if item in items), None)


class Turns(Generic[_T]):
    """Items wait in the lines of those who asked for them; one may wait in several. `most`: items
    of one asker that are done at a time."""

    def __init__(self, most: int = 1) -> None:
        self._most = most
        self._lines: dict[str, _Line[_T]] = {}
        self._level_s = 0.0  # what those who wait have used at least

    def __bool__(self) -> bool:
        """Whether there is anything for next()."""
        return any(map(self._may, self._lines.values()))

    def add(self, asker: str, item: _T, *, later: bool = False, instead: _T | None = None) -> None:
        """At the end of the asker's line, or in the place of another item, which leaves it. What
        is for `later` comes after all else there. Nothing if it waits there already."""
        line = self._lines.setdefault(asker, _Line())
        if not line:
            line.used_s = max(line.used_s, self._level_s)
        old = None if instead is None else line.where(instead)
        if line.where(item) is not None:
            if old is not None and instead is not None:
                old.remove(instead)
        elif old is not None and instead is not None:
            old[old.index(instead)] = item
        else:
            line.waiting[later].append(item)

    def remove(self, asker: str, item: _T) -> None:
        """Out of this line; nothing if it is not there."""
        line = self._lines.get(asker)
        items = line.where(item) if line is not None else None
        if items is not None:
            items.remove(item)

    def waits(self, item: _T) -> bool:
        """Whether anybody's line has it."""
        return any(line.where(item) is not None for line in self._lines.values())

    def next(self) -> tuple[str, _T] | None:
        """Who is next, and with what; it leaves their line. To be followed by took(). None if
        nobody waits, or only those who have `most` at a time."""
        asker = min(
            (asker for asker, line in self._lines.items() if self._may(line)),
            key=lambda asker: self._lines[asker].used_s,
            default=None,
        )
        if asker is None:
            return None
        line = self._lines[asker]
        line.busy += 1
        self._level_s = max(self._level_s, line.used_s)
        soon, later = line.waiting
        return asker, (soon or later).pop(0)

    def took(self, asker: str, seconds: float) -> None:
        """An item of theirs is done, and took so long."""
        line = self._lines[asker]
        line.used_s += seconds
        line.busy -= 1
        if not line and not line.busy and line.used_s <= self._level_s:
            del self._lines[asker]

    def clear(self) -> None:
        """Nothing waits, and nobody has used anything. Nothing may be busy."""
        self._lines.clear()
        self._level_s = 0.0

    def _may(self, line: _Line[_T]) -> bool:
        return bool(line) and line.busy < self._most
