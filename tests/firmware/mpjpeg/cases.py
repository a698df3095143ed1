"""agent.mpjpeg in MicroPython, with the stand-in `jpeg` beside this file. The pictures lie in the
folder that sys.argv names; tests/firmware/test_mpjpeg.py makes them and runs this."""

import sys

import jpeg
from jpeg import Knobs

from agent.jpegdc import DcReader
from agent.mpjpeg import CHECK_EVERY, TRIAL_FRAMES, EitherReader, has_size
from agent.thumbnail import Thumbnailer, best_reader
from tests.accord.portable import run

FOLDER = sys.argv[-1]


def picture(name):
    with open(FOLDER + "/" + name + ".jpg", "rb") as file:  # noqa: PTH123 - as there
        return bytearray(file.read())


VGA, OTHER_VGA, XGA = picture("vga"), picture("vga2"), picture("xga")
QVGA, ODD, PROGRESSIVE = picture("qvga"), picture("odd"), picture("progressive")


class Clock:
    def __init__(self):
        self.ms = 0

    def __call__(self):
        return self.ms

    def step(self, ms):
        self.ms += ms


class Own(DcReader):
    """Takes 40 ms a picture."""

    def __init__(self, clock):
        super().__init__()
        self._clock = clock
        self.reads = 0

    def read(self, jpeg):
        self._clock.step(40)
        self.reads += 1
        return super().read(jpeg)


def bench(**knobs):
    """(reader, thumbnailer, own reader); mp_jpeg takes 20 ms unless told otherwise."""
    clock = Clock()
    Knobs.skew, Knobs.cost_ms, Knobs.made = 0, 20, 0
    Knobs.blind, Knobs.deaf, Knobs.empty = (), False, False
    for name in knobs:
        setattr(Knobs, name, knobs[name])
    Knobs.pass_ms = clock.step
    own = Own(clock)
    reader = EitherReader(own, jpeg, clock)
    return reader, Thumbnailer(reader), own


def show(eye, *pictures, times=1):
    for _ in range(times):
        for one in pictures:
            assert eye.read(one) == "", eye.read(one)


def expected(one):
    eye = Thumbnailer(DcReader())
    assert eye.read(one) == ""
    return eye.cols, eye.rows, bytes(eye.pixels)


def seen(eye):
    return eye.cols, eye.rows, bytes(eye.pixels)


def trial(eye, one):
    show(eye, one, times=TRIAL_FRAMES + 1)  # the first only tells the size


def test_it_is_used_once_it_is_alike_and_faster():
    for one in (VGA, XGA):
        reader, eye, own = bench()
        trial(eye, one)
        assert reader.verdict == ""
        reads = own.reads
        show(eye, one, times=CHECK_EVERY - 1)
        assert own.reads == reads
        assert seen(eye) == expected(one)


def test_every_picture_of_the_trial_is_our_own_readers():
    reader, eye, _ = bench(skew=2)
    for one in (VGA, OTHER_VGA) * 3:
        show(eye, one)
        assert reader.verdict == "on-trial"
        assert seen(eye) == expected(one)


def test_rounding_is_forgiven_and_no_more():
    for skew, verdict in ((2, ""), (-2, ""), (3, "differs"), (-3, "differs")):
        reader, eye, _ = bench(skew=skew)
        trial(eye, VGA)
        assert reader.verdict == verdict, skew


def test_slower_or_hardly_faster_is_not_used():
    for cost_ms, verdict in ((60, "slower"), (40, "slower"), (36, "slower"), (35, "")):
        reader, eye, _ = bench(cost_ms=cost_ms)
        trial(eye, VGA)
        assert reader.verdict == verdict, cost_ms


def test_what_does_not_notice_damage_is_not_used():
    for words in (("truncated",), ("damaged",), ("truncated", "damaged")):
        reader, eye, _ = bench(blind=words)
        trial(eye, VGA)
        assert reader.verdict == "blind", words
        assert eye.read(VGA[: len(VGA) // 2]) == "truncated"


def test_damage_is_tried_one_kind_a_frame():
    """All at once would block a board for half a second."""
    reader, eye, own = bench()
    for _ in range(TRIAL_FRAMES + 1):
        before = own.reads
        show(eye, VGA)
        assert own.reads - before <= 3  # the picture, a damaged copy, the picture again
    assert reader.verdict == ""


def test_builds_that_give_nothing_are_not_used():
    for knob in ("empty", "deaf"):
        reader, eye, _ = bench(**{knob: True})
        trial(eye, VGA)
        assert reader.verdict == "refuses", knob
        assert seen(eye) == expected(VGA)


def test_sizes_it_cannot_scale_stay_with_our_own_reader():
    for one in (QVGA, ODD):
        reader, eye, _ = bench()
        trial(eye, one)
        assert (reader.verdict, Knobs.made) == ("size", 0)
        assert seen(eye) == expected(one)


def test_damage_is_refused_with_our_own_readers_word():
    reader, eye, _ = bench()
    trial(eye, VGA)
    stray = bytearray(VGA)
    stray[len(stray) // 2 : len(stray) // 2 + 2] = b"\xff\xd7"
    for bad in (VGA[:-300], stray, PROGRESSIVE, b"", b"\xff\xd8", bytearray(90)):
        word = DcReader().read(bad)
        assert word
        assert eye.read(bad) == word
        assert seen(eye) == expected(VGA)
        assert reader.verdict == ""
        show(eye, OTHER_VGA, VGA)


def test_after_an_error_the_same_buffer_is_looked_at_again():
    _, eye, own = bench()
    trial(eye, VGA)
    buffer = bytearray(VGA)
    half = len(buffer) // 2
    buffer[half : half + 2] = b"\xff\xd7"
    assert eye.read(buffer) == DcReader().read(buffer) != ""
    buffer[:] = VGA
    reads = own.reads
    assert eye.read(buffer) == ""
    assert seen(eye) == expected(VGA)
    assert own.reads == reads


def test_another_size_is_another_trial():
    reader, eye, _ = bench()
    trial(eye, VGA)
    for one in (XGA, QVGA, VGA):
        show(eye, one)
        assert seen(eye) == expected(one)
    assert reader.verdict == "on-trial"
    trial(eye, VGA)
    assert reader.verdict == ""


def test_it_is_checked_now_and_then_and_dropped_when_it_changes():
    for knob, value, verdict in (("skew", 9, "differs"), ("deaf", True, "refuses")):
        reader, eye, _ = bench()
        trial(eye, VGA)
        setattr(Knobs, knob, value)
        show(eye, VGA, times=CHECK_EVERY + 1)
        assert reader.verdict == verdict
        show(eye, VGA)
        assert seen(eye) == expected(VGA)


def test_it_is_dropped_when_it_takes_for_good_what_is_not():
    reader, eye, _ = bench()
    trial(eye, VGA)
    Knobs.blind = ("truncated",)
    for _ in range(CHECK_EVERY + 1):
        eye.read(VGA[:-300])
    assert reader.verdict == "blind"
    assert eye.read(VGA[:-300]) == "truncated"


def test_where_the_module_is_there_it_is_tried():
    assert type(best_reader(Clock())) is EitherReader


def test_the_size_is_read_from_the_header():
    assert has_size(VGA, 640, 480)
    assert has_size(memoryview(VGA), 640, 480)
    assert not has_size(VGA, 480, 640)
    assert not has_size(PROGRESSIVE, 640, 480)
    for cut in range(0, 700):
        assert has_size(VGA[:cut], 640, 480) in (True, False)
    assert not has_size(b"\xff\xd8" + b"\xff" * 300, 640, 480)
    assert not has_size(b"\xff\xd8" + b"\xff\xe0\x00\x00" * 300, 640, 480)


run([__name__])
