"""Two works at once: the slower one is let go of."""

import asyncio

import pytest

from porchlight.racing import first


async def now(found: int) -> int:
    return found


async def never(ended: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("never")


async def fails() -> int:
    raise ValueError("no")


async def test_the_slower_one_ran_and_runs_no_more() -> None:
    ended: list[str] = []
    late, done = await first(never(ended), now(7))
    assert late.cancelled()
    assert ended == ["never"]
    assert done.result() == 7


async def test_patience_ends_both() -> None:
    ended: list[str] = []
    one, other = await first(never(ended), never(ended), patience_s=0)
    assert one.cancelled()
    assert other.cancelled()


async def test_what_one_raised_is_for_whoever_asks() -> None:
    failed, late = await first(fails(), never([]))
    assert late.cancelled()
    with pytest.raises(ValueError, match="no"):
        failed.result()


async def test_who_is_cancelled_leaves_nobody_running() -> None:
    ended: list[str] = []
    racing = asyncio.create_task(first(never(ended), never(ended)))
    others = asyncio.all_tasks()
    while len(others) < 4:  # this, racing, both
        await asyncio.sleep(0)
        others = asyncio.all_tasks()
    await asyncio.sleep(0)
    racing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await racing
    assert ended == ["never", "never"]
