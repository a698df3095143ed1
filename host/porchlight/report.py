"""What a camera's resident is shown of it, in words. Functions of what is known; no I/O."""

from typing import TYPE_CHECKING, Any, Final

from accord import wire
from porchlight.clock import rfc3339

if TYPE_CHECKING:
    from porchlight.camera import Camera

# What a source says of itself; all null while it says nothing.
_STATUS: Final = (
    "state", "reason", "sensor_powered", "light", "clock", "sent", "dropped", "late_ms",
)  # fmt: skip


def describe(camera: "Camera") -> dict[str, Any]:
    """The state of a camera as its resident sees it, JSON-ready."""
    shown_ms = camera.last_frame_ms
    return {
        "id": camera.id,
        "label": camera.label,
        "resident": camera.resident,
        "source": camera.source,
        "enforced_at": camera.enforced_at,
        "online": camera.online,
        **_running(camera.firmware),
        "last_frame": None if shown_ms is None else rfc3339(shown_ms),
        "frames": camera.frames,
        "grants": [grant.jti for grant in camera.book.grants()],
        **_described(camera.status),
    }


def differs(before: wire.Status | None, after: wire.Status) -> bool:
    """Whether a new status would look different; its counters do not."""
    return before is None or _shown(before) != _shown(after)


def counted(status: wire.Status | None) -> dict[str, int]:
    """What a source says of what it sent since its boot, for its resident's log."""
    return {} if status is None else {"sent": status.sent, "sent_bytes": status.sent_bytes}


def printable(text: bytes) -> str:
    """A reason word from the wire, fit for a log: printable ASCII only."""
    return "".join(chr(byte) for byte in text if 32 <= byte < 127)


def _running(firmware: str) -> dict[str, Any]:
    """What the source runs, from its hello: "NAME/RELEASE/SLOT"; slot "cable": no update."""
    name, _, rest = firmware.partition("/")
    release, _, slot = rest.partition("/")
    number = int(release) if release.isascii() and release.isdigit() else None
    return {"firmware": name or None, "release": number, "slot": slot or None}


def _described(status: wire.Status | None) -> dict[str, Any]:
    if status is None:
        return dict.fromkeys(_STATUS)
    return {
        "state": _word(wire.STATES, status.state),
        "reason": printable(status.reason),
        "sensor_powered": bool(status.sensor),
        "light": bool(status.light),
        "clock": _word(wire.CLOCKS, status.clock),
        "sent": status.sent,
        "dropped": status.dropped,
        "late_ms": status.late_ms,
    }


def _word(words: tuple[str, ...], code: int) -> str:
    return words[code] if code < len(words) else "unknown"


def _shown(status: wire.Status) -> tuple[Any, ...]:
    return (status.state, status.sensor, status.clock, status.light, status.handle, status.reason)
