"""Watches a run: once a second what every board says and what the host costs."""

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

from porchkit.errors import CommandError
from porchkit.sim import meters
from porchkit.sim.figures import MB, HostFigures
from porchkit.sim.meters import Cost, Counts
from porchkit.sim.town import Town, patiently

PERIOD_S = 1.0
TELL_EVERY = 5  # periods


class Recorder:
    """Samples while entered. `late_worst_ms`: the worst that any board told of; `stall_ms`: how
    long we ourselves waited for the processor, which no board can do better than. What is counted
    begins when it is entered and goes up to the last mark()."""

    def __init__(self, town: Town, seen: Callable[[], int], tell: Callable[[str], None]) -> None:
        self.late_worst_ms = 0
        self.stall_ms = 0
        self._town, self._seen, self.tell = town, seen, tell
        self._costs: list[tuple[float, Cost]] = []  # when, what
        self._spans: list[tuple[Counts, Counts]] = []  # of each host that ran: before, after
        self._before = Counts({})
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Recorder":
        self._before = await self._town.counts()
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def mark(self) -> None:
        """Keep what the host has counted until now."""
        now = await patiently(self._town.counts)
        self._spans.append((self._before, now))
        self._before = now

    def new_host(self) -> None:
        """Another host counts from nothing."""
        self._before = Counts({})

    def settled(self) -> None:
        """What the host costs is judged from now on."""
        self._costs.clear()

    def counted(self, read: Callable[[Counts], int]) -> int:
        """A counter's growth over the run, over all hosts that ran."""
        return sum(read(after) - read(before) for before, after in self._spans)

    def refused_frames(self) -> dict[str, int]:
        """Frames that the host did not take, by reason."""
        found: dict[str, int] = {}
        for before, after in self._spans:
            was = before.refused_frames()
            for reason, count in after.refused_frames().items():
                if count > was.get(reason, 0):
                    found[reason] = found.get(reason, 0) + count - was.get(reason, 0)
        return found

    def host(self) -> HostFigures:
        """What the host cost since settled()."""
        costs = self._costs
        if len(costs) < 3:
            return HostFigures()
        (began, first), (ended, last) = costs[0], costs[-1]
        # The first fifth is warming up: caches, buffers, the arenas of the allocator.
        late = costs[len(costs) // 5 :]
        per_s = meters.slope([(at, cost.rss_bytes) for at, cost in late]) / MB
        return HostFigures(
            rss_mb=[round(costs[at][1].rss_bytes / MB, 1) for at in (0, len(costs) // 2, -1)],
            growth_mb=round(per_s * (late[-1][0] - late[0][0]), 1),
            growth_mb_per_min=round(per_s * 60, 1),
            cpu_percent=round(100 * (last.cpu_s - first.cpu_s) / (ended - began), 1),
            slow_loop=self.counted(lambda counts: counts.over("loop_lag_seconds", "0.1")),
        )

    async def _run(self) -> None:
        began, count = time.monotonic(), 0
        while True:
            count += 1
            due = began + count * PERIOD_S
            await asyncio.sleep(due - time.monotonic())
            self.stall_ms = max(self.stall_ms, round((time.monotonic() - due) * 1000))
            self._cost()
            with contextlib.suppress(CommandError):  # a host that was killed does not answer
                self._hear(await self._town.rows())
            if count % TELL_EVERY == 0:
                self._progress(count * PERIOD_S)

    def _cost(self) -> None:
        cost = meters.cost(self._town.host.pid)
        if cost is not None:
            self._costs.append((time.monotonic(), cost))

    def _hear(self, rows: list[dict[str, Any]]) -> None:
        self.late_worst_ms = max([self.late_worst_ms, *(row["late_ms"] or 0 for row in rows)])

    def _progress(self, seconds: float) -> None:
        rss = self._costs[-1][1].rss_bytes / MB if self._costs else 0
        self.tell(
            f"  {seconds:4.0f} s  {self._seen():7} frames seen, "
            f"worst {self.late_worst_ms} ms late, host {rss:.0f} MB"
        )
