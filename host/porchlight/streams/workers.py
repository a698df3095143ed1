"""Workers: a few threads for what would hold up the event loop. First come, first served.

What is done comes back to the loop in batches: a wall of sixteen tiles wakes it a few times, not
sixteen. Unbounded by itself: whoever hands in work waits for it before handing in more.
"""

import asyncio
import contextlib
import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

MOST_THREADS: Final = 4
BATCH: Final = 8

Work = Callable[[], Any]


class _Done(NamedTuple):
    future: "asyncio.Future[Any]"
    result: Any
    fault: Exception | None


class Workers:
    """run() and close() belong to the event loop's thread. No thread runs before there is work."""

    def __init__(self, threads: int | None = None) -> None:
        self._threads = threads or _spare()
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="pictures")
        self._busy = 0
        self._waiting: deque[tuple[asyncio.Future[Any], Work]] = deque()
        self._done: deque[_Done] = deque()

    def run(self, work: Work) -> "asyncio.Future[Any]":
        """What `work` returns or raises. A future that many may wait for, and nobody cancels."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Any] = loop.create_future()
        self._waiting.append((future, work))
        self._start(loop)
        return future

    def close(self) -> None:
        """Drop what waits. Threads end with what they are at."""
        while self._waiting:
            self._waiting.popleft()[0].cancel()
        self._pool.shutdown(wait=False)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        if self._busy < self._threads and self._waiting:
            self._busy += 1
            self._pool.submit(self._work, loop)

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread: work until nothing waits."""
        count = 0
        with contextlib.suppress(RuntimeError):  # the loop closed meanwhile: nobody waits
            while self._do_one():
                count += 1
                if count % BATCH == 0:
                    loop.call_soon_threadsafe(self._collect)
            loop.call_soon_threadsafe(self._leave, loop)

    def _do_one(self) -> bool:
        """Whether there was something to do. Nothing of it stays with this thread."""
        try:
            future, work = self._waiting.popleft()
        except IndexError:
            return False
        self._done.append(_do(future, work))
        return True

    def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """A thread found nothing to do; by now there may be something again."""
        self._busy -= 1
        self._collect()
        self._start(loop)

    def _collect(self) -> None:
        while self._done:
            done = self._done.popleft()
            if done.future.done():
                continue
            if done.fault is None:
                done.future.set_result(done.result)
            else:
                done.future.set_exception(done.fault)


def _spare() -> int:
    """One less than there are processors for us: the loop needs its own. More only get in each
    other's way."""
    counted = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(MOST_THREADS, max(1, (counted or 1) - 1))


def _do(future: "asyncio.Future[Any]", work: Work) -> _Done:
    try:
        return _Done(future, work(), None)
    except Exception as fault:
        return _Done(future, None, fault)
