"""What the verdicts on a reel amount to. With labels, the same rates as the shared data's scorer;
the frames of the past are not counted then.

    lag           frames from the start of a caught event to its first sent one
    recall        motion frames sent / motion frames
    false alarms  quiet frames sent / quiet frames
    F1            of "sent" as a detector of motion frames; don't-care frames left out
"""

from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass

from porchkit.replay.labels import MOTION, QUIET, Labels, Stretch, stretches
from porchkit.replay.run import Verdict


@dataclass(frozen=True)
class Figures:
    """Counts of one reel, or of several together (`total`)."""

    frames: int = 0
    sent: int = 0
    learning: int = 0
    unreadable: int = 0
    bytes: int = 0
    bytes_kept: int = 0
    labelled: int = 0  # reels with labels; what follows is about them
    events: int = 0
    caught: int = 0
    lag: int = 0  # frames from the start of a caught event to its first sent one, added up
    motion: int = 0
    motion_sent: int = 0
    quiet: int = 0
    quiet_sent: int = 0

    @property
    def share_sent(self) -> float | None:
        return _share(self.sent, self.frames)

    @property
    def share_kept(self) -> float | None:
        """Of the bytes."""
        return _share(self.bytes_kept, self.bytes)

    @property
    def mean_lag(self) -> float | None:
        """Frames until a caught event is seen."""
        return _share(self.lag, self.caught)

    @property
    def recall(self) -> float | None:
        return _share(self.motion_sent, self.motion)

    @property
    def false_alarms(self) -> float | None:
        return _share(self.quiet_sent, self.quiet)

    @property
    def f1(self) -> float | None:
        if not self.motion:
            return None
        return _share(2 * self.motion_sent, self.motion_sent + self.quiet_sent + self.motion)


def figures(verdicts: Sequence[Verdict], labels: Labels | None = None) -> Figures:
    """The figures of one reel."""
    past = frozenset(labels.prime if labels else ())
    counted = [number for number in range(len(verdicts)) if number not in past]
    rows = [verdicts[number] for number in counted]
    sizes = {
        "frames": len(rows),
        "sent": sum(row.sent for row in rows),
        "learning": sum(row.learning for row in rows),
        "unreadable": sum(bool(row.reason) for row in rows),
        "bytes": sum(row.size for row in rows),
        "bytes_kept": sum(row.size for row in rows if not row.sent),
    }
    if labels is None:
        return Figures(**sizes)
    return Figures(**sizes, **_against(verdicts, labels, counted))


def total(rows: Iterable[Figures]) -> Figures:
    """All frames of several reels as one."""
    return Figures(*(sum(column) for column in zip(*map(astuple, rows), strict=True)))


def moved(verdicts: Sequence[Verdict]) -> tuple[Stretch, ...]:
    """The stretches in which the gate saw something move; learning is not seeing."""
    return stretches([verdict.sent and not verdict.learning for verdict in verdicts])


def unreadable(verdicts: Sequence[Verdict]) -> dict[str, tuple[Stretch, ...]]:
    """Reason -> the stretches of frames that could not be read for it."""
    reasons = sorted({verdict.reason for verdict in verdicts if verdict.reason})
    return {
        reason: stretches([verdict.reason == reason for verdict in verdicts]) for reason in reasons
    }


def _against(verdicts: Sequence[Verdict], labels: Labels, counted: Sequence[int]) -> dict[str, int]:
    motion = [number for number in counted if labels.label[number] == MOTION]
    quiet = [number for number in counted if labels.label[number] == QUIET]
    lags = _lags(verdicts, labels, frozenset(counted))
    return {
        "labelled": 1,
        "events": len(lags),
        "caught": sum(lag is not None for lag in lags),
        "lag": sum(lag or 0 for lag in lags),
        "motion": len(motion),
        "motion_sent": sum(verdicts[number].sent for number in motion),
        "quiet": len(quiet),
        "quiet_sent": sum(verdicts[number].sent for number in quiet),
    }


def _lags(verdicts: Sequence[Verdict], labels: Labels, counted: frozenset[int]) -> list[int | None]:
    """For each event that has counted frames: how late the first sent one was, None for never."""
    lags: list[int | None] = []
    for first, last in labels.events:
        seen = [number for number in range(first, last + 1) if number in counted]
        if seen:
            lags.append(next((n - seen[0] for n in seen if verdicts[n].sent), None))
    return lags


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None
