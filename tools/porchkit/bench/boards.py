"""Many boards in one process, as load on a host: real keys, real sessions, made-up pictures.

    python -m porchkit.bench.boards [--fps N [--gentle S] [--piece BYTES]]   (settings on stdin)

Prints {"open": N} once all boards are proved. With --fps every board sends stamped pictures at that
pace while somebody looks (at GENTLE_FPS for the first S seconds of it with --gentle), in pieces a
millisecond apart with --piece; without, boards say nothing
until a line `flood N` comes: N frames of each are sealed, {"ready": N} is printed, the next
line sends them as fast as the host takes them, and {"sent": N} says that they are gone. Ends when
stdin does.
"""

import argparse
import json
import os
import select
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from porchkit.bench import stamped
from porchkit.bench.sending import AT_ONCE, Outflow, Pictures, Prepared
from porchkit.bench.uplink import Uplink, Where
from porchkit.errors import CommandError

PIECE_GAP_S = 0.001
GENTLE_FPS = 5.0
_IDLE_S = 60.0


class Board:
    """Sends at its pace while it is watched; what waits is overtaken by nothing, but no frame is
    made while it waits."""

    def __init__(self, uplink: Uplink, shown: list[bytes]) -> None:
        self.out = Outflow(uplink)
        self.uplink = uplink
        self.due = self.next_piece = time.monotonic()
        self._shown = shown
        self._sent = 0
        self._watched: float | None = None

    def tick(self, now: float, period_s: float, gentle_s: float) -> None:
        """Make a frame if one is due."""
        if now < self.due:
            return
        if self._watched is None and self.uplink.handle:
            self._watched = now
        if self._watched is None or now < self._watched + gentle_s:
            period_s = max(period_s, 1 / GENTLE_FPS)
        self.due = max(self.due + period_s, now - period_s)
        if not self.uplink.handle or self.out.pending:
            return
        jpeg = stamped.stamped(self._shown[self._sent % len(self._shown)], stamped.now_ns())
        self._sent += 1
        head, code = self.uplink.frame(jpeg, time.time_ns() // 1_000_000)
        self.out.add([self.uplink.framed(head + jpeg + code)])

    def push(self, now: float, piece: int | None) -> None:
        """Send what waits, or the next piece of it."""
        if piece is None:
            self.out.flush()
        elif now >= self.next_piece:
            self.out.flush(piece)
            self.next_piece = now + PIECE_GAP_S


class Boards:
    """All boards of this process and the pipe to whoever started it."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self._shown = stamped.read(Path(settings["frames"]))
        self._epoll = select.epoll()
        self._epoll.register(0, select.EPOLLIN)
        self._boards: dict[int, Board] = {}
        self.add(settings)

    def add(self, settings: dict[str, Any]) -> None:
        """Connect the boards of these keys."""
        tls = ssl.create_default_context(cafile=settings["ca"]) if settings["ca"] else None
        where = Where(settings["port"], tls)
        for number, key in enumerate(settings["keys"]):
            uplink = Uplink(where, bytes.fromhex(key), settings["boot"])
            board = Board(uplink, self._shown)
            board.due += settings["stagger_s"] * number / len(settings["keys"])
            self._boards[uplink.fd] = board
            self._epoll.register(uplink.fd, select.EPOLLIN)
            self._attend(0.0)
        say({"open": len(self._boards)})

    def pace(self, fps: float, gentle_s: float, piece: int | None) -> None:
        """Send at this pace until stdin ends."""
        period_s = 1 / fps
        while self._attend(self._rest(piece)) is None:
            now = time.monotonic()
            for board in self._boards.values():
                board.tick(now, period_s, gentle_s)
                board.push(now, piece)

    def obey(self) -> None:
        """Do as stdin says, until it ends."""
        while (line := self._attend(_IDLE_S)) != b"":
            words = (line or b"").split()
            if words[:1] == [b"flood"]:
                self._flood(int(words[1]))

    def _rest(self, piece: int | None) -> float:
        """Seconds until a board has something to do."""
        boards = self._boards.values()
        due = min(
            board.next_piece if piece and board.out.pending else board.due for board in boards
        )
        return max(0.0, due - time.monotonic())

    def _attend(self, patience_s: float) -> bytes | None:
        """Hear what hosts say; a line from stdin, b"" at its end, None while there is none."""
        for fd, _ in self._epoll.poll(patience_s):
            if fd == 0:
                return read_line()
            self._hear(self._boards[fd])
        return None

    def _hear(self, board: Board) -> None:
        answer = board.uplink.readable()
        if answer:
            board.out.add([answer])
            board.out.flush()
        if board.uplink.closed:
            raise CommandError(f"the host sent a board away: {board.uplink.closed}")

    def _flood(self, count: int) -> None:
        pictures, now_ms = Pictures(self._shown), time.time_ns() // 1_000_000
        self._until(lambda: all(board.uplink.handle for board in self._boards.values()))
        floods = {
            fd: iter(list(pictures.prepared(board.uplink, count, now_ms)))
            for fd, board in self._boards.items()
        }
        say({"ready": count * len(floods)})
        read_line()
        for fd in floods:
            self._epoll.modify(fd, select.EPOLLIN | select.EPOLLOUT)
        while floods:
            for fd, events in self._epoll.poll(_IDLE_S):
                if fd and events & select.EPOLLIN:
                    self._hear(self._boards[fd])
                if fd in floods and not self._pour(self._boards[fd], floods[fd]):
                    del floods[fd]
                    self._epoll.modify(fd, select.EPOLLIN)
        say({"sent": count * len(self._boards)})

    def _pour(self, board: Board, flood: Iterator[Prepared]) -> bool:
        """Hand over as much as the kernel takes; False once there is no more."""
        if not board.out.pending:
            for frame in islice(flood, AT_ONCE):
                board.out.add(frame)
            if not board.out.pending:
                return False
        board.out.flush()
        if board.uplink.closed:
            raise CommandError(f"the host sent a board away: {board.uplink.closed}")
        return True

    def _until(self, done: Callable[[], bool]) -> None:
        while not done():
            if self._attend(_IDLE_S) == b"":
                raise CommandError("the bench ended")


def read_line() -> bytes:
    """A line of stdin, byte by byte: nothing is read ahead of what epoll knows."""
    line = bytearray()
    while (byte := os.read(0, 1)) not in (b"", b"\n"):
        line += byte
    return bytes(line) or byte


def say(what: dict[str, int]) -> None:
    """One line of JSON."""
    print(json.dumps(what), flush=True)


def main() -> int:
    """1 when the host did not take a board."""
    parser = argparse.ArgumentParser(prog="boards")
    parser.add_argument("--fps", type=float, default=0)
    parser.add_argument("--gentle", type=float, default=0)
    parser.add_argument("--piece", type=int)
    options = parser.parse_args()
    try:
        boards = Boards(json.loads(read_line()))
        if options.fps:
            boards.pace(options.fps, options.gentle, options.piece)
        else:
            boards.obey()
    except CommandError as error:
        print(f"boards: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
