"""Workers: a few threads for what would hold up the event loop, fair to all who ask; see turns.py.

What is done comes back to the loop in batches: a wall of sixteen tiles wakes it a few times, not
sixteen. Unbounded by itself: whoever hands in work waits for it, or replaces it, before handing in
more.
"""

import asyncio
import contextlib
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, NamedTuple

from porchlight.streams.turns import Turns

MOST_THREADS: Final = 4  # for one asker
BATCH: Final = 8

Work = Callable[[], Any]
Made = asyncio.Future[Any]


class _Done(NamedTuple):
    future: Made
    result: Any
    fault: Exception | None


class Workers:
    """All but what its threads do belongs to the event loop's thread. No thread runs before there
    is work. `clock`: seconds of a thread's work, asked in that thread."""

    def __init__(
        self, threads: int | None = None, clock: Callable[[], float] = time.thread_time
    ) -> None:
        self._threads = threads or _spare()
        self._clock = clock
        self._pool = ThreadPoolExecutor(self._threads, thread_name_prefix="pictures")
        self._busy = 0
        self._lock = threading.Lock()  # for the next two
        self._turns: Turns[Made] = Turns(max(1, self._threads - 1))  # one is left to the others
        self._work: dict[Made, Work] = {}  # what was not begun
        self._done: deque[_Done] = deque()

    def run(
        self, work: Work, asker: str = "", *, later: bool = False, instead: Made | None = None
    ) -> Made:
        """What `work` returns or raises, in the asker's turn; see join. A future that many may wait
        for, and nobody cancels but drop() and close()."""
        future: Made = asyncio.get_running_loop().create_future()
        with self._lock:
            self._work[future] = work
        self.join(future, asker, later=later, instead=instead)
        return future

    def join(
        self, future: Made, asker: str = "", *, later: bool = False, instead: Made | None = None
    ) -> None:
        """Somebody else wants it too: done in whoever's turn comes first. `later`: after what else
        they asked for. `instead`: in the place of this, which they no longer want."""
        instead = None if instead is future else instead
        with self._lock:
            if future in self._work:
                self._turns.add(asker, future, later=later, instead=instead)
        if instead is not None:
            self.drop(instead, asker)
        self._start(asyncio.get_running_loop())

    def waits(self, future: Made) -> bool:
        """Whether it was not begun; by the time this is known it may be."""
        return future in self._work

    def drop(self, future: Made, asker: str = "") -> None:
        """They no longer want it: cancelled if nobody does, and it was not begun."""
        with self._lock:
            self._turns.remove(asker, future)
            unwanted = not self._turns.waits(future) and self._work.pop(future, None) is not None
        if unwanted:
            future.cancel()

    def close(self) -> None:
        """Drop what waits. Threads end with what they are at."""
        with self._lock:
            dropped, self._work = list(self._work), {}  # what is left in lines is passed over
        for future in dropped:
            future.cancel()
        self._pool.shutdown(wait=False)

    def _start(self, loop: asyncio.AbstractEventLoop) -> None:
        with self._lock:
            more = self._busy < self._threads and bool(self._work) and bool(self._turns)
        if more:
            self._busy += 1
            self._pool.submit(self._run, loop)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
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
        with self._lock:
            found = self._next()
        if found is None:
            return False
        asker, future, work = found
        since = self._clock()
        self._done.append(_do(future, work))
        with self._lock:
            self._turns.took(asker, self._clock() - since)
        return True

    def _next(self) -> tuple[str, Made, Work] | None:
        """What nobody began yet: it may have been done in another's turn."""
        while (turn := self._turns.next()) is not None:
            asker, future = turn
            work = self._work.pop(future, None)
            if work is not None:
                return asker, future, work
            self._turns.took(asker, 0.0)
        return None

    def _leave(self, loop: asyncio.AbstractEventLoop) -> None:
        """A thread found nothing to do; by now there may be something again."""
        self._busy -= 1
        self._collect()
        self._start(loop)
        if self._busy == 0:
            with self._lock:
                self._turns.clear()  # all are level again

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
    """One less than there are processors for us, for the loop needs its own: so many for one asker
    who is alone. And one more, so that nobody waits for what another asked for."""
    counted = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return min(MOST_THREADS, max(1, (counted or 1) - 1)) + 1


def _do(future: Made, work: Work) -> _Done:
    try:
        return _Done(future, work(), None)
    except Exception as fault:
        return _Done(future, None, fault)
