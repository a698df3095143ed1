"""The query of an OGC API Features request: checked as the standard says; the rest is a 400."""

import math
import re
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from typing import Final

from accord.grant import ACTIONS
from porchlight.errors import BadRequest
from porchlight.search.areas import Area, Box, Everywhere

KNOWN: Final = frozenset({"bbox", "limit", "datetime", "action", "after"})
USUAL_LIMIT: Final = 10  # the standard's own
MAX_LIMIT: Final = 10_000
_MOMENT: Final = r"\d{4}-\d\d-\d\d([Tt]\d\d:\d\d:\d\d(\.\d{1,9})?([Zz]|[+-]\d\d:\d\d))?"
_DATETIME: Final = re.compile(rf"{_MOMENT}|({_MOMENT}|\.\.)?/({_MOMENT}|\.\.)?")


@dataclass(frozen=True)
class Asked:
    """A query that makes sense. `words`: as it came."""

    words: dict[str, str]
    area: Area = field(default_factory=Everywhere)
    limit: int = USUAL_LIMIT
    action: str = "live"
    after: str = ""

    def again(self, **changes: str) -> dict[str, str]:
        """The same query with some words changed."""
        return self.words | changes


def read(query: Sequence[tuple[str, str]], known: Container[str] = KNOWN) -> Asked:
    """BadRequest unknown-parameter, bad-parameter."""
    words = dict(query)
    for name, _ in query:
        if name not in known:
            raise BadRequest("unknown-parameter", "a parameter in the query is not known here")
    if len(words) != len(query):
        raise _bad("a parameter", "given once")
    if "datetime" in words and not _DATETIME.fullmatch(words["datetime"]):
        raise _bad("datetime", "a time or an interval in RFC 3339")
    action = words.get("action", "live")
    if action not in ACTIONS:
        raise _bad("action", f"one of {', '.join(ACTIONS)}")
    return Asked(words, _area(words), _limit(words), action, words.get("after", ""))


def _limit(words: dict[str, str]) -> int:
    text = words.get("limit", str(USUAL_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) >= 1):
        raise _bad("limit", "a whole number, at least 1")
    return min(int(text), MAX_LIMIT)  # more is no error, says the standard


def _area(words: dict[str, str]) -> Area:
    if "bbox" not in words:
        return Everywhere()
    try:
        numbers = [float(text) for text in words["bbox"].split(",")]
    except ValueError:
        numbers = []
    if len(numbers) == 6:  # heights are of no account
        numbers = [*numbers[:2], *numbers[3:5]]
    if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
        raise _bad("bbox", "four numbers: west,south,east,north")
    west, south, east, north = numbers
    if not (-180 <= west <= 180 and -180 <= east <= 180 and -90 <= south <= north <= 90):
        raise _bad("bbox", "degrees of longitude and latitude, south before north")
    return Box(west, south, east, north)


def _bad(name: str, wanted: str) -> BadRequest:
    return BadRequest("bad-parameter", f"{name} must be {wanted}")
