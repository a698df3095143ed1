"""Board and host see the same: agent.thumbnail in MicroPython, porchlight.motion.thumbnail through
libjpeg, bit for bit, on real frames, on generated ones and on damaged ones that both take."""

import contextlib
import hashlib
import io
import itertools
import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from porchlight.motion.thumbnail import MOST_BLOCKS, NotAPicture, Thumbnail, thumbnail
from tests.support.runtimes import FIRMWARE, run_micropython

# Reads a file of JPEGs, each after its length (u32, big-endian); a line for each.
READ = """
import sys
from hashlib import sha256
from binascii import hexlify
from agent.thumbnail import Thumbnailer
eye = Thumbnailer()
with open({path!r}, "rb") as file:
    while True:
        head = file.read(4)
        if not head:
            break
        reason = eye.read(file.read(int.from_bytes(head, "big")))
        if reason:
            print("refused", reason)
        else:
            print(eye.cols, eye.rows, hexlify(sha256(eye.pixels).digest()).decode())
"""
# The same twice; the second time nothing may be allocated: MemoryError if it is.
AGAIN = """
import micropython
from agent.thumbnail import Thumbnailer
with open({path!r}, "rb") as file:
    jpeg = bytearray(file.read())
def again(eye):
    micropython.heap_lock()
    reason = eye.read(jpeg)
    micropython.heap_unlock()
    return reason
eye = Thumbnailer()
print(repr(eye.read(jpeg)), repr(again(eye)), eye.cols, eye.rows)
"""
SIZES = ((8, 8), (9, 17), (320, 240), (333, 251), (640, 480), (1023, 767), (1600, 1200))
KINDS = ("4:4:4", "4:2:2", "4:2:0", "gray")
QUALITIES = (1, 30, 85, 100)


def on_the_board(jpegs: Iterable[bytes], folder: Path) -> list[str]:
    """What a board's thumbnailer makes of each."""
    path = folder / "jpegs.bin"
    path.write_bytes(b"".join(len(jpeg).to_bytes(4, "big") + jpeg for jpeg in jpegs))
    done = run_micropython(READ.format(path=str(path)), path=[FIRMWARE, FIRMWARE / "lib"])
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()


def on_the_host(jpeg: bytes) -> str:
    return spoken(thumbnail(jpeg))


def spoken(made: Thumbnail) -> str:
    assert len(made.pixels) == made.cols * made.rows <= MOST_BLOCKS
    return f"{made.cols} {made.rows} {hashlib.sha256(made.pixels).hexdigest()}"


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    if kind == "gray":
        image.convert("L").save(out, "JPEG", **options)
    else:
        image.save(out, "JPEG", subsampling=kind, **options)
    return out.getvalue()


def scene(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """Soft shapes, with an edge of black on white and some noise: what clips, rounds and varies."""
    small = Image.frombytes("RGB", (13, 11), chance.randbytes(13 * 11 * 3))
    image = small.resize(size, Image.Resampling.BICUBIC)
    image.paste((255, 255, 255), (0, 0, size[0] // 3, size[1] // 2))
    image.paste((0, 0, 0), (size[0] // 7, size[1] // 5, size[0] // 4, size[1] // 3))
    corner = (min(64, size[0]), min(64, size[1]))
    image.paste(Image.frombytes("RGB", corner, chance.randbytes(corner[0] * corner[1] * 3)))
    return image


@pytest.fixture(scope="module")
def good(shared: Path) -> list[bytes]:
    """Every frame that has to be read."""
    frames = shared / "data" / "frames"
    rows = json.loads((frames / "manifest.json").read_text("utf-8"))["frames"]
    return [(frames / row["file"]).read_bytes() for row in rows if row["expect"] == "ok"]


def test_every_good_frame(good: list[bytes], tmp_path: Path) -> None:
    assert len(good) >= 19
    assert on_the_board(good, tmp_path) == [on_the_host(jpeg) for jpeg in good]


def test_every_size_sampling_and_quality(tmp_path: Path) -> None:
    chance = random.Random(3)
    jpegs = [
        encoded(scene(size, chance), kind, quality=quality)
        for size, kind, quality in itertools.product(SIZES, KINDS, QUALITIES)
    ]
    assert on_the_board(jpegs, tmp_path) == [on_the_host(jpeg) for jpeg in jpegs]


@pytest.mark.parametrize(
    "options",
    [
        {"optimize": True},
        {"restart_marker_blocks": 7},
        {"restart_marker_rows": 2},
        {"comment": b"\xff\xd8" * 40},
        {"qtables": [[1] * 64, [255] * 64]},
        {"qtables": [[255] * 64, [1] * 64]},
    ],
    ids=lambda options: next(iter(options)),
)
def test_every_way_to_write_it(options: dict[str, Any], tmp_path: Path) -> None:
    chance = random.Random(4)
    jpegs = [encoded(scene((640, 480), chance), kind, **options) for kind in KINDS]
    assert on_the_board(jpegs, tmp_path) == [on_the_host(jpeg) for jpeg in jpegs]


def test_a_damaged_frame_that_both_take_is_the_same_to_both(tmp_path: Path) -> None:
    """They differ in what they take: libjpeg reads on where the scan is damaged, a board does not
    mind what colour alone would need."""
    chance = random.Random(5)
    whole = [encoded(scene((320, 240), chance), kind, quality=60) for kind in KINDS]
    jpegs = [damaged(chance.choice(whole), chance) for _ in range(400)]
    both = 0
    for jpeg, said in zip(jpegs, on_the_board(jpegs, tmp_path), strict=True):
        if not said.startswith("refused"):
            with contextlib.suppress(NotAPicture):
                assert on_the_host(jpeg) == said
                both += 1
    assert 200 < both < 390


def damaged(jpeg: bytes, chance: random.Random) -> bytes:
    """With one byte of its scan or, less often, of its tables changed."""
    out = bytearray(jpeg)
    scan = jpeg.index(b"\xff\xda") + 14
    at = chance.randrange(20, scan) if chance.random() < 0.3 else chance.randrange(scan, len(out))
    out[at] ^= 1 << chance.randrange(8)
    return bytes(out)


@pytest.mark.parametrize(("size", "small"), [((640, 480), "80 60"), ((1600, 1200), "100 75")])
def test_nothing_is_allocated_for_a_shape_seen_before(
    size: tuple[int, int], small: str, tmp_path: Path
) -> None:
    path = tmp_path / "one.jpg"
    path.write_bytes(encoded(scene(size, random.Random(8)), "4:2:2"))
    done = run_micropython(AGAIN.format(path=str(path)), path=[FIRMWARE, FIRMWARE / "lib"])
    assert done.stdout == f"'' '' {small}\n", done.stdout + done.stderr


@pytest.mark.parametrize(
    ("jpeg", "why"),
    [
        (b"", "no whole JPEG"),
        (b"GIF89a" + bytes(100), "no whole JPEG"),
        (b"\xff\xd8", "no whole JPEG"),
        (b"\xff\xd8\xff\xd9", "no whole JPEG"),
    ],
)
def test_what_is_no_picture_is_one_error(jpeg: bytes, why: str) -> None:
    with pytest.raises(NotAPicture, match=why):
        thumbnail(jpeg)


def test_half_a_picture_is_no_picture() -> None:
    whole = encoded(scene((320, 240), random.Random(6)), "4:2:2")
    with pytest.raises(NotAPicture, match="truncated"):
        thumbnail(whole[: len(whole) // 2])


def test_a_picture_without_a_luma_is_refused() -> None:
    out = io.BytesIO()
    Image.new("CMYK", (64, 64)).save(out, "JPEG")
    with pytest.raises(NotAPicture, match="luma"):
        thumbnail(out.getvalue())


@pytest.mark.parametrize(("size", "why"), [((65_500, 65_500), "too many"), ((7, 640), "too few")])
def test_bombs_and_slivers_are_refused_by_their_header(size: tuple[int, int], why: str) -> None:
    small = encoded(Image.new("RGB", (16, 16)), "4:2:2")
    at = small.index(b"\xff\xc0") + 5
    said = small[:at] + size[1].to_bytes(2, "big") + size[0].to_bytes(2, "big") + small[at + 4 :]
    with pytest.raises(NotAPicture, match=why):
        thumbnail(said)


def test_garbage_is_one_error_or_a_picture_and_never_a_warning() -> None:
    chance = random.Random(7)
    exif = b"Exif\0\0" + Image.Exif().tobytes() + chance.randbytes(60)
    whole = encoded(scene((64, 48), chance), "4:2:2", exif=exif)
    for _ in range(2_000):
        out = bytearray(whole)
        for _ in range(chance.randrange(1, 9)):
            out[chance.randrange(2, len(out))] = chance.randrange(256)
        try:
            made = thumbnail(bytes(out[: chance.randrange(len(out) // 2, len(out) + 1)]))
        except NotAPicture:
            continue
        assert len(made.pixels) == made.cols * made.rows <= MOST_BLOCKS
