"""What is burned into a picture: nothing of what a mask covers comes out, in whatever coding."""

import io
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageStat

from porchlight.streams.bare import bare
from porchlight.streams.burn import burn, captioned, masked
from porchlight.streams.caption import Caption
from porchlight.streams.lettering import panel
from porchlight.streams.strip import KEPT, at_once, joined

SIZES = [(160, 120), (161, 123), (97, 64), (640, 480)]
CODINGS: list[tuple[str, dict[str, Any]]] = [
    ("RGB", {"subsampling": "4:2:0"}),
    ("RGB", {"subsampling": "4:2:2"}),
    ("RGB", {"subsampling": "4:4:4"}),
    ("RGB", {"subsampling": "4:2:0", "quality": 20}),
    ("RGB", {"subsampling": "4:2:2", "optimize": True}),
    ("RGB", {"subsampling": "4:2:0", "progressive": True}),
    ("RGB", {"subsampling": "4:2:0", "restart_marker_blocks": 7}),
    ("CMYK", {}),
    ("L", {}),
]
MASK = ((250, 300, 300, 250),)
LINES = Caption("Fire department 4", "", "AbCdEfGhIjKl").lines(1_700_000_000_000)


def scene(width: int, height: int) -> Image.Image:
    """Something everywhere."""
    small = Image.frombytes("RGB", (32, 24), random.Random(width).randbytes(32 * 24 * 3))
    return small.resize((width, height), Image.Resampling.BICUBIC)


def jpeg_of(image: Image.Image, mode: str = "RGB", **coding: Any) -> bytes:
    out = io.BytesIO()
    image.convert(mode).save(out, "JPEG", **coding)
    return out.getvalue()


def shown(jpeg: bytes | None) -> Image.Image:
    assert jpeg is not None
    return Image.open(io.BytesIO(jpeg)).convert("RGB")


def box(mask: tuple[int, ...], size: tuple[int, int]) -> tuple[int, int, int, int]:
    """All pixels that have any of the rectangle in them."""
    x, y, width, height = mask
    left, top = x * size[0] // 1000, y * size[1] // 1000
    right, bottom = -(-(x + width) * size[0] // 1000), -(-(y + height) * size[1] // 1000)
    return left, top, min(right, size[0]), min(bottom, size[1])


def with_secret(image: Image.Image, mask: tuple[int, ...], colour: str) -> Image.Image:
    changed = image.copy()
    changed.paste(colour, box(mask, image.size))
    return changed


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(("mode", "coding"), CODINGS, ids=str)
def test_what_is_behind_a_mask_makes_no_difference(
    mode: str, coding: dict[str, Any], size: tuple[int, int]
) -> None:
    plain = scene(*size)
    seen = set()
    for colour in ("red", "white", "blue"):
        source = jpeg_of(with_secret(plain, MASK[0], colour), mode, **coding)
        seen.add(burn(source, MASK))
    [burnt] = seen
    assert shown(burnt).size == size


@given(
    size=st.sampled_from(SIZES[:3]),
    coding=st.sampled_from(CODINGS[:3]),
    rectangles=st.lists(
        st.tuples(*[st.integers(0, 1000)] * 2, *[st.integers(1, 1000)] * 2), min_size=1, max_size=3
    ),
)
@settings(max_examples=25, deadline=None)
def test_wherever_masks_are(
    size: tuple[int, int], coding: tuple[str, dict[str, Any]], rectangles: list[tuple[int, ...]]
) -> None:
    mode, how = coding
    one = other = scene(*size)
    for rectangle in rectangles:
        one, other = with_secret(one, rectangle, "red"), with_secret(other, rectangle, "lime")
    burnt = masked(jpeg_of(one, mode, **how), tuple(rectangles))
    assert burnt == masked(jpeg_of(other, mode, **how), tuple(rectangles))
    for rectangle in rectangles:
        left, top, right, bottom = box(rectangle, size)
        if left < right and top < bottom:
            covered = shown(burnt).crop((left, top, right, bottom))
            assert max(ImageStat.Stat(covered).mean) < 60  # its edges ring, of what is beside it


def test_the_rest_stays_as_it_was() -> None:
    image = scene(640, 480)
    source = jpeg_of(image, subsampling="4:2:2", quality=85)
    burnt = shown(masked(source, ((0, 0, 100, 100),)))
    far = (128, 96, 640, 480)
    change = ImageChops.difference(burnt.crop(far), shown(source).crop(far))
    worst = max(high for _, high in change.getextrema())
    assert worst <= 16  # encoded twice by the same tables
    assert ImageChops.difference(burnt, shown(source)).getbbox() is not None


def test_nothing_of_the_source_but_its_pixels_is_in_a_masked_picture() -> None:
    thumbnail = jpeg_of(scene(64, 48))
    exif = b"\xff\xe1" + (len(thumbnail) + 8).to_bytes(2, "big") + b"Exif\0\0" + thumbnail
    jfxx = b"\xff\xe0" + (len(thumbnail) + 8).to_bytes(2, "big") + b"JFXX\0\x10" + thumbnail
    said = b"\xff\xfe\x00\x08secret"
    source = jpeg_of(scene(160, 120))
    source = source[:2] + exif + jfxx + said + source[2:] + b"secret behind the end"
    burnt = masked(source, MASK) or b""
    assert burnt.startswith(b"\xff\xd8")
    assert burnt.count(b"\xff\xd8") == 1
    assert b"secret" not in burnt
    assert b"JFXX" not in burnt
    with_words = burn(source, (), LINES) or b""
    assert with_words.count(b"\xff\xd8") == 1
    assert said in with_words, "a comment is part of a picture without masks"
    assert b"behind the end" not in with_words
    joined_to = burn(jpeg_of(scene(160, 128), comment=b"secret"), (), LINES) or b""
    assert joined_to.startswith(b"\xff\xd8" + said)


@pytest.mark.parametrize("order", ["little", "big"])
def test_a_picture_that_viewers_would_turn_is_not_masked_by_guess(order: str) -> None:
    exif = Image.Exif()
    exif.endian = "<" if order == "little" else ">"
    exif[0x0112] = 6
    assert masked(jpeg_of(scene(160, 120), exif=exif), MASK) is None
    exif[0x0112] = 1
    assert masked(jpeg_of(scene(160, 120), exif=exif), MASK) is not None


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"\xff\xd8 no picture",
        jpeg_of(scene(160, 120))[:900],
        jpeg_of(scene(160, 120))[:-900] + b"\xff\xd9",
        jpeg_of(scene(2_050, 1_540), quality=5),
    ],
    ids=["nothing", "no picture", "cut", "cut short", "too large"],
)
def test_what_cannot_be_masked_is_no_picture(source: bytes) -> None:
    whole = masked(source, MASK)
    assert whole is None or shown(whole).crop(box(MASK[0], (160, 120))).getextrema()[0][1] < 40
    assert not source or source not in (whole or b"")


@pytest.mark.parametrize("size", [(160, 128), (640, 480), (320, 240), (1280, 1024)], ids=str)
@pytest.mark.parametrize(("mode", "coding"), [*CODINGS[:4], CODINGS[-1]], ids=str)
def test_a_caption_stands_below_and_the_picture_stays_to_the_pixel(
    mode: str, coding: dict[str, Any], size: tuple[int, int]
) -> None:
    source = jpeg_of(scene(*size), mode, **coding)
    assert joined(bare(source) or b"", LINES) is not None, "encoded anew"
    whole = shown(captioned(source, LINES))
    above, below = whole.crop((0, 0, *size)), whole.crop((0, size[1], *whole.size))
    inner = (0, 0, size[0], size[1] - 1)  # a decoder mixes colours across the last line
    assert ImageChops.difference(above.crop(inner), shown(source).crop(inner)).getbbox() is None
    words = panel(LINES, size[0])
    assert below.size == words.size
    differences = ImageChops.difference(below.convert("L"), words).getextrema()
    assert differences[1] < (140 if "quality" in coding else 60)
    assert below.convert("L").getextrema()[1] > 150


def test_a_second_picture_of_a_camera_takes_its_caption_at_once() -> None:
    one, two = (jpeg_of(scene(width, 480).resize((640, 480))) for width in (640, 320))
    comment = b"\xff\xfe\x00\x05abc"
    lines = ("once", *LINES)
    assert at_once(one, lines) is None
    expected = captioned(one, lines)
    assert at_once(one, lines) == expected
    assert at_once(two, lines) == captioned(two, lines)
    assert at_once(one, LINES[:1] + lines) is None
    commented = one[:2] + comment + one[2:]
    assert at_once(commented, lines) == captioned(commented, lines)
    assert comment in (at_once(commented, lines) or b"")


@settings(max_examples=300)
@given(st.integers(0, 5_000), st.binary(min_size=1, max_size=3), st.booleans())
def test_whatever_is_wrong_with_a_picture_at_once_is_never_another_answer(
    at: int, changed: bytes, inserted: bool
) -> None:
    source = jpeg_of(scene(160, 128))
    captioned(source, LINES)
    at %= len(source)
    spoilt = source[:at] + changed + source[at + (0 if inserted else len(changed)) :]
    assert at_once(spoilt, LINES) in (None, captioned(spoilt, LINES))


def test_joints_are_kept_for_so_many_heads_and_words() -> None:
    source = jpeg_of(scene(160, 128))
    for number in range(KEPT + 1):
        assert captioned(source, (f"{number}",))
    assert at_once(source, ("0",)) is None
    assert at_once(source, (f"{KEPT}",)) is not None


@pytest.mark.parametrize("size", [(161, 123), (80, 60), (33, 9)], ids=str)
@pytest.mark.parametrize(("mode", "coding"), CODINGS, ids=str)
def test_what_takes_no_strip_is_drawn_anew(
    mode: str, coding: dict[str, Any], size: tuple[int, int]
) -> None:
    source = jpeg_of(scene(*size), mode, **coding)
    whole = shown(captioned(source, LINES))
    assert whole.size == (size[0], size[1] + panel(LINES, size[0]).height)
    change = ImageChops.difference(whole.crop((0, 0, *size)), shown(source))
    assert max(ImageStat.Stat(change).mean) < 35  # small noise, and colours thinned out anew
    assert whole.crop((0, size[1], *whole.size)).convert("L").getextrema()[1] > 100


def test_masks_and_words_together() -> None:
    source = jpeg_of(with_secret(scene(640, 480), MASK[0], "red"))
    whole = shown(burn(source, MASK, LINES))
    assert whole.size == (640, 480 + 16)
    assert max(high for _, high in whole.crop(box(MASK[0], (640, 480))).getextrema()) < 60


def test_without_either_it_is_the_picture() -> None:
    assert burn(b"any", (), ()) == b"any"
    assert burn(b"any", (), ("", "")) == b"any"
    assert burn(b"any", (), ("words",)) is None


def test_words_are_cut_and_packed() -> None:
    long = ("x" * 300, "\x00\u202e\U0001f600", *LINES)
    for width in (1, 16, 80, 320, 1_600):
        image = panel(long, width)
        assert image.width == width
        assert image.height % 16 == 0
    assert panel(LINES, 640).height == 16 < panel(LINES, 160).height


def test_a_caption_says_who_looks_when_and_under_what() -> None:
    said = Caption("fire", "0123456789abcdef", "AbCdEfGhIjKl").lines(1_700_000_000_999)
    assert said == ("fire", "operator 0123456789", "2023-11-14 22:13:20 UTC", "grant AbCdEfGh")
    assert "operator" not in " ".join(Caption("fire", "", "AbCd").lines(0))
