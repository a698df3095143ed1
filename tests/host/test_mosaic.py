"""Layouts, and walls joined from tiles: the same pixels as the tiles have, one by one."""

import io
import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from porchlight.streams import tiles
from porchlight.streams.layout import Layout, Shape, layout_for
from porchlight.streams.mosaic import Mosaic
from porchlight.streams.tiles import Tile

SEAM = 1  # pixels beside a seam: there, the decoder mixes the colours of both sides


def noise(shape: Shape, seed: int) -> Tile:
    """A tile with everything in it that a coder has codes for."""
    of = random.Random(seed)
    small = Image.frombytes("RGB", (16, 12), of.randbytes(16 * 12 * 3))
    smooth = small.resize((shape.width, shape.height), Image.Resampling.BICUBIC)
    rough = Image.frombytes("RGB", smooth.size, of.randbytes(3 * shape.width * shape.height))
    image = Image.blend(smooth, rough, of.choice((0.0, 0.1, 0.9)))
    return tiles.coded(image, shape)


def alone(tile: Tile) -> bytes:
    """A tile as a picture of its own."""
    one = tile.shape
    header = bytearray(tiles.header(one.subsampling))
    at = header.index(b"\xff\xc0") + 5
    header[at : at + 4] = one.height.to_bytes(2, "big") + one.width.to_bytes(2, "big")
    at = header.index(b"\xff\xdd") + 4
    header[at : at + 2] = one.cell_blocks.to_bytes(2, "big")
    strips = [strip + bytes((0xFF, 0xD0 + at % 8)) for at, strip in enumerate(tile.strips)]
    return bytes(header) + b"".join(strips)[:-2] + b"\xff\xd9"


def pixels(jpeg: bytes, mode: str = "RGB") -> Image.Image:
    """The picture as libjpeg decodes it."""
    image = Image.open(io.BytesIO(jpeg))
    image.draft(mode, image.size)
    image.load()
    return image.convert(mode)


def check(layout: Layout, made: list[Tile]) -> None:
    mosaic = Mosaic(layout)
    for index, tile in enumerate(made):
        mosaic.show(index, tile)
    whole = mosaic.jpeg()
    scan = whole[len(tiles.header(layout.shape.subsampling)) :]
    restarts = re.findall(rb"\xff([\xd0-\xd7])", scan)
    assert restarts == [bytes((0xD0 + at % 8,)) for at in range(len(restarts))]
    colour, grey = pixels(whole), pixels(whole, "L")
    assert colour.size == layout.size
    cell = layout.shape
    for place, tile in zip(layout.places, made, strict=False):
        left, top = place.column * cell.width, place.row * cell.height
        right, bottom = left + tile.shape.width, top + tile.shape.height
        wanted = alone(tile)
        assert grey.crop((left, top, right, bottom)).tobytes() == pixels(wanted, "L").tobytes()
        inner = (SEAM, SEAM, tile.shape.width - SEAM, tile.shape.height - SEAM)
        shown = colour.crop((left, top, right, bottom)).crop(inner)
        assert shown.tobytes() == pixels(wanted).crop(inner).tobytes()


def sizes() -> st.SearchStrategy[Layout]:
    def of(count: int, width: int, large: bool, columns: int | None) -> Layout | None:
        try:
            return layout_for(count, width, columns, large=large)
        except ValueError:
            return None

    counts = st.integers(1, 64)
    columns = st.none() | st.integers(1, 8)
    found = st.builds(of, counts, st.integers(320, 1_920), st.booleans(), columns)
    return found.filter(lambda layout: layout is not None)  # type: ignore[return-value]


@given(sizes())
def test_every_place_is_whole_blocks_within_the_wall_and_none_is_taken_twice(
    layout: Layout,
) -> None:
    taken = set()
    assert len(layout.places) >= layout.count
    for place in layout.places:
        assert place.shape.width % 16 == 0 == place.shape.height % 8
        for row in range(place.row, place.row + place.shape.span):
            for column in range(place.column, place.column + place.shape.span):
                assert (row, column) not in taken
                taken.add((row, column))
    assert taken == {(r, c) for r in range(layout.rows) for c in range(layout.columns)}
    assert layout.size[0] <= layout.width
    assert layout.rows <= 8


@given(st.integers(1, 64), st.booleans())
def test_widths_that_come_out_the_same_are_one_layout(count: int, large: bool) -> None:
    """Those who watch them share one wall."""
    found = {layout_for(min(count, 61), width, large=large) for width in range(320, 1_921)}
    assert len({layout.shape for layout in found}) == len(found) <= 101


@pytest.mark.parametrize("count", range(1, 65))
def test_the_usual_layout_has_room_for_all_and_no_empty_row(count: int) -> None:
    layout = layout_for(count)
    assert layout.columns * layout.rows >= count > layout.columns * (layout.rows - 1)
    assert layout.size[0] <= 1_280


@pytest.mark.parametrize(
    "ask",
    [
        lambda: layout_for(0),
        lambda: layout_for(65),
        lambda: layout_for(9, columns=1),
        lambda: layout_for(4, columns=9),
        lambda: layout_for(4, columns=0),
        lambda: layout_for(4, width=319),
        lambda: layout_for(4, width=1_921),
        lambda: layout_for(62, large=True),
        lambda: layout_for(3, columns=1, large=True),
    ],
)
def test_layouts_that_cannot_be_are_refused(ask: Callable[[], Layout]) -> None:
    with pytest.raises(ValueError, match=r"^(a wall|9 cameras|62 cameras)"):
        ask()


@settings(max_examples=40, deadline=None)
@given(sizes(), st.integers(0, 2**32), st.data())
def test_a_wall_has_the_pixels_of_its_tiles(layout: Layout, seed: int, data: st.DataObject) -> None:
    shown = data.draw(st.integers(0, min(6, layout.count)))  # the others stay blank
    check(layout, [noise(layout.places[at].shape, seed + at) for at in range(shown)])


@pytest.mark.parametrize("width", [640, 1_280])
@pytest.mark.parametrize("large", [False, True])
def test_a_full_wall_has_the_pixels_of_its_tiles(width: int, large: bool) -> None:
    layout = layout_for(13 if large else 16, width, large=large)
    assert layout.size == (width, width * 3 // 4)
    check(layout, [noise(place.shape, at) for at, place in enumerate(layout.places)])


def test_the_largest_wall_too() -> None:
    layout = layout_for(64, 1_920)
    assert layout.size == (1_920, 1_408)
    check(layout, [noise(place.shape, at) for at, place in enumerate(layout.places)])


def test_a_tile_shown_again_replaces_only_itself() -> None:
    layout = layout_for(4, 320)
    mosaic = Mosaic(layout)
    made = [noise(place.shape, at) for at, place in enumerate(layout.places)]
    for index, tile in enumerate(made):
        mosaic.show(index, tile)
    before = mosaic.jpeg()
    mosaic.show(2, noise(layout.shape, 9))
    assert mosaic.jpeg() != before
    mosaic.show(2, made[2])
    assert mosaic.jpeg() == before


def test_a_tile_of_another_shape_is_refused() -> None:
    mosaic = Mosaic(layout_for(4, 320))
    with pytest.raises(ValueError, match="another place"):
        mosaic.show(0, tiles.dark_tile(Shape(320, 240), ()))


@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize("width", [640, 1_280])
def test_ffmpeg_decodes_a_wall_without_a_word(width: int, large: bool) -> None:
    layout = layout_for(13 if large else 16, width, large=large)
    mosaic = Mosaic(layout)
    for at, place in enumerate(layout.places):
        mosaic.show(at, noise(place.shape, at))
    jpeg = mosaic.jpeg()
    import av  # FFmpeg, which one test needs

    before = av.logging.get_level()
    av.logging.set_level(av.logging.WARNING)
    try:
        with av.logging.Capture() as said:
            (frame,) = av.CodecContext.create("mjpeg", "r").decode(av.Packet(jpeg))
    finally:
        av.logging.set_level(before)
    assert isinstance(frame, av.VideoFrame)
    assert (frame.width, frame.height) == layout.size
    assert [line for line in said if "deprecated pixel format" not in line[2]] == []
    ours = pixels(jpeg, "L").tobytes()
    theirs = frame.reformat(format="gray").to_ndarray().tobytes()
    assert max(abs(a - b) for a, b in zip(ours, theirs, strict=True)) <= 3  # another IDCT
