"""Racing: two works at once, until one of them is done."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")


async def first(
    one: Coroutine[Any, Any, A], other: Coroutine[Any, Any, B], *, patience_s: float | None = None
) -> "tuple[asyncio.Task[A], asyncio.Task[B]]":
    """Both as tasks that are done: the slower one, or after `patience_s` both, by being cancelled.

    What they raised is the caller's to ask for. Whoever cancels this cancels both.
    """
    tasks = asyncio.create_task(one), asyncio.create_task(other)
    try:
        await asyncio.wait(tasks, timeout=patience_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    return tasks
