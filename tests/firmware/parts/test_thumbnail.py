"""agent.thumbnail and agent.greys: reduction, rounding, edges, room. The reader is handed in."""

from agent.greys import halve, halve_plain, luma, luma_plain
from agent.thumbnail import MOST_BLOCKS, Thumbnailer
from tests.accord.portable import raises


def greys(count, seed=1):
    """Levels that repeat on every runtime."""
    out = bytearray(count)
    for at in range(count):
        seed = (seed * 1103515245 + 12345) & 0x3FFFFFFF
        out[at] = seed >> 16 & 255
    return out


class Reader:
    """Shows what it is told to."""

    def __init__(self):
        self.cols = self.rows = 0
        self.reason = ""
        self.greys = bytearray()

    def show(self, cols, rows, seed=1):
        self.cols, self.rows, self.reason = cols, rows, ""
        self.greys = greys(cols * rows, seed)

    def read(self, jpeg):
        return self.reason

    def thumbnail(self, into):
        if len(into) < len(self.greys):
            raise ValueError("no room")
        into[: len(self.greys)] = self.greys


def halved(grey, cols, rows, do=halve):
    into = bytearray(((cols + 1) // 2) * ((rows + 1) // 2))
    do(grey, cols, rows, into)
    return list(into)


def test_the_mean_of_four_halves_up():
    assert halved(b"\x00\x00\x00\x01", 2, 2) == [0]
    assert halved(b"\x00\x00\x01\x01", 2, 2) == [1]
    assert halved(b"\xff\xff\xff\xff", 2, 2) == [255]
    assert halved(b"\xff\xff\xff\xfe", 2, 2) == [255]


def test_an_odd_edge_is_the_mean_of_what_is_there():
    assert halved(b"\x01\x02\x09\x03\x04\x0c", 3, 2) == [3, 11]
    assert halved(b"\x01\x02\x03\x04\x09\x0c", 2, 3) == [3, 11]
    assert halved(b"\x07", 1, 1) == [7]


def test_native_and_plain_are_the_same():
    for cols, rows in ((1, 1), (2, 2), (7, 5), (8, 3), (1, 9), (9, 1), (33, 21)):
        grey = greys(cols * rows, cols)
        expected = halved(grey, cols, rows, halve_plain)
        assert halved(grey, cols, rows) == expected
        halve(grey, cols, rows, grey)
        assert list(grey[: len(expected)]) == expected
    packed = greys(2 * 31)
    ours, plain = bytearray(31), bytearray(31)
    luma(packed, 31, ours)
    luma_plain(packed, 31, plain)
    assert ours == plain == bytes([packed[2 * at + 1] for at in range(31)])


def test_a_small_picture_stays_as_it_is():
    reader = Reader()
    eye = Thumbnailer(reader)
    for cols, rows in ((80, 60), (1, 1), (96, 80)):
        reader.show(cols, rows)
        assert eye.read(b"") == ""
        assert (eye.cols, eye.rows, eye.pixels) == (cols, rows, reader.greys)


def test_a_large_one_is_halved_until_it_fits():
    reader = Reader()
    eye = Thumbnailer(reader)
    for cols, rows, small in ((97, 80, (49, 40)), (160, 90, (80, 45)), (201, 151, (101, 76))):
        reader.show(cols, rows)
        assert eye.read(b"") == ""
        assert (eye.cols, eye.rows) == small
        assert list(eye.pixels) == halved(reader.greys, cols, rows)
    reader.show(1, 4 * MOST_BLOCKS)
    assert eye.read(b"") == ""
    once = bytes(halved(reader.greys, 1, 4 * MOST_BLOCKS))
    twice = halved(once, 1, 2 * MOST_BLOCKS)
    assert list(eye.pixels) == twice


def test_what_is_refused_changes_nothing():
    reader = Reader()
    eye = Thumbnailer(reader)
    reader.show(160, 90)
    assert eye.read(b"") == ""
    before = bytes(eye.pixels)
    reader.show(4, 4)
    reader.reason = "damaged"
    assert eye.read(b"") == "damaged"
    assert (eye.cols, eye.rows, eye.pixels) == (80, 45, before)


def test_the_same_memory_is_used_again():
    reader = Reader()
    eye = Thumbnailer(reader)
    reader.show(160, 90, seed=1)
    eye.read(b"")
    before = eye.pixels
    reader.show(160, 90, seed=2)
    eye.read(b"")
    assert eye.pixels is before
    assert list(before) == halved(reader.greys, 160, 90)


class Greedy(Reader):
    """Its picture is beyond any memory."""

    def thumbnail(self, into):
        raise AssertionError("there is no room to write to")


def test_without_memory_the_old_room_stays_the_old_pictures():
    reader = Greedy()
    eye = Thumbnailer(reader)
    reader.cols = reader.rows = 1 << 24
    raises((MemoryError, OverflowError), eye.read, b"")
    assert (eye.cols, eye.rows, len(eye.pixels)) == (0, 0, 0)
    raises((MemoryError, OverflowError), eye.read, b"")  # nor does the next one find too little
