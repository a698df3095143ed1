"""One camera through the story: when its consent began and ended, what the log must tell of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from porchkit.demo.figures import Consent, Socket, of_camera
from porchkit.demo.household import Camera
from porchkit.demo.report import CameraFigures
from porchkit.demo.viewer import Arrival, Viewer
from porchkit.tap import Tap

IN_ORDER = ("grant.seen", "view.open", "grant.revoked")
EXPECTED = (*IN_ORDER, "view.close", "access.refused")


@dataclass
class Track:
    """One camera through the story. Moments are monotonic seconds; the byte counts are those of
    the board's socket at the grant and when the promise after the revocation fell due."""

    camera: Camera
    tap: Tap
    viewer: Viewer | None = None
    url: str = ""
    jti: str = ""
    granted: float = 0.0
    revoked: float = 0.0
    over: float = 0.0
    over_unix: float = 0.0
    before: int = 0
    at_promise: int = 0

    @property
    def arrivals(self) -> list[Arrival]:
        """Pictures the hub got."""
        return self.viewer.arrivals if self.viewer else []

    @property
    def seen(self) -> int:
        """How many."""
        return len(self.arrivals)

    def figures(self) -> CameraFigures:
        """What the story measured, once it is over."""
        pictures = self.tap.pictures
        consent = Consent(self.jti, self.granted, self.revoked, self.over, self.over_unix)
        socket = Socket(self.before, self.at_promise, pictures.bytes, pictures.last)
        return of_camera(self.camera.name, self.arrivals, consent, socket)


def missing(entries: Sequence[Mapping[str, Any]], track: Track) -> list[str]:
    """What the log of one camera lacks, or tells in the wrong order."""
    own = [entry for entry in entries if entry["camera"] == track.camera.thumb]
    kinds = [entry["type"] for entry in own]
    faults = [f"{track.camera.name}: no {kind}" for kind in EXPECTED if kind not in kinds]
    if faults:
        return faults
    places = [kinds.index(kind) for kind in IN_ORDER]
    if places != sorted(places):
        faults.append(f"{track.camera.name}: {' before '.join(IN_ORDER)} does not hold")
    opened = datetime.fromisoformat(own[kinds.index("view.open")]["ts"]).timestamp()
    if track.viewer is None or opened > track.viewer.first_unix:
        faults.append(f"{track.camera.name}: a frame before its view.open")
    if "revoked" not in {entry["reason"] for entry in own if entry["type"] == "access.refused"}:
        faults.append(f"{track.camera.name}: the look after the revocation is not told")
    return faults
