"""The camera of a virtual board behaves as the driver does, where it bites too."""

import hashlib
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from porchkit import footage
from tests.support import standins

FRAMES = 250  # ten seconds at FPS
FPS = 25.0  # one footage frame a sensor frame
CAMERA = """
import camera, machine, sensor_film
def make(**kw):
    settings = dict(PINS, pixel_format=camera.PixelFormat.JPEG, frame_size=camera.FrameSize.VGA)
    settings.update(kw)
    return camera.Camera(**settings)
def elapsed(): return time.time_ns() // 1000000 - sensor_film._power_on_ms
def digest(view):
    import hashlib
    return None if view is None else hashlib.sha256(bytes(view)).digest().hex()
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """FRAMES pictures, all different."""
    source = tmp_path_factory.mktemp("pictures") / "count.mjpg"
    stamp = [b"\xff\xfe\x00\x04" + number.to_bytes(2, "big") for number in range(FRAMES)]
    shot = standins.picture(90)
    source.write_bytes(b"".join(shot[:2] + mark + shot[2:] for mark in stamp))
    [made] = footage.prepare(source, tmp_path_factory.mktemp("film"))
    return made


@pytest.fixture
def knobs(film: Path) -> dict[str, Any]:
    return {"footage": {"fps": FPS, "sizes": {"640x480": str(film)}}}


@pytest.fixture(scope="module")
def moments(film: Path) -> Mapping[str, int]:
    """digest of a frame -> ms since power-on that it shows."""
    return {
        hashlib.sha256(jpeg).hexdigest(): round(number * 1000 / FPS)
        for number, jpeg in enumerate(footage.frames(film))
    }


def shoot(tmp_path: Path, program: str, knobs: Mapping[str, Any]) -> list[Any]:
    return list(standins.run(tmp_path / "board", CAMERA + program, knobs))


def test_picture_is_signed_and_written_over_by_the_next(
    tmp_path: Path, knobs: dict[str, Any]
) -> None:
    [first, types, same] = shoot(
        tmp_path,
        """
c = make()
view = c.capture()
say(view[0], view[1], view[len(view) - 2], view[len(view) - 1])
say(type(view).__name__, bytes(view[:2]) == b"\\xff\\xd8")
before = bytes(view)
c.capture()
say(bytes(view) == before)
""",
        knobs,
    )
    assert first == [-1, -40, -1, -39]
    assert types == ["memoryview", True]
    assert same == [False]


def test_a_freed_buffer_is_written_over_with_two_as_well(
    tmp_path: Path, knobs: dict[str, Any]
) -> None:
    [[gone, *counts]] = shoot(
        tmp_path,
        """
c = make(fb_count=2)
view = c.capture()
before = bytes(view)
c.free_buffer()
gone = bytes(view) != before
say(gone, c.fb_count, make(fb_count=9).fb_count, make(fb_count=0).fb_count)
""",
        knobs,
    )
    assert gone is True
    assert counts == [2, 2, 1]


@pytest.mark.parametrize(
    ("buffers", "stale"),
    [
        ("fb_count=1", True),
        ("fb_count=1, grab_mode=camera.GrabMode.LATEST", True),
        ("fb_count=2", True),
        ("fb_count=2, grab_mode=camera.GrabMode.LATEST", False),
    ],
)
def test_a_buffer_freed_early_gives_an_old_picture(
    tmp_path: Path, knobs: dict[str, Any], moments: Mapping[str, int], buffers: str, stale: bool
) -> None:
    [[freed, asked, seen, took]] = shoot(
        tmp_path,
        f"""
c = make({buffers})
c.capture()
c.free_buffer()
freed = elapsed()
time.sleep_ms(400)
say(freed, elapsed(), digest(c.capture()), elapsed())
""",
        knobs,
    )
    shown = moments[seen]
    if stale:
        assert shown <= freed + 2 * 40
    else:
        assert asked - 3 * 40 <= shown <= took


def test_kept_buffer_gives_a_fresh_picture(
    tmp_path: Path, knobs: dict[str, Any], moments: Mapping[str, int]
) -> None:
    [[asked, took, seen]] = shoot(
        tmp_path,
        """
c = make()
c.capture()
time.sleep_ms(300)
asked = elapsed()
view = c.capture()
say(asked, elapsed(), digest(view))
""",
        knobs,
    )
    assert asked - 1000 / FPS < moments[seen] <= took
    assert took - asked >= 40  # it blocked for a whole frame


def test_frame_available_tells_without_blocking(tmp_path: Path, knobs: dict[str, Any]) -> None:
    [[held, waited, quick]] = shoot(
        tmp_path,
        """
c = make()
c.capture()
held, waits, captures = c.frame_available(), [], []
for _ in range(8):
    c.free_buffer()
    began = elapsed()
    while not c.frame_available():
        time.sleep_ms(2)
    waits.append(elapsed() - began)
    began = elapsed()
    c.capture()
    captures.append(elapsed() - began)
say(held, min(waits), min(captures))
""",
        knobs,
    )
    assert held is False
    assert waited >= 40
    assert quick < 40, "the quickest of eight; a busy machine delays the others"


# The driver's patience is 4 s whatever goes wrong, so all that goes wrong is tried at a time.
NOTHING = {
    "sensor fault": 'c = make(); c.capture(); turn(camera_fault=True); view = c.capture()',
    "too large for the buffer": (
        "c = make(); c.capture(); turn(frame_bytes=61441); view = c.capture()"
    ),
    "powered down": 'c = make(); c.capture(); machine.Pin(32, 3, value=1); view = c.capture()',
    "powered down, from the buffer": (
        "c = make(); time.sleep_ms(150); machine.Pin(32, 3, value=1); time.sleep_ms(50); "
        "old = c.capture(); view = c.capture() if old is not None else 0"
    ),
    "larger pictures than the buffer was made for": (
        "c = make(frame_size=camera.FrameSize.QVGA); c.capture(); "
        "c.set_frame_size(camera.FrameSize.VGA); turn(frame_bytes=20000); c.capture(); "
        "view = c.capture()"
    ),
    "fault at the start": (
        "turn(camera_fault=True); said = refused(OSError, make); "
        'view = None if "initial frame" in said else said'
    ),
}  # fmt: skip
TURN = """
def turn(**knobs):
    with open("sim.json") as f: now = json.loads(f.read())
    now.update(knobs)
    with open("sim.json", "w") as f: f.write(json.dumps(now))
"""


def test_without_a_picture_capture_blocks_four_seconds_and_gives_none(
    tmp_path: Path, knobs: dict[str, Any]
) -> None:
    qvga = tmp_path / "small.mjpg"
    qvga.write_bytes(standins.picture(10, (320, 240)))
    [small] = footage.prepare(qvga, tmp_path / "small")
    knobs["footage"]["sizes"]["320x240"] = str(small)
    runs = {
        name: standins.launch(
            tmp_path / str(number),
            CAMERA
            + TURN
            + f"began = elapsed()\n{line}\nsay(view and bytes(view).hex(), elapsed() - began)\n",
            knobs,
        )
        for number, (name, line) in enumerate(NOTHING.items())
    }
    for name, rows in standins.all_said(runs).items():
        [[view, took]] = rows
        assert view is None, name
        assert took >= 4000, name


@pytest.mark.parametrize("extra", [0, 1, 2, 3, 4, 5, 17_000])
def test_frame_bytes_pads_to_the_byte_and_the_picture_stays(
    tmp_path: Path, knobs: dict[str, Any], film: Path, extra: int
) -> None:
    size = len(next(footage.frames(film)))
    knobs["frame_bytes"] = size + extra
    [[length]] = shoot(
        tmp_path,
        """
view = make().capture()
with open("shot.jpg", "wb") as f: f.write(view)
say(len(view))
""",
        knobs,
    )
    assert length == size + extra
    shot = (tmp_path / "board" / "shot.jpg").read_bytes()
    with Image.open(BytesIO(shot)) as padded, Image.open(BytesIO(standins.picture(90))) as plain:
        assert padded.tobytes() == plain.tobytes()


def test_a_stamp_says_when_the_frame_was_whole(
    tmp_path: Path, knobs: dict[str, Any], film: Path
) -> None:
    knobs |= {"frame_bytes": len(next(footage.frames(film))) + 100, "stamp": True}
    [[before, head, after]] = shoot(
        tmp_path,
        """
shooting = make()
before = time.time_ns()
shooting.capture()
view = shooting.capture()
say(str(before), bytes(view[:28]).hex(), str(time.time_ns()))
""",
        knobs,
    )
    stamp = bytes.fromhex(head)[6:]
    assert stamp.startswith(b"TS=")
    assert int(before) < int(stamp[3:]) <= int(after)


def test_padding_longer_than_one_segment(tmp_path: Path, knobs: dict[str, Any]) -> None:
    [lengths] = shoot(
        tmp_path,
        """
from sensor_film import _pad
import array
lengths = []
for count in (65537, 65538, 65540, 65541, 131074, 131077):
    room = array.array("b", bytes(count + 9))
    _pad(memoryview(room), 4, count)
    raw, at = bytes(room), 4
    while at < count + 4:
        assert raw[at] == 0xFF
        at += 1 if raw[at + 1] != 0xFE else 2 + int.from_bytes(raw[at + 2 : at + 4], "big")
    lengths.append(at - 4 if raw[at:] == bytes(5) else None)
say(*lengths)
""",
        knobs,
    )
    assert lengths == [65537, 65538, 65540, 65541, 131074, 131077]


def test_misuse_is_refused_as_the_driver_refuses_it(tmp_path: Path, knobs: dict[str, Any]) -> None:
    rows = shoot(
        tmp_path,
        """
say("unknown argument", refused(TypeError, make, framesize=10))
say("missing pin", refused(TypeError, camera.Camera, data_pins=PINS["data_pins"]))
say("seven pins", refused(ValueError, make, data_pins=[1] * 7))
say("quality", refused(ValueError, make, jpeg_quality=101))
say("clock", refused(ValueError, make, xclk_freq=50000000))
say("no i2c", refused(ValueError, make, sda_pin=-1))
say("not JPEG, the default", refused(ValueError, camera.Camera, **PINS))
say("grab mode", refused(ValueError, make, grab_mode=7))
say("no footage of that size", refused(OSError, make, frame_size=camera.FrameSize.SVGA))
c = make()
say("read-only", refused(ValueError, setattr, c, "fb_count", 2))
d = make()
say("the one before is ended", refused(OSError, c.capture))
d.deinit()
for call in (d.capture, d.frame_available, d.get_quality, d.reconfigure, d.get_vflip):
    say("after deinit", refused(OSError, call))
say("init is false", refused(OSError, make(init=False).capture))
""",
        knobs,
    )
    assert [name for name, message in rows if message is None] == []
    assert {message for name, message in rows if name in ("after deinit", "init is false")} == {
        "[Errno 2] ENOENT"
    }


def test_settings_enums_and_reconfigure(tmp_path: Path, knobs: dict[str, Any]) -> None:
    [sizes, others, kept, again, width] = shoot(
        tmp_path,
        """
F, P, G = camera.FrameSize, camera.PixelFormat, camera.GainCeiling
say(F.R96X96, F.QQVGA, F.QVGA, F.CIF, F.VGA, F.SVGA, F.HD, F.UXGA, F.QSXGA)
say(P.RGB565, P.JPEG, P.RGB555, camera.GrabMode.LATEST, getattr(G, "2X"), getattr(G, "128X"))
with make(jpeg_quality=70) as c:
    c.vflip = True
    c.set_contrast(2)
    say(c.get_vflip(), c.vflip, c.contrast, c.get_quality(), c.sensor_name, c.hmirror)
    c.deinit(); c.init(); c.init()
    say(len(c.capture()) > 0)
    c.reconfigure(fb_count=2, grab_mode=camera.GrabMode.LATEST)
    say(c.pixel_width, c.get_pixel_height(), c.get_fb_count(), c.grab_mode, c.frame_size)
""",
        knobs,
    )
    assert sizes == [0, 1, 6, 8, 10, 11, 13, 15, 23]
    assert others == [0, 4, 8, 1, 0, 6]
    assert kept == [True, True, 2, 70, "OV2640", False]
    assert again == [True]
    assert width == [640, 480, 2, 1, 10]


def test_deinit_takes_the_pictures_back_and_starting_powers_up(
    tmp_path: Path, knobs: dict[str, Any]
) -> None:
    [[blank, level]] = shoot(
        tmp_path,
        """
machine.Pin(32, machine.Pin.OUT, value=1)
c = make()
level = machine.Pin(32).value()
view = c.capture()
c.deinit()
say(bytes(view) == bytes(len(view)), level)
""",
        knobs,
    )
    assert blank is True
    assert level == 0


def test_sizes_agree_with_what_footage_accepts(tmp_path: Path, knobs: dict[str, Any]) -> None:
    [rows] = shoot(tmp_path, "from camera_enums import SIZES, UXGA\nsay(*SIZES[:UXGA + 1])", knobs)
    assert {(width, height) for _, width, height in rows} == footage.SENSOR_SIZES
