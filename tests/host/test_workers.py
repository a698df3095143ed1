"""Workers and their turns: all is done, once, by few threads, and nobody's work holds up another's
for long."""

import asyncio
import threading
from collections.abc import AsyncIterator

import pytest

from porchlight.streams.turns import Turns
from porchlight.streams.workers import BATCH, Workers


class Blocked:
    """A worker's thread that is held up at work of `asker`, until let go."""

    def __init__(self, workers: Workers, asker: str) -> None:
        self._began, self._go_on = threading.Event(), threading.Event()
        self.made = workers.run(self._work, asker)

    def _work(self) -> str:
        self._began.set()
        assert self._go_on.wait(10)
        return "let go"

    async def begun(self) -> None:
        assert await asyncio.to_thread(self._began.wait, 10)

    def go_on(self) -> None:
        self._go_on.set()


@pytest.fixture
async def lone() -> AsyncIterator[Workers]:
    """With one thread."""
    made = Workers(1)
    yield made
    made.close()


def order(turns: Turns[str], cost: dict[str, float], count: int) -> str:
    """What is done next, so many times, if each asker's items take so long."""
    found = ""
    for _ in range(count):
        turn = turns.next()
        if turn is None:
            break
        found += turn[1]
        turns.took(turn[0], cost[turn[0]])
    return found


def test_lines_are_served_by_the_time_they_took_not_by_their_length() -> None:
    turns: Turns[str] = Turns()
    for item in "xyz":
        turns.add("cheap", item)
    for item in "0123456789":
        turns.add("dear", item)
    assert order(turns, {"cheap": 1, "dear": 30}, 6) == "x0yz12"


def test_who_comes_back_is_level_with_those_who_stayed() -> None:
    turns: Turns[str] = Turns()
    for item in "12345678":
        turns.add("stayed", item)
    assert order(turns, {"stayed": 10}, 4) == "1234"
    turns.add("rested", "r")
    turns.add("rested", "s")
    turns.add("rested", "t")
    assert order(turns, {"stayed": 10, "rested": 10}, 5) == "r5s6t"


def test_what_is_for_later_comes_after_all_else_of_the_line_and_a_place_is_handed_on() -> None:
    turns: Turns[str] = Turns()
    for item in "xyz":
        turns.add("a", item, later=True)
    turns.add("a", "1")
    turns.add("a", "Y", later=True, instead="y")
    turns.add("a", "W", later=True, instead="not there")
    turns.add("a", "1")  # waits already
    assert order(turns, {"a": 1}, 9) == "1xYzW"


def test_an_item_that_waits_already_gives_no_second_place() -> None:
    turns: Turns[str] = Turns()
    turns.add("a", "new")
    turns.add("a", "old")
    turns.add("a", "new", instead="old")
    assert not turns.waits("old")
    turns.remove("a", "new")
    assert turns.next() is None


def test_one_asker_has_only_so_much_done_at_a_time() -> None:
    turns: Turns[str] = Turns(most=2)
    for item in "123":
        turns.add("a", item)
    assert [turns.next(), turns.next()] == [("a", "1"), ("a", "2")]
    assert not turns
    assert turns.next() is None
    turns.add("b", "b")
    assert turns.next() == ("b", "b")
    turns.took("a", 1)
    assert turns.next() == ("a", "3")


async def test_workers_do_all_there_is_in_order_and_by_few_threads() -> None:
    workers, threads, order = Workers(2), set(), []
    count = 20 * BATCH + 1

    def work(at: int) -> int:
        threads.add(threading.get_ident())
        order.append(at)
        return at

    made = [workers.run(lambda at=at: work(at)) for at in range(count)]  # type: ignore[misc]
    assert [await future for future in made] == list(range(count))
    assert sorted(order) == list(range(count))
    assert len(threads) <= 2
    assert await workers.run(lambda: "again") == "again"
    workers.close()


async def test_workers_that_close_let_nobody_wait() -> None:
    workers = Workers(1)
    blocked, second = Blocked(workers, ""), workers.run(lambda: "never")
    await blocked.begun()
    workers.close()
    assert second.cancelled()
    blocked.go_on()
    assert await blocked.made == "let go"


async def test_a_thread_is_left_to_the_others() -> None:
    workers = Workers(2)
    blocked = Blocked(workers, "a")
    await blocked.begun()
    held = workers.run(lambda: "a", "a")
    assert await workers.run(lambda: "b", "b") == "b"
    assert workers.waits(held)
    workers.join(held, "b")  # wanted by two: the other's turn comes
    assert await held == "a"
    blocked.go_on()
    assert await blocked.made == "let go"
    assert await workers.run(lambda: "again", "a") == "again"
    workers.close()


async def test_what_is_replaced_before_it_began_is_not_done(lone: Workers) -> None:
    blocked, done = Blocked(lone, "a"), []
    await blocked.begun()
    old = lone.run(lambda: done.append("old"), "a")
    after = lone.run(lambda: done.append("after"), "a")
    new = lone.run(lambda: done.append("new"), "a", instead=old)
    assert old.cancelled()
    blocked.go_on()
    await asyncio.wait([new, after])
    assert done == ["new", "after"]


async def test_what_somebody_else_still_wants_is_not_dropped(lone: Workers) -> None:
    blocked = Blocked(lone, "a")
    await blocked.begun()
    both = lone.run(lambda: "both", "a")
    lone.join(both, "b")
    lone.drop(both, "a")
    assert not both.cancelled()
    alone = lone.run(lambda: "alone", "b")
    lone.drop(alone, "b")
    assert alone.cancelled()
    blocked.go_on()
    assert await both == "both"
    lone.drop(both, "b")  # too late, and no harm
    assert both.result() == "both"
