"""The bench's own load generator and its own floor, against each other and against a server that
does as a test says. Nothing here looks at how fast anything is."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from porchkit.bench import stamped
from porchkit.bench.floor import Floor
from porchkit.errors import CommandError


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return stamped.write(tmp_path_factory.mktemp("frames") / "street.frames")


@contextmanager
def turning(floor: Floor) -> Iterator[str]:
    """The floor at work in a thread; its URL."""
    over = threading.Event()

    def turn() -> None:
        while not over.is_set():
            floor.turn()

    thread = threading.Thread(target=turn)
    thread.start()
    try:
        yield f"http://127.0.0.1:{floor.port}/"
    finally:
        over.set()
        thread.join()
        floor.close()


def load(url: str, *words: str) -> tuple[int, dict[str, Any]]:
    """One run of the load generator."""
    command = [sys.executable, "-m", "porchkit.bench.load", "-j", *words, url]
    path = os.pathsep.join(path for path in sys.path if path)
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {"PYTHONPATH": path}
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def test_viewers_are_counted_each(frames: Path) -> None:
    with turning(Floor(stamped.read(frames), 50, 0)) as url:
        code, found = load(url, "-n", "5", "-d", "0.5", "-w", "0.1", "-p", str(os.getpid()))
    assert code == 0
    assert (found["n"], found["alive"], found["errors"], found["dups"]) == (5, 5, 0, 0)
    assert len(found["clients"]) == 5
    assert all(found["clients"])
    assert found["lat_ms"]["n"] == sum(found["clients"])
    assert 0 <= found["lat_ms"]["p50"] <= found["lat_ms"]["p99"] <= found["lat_ms"]["max"]
    assert found["srv_cpu_s"] > 0
    assert found["srv_us_per_frame"] == found["srv_cpu_s"] * 1e6 / sum(found["clients"])


def test_slow_viewers_read_no_more_than_they_may(frames: Path) -> None:
    rate = 40_000
    with turning(Floor(stamped.read(frames), 20, 0)) as url:
        words = ["-n", "4", "-s", "0.5", "-r", str(rate), "-d", "2", "-w", "0.5"]
        _, found = load(url, *words)
    assert found["slow"]["n"] == 2
    slow, fast = found["clients"][:2], found["clients"][2:]
    most = rate * (found["wall_s"] + 0.5 + 1) / 24_000  # of them at once a second's worth at most
    assert max(slow) <= most
    assert max(slow) < min(fast)
    assert found["lat_ms"]["n"] == sum(fast)


def test_a_viewer_who_is_turned_away_is_an_error() -> None:
    def answer(sock: socket.socket) -> None:
        sock.recv(4096)
        sock.sendall(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")

    with answering(answer) as url:
        code, found = load(url, "-d", "0.2", "-w", "0")
    assert code == 1
    assert (found["errors"], found["alive"], found["first_error"]) == (1, 0, "answered 503")


def test_a_stream_that_ends_is_an_error() -> None:
    def answer(sock: socket.socket) -> None:
        sock.recv(4096)

    with answering(answer) as url:
        code, found = load(url, "-d", "0.2", "-w", "0")
    assert code == 1
    assert found["first_error"] == "closed by the server"


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A server for one connection."""
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            sock, _ = server.accept()
            with closing(sock):
                answer(sock)

        thread = threading.Thread(target=serve)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}/"
        thread.join()


def test_who_did_not_take_a_picture_whole_gets_the_newest_next(frames: Path) -> None:
    """Pictures larger than what the kernel holds for a viewer who does not read."""
    shown = [jpeg + bytes(8_000_000) for jpeg in stamped.read(frames)[:3]]
    with closing(Floor(shown, 1000, 0)) as floor, socket.socket() as viewer:
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        viewer.connect(("127.0.0.1", floor.port))
        viewer.sendall(b"GET / HTTP/1.1\r\n\r\n")
        for _ in range(200):
            floor.turn()
        reading = threading.Thread(target=lambda: stamps.extend(read_parts(viewer, 2)))
        stamps: list[int] = []
        reading.start()
        while reading.is_alive():
            floor.turn()
    first, second = stamps
    assert second - first > 100_000_000  # not the one a millisecond after it


def read_parts(sock: socket.socket, count: int) -> list[int]:
    """The stamps of the first parts."""
    with sock.makefile("rb") as stream:
        while stream.readline() != b"--frame\r\n":
            pass
        found = []
        for _ in range(count):
            stream.readline()
            length = int(stream.readline().partition(b":")[2])
            stream.readline()
            found.append(stamped.sent_ns(stream.read(length)))
            stream.readline()
            stream.readline()
        return found


def test_a_file_of_frames_is_read_back_or_refused(frames: Path, tmp_path: Path) -> None:
    shown = stamped.read(frames)
    assert stamped.read(stamped.write(tmp_path / "again", [_bare(jpeg) for jpeg in shown])) == shown
    whole = frames.read_bytes()
    for wrong in (b"", b"FRM1", b"FRM2" + whole[4:], whole[:-1], whole + b"x"):
        (tmp_path / "wrong").write_bytes(wrong)
        with pytest.raises(CommandError, match="no file of frames"):
            stamped.read(tmp_path / "wrong")


def _bare(jpeg: bytes) -> bytes:
    """Without the comment for the stamp."""
    at = stamped.APP0_END
    return jpeg[:at] + jpeg[at + 2 + int.from_bytes(jpeg[at + 2 : at + 4]) :]
