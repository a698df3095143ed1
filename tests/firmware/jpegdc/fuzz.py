"""Damaged JPEGs for agent.jpegdc, with every buffer flush against a page that faults. MicroPython.

    micropython fuzz.py COUNT SEED GOOD.jpg ...   (fuzz_jpegdc.py makes the files)

The pages are behind all buffers for odd seeds, before them for even ones; the other side has
canaries. Prints how many pictures were answered by which word. A fault kills the process.
"""

import gc
import sys
import time

import guard
import mutate

from agent import jpegdc
from agent.jpegdc_scan import PLAN
from agent.jpegdc_tables import SIZE, SPEC

LARGEST = 80_000  # bytes of a damaged picture
SLOWEST_MS = 1000


class Harness:
    """A DcReader all of whose memory is guarded."""

    def __init__(self, at_end) -> None:
        sizes = {
            "jpeg": LARGEST,
            "dc": 2 * 32768,
            "lut": 12 * SIZE,
            "plan": 2 * PLAN,
            "known": jpegdc.KNOWN,
            "specs": 4 * SPEC,
            "greys": 32768,
        }
        self._regions = {name: guard.Region(sizes[name], at_end) for name in sizes}
        self._array = jpegdc.array
        jpegdc.array = self._guarded_array
        self.reader = jpegdc.DcReader()
        self._put("plan", self.reader._plan)
        self._put("known", self.reader._known)
        self._put("specs", self.reader._header.specs)

    def _put(self, name, owner):
        return self._regions[name].adopt(owner)

    def _guarded_array(self, kind, content=b""):
        """What DcReader makes on its way, in guarded memory: dc is the signed one."""
        made = self._array(kind, content)
        if len(content) == 2 * PLAN:
            return made
        return self._put("dc" if kind == "h" else "lut", made)

    def read(self, jpeg) -> str:
        """read() and, after "", thumbnail(); AssertionError for a dead canary or a long time."""
        reader = self.reader
        there = self._regions["jpeg"].put(jpeg)
        before = time.ticks_ms()
        why = reader.read(there)
        took = time.ticks_diff(time.ticks_ms(), before)
        if why == "":
            if len(reader.dc) != reader.rows * reader.cols:
                raise AssertionError("dc does not fit the picture")
            reader.thumbnail(self._regions["greys"].put(bytes(len(reader.dc))))
        for name in self._regions:
            self._regions[name].check()
        if there != jpeg:
            raise AssertionError("the picture was written to")
        if took > SLOWEST_MS:
            raise AssertionError(f"took {took} ms")
        return why


def main(count, seed, names) -> None:
    goods = []
    for name in names:
        with open(name, "rb") as file:  # noqa: PTH123
            goods.append(file.read())
    harness = Harness(at_end=seed % 2 == 1)
    mutator = mutate.Mutator(goods, seed)
    for jpeg in goods:
        if harness.read(jpeg):
            raise AssertionError("a good picture is refused")
    reasons = {}
    for turn in range(count):
        jpeg = mutator.mutate()
        if len(jpeg) > LARGEST:
            continue
        why = harness.read(jpeg)
        reasons[why] = reasons.get(why, 0) + 1
        if turn % 200 == 0:
            gc.collect()
    print(sum(reasons.values()), "pictures:")
    for why in sorted(reasons):
        print(reasons[why], why or "good")


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
