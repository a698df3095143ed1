"""The firmware's motion gate over pictures from stdin, in MicroPython; porchkit/replay/run.py is
the other end. Sensitivity and zones are all it is told: no label, no name, no later frame.

    in    one line   {"sensitivity": 1..100, "zones": [rows] or null, "past": n, "rounds": n}
          n pictures of the past, shown forth and back `rounds` times, unanswered
          any number of pictures, each answered with one line before the next is read
          picture: u8 1 if asked for the looks too, u32 size, big-endian, then the JPEG
    out   one line   {"reason": "", "score", "learning", "box"[, "cols", "rows", "thumbnail",
          "background", "mask" in base64]}, or {"reason": why it cannot be read}
"""

import json
import sys
from binascii import b2a_base64

from agent.motion import MotionModel
from agent.thumbnail import Thumbnailer

_HEAD_BYTES = 5
_DECIDED = b"\x02"  # among marks


class Gate:
    def __init__(self, settings: dict) -> None:
        self._eye = Thumbnailer()
        self._model = MotionModel(settings["sensitivity"], settings["zones"])

    def remember(self, jpegs, rounds: int) -> None:
        """Show the past. Each picture is decoded once, as it comes, and then forgotten: the same
        bytes give the same thumbnail."""
        past = []
        for jpeg in jpegs:
            if not self._eye.read(jpeg):
                past.append((bytearray(self._eye.pixels), self._eye.cols, self._eye.rows))
        for _ in range(rounds):
            for seen in past:
                self._model.judge(*seen)
            for seen in reversed(past):
                self._model.judge(*seen)

    def judge(self, jpeg: bytes, looks: bool) -> dict:
        eye, model = self._eye, self._model
        reason = eye.read(jpeg)
        if reason:
            return {"reason": reason}
        score = model.judge(eye.pixels, eye.cols, eye.rows)
        answer = {"reason": "", "score": score, "learning": bool(model.learning)}
        marks = bytearray(eye.cols * eye.rows)
        model.marks(marks)
        answer["box"] = _box(marks, eye.cols)
        if looks:
            answer.update(self._looks(marks))
        return answer

    def _looks(self, marks: bytearray) -> dict:
        eye, model = self._eye, self._model
        blocks = eye.cols * eye.rows
        background = bytearray(blocks)
        model.background(background)
        return {
            "cols": eye.cols,
            "rows": eye.rows,
            "thumbnail": _text(eye.pixels, blocks),
            "background": _text(background, blocks),
            "mask": _text(marks, blocks),
        }


def _box(marks: bytearray, cols: int) -> list:
    """[left, top, right, bottom] of the region that decided, right and bottom exclusive; zeros if
    none did."""
    box = [cols, len(marks), 0, 0]
    at = marks.find(_DECIDED)
    while at >= 0:
        row, col = divmod(at, cols)
        box = [min(box[0], col), min(box[1], row), max(box[2], col + 1), row + 1]
        at = marks.find(_DECIDED, at + 1)
    return box if box[2] else [0, 0, 0, 0]


def _text(buffer: bytearray, blocks: int) -> str:
    """The first so many bytes: a buffer may have been made for a larger picture."""
    return b2a_base64(memoryview(buffer)[:blocks])[:-1].decode()


def _picture(source) -> tuple:
    """(looks wanted, JPEG); (False, None) at the end."""
    head = source.read(_HEAD_BYTES)
    if len(head) < _HEAD_BYTES:
        return False, None
    return head[0] == 1, source.read(int.from_bytes(head[1:], "big"))


def main() -> None:
    source = sys.stdin.buffer
    settings = json.loads(source.readline())
    gate = Gate(settings)
    past = (_picture(source)[1] for _ in range(settings["past"]))
    gate.remember(past, settings["rounds"])
    looks, jpeg = _picture(source)
    while jpeg is not None:
        print(json.dumps(gate.judge(jpeg, looks)))
        looks, jpeg = _picture(source)


main()
