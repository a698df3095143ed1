"""JPEGs of every kind that the board reads, made by Pillow, and what libjpeg sees in them."""

import io
import random
from typing import Any

from PIL import Image, ImageDraw

Size = tuple[int, int]

# name: size, Pillow's options
_KINDS: dict[str, tuple[Size, dict[str, object]]] = {
    "tiny-422": ((16, 8), {"subsampling": 1}),
    "one-block": ((8, 8), {"subsampling": 2}),
    "small-420": ((70, 45), {"subsampling": 2}),
    "small-422": ((64, 48), {"subsampling": 1, "quality": 90}),
    "small-444": ((33, 50), {"subsampling": 0, "quality": 98}),
    "gray": ((61, 47), {}),
    "optimised": ((96, 64), {"subsampling": 1, "optimize": True}),
    "restart-1": ((64, 48), {"subsampling": 1, "restart_marker_blocks": 1}),
    "restart-rows": ((100, 100), {"subsampling": 2, "restart_marker_rows": 1}),
    "restart-gray": ((90, 40), {"restart_marker_blocks": 3, "optimize": True}),
    "commented": ((40, 24), {"subsampling": 1, "comment": b"\xff\xd8\xff\xd9 in here"}),
    "exif": ((40, 24), {"subsampling": 1, "exif": b"Exif\0\0" + b"\xff\xd8\xff\xda\xff\xd9" * 300}),
    "fine": ((80, 56), {"subsampling": 1, "quality": 100}),
    "coarse": ((160, 120), {"subsampling": 2, "quality": 5}),
    "vga-422": ((640, 480), {"subsampling": 1, "quality": 55}),
}

# name: size, how often each component is sampled (across, down)
_SAMPLINGS: dict[str, tuple[Size, list[Size]]] = {
    "440": ((50, 33), [(1, 2), (1, 1), (1, 1)]),
    "411": ((70, 33), [(4, 1), (1, 1), (1, 1)]),
    "410": ((70, 33), [(4, 2), (1, 1), (1, 1)]),
    "422-as-2x2": ((70, 33), [(2, 2), (1, 2), (1, 2)]),
    "gray-as-2x2": ((70, 33), [(2, 2)]),
}


def goods() -> dict[str, bytes]:
    """Name -> a good JPEG; the same at every call."""
    made = {name: _by_pillow(name, *kind) for name, kind in _KINDS.items()}
    return made | {f"own-{name}": by_hand(*kind) for name, kind in _SAMPLINGS.items()}


def _by_pillow(name: str, size: Size, options: dict[str, object]) -> bytes:
    return encoded(size, name, "L" if "gray" in name else "RGB", **options)


def encoded(size: Size, seed: str, mode: str = "RGB", **options: Any) -> bytes:
    """picture(size, seed) as Pillow writes it."""
    out = io.BytesIO()
    picture(size, seed).convert(mode).save(out, "JPEG", **options)
    return out.getvalue()


def picture(size: Size, seed: str) -> Image.Image:
    """Shapes, slopes and noise."""
    dice = random.Random(seed)
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    draw = ImageDraw.Draw(image)
    for _ in range(12):
        x, y = dice.randrange(size[0]), dice.randrange(size[1])
        colour = tuple(dice.randrange(256) for _ in range(3))
        draw.ellipse((x, y, x + size[0] // 3, y + size[1] // 3), fill=colour)
    noise = Image.frombytes("RGB", size, dice.randbytes(3 * size[0] * size[1]))
    return Image.blend(image, noise, 0.08)


def eighth(jpeg: bytes) -> tuple[Size, bytes]:
    """Size and greys of the picture at 1/8, by libjpeg; the picture is at least 8x8."""
    with Image.open(io.BytesIO(jpeg)) as image:
        whole = image.size
        image.draft("L", (whole[0] // 8, whole[1] // 8))
        image.load()
        return image.size, image.tobytes()


# What by_hand() writes in every block: codes of 4 bits, in the order of their numbers.
_DC = bytes(range(12))
_AC = bytes((0x00, 0x01, 0x02, 0x11, 0x31, 0x53, 0xF0, 0xF1, 0x08))


def by_hand(size: Size, sampling: list[Size], change: dict[str, Any] | None = None) -> bytes:
    """A JPEG of random coefficients in any sampling; Cr has tables that neither other has.

    `change` puts other things in: "blocks" (how many are written), "extra" (MCUs too many), "dc"
    (every difference of luma), "ac" (the symbols of every block).
    """
    change = change or {}
    dice = random.Random(repr((size, sampling)))
    across, down = sampling[0] if len(sampling) > 1 else (1, 1)
    mcus = -(-size[0] // (8 * across)) * -(-size[1] // (8 * down))
    order = [i for i, (h, v) in enumerate(sampling) for _ in range(h * v)]
    if len(sampling) == 1:
        order = [0]
    blocks = (order * (mcus + change.get("extra", 0)))[: change.get("blocks")]
    bits = "".join(_block(dice, component, change) for component in blocks)
    bits += "1" * (-len(bits) % 8)
    data = int("1" + bits, 2).to_bytes(len(bits) // 8 + 1, "big")[1:]
    return _head(size, sampling) + data.replace(b"\xff", b"\xff\0") + b"\xff\xd9"


def _block(dice: random.Random, component: int, change: dict[str, Any]) -> str:
    level = dice.randrange(-60, 61) if "dc" not in change or component else change["dc"]
    size = abs(level).bit_length()
    bits = f"{size:04b}" + (
        f"{level if level > 0 else level + (1 << size) - 1:0{size}b}" * (size > 0)
    )
    symbols = change.get("ac")
    if symbols is None:
        symbols = [dice.choice(_AC[1:6]) for _ in range(dice.randrange(6))] + [0]
    for symbol in symbols:
        value = "".join(dice.choice("01") for _ in range(symbol & 15))
        bits += f"{_AC.index(symbol):04b}{value}"
    return bits


def _head(size: Size, sampling: list[Size]) -> bytes:
    frame = b"\x08" + size[1].to_bytes(2, "big") + size[0].to_bytes(2, "big")
    frame += bytes([len(sampling)])
    start = bytes([len(sampling)])
    for i, (across, down) in enumerate(sampling):
        frame += bytes([i + 1, across << 4 | down, 0])
        start += bytes([i + 1, (0x00, 0x11, 0x10)[i]])
    codes = b"".join(
        bytes([kind | table]) + bytes([0, 0, 0, len(symbols), *[0] * 12]) + symbols
        for kind, symbols in ((0, _DC), (0x10, _AC))
        for table in (0, 1)
    )
    parts = [
        (0xDB, b"\0" + bytes([3] * 64)),
        (0xC0, frame),
        (0xC4, codes),
        (0xDA, start + b"\0\x3f\0"),
    ]
    return b"\xff\xd8" + b"".join(
        bytes([0xFF, marker]) + (len(part) + 2).to_bytes(2, "big") + part for marker, part in parts
    )
