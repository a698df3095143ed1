"""A host that stops with boards connected: what there is to write of each of them is written."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select, text

from porchlight.store import Entry, Mark, Store
from tests.support.boardpeer import BoardPeer
from tests.support.committing import busy, commits_counted
from tests.support.hosting import InThread, Kit, handle_of, hosted
from tests.support.viewing import board_at, metric, picture, until

STREET = 24
BOOT = 3
UNWRITTEN = "a board left, and not all of that could be written: no room"


@asynccontextmanager
async def street(host: InThread, count: int = STREET) -> AsyncIterator[list[Kit]]:
    """Boards that each sent a frame, so that their marks rose since they came; and all leave."""
    owner, hub = host.resident(), host.hub()
    kits = [host.camera(owner) for _ in range(count)]
    async with AsyncExitStack() as stack:
        boards: list[BoardPeer] = []
        for number, kit in enumerate(kits):
            board = await stack.enter_async_context(board_at(host, kit, boot=BOOT))
            handle = handle_of(host.grant(kit, hub))
            await board.send_frame(picture(), handle, sequence=100 + number)
            boards.append(board)
        await until(
            lambda: metric(host, "refusals_total", what="frame", reason="not-watched") == count
        )
        yield kits
        await asyncio.gather(*(board.socket.wait_closed() for board in boards))


async def all_asked(host: InThread) -> None:
    """Every board has left, and what is to be written of it was asked for."""
    await until(lambda: host.call(host.parts.cameras.online) == 0)
    for _ in range(3):  # turns of the host's loop
        host.call(int)


def left(store: Store) -> list[tuple[str | None, str | None]]:
    """Camera and reason of every board.offline, by camera: connections end in no order."""
    wanted = select(Entry.camera, Entry.reason).where(Entry.type == "board.offline")
    rows = store.read_now(lambda session: session.execute(wanted).all())
    return sorted((row[0], row[1]) for row in rows)


def stopped(kits: list[Kit]) -> list[tuple[str, str]]:
    return sorted((kit.id, "host-stopped") for kit in kits)


def marks(store: Store) -> dict[str, tuple[int, int]]:
    rows = store.read_now(lambda session: list(session.scalars(select(Mark))))
    return {row.camera: (row.boot, row.sequence) for row in rows}


def risen(kits: list[Kit]) -> dict[str, tuple[int, int]]:
    return {kit.id: (BOOT, 100 + number) for number, kit in enumerate(kits)}


def refuse(host: InThread, where: str, how: str) -> None:
    trigger = f"CREATE TRIGGER refuse {where} BEGIN SELECT RAISE({how}, 'no room'); END"
    host.store.run_now(lambda session: session.execute(text(trigger)))


async def test_all_that_is_to_be_written_of_boards_shares_a_commit(tmp_path: Path) -> None:
    with ExitStack() as till_the_end, hosted(tmp_path / "home") as host:
        async with street(host) as kits, busy(host.parts.store):
            commits = till_the_end.enter_context(commits_counted())
            sweep = asyncio.run_coroutine_threadsafe(host.parts.requests.rounds.sweep(), host.loop)
            host.serving.stop()
            await all_asked(host)
            assert commits == []
    assert len(commits) == 1
    assert sweep.done(), "it only reads, and may do so at any moment"
    store = Store(host.config.database_url)
    assert left(store) == stopped(kits)
    assert marks(store) == risen(kits)
    store.close()


@pytest.mark.parametrize("how", ["ABORT", "ROLLBACK"])  # SQLite's own on a full disk is the latter
@pytest.mark.parametrize(
    ("table", "event"), [("entry", "INSERT ON entry"), ("mark", "UPDATE ON mark")]
)
async def test_one_that_cannot_be_written_is_told_and_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, table: str, event: str, how: str
) -> None:
    with hosted(tmp_path / "home") as host:
        async with street(host, 6) as kits, busy(host.parts.store):
            host.serving.stop()
            await all_asked(host)
            refuse(host, f"BEFORE {event} WHEN NEW.camera = '{kits[2].id}'", how)
    store = Store(host.config.database_url)
    assert left(store) == stopped(kits if table == "mark" else [*kits[:2], *kits[3:]])
    kept = marks(store)
    store.close()
    wanted = risen(kits)
    if table == "mark":
        wanted[kits[2].id] = (BOOT, -1)
    assert kept == wanted
    said = [r.getMessage() for r in caplog.records if r.levelno >= logging.ERROR]
    assert said == [UNWRITTEN]


async def test_what_the_server_does_not_wait_for_is_written_or_told_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("porchlight.server.GRACE_S", 0.1)
    with hosted(tmp_path / "home") as host:
        async with street(host, 6) as kits, busy(host.parts.store):
            host.serving.stop()
            await until(lambda: "Cancel 6 running task(s)" in caplog.text)
            refuse(host, f"BEFORE INSERT ON entry WHEN NEW.camera = '{kits[2].id}'", "ABORT")
    assert UNWRITTEN in [record.getMessage() for record in caplog.records]
    store = Store(host.config.database_url)
    assert left(store) == stopped([*kits[:2], *kits[3:]])
    assert marks(store) == risen(kits)
    store.close()
