"""Writes: those that wait while the disk is busy share the next commit.

A commit costs the disk far more than what is in it: a thousand boards that leave at once would
wait a thousand times. The first write never waits for company; the others come together while it
is on its way.
"""

import threading
from concurrent.futures import Executor, Future
from typing import Any, Final, Generic

from sqlalchemy.engine import Engine

from porchlight.errors import StoreError
from porchlight.store import commits
from porchlight.store.commits import Result, Spoilt, Work

MOST: Final = 256  # in one commit: some tens of milliseconds that others have to wait


class _Order(Generic[Result]):
    """A piece of work that somebody waits for."""

    def __init__(self, work: Work[Result]) -> None:
        self.work = work
        self.done: Future[Result] = Future()
        self.done.set_running_or_notify_cancel()  # what is asked for is done: no cancelling

    def alone(self, engine: Engine) -> None:
        """In a transaction of its own."""
        try:
            result = commits.alone(engine, self.work)
        except BaseException as error:
            self.done.set_exception(error)
        else:
            self.done.set_result(result)


class Writes:
    """Carried out by `thread`, which has one worker, in the order in which they were asked for."""

    def __init__(self, engine: Engine, thread: Executor) -> None:
        self._engine = engine
        self._thread = thread
        self._lock = threading.Lock()
        self._next: list[_Order[Any]] = []  # with the thread already, and not begun

    def ask(self, work: Work[Result]) -> "Future[Result]":
        """Its result once it is durable, or what it raised; StoreError if it could not be kept.

        A failure is of one's own: what others asked for is kept without it.
        """
        order = _Order(work)
        with self._lock:
            if not 0 < len(self._next) < MOST:
                orders: list[_Order[Any]] = []
                self._thread.submit(self._carry_out, orders)
                self._next = orders
            self._next.append(order)
        return order.done

    def _carry_out(self, orders: list[_Order[Any]]) -> None:
        with self._lock:
            if self._next is orders:
                self._next = []
        if len(orders) == 1 or not self._together(orders):
            for order in orders:
                order.alone(self._engine)

    def _together(self, orders: list[_Order[Any]]) -> bool:
        """Whether that settled them: False if one of them stood in the way of the others."""
        try:
            results = commits.together(self._engine, [order.work for order in orders])
        except Spoilt:
            return False
        except Exception as error:
            for order in orders:
                order.done.set_exception(_again(error))
            return True
        for order, result in zip(orders, results, strict=True):
            order.done.set_result(result)
        return True


def _again(error: Exception) -> Exception:
    """An error for each of several: one that many raise would gather all their tracebacks."""
    return StoreError(*error.args) if isinstance(error, StoreError) else error
