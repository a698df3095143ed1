"""One reel through the gate: a MicroPython process with the firmware, asked frame by frame."""

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from porchkit.onboardrun import Program
from porchkit.replay.source import Reel

THRESHOLD = 1000  # of the score: from here on something moves
PRIMING_ROUNDS = 30  # two minutes of past at five frames a second
LARGEST_BYTES = 8 << 20  # of one JPEG; what is larger is not even offered

Box = tuple[int, int, int, int]  # left, top, right, bottom in blocks; the last two exclusive


@dataclass(frozen=True)
class Settings:
    """What a resident may set. `zones`: rows of "." (watch) and "#" (ignore)."""

    sensitivity: int = 50
    zones: list[str] | None = None


@dataclass(frozen=True)
class Looks:
    """What the model saw and remembered: one byte for each of cols * rows blocks."""

    cols: int
    rows: int
    thumbnail: bytes
    background: bytes
    mask: bytes  # 0 still, 1 differs, 2 in the region that decided


@dataclass(frozen=True)
class Verdict:
    """The gate about one frame. `reason`: why it could not be read; empty where it could."""

    size: int
    reason: str = ""
    score: int = 0
    learning: bool = False
    box: Box = (0, 0, 0, 0)
    looks: Looks | None = None

    @property
    def sent(self) -> bool:
        """Would the board have sent it, without pre-roll and post-roll?"""
        return not self.reason and (self.learning or self.score >= THRESHOLD)

    @property
    def value(self) -> float:
        """The verdict as one number: above 0.5 exactly when sent."""
        if self.reason:
            return 0.0
        value = round((min(self.score, 65_535) + 1) / (2 * THRESHOLD), 4)
        return max(value, 1.0) if self.learning else value


def judged(
    reel: Reel, settings: Settings, look_at: Callable[[int], bool] = lambda number: False
) -> Iterator[Verdict]:
    """The verdicts on a reel, in order; with looks where `look_at(number)`. A labelled reel is
    primed first. CommandError without MicroPython; RuntimeError where the firmware fails."""
    prime = reel.labels.prime if reel.labels else ()
    past = [jpeg for number in prime if len(jpeg := reel.pictures[number]) <= LARGEST_BYTES]
    with Gate(settings, past) as gate:
        for number in range(len(reel.pictures)):
            jpeg = reel.pictures[number]
            if len(jpeg) > LARGEST_BYTES:
                yield Verdict(len(jpeg), "too-large")
            else:
                yield gate.judge(jpeg, look_at(number))


class Gate:
    """The program onboard/replay.py: the firmware's motion gate, alone."""

    def __init__(self, settings: Settings, past: Sequence[bytes] = ()) -> None:
        """`past`: pictures it is shown forth and back before the first question."""
        told = {
            "sensitivity": settings.sensitivity,
            "zones": settings.zones,
            "past": len(past),
            "rounds": PRIMING_ROUNDS,
        }
        # Kept by us until the first question: what it is told needs no answer.
        self._beginning = json.dumps(told).encode() + b"\n"
        self._beginning += b"".join(_question(jpeg, False) for jpeg in past)
        self._program = Program("replay.py")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._program.end()

    def judge(self, jpeg: bytes, looks: bool = False) -> Verdict:
        """The verdict on the next picture. RuntimeError where the program ended instead."""
        question = self._beginning + _question(jpeg, looks)
        self._beginning = b""
        answer = self._program.ask(question)
        if answer["reason"]:
            return Verdict(len(jpeg), answer["reason"])
        left, top, right, bottom = answer["box"]
        return Verdict(
            len(jpeg),
            score=answer["score"],
            learning=answer["learning"],
            box=(left, top, right, bottom),
            looks=_looks(answer) if looks else None,
        )


def _question(jpeg: bytes, looks: bool) -> bytes:
    return bytes([looks]) + len(jpeg).to_bytes(4, "big") + jpeg


def _looks(answer: dict[str, Any]) -> Looks:
    parts = [b64decode(answer[name]) for name in ("thumbnail", "background", "mask")]
    return Looks(answer["cols"], answer["rows"], *parts)
