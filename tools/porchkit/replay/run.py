"""One reel through the gate: a MicroPython process with the firmware, asked frame by frame."""

import contextlib
import json
import os
import subprocess
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from porchkit import vboardrun
from porchkit.paths import firmware_root, onboard_root
from porchkit.replay.source import Reel

THRESHOLD = 1000  # of the score: from here on something moves
PRIMING_ROUNDS = 30  # two minutes of past at five frames a second
LARGEST_BYTES = 8 << 20  # of one JPEG; what is larger is not even offered
_HEAP = "64M"  # the pictures of the past, and the longest line of an answer

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
    """The process: the program onboard/replay.py and the firmware, joined to us by two pipes."""

    def __init__(self, settings: Settings, past: Sequence[bytes] = ()) -> None:
        """`past`: pictures it is shown forth and back before the first question."""
        firmware = firmware_root()
        command: list[str | Path] = [vboardrun.micropython(), "-X", f"heapsize={_HEAP}"]
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and program
            [*command, onboard_root() / "replay.py"],
            env={**os.environ, "MICROPYPATH": f"{firmware}:{firmware / 'lib'}:.frozen"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        told = {
            "sensitivity": settings.sensitivity,
            "zones": settings.zones,
            "past": len(past),
            "rounds": PRIMING_ROUNDS,
        }
        # Unbuffered by us until the first question: what it is told needs no answer.
        self._beginning = json.dumps(told).encode() + b"\n"
        self._beginning += b"".join(_question(jpeg, False) for jpeg in past)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the process, whatever it does."""
        self._process.kill()
        self._process.communicate()

    def judge(self, jpeg: bytes, looks: bool = False) -> Verdict:
        """The verdict on the next picture. RuntimeError where the program ended instead."""
        question = self._beginning + _question(jpeg, looks)
        self._beginning = b""
        answer = self._asked(question)
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

    def _asked(self, question: bytes) -> dict[str, Any]:
        there, back = self._process.stdin, self._process.stdout
        if there is None or back is None:
            raise RuntimeError("the gate has no pipes")
        with contextlib.suppress(BrokenPipeError):  # it has ended: the answer will be missing
            there.write(question)
            there.flush()
        line = back.readline()
        if not line.startswith(b"{"):  # MicroPython prints a traceback where it prints all else
            raise RuntimeError(f"the gate stopped: {_last_words(line + back.read())}")
        answer: dict[str, Any] = json.loads(line)
        return answer


def _last_words(said: bytes) -> str:
    lines = said.decode(errors="replace").splitlines()
    return next((line.strip() for line in reversed(lines) if line.strip()), "without a word")


def _question(jpeg: bytes, looks: bool) -> bytes:
    return bytes([looks]) + len(jpeg).to_bytes(4, "big") + jpeg


def _looks(answer: dict[str, Any]) -> Looks:
    parts = [b64decode(answer[name]) for name in ("thumbnail", "background", "mask")]
    return Looks(answer["cols"], answer["rows"], *parts)
