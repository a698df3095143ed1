"""A crowd is sent the pages of one file: real connections, byte for byte what send() gives."""

import asyncio
import errno
import os
import socket
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from porchlight.streams import crowd, mjpeg
from porchlight.streams.audience import Audience
from porchlight.streams.sinks import PlainSink
from porchlight.streams.viewer import Viewer

VIEWERS = 4
SIZE = 40_000


def part(number: int) -> bytes:
    """Of about SIZE bytes; no two alike anywhere."""
    return mjpeg.part(b"%05d " % number * (SIZE // 6), {"X-Sequence": str(number)})


class Connected:
    """An audience of viewers on sockets, and the other ends."""

    def __init__(self) -> None:
        self.audience = Audience()
        self.viewers: list[Viewer] = []
        self.ours: list[socket.socket] = []
        self.theirs: list[socket.socket] = []

    def room(self, viewer: Viewer) -> None:
        self.audience.has_room(viewer)

    def leave(self, viewer: Viewer) -> None:
        self.audience.remove(viewer)

    async def join(self) -> None:
        """One more, who has had a part already."""
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as door:
            there = socket.create_connection(door.getsockname())
            here, _ = door.accept()
        for end in (here, there):
            end.setblocking(False)
        transport, _ = await loop.connect_accepted_socket(asyncio.Protocol, here)
        viewer = Viewer(self, PlainSink(transport, here.send, here.fileno), 0.0, lambda: None)
        viewer.given = True
        self.audience.add(viewer, seen=-1)
        self.audience.has_room(viewer)
        for known, one in ((self.viewers, viewer), (self.ours, here), (self.theirs, there)):
            known.append(one)  # type: ignore[attr-defined]

    def show(self, data: bytes) -> None:
        """One part to all."""
        audience = self.audience
        audience.another()
        audience.write(data, 0.0, audience.count - 1)

    async def got(self, which: int, size: int) -> bytes:
        """What so many bytes at that end are."""
        loop, data = asyncio.get_running_loop(), b""
        async with asyncio.timeout(10):
            while len(data) < size:
                data += await loop.sock_recv(self.theirs[which], size - len(data))
        return data


@pytest.fixture
async def connected(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Connected]:
    monkeypatch.setattr(crowd, "MANY", VIEWERS * SIZE // 2)
    found = Connected()
    for _ in range(VIEWERS):
        await found.join()
    yield found
    found.audience.end()
    for end in found.theirs:
        end.close()


@pytest.fixture
def lent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many bytes each sendfile() took."""
    taken, real = [], os.sendfile

    def sendfile(*words: int) -> int:
        taken.append(real(*words))
        return taken[-1]

    monkeypatch.setattr(os, "sendfile", sendfile)
    return taken


async def test_everybody_gets_every_part_whole(connected: Connected, lent: list[int]) -> None:
    for number in (1, 2, 3):
        connected.show(part(number))
        for which in range(VIEWERS):
            assert await connected.got(which, len(part(number))) == part(number)
    assert lent == [len(part(1))] * VIEWERS * 3
    assert connected.audience.taken == {0: VIEWERS}


async def test_what_waits_is_not_changed_by_what_comes(connected: Connected) -> None:
    for number in (1, 2, 3):
        connected.show(part(number))
    for which in range(VIEWERS):
        for number in (1, 2, 3):
            assert await connected.got(which, len(part(number))) == part(number)


async def test_nothing_is_left_open(connected: Connected) -> None:
    connected.show(part(1))
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for number in range(5):
        connected.show(part(number))
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


async def test_a_few_viewers_and_small_parts_are_no_crowd(
    connected: Connected, lent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "MANY", (VIEWERS + 1) * SIZE)
    connected.show(part(1))
    monkeypatch.setattr(crowd, "MANY", 1)
    connected.show(mjpeg.part(bytes(crowd.LEAST // 2), {}))
    assert lent == []
    connected.show(mjpeg.part(bytes(crowd.LEAST), {}))
    assert len(lent) == VIEWERS


async def test_a_slow_one_gets_the_rest_later_and_nobody_waits(
    connected: Connected, lent: list[int]
) -> None:
    connected.ours[1].setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4_096)
    connected.theirs[1].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    shown = [part(number) for number in range(40)]
    whole = b""
    for data in shown:
        connected.show(data)
        for which in (0, 2, 3):
            assert await connected.got(which, len(data)) == data
        whole += data
        if any(taken < len(data) for taken in lent):
            break
    slow = connected.viewers[1]
    assert connected.audience.is_behind(slow)
    assert await connected.got(1, len(whole)) == whole  # the part that was begun to its end


async def test_one_who_is_gone_harms_nobody(connected: Connected) -> None:
    connected.ours[2].close()
    connected.show(part(1))
    for which in (0, 1, 3):
        assert await connected.got(which, len(part(1))) == part(1)
    assert connected.audience.is_behind(connected.viewers[2])


def _refuses(code: int) -> Callable[..., Any]:
    def refuse(*_words: object) -> Any:
        raise OSError(code, os.strerror(code))

    return refuse


@pytest.mark.parametrize(
    ("name", "code"),
    [("memfd_create", errno.EMFILE), ("sendfile", errno.EINVAL), ("write", errno.ENOSPC)],
)
async def test_without_such_files_parts_are_copied(
    connected: Connected, monkeypatch: pytest.MonkeyPatch, name: str, code: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(os, name, _refuses(code))
        connected.show(part(1))
    for which in range(VIEWERS):
        assert await connected.got(which, len(part(1))) == part(1)
    assert connected.audience.taken == {0: VIEWERS}
