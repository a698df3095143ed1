"""What moved before one camera, over the last day: in memory only, gone when the host stops.

A bucket for each ten seconds in which the source said anything; an hour of buckets is one page of
8 x 2 bytes a bucket, made when something falls into that hour. At most MAX_PAGES pages of 5.8 KB.
Time is the host's, handed in; whose history it is and who may see it, others know.
"""

from array import array
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from accord import wire

THRESHOLD: Final = 1_000  # a score from here on means that something moves
BUCKET_S: Final = 10
KEPT_S: Final = 24 * 3600
MAX_PAGES: Final = 25  # a day, and the hour that began within it
MOST_BUCKETS: Final = 1_440  # in one answer

_PAGE_S: Final = 3600
_REASONS: Final = len(wire.FRAME_REASONS)
_SCORE, _BACK, _HEARD, _SENT = range(4)  # cells of a bucket; from _SENT on, one for each reason
_WIDTH: Final = _SENT + _REASONS
_EMPTY: Final = bytes(2 * _WIDTH * (_PAGE_S // BUCKET_S))
_MOST: Final = 0xFFFF


@dataclass(frozen=True)
class Bucket:
    """`step` seconds from `at` (unix s): the highest score, the frames sent by reason, and how
    many pictures the gate kept back."""

    at: int
    score: int
    sent: dict[str, int]
    kept_back: int

    def row(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "at": self.at,
            "score": self.score,
            "sent": self.sent,
            "kept_back": self.kept_back,
        }


class History:
    """`now()` gives unix s."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._pages: dict[int, array[int]] = {}
        self._quiet: int | None = None

    def sent(self, reason: int, score: int, now: int) -> None:
        """A frame came at `now`, for this reason (a code of wire.FRAME_REASONS)."""
        if not 0 <= reason < _REASONS:
            return  # a board that is newer than this host
        hour, second = divmod(now, _PAGE_S)
        page = self._pages.get(hour) or self._page(hour)
        at = second // BUCKET_S * _WIDTH
        page[at + _HEARD] = 1
        if score > page[at + _SCORE]:
            page[at + _SCORE] = score
        at += _SENT + reason
        if page[at] < _MOST:
            page[at] += 1

    def told(self, quiet: int, score: int) -> None:
        """A Status came: pictures kept back since the board's start, highest score since the last.

        The first one only says where counting begins: what was kept back before is nobody's hour.
        """
        before, self._quiet = self._quiet, quiet
        hour, second = divmod(self._now(), _PAGE_S)
        page, at = self._page(hour), second // BUCKET_S * _WIDTH
        page[at + _HEARD] = 1
        page[at + _SCORE] = max(page[at + _SCORE], score)
        if before is not None:  # fewer than before: the board started anew
            _count(page, at + _BACK, quiet - before if quiet >= before else quiet)

    def between(self, start: int, end: int, step: int) -> list[Bucket]:
        """What was heard from `start` to before `end`, in buckets of `step` seconds, a multiple of
        BUCKET_S, that begin at multiples of it. Those in which nothing was heard are left out."""
        now = self._now()
        self._drop_old(now // _PAGE_S)
        found: dict[int, Bucket] = {}
        for at, cells in self._heard(max(start, now - KEPT_S), end):
            begin = at - at % step
            found[begin] = _joined(found.get(begin), begin, cells)
        return list(found.values())

    @property
    def bytes(self) -> int:
        """What it holds."""
        return sum(page.itemsize * len(page) for page in self._pages.values())

    def _page(self, hour: int) -> "array[int]":
        """The page of that hour (since 1970)."""
        page = self._pages.get(hour)
        if page is None:
            self._drop_old(hour)
            page = self._pages[hour] = array("H", _EMPTY)
        return page

    def _drop_old(self, hour: int) -> None:
        """Keep what is not older than a day; and nothing from a clock that ran ahead."""
        oldest = hour - KEPT_S // _PAGE_S
        self._pages = {at: page for at, page in self._pages.items() if oldest <= at <= hour}

    def _heard(self, start: int, end: int) -> "Iterator[tuple[int, array[int]]]":
        for hour in sorted(self._pages):
            page = self._pages[hour]
            first = max(0, -(-(start - hour * _PAGE_S) // BUCKET_S))
            last = min(_PAGE_S // BUCKET_S, -(-(end - hour * _PAGE_S) // BUCKET_S))
            for place in range(first, last):
                if page[place * _WIDTH + _HEARD]:
                    cells = page[place * _WIDTH : (place + 1) * _WIDTH]
                    yield hour * _PAGE_S + place * BUCKET_S, cells


def _count(page: "array[int]", at: int, more: int) -> None:
    page[at] = min(_MOST, page[at] + more)


def _joined(bucket: Bucket | None, at: int, cells: "array[int]") -> Bucket:
    """A bucket and the cells of one more."""
    before = bucket or Bucket(at, 0, dict.fromkeys(wire.FRAME_REASONS, 0), 0)
    counts = zip(wire.FRAME_REASONS, cells[_SENT:], strict=True)
    return Bucket(
        at=at,
        score=max(before.score, cells[_SCORE]),
        sent={word: before.sent[word] + count for word, count in counts},
        kept_back=before.kept_back + cells[_BACK],
    )
