"""agent.jpegdc: equal to libjpeg on what is good, a word for all else, and never out of its memory.

The twin is the same source as bytecode, where an index out of range raises; see porchkit.twin.
"""

import hashlib
import io
import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import pytest
from PIL import Image

from porchkit.twin import plain
from tests.firmware import fuzz_jpegdc
from tests.support.jpegs import by_hand, eighth, encoded, goods, picture
from tests.support.runtimes import FIRMWARE, find_micropython, folder, run_micropython, run_wasm

HERE = Path(__file__).parent / "jpegdc"
EVERY = os.environ.get("PORCHLIGHT_SWEEP") == "all"
MUTANTS = 2000 if EVERY else 600
GUARDED_MUTANTS = 4000 if EVERY else 2000
_WORDS = """
not-jpeg truncated no-size too-large components sampling no-tables scans progressive arithmetic
lossless hierarchical extended 12-bit damaged
"""
WORDS = set(_WORDS.split())
GUARDED = sys.platform == "linux" and platform.machine() == "x86_64"


@pytest.fixture(scope="session")
def twin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose agent.jpegdc is bytecode that refuses indices below 0 too."""
    agent = tmp_path_factory.mktemp("twin") / "agent"
    agent.mkdir()
    (agent / "__init__.py").touch()
    for file in (FIRMWARE / "agent").glob("jpegdc*.py"):
        (agent / file.name).write_text(plain(file.read_text("utf-8"), strict=True), "utf-8")
    return agent.parent


@pytest.fixture
def ask(tmp_path: Path):
    """ask(pictures, source=, call=): the lines of jpegdc/answers.py."""

    def lines(
        jpegs: Iterable[bytes], source: Path = FIRMWARE, call: str = "each({path!r})"
    ) -> list[str]:
        path = pack(tmp_path / "pictures", jpegs)
        code = "import answers; answers." + call.format(path=str(path))
        done = run_micropython(code, path=[source, HERE], heap="8m")
        assert done.returncode == 0, done.stderr + done.stdout[-500:]
        return done.stdout.splitlines()

    return lines


def pack(path: Path, jpegs: Iterable[bytes]) -> Path:
    path.write_bytes(b"".join(len(jpeg).to_bytes(4, "big") + jpeg for jpeg in jpegs))
    return path


def small() -> list[bytes]:
    return [jpeg for jpeg in goods().values() if len(jpeg) < 3000]


def test_greys_are_libjpegs_at_an_eighth(ask) -> None:
    found = dict(zip(goods(), ask(goods().values()), strict=True))
    for name, jpeg in goods().items():
        size, greys = eighth(jpeg)
        kind, _, blocks, _, _, digest = found[name].split()
        assert (kind, blocks) == ("good", f"{size[0]}x{size[1]}"), name
        assert digest == hashlib.sha256(greys).hexdigest(), name


def test_every_dc_of_the_published_frames_is_libjpegs(ask, shared: Path) -> None:
    frames = json.loads((shared / "data/frames/manifest.json").read_text())["frames"]
    raw = [(shared / "data/frames" / frame["file"]).read_bytes() for frame in frames]
    exact = 0
    for frame, answer in zip(frames, ask(raw), strict=True):
        if "luma_dc" in frame:
            dc = frame["luma_dc"]
            size = f"{frame['width']}x{frame['height']} {dc['cols']}x{dc['rows']}"
            assert answer.startswith(f"good {size} q{dc['q0']} {dc['sha256_i16le']} "), frame
            exact += 1
        elif frame["expect"] in ("reject", "damaged", "ok or reject"):
            assert answer in WORDS, frame
    assert exact == 19


def test_a_twin_in_32_bits_reads_the_same(ask, twin: Path, tmp_path: Path) -> None:
    jpegs = [*small(), *bad_ones().values()]
    files = folder("/twin", twin) | folder("/tests", HERE)
    files["/pictures"] = pack(tmp_path / "for-wasm", jpegs).read_bytes()
    out = run_wasm("import answers; answers.each('/pictures')", files, path=["/twin", "/tests"])
    assert out.splitlines() == ask(jpegs)


def test_the_twin_answers_damaged_pictures_alike(ask, twin: Path) -> None:
    call = f"damaged({{path!r}}, {MUTANTS}, 1)"
    here = ask(small(), call=call)
    assert here == ask(small(), source=twin, call=call)
    assert len(here) == MUTANTS
    words = {line.split()[0] for line in here}
    assert words <= WORDS | {"good"}
    assert len(words) >= 7, "the pictures are too much alike to mean anything"


def test_nothing_is_allocated_for_a_known_shape(ask) -> None:
    """Not even when every header is another, as with a date in EXIF."""
    jpegs = []
    for note in ("", "one", "two and more", "x" * 3000):
        out = io.BytesIO()
        picture((160, 120), note).save(out, "JPEG", subsampling=1, comment=note.encode())
        jpegs += [out.getvalue(), out.getvalue()]
    assert ask([*jpegs, jpegs[0][:-2], b""], call="steady({path!r})") == ["160 good"]


def gray(**change: object) -> bytes:
    return by_hand((24, 16), [(1, 1)], change)


def crowded(codes: int) -> bytes:
    """Luma's DC has so many codes of four bits, 12 to 16; those past the twelfth are not used."""
    jpeg = bytearray(gray())
    at = jpeg.index(b"\xff\xc4")
    size = int.from_bytes(jpeg[at + 2 : at + 4], "big") + codes - 12
    jpeg[at + 2 : at + 4] = size.to_bytes(2, "big")
    jpeg[at + 8] = codes
    jpeg[at + 33 : at + 33] = bytes(codes - 12)
    return bytes(jpeg)


def sloping(blocks: int, step: int) -> bytes:
    """A picture whose DC grows by as much from block to block."""
    return by_hand((8 * blocks, 8), [(1, 1)], {"dc": step})


def edited(marker: int, at: int, value: int) -> bytes:
    """A good picture of three components with one byte of a segment changed; at 0 is the marker."""
    jpeg = bytearray(by_hand((48, 32), [(2, 1), (1, 1), (1, 1)]))
    jpeg[jpeg.index(bytes([0xFF, marker])) + 1 + at] = value
    return bytes(jpeg)


def without(marker: int) -> bytes:
    jpeg = by_hand((48, 32), [(2, 1), (1, 1), (1, 1)])
    at = jpeg.index(bytes([0xFF, marker]))
    return jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4], "big") :]


def resized(width: int, height: int) -> bytes:
    jpeg = bytearray(gray())
    at = jpeg.index(b"\xff\xc0")
    jpeg[at + 5 : at + 9] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    return bytes(jpeg)


def in_cmyk() -> bytes:
    out = io.BytesIO()
    Image.new("CMYK", (16, 16)).save(out, "JPEG")
    return out.getvalue()


def restarting() -> bytes:
    return goods()["restart-1"]


def first_restarts_swapped() -> bytes:
    return restarting().replace(b"\xff\xd0", b"\xff\xd1", 1)


def bad_ones() -> dict[str, bytes]:
    """ "word: what it is" -> the picture."""
    good = gray()
    return {
        "not-jpeg: nothing": b"",
        "not-jpeg: a header of HTTP": b"Content-Length: 5\r\n\r\n" + good,
        "truncated: an SOI": b"\xff\xd8",
        "truncated: SOI and EOI": b"\xff\xd8\xff\xd9",
        "truncated: no EOI": good[:-2],
        "truncated: no end of a segment": good[:40],
        "damaged: the EOI half way": good[:-20] + b"\xff\xd9",
        "damaged: a byte too many": good[:-2] + b"\0\xff\xd9",
        "damaged: a block too few": gray(blocks=5),
        "damaged: a block too many": by_hand((24, 16), [(1, 1)], {"extra": 1}),
        "damaged: 64 coefficients and the DC": gray(ac=[0xF0, 0xF0, 0xF0, *[0x01] * 16, 0]),
        "damaged: zeros past the 63rd": gray(ac=[0xF0] * 4 + [0x01, 0]),
        "damaged: a DC far beyond 12 bits": gray(dc=2047),
        "damaged: a DC of 2048": sloping(2, 1024),
        "damaged: a DC of -2049": sloping(3, -683),
        "extended: SOF1": edited(0xC0, 0, 0xC1),
        "progressive: SOF2": edited(0xC0, 0, 0xC2),
        "lossless: SOF3": edited(0xC0, 0, 0xC3),
        "hierarchical: SOF5": edited(0xC0, 0, 0xC5),
        "arithmetic: SOF9": edited(0xC0, 0, 0xC9),
        "12-bit: SOF0": edited(0xC0, 3, 12),
        "damaged: 7 bits": edited(0xC0, 3, 7),
        "damaged: the SOF0 too long by one": edited(0xC0, 2, 18),
        "no-size: DNL would tell": resized(24, 0),
        "no-size: no width": resized(0, 16),
        "too-large: a bomb": resized(65500, 65500),
        "components: CMYK": in_cmyk(),
        "sampling: none": edited(0xC0, 10, 0),
        "sampling: 3 across": edited(0xC0, 10, 0x31),
        "sampling: chroma more than luma": edited(0xC0, 13, 0x22),
        "damaged: quantiser 4": edited(0xC0, 11, 4),
        "no-tables: no quantiser": without(0xDB),
        "no-tables: quantiser 1": edited(0xC0, 11, 1),
        "no-tables: no codes": without(0xC4),
        "damaged: a quantiser of 0": edited(0xDB, 4, 0),
        "damaged: quantisers of 16 bits": edited(0xDB, 3, 0x10),
        "damaged: codes of table 2": edited(0xC4, 3, 2),
        "damaged: more codes of one bit than there are": edited(0xC4, 4, 2),
        "damaged: all ones is a code": crowded(16),
        "scans: luma alone": edited(0xDA, 3, 1),
        "damaged: components in another order": edited(0xDA, 4, 2),
        "damaged: table 2": edited(0xDA, 5, 0x20),
        "damaged: up to coefficient 5": edited(0xDA, 11, 5),
        "damaged: no frame": without(0xC0),
        "damaged: restart markers out of turn": first_restarts_swapped(),
        "damaged: restart markers and no DRI": restarting().replace(b"\xff\xdd", b"\xff\xe0", 1),
        "damaged: no restart markers": re.sub(rb"\xff[\xd0-\xd7]", b"", restarting()),
        "scans: another scan": good[:-2] + b"\xff\xda\0\x08\x01\x01\0\0\x3f\0\xff\xd9",
    }


def test_every_fault_has_its_word(ask) -> None:
    said = dict(zip(bad_ones(), ask(bad_ones().values()), strict=True))
    assert {name: answer for name, answer in said.items() if name.split(":")[0] != answer} == {}
    assert {name.split(":")[0] for name in said} == WORDS


def test_what_only_looks_wrong_is_read(ask) -> None:
    good = gray()
    unusual = [
        good + bytes(700),
        good + good,
        good[:-2] + b"\xff\xff\xff\xd9",
        good[:2] + b"\xff\xff" + good[2:],
        re.sub(rb"(\xff[\xd0-\xd7])", b"\xff\xff\\1", restarting()),
        gray(ac=[0xF0, 0xF0, 0xF0, *[0x01] * 15]),  # 63 coefficients need no end of block
        gray(dc=300),
        crowded(15),
        sloping(23, 89),  # up to 2047
        sloping(2, -1024),
        goods()["exif"],
    ]
    assert {line.split()[0] for line in ask(unusual)} == {"good"}


def test_a_small_picture_after_a_large_one_and_back(ask) -> None:
    made = goods()
    names = ["vga-422", "one-block", "gray", "vga-422", "own-411", "gray", "own-411", "optimised"]
    alone = {name: ask([made[name]])[0] for name in set(names)}
    assert ask(made[name] for name in names) == [alone[name] for name in names]


def test_tables_of_chroma_are_not_those_of_two_pictures_ago(ask) -> None:
    """A gray picture brings codes for chroma and has no use for them; the next one does."""
    in_colour = by_hand((48, 32), [(2, 1), (1, 1), (1, 1)])
    in_turn = ask([goods()["own-411"], goods()["small-422"], gray(), in_colour])
    assert in_turn[-1] == ask([in_colour])[0]


def test_tables_are_made_once(ask) -> None:
    """Also where something else of the header changes with every picture."""
    first, noted = (
        encoded((48, 32), "a", subsampling=1, comment=note) for note in (b"one", b"another")
    )
    other = encoded((48, 32), "a", subsampling=1, optimize=True)
    asked = ask([first, noted, first, other, first, gray(), gray()], call="made({path!r})")
    assert asked == ["4", "0", "0", "4", "4", "2", "0"]


@pytest.mark.skipif(not GUARDED, reason="needs Linux on x86-64")
def test_guarded_memory_is_never_left() -> None:
    answers = fuzz_jpegdc.run(GUARDED_MUTANTS, seed=3, jobs=2)
    answers |= fuzz_jpegdc.run(GUARDED_MUTANTS, seed=4, jobs=2)
    assert set(answers) <= WORDS | {"good"}


@pytest.mark.skipif(not GUARDED, reason="needs Linux on x86-64")
@pytest.mark.parametrize(("at_end", "index"), [(True, 3), (False, -1)])
def test_the_guard_notices(at_end: bool, index: int) -> None:
    code = (
        "import guard, micropython\n"
        "@micropython.viper\n"
        "def peek(a: ptr8, i: int) -> int:\n    return a[i]\n"
        f"there = guard.Region(100, {at_end}).put(b'abc')\n"
        "assert peek(there, 0) == 97 and peek(there, 2) == 99\n"
        f"print('alive')\npeek(there, {index})\nprint('unnoticed')\n"
    )
    done = subprocess.run(
        [find_micropython(), "-c", code],
        env={"MICROPYPATH": f"{HERE}:.frozen"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert done.stdout == "alive\n"


def test_canaries_die() -> None:
    code = (
        "import guard\nregion = guard.Region(100, True)\nregion.put(b'abc')\nregion.check()\n"
        "region._ring[63] = 0\n"
        "try:\n    region.check()\nexcept AssertionError:\n    print('dead')\n"
    )
    if not GUARDED:
        pytest.skip("needs Linux on x86-64")
    assert run_micropython(code, path=[HERE]).stdout == "dead\n"


def test_both_files_mean_the_same_by_an_entry() -> None:
    tables, scan = (
        dict(re.findall(r"^(_[A-Z_]+) = const\((\d+)\)", path.read_text(), re.MULTILINE))
        for path in (FIRMWARE / "agent/jpegdc_tables.py", FIRMWARE / "agent/jpegdc_scan.py")
    )
    assert tables.items() <= scan.items()
