"""Silence and refusal are one to the hub: in bytes, in what the host does, in time.

Thirty requests reach one resident, who refuses some, picked by lot, and answers no other.
What is counted here does not depend on the machine: the bytes of the answers, the statements that
reach the database, the calls that Python makes. A measure of time stands beside it, with a bound
that only a real difference could break.
"""

import contextlib
import gc
import json
import random
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from sqlalchemy import event

from porchlight.requests.rows import MAX_OPEN
from tests.support.asking import Block
from tests.support.hosting import InThread, Kit, ShiftedClock
from tests.support.signing import Signer

COUNT = 30
ROUNDS = 20
TRIES = 7
SEEDS = (1,)


@pytest.fixture(scope="module")
def block(host: InThread, clock: ShiftedClock) -> Iterator[Block]:
    with contextlib.closing(Block(host, clock)) as found:
        yield found


def test_there_are_enough_requests_for_a_test_of_chance() -> None:
    assert COUNT <= MAX_OPEN


@contextlib.contextmanager
def listening(host: InThread, heard: Callable[[str], object]) -> Iterator[None]:
    """Each statement that reaches the database meanwhile, in the thread that makes it."""

    def note(_c: Any, _k: Any, text: str, *_: Any) -> None:
        heard(text)

    engine = host.parts.store._engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextlib.contextmanager
def statements(host: InThread) -> Iterator[list[str]]:
    """What reaches the database meanwhile, but for what the host does by itself each second."""
    seen: list[str] = []
    turn = host.parts.requests.rounds._turn
    host.wait(turn.acquire())
    try:
        with listening(host, seen.append):
            yield seen
    finally:
        host.call(turn.release)


def calls(work: Callable[[], object]) -> int:
    """How many calls Python makes to do it."""
    count = 0

    def profile(_frame: object, what: str, _arg: object) -> None:
        nonlocal count
        count += what in ("call", "c_call")

    sys.setprofile(profile)
    try:
        work()
    finally:
        sys.setprofile(None)
    return count


def crowd(block: Block, hub: Signer, kit: Kit) -> list[str]:
    """COUNT requests of one hub, put before one resident."""
    made = [block.ask(hub, case=f"case {n:03}") for n in range(COUNT)]
    assert {answer.status_code for answer in made} == {201}
    block.minutes_pass(2)
    shown = block.caller(kit.owner).get("/me/requests").json()["requests"]
    assert len(shown) == COUNT
    return [answer.json()["id"] for answer in made]


def masked(answer: Any) -> str:
    """An answer without what the hub itself chose or what the clock says."""
    said = dict(answer.json())
    for name in ("id", "case", "received_at", "expires", "window"):
        said[name] = type(said[name]).__name__
    return json.dumps(said, sort_keys=True)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_refusal_is_a_silence(block: Block, seed: int) -> None:
    hub = block.host.hub()
    kit = block.neighbour(hub)
    requests = crowd(block, hub, kit)
    refused = set(random.Random(seed).sample(requests, COUNT // 2))
    caller = block.caller(hub)
    before = [caller.get(f"/requests/{request}") for request in requests]
    for request in refused:
        assert block.deny(kit, request).status_code == 204
    block.minutes_pass(1)
    after = [caller.get(f"/requests/{request}") for request in requests]

    # In content and size: the very bytes, and those of refusals like those of silences.
    assert [answer.content for answer in after] == [answer.content for answer in before]
    assert len({masked(answer) for answer in after}) == 1
    assert len({len(answer.content) for answer in after}) == 1

    # In what is done for it.
    ways = {way(block, hub, request) for request in requests}
    assert len(ways) == 1, ways
    (sql, _), *_ = ways
    assert sql
    assert not any("request_asked" in text for text in sql)

    # In time: the fastest of many, in turn, so that a busy machine is busy for both.
    assert similar(block, hub, refused, set(requests) - refused)


def way(block: Block, hub: Signer, request: str) -> tuple[tuple[str, ...], int]:
    """The statements and the number of calls that an answer takes, when nothing comes between:
    other threads share the pool of connections."""
    told = block.host.parts.requests.told
    mine: list[str] = []

    def once() -> tuple[int, tuple[str, ...]]:
        mine.clear()
        return calls(lambda: told(request, hub.thumb)), tuple(mine)

    def run() -> tuple[int, tuple[str, ...]]:
        told(request, hub.thumb)  # what is cached is cached
        thread = threading.get_ident()

        def heard(text: str) -> None:
            if threading.get_ident() == thread:
                mine.append(text)

        with listening(block.host, heard):
            gc.disable()
            try:
                return min(once() for _ in range(TRIES))
            finally:
                gc.enable()

    count, seen = block.host.call(run)
    return seen, count


def similar(block: Block, hub: Signer, some: set[str], others: set[str]) -> bool:
    told = block.host.parts.requests.told

    def fastest() -> tuple[int, int]:
        best = {True: 10**12, False: 10**12}
        for _ in range(ROUNDS):
            for request in sorted(some | others):
                begun = time.perf_counter_ns()
                told(request, hub.thumb)
                took = time.perf_counter_ns() - begun
                best[request in some] = min(best[request in some], took)
        return best[True], best[False]

    one, other = block.host.call(fastest)
    return max(one, other) < 2 * min(one, other)


def test_an_approval_is_not_a_silence(block: Block) -> None:
    """The measures above can tell a difference where there is one."""
    hub = block.host.hub()
    kit, mute = block.neighbour(hub), block.neighbour(hub)
    yes = block.asked(hub, case="1")
    no = block.asked(hub, case="2")
    assert block.approve(kit, yes, block.answer(kit, yes, hub)).status_code == 200
    unreleased = way(block, hub, yes)
    assert unreleased == way(block, hub, no)
    block.minutes_pass(2)
    assert way(block, hub, yes) != way(block, hub, no)
    assert block.caller(hub).get(f"/requests/{yes}").json()["approvals"]
    assert mute.id not in block.caller(hub).get("/requests").text


def test_taking_a_request_does_not_know_whom_it_concerns(block: Block) -> None:
    """Neither the statements nor the size of the answer tell one neighbour from ten."""
    hubs = [block.host.hub() for _ in range(3)]
    for hub, neighbours in zip(hubs, (0, 1, 10), strict=True):
        for n in range(neighbours):
            block.neighbour(hub, north_m=n)
    ways, sizes = set(), set()
    for hub in hubs:
        block.caller(hub).get("/me")
        with statements(block.host) as seen:
            answer = block.ask(hub)
        assert answer.status_code == 201
        ways.add(tuple(text for text in seen if "request" in text))
        sizes.add(len(answer.content))
    assert len(ways) == 1
    assert len(sizes) == 1
    assert not any("request_asked" in text or "opt_in" in text for text in ways.pop())
    block.minutes_pass(2)


def test_the_end_of_a_request_is_the_same_for_both(block: Block) -> None:
    """What a refusal saves at the end would be seen in how busy the host is then."""
    ends = []
    for refuse in (False, True):
        hub = block.host.hub()
        kits = [block.neighbour(hub) for _ in range(3)]
        request = block.asked(hub, exp=block.clock.unix() + 600)
        if refuse:
            assert {block.deny(kit, request).status_code for kit in kits} == {204}
        block.minutes_pass(12)
        logs = [block.caller(kit.owner).entries() for kit in kits]
        ends.append([[entry["type"] for entry in log[-2:]] for log in logs])
    asked = "request.received"
    assert ends == [[[asked, "request.expired"]] * 3, [[asked, "request.denied"]] * 3]


def test_what_the_size_of_a_log_tells_of_a_request(block: Block) -> None:
    """Hosts' README says so to residents: that they were asked, and that they said yes, to a hub
    that looks at them anyway and sees nothing else of theirs in between."""
    hub = block.host.hub()
    kit = block.neighbour(hub)

    def size() -> int:
        found = block.caller(kit.owner).get(f"/log/{kit.owner.thumb}").json()["size"]
        return int(found)

    before = size()
    request = block.asked(hub)
    assert size() == before + 1
    assert block.approve(kit, request, block.answer(kit, request, hub)).status_code == 200
    assert size() == before + 3
    block.minutes_pass(3)
    assert size() == before + 3  # being told of it is none


def test_a_log_grows_no_sooner_for_a_refusal(block: Block) -> None:
    """A hub that looks at this resident anyway has the size of their log in each receipt."""
    hub = block.host.hub()
    kits = [block.neighbour(hub) for _ in range(2)]
    request = block.asked(hub, exp=block.clock.unix() + 600)

    def sizes() -> list[int]:
        return [
            block.caller(kit.owner).get(f"/log/{kit.owner.thumb}").json()["size"] for kit in kits
        ]

    before = sizes()
    assert block.deny(kits[0], request).status_code == 204
    assert sizes() == before
    block.minutes_pass(12)
    assert sizes() == [size + 1 for size in before]
