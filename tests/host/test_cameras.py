"""A camera and those who look at it: linger, wants, windows, frames checked against the book."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import pytest

from accord import grant as grants
from accord import names, wire
from accord.errors import Refused
from accord.grant import Grant
from accord.permit import Permit
from porchlight import admission, keys
from porchlight.camera import Camera
from porchlight.cameras import Cameras
from porchlight.clock import Clock
from porchlight.desk import Desk
from porchlight.events import Events
from porchlight.frames import Frame
from porchlight.looking import Want
from porchlight.metrics import Metrics
from porchlight.views import Look
from tests.support.signing import Signer
from tests.support.viewing import host_frame, picture

LINGER_S = 0.05
HUB = Signer("fire")
ANN = Signer("ann")
HOUR = 3_600


@dataclass(frozen=True)
class Record:
    """A registered camera."""

    id: str = "A" * 43
    resident: str = ANN.thumb
    label: str = "porch"
    source: str = "board"
    board_key: bytes = bytes(32)


class Registry:
    """Knows one camera."""

    def camera(self, camera_id: str) -> Record | None:
        return Record() if camera_id == Record.id else None


class SetClock(Clock):
    """Stands where a test puts it."""

    def __init__(self) -> None:
        self.at = int(time.time())

    def unix_ms(self) -> int:
        return self.at * 1000


class Log:
    """Keeps what it is told; the real one has a database, and tests of its own."""

    def __init__(self) -> None:
        self.kept: list[dict[str, Any]] = []

    async def add(self, type: str, *, resident: str | None, **more: Any) -> int:
        self.kept.append({"type": type, "resident": resident, **more})
        return len(self.kept)

    async def add_all(self, drafts: list[dict[str, Any]]) -> None:
        self.kept += drafts


class Line:
    """A connected source: what its camera told it."""

    def __init__(self) -> None:
        self.told: list[tuple[str, Any]] = []

    def watch(self, wants: list[Want]) -> None:
        self.told.append(("watch", [want[1] for want in wants]))

    def offer(self, grant: Grant) -> None:
        self.told.append(("offer", grant.handle))

    def revoke(self, handle: bytes) -> None:
        self.told.append(("revoke", handle))

    def close(self, reason: str) -> None:
        self.told.append(("close", reason))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def cameras(clock: SetClock, log: Log, metrics: Metrics) -> Cameras:
    return Cameras(Registry(), Desk(clock, log, Events(), metrics, linger_s=LINGER_S))


@pytest.fixture
def camera(cameras: Cameras) -> Camera:
    found = cameras.get(Record.id)
    assert found is not None
    return found


_seq = iter(range(1, 1000))


def granted(camera: Camera, now: int, **terms: Any) -> Grant:
    """A grant in the camera's book."""
    token = ANN.grant(Record.id, HUB.thumb, seq=next(_seq), now=now, **terms).encode()
    made = grants.verify(token, {ANN.thumb: ANN.key.public}, keys.check)
    camera.book.add(made)
    camera.granted(made)
    return made


def permit_of(camera: Camera, made: Grant, now: int, action: str = "live") -> Permit:
    return camera.book.permit(made.handle, hub=HUB.thumb, action=action, now=now)


def test_cameras_are_those_of_the_registry(cameras: Cameras, camera: Camera) -> None:
    assert cameras.get(Record.id) is camera
    assert cameras.get("D" * 43) is None
    assert cameras.key(Record.id) == bytes(32)
    assert cameras.key("D" * 43) is None
    assert list(cameras) == [camera]


async def test_the_source_is_told_once_and_lingers_after_the_last_viewer(
    camera: Camera, clock: SetClock
) -> None:
    made = granted(camera, clock.at)
    line = Line()
    await camera.attach(line)
    line.told.clear()
    first, second = (permit_of(camera, made, clock.at) for _ in range(2))
    async with camera.watch(first):
        async with camera.watch(second):
            pass
        await asyncio.sleep(2 * LINGER_S)
    assert line.told == [("watch", [made.handle])]  # still on: the linger has begun
    async with camera.watch(first):
        await asyncio.sleep(2 * LINGER_S)
    assert line.told == [("watch", [made.handle])]  # a reload is not noticed
    await asyncio.sleep(2 * LINGER_S)
    assert line.told == [("watch", [made.handle]), ("watch", [])]


async def test_nobody_watches_without_a_permit_that_holds(camera: Camera, clock: SetClock) -> None:
    made = granted(camera, clock.at)
    permit = permit_of(camera, made, clock.at)
    clock.at = made.exp
    with pytest.raises(Refused, match="expired"):
        async with camera.watch(permit):
            pass
    clock.at = made.nbf
    camera.revoked(made.handle)
    with pytest.raises(Refused, match="revoked"):
        async with camera.watch(permit):
            pass
    assert camera.wants == []


async def test_revocation_tells_the_source_first_and_lets_go_of_everything(
    camera: Camera, cameras: Cameras, clock: SetClock
) -> None:
    made = granted(camera, clock.at)
    line, withdrawn = Line(), []
    cameras.on_withdrawn(lambda camera_id, handle: withdrawn.append((camera_id, handle)))
    await camera.attach(line)
    permit = permit_of(camera, made, clock.at)
    async with camera.watch(permit):
        assert camera.on_frame(frame_of(made, clock)) is None
        line.told.clear()
        camera.revoked(made.handle)
        assert line.told == [("revoke", made.handle), ("watch", [])]
        assert withdrawn == [(Record.id, made.handle)]
        assert camera.latest.latest is None
        assert not permit.holds(clock.at)
        assert await refused(camera, frame_of(made, clock))


async def test_a_revocation_reaches_everybody_whatever_one_of_them_raises(
    camera: Camera, cameras: Cameras, clock: SetClock, caplog: pytest.LogCaptureFixture
) -> None:
    class Broken(Line):
        def revoke(self, handle: bytes) -> None:
            raise RuntimeError("of its own")

        watch = revoke  # type: ignore[assignment]

    def fail(*_: object) -> None:
        raise RuntimeError("of its own")

    made, line, told = granted(camera, clock.at), Line(), []
    await camera.attach(line)
    cameras.on_withdrawn(fail)
    cameras.on_withdrawn(lambda _, handle: told.append(handle))
    camera.listen(fail)
    camera.listen(lambda: told.append(b"changed"))
    permit = permit_of(camera, made, clock.at)
    async with camera.watch(permit):
        assert camera.on_frame(frame_of(made, clock)) is None
        line.__class__ = Broken
        camera.revoked(made.handle)
        assert told == [made.handle, b"changed"]
        assert camera.latest.latest is None
        assert not camera.allows(permit, clock.at)
    assert {record.message for record in caplog.records} == {"a callback failed"}


async def refused(camera: Camera, frame: Frame) -> bool:
    """Hand in a frame; whether nobody may see it. What is due is entered, as the uplink does."""
    refusal = camera.on_frame(frame)
    if refusal is not None and refusal.count:
        await camera.log.enter(refusal)
    return refusal is not None


def frame_of(made: Grant, clock: SetClock, **changed: Any) -> Any:
    fields = {"handle": made.handle, "captured_ms": clock.unix_ms()}
    return host_frame(1, picture(), **fields | changed)


async def test_frames_that_nobody_may_see_are_counted_and_told_once(
    camera: Camera, clock: SetClock, log: Log, metrics: Metrics
) -> None:
    made = granted(camera, clock.at)
    for _ in range(3):
        assert await refused(camera, frame_of(made, clock))  # nobody looks: no entry
        assert await refused(camera, frame_of(made, clock, handle=bytes(16)))
    assert [(e["type"], e["reason"]) for e in log.kept] == [("frame.refused", "no-grant")]
    count = metrics.registry.get_sample_value
    for reason in ("no-grant", "not-watched"):
        labels = {"what": "frame", "reason": reason}
        assert count("porchlight_refusals_total", labels) == 3
    assert camera.latest.number == 0


async def test_handles_that_a_board_makes_up_do_not_fill_the_log(
    camera: Camera, clock: SetClock, log: Log
) -> None:
    made = granted(camera, clock.at)
    for number in range(100):
        handle = number.to_bytes(16, "big")
        assert await refused(camera, frame_of(made, clock, handle=handle))
    assert [(entry["reason"], entry["jti"]) for entry in log.kept] == [
        ("no-grant", names.text(bytes(16)))
    ]


@pytest.mark.parametrize(
    ("reason", "ahead_s", "captured_s"),
    [
        (None, 0, 0),
        (None, 0, 60),
        ("in-future", 0, 61),
        (None, 0, -4),
        ("too-old", 0, -6),  # before the grant began
        (None, 200, 81),
        ("too-old", 200, 79),
        (None, HOUR - 1, HOUR - 1),
        ("expired", HOUR, HOUR - 1),
    ],
)
def test_a_frame_is_checked_against_the_grant_s_time(
    camera: Camera, clock: SetClock, reason: str | None, ahead_s: int, captured_s: int
) -> None:
    made = granted(camera, clock.at)
    frame = frame_of(made, clock, captured_ms=(clock.at + captured_s) * 1000)
    assert admission.fault(frame, made, (clock.at + ahead_s) * 1000) == reason


def windowed(camera: Camera, clock: SetClock) -> Grant:
    """Open Monday 10:30 to 12:00 UTC, and it is Monday 10:45."""
    clock.at = clock.at // (7 * 86_400) * 7 * 86_400 + 4 * 86_400 + 10 * HOUR + 45 * 60
    detail = {"windows": [[630, 720]], "tz": "UTC0", "limits": {"day_s": HOUR}}
    return granted(camera, clock.at, detail=detail, exp=clock.at + 3 * HOUR)


async def test_a_look_ends_with_the_window(camera: Camera, clock: SetClock) -> None:
    made = windowed(camera, clock)
    began = clock.at
    permit = permit_of(camera, made, began)
    look = Look(camera, permit, opened=began, ends=began + 3 * HOUR)
    async with camera.watch(permit):
        for after_s in (0, 15 * 60, 16 * 60, 75 * 60 - 1):
            clock.at = began + after_s
            assert look.holds(clock.at)
            assert camera.on_frame(frame_of(made, clock)) is None
        clock.at = began + 75 * 60
        assert look.lapse(clock.at) == "outside-window"
        assert await refused(camera, frame_of(made, clock))


async def test_a_look_does_not_outlive_its_session_or_grant(
    camera: Camera, clock: SetClock
) -> None:
    made = granted(camera, clock.at, detail={"limits": {"session_s": 60, "fps": 4}})
    look = Look(camera, permit_of(camera, made, clock.at), opened=clock.at, ends=made.exp)
    assert look.gap_s == 0.25
    assert look.holds(clock.at + 59)
    assert look.lapse(clock.at + 60) == "session-over"
    look.end("closed")
    look.end("again")
    assert (look.reason, look.holds(clock.at)) == ("closed", False)


async def test_what_was_taken_before_a_look_began_is_not_for_it(
    camera: Camera, clock: SetClock
) -> None:
    made = granted(camera, clock.at, nbf=clock.at - 120, iat=clock.at - 120)
    permit = permit_of(camera, made, clock.at)
    early = Look(camera, permit, opened=clock.at, ends=made.exp)  # no frame yet: no time to tell
    now_ms = clock.unix_ms() - 30_000  # a board's clock may be that far from ours
    sent = frame_of(made, clock, captured_ms=now_ms, arrived=clock.monotonic(), boot=1)
    assert early.covers(sent)
    async with camera.watch(permit):
        assert camera.on_frame(sent) is None
    look = Look(camera, permit, opened=clock.at, ends=made.exp)
    for later_ms, covered in ((1_000, True), (-1, False), (-4_000, False)):
        queued = frame_of(made, clock, captured_ms=now_ms + later_ms, boot=1)
        assert look.covers(queued) is covered
    assert early.covers(sent)
    assert not early.covers(frame_of(made, clock, captured_ms=now_ms - 4_000, boot=1))
    assert look.covers(frame_of(made, clock, captured_ms=now_ms - 4_000, boot=2))


async def test_a_frame_from_the_future_darkens_no_look(camera: Camera, clock: SetClock) -> None:
    made = granted(camera, clock.at)
    permit = permit_of(camera, made, clock.at)
    look = Look(camera, permit, opened=clock.at, ends=made.exp)
    async with camera.watch(permit):
        for ahead_ms in (0, 60_000, 1_000):
            captured_ms, arrived = clock.unix_ms() + ahead_ms, clock.monotonic()
            frame = frame_of(made, clock, captured_ms=captured_ms, arrived=arrived)
            assert camera.on_frame(frame) is None
            assert look.covers(frame)


async def test_what_was_taken_before_its_grant_began_is_not_for_a_look(
    camera: Camera, clock: SetClock
) -> None:
    """Not even where the board took it under another grant, and shows it to this one too."""
    began = (clock.at - 60, clock.at)
    older, newer = (granted(camera, clock.at, iat=at, nbf=at) for at in began)
    permit = permit_of(camera, newer, clock.at)
    look = Look(camera, permit, opened=clock.at, ends=newer.exp)
    line = Line()
    await camera.attach(line)
    await camera.on_answer(wire.Answer(newer.handle, b"held"))
    assert look.covers(frame_of(older, clock))
    assert not look.covers(frame_of(older, clock, captured_ms=clock.unix_ms() - 1))


@pytest.mark.parametrize(
    ("limits", "size", "fits"),
    [
        ({}, (640, 480), True),
        ({"w": 640, "h": 480}, (640, 480), True),
        ({"w": 640}, (656, 16), False),
        ({"h": 480}, (16, 488), False),
    ],
)
def test_a_frame_must_fit_the_grant_s_limits(
    camera: Camera, clock: SetClock, limits: dict[str, int], size: tuple[int, int], fits: bool
) -> None:
    made = granted(camera, clock.at, detail={"limits": limits} if limits else None)
    look = Look(camera, permit_of(camera, made, clock.at), opened=clock.at, ends=made.exp)
    assert look.fits(host_frame(1, picture(*size))) is fits
    assert look.fits(host_frame(1, b"\xff\xd8 no header")) is not bool(limits)


async def test_coming_and_going_is_entered_but_not_without_bound(camera: Camera, log: Log) -> None:
    for _ in range(50):
        line = Line()
        await camera.attach(line)
        await camera.detach(line, "left")
    types = [entry["type"] for entry in log.kept]
    assert types[:4] == ["board.online", "board.offline"] * 2
    assert len(types) == 20


async def test_a_source_that_was_replaced_does_not_take_the_camera_down(camera: Camera) -> None:
    old, new = Line(), Line()
    await camera.attach(old)
    await camera.attach(new)
    assert old.told[-1] == ("close", "replaced")
    await camera.detach(old, "left")
    assert camera.online
    await camera.detach(new, "left")
    assert not camera.online
