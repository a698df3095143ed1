"""What agent.motion says of thumbnails, a line each; for any Python. Used by test_motion*.py."""

import sys
from binascii import hexlify
from hashlib import sha256

from agent.motion import MotionModel

RING = 16
RING_OF = {"pixels": b"\xa5" * RING, "looks": b"\x5a" * RING}


def thumbnails(path):
    """(cols, rows, greys) of a file: each after its columns and rows (u16, big-endian)."""
    with open(path, "rb") as file:  # noqa: PTH123
        head = file.read(4)
        while head:
            cols, rows = int.from_bytes(head[:2], "big"), int.from_bytes(head[2:], "big")
            yield cols, rows, file.read(cols * rows)
            head = file.read(4)


def _ringed(content, ring):
    return bytearray(ring + content + ring)


def _look(write, size) -> bytes:
    """What `write` puts into a buffer that is ringed by canaries."""
    ring = RING_OF["looks"]
    into = _ringed(bytes(size), ring)
    write(memoryview(into)[RING : RING + size])
    if into[:RING] != ring or into[RING + size :] != ring:
        raise AssertionError("a look beside the room for it")
    return bytes(into[RING : RING + size])


def answer(model, cols, rows, pixels) -> str:
    """Score, whether it still learns, how many blocks differ, and a digest of all that is known."""
    ring = RING_OF["pixels"]
    shown = _ringed(pixels, ring)
    score = model.judge(memoryview(shown)[RING : RING + cols * rows], cols, rows)
    if shown != _ringed(pixels, ring):
        raise AssertionError("the thumbnail was written to")
    marks = _look(model.marks, cols * rows)
    looks = hexlify(sha256(marks + _look(model.background, cols * rows)).digest()).decode()
    different = cols * rows - marks.count(b"\0")
    return f"{score} {'learning' if model.learning else 'learnt'} {different} {looks[:16]}"


def each(path, sensitivity=50, zones=None) -> None:
    model = MotionModel(sensitivity, zones)
    for cols, rows, pixels in thumbnails(path):
        if cols:
            print(answer(model, cols, rows, pixels))
        else:
            model.reset()


def scores(path, sensitivity=50, zones=None) -> None:
    """The scores alone, which is much faster; -1 while it learns."""
    model = MotionModel(sensitivity, zones)
    for cols, rows, pixels in thumbnails(path):
        if cols:
            score = model.judge(pixels, cols, rows)
            print(-1 if model.learning else score)
        else:
            model.reset()


def steady(path, zones=None) -> None:
    """With the heap locked: MemoryError for the first allocation."""
    import micropython

    model = MotionModel(50, zones)
    shown = list(thumbnails(path))
    cols, rows, pixels = shown[0]
    model.judge(pixels, cols, rows)
    marks, most = bytearray(cols * rows), 0
    micropython.heap_lock()
    for _, _, pixels in shown:
        most = max(most, model.judge(pixels, cols, rows))
    model.reset()
    model.judge(pixels, cols, rows)
    model.judge(shown[0][2], cols, rows)
    micropython.heap_unlock()
    model.marks(marks)
    print(most, cols * rows - marks.count(b"\0"))


def starved(path) -> None:
    """The first shape, the second while memory ends after ever more allocations, the first again:
    the same answers as without the second in between, and how often there was no memory."""
    from agent import motion

    model, calm = MotionModel(50, ["..", ".#"]), MotionModel(50, ["..", ".#"])
    shown = list(thumbnails(path))
    first, other = shown[:-1], shown[-1]
    failed = 0
    for at, (cols, rows, pixels) in enumerate(first):
        purse = _Purse(motion, at)
        try:
            model.judge(other[2], other[0], other[1])
        except MemoryError:
            failed += 1
        finally:
            purse.end()
        if failed <= at:
            break
        if answer(model, cols, rows, pixels) != answer(calm, cols, rows, pixels):
            raise AssertionError(f"another state after {at} allocations")
    print(failed)


class _Purse:
    """Lets a module make so many arrays and bytearrays, then none."""

    def __init__(self, module, left) -> None:
        self._module, self._array, self._left = module, module.array, left
        module.array, module.bytearray = self._spend(module.array), self._spend(bytearray)

    def _spend(self, make):
        def made(*args):
            if not self._left:
                raise MemoryError("spent")
            self._left -= 1
            return make(*args)

        return made

    def end(self) -> None:
        self._module.array, self._module.bytearray = self._array, bytearray


def guarded(path, at_end) -> None:
    """The same as each(), with every buffer of the model flush against a page that faults."""
    import guard

    regions = {}
    model = MotionModel(50, ["#.", ".."])
    shape = None
    for cols, rows, pixels in thumbnails(path):
        if (cols, rows) != shape:
            shape = (cols, rows)
            model._make_room(cols, rows)
            _adopt(model, regions, guard, at_end)
        if "pixels" not in regions:
            regions["pixels"] = guard.Region(7680, at_end)
        print(model.judge(regions["pixels"].put(pixels), cols, rows))
        for name in regions:
            regions[name].check()


def _adopt(model, regions, guard, at_end) -> None:
    for name in sorted(model.__dict__):
        if type(getattr(model, name)).__name__ in ("array", "bytearray"):
            if name not in regions:
                regions[name] = guard.Region(1 << 17, at_end)
            regions[name].adopt(getattr(model, name))


if __name__ == "__main__":
    each(sys.argv[1])
