"""Footage for the gate: the bytes of the camera, in order, whatever they came in."""

import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from porchkit import jpegs
from porchkit.errors import CommandError
from porchkit.replay import labels, source
from porchkit.replay.source import Reel
from tests.support.standins import picture

SHOTS = [picture(shade) for shade in (1, 2, 3)]
ABOUT: dict[str, Any] = {"label": [0, 1, 2], "size": [len(shot) for shot in SHOTS]}


def contents(path: Path) -> dict[str, list[bytes]]:
    with source.opened(path) as reels:
        return {reel.name: all_of(reel) for reel in reels}


def all_of(reel: Reel) -> list[bytes]:
    return [reel.pictures[number] for number in range(len(reel.pictures))]


def film(path: Path, about: object = None) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"".join(SHOTS))
    if about is not None:
        path.with_suffix(".json").write_text(json.dumps(about))
    return path


def test_folder_in_the_order_a_person_counts(tmp_path: Path) -> None:
    for number in (10, 9, 100, 1):
        (tmp_path / f"shot{number}.JPG").write_bytes(picture(number))
    (tmp_path / "shot5.txt").write_bytes(b"no picture")
    with source.opened(tmp_path) as [reel]:
        assert reel.titles == ("shot1.JPG", "shot9.JPG", "shot10.JPG", "shot100.JPG")
        assert all_of(reel) == [picture(number) for number in (1, 9, 10, 100)]
        assert reel.name == tmp_path.name


def test_film_byte_for_byte(tmp_path: Path) -> None:
    path = tmp_path / "porch.mjpg"
    path.write_bytes(b"--part\r\n".join(SHOTS))
    assert contents(path) == {"porch": SHOTS}


def test_a_broken_picture_stays_one(tmp_path: Path) -> None:
    """The gate is to say what it makes of it; it does not vanish from the count."""
    path = tmp_path / "porch.mjpg"
    path.write_bytes(SHOTS[0] + SHOTS[1][:900] + SHOTS[2] + SHOTS[0][:700])
    assert contents(path)["porch"] == [SHOTS[0], SHOTS[1][:900], SHOTS[2], SHOTS[0][:700]]


def test_labelled_film_by_either_name(tmp_path: Path) -> None:
    about = {**ABOUT, "prime": [0, 2], "events": [[1, 1]]}
    path = film(tmp_path / "porch.mjpg", about)
    for given in (path, path.with_suffix(".json")):
        with source.opened(given) as [reel]:
            assert all_of(reel) == SHOTS
            assert reel.labels == labels.Labels((0, 1, 2), ((1, 1),), (0, 2))


def test_offsets_lead_the_way(tmp_path: Path) -> None:
    sizes = ABOUT["size"]
    about = {"label": [0, 0], "size": [sizes[2], sizes[0]], "offset": [sum(sizes[:2]), 0]}
    assert contents(film(tmp_path / "porch.mjpg", about))["porch"] == [SHOTS[2], SHOTS[0]]


def test_events_come_from_the_labels_where_nobody_names_them(tmp_path: Path) -> None:
    about = {"label": [1, 1, 2, 1, 0], "size": [1, 1, 1, 1, 1]}
    (tmp_path / "a.json").write_text(json.dumps(about))
    found = labels.read(tmp_path / "a.json")
    assert found is not None
    assert found.labels.events == ((0, 1), (3, 3))


def test_folder_of_films(tmp_path: Path) -> None:
    film(tmp_path / "b.mjpg")
    film(tmp_path / "a.mjpeg", ABOUT)
    film(tmp_path / "c.mjpg", {"fps": 8})
    with source.opened(tmp_path) as reels:
        assert [(reel.name, reel.labels is None) for reel in reels] == [
            ("a", False), ("b", True), ("c", True)
        ]  # fmt: skip


def test_video_keeps_its_shape(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="needs PyAV (extra `video`)")
    stills = [Image.new("RGB", (960, 400), (shade, 0, 90)) for shade in range(0, 250, 12)]
    path = tmp_path / "walk.gif"
    stills[0].save(path, save_all=True, append_images=stills[1:], duration=100)
    [shots] = contents(path).values()
    assert len(shots) == 11  # 2.1 seconds, five pictures of each
    assert {jpegs.shape(shot) for shot in shots} == {jpegs.Shape(640, 267, True)}


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ({**ABOUT, "label": [0, 1]}, "2 labels, 3 sizes, 3 offsets"),
        ({**ABOUT, "label": [0, 1, 3]}, '"label" must be 0 to 2'),
        ({**ABOUT, "label": "011"}, '"label" must be a list of whole numbers'),
        ({**ABOUT, "label": [0, True, 0]}, '"label" must be a list of whole numbers'),
        ({**ABOUT, "size": [1, -1, 1]}, '"size" must be 0'),
        ({"label": [0]}, "no 'size'"),
        ({**ABOUT, "prime": [3]}, '"prime" must be 0 to 2'),
        ({**ABOUT, "events": [[2, 1]]}, '"events" has a stretch from 2 back to 1'),
        ({**ABOUT, "events": [[1]]}, "labels that do not fit"),
        ({**ABOUT, "events": 5}, "labels that do not fit"),
        ({**ABOUT, "size": [1, 2, 10**9]}, "shorter than its label file says"),
        ({"label": [], "size": []}, "no JPEG in it"),
    ],
)
def test_labels_that_contradict_themselves(tmp_path: Path, about: object, message: str) -> None:
    path = film(tmp_path / "porch.mjpg", about)
    with pytest.raises(CommandError, match=message) as caught:
        contents(path)
    assert "\n" not in str(caught.value)


def test_paths_without_pictures(tmp_path: Path) -> None:
    (tmp_path / "bad.mjpg").write_bytes(b"hello")
    (tmp_path / "none.mjpg").write_bytes(b"")
    (tmp_path / "alone.json").write_text("{}")
    (tmp_path / "note.txt").write_text("hello")
    (tmp_path / "folder").mkdir()
    film(tmp_path / "torn.mjpg").with_suffix(".json").write_text("{")
    film(tmp_path / "twice" / "a.mjpg")
    film(tmp_path / "twice" / "a.mjpeg")
    wrong = {
        "gone": "no such file or folder",
        "bad.mjpg": "no JPEG in it",
        "none.mjpg": "empty",
        "alone.json": "no alone.mjpg beside it",
        "note.txt": "not a video file",
        "folder": "no .jpg and no .mjpg in it",
        "torn.mjpg": "not JSON",
        "twice": "two films are called a",
    }
    for name, message in wrong.items():
        with pytest.raises(CommandError, match=message):
            contents(tmp_path / name)
