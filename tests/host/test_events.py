"""Events: bounded queues, oldest dropped and said so; and the same as a stream over HTTP."""

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from porchlight.api import events as api
from porchlight.events import Event, Events, Subscription
from tests.support.hosting import InThread, hosted
from tests.support.signing import Signer


async def test_everybody_hears_their_own() -> None:
    events = Events()
    with events.subscribe("sam") as sam, events.subscribe("sam") as too, events.subscribe("x") as x:
        events.publish("entry", "sam", {"n": 1})
        assert await sam.next() == await too.next() == Event("entry", {"n": 1})
        x.end()
        assert await x.next() is None
    assert events.count == 0
    events.publish("entry", "sam", {"n": 2})  # nobody listens, nothing happens


async def test_a_listener_too_slow_misses_the_oldest_and_hears_of_it() -> None:
    events = Events(queue_length=3)
    with events.subscribe("sam") as sam:
        for n in range(10):
            events.publish("entry", "sam", {"n": n})
        assert await sam.next() == Event("missed", {"count": 7})
        assert [(await sam.next()).body["n"] for _ in range(3)] == [7, 8, 9]  # type: ignore[union-attr]


async def test_a_waiting_listener_is_woken() -> None:
    events = Events()
    with events.subscribe("sam") as sam:
        waiting = asyncio.create_task(sam.next())
        await asyncio.sleep(0)
        events.publish("view", "sam", {})
        assert await waiting == Event("view", {})


async def test_the_end_comes_after_what_was_queued() -> None:
    events = Events()
    with events.subscribe("sam") as sam:
        events.publish("entry", "sam", {})
        events.close()
        assert await sam.next() == Event("entry", {})
        assert await sam.next() is None
        assert await sam.next() is None
    with events.subscribe("sam") as late:
        assert await late.next() is None


class Listening:
    """An event stream in a thread of its own, line by line."""

    def __init__(self, host: InThread, who: Signer) -> None:
        self.events: list[tuple[str, Any]] = []
        self.ended = threading.Event()
        self._news = threading.Condition()
        self._http = httpx.Client(trust_env=False, timeout=30)
        url = f"{host.http}/api/v1/events"
        request = self._http.build_request("GET", url, headers={"DPoP": who.proof("GET", url)})
        self.answer = self._http.send(request, stream=True)
        assert self.answer.status_code == 200
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def wait(self, name: str) -> Any:
        with self._news:
            assert self._news.wait_for(lambda: any(name == got for got, _ in self.events), 10)
            return next(body for got, body in self.events if got == name)

    def close(self) -> None:
        with contextlib.suppress(OSError):  # wakes the reader; the host may have hung up first
            stream = self.answer.extensions["network_stream"]
            stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
        self._thread.join(10)
        self.answer.close()
        self._http.close()

    def _read(self) -> None:
        name = ""
        try:
            for line in self.answer.iter_lines():
                field, _, value = line.partition(": ")
                if field == "event":
                    name = value
                elif field == "data":
                    with self._news:
                        self.events.append((name, json.loads(value)))
                        self._news.notify_all()
        except (httpx.HTTPError, httpx.StreamError, ValueError):
            pass  # closed by the test
        self.ended.set()


@pytest.fixture
def sam(host: InThread) -> Signer:
    return host.resident()


@pytest.fixture
def listening(host: InThread, sam: Signer) -> Iterator[Listening]:
    stream = Listening(host, sam)
    yield stream
    stream.close()


def test_entries_come_as_they_are_written(
    host: InThread, sam: Signer, listening: Listening
) -> None:
    assert listening.answer.headers["content-type"].startswith("text/event-stream")
    assert listening.answer.headers["cache-control"] == "no-store"
    kit = host.camera(sam)
    jti = host.grant(kit, host.hub())
    entry = listening.wait("entry")
    assert entry == host.entries(sam, "grant.seen")[0]
    assert entry["jti"] == jti
    assert listening.wait("camera")["id"] == kit.id


def test_nobody_hears_of_others(host: InThread, listening: Listening, sam: Signer) -> None:
    host.grant(host.camera(host.resident()), host.hub())
    host.grant(host.camera(sam), host.hub())
    listening.wait("entry")
    assert [body["type"] for name, body in listening.events if name == "entry"] == ["grant.seen"]


def test_a_quiet_stream_pings(host: InThread, sam: Signer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "PING_S", 0.05)
    stream = Listening(host, sam)
    assert stream.wait("ping") == {}
    stream.close()


def test_a_listener_who_leaves_is_forgotten(
    host: InThread, sam: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PING_S", 0.05)
    gone, forget = threading.Event(), host.parts.events.forget

    def noted(subscription: Subscription) -> None:
        forget(subscription)
        gone.set()

    monkeypatch.setattr(host.parts.events, "forget", noted)
    stream = Listening(host, sam)
    assert host.call(lambda: host.parts.events.count_of(sam.thumb)) == 1
    stream.close()
    assert gone.wait(10)
    assert host.call(lambda: host.parts.events.count_of(sam.thumb)) == 0


def test_one_key_holds_so_many_streams_and_no_more(
    host: InThread, sam: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "PER_CALLER", 1)
    stream = Listening(host, sam)
    answer = host.caller(sam).get("/events")
    assert (answer.status_code, answer.json()["reason"]) == (429, "too-many-listeners")
    assert host.call(lambda: host.parts.events.count_of(sam.thumb)) == 1
    stream.close()


def test_streams_end_when_the_host_stops(tmp_path_factory: pytest.TempPathFactory) -> None:
    with hosted(tmp_path_factory.mktemp("stop") / "home") as host:
        stream = Listening(host, host.resident())
    assert stream.ended.wait(10)
    stream.close()
