"""What a browser gets to flash a board with: the parts, where they go, and what is left alone."""

import json
from pathlib import Path

import pytest

from porchkit import boards, cli
from porchkit.flash import webmanifest
from tests.support import espimages

# src/const.ts of ESP Web Tools: a family that is not among these is refused there.
BROWSER_KNOWS = {"ESP32", "ESP32-C3", "ESP32-C6", "ESP32-P4", "ESP32-S2", "ESP32-S3"}


def webflash(board: str, contents: bytes, folder: Path) -> int:
    file = folder / "firmware.bin"
    file.write_bytes(contents)
    words = ["--board", board, "--firmware", str(file), "--out", str(folder / "site" / board)]
    return cli.main(["webflash", *words])


@pytest.mark.parametrize(
    ("board", "chip", "family", "offset"),
    [("ai_thinker", "esp32", "ESP32", 0x1000), ("xiao_s3_sense", "esp32s3", "ESP32-S3", 0)],
)
def test_the_parts_are_the_image_around_the_nvs(
    tmp_path: Path, board: str, chip: str, family: str, offset: int
) -> None:
    contents = espimages.merged(chip=chip)
    assert webflash(board, contents, tmp_path) == 0
    site = tmp_path / "site" / board
    manifest = json.loads((site / "manifest.json").read_text())
    (build,) = manifest["builds"]
    assert build["chipFamily"] == family
    assert [part["offset"] for part in build["parts"]] == [offset, 0xF000]
    flash = bytearray(b"\xaa" * (offset + len(contents)))
    for part in build["parts"]:
        raw = (site / part["path"]).read_bytes()
        flash[part["offset"] : part["offset"] + len(raw)] = raw
    nvs = slice(espimages.NVS, espimages.NVS + espimages.NVS_SIZE)
    assert set(flash[nvs]) == {0xAA}
    flash[nvs] = contents[nvs.start - offset : nvs.stop - offset]
    assert flash[offset:] == contents


def test_the_browser_asks_before_it_erases_and_waits_for_no_improv(tmp_path: Path) -> None:
    webflash("ai_thinker", espimages.merged(), tmp_path)
    manifest = json.loads((tmp_path / "site/ai_thinker/manifest.json").read_text())
    assert manifest["new_install_prompt_erase"] is True
    assert manifest["new_install_improv_wait_time"] == 0
    assert "AI-Thinker" in manifest["name"]
    assert manifest["version"]


def test_every_chip_of_the_table_has_a_family_that_browsers_know() -> None:
    chips = {boards.table(name)["chip"] for name in boards.names()}
    assert chips <= set(webmanifest.FAMILIES)
    assert set(webmanifest.FAMILIES.values()) <= BROWSER_KNOWS


def test_another_chip_s_file_is_refused_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert webflash("ai_thinker", espimages.merged(chip="esp32s3"), tmp_path) == 11
    assert "is for esp32s3" in capsys.readouterr().err
    assert not (tmp_path / "site").exists()
    assert webflash("m5_unitcam", espimages.merged(), tmp_path) == 11
