"""The floor of fan-out in Python, where the C one of ../shared/bench is not at hand: stamped
pictures at a steady pace to whoever connects, epoll and os.write() and nothing else.

    python -m porchkit.bench.floor -f FRAMES -r FPS -p PORT

Latest frame wins: a viewer that has not taken one whole gets the newest next. It is also the camera
that servers which pull one are pointed at.
"""

import argparse
import os
import select
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from porchkit.bench import stamped

_HEAD = (
    b"HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n"
    b"Cache-Control: no-store\r\nConnection: close\r\n\r\n--frame\r\n"
)
_MAX_REQUEST = 8192


@dataclass(eq=False)
class Viewer:
    """`rest`: what it has not taken of a part; `missed`: a newer one came meanwhile."""

    sock: socket.socket
    request: bytes = b""
    watching: bool = False
    rest: memoryview = field(default_factory=lambda: memoryview(b""))
    missed: bool = False


class Floor:
    """One camera. `port` 0 takes any free one."""

    def __init__(self, shown: list[bytes], fps: float, port: int) -> None:
        self._shown, self._period_s = shown, 1 / fps
        self._listener = socket.create_server(("127.0.0.1", port), backlog=4096)
        self._listener.setblocking(False)
        self.port = self._listener.getsockname()[1]
        self._epoll = select.epoll()
        self._epoll.register(self._listener, select.EPOLLIN)
        self._viewers: dict[int, Viewer] = {}
        self._part = b""
        self._frames = 0
        self._due = time.monotonic()

    def turn(self) -> None:
        """Wait for something to happen, at most until the next picture is due; see to it."""
        for fd, events in self._epoll.poll(max(0.0, self._due - time.monotonic())):
            if fd == self._listener.fileno():
                self._accept()
            else:
                self._attend(self._viewers[fd], events)
        if time.monotonic() >= self._due:
            self._due = max(self._due + self._period_s, time.monotonic() - self._period_s)
            self._tick()

    def _accept(self) -> None:
        try:
            while True:
                sock, _ = self._listener.accept()
                sock.setblocking(False)
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                self._viewers[sock.fileno()] = Viewer(sock)
                self._epoll.register(sock, select.EPOLLIN)
        except BlockingIOError:
            pass

    def _attend(self, viewer: Viewer, events: int) -> None:
        try:
            if events & select.EPOLLIN:
                self._read(viewer)
            if events & select.EPOLLOUT:
                self._go_on(viewer)
        except BlockingIOError:
            pass
        except OSError:
            self._drop(viewer)

    def _read(self, viewer: Viewer) -> None:
        got = viewer.sock.recv(_MAX_REQUEST)
        if not got or len(viewer.request) > _MAX_REQUEST:
            raise ConnectionResetError
        viewer.request += got
        if not viewer.watching and b"\r\n\r\n" in viewer.request:
            viewer.sock.sendall(_HEAD)
            viewer.watching = True

    def _go_on(self, viewer: Viewer) -> None:
        sent = os.write(viewer.sock.fileno(), viewer.rest)
        viewer.rest = viewer.rest[sent:]
        if not viewer.rest and viewer.missed:
            viewer.missed, viewer.rest = False, memoryview(self._part)
        if not viewer.rest:
            self._epoll.modify(viewer.sock, select.EPOLLIN)

    def _tick(self) -> None:
        jpeg = stamped.stamped(self._shown[self._frames % len(self._shown)], stamped.now_ns())
        self._frames += 1
        head = b"Content-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(jpeg)
        self._part = part = head + jpeg + b"\r\n--frame\r\n"
        for fd, viewer in list(self._viewers.items()):
            if not viewer.watching:
                continue
            if viewer.rest:
                viewer.missed = True
                continue
            try:
                sent = os.write(fd, part)
            except BlockingIOError:
                sent = 0
            except OSError:
                self._drop(viewer)
                continue
            if sent < len(part):
                viewer.rest = memoryview(part)[sent:]
                self._epoll.modify(viewer.sock, select.EPOLLIN | select.EPOLLOUT)

    def _drop(self, viewer: Viewer) -> None:
        del self._viewers[viewer.sock.fileno()]
        viewer.sock.close()

    def close(self) -> None:
        """Hang up on everybody."""
        for viewer in list(self._viewers.values()):
            self._drop(viewer)
        self._listener.close()
        self._epoll.close()


def main() -> None:
    """Serve until somebody ends it."""
    parser = argparse.ArgumentParser(prog="floor")
    parser.add_argument("-f", type=Path, required=True, help="file of frames")
    parser.add_argument("-r", type=float, default=20, help="frames a second")
    parser.add_argument("-p", type=int, default=0, help="port")
    options = parser.parse_args()
    floor = Floor(stamped.read(options.f), options.r, options.p)
    while True:
        floor.turn()


if __name__ == "__main__":
    main()
