"""What a viewer of the bench counts: whole pictures and their ages, however the bytes come."""

import pytest

from porchkit.bench import stamped
from porchkit.bench.counting import Counting, NoStream

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=b\r\n\r\n--b\r\n"
JPEG = stamped.stampable(
    b"\xff\xd8\xff\xe0\x00\x10JFIF\0\1\1\0\0\1\0\1\0\0" + bytes(200) + b"\xff\xd9"
)
NOW_NS = 1_800_000_000_000_000_000


def part(age_s: float | None) -> bytes:
    """A part of a picture that was sent so long ago; None: without a stamp."""
    ns = None if age_s is None else NOW_NS - round(age_s * 1e9)
    jpeg = JPEG.replace(b"TS=", b"no ") if ns is None else stamped.stamped(JPEG, ns)
    return b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%b\r\n--b\r\n" % (
        len(jpeg),
        jpeg,
    )


class Viewer:
    def __init__(self) -> None:
        self.ages: list[float | None] = []
        self.counting = Counting(self.ages.append, lambda: NOW_NS)


@pytest.fixture
def viewer() -> Viewer:
    return Viewer()


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 64, 10_000])
def test_pictures_are_counted_in_any_pieces(viewer: Viewer, piece: int) -> None:
    stream = HEAD + part(0.5) + part(0.25) + part(None)
    for at in range(0, len(stream), piece):
        viewer.counting.feed(stream[at : at + piece])
    assert viewer.ages == [0.5, 0.25, None]


@pytest.mark.parametrize("seen", range(0, len(JPEG), 29))
def test_what_nobody_needs_may_be_thrown_away(viewer: Viewer, seen: int) -> None:
    """As many bytes of a picture as were read before, the age is the same."""
    whole = part(2.0)
    begins = whole.index(b"\xff\xd8")
    viewer.counting.feed(HEAD + whole[: begins + seen])
    dropped = viewer.counting.droppable
    assert dropped == (len(JPEG) - seen if seen >= stamped.HEAD_BYTES else 0)
    viewer.counting.drop(dropped) if dropped else viewer.counting.feed(whole[begins + seen :])
    assert viewer.ages == [2.0]


def test_a_repetition_is_no_new_picture(viewer: Viewer) -> None:
    viewer.counting.feed(HEAD + part(2.0) + part(2.0) + part(1.0))
    assert viewer.ages == [2.0, 1.0]
    assert viewer.counting.repeats == 1


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\n\r\n", "answered 503"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", "answered 200"),
        (b"\r\n\r\n", "answered nonsense"),
        (b"x" * 20_000, "a head without end"),
        (HEAD + b"Content-Type: image/jpeg\r\n\r\n", "a part without Content-Length"),
    ],
)
def test_what_is_no_stream(viewer: Viewer, answer: bytes, says: str) -> None:
    with pytest.raises(NoStream, match=says):
        viewer.counting.feed(answer)


def test_a_stamp_is_read_back() -> None:
    assert stamped.sent_ns(stamped.stamped(JPEG, NOW_NS)[: stamped.HEAD_BYTES]) == NOW_NS
    assert stamped.sent_ns(b"\xff\xd8\xff\xfe\x00\x40TS=%019d" % NOW_NS) == NOW_NS
    assert stamped.sent_ns(JPEG[:40]) == 0


def test_stamped_pictures_are_pictures_of_the_promised_form() -> None:
    for length in range(4):
        jpeg = stamped.stampable(b"\xff\xd8\xff\xe0\x00\x10" + bytes(14 + length))
        assert len(jpeg) % 4 == 0
        assert jpeg[stamped.DIGITS_AT : stamped.DIGITS_END] == b"0" * 19
    with pytest.raises(ValueError, match="not a JFIF"):
        stamped.stampable(b"\xff\xd8\xff\xdb")
