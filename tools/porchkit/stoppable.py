"""A coroutine as a command's whole work: Ctrl-C and SIGTERM end it in good order."""

import asyncio
import signal
from collections.abc import Callable, Coroutine
from typing import Any


def until_stopped(part: Coroutine[Any, Any, int], stopped: int) -> int:
    """Run `part` to its end, or until Ctrl-C or SIGTERM: then let it put everything away and
    return `stopped`. A second Ctrl-C does not interrupt the putting away."""

    async def stoppable() -> int:
        task = asyncio.ensure_future(part)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, _cancel_once(task))
        try:
            return await task
        except asyncio.CancelledError:
            return stopped

    return asyncio.run(stoppable())


def _cancel_once(task: asyncio.Future[int]) -> Callable[[], None]:
    asked = False

    def cancel() -> None:
        nonlocal asked
        if not asked:
            asked = True
            task.cancel()

    return cancel
