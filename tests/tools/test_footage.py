"""Anything that shows pictures becomes footage of a virtual board, or one clear line."""

import json
import struct
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from porchkit import footage, jpegs, scene
from porchkit.errors import CommandError
from tests.support.standins import picture


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


def gif(path: Path) -> None:
    """A moving picture that is no JPEG: what a video reader takes."""
    stills = [Image.new("RGB", (320, 200), (shade, 0, 90)) for shade in range(0, 250, 25)]
    stills[0].save(path, save_all=True, append_images=stills[1:], duration=100)


def check(path: Path, size: tuple[int, int], count: int) -> list[bytes]:
    """What MicroPython will read, read by us."""
    film = footage.load(path)
    shots = list(footage.frames(path))
    assert (film.width, film.height, film.frames) == (*size, count)
    assert len(shots) == count
    assert path.with_suffix(".idx").stat().st_size == 8 * count
    for shot in shots:
        assert jpegs.shape(shot) == (*size, True)
        assert len(shot) <= size[0] * size[1] // 5
    return shots


def test_mjpg_file_is_taken_as_it_is(tmp_path: Path) -> None:
    source = tmp_path / "porch.mjpg"
    shots = [picture(shade) for shade in (1, 2, 3)]
    source.write_bytes(b"junk".join(shots))
    source.with_suffix(".json").write_text(json.dumps({"fps": 12}))
    one, two = footage.prepare(source, tmp_path / "made", boards=2)
    assert one == two
    assert check(one, (640, 480), 3) == shots
    assert footage.load(one).fps == 12
    offset, size = struct.unpack_from(">II", one.with_suffix(".idx").read_bytes(), 8)
    assert (offset, size) == (len(shots[0]) + 4, len(shots[1]))


def test_folder_of_mjpg_gives_each_board_its_own(tmp_path: Path) -> None:
    source = tmp_path / "films"
    source.mkdir()
    for name in ("b", "a", "c"):
        (source / f"{name}.mjpg").write_bytes(picture(ord(name)))
    made = footage.prepare(source, tmp_path / "made", boards=5)
    assert [path.stem for path in made] == ["a", "b", "c", "a", "b"]
    assert [next(footage.frames(path)) for path in made[:3]] == [picture(ord(n)) for n in "abc"]


def test_folder_of_jpegs_in_order_of_name(tmp_path: Path) -> None:
    source = tmp_path / "stills"
    source.mkdir()
    for number in (2, 0, 1):
        (source / f"{number}.JPG").write_bytes(picture(number))
    [made] = footage.prepare(source, tmp_path / "made")
    assert check(made, (640, 480), 3) == [picture(number) for number in range(3)]
    assert footage.load(made).fps == footage.DEFAULT_FPS


@pytest.mark.parametrize("odd", ["size", "progressive", "large", "mixed"])
def test_what_no_sensor_gives_is_drawn_anew(tmp_path: Path, odd: str) -> None:
    out = BytesIO()
    if odd == "progressive":
        Image.new("RGB", (640, 480), (9, 9, 9)).save(out, "JPEG", progressive=True)
    elif odd == "large":
        Image.effect_noise((640, 480), 200).convert("RGB").save(out, "JPEG", quality=98)
    else:
        Image.new("RGB", (333, 500), (9, 9, 9)).save(out, "JPEG")
    shots = [picture(1), out.getvalue()] if odd == "mixed" else [out.getvalue()]
    for name in ("film.mjpg", "stills/1.jpg"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"".join(shots))
    count = len(shots)
    [film] = footage.prepare(tmp_path / "film.mjpg", tmp_path / "made")
    check(film, (640, 480), count)
    [stills] = footage.prepare(tmp_path / "stills", tmp_path / "made")
    check(stills, (640, 480), 1)


def test_video_file(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs PyAV (extra `video`)")
    gif(tmp_path / "walk.gif")
    [made] = footage.prepare(tmp_path / "walk.gif", tmp_path / "made")
    shots = check(made, (640, 480), 5)  # one second at DEFAULT_FPS
    reds = [Image.open(BytesIO(shot)).convert("RGB").getpixel((320, 240)) for shot in shots]
    assert reds == sorted(reds)


def test_video_without_pyav_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    gif(tmp_path / "walk.gif")
    with pytest.raises(CommandError, match=r"PyAV; pip install 'porchlight-cam\[video\]'"):
        footage.prepare(tmp_path / "walk.gif", tmp_path / "made")


def test_generated_street_is_drawn_once(tmp_path: Path, cache: Path) -> None:
    made = footage.prepare(None, tmp_path / "made", boards=2)
    assert made[0] != made[1]
    for path in made:
        check(path, (640, 480), scene.FRAMES)
    drawn = {path: path.stat().st_mtime_ns for path in cache.rglob("*.mjpg")}
    again = footage.prepare(None, tmp_path / "more", boards=2)
    assert [next(footage.frames(path)) for path in again] == [
        next(footage.frames(path)) for path in made
    ]
    assert {path: path.stat().st_mtime_ns for path in cache.rglob("*.mjpg")} == drawn


def test_generated_street_without_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocker = tmp_path / "file"
    blocker.touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocker))
    [made] = footage.prepare(None, tmp_path / "made")
    check(made, (640, 480), scene.FRAMES)


def test_resized_once(tmp_path: Path) -> None:
    source = tmp_path / "porch.mjpg"
    source.write_bytes(picture(1) + picture(2))
    [made] = footage.prepare(source, tmp_path / "made")
    small = footage.resized(made, 320, 240)
    check(small, (320, 240), 2)
    stamp = small.stat().st_mtime_ns
    assert footage.resized(made, 320, 240).stat().st_mtime_ns == stamp


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.mjpg", None, "no such file or folder"),
        ("empty.mjpg", b"", "empty"),
        ("text.mjpg", b"hello", "no whole JPEG"),
        ("note.txt", b"hello", "not a video file"),
        ("stills/bad.jpg", b"hello", "bad.jpg: not a picture"),
        ("none/readme.txt", b"hello", "no .jpg and no .mjpg"),
    ],
)
def test_what_cannot_be_filmed_is_one_clear_line(
    tmp_path: Path, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    if content is not None:
        path.write_bytes(content)
    source = path if path.parent == tmp_path else path.parent
    with pytest.raises(CommandError, match=message) as caught:
        footage.prepare(source, tmp_path / "made")
    assert "\n" not in str(caught.value)
    assert not list((tmp_path / "made").glob(".*")), "a half-written file is left"


def test_load_refuses_what_was_never_prepared(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="not prepared as footage"):
        footage.load(tmp_path / "raw.mjpg")


def test_real_sequences_need_no_copy(shared: Path, tmp_path: Path) -> None:
    made = footage.prepare(shared / "data/motion", tmp_path / "made", boards=11)
    assert len(set(made)) == 11
    for path in made:
        labels = json.loads((shared / "data/motion" / f"{path.stem}.json").read_text())
        assert footage.load(path)[1:] == (5.0, 640, 480, labels["frames"])
        assert path.is_symlink()
