"""One simulation from beginning to end: open, measure, kill the host if asked, take back, judge."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from porchkit.errors import CommandError, HostUnreachable
from porchkit.sim import meters
from porchkit.sim.eyes import Eye, all_see
from porchkit.sim.figures import (
    LATE_MS,
    MB,
    REVOKED_WITHIN_S,
    BoardFigures,
    Consent,
    Figures,
    KillFigures,
    sight,
)
from porchkit.sim.plan import Plan
from porchkit.sim.recorder import Recorder
from porchkit.sim.town import Town, patiently

ONLINE_S = 60.0
PICTURE_S = 30.0
BACK_S = 60.0
DARK_S = 10.0
POLL_S = 0.1

Tell = Callable[[str], None]


async def play(plan: Plan, folder: Path, tell: Tell) -> Figures:
    """Everything up, the run, everything down; CommandError where it cannot even begin."""
    run = Figures(plan.boards, plan.fps, plan.seconds, plan.frame_bytes)
    async with Town(folder, plan, tell) as town:
        await _open(town, run, tell)
        eyes = [Eye(town.hub, lot.camera) for lot in town.lots]
        try:
            await _run(plan, town, eyes, run, tell)
        finally:
            await asyncio.gather(*(eye.close() for eye in eyes))
        await town.stop()
        if town.host.database is not None:
            run.integrity = await asyncio.to_thread(_integrity, town.host.database)
    return run


async def _open(town: Town, run: Figures, tell: Tell) -> None:
    """Power to the boards, until they have proved themselves and know the time."""
    tell(f"starting {run.boards} boards")
    began = time.monotonic()
    await town.start_boards()

    async def ready() -> bool:
        return all(row["online"] and row["clock"] == "both" for row in await town.rows())

    if not await _until(ready, ONLINE_S):
        raise CommandError(f"not all boards came online in {ONLINE_S:.0f} s; is this machine busy?")
    run.board.online_s = round(time.monotonic() - began, 1)


async def _run(plan: Plan, town: Town, eyes: list[Eye], run: Figures, tell: Tell) -> None:
    """The grants, the measured time, and their end."""
    tell(f"all online after {run.board.online_s} s; granting")
    began = time.monotonic()
    async with Recorder(town, lambda: sum(len(eye.seen) for eye in eyes), tell) as recorder:
        await town.grant_all()
        if not await all_see(eyes, PICTURE_S):
            raise CommandError(f"not every camera gave a picture within {PICTURE_S:.0f} s")
        run.board.first_picture_s = round(time.monotonic() - began, 1)
        tell(f"all cameras seen after {run.board.first_picture_s} s; {plan.seconds:.0f} s to go")
        await _measure(plan, town, eyes, run, recorder)
        await recorder.mark()
        _counted(recorder, run)
        await _take_back(town, run, disturbed=plan.kill_host_at is not None)
        await recorder.mark()
        run.refused = recorder.refused_frames()
        run.stall_ms = recorder.stall_ms
    _judge(town, eyes, run)


async def _measure(
    plan: Plan, town: Town, eyes: list[Eye], run: Figures, recorder: Recorder
) -> None:
    """Let it run for as long as planned; what it cost and what arrived meanwhile."""
    recorder.settled()
    began, before = time.monotonic(), _boards_cpu(town)
    if plan.kill_host_at is not None:
        await asyncio.sleep(plan.kill_host_at)
        await recorder.mark()
        _lateness(recorder, run)
        run.kill = await _kill(town, eyes, plan.kill_host_at, recorder)
    await asyncio.sleep(max(0.0, began + plan.seconds - time.monotonic()))
    lasted = time.monotonic() - began
    arrived = sum(frame.at >= began for eye in eyes for frame in eye.seen)
    run.delivered_per_s = round(arrived / lasted, 1)
    run.dropped = sum(row["dropped"] or 0 for row in await patiently(town.rows))
    _cost_of_boards(town, run.board, (_boards_cpu(town) - before) / lasted)


async def _kill(town: Town, eyes: list[Eye], at_s: float, recorder: Recorder) -> KillFigures:
    """kill -9, start again, wait until every board is back and every camera seen."""
    found, killed = KillFigures(at_s), time.monotonic()
    streams = [eye.connection for eye in eyes]
    recorder.tell("  kill -9 of the host")
    await town.host.kill_and_restart()
    recorder.new_host()
    found.host_back_s = round(time.monotonic() - killed, 1)
    back: dict[str, float] = {}

    async def all_back() -> bool:
        for row in await town.rows():
            if row["online"]:
                back.setdefault(row["id"], round(time.monotonic() - killed, 1))
        return len(back) == len(_first_after(eyes, streams)) == len(eyes)

    await _until(all_back, BACK_S)
    recorder.settled()
    found.boards_back_s = sorted(back.values())
    firsts = _first_after(eyes, streams)
    found.pictures_back_s = sorted(round(first - killed, 1) for first in firsts)
    recorder.tell(f"  all back after {max(found.pictures_back_s, default=0):.1f} s")
    return found


def _first_after(eyes: list[Eye], streams: list[int]) -> list[float]:
    """When each eye that sees again got its first picture over a stream newer than `streams`."""
    return [
        next(frame.at for frame in eye.seen if frame.connection > stream)
        for eye, stream in zip(eyes, streams, strict=True)
        if eye.seen and eye.seen[-1].connection > stream
    ]


async def _take_back(town: Town, run: Figures, *, disturbed: bool) -> None:
    """Every grant is withdrawn: boards go dark, and say how much they had sent."""
    await town.revoke_all()

    async def dark() -> bool:
        return all(row["state"] == "dark" for row in await town.rows())

    await asyncio.sleep(REVOKED_WITHIN_S + 0.5)  # whatever comes after a second is a leak
    if await _until(dark, DARK_S) and not disturbed:
        rows = await patiently(town.rows)
        run.sent = sum(row["sent"] for row in rows)
        run.taken = sum(row["frames"] for row in rows)


def _counted(recorder: Recorder, run: Figures) -> None:
    """What the host counted until the grants were taken back."""
    run.host = recorder.host()
    run.gaps = recorder.counted(lambda counts: counts.of("sequence_gaps_total"))
    run.repeats = recorder.counted(lambda counts: counts.of("sequence_repeats_total"))
    run.sessions_lost = recorder.counted(lambda counts: counts.of("board_sessions_total"))
    if run.kill is None:
        _lateness(recorder, run)


def _lateness(recorder: Recorder, run: Figures) -> None:
    """Until now; what waited on the boards while their host was away is late of necessity."""
    run.board.late_worst_ms = recorder.late_worst_ms
    run.board.late_reports = recorder.counted(
        lambda counts: counts.over("board_late_seconds", str(LATE_MS / 1000))
    )


def _judge(town: Town, eyes: list[Eye], run: Figures) -> None:
    """What the viewers saw, frame by frame."""
    for lot, eye in zip(town.lots, eyes, strict=True):
        found = sight(eye.seen, Consent(lot.jti, lot.granted, lot.over, lot.over_at))
        run.delivered += found.frames
        run.missing += found.missing
        run.repeated += found.repeated
        run.outside += found.outside
        run.resets += len(lot.board.resets)


def _boards_cpu(town: Town) -> float:
    costs = [meters.cost(lot.board.pid or 0) for lot in town.lots]
    return sum(cost.cpu_s for cost in costs if cost is not None)


def _cost_of_boards(town: Town, board: BoardFigures, cpu: float) -> None:
    """`cpu`: CPU seconds a second of all boards together."""
    count, pids = len(town.lots), [lot.board.pid or 0 for lot in town.lots]
    costs = [cost for pid in pids if (cost := meters.cost(pid)) is not None]
    board.cpu_percent = round(100 * cpu / count, 2)
    board.rss_mb = round(sum(cost.rss_bytes for cost in costs) / count / MB, 1)
    board.private_mb = round(sum(map(meters.private_bytes, pids)) / count / MB, 1)


def _integrity(database: Path) -> str:
    """What SQLite itself finds."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


async def _until(true: Callable[[], Awaitable[bool]], limit_s: float) -> bool:
    """Ask again until it is so, or for `limit_s`; a host that is away makes it not so."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        with contextlib.suppress(HostUnreachable):
            if await true():
                return True
        await asyncio.sleep(POLL_S)
    return False
