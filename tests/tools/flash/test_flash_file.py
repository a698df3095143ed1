"""Firmware files: what is taken, what is refused, and with which words."""

import io
import os
import struct
import zipfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from porchkit import boards
from porchkit.errors import CommandError
from porchkit.flash import checks, firmware, image, source, target
from porchkit.flash.chip import Chip, psram
from porchkit.flash.errors import Refused
from porchkit.flash.writing import PIECE, _cuts
from tests.support import espimages

MERGED = espimages.merged()


@pytest.mark.parametrize("chip", ["esp32", "esp32s3"])
def test_a_whole_file_is_taken(chip: str) -> None:
    found = firmware.read(espimages.merged(chip=chip), "firmware.bin")
    assert (found.chip, found.offset) == (chip, espimages.OFFSETS[chip])
    assert (found.nvs.offset, found.nvs.size) == (0x9000, 0x6000)
    assert found.needs == 4 << 20


def test_esptool_reads_the_same_from_it() -> None:
    from esptool.bin_image import LoadFirmwareImage

    theirs = LoadFirmwareImage("esp32", espimages.image(b"words of a program " * 64))
    ours = image.read(espimages.image(b"words of a program " * 64), "x")
    assert theirs.checksum == theirs.calculate_checksum()
    assert theirs.stored_digest == theirs.calc_digest
    assert ours.length == theirs.data_length + 32


@pytest.mark.parametrize("hashed", [True, False])
def test_every_flipped_byte_of_an_image_is_noticed_or_harmless(hashed: bool) -> None:
    good = espimages.image(bytes(range(80)), hashed=hashed)
    for at in range(24, len(good)):  # behind the header
        bad = bytearray(good)
        bad[at] ^= 0x10
        if hashed:
            with pytest.raises(Refused):
                image.read(bytes(bad), "x")
        elif 32 <= at < 72:  # the first segment's bytes: the checksum alone must notice
            with pytest.raises(Refused, match="checksum"):
                image.read(bytes(bad), "x")


@pytest.mark.parametrize("hashed", [True, False])
def test_every_cut_of_an_image_is_noticed(hashed: bool) -> None:
    good = espimages.image(bytes(range(80)), hashed=hashed)
    assert image.read(good + b"\xff" * 9, "x").length == len(good)
    for length in range(len(good)):
        with pytest.raises(Refused, match="truncated"):
            image.read(good[:length], "x")


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"", "truncated"),
        (b"\x7fELF" + bytes(100), "not an ESP image"),
        (b"\xff" * 0x20000, "begins with 0xFF, not 0xE9"),
        (MERGED[:0x6000], "no partition table"),
        (MERGED[:0xF100], "application in firmware.bin is truncated"),
        (MERGED[:-1], "application in firmware.bin is truncated"),
        (MERGED[: len(MERGED) // 2], "application in firmware.bin is truncated"),
        (espimages.image(bytes(200_000)), "no partition table"),
        (MERGED.ljust(0x200000, b"\xff"), "too large: it would run into"),
        (MERGED[:0x8010] + b"\x01" + MERGED[0x8011:], "overwrite the board's NVS"),
    ],
)
def test_what_is_no_firmware_is_refused(contents: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        firmware.read(contents, "firmware.bin")


def test_an_application_larger_than_its_partition_is_refused() -> None:
    small = MERGED.replace(espimages.table(), espimages.table(0x10000))
    with pytest.raises(Refused, match=r"too large: .* bytes for 65536"):
        firmware.read(small, "firmware.bin")


def test_what_is_written_leaves_out_the_nvs_and_nothing_else() -> None:
    read = firmware.read(MERGED, "x")
    (a, before), (b, after) = read.regions(with_nvs=False)
    assert (a, a + len(before), b) == (0x1000, 0x9000, 0xF000)
    assert before + b"\xff" * 0x6000 + after == MERGED
    assert read.regions(with_nvs=True) == [(0x1000, MERGED)]


@pytest.mark.parametrize(("start", "end"), [(0x1000, 0x9000), (0xF000, 0xF001), (0, PIECE * 3)])
def test_pieces_cover_a_region_once_and_end_on_erase_blocks(start: int, end: int) -> None:
    cuts = _cuts(start, end)
    assert (cuts[0].start, cuts[-1].stop) == (start, end)
    assert all(a.stop == b.start and not b.start % PIECE for a, b in pairwise(cuts))
    assert all(cut for cut in cuts)


def _zip(**files: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, contents in files.items():
            archive.writestr(name.replace("__", "/").replace("_bin", ".bin"), contents)
    return out.getvalue()


def _marked(flags: int, archive: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """`archive` as if it were encrypted (1), or compressed in another way."""
    raw = bytearray(archive)
    for head, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        struct.pack_into("<HH", raw, raw.index(head) + at, flags, method)
    return bytes(raw)


def _bent(archive: bytes, at: int) -> bytes:
    return archive[:at] + b"?" + archive[at + 1 :]


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, Path("/dev/zero")):
        with pytest.raises(CommandError, match="is no file"):
            source.from_file(path)


def test_the_zip_of_a_release_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "mpy_cam-v1.27.0-AI_THINKER.zip"
    path.write_bytes(_zip(folder__firmware_bin=MERGED, readme=b"hello"))
    found = source.from_file(path)
    assert found.contents == MERGED
    assert found.name == "firmware.bin in mpy_cam-v1.27.0-AI_THINKER.zip"


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (lambda: _zip(other_bin=MERGED), "holds no firmware.bin"),
        (
            lambda: _zip(a__firmware_bin=MERGED, b__firmware_bin=MERGED),
            "pass the .zip of one board",
        ),
        (lambda: _zip(firmware_bin=MERGED)[:-40], "damaged .zip"),
        (lambda: _bent(_zip(firmware_bin=MERGED), at=500), "damaged .zip"),
        (lambda: _marked(1, _zip(firmware_bin=MERGED)), "or an encrypted one"),
        (lambda: _marked(0, _zip(firmware_bin=MERGED), method=99), "damaged .zip"),
        (lambda: _zip(firmware_bin=bytes(40 << 20)), "larger than any board's flash"),
    ],
)
def test_other_zips_are_not(tmp_path: Path, contents: Callable[[], bytes], words: str) -> None:
    path = tmp_path / "x.zip"
    path.write_bytes(contents())
    with pytest.raises(Refused, match=words):
        source.from_file(path)


def test_a_missing_file_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match=r"absent\.bin: No such file"):
        source.from_file(tmp_path / "absent.bin")


def _target(**row: object) -> target.Target:
    return target.from_row({**boards.table("ai_thinker"), **row}, {})


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (
            {"chip": "esp32s3"},
            "is for esp32, and AI-Thinker ESP32-CAM has an esp32s3; .* called AI_THINKER",
        ),
        ({"image_offset": 0}, "begins at 0x1000, the board's image at 0x0"),
        ({"status": "unusable", "reason": "it has no PSRAM"}, "cannot be used: it has no PSRAM"),
    ],
)
def test_the_wrong_file_for_a_board_is_refused_without_the_board(
    row: dict[str, object], words: str
) -> None:
    read = firmware.read(MERGED, "x.bin")
    checks.firmware_for_board(read, _target())
    with pytest.raises(Refused, match=words):
        checks.firmware_for_board(read, _target(**row))


@pytest.mark.parametrize(
    ("mb", "words"), [(2, "laid out for 4 MB of flash, and this board has 2 MB"), (0, "not say")]
)
def test_a_flash_too_small_is_refused(mb: int, words: str) -> None:
    read = firmware.read(MERGED, "x.bin")
    checks.fits(read, Chip("esp32", "", "", 4 << 20, None))
    with pytest.raises(Refused, match=words):
        checks.fits(read, Chip("esp32", "", "", mb << 20, None))


def test_what_is_odd_is_said() -> None:
    said = checks.warnings(
        Chip("esp32s3", "", "", 4 << 20, 0), _target(flash_mb=8, status="end-of-life")
    )
    assert len(said) == 3
    assert checks.warnings(Chip("esp32", "", "", 4 << 20, None), _target()) == []
    (unasked,) = checks.warnings(Chip("esp32", "", "", 4 << 20, None), None)
    assert "without --board nobody knows whether this board has PSRAM" in unasked


@pytest.mark.parametrize(
    ("chip", "words", "features", "mb"),
    [
        ("esp32", "ESP32-D0WDQ6 (revision v1.0)", ["Wi-Fi", "BT"], None),
        ("esp32", "ESP32-D0WDR2-V3 (revision v3.0)", ["Wi-Fi"], 2),
        ("esp32", "ESP32-PICO-V3-02", ["Embedded Flash", "Embedded PSRAM"], -1),
        ("esp32s3", "ESP32-S3 (QFN56)", ["Wi-Fi", "Embedded PSRAM 8MB (AP_3v3)"], 8),
        ("esp32s3", "ESP32-S3 (QFN56)", ["Wi-Fi"], 0),
        ("esp32s2", "ESP32-S2", ["No Embedded PSRAM"], 0),
    ],
)
def test_psram_is_told_where_the_chip_tells(
    chip: str, words: str, features: list[str], mb: int | None
) -> None:
    assert psram(chip, words, features) == mb
