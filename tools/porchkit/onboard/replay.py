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


class Gate:
    def __init__(self, settings: dict) -> None:
        self._eye = Thumbnailer()
        self._model = MotionModel(settings["sensitivity"], settings["zones"])

    def remember(self, jpegs: list, rounds: int) -> None:
        """Show the past. Each picture is decoded once: the same bytes give the same thumbnail."""
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
        answer["box"] = list(model.box)
        if looks:
            answer.update(self._looks())
        return answer

    def _looks(self) -> dict:
        eye, model = self._eye, self._model
        blocks = eye.cols * eye.rows
        background = bytearray(blocks)
        model.background(background)
        return {
            "cols": eye.cols,
            "rows": eye.rows,
            "thumbnail": _text(eye.pixels, blocks),
            "background": _text(background, blocks),
            "mask": _text(model.mask, blocks),
        }


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
    gate.remember([_picture(source)[1] for _ in range(settings["past"])], settings["rounds"])
    looks, jpeg = _picture(source)
    while jpeg is not None:
        print(json.dumps(gate.judge(jpeg, looks)))
        looks, jpeg = _picture(source)


main()
