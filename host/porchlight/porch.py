"""Porch: what all connections share, and the bounds on each."""

import socket
from dataclasses import dataclass, field
from typing import Final

from accord import wire
from porchlight.door import Door
from porchlight.metrics import Metrics

INBOX_BYTES: Final = 262_144


@dataclass(frozen=True)
class WireLimits:
    """Bounds on one connection, and on all of them. Seconds and bytes."""

    head_s: float = 10.0
    head_bytes: int = 32_768
    tls_handshake_s: float = 10.0
    tls_shutdown_s: float = 2.0
    keep_alive_s: int = 30
    message_bytes: int = wire.MAX_JPEG + 1_024
    stranger_bytes: int = 4_096  # a message of who proved nothing yet, and what is read at a time
    ping_s: float = 20.0
    connections: int = 4_096
    per_address: int = 256  # a street of boards behind one router, a few handles of all there are
    unread_s: float = 30.0  # how long a peer may leave an answer lie; streams end with their view


@dataclass(frozen=True, eq=False)
class Visit:
    """One connection, from accept to its end, as the door knows it.

    `sock` is the transport's: whoever sends on it past the transport must know that nothing waits
    there.
    """

    address: str
    sock: socket.socket = field(repr=False)

    def client(self, found: tuple[str, int] | None) -> tuple[str, int]:
        """What a request says of its peer. `found`: what the socket says of them now, which is
        nothing once they reset it: but whoever was let in came from somewhere."""
        return self.address, found[1] if found is not None else 0


@dataclass(frozen=True)
class Porch:
    """What all connections share."""

    limits: WireLimits
    door: Door
    metrics: Metrics
    # Where bytes of boards arrive, one connection at a time: each takes its own before it returns.
    inbox: memoryview = field(default_factory=lambda: memoryview(bytearray(INBOX_BYTES)))

    def garbage(self, kind: str) -> None:
        """Count a connection ended for what it sent, or did not send."""
        self.metrics.garbage.labels(kind).inc()
