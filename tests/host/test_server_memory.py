"""What a connection leaves behind when it is over: nothing."""

import gc
import socket
import ssl
import time

import pytest

from porchlight.protocols import HttpProtocol
from tests.support.hosting import InThread

SOON_S = 10.0  # far below keep_alive_s, after which even a leak goes away
REQUEST = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"


def alive() -> int:
    gc.collect()
    return sum(isinstance(found, HttpProtocol) for found in gc.get_objects())


@pytest.mark.parametrize("tls", [False, True])
def test_a_client_that_breaks_off_leaves_nothing(host: InThread, tls: bool) -> None:
    before = alive()
    for _ in range(20):
        break_off(host, tls)
    deadline = time.monotonic() + SOON_S
    while alive() > before and time.monotonic() < deadline:
        time.sleep(0.05)
    assert alive() <= before


def break_off(host: InThread, tls: bool) -> None:
    """One answered request; then the socket is closed, with TLS without a close_notify."""
    port = host.ports.https if tls else host.ports.http
    talk: socket.socket = socket.create_connection(("127.0.0.1", port))
    if tls:
        talk = host.tls().wrap_socket(talk, server_hostname="localhost")
    talk.sendall(REQUEST)
    assert talk.recv(4096).startswith(b"HTTP/1.1 200")
    talk.close()


UPGRADE = (
    b"GET /uplink HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def encrypting(host: InThread) -> int:
    """How many TLS connections take memory at the host."""
    found = [one for one in gc.get_objects() if isinstance(one, ssl.SSLObject) and one.server_side]
    return len(found)


@pytest.mark.parametrize("asked", [REQUEST, UPGRADE, REQUEST[:9]], ids=["http", "board", "less"])
def test_what_encrypted_is_freed_at_once_not_with_the_garbage(host: InThread, asked: bytes) -> None:
    gc.collect()
    before = encrypting(host)
    gc.disable()
    try:
        for _ in range(10):
            plain = socket.create_connection(("127.0.0.1", host.ports.https))
            talk = host.tls().wrap_socket(plain, server_hostname="localhost")
            talk.sendall(asked)
            if asked.endswith(b"\r\n\r\n"):
                assert talk.recv(4096)
            talk.close()
        deadline = time.monotonic() + SOON_S
        while encrypting(host) > before and time.monotonic() < deadline:
            time.sleep(0.05)
        assert encrypting(host) <= before
    finally:
        gc.enable()
