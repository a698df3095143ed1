"""Ending: once, for those who wait and for those who are called."""

import asyncio

import pytest

from porchlight.ending import Ending


async def test_those_who_want_to_know_are_called_before_it_returns() -> None:
    ending, heard = Ending(), []
    ending.on_end(lambda: heard.append("one"))
    ending.on_end(lambda: heard.append("two"))
    waiting = asyncio.create_task(ending.wait())
    await asyncio.sleep(0)
    assert not ending.is_set()
    ending.set()
    assert (ending.is_set(), heard) == (True, ["one", "two"])
    ending.set()
    await waiting
    assert heard == ["one", "two"]


async def test_who_asks_too_late_is_called_at_once() -> None:
    ending, heard = Ending(), []
    ending.set()
    ending.on_end(lambda: heard.append("late"))
    assert heard == ["late"]


async def test_who_does_not_want_to_know_any_more_is_not_called() -> None:
    ending, heard = Ending(), []

    def call() -> None:
        heard.append("called")

    ending.on_end(call)
    ending.forget(call)
    ending.forget(call)
    ending.set()
    assert heard == []


async def test_what_one_raises_keeps_nothing_else_open(caplog: pytest.LogCaptureFixture) -> None:
    ending, heard = Ending(), []

    def fail() -> None:
        raise RuntimeError("of its own")

    ending.on_end(fail)
    ending.on_end(lambda: heard.append("two"))
    ending.set()
    assert (ending.is_set(), heard) == (True, ["two"])
    assert [record.message for record in caplog.records] == ["a callback failed"]
