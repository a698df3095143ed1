"""A zones file is read as the board takes it, or refused in one line that says where."""

from pathlib import Path

import pytest

from porchkit import zones
from porchkit.errors import CommandError


def test_rows_without_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "zones.txt"
    path.write_bytes(b"\xef\xbb\xbf....\r\n\r\n.##.  \n")
    assert zones.read(path) == ["....", ".##."]


def test_the_largest_that_a_board_takes(tmp_path: Path) -> None:
    path = tmp_path / "zones.txt"
    path.write_text("\n".join(["." * zones.MAX_COLS] * zones.MAX_ROWS))
    assert len(zones.read(path)) == zones.MAX_ROWS


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"...\n....\n", r"line 2: 4 characters, but the first row has 3"),
        (b"...\n\n..x\n", r"line 3: 'x'; only \. \(watch\) and # \(ignore\)"),
        (b"", "0 rows; give 1 to 60"),
        (b"\n \n", "0 rows; give 1 to 60"),
        (b".\n" * 61, "61 rows; give 1 to 60"),
        (b"." * 81, "line 1: 81 characters; at most 80"),
        (b"\xff\xfe.", "not a text file"),
        (b".\x00.", r"line 1: '\\x00'"),
    ],
)
def test_what_no_board_would_take(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "zones.txt"
    path.write_bytes(content)
    with pytest.raises(CommandError, match=message) as caught:
        zones.read(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        zones.read(tmp_path / "gone.txt")
    with pytest.raises(CommandError, match="Is a directory"):
        zones.read(tmp_path)
