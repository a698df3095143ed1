"""The board table: what it says, and what others get from it."""

from typing import Any

import pytest

from porchkit import boards, boards_readme, paths
from porchkit.boards_pins import CHIPS
from porchkit.boards_rules import IMAGES, STATUSES
from porchkit.errors import CommandError

NAMES = boards.names()
USABLE = [name for name in NAMES if boards.table(name)["status"] != "unusable"]
REFUSED = {
    "m5_atom_s3r_cam": "its GC0308 sensor makes no JPEG",
    "m5_esp32cam": "it has no PSRAM",
    "m5_unitcam": "it has no PSRAM",
    "ttgo_t_journal": "it has no PSRAM",
}

# The reference table's fifteen rows, as read from the driver's own header: D0..D7; pclk, vsync,
# href; xclk; sda, scl; power-down, reset; image.
ROWS: dict[str, tuple[list[int], str, str]] = {
    "ai_thinker": ([5, 18, 19, 21, 36, 39, 34, 35], "22 25 23 0 26 27 32 -1", "AI_THINKER"),
    "wrover_kit": ([4, 5, 18, 19, 36, 39, 34, 35], "22 25 23 21 26 27 -1 -1", "WROVER_KIT"),
    "esp_eye": ([34, 13, 14, 35, 39, 38, 37, 36], "25 5 27 4 18 23 -1 -1", "ESP_EYE"),
    "m5_timercam": ([32, 35, 34, 5, 39, 18, 36, 19], "21 22 26 27 25 23 -1 15", "M5STACK_PSRAM"),
    "m5_psram": ([32, 35, 34, 5, 39, 18, 36, 19], "21 22 26 27 25 23 -1 15", "M5STACK_PSRAM"),
    "m5_unitcam": ([32, 35, 34, 5, 39, 18, 36, 19], "21 22 26 27 25 23 -1 15", "M5STACK_UNITCAM"),
    "m5_esp32cam": ([17, 35, 34, 5, 39, 18, 36, 19], "21 22 26 27 25 23 -1 15", "M5STACK_ESP32CAM"),
    "m5_v2": ([32, 35, 34, 5, 39, 18, 36, 19], "21 25 26 27 22 23 -1 15", "M5STACK_V2_PSRAM"),
    "m5_wide": ([32, 35, 34, 5, 39, 18, 36, 19], "21 25 26 27 22 23 -1 15", "M5STACK_WIDE"),
    "ttgo_t_journal": ([17, 35, 34, 5, 39, 18, 36, 19], "21 22 26 27 25 23 0 15", "TTGO_T_JOURNAL"),
    "ttgo_t_camera_plus": (
        [34, 13, 26, 35, 39, 38, 37, 36], "25 5 27 4 18 23 -1 -1", "TTGO_T_CAMERA_PLUS",
    ),
    "xiao_s3_sense": ([15, 17, 18, 16, 14, 12, 11, 48], "13 38 47 10 40 39 -1 -1", "XIAO_ESP32S3"),
    "freenove_s3": ([11, 9, 8, 10, 12, 18, 17, 16], "13 6 7 15 4 5 -1 -1", "FREENOVE_ESP32S3_CAM"),
    "esp32s3_cam": ([11, 9, 8, 10, 12, 18, 17, 16], "13 6 7 15 4 5 -1 -1", "FREENOVE_ESP32S3_CAM"),
    "esp32s3_eye": ([11, 9, 8, 10, 12, 18, 17, 16], "13 6 7 15 4 5 -1 -1", "ESP32S3_EYE"),
    "m5_cams3": ([6, 15, 16, 7, 5, 10, 4, 13], "12 42 18 11 17 41 -1 21", "M5STACK_CAMS3_UNIT"),
    "m5_atom_s3r": ([3, 42, 46, 48, 4, 17, 11, 13], "40 10 14 21 12 9 -1 -1", "M5STACK_ATOM_S3R"),
    "m5_atom_s3r_cam": (
        [3, 42, 46, 48, 4, 17, 11, 13], "40 10 14 21 12 9 -1 -1", "M5STACK_ATOM_S3R",
    ),
    "dfrobot_firebeetle2_s3": (
        [39, 40, 41, 4, 7, 8, 46, 48], "5 6 42 45 1 2 -1 -1", "DFRobot_ESP32S3",
    ),
    "new_esps3_re1_0": ([5, 3, 2, 4, 6, 8, 9, 11], "7 13 12 10 21 14 -1 -1", "NEW_ESPS3_RE1_0"),
    "lilygo_t_camera_s3": (
        [14, 47, 48, 21, 13, 11, 10, 9], "12 8 18 38 5 4 -1 39", "ESP32_GENERIC_S3-SPIRAM_OCT",
    ),
}  # fmt: skip
_ORDER = ("pclk", "vsync", "href", "xclk", "sda", "scl", "powerdown", "reset")


def test_the_reference_table_is_whole() -> None:
    assert set(ROWS) == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_pins_and_image_are_those_of_the_reference(name: str) -> None:
    found = boards.table(name)
    camera = found["camera"]
    pins = " ".join(str(camera[f"{pin}_pin"]) for pin in _ORDER)
    assert (camera["data_pins"], pins, found["image"]) == ROWS[name]


@pytest.mark.parametrize("name", USABLE)
def test_every_usable_board_makes_a_board_json(name: str) -> None:
    board = boards.board_json(name)
    assert board["name"] == name
    assert set(board) == {
        "name", "camera", "power_down", "light", "flash", "button", "hold", "pull_ups",
        "orientation",
    }  # fmt: skip
    lines = [board[line] for line in ("power_down", "light", "flash", "button")]
    assert all(line is None or set(line) == {"pin", "active"} for line in lines)


def test_unusable_boards_are_refused_with_the_reason() -> None:
    assert set(NAMES) - set(USABLE) == set(REFUSED)
    for name, reason in REFUSED.items():
        with pytest.raises(CommandError) as refused:
            boards.board_json(name)
        assert f"({name}) cannot be used: {reason}" in str(refused.value)
        assert "\n" not in str(refused.value)


def test_unknown_board_names_the_known() -> None:
    with pytest.raises(CommandError, match="no board 'x'; the boards are: ai_thinker, "):
        boards.board_json("x")


def test_what_a_board_needs_from_the_first_moment_on() -> None:
    def early(name: str) -> tuple[Any, Any]:
        board = boards.board_json(name)
        return board["hold"], board["pull_ups"]

    assert early("m5_timercam") == ([{"pin": 33, "level": 1}], [])
    assert early("m5_atom_s3r") == ([{"pin": 18, "level": 0}], [])
    assert early("esp_eye") == ([], [13, 14])
    assert early("ai_thinker") == ([], [])


def test_a_light_whose_level_nobody_knows_is_not_driven() -> None:
    assert boards.table("wrover_kit")["light"] == {"pin": 2}
    assert boards.board_json("wrover_kit")["light"] is None
    assert boards.board_json("ai_thinker")["light"] == {"pin": 33, "active": 0}


def test_every_status_is_in_use() -> None:
    assert {boards.table(name)["status"] for name in NAMES} == set(STATUSES)
    gone = [name for name in NAMES if boards.table(name)["status"] == "end-of-life"]
    assert gone == ["esp32s3_eye", "esp_eye"]


def test_sensors() -> None:
    known = boards.sensors("xiao_s3_sense")
    assert known["OV3660"]["firmware"] == ["0.6.0", "0.5.0"]
    assert "#55" in known["OV3660"]["note"]
    assert (known["OV3660"]["vflip"], known["OV3660"]["hmirror"]) == (True, False)
    assert (known["OV2640"]["jpeg"], known["OV2640"]["vflip"]) == (True, False)
    assert known["OV7725"]["jpeg"] is False
    keys = {"jpeg", "firmware", "note", "vflip", "hmirror"}
    assert all(set(row) == keys for row in known.values())


def test_a_board_that_is_turned_turns_every_sensor() -> None:
    wide = boards.sensors("m5_wide")
    assert all(row["vflip"] and row["hmirror"] for row in wide.values())
    assert boards.board_json("m5_wide")["orientation"] == {"*": ["vflip", "hmirror"]}
    assert boards.board_json("esp32s3_eye")["orientation"] == {"*": ["vflip"]}
    assert boards.board_json("ai_thinker")["orientation"] == {"*": [], "OV3660": ["vflip"]}


def test_a_boards_own_word_on_a_sensor_wins() -> None:
    common, own = boards.sensors("esp_eye"), boards.sensors("freenove_s3")
    assert "on this board" not in common["OV5640"]["note"]
    assert "on this board" in own["OV5640"]["note"]


def test_by_usb() -> None:
    native = boards.by_usb(0x303A, 0x1001)
    assert native[:2] == ["freenove_s3", "xiao_s3_sense"]
    assert native[-1] == "m5_atom_s3r_cam", "what cannot be used comes last"
    assert boards.by_usb(0x1A86, 0x7523)[0] == "ai_thinker"
    assert boards.by_usb(0x2886, 0x0056) == ["xiao_s3_sense"]
    assert boards.by_usb(0xDEAD, 0xBEEF) == []


def test_an_image_belongs_to_one_chip() -> None:
    assert set(IMAGES) == set(CHIPS)
    assert not set(IMAGES["esp32"]) & set(IMAGES["esp32s3"])


def test_the_readme_is_true() -> None:
    readme = (paths.boards_root() / "README.md").read_text("utf-8")
    assert readme == boards_readme.render(), "run: python -m porchkit.boards_readme"


def test_the_readme_marks_what_must_not_be_missed() -> None:
    rows = {
        line.split("`")[1]: line for line in boards_readme.render().splitlines() if "| `" in line
    }
    assert set(rows) == set(NAMES)
    for name, row in rows.items():
        found = boards.table(name)
        assert ("✖ unusable" in row) == (found["status"] == "unusable")
        assert ("⚠ unverified" in row) == (found["status"] == "unverified")
        assert ("⚠ end of life" in row) == (found["status"] == "end-of-life")
        assert found.get("reason", "") in row
