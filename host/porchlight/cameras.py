"""Cameras: those of this host, by id. The registry says which there are; here is how they do."""

from collections.abc import Iterator
from typing import Protocol

from porchlight.camera import Camera
from porchlight.desk import Attached, Desk, Heard, Pressed, Record, Stood, Updated, Withdrawn
from porchlight.heldbook import Held

__all__ = ["Camera", "Cameras", "Desk"]


class Directory(Protocol):
    """The part of registry.Registry that is used here."""

    def camera(self, camera_id: str) -> Record | None: ...


class Cameras:
    """Made as they are asked for: a camera that a command adds is known to a running host."""

    def __init__(self, registry: Directory, desk: Desk) -> None:
        self._registry = registry
        self._desk = desk
        self._cameras: dict[str, Camera] = {}
        self._heard = Heard()
        desk.metrics.gauge("boards_online", "Boards connected now.", self.online)

    def get(self, camera_id: str) -> Camera | None:
        """The camera of this thumb, if registered."""
        camera = self._cameras.get(camera_id)
        if camera is None:
            record = self._registry.camera(camera_id)
            if record is None:
                return None
            camera = self._cameras[camera_id] = Camera(record, self._desk, self._heard)
        return camera

    def key(self, camera_id: str) -> bytes | None:
        """The board key of a camera, for the uplink's proof. A secret."""
        record = self._registry.camera(camera_id)
        return None if record is None else record.board_key

    def on_withdrawn(self, callback: Withdrawn) -> None:
        """`callback(camera id, handle)` is called at every revocation, before it returns."""
        self._heard.withdrawn.append(callback)

    def on_pressed(self, callback: Pressed) -> None:
        """`callback(grant)` is awaited when the button at a board ended a grant."""
        self._heard.pressed.append(callback)

    def on_attached(self, callback: Attached) -> None:
        """`callback(camera id)` is awaited when a source has connected."""
        self._heard.attached.append(callback)

    def on_updated(self, callback: Updated) -> None:
        """`callback(camera id, answer, word)` is awaited for what a board says of an update."""
        self._heard.updated.append(callback)

    def on_held(self, callback: Held) -> None:
        """`callback(grant, True)` when a camera's book takes a grant in, with False when it lets go
        of it. To be said before any camera is asked for."""
        self._heard.held.append(callback)

    def on_stood(self, callback: Stood) -> None:
        """`callback(camera id, answer, word)` is awaited for what a board says of a lease."""
        self._heard.stood.append(callback)

    def on_opened(self, callback: Pressed) -> None:
        """`callback(grant)` is awaited when the button at a board opened a panic grant."""
        self._heard.opened.append(callback)

    def online(self) -> int:
        """How many have a source connected."""
        return sum(camera.online for camera in self._cameras.values())

    def __iter__(self) -> Iterator[Camera]:
        """Those asked for so far."""
        return iter(list(self._cameras.values()))
