"""A quarter of a year, in UTC: what one report is about."""

import calendar
import re
import time
from dataclasses import dataclass
from typing import Final, Self

_NAME: Final = re.compile(r"(2\d{3})-Q([1-4])")
_MONTHS: Final = 3


@dataclass(frozen=True, order=True)
class Quarter:
    """`number`: 1 to 4."""

    year: int
    number: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of "2026-Q3"; ValueError for anything else."""
        found = _NAME.fullmatch(text)
        if found is None:
            raise ValueError("must be a quarter such as 2026-Q3")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def at(cls, unix_ms: int) -> Self:
        """The one that holds this moment."""
        at = time.gmtime(unix_ms // 1000)
        return cls(at.tm_year, (at.tm_mon - 1) // _MONTHS + 1)

    @property
    def begins_ms(self) -> int:
        """Its first moment (unix ms)."""
        month = (self.number - 1) * _MONTHS + 1
        return calendar.timegm((self.year, month, 1, 0, 0, 0)) * 1000

    @property
    def ends_ms(self) -> int:
        """The first moment that is no longer in it (unix ms)."""
        return self.next.begins_ms

    @property
    def next(self) -> "Quarter":
        """The one that follows."""
        return Quarter(self.year + self.number // 4, self.number % 4 + 1)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"
