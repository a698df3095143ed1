"""Clips: the files of this host, and the index of them. What is not in the index does not exist.

A clip's file is whole before its row and its entry are written, in one transaction; it is unlinked
before they go. So a crash between the two leaves a file that the next start takes in, or a row
that it takes out, and never a deleted clip that comes back. Files are met in a thread.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, ParamSpec, TypeVar

from sqlalchemy import ColumnElement

from accord import b64
from porchlight.audit.entries import Entries
from porchlight.calling import call_all
from porchlight.clips import rows
from porchlight.clips.reader import ClipReader
from porchlight.clips.rows import Clip, Rule
from porchlight.clips.writer import PLAIN, SEALED, Finished
from porchlight.clock import Clock
from porchlight.errors import StoreError
from porchlight.files import sync_folder
from porchlight.keys import PublicKey
from porchlight.store import Store
from porchlight.store.models import Entry
from porchlight.streams.mask import Mask

SWEEP_S: Final = 30.0
READERS: Final = 2
Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Origin:
    """What a clip is recorded of, and under which grant. `keep_s`: how long it may be kept. `mask`:
    what of its pictures reaches no disk."""

    camera: str
    resident: str
    jti: str
    keep_s: int
    reader: PublicKey | None = None
    mask: Mask = ()

    def about(self, clip_id: str) -> dict[str, Any]:
        """What the file says of itself."""
        return {"clip": clip_id, "camera": self.camera, "jti": self.jti, "keep_s": self.keep_s}


class Clips:
    """One object per host. Its coroutines belong to the event loop's thread."""

    def __init__(
        self, store: Store, entries: Entries, clock: Clock, folder: Path, *, quota: int
    ) -> None:
        self.folder = folder
        self.quota = quota
        self.clock = clock
        self._store = store
        self._entries = entries
        self._thread = ThreadPoolExecutor(READERS, thread_name_prefix="clips")
        self._gone: list[Callable[[str], None]] = []
        self._troubled = False

    def on_gone(self, callback: Callable[[str], None]) -> None:
        """`callback(clip id)` is called before a clip's file goes."""
        self._gone.append(callback)

    async def off_loop(
        self, work: Callable[Asked, Answer], *asked: Asked.args, **named: Asked.kwargs
    ) -> Answer:
        """Do what blocks in the clips' own threads. Carried through once asked for."""
        return await asyncio.shield(asyncio.wrap_future(self._thread.submit(work, *asked, **named)))

    def close(self) -> None:
        """Finish what was asked for."""
        self._thread.shutdown(wait=True)

    # Keeping

    async def keep(self, finished: Finished, origin: Origin) -> Clip | None:
        """Take a finished file into the index, with its entry; then make room. None, and the file
        is gone, when that could not be written."""
        clip, now_ms = made(finished, origin), self.clock.unix_ms()
        try:
            entry = await self._store.run(lambda session: rows.keep(session, clip, now_ms, {}))
        except StoreError as error:
            _log.error("a clip could not be entered and is deleted: %s", error)
            await self.off_loop(finished.path.unlink, missing_ok=True)
            return None
        self._entries.announce(entry)
        quota = self.quota
        try:
            for oldest in await self._store.read(lambda s: rows.over_quota(s, clip.camera, quota)):
                await self.remove(oldest, "clip.expired", "quota")
        except (OSError, StoreError) as error:  # the next clip of this camera makes the room
            _log.error("old clips could not be deleted: %s", error)
        return clip

    async def remove(self, clip: Clip, type: str, reason: str | None = None) -> None:
        """Delete a clip: who plays it is stopped, then the file goes, then the row, with an entry.
        OSError if the file cannot go; StoreError: the next start finds the row without a file."""
        call_all(self._gone, clip.id)
        await self.off_loop(unlink, self.path(clip))
        now_ms = self.clock.unix_ms()
        entry = await self._store.run(lambda s: rows.remove(s, clip, now_ms, type, reason))
        if entry is not None:
            self._entries.announce(entry)

    async def sweep(self) -> None:
        """Let go of clips whose time is over."""
        now = self.clock.unix()
        for clip in await self._store.read(lambda session: rows.due(session, now)):
            try:
                await self.remove(clip, "clip.expired", "retention")
            except (OSError, StoreError) as error:
                _log.error("a clip that ran out could not be deleted: %s", error)

    async def keep_sweeping(self) -> None:
        """Run for the life of the host."""
        while True:
            await asyncio.sleep(SWEEP_S)
            try:
                await self.sweep()
            except StoreError as error:  # the next one finds them
                _log.error("clips that ran out stay for now: %s", error)

    # Asking

    async def find(self, clip_id: str) -> Clip | None:
        """One clip, whoever's."""
        return await self._store.read(lambda session: rows.find(session, clip_id))

    async def within(self, camera: str, start_ms: int, end_ms: int) -> list[Clip]:
        """The clips of a camera that lie wholly within a span of unix ms, oldest first."""
        return await self._store.read(lambda s: rows.within(s, camera, start_ms, end_ms))

    async def newest(
        self, condition: ColumnElement[bool], before_ms: int, limit: int
    ) -> list[Clip]:
        """Clips that fulfil a condition of rows.py and began before then, newest first."""
        return await self._store.read(lambda s: rows.newest(s, condition, before_ms, limit))

    async def used(self, camera: str) -> tuple[int, int]:
        """(bytes, clips) of one camera."""
        return await self._store.read(lambda session: rows.used(session, camera))

    def path(self, clip: Clip) -> Path:
        """Where a clip's file is."""
        return self.folder / clip.camera / f"{clip.id}{SEALED if clip.sealed else PLAIN}"

    @asynccontextmanager
    async def reading(self, path: Path) -> AsyncIterator[ClipReader]:
        """The file of a clip, opened off the loop; closed at the end, also where the caller gave up
        first."""
        opening = self._thread.submit(ClipReader, path)
        try:
            yield await asyncio.shield(asyncio.wrap_future(opening))
        finally:
            opening.add_done_callback(_close)

    def open_reader(self, clip: Clip) -> ClipReader:
        """The clip's file, to be read. Blocks; FileNotFoundError if it went meanwhile."""
        return ClipReader(self.path(clip), sealed=clip.sealed)

    # Residents' rules

    def rule(self, camera: str) -> Rule:
        """What its resident says of recording at a camera: one row by its key."""
        return self._store.read_now(lambda session: rows.rule(session, camera))

    async def set_rule(self, camera: str, resident: str, rule: Rule) -> None:
        """Keep a rule, with its entry."""
        now_ms = self.clock.unix_ms()

        def work(session: Any) -> Entry:
            return rows.set_rule(session, camera, resident, rule, now_ms)

        self._entries.announce(await self._store.run(work))

    # The disk

    def trouble(self, error: OSError) -> None:
        """A clip could not be written: said once, until one can be again."""
        if not self._troubled:
            _log.error("clips cannot be recorded (%s); live views go on", error.strerror or error)
        self._troubled = True

    def well(self) -> None:
        """A clip was written."""
        if self._troubled:
            _log.info("clips are recorded again")
        self._troubled = False


def _close(opening: "Future[ClipReader]") -> None:
    if opening.exception() is None:
        opening.result().close()


def new_id() -> str:
    """A clip's name: 128 random bits, and never taken for an option on a command line."""
    while (made := b64.encode(secrets.token_bytes(16))).startswith("-"):
        pass
    return made


def made(finished: Finished, origin: Origin) -> Clip:
    """The row of a finished file."""
    return Clip(
        id=finished.path.stem,
        camera=origin.camera,
        resident=origin.resident,
        jti=origin.jti,
        started_ms=finished.started_ms,
        ended_ms=finished.ended_ms,
        frames=finished.frames,
        size_bytes=finished.bytes,
        sha256=finished.sha256,
        width=finished.shape.width,
        height=finished.shape.height,
        sealed=finished.path.suffix == SEALED,
        best_at=finished.best[0],
        best_bytes=finished.best[1],
        delete_at=finished.ended_ms // 1000 + origin.keep_s,
    )


def unlink(path: Path) -> None:
    """Durably; a file that is gone already is none."""
    path.unlink(missing_ok=True)
    if path.parent.is_dir():
        sync_folder(path.parent)


def spare_bytes(folder: Path) -> int:
    """How much the disk below a folder still takes from us."""
    state = os.statvfs(folder)
    return state.f_bavail * state.f_frsize
