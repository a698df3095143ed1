"""Rhythm: when a frame may go out, when the last one should come again, and when to look again for
room at a viewer who does not tell. Pure; loop seconds."""

from typing import Final

PAUSE_S: Final = 0.1  # overdue for so long past the usual, a pause began
LONGEST_S: Final = 1.0
LOOK_S: Final = 0.01
SELDOM_S: Final = 0.5
_LATER: Final = 1.25  # so that nobody waits for a picture much longer than it took them already


class Pace:
    """Not more often than every `gap_s`; 0: as it comes."""

    def __init__(self, gap_s: float) -> None:
        self.gap_s = gap_s
        self._due = 0.0

    def wait_s(self, now: float) -> float:
        """How long a frame still has to wait; none if 0 or less."""
        return self._due - now

    def went(self, now: float) -> None:
        """A frame went out. A quarter of the gap makes up for jitter, not for idle time."""
        self._due = max(self._due, now - self.gap_s / 4) + self.gap_s


class Pause:
    """Browsers may hold back the last part until another begins, so it comes again soon after a
    pause began, and then every second: that also finds out who left without a word.

    `times`: how often the last frame came again. `due`: when it should next, never within `gap_s`.
    """

    def __init__(self, gap_s: float) -> None:
        self._gap_s = gap_s
        self.times = 0
        self.due = float("inf")
        self._news_at = float("-inf")

    def news(self, now: float) -> None:
        """A new frame went out."""
        usual_s = now - self._news_at
        if usual_s > LONGEST_S:  # it ended a pause: nobody can say what is usual
            usual_s = 0.0
        patience_s = min(LONGEST_S, 1.5 * usual_s + PAUSE_S)
        self.due = now + max(self._gap_s + PAUSE_S, patience_s)
        self.times = 0
        self._news_at = now

    def repeated(self, now: float) -> None:
        """The last frame came again."""
        self.times += 1
        self.due = now + max(self._gap_s, LONGEST_S)


class BackOff:
    """How long to wait before each look: first `first_s`, and the longer nothing was found, the
    longer, up to SELDOM_S."""

    __slots__ = ("_first_s", "_wait_s")

    def __init__(self, first_s: float = LOOK_S) -> None:
        self._first_s = self._wait_s = first_s

    def next_s(self) -> float:
        """How long until the next look."""
        wait_s = self._wait_s
        self._wait_s = min(SELDOM_S, wait_s * _LATER)
        return wait_s

    def reset(self) -> None:
        """Something was found: begin anew."""
        self._wait_s = self._first_s
