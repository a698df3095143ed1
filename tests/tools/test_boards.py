"""The board table."""

from pathlib import Path

import pytest

from porchkit import boards, paths
from porchkit.errors import CommandError


@pytest.mark.parametrize("name", boards.names())
def test_every_board_makes_a_board_json(name: str) -> None:
    board = boards.board_json(name)
    assert board["name"] == name
    pins = [*board["camera"]["data_pins"], board["camera"]["xclk_pin"]]
    lines = [board[line] for line in ("power_down", "light", "flash", "button") if board[line]]
    used = pins + [line["pin"] for line in lines]
    assert len(set(used)) == len(used), "one pin, one use"
    if board["power_down"]:
        assert board["power_down"]["pin"] == board["camera"]["powerdown_pin"]


def test_the_first_three_boards_are_there() -> None:
    assert {"ai_thinker", "freenove_s3", "xiao_s3_sense"} <= set(boards.names())


def test_unknown_board_names_the_known() -> None:
    with pytest.raises(CommandError, match="no board 'x'; the boards are: ai_thinker, "):
        boards.board_json("x")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("pclk_pin = 22", "", "must have exactly"),
        ("pclk_pin = 22", "pclk_pin = 22\nbogus = 1", "must have exactly"),
        ("pclk_pin = 22", "pclk_pin = 77", "pins must be 0..48"),
        ("[5, 18,", "[5,", "data_pins eight"),
        ("pin = 33\nactive = 0", "pin = 33\nactive = 2", r"\[light\] needs"),
        ("pin = 33\nactive = 0", "pin = 33", r"\[light\] needs"),
        ("[camera]", "[camera", "ai_thinker.toml: "),
    ],
)
def test_a_bad_row_says_where(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, message: str
) -> None:
    text = (paths.boards_root() / "ai_thinker.toml").read_text()
    assert old in text
    (tmp_path / "ai_thinker.toml").write_text(text.replace(old, new))
    monkeypatch.setattr(boards, "boards_root", lambda: tmp_path)
    with pytest.raises(CommandError, match=message):
        boards.board_json("ai_thinker")
