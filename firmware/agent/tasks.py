"""Tasks that live and die together."""

import asyncio

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any


async def run_together(*coroutines: "Coroutine[Any, Any, None]") -> None:
    """Run them until the first one ends, cancel the others, raise what it raised."""
    ended = asyncio.Event()
    errors: list[Exception] = []

    async def watch(coroutine: "Coroutine[Any, Any, None]") -> None:
        try:
            await coroutine
        except Exception as error:  # handed on below; a cancellation is none
            errors.append(error)
        ended.set()

    tasks = [asyncio.create_task(watch(coroutine)) for coroutine in coroutines]
    try:
        await ended.wait()
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            try:
                await task
            except asyncio.CancelledError:
                pass
    if errors:
        raise errors[0]
