"""What the check found: for people step by step as it happens, for scripts at the end."""

import textwrap
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

WIDTH = 100


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


class Steps:
    """Collects steps; `tell` hears of each as it ends."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.tell = tell
        self.steps: list[Step] = []
        self.seconds = 0.0

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
        steps = [asdict(step) for step in self.steps]
        return {"ok": self.ok, "seconds": round(self.seconds, 1), "steps": steps}


class Tale(Steps):
    """Of the evening: each step is told in a paragraph."""

    def step(self, name: str, ok: bool, detail: str) -> None:
        """Note one step."""
        self.steps.append(Step(name, ok, detail))
        head = f"{' ok ' if ok else 'FAIL'}  {name:<11} "
        margin = " " * len(head)
        wrap = textwrap.TextWrapper(
            WIDTH, initial_indent=head, subsequent_indent=margin, break_on_hyphens=False
        )
        self.tell(wrap.fill(detail))


class Report(Steps):
    """Of the check: with what each camera did."""

    def __init__(self, footage: str, tell: Callable[[str], None]) -> None:
        super().__init__(tell)
        self.footage = footage
        self.cameras: list[CameraFigures] = []

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
