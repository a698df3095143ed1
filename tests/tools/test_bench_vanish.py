"""Viewers who vanish: who counts as one, and what is said where nobody listens."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from porchkit.bench.servers import free_port


@contextmanager
def hanging_up() -> Iterator[int]:
    """The port of a host that takes everybody and hangs up at once."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as server:
        port = int(server.getsockname()[1])

        def accept() -> None:
            while not over.is_set():
                server.accept()[0].close()

        over = threading.Event()
        thread = threading.Thread(target=accept)
        thread.start()
        yield port
        over.set()
        socket.create_connection(("127.0.0.1", port)).close()
        thread.join()


def vanish(tls: int, port: int) -> "subprocess.CompletedProcess[str]":
    words = ["-n", "40", "--tls", str(tls), f"http://127.0.0.1:{port}/streams/x"]
    path = os.pathsep.join(path for path in sys.path if path)
    return subprocess.run(
        [sys.executable, "-m", "porchkit.bench.vanish", *words],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": path},
    )


def test_a_host_that_hangs_up_was_reached() -> None:
    with hanging_up() as port:
        done = vanish(port, port)
    assert (done.returncode, json.loads(done.stdout)) == (0, {"connected": 40}), done.stderr


@pytest.mark.parametrize("closed", ["tls", "plain", "both"])
def test_where_nobody_listens_nobody_vanishes(closed: str) -> None:
    with hanging_up() as port:
        tls = port if closed == "plain" else free_port()
        done = vanish(tls, port if closed == "tls" else free_port())
    assert done.returncode == 1
    connected = json.loads(done.stdout)["connected"]
    assert (connected == 0) is (closed == "both")
    assert done.stderr == f"vanish: {connected} of 40 could connect: Connection refused\n"
