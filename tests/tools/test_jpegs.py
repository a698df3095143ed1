"""JPEGs are told apart by their markers."""

import json
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from porchkit import jpegs
from tests.support.standins import picture


def with_thumbnail(shot: bytes, thumbnail: bytes) -> bytes:
    """`shot` with a whole JPEG inside an APP1 segment, as phones and some cameras write it."""
    body = b"Exif\0\0" + thumbnail
    return shot[:2] + b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body + shot[2:]


def restarting(shade: int) -> bytes:
    """A JPEG with restart markers in its scan."""
    out = BytesIO()
    Image.new("RGB", (64, 64), (shade, 0, 0)).save(out, "JPEG", restart_marker_rows=1)
    return out.getvalue()


SHOTS = [
    picture(3),
    restarting(7),
    with_thumbnail(picture(5), picture(9, (96, 96))),
    picture(11)[:-2] + b"\xff\xff\xff\xd9",  # fill bytes before the end
]
JUNK = b"\r\n--boundary\r\nContent-Length: 7\r\n\r\n\xff\xd9\xff\x00"


def spans(source: bytes) -> list[bytes]:
    return [source[span.offset : span.offset + span.size] for span in jpegs.split(source)]


def test_back_to_back() -> None:
    assert spans(b"".join(SHOTS)) == SHOTS


def test_what_lies_between_is_skipped() -> None:
    assert spans(JUNK + JUNK.join(SHOTS) + JUNK) == SHOTS


@pytest.mark.parametrize("cut", [1, 2, 3, 100, 2000])
def test_one_cut_short_is_left_out(cut: int) -> None:
    last = with_thumbnail(picture(5), b"")
    assert spans(b"".join([*SHOTS, last[:-cut]])) == SHOTS


def test_shape() -> None:
    assert jpegs.shape(picture(1)) == jpegs.Shape(640, 480, baseline=True)
    assert jpegs.shape(with_thumbnail(picture(1), picture(2, (96, 96)))) == (640, 480, True)
    progressive = BytesIO()
    Image.new("RGB", (32, 16)).save(progressive, "JPEG", progressive=True)
    assert jpegs.shape(progressive.getvalue()) == (32, 16, False)
    assert jpegs.shape(b"GIF89a") is None
    assert jpegs.shape(b"") is None


@given(st.binary(max_size=200), st.integers(0, 40), st.integers(0, 255))
def test_garbage_is_no_jpeg_and_no_error(noise: bytes, at: int, value: int) -> None:
    shot = bytearray(restarting(1))
    shot[at] = value
    for source in (noise, b"\xff\xd8\xff" + noise, bytes(shot), bytes(shot) + noise):
        for span in jpegs.split(source):
            assert 0 <= span.offset < span.offset + span.size <= len(source)


def test_real_sequences_are_split_where_their_labels_say(shared: Path) -> None:
    sequences = sorted((shared / "data/motion").glob("*.mjpg"))
    assert sequences
    for sequence in sequences:
        labels = json.loads(sequence.with_suffix(".json").read_text())
        found = list(jpegs.split(sequence.read_bytes()))
        assert [span.offset for span in found] == labels["offset"], sequence.name
        assert [span.size for span in found] == labels["size"], sequence.name
        assert {span.shape for span in found} == {(labels["width"], labels["height"], True)}


def test_real_frames(shared: Path) -> None:
    folder = shared / "data/frames"
    for row in json.loads((folder / "manifest.json").read_text())["frames"]:
        if row["expect"] == "ok" and row["file"].endswith(".jpg"):
            content = (folder / row["file"]).read_bytes()
            [span] = jpegs.split(content)
            assert (span.offset, span.shape[:2]) == (0, (row["width"], row["height"]))
            assert content[span.size :].strip(b"\0") == b"", row["file"]
