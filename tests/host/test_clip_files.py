"""A clip's file: what players see, what is left of it after a cut, what a sealed one gives away."""

import io
import random
import secrets
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from porchlight.clips import avi, recover, sealing
from porchlight.clips.reader import ClipReader
from porchlight.clips.writer import Finished, Writer
from porchlight.frames import Frame
from porchlight.keys import PublicKey
from tests.support.viewing import host_frame, picture

CLIP = "A" * 22
ABOUT = {"clip": CLIP, "camera": "c"}
SHAPE = avi.Shape(160, 120, ABOUT)


def frames(count: int = 6) -> list[Frame]:
    """Pictures of different lengths, odd ones among them, a tenth of a second apart."""
    noise = random.Random(7)
    made = []
    for number in range(count):
        colour = (noise.randrange(256), noise.randrange(256), 40 * number % 256)
        jpeg = picture(colour=colour)[:-2] + b"\0" * (number % 3) + b"\xff\xd9"
        ms = 1_700_000_000_000 + 100 * number
        made.append(host_frame(number, jpeg, captured_ms=ms, score=100 * number, handle=b"h" * 16))
    return made


def written(folder: Path, shown: list[Frame], reader: PublicKey | None = None) -> Finished:
    writer = Writer(folder, CLIP, SHAPE, reader)
    for frame in shown:
        writer.add(frame)
    return writer.finish()


def jpegs(path: Path) -> list[bytes]:
    with ClipReader(path) as reader:
        return [jpeg for _, jpeg in reader.frames()]


def chunks(content: bytes, at: int = 0, end: int | None = None) -> list[tuple[bytes, int, int]]:
    """(name, where, length) of every chunk, lists opened: RIFF read by its own rules."""
    found = []
    end = len(content) if end is None else end
    while at + 8 <= end:
        name, length = struct.unpack_from("<4sI", content, at)
        found.append((name, at + 8, length))
        if name in (b"RIFF", b"LIST"):
            found += chunks(content, at + 12, at + 8 + length)
        at += 8 + length + length % 2
    assert at == end, "a chunk's length leads past its list"
    return found


def check_riff(content: bytes, shown: list[bytes]) -> None:
    """Whole by the rules of AVI 1.0, and these pictures in it."""
    found = chunks(content)
    assert found[0] == (b"RIFF", 8, len(content) - 8)
    by_name = {name: (at, length) for name, at, length in found}
    pictures = [(at, length) for name, at, length in found if name == b"00dc"]
    assert [content[at : at + length] for at, length in pictures] == shown
    at, length = by_name[b"idx1"]
    rows = list(struct.iter_unpack("<4sIII", content[at : at + length]))
    movi = content.index(b"movi")
    assert [(movi + offset + 8, size) for _, _, offset, size in rows] == pictures
    (count,) = struct.unpack_from("<I", content, by_name[b"avih"][0] + 16)
    (streamed,) = struct.unpack_from("<I", content, by_name[b"strh"][0] + 32)
    assert count == streamed == len(shown)


def play(path: Path, count: int) -> None:
    """What players do: ffmpeg decodes every frame without a warning, where it is installed; the
    pictures themselves are decoded in any case."""
    for jpeg in jpegs(path):
        with Image.open(io.BytesIO(jpeg)) as shown:
            shown.load()
    ffmpeg = shutil.which("ffmpeg")
    if ffmpeg is None:
        return
    command = [ffmpeg, "-v", "warning", "-i", str(path), "-f", "framemd5", "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert len([line for line in done.stdout.splitlines() if line[:1] != "#"]) == count


def test_a_finished_clip_is_an_avi_of_the_cameras_own_bytes(tmp_path: Path) -> None:
    shown = frames()
    made = written(tmp_path, shown)
    check_riff(made.path.read_bytes(), [frame.jpeg for frame in shown])
    play(made.path, len(shown))
    assert (made.frames, made.ended_ms - made.started_ms) == (6, 500)
    with ClipReader(made.path) as reader:
        stamps = [place.stamp for place, _ in reader.frames()]
        best = reader.read(*made.best)
    assert [stamp.sequence for stamp in stamps] == list(range(6))
    assert best == shown[-1].jpeg, "the frame in which most moved"
    assert [path.name for path in tmp_path.iterdir()] == [f"{CLIP}.avi"]
    assert made.path.stat().st_mode & 0o777 == 0o600


def test_a_clip_that_was_cut_anywhere_is_whole_again_or_gone(tmp_path: Path) -> None:
    """At every chunk's beginning and end, and at random bytes: as a kill leaves it."""
    shown = frames()
    content = written(tmp_path, shown).path.read_bytes()
    edges = {at + n for _, at, length in chunks(content) for n in (-8, -1, 0, 1, length)}
    cuts = edges | {random.Random(1).randrange(len(content)) for _ in range(40)} | {0}
    ends = [avi.HEAD_BYTES]
    for frame in shown:
        ends.append(avi.place(frame, ends[-1]).end)
    for cut in sorted(cut for cut in cuts if 0 <= cut <= len(content)):
        draft = tmp_path / f"{CLIP}.draft"
        draft.write_bytes(content[:cut])
        # The last frame's padding byte is no part of the picture.
        sizes = [end - len(frame.jpeg) % 2 for end, frame in zip(ends[1:], shown, strict=True)]
        whole = sum(size <= cut for size in sizes)
        made = recover.repaired(draft)
        assert not draft.exists()
        assert (made is None) == (whole == 0), cut
        if made is not None:
            assert made.frames == whole, cut
            check_riff(made.path.read_bytes(), [frame.jpeg for frame in shown[:whole]])


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_what_was_damaged_is_not_kept(tmp_path: Path, data: st.DataObject) -> None:
    shown = frames(3)
    content = bytearray(written(tmp_path, shown).path.read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    length = data.draw(st.integers(1, 600))
    content[at : at + length] = bytes(len(content[at : at + length]))  # blocks never written
    draft = tmp_path / f"{CLIP}.draft"
    draft.write_bytes(content)
    made = recover.repaired(draft)
    good = [frame.jpeg for frame in shown]
    if made is not None:
        kept = jpegs(made.path)
        assert kept == good[: len(kept)], "a frame that is kept is as it was"
        check_riff(made.path.read_bytes(), kept)


def test_a_finished_file_is_known_by_what_it_says(tmp_path: Path) -> None:
    made = written(tmp_path, frames())
    assert recover.finished(made.path) == made
    content = made.path.read_bytes()
    made.path.write_bytes(content[:-1])
    assert recover.finished(made.path) is None
    other = tmp_path / f"{'B' * 22}.avi"
    other.write_bytes(content)
    assert recover.finished(other) is None, "another clip's bytes under this name"
    other.write_bytes(b"nothing of ours" * 200)
    assert recover.finished(other) is None


def test_a_draft_that_is_given_up_leaves_nothing(tmp_path: Path) -> None:
    writer = Writer(tmp_path, CLIP, SHAPE)
    writer.add(frames()[0])
    writer.discard()
    assert list(tmp_path.iterdir()) == []


# Sealed


@pytest.fixture(scope="module")
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def public(key: ec.EllipticCurvePrivateKey) -> PublicKey:
    numbers = key.public_key().public_numbers()
    return PublicKey.from_coordinates(numbers.x.to_bytes(32, "big"), numbers.y.to_bytes(32, "big"))


def test_a_sealed_clip_opens_to_the_same_file(
    tmp_path: Path, key: ec.EllipticCurvePrivateKey
) -> None:
    shown = frames(40)
    plain = written(tmp_path, shown).path.read_bytes()
    made = written(tmp_path, shown, public(key))
    sealed = made.path.read_bytes()
    assert made.path.suffix == ".sealed"
    assert not any(frame.jpeg[40:80] in sealed for frame in shown)
    opened = sealing.unseal(sealed, key)
    assert avi.unsealed(opened) == plain


@pytest.mark.parametrize(
    "size", [0, 1, sealing.CHUNK_BYTES, sealing.CHUNK_BYTES + 1, 3 * sealing.CHUNK_BYTES]
)
def test_sealing_keeps_every_length(size: int, key: ec.EllipticCurvePrivateKey) -> None:
    plain = secrets.token_bytes(size)
    sealer = sealing.Sealer(public(key), b"{}")
    sealed = sealer.opening + b"".join(
        sealer.add(plain[at : at + 9_999]) for at in range(0, size, 9_999)
    )
    sealed += sealer.end()
    assert sealing.unseal(sealed, key) == plain
    begin = len(sealer.opening)
    step = sealing.CHUNK_BYTES + sealing.TAG_BYTES
    for cut in (0, begin, begin + step, len(sealed) - step, len(sealed) - 1):
        if 0 <= cut < len(sealed):
            with pytest.raises(sealing.Tampered):
                sealing.unseal(sealed[:cut], key)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_no_bit_of_a_sealed_clip_can_be_changed(
    key: ec.EllipticCurvePrivateKey, data: st.DataObject
) -> None:
    sealer = sealing.Sealer(public(key), b'{"clip":"x"}')
    sealed = bytearray(sealer.opening + sealer.add(bytes(70_000)) + sealer.end())
    place = data.draw(st.integers(0, len(sealed) - 1))
    sealed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(sealing.Tampered):
        sealing.unseal(bytes(sealed), key)


def test_chunks_of_a_sealed_clip_cannot_change_places(key: ec.EllipticCurvePrivateKey) -> None:
    sealer = sealing.Sealer(public(key), b"{}")
    body = sealer.add(bytes(3 * sealing.CHUNK_BYTES)) + sealer.end()
    step = sealing.CHUNK_BYTES + sealing.TAG_BYTES
    swapped = body[step : 2 * step] + body[:step] + body[2 * step :]
    left_out = body[:step] + body[2 * step :]
    for other in (swapped, left_out, body + body[-step:]):
        with pytest.raises(sealing.Tampered):
            sealing.unseal(sealer.opening + other, key)
    assert sealing.unseal(sealer.opening + body, key) == bytes(3 * sealing.CHUNK_BYTES)
    with pytest.raises(sealing.Tampered):
        sealing.unseal(sealer.opening + body, ec.generate_private_key(ec.SECP256R1()))


def test_a_sealed_draft_cannot_be_finished(tmp_path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    writer = Writer(tmp_path, CLIP, SHAPE, public(key))
    writer.add(frames()[0])
    assert recover.repaired(tmp_path / f"{CLIP}.draft") is None
    assert list(tmp_path.iterdir()) == []
    writer.discard()


def test_a_reader_that_was_closed_has_come_to_the_end(tmp_path: Path) -> None:
    reader = ClipReader(written(tmp_path, frames()).path)
    found = reader.frames()
    assert next(found)
    reader.close()  # by another thread, while somebody who gave up still reads
    assert next(found, None) is None
    assert reader.read(0, 4) == b""
