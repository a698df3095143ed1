"""Which frames of a long reel are on its page: what somebody will want to look at comes first."""

from collections.abc import Sequence

from porchkit.replay.labels import MOTION, Labels
from porchkit.replay.run import Verdict

MOST_FRAMES = 600  # with pictures, on one page
_RANKS = 4

Kind = tuple[bool, bool, bool]  # sent or learning, unreadable, labelled as motion
_NOTHING: Kind = (False, False, False)


def chosen(
    verdicts: Sequence[Verdict], labels: Labels | None = None, most: int = MOST_FRAMES
) -> list[int]:
    """At most so many frames, in order; all where there are no more.

    First where something begins or ends (sending, reading, labelled motion), then all of it, then
    the frames beside it, then the rest; what does not fit of one of these is thinned evenly.
    """
    if len(verdicts) <= most:
        return list(range(len(verdicts)))
    ranks: list[list[int]] = [[] for _ in range(_RANKS)]
    kinds = [_kind(number, verdict, labels) for number, verdict in enumerate(verdicts)]
    padded = [_NOTHING, *kinds, _NOTHING]
    for number in range(len(kinds)):
        ranks[_rank(*padded[number : number + 3])].append(number)
    frames: list[int] = []
    for rank in ranks:
        frames += _thinned(rank, most - len(frames))
    return sorted(frames)


def _kind(number: int, verdict: Verdict, labels: Labels | None) -> Kind:
    moves = labels is not None and labels.label[number] == MOTION
    return verdict.sent, bool(verdict.reason), moves


def _rank(before: Kind, kind: Kind, after: Kind) -> int:
    if kind != _NOTHING:
        return 1 if before == kind == after else 0
    return 3 if before == after == _NOTHING else 2


def _thinned(frames: Sequence[int], most: int) -> list[int]:
    """So many of them, spread evenly."""
    if len(frames) <= most:
        return list(frames)
    return [frames[place * len(frames) // most] for place in range(most)]
