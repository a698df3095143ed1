"""A stage: cameras, grants and looks as a host has them, with a clock in the test's hands and no
network: what a wall or a stream makes of them is seen at once."""

import time
from collections.abc import Callable
from typing import Any

from accord import grant as grants
from accord import names, wire
from accord.grant import Grant
from porchlight import keys
from porchlight.camera import Camera
from porchlight.clock import Clock
from porchlight.desk import Desk, Heard
from porchlight.events import Events
from porchlight.frames import Frame
from porchlight.metrics import Metrics
from porchlight.views import Intent, Look, View
from tests.support.signing import Signer
from tests.support.viewing import host_frame, picture


class Hands(Clock):
    """Stands where a test puts it; both clocks move together."""

    def __init__(self) -> None:
        self.at_ms = int(time.time()) * 1000

    def unix_ms(self) -> int:
        return self.at_ms

    def monotonic(self) -> float:
        return self.at_ms / 1000

    def forward(self, seconds: float) -> None:
        self.at_ms += round(seconds * 1000)


class Log:
    """Takes entries, and keeps none."""

    async def add(self, type: str, *, resident: str | None, **more: Any) -> int:
        return 0

    async def add_all(self, drafts: list[dict[str, Any]]) -> None:
        return None


class Line:
    """A connected source that says nothing."""

    def watch(self, wants: Any) -> None: ...
    def offer(self, grant: Grant) -> None: ...
    def revoke(self, handle: bytes) -> None: ...
    def update(self, message: wire.Update) -> None: ...
    def lease(self, message: wire.Lease) -> None: ...
    def close(self, reason: str) -> None: ...


class Record:
    """A registered camera."""

    source = "board"

    def __init__(self, owner: Signer, label: str) -> None:
        self.board_key = label.encode().ljust(32, b"\0")
        self.id = names.camera_thumb(self.board_key)
        self.label = label
        self.resident = owner.thumb


class Stage:
    """One resident's cameras, and one hub that looks at them. Belongs to a running loop.

    `linger_s`: how long sources run on when nobody looks.
    """

    def __init__(self, linger_s: float = 0.0) -> None:
        self.clock = Hands()
        self.metrics = Metrics()
        self.owner, self.hub = Signer("ann"), Signer("fire")
        self.withdrawn: list[Callable[[str, bytes], None]] = []
        self._desk = Desk(self.clock, Log(), Events(), self.metrics, linger_s=linger_s)
        self._serial = 0

    async def camera(self, label: str = "porch") -> Camera:
        """A camera whose source is connected."""
        heard = Heard(withdrawn=self.withdrawn)
        camera = Camera(Record(self.owner, label), self._desk, heard)
        await camera.attach(Line())
        return camera

    def granted(self, camera: Camera, hub: Signer | None = None, **terms: Any) -> Grant:
        """A grant in the camera's book."""
        self._serial += 1
        thumb, now = (hub or self.hub).thumb, self.clock.unix()
        token = self.owner.grant(camera.id, thumb, seq=self._serial, now=now, **terms).encode()
        made = grants.verify(token, {self.owner.thumb: self.owner.key.public}, keys.check)
        camera.book.add(made)
        camera.granted(made)
        return made

    def look(self, camera: Camera, hub: Signer | None = None, **terms: Any) -> Look:
        """Look at it under a grant of its own. It ends with the grant, as Views has it."""
        made, now = self.granted(camera, hub, **terms), self.clock.unix()
        thumb = (hub or self.hub).thumb
        permit = camera.book.permit(made.handle, hub=thumb, action="live", now=now, masks=True)
        look = Look(camera, permit, opened=now, ends=now + 3_600)
        self.withdrawn.append(
            lambda camera_id, handle: (
                look.end("revoked") if (camera_id, handle) == (camera.id, made.handle) else None
            )
        )
        return look

    def view(self, *looks: Look) -> View:
        """A view of these."""
        now = self.clock.unix()
        found = {look.camera.id: look for look in looks}
        return View("v", self.hub, Intent(tuple(found), "live"), "", now, now + 3_600, found)

    def send(self, look: Look, jpeg: bytes | None = None, **changed: Any) -> Frame:
        """A frame from the source under the look's grant, which must be taken."""
        fields = {
            "handle": look.permit.handle,
            "captured_ms": self.clock.unix_ms(),
            "arrived": self.clock.monotonic(),
        }
        number = look.camera.latest.number + 1
        frame = host_frame(number, jpeg or picture(), **fields | changed)
        assert look.camera.on_frame(frame) is None
        return frame
