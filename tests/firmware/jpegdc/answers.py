"""What agent.jpegdc says of pictures, a line each; for any MicroPython. Used by test_jpegdc.py."""

from binascii import hexlify
from hashlib import sha256

from agent.jpegdc import DcReader

RING = 16


def _digest(content) -> str:
    return hexlify(sha256(content).digest()).decode()


def pictures(path) -> list:
    """The pictures of a file: each after its length (u32, big-endian)."""
    found = []
    with open(path, "rb") as file:  # noqa: PTH123
        head = file.read(4)
        while head:
            found.append(file.read(int.from_bytes(head, "big")))
            head = file.read(4)
    return found


def answer(reader, jpeg) -> str:
    """The reason, or what was read; the picture and the greys are ringed by canaries."""
    ringed = bytearray(b"\xa5" * RING + jpeg + b"\xa5" * RING)
    why = reader.read(memoryview(ringed)[RING : RING + len(jpeg)])
    if ringed != b"\xa5" * RING + jpeg + b"\xa5" * RING:
        raise AssertionError("the picture was written to")
    if why:
        return why
    count = reader.cols * reader.rows
    greys = bytearray(b"\x5a" * (count + 2 * RING))
    reader.thumbnail(memoryview(greys)[RING:])
    if greys[:RING] + greys[RING + count :] != b"\x5a" * (2 * RING) or len(reader.dc) != count:
        raise AssertionError("greys beside the room for them")
    shape = f"{reader.width}x{reader.height} {reader.cols}x{reader.rows} q{reader.q0}"
    return f"good {shape} {_digest(reader.dc)} {_digest(greys[RING : RING + count])}"


def each(path) -> None:
    reader = DcReader()
    for jpeg in pictures(path):
        print(answer(reader, jpeg))


def made(path) -> None:
    """How many tables each picture had to be given."""
    from agent import jpegdc

    counted = []

    def counting(fill):
        def called(*args):
            counted.append(1)
            return fill(*args)

        return called

    jpegdc.fill_dc, jpegdc.fill_steps = counting(jpegdc.fill_dc), counting(jpegdc.fill_steps)
    reader = DcReader()
    for jpeg in pictures(path):
        before = len(counted)
        reader.read(jpeg)
        print(len(counted) - before)


def damaged(path, count, seed) -> None:
    """The same of `count` damaged ones; one reader, so that what one leaves behind shows too."""
    import mutate

    reader = DcReader()
    mutator = mutate.Mutator(pictures(path), seed)
    for _ in range(count):
        print(answer(reader, bytes(mutator.mutate())))


def steady(path) -> None:
    """With the heap locked: MemoryError for the first allocation."""
    import micropython

    reader = DcReader()
    jpegs = pictures(path)
    reader.read(jpegs[0])
    greys = bytearray(len(reader.dc))
    good = 0
    micropython.heap_lock()
    for _ in range(20):
        for jpeg in jpegs:
            if reader.read(jpeg) == "":
                reader.thumbnail(greys)
                good += 1
    micropython.heap_unlock()
    print(good, "good")
