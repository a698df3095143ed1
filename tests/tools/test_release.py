"""Releases as files, and the two commands: what is made, what is shown, what is refused."""

import json
import struct
import zipfile
from pathlib import Path

import pytest

from porchkit import cli, keys, releases
from porchkit.errors import CommandError
from porchkit.paths import firmware_root

KEY = keys.generate()


@pytest.fixture(scope="module")
def made() -> releases.Release:
    return releases.build(firmware_root(), KEY)


def test_the_firmware_as_it_is_makes_a_release(made: releases.Release, tmp_path: Path) -> None:
    assert "agent/program.py" in made.files
    assert "lib/accord/wire.py" in made.files
    assert "main.py" not in made.files
    assert len(made.token) <= 2048
    releases.save(made, tmp_path / "x.release")
    releases.save(made, tmp_path / "y.release")
    assert (tmp_path / "x.release").read_bytes() == (tmp_path / "y.release").read_bytes()
    assert releases.load(tmp_path / "x.release") == made


def test_the_board_takes_every_file_that_is_made(made: releases.Release) -> None:
    """By the board's own rules, so that none of them is learnt on a porch."""
    from agent import release as board

    found = board.verify(
        made.token, {made.maker: KEY.public_key()}, lambda key, *rest: keys.check(key, *rest)
    )
    files = board.read_list(made.listing, found)
    assert {file.path: file.size for file in files} == {
        path: len(content) for path, content in made.files.items()
    }
    assert (found.version, found.name) == (made.number, made.name)


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        ({"agent/gate.py": b"other"}, "agent/gate.py is missing or not what was signed"),
        ({"agent/gate.py": None}, "agent/gate.py is missing or not what was signed"),
        ({"list": b"agent/x.py 1 y\n"}, "its list of files is not the one that was signed"),
        ({"release.jws": b"x"}, "is no release"),
        ({"release.jws": None}, "is no release"),
        ({"agent/huge.py": b"x" * 40_001}, "more than 40000 bytes"),
    ],
)
def test_a_file_that_is_not_whole(
    made: releases.Release, tmp_path: Path, spoil: dict[str, bytes | None], says: str
) -> None:
    parts = {"release.jws": made.token, "list": made.listing, **made.files} | spoil
    path = tmp_path / "x.release"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            if content is not None:
                archive.writestr(name, content)
    with pytest.raises(CommandError, match=says):
        releases.load(path)


def test_what_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        releases.load(tmp_path / "none")
    (tmp_path / "text").write_text("text")
    with pytest.raises(CommandError, match="is no release"):
        releases.load(tmp_path / "text")


@pytest.mark.parametrize(("flags", "method"), [(1, zipfile.ZIP_DEFLATED), (0, 99)])
def test_a_zip_that_cannot_be_unpacked(
    made: releases.Release,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    flags: int,
    method: int,
) -> None:
    path = tmp_path / "x.release"
    releases.save(made, path)
    raw = bytearray(path.read_bytes())
    for head, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):  # as if encrypted, or by a newer zip
        struct.pack_into("<HH", raw, raw.index(head) + at, flags, method)
    path.write_bytes(raw)
    assert cli.main(["release", "show", str(path)]) == 1
    assert "is no release" in capsys.readouterr().err


def test_a_version_that_is_no_python(tmp_path: Path) -> None:
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent/version.py").write_text('NAME = "x"\nRELEASE = = 2\n')
    with pytest.raises(CommandError, match=r"agent/version.py, line 2 is no Python: invalid"):
        releases.build(tmp_path, KEY)


@pytest.mark.parametrize("version", ["", "NAME = 1\nRELEASE = 2\n", 'NAME = "x"\n'])
def test_a_firmware_that_does_not_say_which_it_is(tmp_path: Path, version: str) -> None:
    (tmp_path / "agent").mkdir()
    (tmp_path / "agent/version.py").write_text(version)
    with pytest.raises(CommandError, match="must say NAME and RELEASE"):
        releases.build(tmp_path, KEY)


def test_key_make_show(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key, out = str(tmp_path / "maker.pem"), str(tmp_path / "x.release")
    assert cli.main(["release", "key", key]) == 0
    assert (tmp_path / "maker.pem").stat().st_mode & 0o777 == 0o600
    assert cli.main(["release", "key", key]) == 1
    assert cli.main(["release", "make", "--key", key, "--out", out]) == 0
    capsys.readouterr()
    assert cli.main(["release", "show", out, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert "agent/program.mpy" in row["files"]  # an ESP32 compiles too slowly for its trial
    made = releases.load(Path(out)).files["agent/jpegdc_tables.mpy"]  # native code
    assert (made[:2], made[2] >> 2) == (b"M\x06", 10)  # version 6, xtensawin
    assert cli.main(["release", "make", "--key", key, "--out", out, "--source"]) == 0
    assert "source" in capsys.readouterr().out
    assert "agent/program.py" in releases.load(Path(out)).files
    assert row["maker"] == keys.thumb(keys.load_public(Path(key)))
    assert cli.main(["release", "make", "--key", key, "--firmware", str(tmp_path)]) == 1
    assert "holds no firmware" in capsys.readouterr().err


def test_the_policy_goes_beside_the_cameras_files(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    board = tmp_path / "boards" / "porch"
    board.mkdir(parents=True)
    (board / "config.json").write_text("{}")
    maker = tmp_path / "maker.pem"
    keys.save_private(KEY, maker)
    words = ["update", "porch", "--home", str(tmp_path), "--policy"]
    assert cli.main([*words, "ask"]) == 2
    assert "--maker" in capsys.readouterr().err
    assert cli.main([*words, "ask", "--maker", str(maker)]) == 0
    found = json.loads((board / "release.json").read_text())
    assert found == {**{n: keys.public_jwk(KEY.public_key())[n] for n in "xy"}, "updates": "ask"}
    assert cli.main([*words, "never"]) == 0
    assert json.loads((board / "release.json").read_text()) == found | {"updates": "never"}
    assert (board / "release.json").stat().st_mode & 0o777 == 0o600


def test_a_maker_without_a_policy_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["update", "porch", "--maker", "maker.pem"]) == 2
    assert "--policy" in capsys.readouterr().err
