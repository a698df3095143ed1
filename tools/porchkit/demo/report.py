"""What the check found: for people step by step as it happens, for scripts at the end."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True)
class Step:
    """One promise, whether it held, and what was measured."""

    name: str
    ok: bool
    detail: str


@dataclass
class CameraFigures:
    """What one camera did. Times in milliseconds; None where it never happened.

    `lost`: sequence numbers that never reached the viewer; `disorder`: those that went backwards.
    `leaked_frames` and `leaked_bytes`: what a viewer got, or the board sent, outside consent."""

    name: str
    frames: int = 0
    lost: int = 0
    disorder: int = 0
    socket_bytes: int = 0
    grant_to_first_frame_ms: int | None = None
    revoke_to_last_frame_ms: int | None = None
    revoke_to_last_byte_ms: int | None = None
    leaked_frames: int = 0
    leaked_bytes: int = 0


@dataclass
class Report:
    """Collects steps; `tell` hears of each as it ends."""

    footage: str
    tell: Callable[[str], None]
    steps: list[Step] = field(default_factory=list)
    cameras: list[CameraFigures] = field(default_factory=list)
    seconds: float = 0.0

    def step(self, name: str, ok: bool, detail: str) -> None:
        """Note one step."""
        self.steps.append(Step(name, ok, detail))
        self.tell(f"{' ok ' if ok else 'FAIL'}  {name:<34} {detail}")

    @property
    def ok(self) -> bool:
        """Whether every step held; none at all is not well."""
        return bool(self.steps) and all(step.ok for step in self.steps)

    def document(self) -> dict[str, Any]:
        """The one JSON object of --json."""
        return {
            "ok": self.ok,
            "footage": self.footage,
            "seconds": round(self.seconds, 1),
            "frames": sum(camera.frames for camera in self.cameras),
            "leaked_frames": sum(camera.leaked_frames for camera in self.cameras),
            "grant_to_first_frame_ms": self._worst("grant_to_first_frame_ms"),
            "revoke_to_last_frame_ms": self._worst("revoke_to_last_frame_ms"),
            "revoke_to_last_byte_ms": self._worst("revoke_to_last_byte_ms"),
            "cameras": [asdict(camera) for camera in self.cameras],
            "steps": [asdict(step) for step in self.steps],
        }

    def _worst(self, figure: str) -> int | None:
        """The largest of all cameras; None if one has none: an absent figure is not a good one."""
        found = [getattr(camera, figure) for camera in self.cameras]
        return None if not found or None in found else max(found)
