"""Many MJPEG viewers in one process: the bench's own load generator, where the C one of
../shared/bench is not at hand. Takes its options that we use, prints its JSON fields.

    python -m porchkit.bench.load -n 200 -d 4 -w 1 -p PID http://127.0.0.1:PORT/PATH ...

The pictures themselves are dropped in the kernel: nothing of them is copied but the first bytes.
"""

import argparse
import json
import os
import select
import socket
import statistics
import sys
import time
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from porchkit.bench import processes, stamped
from porchkit.bench.counting import Counting, NoStream

TICK_S = 0.02  # of slow viewers
_SCRATCH = bytearray(1 << 18)
_HEADS = 512  # bytes read where they may be of a head
_AT_ONCE = 1 << 18  # bytes taken of one viewer before the next has a turn


@dataclass(eq=False)
class Viewer:
    """One connection. `budget`: bytes a slow one may still read."""

    sock: socket.socket
    slow: bool
    counting: Counting
    sending: bytes
    frames: int = 0
    budget: float = 0.0
    alive: bool = True


@dataclass
class Tally:
    """What was seen while it was measured; ages in s, of fast and of slow viewers."""

    ages: "dict[bool, array[float]]" = field(
        default_factory=lambda: {False: array("f"), True: array("f")}
    )
    errors: int = 0
    first_error: str = ""
    measuring: bool = False


class Load:
    """`options` as parsed by main()."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._urls = [urlsplit(url) for url in options.urls]
        self._epoll = select.epoll()
        self._viewers: list[Viewer] = []
        self._by_fd: dict[int, Viewer] = {}
        self._tally = Tally()
        self._slow = round(options.s * options.n)
        self._last_tick = 0.0

    def run(self) -> dict[str, object]:
        """Ramp up, warm up, measure; the figures."""
        options = self._options
        begun = self._last_tick = time.monotonic()
        while len(self._viewers) < options.n:
            wanted = min(options.n, int(options.R * (time.monotonic() - begun)) + 1)
            while len(self._viewers) < wanted:
                self._dial()
            self._turn(0.001)
        self._turns(options.w)
        self._tally.measuring = True
        for viewer in self._viewers:
            viewer.counting.repeats = 0
        ours, theirs, since = time.process_time(), _cpu_s(options.p), time.monotonic()
        self._turns(options.d)
        wall = time.monotonic() - since
        return self._figures(wall, _cpu_s(options.p) - theirs, time.process_time() - ours)

    def _turns(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until and any(viewer.alive for viewer in self._viewers):
            self._turn(TICK_S if self._slow else min(TICK_S, until - time.monotonic()))

    def _turn(self, patience_s: float) -> None:
        for fd, _ in self._epoll.poll(max(0.0, patience_s)):
            viewer = self._by_fd[fd]
            if viewer.sending:
                self._ask(viewer)
            else:
                self._read(viewer, _AT_ONCE)
        if self._slow and time.monotonic() - self._last_tick >= TICK_S:
            self._let_slow_ones_read()

    def _dial(self) -> None:
        number = len(self._viewers)
        url = self._urls[number % len(self._urls)]
        sock = socket.socket()
        sock.setblocking(False)
        slow = number < self._slow
        if slow:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._options.B)
        sock.connect_ex((url.hostname, url.port))
        viewer = Viewer(sock, slow, self._counting(number), _request(url))
        self._viewers.append(viewer)
        self._by_fd[sock.fileno()] = viewer
        self._epoll.register(sock, select.EPOLLOUT)

    def _counting(self, number: int) -> Counting:
        def frame(age_s: float | None) -> None:
            viewer = self._viewers[number]
            if self._tally.measuring:
                viewer.frames += 1
                if age_s is not None:
                    self._tally.ages[viewer.slow].append(age_s)

        return Counting(frame, stamped.now_ns)

    def _ask(self, viewer: Viewer) -> None:
        """The connection is there, or failed: send the request at once."""
        try:
            sent = viewer.sock.send(viewer.sending)
        except BlockingIOError:
            return
        except OSError as error:
            self._lost(viewer, error.strerror or "cannot connect")
            return
        viewer.sending = viewer.sending[sent:]
        if not viewer.sending and viewer.slow:
            self._epoll.unregister(viewer.sock)  # it reads when it may, not when it could
        elif not viewer.sending:
            self._epoll.modify(viewer.sock, select.EPOLLIN)

    def _read(self, viewer: Viewer, most: float) -> int:
        """Take up to `most` bytes of what is there; how many there were."""
        done, counting = 0, viewer.counting
        try:
            while done < most:
                drop = min(counting.droppable, int(most) - done)
                if drop:
                    size = min(drop, len(_SCRATCH))
                    got = viewer.sock.recv_into(_SCRATCH, size, socket.MSG_TRUNC)
                else:
                    size = min(_HEADS, int(most) - done)
                    got = viewer.sock.recv_into(_SCRATCH, size)
                if not got:
                    raise NoStream("closed by the server")
                if drop:
                    counting.drop(got)
                else:
                    counting.feed(memoryview(_SCRATCH)[:got])
                done += got
                if got < size:
                    break
        except BlockingIOError:
            pass
        except (OSError, NoStream) as error:
            self._lost(viewer, str(error))
        return done

    def _let_slow_ones_read(self) -> None:
        now = time.monotonic()
        rate = self._options.r
        allowance, self._last_tick = rate * (now - self._last_tick), now
        for viewer in self._viewers[: self._slow]:
            if viewer.alive and not viewer.sending:
                viewer.budget = min(viewer.budget + allowance, rate)
                if viewer.budget >= _HEADS:
                    viewer.budget -= self._read(viewer, viewer.budget)

    def _lost(self, viewer: Viewer, why: str) -> None:
        if viewer.alive:
            viewer.alive = False
            self._tally.errors += 1
            self._tally.first_error = self._tally.first_error or why
            del self._by_fd[viewer.sock.fileno()]
            viewer.sock.close()

    def _figures(self, wall: float, theirs: float, ours: float) -> dict[str, object]:
        fast = [viewer.frames for viewer in self._viewers if not viewer.slow] or [0]
        slow = [viewer.frames for viewer in self._viewers if viewer.slow]
        frames = sum(fast) + sum(slow)
        figures: dict[str, object] = {
            "n": len(self._viewers),
            "alive": sum(viewer.alive for viewer in self._viewers),
            "wall_s": round(wall, 3),
            "fps_total": sum(fast) / wall,
            "fps_min": min(fast) / wall,
            "fps_median": statistics.median(fast) / wall,
            "lat_ms": _ages_ms(self._tally.ages[False]),
            "load_cpu_s": round(ours, 4),
            "dups": sum(viewer.counting.repeats for viewer in self._viewers),
            "errors": self._tally.errors,
            "first_error": self._tally.first_error,
        }
        if self._options.j:
            figures["clients"] = [viewer.frames for viewer in self._viewers]
        if slow:
            ages = _ages_ms(self._tally.ages[True])
            figures["slow"] = {
                "n": len(slow),
                "fps_each": sum(slow) / wall / len(slow),
                **{f"lat_ms_{name}": ages[name] for name in ("p50", "p99", "max")},
            }
        if self._options.p:
            figures |= {
                "srv_cpu_s": theirs,
                "srv_cores": theirs / wall,
                "srv_us_per_frame": theirs * 1e6 / frames if frames else -1,
                "srv_rss_mb": sum(map(processes.rss_bytes, self._options.p)) / 2**20,
            }
        return figures


def _request(url: SplitResult) -> bytes:
    path = f"{url.path or '/'}{'?' if url.query else ''}{url.query}"
    return f"GET {path} HTTP/1.1\r\nHost: {url.netloc}\r\nAccept: */*\r\n\r\n".encode()


def _ages_ms(ages: Sequence[float]) -> dict[str, float]:
    """Percentiles; -1 where nothing was stamped."""
    ranked = sorted(ages)
    found: dict[str, float] = {"n": len(ranked)}
    for name, share in (("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("max", 1.0)):
        at = max(0, -int(-share * len(ranked) // 1) - 1)
        found[name] = ranked[at] * 1000 if ranked else -1.0
    return found


def _cpu_s(pids: Sequence[int]) -> float:
    return sum(processes.cpu_ns(pid) for pid in pids) / 1e9


def _pids(text: str) -> list[int]:
    return [int(word) for word in text.split(",")]


def main() -> int:
    """0 when every viewer was served to the end."""
    parser = argparse.ArgumentParser(prog="load")
    add = parser.add_argument
    add("-n", type=int, default=1, help="viewers")
    add("-d", type=float, default=5, help="seconds measured")
    add("-w", type=float, default=1, help="seconds before")
    add("-s", type=float, default=0, help="share of the viewers that is slow")
    add("-r", type=float, default=51_200, help="bytes a second that a slow one reads")
    add("-B", type=int, default=16_384, help="receive buffer of a slow one")
    add("-R", type=float, default=2000, help="connections a second at first")
    add("-j", action="store_true", help="each viewer's number of frames, too")
    add("-p", type=_pids, default=[], help="processes whose cost is measured")
    add("urls", nargs="+")
    figures = Load(parser.parse_args()).run()
    print(json.dumps(figures))
    sys.stdout.flush()
    os._exit(1 if figures["errors"] else 0)  # closing thousands of sockets one by one takes a while


if __name__ == "__main__":
    main()
