"""Tiles: any picture a camera may send, and any that somebody may send instead of one."""

import io
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageStat

from porchlight.streams import tiles
from porchlight.streams.bare import bare
from porchlight.streams.layout import Layout, Shape
from porchlight.streams.lettering import caption
from porchlight.streams.mosaic import Mosaic
from porchlight.streams.tiles import Tile
from tests.support.viewing import picture

RED, GREEN, DARK = (200, 0, 0), (0, 200, 0), (18, 20, 24)
CELL = Shape(320, 240)


def shown(tile: Tile) -> Image.Image:
    """A tile as it looks on a wall."""
    layout = Layout(320, 1, 1)
    assert tile.shape == layout.shape
    mosaic = Mosaic(layout)
    mosaic.show(0, tile)
    return Image.open(io.BytesIO(mosaic.jpeg())).convert("RGB")


def near(image: Image.Image, box: tuple[int, int, int, int], colour: tuple[int, int, int]) -> bool:
    """Whether this part of it has this colour, and no other."""
    found = ImageStat.Stat(image.crop(box))
    return all(abs(a - b) < 24 for a, b in zip(found.mean, colour, strict=True)) and all(
        low > b - 48 and high < b + 48 for (low, high), b in zip(found.extrema, colour, strict=True)
    )


def gradient() -> Image.Image:
    """Another colour everywhere, so that what is in the wrong place shows."""
    across = Image.linear_gradient("L").rotate(90)
    down = Image.linear_gradient("L")
    grey = Image.new("L", across.size, 90)
    return Image.merge("RGB", (across, down, grey)).resize((640, 480))


@pytest.mark.parametrize(
    ("mode", "more"),
    [
        ("RGB", {"subsampling": "4:2:0"}),
        ("RGB", {"subsampling": "4:2:2"}),
        ("RGB", {"subsampling": "4:4:4"}),
        ("RGB", {"progressive": True}),
        ("RGB", {"progressive": True, "subsampling": "4:4:4", "optimize": True}),
        ("RGB", {"restart_marker_rows": 1}),
        ("RGB", {"restart_marker_blocks": 7}),
        ("RGB", {"quality": 30}),
        ("RGB", {"comment": b"a comment" * 20}),
        ("L", {}),
        ("L", {"progressive": True}),
        ("CMYK", {}),
    ],
)
def test_a_tile_of_every_kind_of_jpeg_looks_like_its_picture(
    mode: str, more: dict[str, object]
) -> None:
    out = io.BytesIO()
    source = gradient().convert(mode)
    source.save(out, "JPEG", **more)
    found = shown(tiles.picture_tile(out.getvalue(), CELL, ()))
    wanted = source.convert("RGB").resize((CELL.width, CELL.height))
    apart = [abs(a - b) for a, b in zip(found.tobytes(), wanted.tobytes(), strict=True)]
    assert sum(apart) / len(apart) < 3


@pytest.mark.parametrize(
    ("size", "bright", "dark"),
    [
        ((300, 900), (130, 2, 190, 238), (0, 0, 116, 240)),
        ((900, 300), (2, 74, 318, 166), (0, 0, 320, 60)),
        ((64, 48), (2, 2, 318, 238), None),
        ((1, 1_500), (160, 0, 161, 240), (0, 0, 150, 240)),
    ],
)
def test_a_picture_of_another_shape_is_shown_whole(
    size: tuple[int, int],
    bright: tuple[int, int, int, int],
    dark: tuple[int, int, int, int] | None,
) -> None:
    found = shown(tiles.picture_tile(picture(*size, GREEN), CELL, ()))
    if size[0] > 1:
        assert near(found, bright, GREEN)
    assert dark is None or near(found, dark, DARK)


def test_words_are_below_the_picture_and_nowhere_else() -> None:
    plain = shown(tiles.picture_tile(picture(640, 480, RED), CELL, ()))
    lettered = shown(tiles.picture_tile(picture(640, 480, RED), CELL, ("Porch", "no motion")))
    assert near(lettered, (0, 0, 320, 180), RED)
    assert near(plain, (0, 0, 320, 240), RED)
    below = ImageStat.Stat(lettered.crop((0, 200, 200, 240)).convert("L"))
    assert below.extrema[0][1] > 150  # letters
    assert below.median[0] < 60  # on a plate


def test_a_second_line_takes_more_room_than_one() -> None:
    one, two = Image.new("RGB", (320, 240), RED), Image.new("RGB", (320, 240), RED)
    caption(one, ("Porch", ""))
    caption(two, ("Porch", "no motion"))
    assert one.getpixel((319, 210)) == RED
    assert two.getpixel((319, 210)) != RED


@pytest.mark.parametrize(
    "label", ["Ωδός 街 🎥", "", "a\nb\x00\x1b[31m", "W" * 5_000, "\u202e\ud800", "é" * 63]
)
@pytest.mark.parametrize("shape", [Shape(32, 24), Shape(160, 120), Shape(1_280, 960, 2)])
def test_any_label_can_be_written(label: str, shape: Shape) -> None:
    assert len(tiles.dark_tile(shape, (label, "offline")).strips) == shape.strips
    assert len(tiles.picture_tile(picture(), shape, (label,)).strips) == shape.strips


def bomb(width: int, height: int) -> bytes:
    """A small JPEG with two headers: the first says its size, the second a huge one."""
    jpeg = picture(colour=RED)
    at = jpeg.index(b"\xff\xc0")
    header = jpeg[at : at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big")]
    huge = header[:5] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + header[9:]
    return jpeg[:at] + header + huge + jpeg[at + len(header) :]


def scans(count: int, *, progressive: bool = True) -> bytes:
    """A JPEG whose last scan comes so many times more."""
    out = io.BytesIO()
    Image.effect_noise((640, 480), 40).save(out, "JPEG", progressive=progressive)
    jpeg = out.getvalue()
    last = jpeg[jpeg.rindex(b"\xff\xda") : -2]
    return jpeg[:-2] + count * last + b"\xff\xd9"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "jpeg",
    [
        bomb(65_535, 65_535),
        bomb(10_000, 10_000),  # what Pillow only warns of
        bomb(0, 0),
        b"",
        b"\xff\xd8\xff\xe0\x00\x10JFIF",
        picture()[:-400],
        picture()[:200] + bytes(500),
        picture(colour=RED).replace(b"\x00\x78\x00\xa0", b"\xff\xff\xff\xff"),  # 65535 x 65535
        b"GIF89a" + bytes(100),
    ],
)
def test_what_cannot_be_decoded_is_a_dark_tile(jpeg: bytes) -> None:
    is_a_dark_tile(jpeg)


@pytest.mark.filterwarnings("error")
def test_more_scans_than_encoders_make_are_a_dark_tile() -> None:
    is_a_dark_tile(scans(100))


def is_a_dark_tile(jpeg: bytes) -> None:
    tile = tiles.picture_tile(jpeg, CELL, ("Porch",))
    assert near(shown(tile), (0, 0, 320, 80), DARK)
    assert tile.strips == tiles.dark_tile(CELL, ("Porch", tiles.UNREADABLE)).strips


@pytest.mark.parametrize(("count", "progressive"), [(5, True), (100, False)])
def test_as_many_scans_as_encoders_make_are_decoded(count: int, progressive: bool) -> None:
    jpeg = scans(count, progressive=progressive)
    found = shown(tiles.picture_tile(jpeg, CELL, ()))  # of a sequential one the first is all
    assert not near(found, (0, 0, 320, 240), DARK)


def test_scans_that_a_decoder_would_go_through_are_counted_in_a_sequential_one_too() -> None:
    jpeg = scans(100, progressive=False)
    assert bare(jpeg) is not None
    components = jpeg.index(b"\xff\xc0") + 9
    assert bare(jpeg[:components] + b"\x03" + jpeg[components + 1 :]) is None


def test_only_the_picture_is_left_of_a_jpeg() -> None:
    plain = picture()
    assert bare(plain) == plain
    app = b"\xff\xe1\x00\x0asecret\x00\x00"
    for between in (app, b"junk", b"\xff\xff\xff", b"\xff\x00", b"\xff\xd0", 50 * app):
        assert bare(plain[:20] + between + plain[20:]) == plain
    assert bare(plain[:20] + 70 * app + plain[20:]) is None  # nobody writes so many


@pytest.mark.filterwarnings("error")
@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_damage_to_a_picture_gets_out_of_a_tile(data: st.DataObject) -> None:
    jpeg = bytearray(data.draw(st.sampled_from(SAMPLES)))
    for _ in range(data.draw(st.integers(1, 8))):
        jpeg[data.draw(st.integers(0, len(jpeg) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(jpeg)))
    kept = bytes(jpeg[:cut]) if data.draw(st.booleans()) else bytes(jpeg)
    tile = tiles.picture_tile(kept, Shape(160, 120), ("Porch",))
    assert len(tile.strips) == 15
    narrower = tiles.narrower(kept, 80)
    assert narrower is None or Image.open(io.BytesIO(narrower)).width == 80


def _samples() -> list[bytes]:
    made = []
    for more in ({}, {"progressive": True}, {"subsampling": "4:2:0", "comment": b"x"}):
        out = io.BytesIO()
        gradient().resize((96, 64)).save(out, "JPEG", exif=b"Exif\0\0II*\0\x08\0\0\0\0\0", **more)
        made.append(out.getvalue())
    return made


SAMPLES = _samples()


def test_the_cameras_pictures_and_the_damaged_ones(shared: Path) -> None:
    found = sorted((shared / "data" / "frames").glob("*.jpg"))
    assert found
    for path in found:
        tile = tiles.picture_tile(path.read_bytes(), CELL, ())
        image = shown(tile)
        dark = near(image, (0, 0, 320, 200), DARK)
        assert path.name.startswith("bad_") or not dark, path.name


@pytest.mark.parametrize("height", [480, 477, 31])
def test_a_narrower_picture_keeps_its_proportions_and_its_comment(height: int) -> None:
    out = io.BytesIO()
    Image.new("RGB", (640, height), RED).save(out, "JPEG", comment=b"TS=1", exif=b"Exif\0\0secret")
    narrower = tiles.narrower(out.getvalue(), 320)
    assert narrower is not None
    image = Image.open(io.BytesIO(narrower))
    assert image.size == (320, round(height / 2))
    assert image.info["comment"] == b"TS=1"
    assert b"secret" not in narrower
    assert near(image.convert("RGB"), (0, 0, *image.size), RED)


def test_a_tile_that_is_not_of_its_shape_is_no_tile() -> None:
    with pytest.raises(RuntimeError, match="strips"):
        tiles.coded(Image.new("RGB", (160, 120)), CELL)


@pytest.mark.parametrize(
    ("shape", "kept"),
    [
        (Shape(320, 240), "4:2:0"),
        (Shape(160, 120), "4:2:2"),
        (Shape(320, 240, span=2), "4:2:2"),  # as the cells beside it
        (Shape(640, 480, span=2), "4:2:0"),
    ],
)
def test_tiles_keep_as_much_colour_as_their_neighbours(shape: Shape, kept: str) -> None:
    assert shape.subsampling == kept
    assert len(tiles.dark_tile(shape, ()).strips) == shape.strips
