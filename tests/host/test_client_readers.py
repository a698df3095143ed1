"""The readers of pictures and events: any split, nothing invented, bounded."""

import contextlib
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from porchlight.client.readers import (
    MAX_EVENT,
    MAX_HEAD,
    EventReader,
    MjpegReader,
    Part,
    StreamError,
)

TYPE = "multipart/x-mixed-replace; boundary=frame"
PICTURES = [b"\xff\xd8first\xff\xd9", b"\xff\xd8--frame\r\n\r\n\xff\xd9", b""]


def _stream(pictures: list[bytes]) -> bytes:
    out = b"--frame\r\n"
    for number, jpeg in enumerate(pictures):
        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(jpeg)}\r\nX-Sequence: {number}"
        out += head.encode() + b"\r\n\r\n" + jpeg + b"\r\n--frame\r\n"
    return out


def _parts(reader: MjpegReader) -> list[Part]:
    return list(iter(reader.next_part, None))


@given(st.lists(st.integers(0, 300)))
def test_parts_at_any_split(cuts: list[int]) -> None:
    stream = _stream(PICTURES)
    reader = MjpegReader(TYPE)
    parts: list[Part] = []
    places = [0, *sorted(cuts), len(stream)]
    for start, end in itertools.pairwise(places):
        reader.feed(stream[start:end])
        parts += _parts(reader)
    assert [part.jpeg for part in parts] == PICTURES
    assert [part.sequence for part in parts] == [0, 1, 2]
    assert parts[0].headers["content-type"] == "image/jpeg"


def test_a_part_is_whole_before_the_next_begins() -> None:
    stream = _stream(PICTURES[:1])
    reader = MjpegReader(TYPE)
    reader.feed(stream[: -len(b"\r\n--frame\r\n") - 1])
    assert reader.next_part() is None
    reader.feed(stream[-len(b"\r\n--frame\r\n") - 1 : -len(b"\r\n--frame\r\n")])
    part = reader.next_part()
    assert part is not None
    assert part.jpeg == PICTURES[0]


@pytest.mark.parametrize("kind", ["", "image/jpeg", "multipart/x-mixed-replace"])
def test_not_an_mjpeg_stream(kind: str) -> None:
    with pytest.raises(StreamError):
        MjpegReader(kind)


@pytest.mark.parametrize(
    "junk",
    [
        b"--other\r\nContent-Length: 1\r\n\r\nx",
        b"--frame\r\n\r\n",
        b"--frame\r\nContent-Length: -1\r\n\r\n",
        b"--frame\r\nContent-Length: 99999999\r\n\r\n",
        b"--frame\r\nno colon\r\n\r\n",
        b"x" * (MAX_HEAD + 1),
    ],
)
def test_broken_parts(junk: bytes) -> None:
    reader = MjpegReader(TYPE)
    reader.feed(junk)
    with pytest.raises(StreamError):
        reader.next_part()


@given(st.binary(max_size=400))
def test_garbage_gives_parts_or_the_one_error(junk: bytes) -> None:
    reader = MjpegReader(TYPE)
    reader.feed(b"--frame\r\nContent-Length: 2\r\n" + junk)
    with contextlib.suppress(StreamError):
        _parts(reader)


def test_a_boundary_in_quotes() -> None:
    reader = MjpegReader('multipart/x-mixed-replace;boundary="--frame"')
    reader.feed(_stream(PICTURES[:1]))
    assert len(_parts(reader)) == 1


@given(st.lists(st.integers(0, 120)))
def test_events_at_any_split(cuts: list[int]) -> None:
    stream = (
        b': hi\n\nevent: entry\ndata: {"n":1}\n\ndata: a\r\ndata: b\r\n\r\nevent: ping\ndata:\n\n'
    )
    reader = EventReader()
    events = []
    places = [0, *sorted(cuts), len(stream)]
    for start, end in itertools.pairwise(places):
        reader.feed(stream[start:end])
        events += list(iter(reader.next_event, None))
    assert [(event.name, event.text) for event in events] == [
        ("entry", '{"n":1}'),
        ("message", "a\nb"),
    ]


def test_an_event_without_end() -> None:
    reader = EventReader()
    reader.feed(b"data: " + b"x" * MAX_EVENT)
    with pytest.raises(StreamError):
        reader.next_event()
