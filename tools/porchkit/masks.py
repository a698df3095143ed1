"""Masks: rectangles that are covered in every picture, per mille of its width and height."""

import re
from collections.abc import Iterable, Sequence

from porchkit.errors import UsageError

WHOLE = 1000
MOST = 16  # in one grant
_BOX = re.compile(r"(\d{1,4}),(\d{1,4}),(\d{1,4}),(\d{1,4})", re.ASCII)


def parse(texts: Sequence[str]) -> list[list[int]]:
    """[x, y, width, height] of each "x,y,w,h"; UsageError names the one that makes no sense."""
    if len(texts) > MOST:
        raise UsageError(f"one grant has at most {MOST} masks; let one cover several places")
    return [_box(text) for text in texts]


def _box(text: str) -> list[int]:
    found = _BOX.fullmatch(re.sub(r"\s", "", text))
    if found is None:
        raise UsageError(
            f"--mask '{text}' makes no sense; write x,y,w,h in thousandths of the picture, "
            "such as 0,0,500,1000 for its left half"
        )
    x, y, width, height = (int(number) for number in found.groups())
    if not width or not height:
        raise UsageError(f"--mask '{text}' covers nothing: width and height are at least 1")
    if x + width > WHOLE or y + height > WHOLE:
        raise UsageError(
            f"--mask '{text}' leaves the picture: x + w and y + h are at most {WHOLE}, "
            "for they are thousandths of it and not pixels"
        )
    return [x, y, width, height]


def words(boxes: Iterable[Sequence[int]]) -> str:
    """As they are written: "0,0,500,1000 and 900,0,100,100"."""
    return " and ".join(",".join(str(number) for number in box) for box in boxes)
