"""What people type, and what they are told: words in, exit code and one line out."""

import argparse
import io
import json
from pathlib import Path
from typing import Any

import pytest

from porchkit import cli
from porchkit.errors import CommandError, HostUnreachable, UsageError
from porchkit.home import Home
from porchkit.provision import household, ports, several, show, ways, wifi
from porchkit.provision.household import Door, Folder
from porchkit.provision.verdicts import FAIL, PASS, Row
from porchkit.provision.wifi import Wifi

PASSWORD = "correct-horse"


def secret_file(path: Path, text: str, mode: int = 0o600) -> str:
    path.write_text(text)
    path.chmod(mode)
    return str(path)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"home\n{PASSWORD}\n", ("home", PASSWORD)),
        (f"my café\r\n{PASSWORD}", ("my café", PASSWORD)),
        ("open-net\n", ("open-net", "")),
        (" spaces count \n pass word \n", (" spaces count ", " pass word ")),
        ("x\n" + "ab" * 32, ("x", "ab" * 32)),
    ],
)
def test_a_wi_fi_file(tmp_path: Path, text: str, found: tuple[str, str]) -> None:
    read = wifi.read(secret_file(tmp_path / "w", text))
    assert (read.ssid, read.key) == found
    assert wifi.read("-", io.StringIO(text)) == read


@pytest.mark.parametrize(
    "text", ["", "\n\n\n", "a\nb\nc\n", f"\n{PASSWORD}", "home\nshort", "x" * 33, f"h\n{'p' * 65}"]
)
def test_a_wi_fi_file_that_cannot_be_one_tells_no_password(tmp_path: Path, text: str) -> None:
    with pytest.raises(UsageError) as caught:
        wifi.read(secret_file(tmp_path / "w", text))
    assert "short" not in str(caught.value)
    assert "ppp" not in str(caught.value)


def test_a_wi_fi_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = secret_file(tmp_path / "w", f"home\n{PASSWORD}\n", 0o644)
    with pytest.raises(CommandError, match="chmod 600"):
        wifi.read(path)
    with pytest.raises(CommandError, match="cannot read"):
        wifi.read(str(tmp_path / "none"))


def test_a_password_is_in_no_repr() -> None:
    assert PASSWORD not in repr(Wifi("home", PASSWORD))


def test_who_is_not_at_a_terminal_is_told_about_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("home\n"))
    with pytest.raises(CommandError, match="--wifi-file"):
        wifi.ask()


def test_the_password_is_asked_for_without_echo(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = io.StringIO("home\n")
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    monkeypatch.setattr("getpass.getpass", lambda prompt: PASSWORD)
    assert wifi.ask() == Wifi("home", PASSWORD)


def resident_s_home(folder: Path) -> list[str]:
    where = ["--home", str(folder)]
    cli.dispatch(["init", *where])
    cli.dispatch(["resident", "new", "sam", *where])
    return where


def test_which_board_it_is_is_asked_before_one_is_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["provision", "porch", "--port", "/dev/null", *resident_s_home(tmp_path / "home")]
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert cli.main(words) == 2
    assert "which board is it? say --board NAME" in capsys.readouterr().err
    terminal = io.StringIO("no-such\nai_thinker\n")
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("sys.stdin", terminal)
    assert cli.main(words) == 1
    assert "no board 'no-such'" in capsys.readouterr().err
    assert cli.main(words) == 10  # and only now the port is opened
    assert "no serial port" in capsys.readouterr().err


def test_several_boards_ask_once() -> None:
    asked = []
    once = several.AskOnce(lambda: asked.append(1) or Wifi("home", PASSWORD))
    assert once() is once()
    assert asked == [1]


def home(folder: Path, listen: str) -> Home:
    folder.mkdir(exist_ok=True)
    (folder / "porchlight.toml").write_text(f"[listen]\n{listen}")
    return Home(folder)


@pytest.mark.parametrize(
    ("words", "listen", "door"),
    [
        ({}, 'names = ["oak", "oak.local"]', Door("oak", 8443, "oak")),
        ({}, 'names = ["192.168.1.5"]\nport = 9443', Door("192.168.1.5", 9443, "localhost")),
        ({}, 'names = ["192.168.1.5", "oak"]', Door("192.168.1.5", 8443, "oak")),
        ({}, "", Door("127.0.0.1", 8443, "localhost")),
        ({"address": "10.0.0.2"}, 'names = ["oak"]', Door("10.0.0.2", 8443, "oak")),
        ({"address": "10.0.0.2:9"}, 'names = ["oak"]', Door("10.0.0.2", 9, "oak")),
        ({"host": "https://elm.local:7"}, "", Door("elm.local", 7, "elm.local")),
        ({"host": "https://10.0.0.3"}, "", Door("10.0.0.3", 8443, "localhost")),
    ],
)
def test_where_a_board_finds_the_host(
    tmp_path: Path, words: dict[str, str], listen: str, door: Door
) -> None:
    args = argparse.Namespace(**{"host": None, "address": None, **words})
    assert household.door(args, home(tmp_path / "home", listen)) == door


def test_an_address_that_is_none(tmp_path: Path) -> None:
    for address in (":8443", "oak:http"):
        args = argparse.Namespace(host=None, address=address)
        with pytest.raises(UsageError, match="NAME:PORT"):
            household.door(args, home(tmp_path / "home", ""))
    args = argparse.Namespace(host=None, address=None)
    with pytest.raises(HostUnreachable, match="porchlight serve"):
        household.door(args, home(tmp_path / "home", "port = 0"))


def test_other_ways_to_a_host(tmp_path: Path) -> None:
    here = home(tmp_path / "home", 'names = ["oak", "oak.local"]')
    args = argparse.Namespace(host=None, address=None)
    assert list(ways.others(args, here, "127.0.0.1")) == ["oak.local", "127.0.0.1", "oak"]
    args.host = "https://localhost:8443"
    assert list(ways.others(args, here, "127.0.0.1")) == ["127.0.0.1"]
    args.address = "10.0.0.1"  # said is said
    assert list(ways.others(args, here, "127.0.0.1")) == []


def test_files_of_a_camera_are_this_user_s_only_whatever_the_umask(tmp_path: Path) -> None:
    folder = Folder(Home(tmp_path / "home"), "porch")
    assert (folder.key(), folder.settings()) == (None, None)
    folder.keep("board.key", bytes(32))
    folder.keep("board.key", bytes([1]) * 32)
    assert folder.key() == bytes([1]) * 32
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert [path.name for path in folder.path.iterdir()] == ["board.key"]
    assert (folder.path / "board.key").stat().st_mode & 0o777 == 0o600
    folder.keep("board.key", b"short")
    folder.keep("config.json", b"[]")
    for read in (folder.key, folder.settings):
        with pytest.raises(CommandError, match="damaged"):
            read()


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (["provision"], 2, "required: CAMERA"),
        (["provision", "Porch!"], 2, "use up to 32 of a-z"),
        (["provision", "porch", "--at", "north"], 2, "LAT,LON"),
        (["provision", "porch", "--at", "91,0"], 2, "LAT,LON"),
        (["provision", "porch", "--port", "a", "--port", "b"], 2, "--all"),
        (["provision", "porch", "--wifi-file", "/none"], 1, "cannot read /none"),
        (["doctor", "/dev/none"], 10, "/dev/none: no such port"),
    ],
)
def test_words_that_make_no_sense(
    words: list[str], code: int, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(words) == code
    assert says in capsys.readouterr().err


def test_help_needs_no_other_document(capsys: pytest.CaptureFixture[str]) -> None:
    for command, words in {
        "provision": ["--wifi-file", "chmod 600", "porchlight flash", "--all", "runs nothing"],
        "doctor": ["nothing but the cable", "not sent", "--json", "Exit status"],
    }.items():
        assert cli.main([command, "--help"]) == 0
        said = capsys.readouterr().out
        assert all(word in said for word in words), command


@pytest.mark.parametrize(
    ("found", "every", "chosen"), [(["a"], False, ["a"]), (["a", "b"], True, ["a", "b"])]
)
def test_boards_on_usb(
    monkeypatch: pytest.MonkeyPatch, found: list[str], every: bool, chosen: list[str]
) -> None:
    seen = [argparse.Namespace(device=name) for name in found]
    monkeypatch.setattr(ports.usb, "listed", lambda: seen)
    monkeypatch.setattr(ports.usb, "likely", lambda listed: list(listed))
    assert ports.chosen([], every=every) == chosen
    assert ports.chosen(["x", "x"], every=True) == ["x"]


def test_of_several_boards_one_must_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ports.usb, "listed", list)
    two = [argparse.Namespace(device=name) for name in "ab"]
    monkeypatch.setattr(ports.usb, "likely", lambda listed: two)
    with pytest.raises(CommandError, match="a, b"):
        ports.chosen([], every=False)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_one_line_on_a_terminal_and_few_in_a_file() -> None:
    screen, file = Terminal(), io.StringIO()
    for out in (screen, file):
        progress = show.Progress("porch", out)
        for text in ("file 1 of 2: a", "file 2 of 2: b", "self-test: \x1b[2J"):
            progress(text)
        progress.done()
    assert "\n" not in screen.getvalue()
    assert file.getvalue() == "porch: self-test: ?[2J\n"


def test_a_row_as_text_and_as_json() -> None:
    rows = [Row("wifi", PASS, "joined"), Row("tls", FAIL, "not trusted", "provision again")]
    assert show.table(rows).splitlines() == [
        "  pass  wifi        joined",
        "  FAIL  tls         not trusted",
        "        -> provision again",
    ]
    row: Any = json.loads(json.dumps(rows[1].json()))
    assert row == {
        "check": "tls",
        "outcome": "FAIL",
        "says": "not trusted",
        "todo": "provision again",
    }
