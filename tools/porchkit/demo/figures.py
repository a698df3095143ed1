"""From arrivals and socket counts to figures. Pure: times come in, numbers go out.

granted ........ answered          revoked ....... answered ... + PROMISE_S
no consent | consent ................................. | may still arrive | leak
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil

from porchkit.demo.report import CameraFigures
from porchkit.demo.viewer import Arrival

PROMISE_S = 1.0  # after a revocation nothing may come later than this


@dataclass(frozen=True)
class Consent:
    """When one camera's consent began and ended, monotonic seconds as the resident saw it:
    `granted` and `revoked` before the request left, `over` when the host had answered it.
    `over_unix`: that moment by the wall clock, to compare with capture times."""

    jti: str
    granted: float
    revoked: float
    over: float
    over_unix: float


@dataclass(frozen=True)
class Socket:
    """Picture bytes at the board's socket: before the grant, when the promise fell due, at the
    end; `last`: monotonic seconds of the very last one."""

    before: int
    at_promise: int
    total: int
    last: float | None


def of_camera(
    name: str, arrivals: Sequence[Arrival], consent: Consent, socket: Socket
) -> CameraFigures:
    """All figures of one camera."""
    numbers = [arrival.sequence for arrival in arrivals]
    leaked_bytes = socket.before + socket.total - socket.at_promise
    shown = sum(is_leak(arrival, consent) for arrival in arrivals)
    return CameraFigures(
        name=name,
        frames=len(set(numbers)),
        lost=lost(numbers),
        disorder=disorder(numbers),
        socket_bytes=socket.total,
        grant_to_first_frame_ms=_ms(arrivals[0].at - consent.granted) if arrivals else None,
        revoke_to_last_frame_ms=_ms(arrivals[-1].at - consent.revoked) if arrivals else None,
        revoke_to_last_byte_ms=None if socket.last is None else _ms(socket.last - consent.revoked),
        leaked_frames=shown + _as_frames(leaked_bytes, arrivals),
        leaked_bytes=leaked_bytes,
    )


def is_leak(arrival: Arrival, consent: Consent) -> bool:
    """A picture outside consent: it came too early or too late, was taken after the revocation
    had been answered, or names another grant."""
    return (
        arrival.at < consent.granted
        or arrival.at > consent.revoked + PROMISE_S
        or arrival.captured > consent.over_unix
        or arrival.grant != consent.jti
    )


def lost(numbers: Sequence[int]) -> int:
    """How many sequence numbers were skipped."""
    return sum(max(0, later - earlier - 1) for earlier, later in pairwise(numbers))


def disorder(numbers: Sequence[int]) -> int:
    """How often a number went backwards. The host shows a frame again while a camera pauses:
    the same number twice in a row is no disorder."""
    return sum(later < earlier for earlier, later in pairwise(numbers))


def _as_frames(count: int, arrivals: Sequence[Arrival]) -> int:
    """Leaked bytes at a socket as frames: one at least, however few bytes it was."""
    if count <= 0:
        return 0
    sizes = [arrival.size for arrival in arrivals] or [count]
    return ceil(count * len(sizes) / max(1, sum(sizes)))


def _ms(seconds: float) -> int:
    """Milliseconds; what lay before the moment it is counted from is 0."""
    return max(0, round(seconds * 1000))
