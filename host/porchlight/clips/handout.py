"""Handouts: the file that each play is handed, on disk as long as the play is open.

A hub's has the grant's masks covered and a caption in every frame (dressing.py); it is made when it
is first asked for. A resident is handed their own file as it lies there, sealed or not.
"""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path

from porchlight.clips import avi, dressing, sealing
from porchlight.clips.dressing import Dress
from porchlight.clips.plays import NONE, Play
from porchlight.clips.rows import Clip
from porchlight.clips.store import Clips
from porchlight.clips.writer import PLAIN, SEALED, Finished
from porchlight.clock import rfc3339
from porchlight.errors import Gone, NotFound, Unavailable
from porchlight.files import private_folder


@dataclass(frozen=True)
class Given:
    """A file to hand out: `sha256` in hex, `type` for Content-Type, `name` for who saves it."""

    path: Path
    size: int
    sha256: str
    type: str
    name: str


class Handouts:
    """One object per host. Its coroutines belong to the event loop's thread."""

    def __init__(self, clips: Clips, folder: Path) -> None:
        self.folder = folder
        self._clips = clips
        self._making: dict[str, asyncio.Task[Given]] = {}

    def start(self) -> None:
        """Leave nothing of an earlier run. Blocks."""
        private_folder(self.folder)
        for left in self.folder.iterdir():
            left.unlink()

    async def of(self, play: Play) -> Given:
        """The file of an open play. NotFound, Gone, and Unavailable where a frame cannot be read or
        there is no room."""
        dress, clip = play.dress, play.clip
        if dress is None:
            path = self._clips.path(clip)
            kind = sealing.CONTENT_TYPE if clip.sealed else avi.CONTENT_TYPE
            return Given(path, clip.size_bytes, clip.sha256, kind, _name(clip))
        making = self._making.get(play.view.id)
        if making is None:
            making = asyncio.create_task(self._made(play, dress))
            self._making[play.view.id] = making
            play.over.on_end(lambda: self._drop(play))
        return await asyncio.shield(making)

    async def _made(self, play: Play, dress: Dress) -> Given:
        """Made for this hub; nothing is left where it could not be, or nobody may have it now."""
        try:
            made = await self._clips.off_loop(self._copy, play.clip, dress, self._path(play))
        except FileNotFoundError:
            raise NotFound("no-clip", NONE) from None
        except ValueError as error:
            raise Unavailable("unreadable", str(error)) from None
        except OSError as error:
            self._clips.trouble(error)
            raise Unavailable("not-made", "the host has no room for a copy now") from None
        if play.over.is_set():
            await self._clips.off_loop(made.path.unlink, missing_ok=True)
            raise Gone("ticket-expired", f"the clip is closed: {play.reason}")
        return Given(made.path, made.bytes, made.sha256, avi.CONTENT_TYPE, _name(play.clip))

    def _copy(self, clip: Clip, dress: Dress, path: Path) -> Finished:
        with self._clips.open_reader(clip) as reader:
            return dressing.copy(reader, clip, dress, path)

    def _path(self, play: Play) -> Path:
        return self.folder / f"{play.view.id}{PLAIN}"

    def _drop(self, play: Play) -> None:
        """The play is over: who reads the file still is stopped by that, not by this."""
        self._making.pop(play.view.id, None)
        self._path(play).unlink(missing_ok=True)


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex. Blocks."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _name(clip: Clip) -> str:
    when = rfc3339(clip.started_ms)[:19].replace(":", "").replace("-", "")
    return f"clip-{when}Z{SEALED if clip.sealed else PLAIN}"
