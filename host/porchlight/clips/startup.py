"""What the last run left on disk, set right before the host takes its first frame. Blocks."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from porchlight.clips import recover, rows
from porchlight.clips.rows import Clip
from porchlight.clips.store import Clips, Origin, made, unlink
from porchlight.clips.writer import PLAIN, SEALED, Finished
from porchlight.errors import StoreError
from porchlight.files import private_folder
from porchlight.store import Store

OwnerOf = Callable[[str], str | None]  # a camera's resident
LONGEST_S: Final = 365 * 86_400
_log = logging.getLogger(__name__)


def load(clips: Clips, store: Store, owner: OwnerOf) -> int:
    """Finish or drop drafts, take in files that were finished but not entered, take out rows whose
    file is lost; how many clips there are. Trouble with one is logged and leaves the others."""
    private_folder(clips.folder)
    known = {clips.path(clip): clip for clip in store.read_now(rows.everything)}
    for draft in recover.drafts(clips.folder):
        _each(draft, lambda path: _adopt(clips, store, owner, recover.repaired(path)))
    for path in sorted([*clips.folder.glob(f"*/*{PLAIN}"), *clips.folder.glob(f"*/*{SEALED}")]):
        if path not in known and _entered(store, path) is None:
            _each(path, lambda path: _stray(clips, store, owner, path))
    for path, clip in known.items():
        if not path.exists():
            _lost(clips, store, clip)
    return len(store.read_now(rows.everything))


def _each(path: Path, work: Callable[[Path], None]) -> None:
    try:
        work(path)
    except (OSError, StoreError) as error:
        _log.error("clip %s of the last run could not be set right: %s", path.stem, error)


def _entered(store: Store, path: Path) -> Clip | None:
    return store.read_now(lambda session: rows.find(session, path.stem))


def _stray(clips: Clips, store: Store, owner: OwnerOf, path: Path) -> None:
    """A finished file without a row. What cannot be read, for it is sealed or broken, goes."""
    found = recover.finished(path) if path.suffix == PLAIN else None
    if found is None:
        unlink(path)
        _log.warning("a clip that was never entered is dropped")
        return
    _adopt(clips, store, owner, found)


def _adopt(clips: Clips, store: Store, owner: OwnerOf, found: Finished | None) -> None:
    if found is None:
        return
    origin = _origin(found, owner)
    if origin is None:
        unlink(found.path)
        _log.warning("a clip of no camera of this host is dropped")
        return
    clip, now_ms = made(found, origin), clips.clock.unix_ms()

    def work(session: Session) -> None:
        rows.keep(session, clip, now_ms, {"repaired": True})

    store.run_now(work)
    _log.info("a clip of the last run is kept", extra={"clip": clip.id, "frames": clip.frames})


def _origin(found: Finished, owner: OwnerOf) -> Origin | None:
    """By what the file says, as far as it can be so: it lies in its camera's folder."""
    said = found.shape.about
    camera, jti, keep_s = said.get("camera"), said.get("jti"), said.get("keep_s")
    if camera != found.path.parent.name or type(jti) is not str or type(keep_s) is not int:
        return None
    resident = owner(camera)
    if resident is None or len(jti) != 22:
        return None
    return Origin(camera, resident, jti, max(0, min(keep_s, LONGEST_S)))


def _lost(clips: Clips, store: Store, clip: Clip) -> None:
    now_ms = clips.clock.unix_ms()

    def work(session: Session) -> None:
        rows.remove(session, clip, now_ms, "clip.expired", "lost")

    try:
        store.run_now(work)
    except StoreError as error:
        _log.error("a lost clip could not be taken out: %s", error)
