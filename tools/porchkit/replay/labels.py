"""What a person said about each frame of a sequence: the NAME.json beside NAME.mjpg.

label    a frame: 0 quiet, 1 motion, 2 don't care
size     bytes of each JPEG; offset: where it begins (left out: back to back)
events   [first, last] frame of each stretch of motion (left out: from the labels)
prime    quiet frames that are shown to the gate first, as its past, and not counted
"""

import json
from collections.abc import Sequence
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any, NamedTuple

from porchkit.errors import CommandError

QUIET, MOTION, DONT_CARE = 0, 1, 2

MOST_PRIME = 100  # the gate holds a thumbnail of each

Stretch = tuple[int, int]  # first and last frame


class Labels(NamedTuple):
    """The truth about one sequence."""

    label: tuple[int, ...]
    events: tuple[Stretch, ...]
    prime: tuple[int, ...]


class Labelled(NamedTuple):
    """Labels, and where each JPEG is: (offset, size)."""

    labels: Labels
    spans: tuple[tuple[int, int], ...]


def read(path: Path) -> Labelled | None:
    """The label file at `path`; None where there is none, or where it is about something else.
    CommandError for labels that contradict themselves."""
    try:
        about = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{path}: not JSON; mend it or take it away") from error
    if not isinstance(about, dict) or "label" not in about:
        return None
    try:
        return _labelled(about)
    except (KeyError, TypeError, ValueError) as error:
        raise CommandError(f"{path}: labels that do not fit: {_why(error)}") from error


def stretches(moving: Sequence[bool]) -> tuple[Stretch, ...]:
    """The first and last frame of each run of true ones."""
    found = []
    for value, run in groupby(enumerate(moving), key=lambda pair: pair[1]):
        frames = [number for number, _ in run]
        if value:
            found.append((frames[0], frames[-1]))
    return tuple(found)


def _labelled(about: dict[str, Any]) -> Labelled:
    label = _numbers(about["label"], "label", DONT_CARE)
    sizes = _numbers(about["size"], "size")
    starts = accumulate([0, *sizes[:-1]]) if sizes else ()
    offsets = _numbers(about.get("offset", list(starts)), "offset")
    if not len(label) == len(sizes) == len(offsets):
        raise ValueError(f"{len(label)} labels, {len(sizes)} sizes, {len(offsets)} offsets")
    last = len(label) - 1
    prime = _numbers(about.get("prime", []), "prime", last)
    if len(prime) > MOST_PRIME:
        raise ValueError(f'"prime" names {len(prime)} frames; {MOST_PRIME} are the most')
    events = [_stretch(pair, last) for pair in about.get("events", ())]
    if "events" not in about:
        events = list(stretches([value == MOTION for value in label]))
    return Labelled(Labels(label, tuple(events), prime), tuple(zip(offsets, sizes, strict=True)))


def _numbers(values: Any, name: str, most: int | None = None) -> tuple[int, ...]:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise ValueError(f'"{name}" must be a list of whole numbers')
    if any(value < 0 or (most is not None and value > most) for value in values):
        raise ValueError(f'"{name}" must be 0' + ("" if most is None else f" to {most}"))
    return tuple(values)


def _stretch(pair: Any, last: int) -> Stretch:
    first, end = _numbers(pair, "events", last)
    if first > end:
        raise ValueError(f'"events" has a stretch from {first} back to {end}')
    return first, end


def _why(error: Exception) -> str:
    return f"no {error}" if isinstance(error, KeyError) else str(error)
