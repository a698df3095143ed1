"""`porchlight boards`, as it is typed."""

import json

import pytest

from porchkit import boards
from porchkit.cli import main

Screen = pytest.CaptureFixture[str]


def test_a_line_for_every_board(capsys: Screen) -> None:
    assert main(["boards"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split() == ["NAME", "CHIP", "PSRAM", "STATUS", "LIGHT", "NOTES"]
    assert [line.split()[0] for line in lines[1:-2]] == boards.names()
    rows = {line.split()[0]: line for line in lines[1:-2]}
    assert "GPIO33, lit low" in rows["ai_thinker"]
    assert "GPIO2, level not known" in rows["wrover_kit"]
    assert "unusable" in rows["m5_unitcam"]
    assert "it has no PSRAM" in rows["m5_unitcam"]


def test_all_about_one(capsys: Screen) -> None:
    assert main(["boards", "m5_timercam"]) == 0
    out = capsys.readouterr().out
    table = boards.table("m5_timercam")
    assert "M5Stack Timer Camera (X, F) (m5_timercam)" in out
    assert "M5STACK_PSRAM at 0x1000" in out
    assert "GPIO33 high" in out
    assert "OV3660: camera firmware 0.6.0 or 0.5.0" in out
    assert all(trap in out for trap in table["traps"])
    assert all(source in out for source in table["source"].values())


def test_steps_for_the_hands(capsys: Screen) -> None:
    assert main(["boards", "ai_thinker"]) == 0
    before, _, after = capsys.readouterr().out.partition("After flashing:")
    assert "Connect GPIO0 to GND, then press RST." in before
    assert "Take GPIO0 off GND" in after


def test_why_it_cannot_be_used(capsys: Screen) -> None:
    assert main(["boards", "m5_atom_s3r_cam"]) == 0
    assert "Cannot be used: its GC0308 sensor makes no JPEG" in capsys.readouterr().out


@pytest.mark.parametrize("name", boards.names())
def test_every_board_can_be_shown(name: str, capsys: Screen) -> None:
    assert main(["boards", name]) == 0
    assert f"({name})" in capsys.readouterr().out.splitlines()[0]


def test_for_a_script(capsys: Screen) -> None:
    assert main(["boards", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)["boards"]
    assert found == [boards.table(name) for name in boards.names()]
    assert main(["boards", "esp_eye", "--json"]) == 0
    one = json.loads(capsys.readouterr().out)
    assert one == {"board": boards.table("esp_eye"), "sensors": boards.sensors("esp_eye")}


def test_an_unknown_board(capsys: Screen) -> None:
    assert main(["boards", "esp9000"]) == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.startswith("porchlight: no board 'esp9000'; the boards are: ai_thinker, ")
    assert shown.err.count("\n") == 1
