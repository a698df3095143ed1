"""A table of mistakes in a board's file: each is refused in one line that names file and key."""

from collections.abc import Callable
from pathlib import Path

import pytest

from porchkit import boards, paths
from porchkit.errors import CommandError

LIGHT = "pin = 33\nactive = 0"
UNSURE = 'unverified = ["usb"]\n'
# board, what stands in its file, what stands there instead, what is said of it
MISTAKES = [
    # keys
    ("ai_thinker", "chip =", "chips =", "chip is missing"),
    ("ai_thinker", "name =", 'colour = "red"\nname =', "colour is not known"),
    ("ai_thinker", "flash_mb =", "flash_mib =", "flash_mib is not known; is 'flash_mb' meant?"),
    ("ai_thinker", "pclk_pin = 22\n", "", "camera.pclk_pin is missing"),
    ("ai_thinker", "pclk_pin", "pclk", "camera.pclk_pin is missing"),
    ("ai_thinker", "pclk_pin = 22", "pclk_pin = 22\nbogus = 1", "camera.bogus is not known"),
    ("ai_thinker", LIGHT, "active = 0", "light.pin is missing"),
    ("ai_thinker", LIGHT, "pin = 33\nlevel = 0", "light.level is not known"),
    ("ai_thinker", "[sensors.OV3660]\n", "[sensors.OV3660]\nfw = 1\n",
     "sensors.OV3660.fw is not known"),
    ("m5_timercam", "level = 1", "active = 1", "hold[0].level is missing"),
    ("m5_timercam", "level = 1", "level = 1, for = 2", "hold[0].for is not known"),
    ("ai_thinker", "[source]\n", "[source]\nrumour = \"x\"\n", "source.rumour is not known"),
    # types and ranges
    ("ai_thinker", 'title = "AI-Thinker ESP32-CAM"', "title = 3", "title must be text"),
    ("ai_thinker", 'title = "AI-Thinker ESP32-CAM"', 'title = ""', "title must be text"),
    ("ai_thinker", 'name = "ai_thinker"', 'name = "AI Thinker"', "name must be small letters"),
    ("ai_thinker", 'name = "ai_thinker"', 'name = "ai"', "name is 'ai', which is not the name"),
    ("ai_thinker", 'status = "tested-virtually"', 'status = "fine"', "status must be one of"),
    ("ai_thinker", 'chip = "esp32"', 'chip = "esp8266"', "chip must be one of esp32, esp32s3"),
    ("ai_thinker", "flash_mb = 4", "flash_mb = true", "flash_mb must be a number from 1"),
    ("ai_thinker", "flash_mb = 4", "flash_mb = 4.0", "flash_mb must be a number from 1"),
    ("ai_thinker", "pclk_pin = 22", "pclk_pin = 77", "camera.pclk_pin must be a number from 0"),
    ("ai_thinker", "pclk_pin = 22", "pclk_pin = -1", "camera.pclk_pin must be a number from 0"),
    ("ai_thinker", "[5, 18,", "[5,", "camera.data_pins must be the eight pins"),
    ("ai_thinker", "xclk_freq = 20_000_000", "xclk_freq = 50_000_000", "camera.xclk_freq must"),
    ("ai_thinker", "fb_count = 1", "fb_count = 3", "camera.fb_count must be a number from 1 to 2"),
    ("ai_thinker", LIGHT, "pin = 33\nactive = 2", "light.active must be a number from 0 to 1"),
    ("ai_thinker", LIGHT, "pin = 33\nactive = true", "light.active must be a number"),
    ("ai_thinker", '["1a86", "7523"]', '["1A86", "7523"]', "usb must be pairs of four hex digits"),
    ("ai_thinker", '["1a86", "7523"]', '["1a86"]', "usb must be pairs of four hex digits"),
    ("ai_thinker", '["1a86", "7523"]', "[6790, 29987]", "usb must be pairs of four hex digits"),
    ("ai_thinker", UNSURE, "unverified = []\n", "unverified must be a list of texts"),
    ("ai_thinker", "[sensors.OV3660]\n", "[sensors.OV3660]\nvflip = 1\n",
     "sensors.OV3660.vflip must be true or false"),
    ("esp_eye", "pull_ups = [13, 14]", "pull_ups = [13, 99]", "pull_ups must be a list of pins"),
    ("m5_timercam", "hold = [{ pin = 33, level = 1 }]", "hold = [33]", "hold must be a list of {"),
    ("m5_timercam", "level = 1", "level = 3", "hold[0].level must be a number from 0 to 1"),
    # chip, image, memory
    ("ai_thinker", '"AI_THINKER"', '"AI_TINKER"', "image is no image of the camera firmware"),
    ("ai_thinker", '"AI_THINKER"', '"XIAO_ESP32S3"', "for esp32"),
    ("ai_thinker", "image_offset = 0x1000", "image_offset = 0x0",
     "image_offset must be 0x1000 for esp32"),
    ("freenove_s3", "image_offset = 0x0", "image_offset = 0x1000",
     "image_offset must be 0x0 for esp32s3"),
    ("ai_thinker", 'psram_bus = "quad"', 'psram_bus = "octal"', "psram_bus cannot be octal"),
    ("ai_thinker", "psram_mb = 4\n", "", "psram_mb is missing; if nobody says"),
    ("ai_thinker", UNSURE, "", ""),  # usb is there: what is not verified may stay unsaid
    # status
    ("ai_thinker", "psram_mb = 4", "psram_mb = 0", "status must be unusable"),
    ("m5_unitcam", 'reason = "it has no PSRAM, and the camera driver needs it"\n', "",
     "reason is missing"),
    ("ai_thinker", "name =", 'reason = "x"\nname =', "reason is for unusable boards only"),
    ("m5_v2", 'unverified = ["light.pin", "light.active", "flash", "button", "usb"]\n', "",
     "unverified is missing"),
    ("ai_thinker", UNSURE, 'unverified = ["pins"]\n', "unverified has 'pins', which is no key"),
    ("ai_thinker", LIGHT, "pin = 33", "light.active is missing; if nobody says"),
    ("ai_thinker", "usb = [[", "# usb = [[", ""),  # usb is among the unverified
    ("xiao_s3_sense", "usb = [[", "# usb = [[", "usb is missing; if nobody says"),
    # what belongs together
    ("ai_thinker", "[power_down]\npin = 32\nactive = 1", "", "power_down is missing"),
    ("ai_thinker", "[power_down]\npin = 32", "[power_down]\npin = 2",
     "power_down.pin must be the same"),
    ("ai_thinker", "grab_mode = 0", "grab_mode = 1", "camera.grab_mode of 1 (LATEST) needs"),
    ("ai_thinker", 'light = "s60sc', '# light = "', "source.light is missing: who says so?"),
    ("ai_thinker", 'pins = "cnadler86', '# pins = "', "source.pins is missing"),
    # pins
    ("ai_thinker", LIGHT, "pin = 6\nactive = 0", "light.pin is GPIO6, which esp32 does not have"),
    ("ai_thinker", LIGHT, "pin = 48\nactive = 0", "light.pin is GPIO48, which esp32 does not"),
    ("xiao_s3_sense", "pin = 21", "pin = 24", "light.pin is GPIO24, which esp32s3 does not have"),
    ("xiao_s3_sense", "pin = 21", "pin = 35", "light.pin is GPIO35, which the PSRAM takes"),
    ("ai_thinker", LIGHT, "pin = 16\nactive = 0", "light.pin is GPIO16, which the PSRAM takes"),
    ("ai_thinker", "vsync_pin = 25", "vsync_pin = 17", "camera.vsync_pin is GPIO17, which the PS"),
    ("ai_thinker", "xclk_pin = 0", "xclk_pin = 34", "camera.xclk_pin is GPIO34, which can only"),
    ("wrover_kit", "[light]\npin = 2", "[light]\npin = 37", "light.pin is GPIO37, which can only"),
    ("ai_thinker", "[flash]", "[button]\npin = 38\nactive = 0\n\n[flash]",
     "button.pin is GPIO38, which has no pull-up"),
    ("esp_eye", "pull_ups = [13, 14]", "pull_ups = [13, 35]", "pull_ups is GPIO35, which has no"),
    ("esp_eye", "pull_ups = [13, 14]", "pull_ups = [13, 21]", "pull_ups has GPIO21, which light"),
    ("ai_thinker", LIGHT, "pin = 5\nactive = 0", "light.pin is GPIO5, as is camera.data_pins[0]"),
    ("ai_thinker", "vsync_pin = 25", "vsync_pin = 22", "camera.vsync_pin is GPIO22, as is camera"),
    ("m5_timercam", "pin = 33, level", "pin = 2, level", "hold[0].pin is GPIO2, as is light.pin"),
    ("xiao_s3_sense", "[button]\npin = 0", "[button]\npin = 21", "button.pin is GPIO21, as is lig"),
    ("ai_thinker", "shared =", "# shared =", "camera.xclk_pin is GPIO0, as is the boot strap"),
    ("ai_thinker", "shared = [{ pin = 0", "shared = [{ pin = 5", "camera.xclk_pin is GPIO0"),
    ("ai_thinker", "shared = [{ pin = 0, reason",
     'shared = [{ pin = 5, reason = "x" }, { pin = 0, reason', "shared has GPIO5, which has only"),
    # not TOML at all
    ("ai_thinker", "[camera]", "[camera", "Expected"),
]  # fmt: skip

Altered = Callable[..., None]


@pytest.fixture
def altered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Altered:
    """Puts one board's file, with each `old` replaced by its `new`, in the place of all boards."""

    def alter(name: str, *changes: tuple[str, str]) -> None:
        text = (paths.boards_root() / f"{name}.toml").read_text("utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (tmp_path / f"{name}.toml").write_text(text, "utf-8")
        monkeypatch.setattr(boards, "boards_root", lambda: tmp_path)

    return alter


@pytest.mark.parametrize(("name", "old", "new", "says"), MISTAKES)
def test_a_mistake_is_named_in_one_line(
    altered: Altered, name: str, old: str, new: str, says: str
) -> None:
    altered(name, (old, new))
    if not says:
        assert boards.table(name)["name"] == name
        return
    with pytest.raises(CommandError) as refused:
        boards.table(name)
    line = str(refused.value)
    assert line.startswith(f"{name}.toml: ")
    assert says in line
    assert "\n" not in line


def test_two_uses_with_a_reason_are_allowed(altered: Altered) -> None:
    altered(
        "m5_timercam",
        ("hold = [{ pin = 33,", 'shared = [{ pin = 2, reason = "x" }]\nhold = [{ pin = 2,'),
        ("[source]\n", '[source]\nshared = "y"\n'),
    )
    assert boards.table("m5_timercam")["hold"][0]["pin"] == 2


def test_a_pin_that_psram_would_take_is_free_without_it() -> None:
    assert 17 in boards.table("ttgo_t_journal")["camera"]["data_pins"]


def test_where_the_bus_is_not_known_all_its_pins_are_kept_free(altered: Altered) -> None:
    altered(
        "m5_atom_s3r",
        ('psram_bus = "octal"\n', ""),
        ('"psram_mb"', '"psram_mb", "psram_bus"'),
        ("pin = 18, level", "pin = 35, level"),
    )
    with pytest.raises(CommandError, match=r"hold\[0\]\.pin is GPIO35, which the PSRAM takes"):
        boards.table("m5_atom_s3r")


def test_a_file_that_is_not_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.toml").write_bytes(b'name = "\xff"')
    monkeypatch.setattr(boards, "boards_root", lambda: tmp_path)
    with pytest.raises(CommandError, match=r"^x\.toml: "):
        boards.table("x")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[OV1]\njpeg = 1", "OV1.jpeg must be true or false"),
        ("[OV1]\nspeed = 1", "OV1.speed is not known"),
        ("OV1 = 3", "OV1 must be a table"),
    ],
)
def test_mistakes_in_what_is_common_to_sensors(
    altered: Altered, tmp_path: Path, text: str, says: str
) -> None:
    altered("ai_thinker")
    (tmp_path / "sensors").mkdir()
    (tmp_path / "sensors" / "common.toml").write_text(text)
    with pytest.raises(CommandError) as refused:
        boards.sensors("ai_thinker")
    assert str(refused.value) == f"common.toml: {says}"
