"""Audience: the viewers of one feed, by whether they have room. One send() each, and no more.

Knows of parts and of their numbers, not what is in them: `count` parts were new so far, and
`Viewer.seen` is the last of them that a viewer was given.
"""

import os
from collections.abc import Iterable, Iterator

from porchlight.calling import call_all
from porchlight.streams import crowd
from porchlight.streams.sinks import PlainSink, Taken
from porchlight.streams.viewer import Viewer


class Audience:
    """`left_out` counts the parts that viewers were too slow for, `taken` those who took one, by
    how many they had missed right before it; who reads them empties them."""

    def __init__(self) -> None:
        self.count = 0
        self.left_out = 0
        self.taken: dict[int, int] = {}
        self._simple: dict[Viewer, PlainSink] = {}  # with room, and nothing to be thought about
        self._others: dict[Viewer, None] = {}  # with room
        self.behind: dict[Viewer, None] = {}  # without, as far as is known; asked for every part
        self._newcomers: dict[Viewer, None] = {}  # with room, but what there is is not for them

    def __len__(self) -> int:
        return len(self._simple) + len(self._others) + len(self.behind) + len(self._newcomers)

    def __iter__(self) -> Iterator[Viewer]:
        return iter((*self._simple, *self._others, *self.behind, *self._newcomers))

    # Who is where

    def add(self, viewer: Viewer, seen: int) -> None:
        """One more, without room until that is said."""
        viewer.seen = seen
        self.behind[viewer] = None

    def remove(self, viewer: Viewer) -> None:
        """Harmless for one that is not here."""
        for group in (self._simple, self._others, self.behind, self._newcomers):
            group.pop(viewer, None)

    def is_behind(self, viewer: Viewer) -> bool:
        """Whether it has no room, as far as is known."""
        return viewer in self.behind

    def has_room(self, viewer: Viewer) -> None:
        """Of one that was behind."""
        del self.behind[viewer]
        if viewer.given or viewer.seen < self.count:
            self._place(viewer, viewer.sink)
        else:
            self._newcomers[viewer] = None

    def another(self) -> None:
        """A new part comes: it is for everybody."""
        self.count += 1
        if self._newcomers:
            self._others |= self._newcomers
            self._newcomers.clear()

    def silent(self) -> list[Viewer]:
        """Those for whom a newer part waits, and whose sinks do not tell when there is room."""
        count = self.count
        return [viewer for viewer in self.behind if viewer.seen < count and not viewer.sink.tells]

    def cut(self) -> list[Viewer]:
        """Let go of those for whom something given still waits on this machine; who that was."""
        return [viewer for viewer in self if viewer.sink.cut()]

    def fall_behind(self, now: float) -> list[Viewer]:
        """Those who asked for fewer parts, may have one now and have not had the last: they are
        behind from here on."""
        found = [
            viewer
            for viewer in self._others
            if viewer.seen < self.count and viewer.pace.wait_s(now) <= 0
        ]
        for viewer in found:
            del self._others[viewer]
            self.behind[viewer] = None
        return found

    # Parts

    def write(self, part: bytes, now: float, seen: int) -> None:
        """Give all who have room a part. `seen`: what they had before."""
        many = len(part) * len(self._simple) >= crowd.MANY
        slow = self._lend(part) if many else self._send(part)
        count = len(self._simple) - len(slow)
        if count:
            self.taken[0] = count
        if slow:
            self._rest(part, slow, seen)
        if self._others:
            self.give(list(self._others), part, now)

    def _send(self, part: bytes) -> dict[Viewer, int]:
        """To all simple ones; who did not take the whole, but so many bytes (-1: is gone)."""
        size, slow = len(part), {}
        for viewer, sink in self._simple.items():  # hot: who has room costs nothing but this
            try:
                taken = sink.send(part)
            except BlockingIOError:
                taken = 0
            except OSError:
                taken = -1
            if taken != size:
                slow[viewer] = taken
        return slow

    def _lend(self, part: bytes) -> dict[Viewer, int]:
        """As _send(), from pages that they share."""
        file = crowd.lend(part)
        if file is None:
            return self._send(part)
        size, slow = len(part), {}
        try:
            for viewer, sink in self._simple.items():
                try:
                    taken = os.sendfile(sink.fileno(), file, 0, size)
                except BlockingIOError:
                    taken = 0
                except OSError:  # gone; or of a kind that wants a copy, which send() makes
                    taken = sink.tried(part)
                if taken != size:
                    slow[viewer] = taken
        finally:
            os.close(file)
        return slow

    def _rest(self, part: bytes, slow: dict[Viewer, int], seen: int) -> None:
        """Those who did not take a whole part, but so many bytes."""
        for viewer, taken in slow.items():
            viewer.seen = seen
            self._settle(viewer, self._simple[viewer].rest(part, taken))

    def give(self, viewers: Iterable[Viewer], part: bytes, now: float) -> None:
        """Give some a part, unless they asked for less."""
        for viewer in viewers:
            if viewer.pace.wait_s(now) > 0:
                continue
            taken = viewer.sink.give(part)
            if taken is not Taken.NOTHING:
                viewer.pace.went(now)
            self._settle(viewer, taken)

    def end(self) -> list[Viewer]:
        """Let go of all: what has not left for one yet is not theirs any more."""
        everybody = list(self)
        call_all(viewer.sink.close for viewer in everybody)
        for group in (self._simple, self._others, self.behind, self._newcomers):
            group.clear()
        return everybody

    def _settle(self, viewer: Viewer, taken: Taken) -> None:
        """Put a viewer where it belongs after a part."""
        if taken is not Taken.NOTHING:
            self._took(viewer)
        whole = taken is Taken.WHOLE
        if whole and viewer in self._others and not isinstance(viewer.sink, PlainSink):
            return  # that is where it belongs, and where there may be many
        self.remove(viewer)
        if whole:
            self._place(viewer, viewer.sink)
        else:
            self.behind[viewer] = None
            viewer.look_at = 0.0
            viewer.looks.reset()

    def _took(self, viewer: Viewer) -> None:
        """A viewer has the last part."""
        missed = max(0, self.count - viewer.seen - 1)
        if not viewer.pace.gap_s:
            self.left_out += missed
        if not viewer.given:
            viewer.given, missed = True, self.count
        viewer.seen = self.count
        self.taken[missed] = self.taken.get(missed, 0) + 1

    def _place(self, viewer: Viewer, sink: object) -> None:
        """It has room."""
        simple = viewer.given and not viewer.pace.gap_s
        if simple and isinstance(sink, PlainSink) and not sink.begun:
            self._simple[viewer] = sink
        else:
            self._others[viewer] = None
