"""The steps of the firmware's motion gate against the clock, in MicroPython;
porchkit/bench/board.py is the other end.

    in    one line   number of pictures, at least two
          so many pictures: u32 size, big-endian, then the JPEG; all of one shape
          any number of lines, each answered before the next is read:
              decode N    read header and scan, write the thumbnail, of every picture, N times
              model N     judge the thumbnail of every picture, N times
              heap        do each step with the heap locked
    out   one line   {"us": for all of it} or {"allocating": [steps that wanted memory]}, first of
          all one for the pictures: {"reason": "" or why one cannot be read}
"""

import gc
import json
import sys
import time

import micropython

from agent.jpegdc import DcReader
from agent.motion import LEARNING_FRAMES, MotionModel
from agent.thumbnail import Thumbnailer


class Steps:
    def __init__(self, jpegs: list) -> None:
        self._jpegs = jpegs
        self._reader = DcReader()
        self._eye = Thumbnailer(self._reader)
        self._model = MotionModel()
        self._greys = bytearray(0)
        self._seen = []

    def begin(self) -> str:
        """Make all buffers, decode for the model, let it learn; "" or why a picture is refused."""
        eye = self._eye
        for jpeg in self._jpegs:
            reason = eye.read(jpeg)
            if reason:
                return reason
            self._seen.append(bytearray(eye.pixels))
        self._greys = bytearray(self._reader.cols * self._reader.rows)
        for _ in range(1 + LEARNING_FRAMES // len(self._seen)):
            self.judge()
        return ""

    def decode(self) -> None:
        reader, greys = self._reader, self._greys
        for jpeg in self._jpegs:
            reader.read(jpeg)
            reader.thumbnail(greys)

    def thumbnail(self) -> None:
        eye = self._eye
        for jpeg in self._jpegs:
            eye.read(jpeg)

    def judge(self) -> None:
        model, cols, rows = self._model, self._eye.cols, self._eye.rows
        for pixels in self._seen:
            model.judge(pixels, cols, rows)


def timed(step, times: int) -> int:
    """How long `times` of it take, in microseconds."""
    gc.collect()
    begun = time.ticks_us()
    for _ in range(times):
        step()
    return time.ticks_diff(time.ticks_us(), begun)


def allocates(step) -> bool:
    """Whether `step`, done once before, wants memory."""
    step()
    micropython.heap_lock()
    try:
        step()
        return False
    except MemoryError:
        return True
    finally:
        micropython.heap_unlock()


def answer(steps: Steps, question: list) -> dict:
    if question[0] == "heap":
        tried = (("decode", steps.decode), ("thumbnail", steps.thumbnail), ("model", steps.judge))
        return {"allocating": [name for name, step in tried if allocates(step)]}
    step = steps.decode if question[0] == "decode" else steps.judge
    return {"us": timed(step, int(question[1]))}


def main() -> None:
    source = sys.stdin.buffer
    count = int(source.readline())
    steps = Steps([source.read(int.from_bytes(source.read(4), "big")) for _ in range(count)])
    print(json.dumps({"reason": steps.begin()}))
    question = source.readline().split()
    while question:
        print(json.dumps(answer(steps, [word.decode() for word in question])))
        question = source.readline().split()


if __name__ == "__main__":
    main()
