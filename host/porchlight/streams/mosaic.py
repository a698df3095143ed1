"""Mosaic: one JPEG put together out of tiles, without decoding or encoding anything.

    SOI .. SOF0 (size patched) .. DRI (the blocks of one cell's row) .. SOS
    strip RST0 strip RST1 .. strip RST7 strip RST0 .. strip EOI

Strips go in the order in which a decoder meets their blocks: row of blocks by row of blocks, and
in each from the left. Some fifty microseconds for sixteen cameras.
"""

from typing import Final

from porchlight.streams import tiles
from porchlight.streams.layout import Layout
from porchlight.streams.tiles import Tile

_SOF0: Final = b"\xff\xc0"
_DRI: Final = b"\xff\xdd"
_EOI: Final = b"\xff\xd9"
_RESTARTS: Final = tuple(bytes((0xFF, 0xD0 + number)) for number in range(8))


class Mosaic:
    """Blank, until tiles are shown on it. `show` and `jpeg` belong to one thread."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        columns, one = layout.columns, layout.shape
        self._down = one.rows  # strips of a cell
        count = self._down * layout.rows * columns
        self._pieces = [b""] * (2 * count + 1)
        self._pieces[0] = _header(layout)
        self._pieces[2::2] = [_RESTARTS[at % 8] for at in range(count)]
        self._pieces[-1] = _EOI
        for index, place in enumerate(layout.places):
            self.show(index, tiles.blank_tile(place.shape))

    def show(self, index: int, tile: Tile) -> None:
        """Put a tile at a place of the layout. It must have that place's shape."""
        place = self.layout.places[index]
        if tile.shape != place.shape:
            raise ValueError("this tile was made for another place")
        columns, span = self.layout.columns, place.shape.span
        step = 2 * columns
        for across in range(span):
            first = 1 + 2 * (place.row * self._down * columns + place.column + across)
            last = first + step * self._down * span
            self._pieces[first:last:step] = tile.strips[across::span]

    def jpeg(self) -> bytes:
        """The wall as it is now."""
        return b"".join(self._pieces)


def _header(layout: Layout) -> bytes:
    """The common header, with this layout's size and restart interval.

    SOF0: FF C0 | length u16 | precision u8 | height u16 | width u16 ...
    DRI:  FF DD | length u16 | interval u16
    """
    header = bytearray(tiles.header(layout.shape.subsampling))
    width, height = layout.size
    at = header.index(_SOF0) + 5
    header[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    at = header.index(_DRI) + 4
    header[at : at + 2] = layout.shape.cell_blocks.to_bytes(2, "big")
    return bytes(header)
