"""`porchlight bench gate`: the motion gate against Pillow, against bytecode, and against itself.

All of it in one run and in turns, because a machine's speed is not the same from second to second:
a round measures each thing once, a ratio is taken within the round, and its median is the figure.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median

from PIL import Image

from porchkit.bench import pictures
from porchkit.bench.board import Board, as_bytecode
from porchkit.bench.report import Check, machine, table
from porchkit.errors import UsageError
from porchkit.paths import firmware_root

LEAST_ROUNDS = 3
_SLICE_US = 25_000  # of one measurement: long against the clock's step and a switch of processes
HELP = """\
examples:
  porchlight bench gate                      ten seconds, on the built-in street at 25 KB
  porchlight bench gate --frames clip.mjpg   on pictures of your own
  porchlight bench gate --json               for a script: times in us, ratios, checks

Exit status 1 means that a bar was missed. The firmware runs in MicroPython on this machine (the
extra `sim`); on an ESP32 the ratios between its own steps are about the same."""


@dataclass(frozen=True)
class Bars:
    """What is promised."""

    decode_per_pillow: float = 1.6  # at most
    bytecode_per_decode: float = 15.0  # at least
    model_per_decode: float = 0.4  # at most
    allocating_steps: int = 0  # at most


BARS = Bars()


@dataclass(frozen=True)
class Round:
    """One turn of each, in microseconds a picture."""

    decode_us: float
    pillow_us: float
    bytecode_us: float
    model_us: float


@dataclass(frozen=True)
class Figures:
    """What was measured."""

    rounds: Sequence[Round]
    allocating: Sequence[str]  # steps that want memory for each picture

    @property
    def decode_per_pillow(self) -> float:
        return median(one.decode_us / one.pillow_us for one in self.rounds)

    @property
    def bytecode_per_decode(self) -> float:
        return median(one.bytecode_us / one.decode_us for one in self.rounds)

    @property
    def model_per_decode(self) -> float:
        return median(one.model_us / one.decode_us for one in self.rounds)

    def times_us(self) -> dict[str, float]:
        """The median of each time."""
        names = ("decode_us", "pillow_us", "bytecode_us", "model_us")
        return {name: median(getattr(one, name) for one in self.rounds) for name in names}


def configure(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = HELP
    add = parser.add_argument
    add("--json", action="store_true", help="print one JSON object")
    add("--seconds", type=float, default=10, metavar="S", help="how long (default %(default)s)")
    add("--frames", type=Path, metavar="PATH", help="a folder of JPEGs, or an .mjpg file")


def run(args: argparse.Namespace) -> int:
    """Measure and tell; 1 if a bar is missed."""
    if not 0 <= args.seconds <= 3600:
        raise UsageError("--seconds must be 0 to 3600")
    shown = pictures.of(args.frames) if args.frames else pictures.street()
    figures = measure(shown, args.seconds)
    results = checks(figures, BARS)
    ok = all(check.ok for check in results)
    if args.json:
        print(json.dumps(document(shown, figures, results) | {"ok": ok}))
    else:
        print(summary(shown, figures))
        print(table(results))
    return 0 if ok else 1


def measure(shown: Sequence[bytes], seconds: float) -> Figures:
    """Rounds for about so long, LEAST_ROUNDS at least."""
    with ExitStack() as held:
        twin_root = as_bytecode(Path(held.enter_context(tempfile.TemporaryDirectory())))
        native = held.enter_context(Board(firmware_root(), shown))
        bytecode = held.enter_context(Board(twin_root, shown))
        allocating = native.allocating()
        several = _Turns(native, bytecode, shown)
        rounds: list[Round] = []
        until = time.monotonic() + seconds
        while len(rounds) < LEAST_ROUNDS or time.monotonic() < until:
            rounds.append(several.round())
    return Figures(rounds, allocating)


class _Turns:
    """Each thing often enough to fill a slice, one after the other."""

    def __init__(self, native: Board, bytecode: Board, shown: Sequence[bytes]) -> None:
        self._native, self._bytecode, self._shown = native, bytecode, shown
        self._pillow_us(1)  # which loads its decoder
        self._decodes = _times(native.decode_us(3) / 3)
        self._pillows = _times(self._pillow_us(3) / 3)
        self._models = _times(native.model_us(3) / 3)

    def round(self) -> Round:
        count = len(self._shown)
        return Round(
            decode_us=self._native.decode_us(self._decodes) / self._decodes / count,
            pillow_us=self._pillow_us(self._pillows) / self._pillows / count,
            bytecode_us=self._bytecode.decode_us(1) / count,
            model_us=self._native.model_us(self._models) / self._models / count,
        )

    def _pillow_us(self, times: int) -> float:
        """libjpeg's own way to an eighth, as any program in Python would do it."""
        begun = time.perf_counter()
        for _ in range(times):
            for jpeg in self._shown:
                with Image.open(BytesIO(jpeg)) as picture:
                    picture.draft("L", (picture.width // 8, picture.height // 8))
                    picture.load()
        return (time.perf_counter() - begun) * 1e6


def _times(once_us: float) -> int:
    return max(1, round(_SLICE_US / max(1.0, once_us)))


def checks(figures: Figures, bars: Bars) -> list[Check]:
    """What was measured beside what is promised."""
    return [
        Check.at_most("decode / Pillow at 1/8", figures.decode_per_pillow, bars.decode_per_pillow),
        Check.at_least("bytecode / decode", figures.bytecode_per_decode, bars.bytecode_per_decode),
        Check.at_most("model / decode", figures.model_per_decode, bars.model_per_decode),
        Check.at_most("steps that allocate", len(figures.allocating), bars.allocating_steps),
    ]


def document(
    shown: Sequence[bytes], figures: Figures, results: Sequence[Check]
) -> dict[str, object]:
    """For --json. Times are medians a picture; ratios are medians of the rounds' own."""
    return {
        "machine": machine(),
        "pictures": len(shown),
        "picture_bytes": round(_mean_bytes(shown)),
        "rounds": len(figures.rounds),
        **{name: round(value, 1) for name, value in figures.times_us().items()},
        "decode_per_pillow_ratio": round(figures.decode_per_pillow, 3),
        "bytecode_per_decode_ratio": round(figures.bytecode_per_decode, 2),
        "model_per_decode_ratio": round(figures.model_per_decode, 3),
        "allocating_steps": list(figures.allocating),
        "checks": [check.document() for check in results],
    }


def summary(shown: Sequence[bytes], figures: Figures) -> str:
    """What was measured, for a person; the checks stand below it."""
    times = figures.times_us()
    line = (
        f"{len(shown)} pictures of {_mean_bytes(shown) / 1000:.1f} KB, "
        f"{len(figures.rounds)} rounds; microseconds a picture: "
        f"decode {times['decode_us']:.0f}, Pillow {times['pillow_us']:.0f}, "
        f"bytecode {times['bytecode_us']:.0f}, model {times['model_us']:.0f}"
    )
    if figures.allocating:
        line += f"\nallocating for each picture: {', '.join(figures.allocating)}"
    return line


def _mean_bytes(shown: Sequence[bytes]) -> float:
    return sum(map(len, shown)) / len(shown)
