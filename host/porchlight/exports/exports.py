"""Exports: a clip is released as a bundle. The line in the resident's log comes first: the bundle
holds the proof of it.

A bundle lies on the host's disk as long as its play is open, and no longer. It ends with its grant,
like every other look; what was downloaded by then is beyond recall, and the log says so.
"""

import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from porchlight.audit.logkeys import LogKeys
from porchlight.audit.receipts import Receipt
from porchlight.clips import handout
from porchlight.clips.handout import Given, Handouts
from porchlight.clips.plays import NONE, Play, Plays
from porchlight.clips.store import Clips
from porchlight.errors import Conflict, NotFound, Unavailable
from porchlight.exports import bundle, papers, provenance
from porchlight.exports.papers import Papers
from porchlight.exports.release import Releaser, digest
from porchlight.keys import PublicKey
from porchlight.registry import Party
from porchlight.store import Store
from porchlight.views import Intent

_ANY: Final = "as long as you need it for that purpose"


@dataclass(frozen=True)
class Desk:
    """What bundles are made with. `owner`: a resident's key, by thumb."""

    store: Store
    plays: Plays
    clips: Clips
    handouts: Handouts
    log_keys: LogKeys
    owner: Callable[[str], PublicKey]


@dataclass(frozen=True)
class Export:
    """A bundle that is ready."""

    play: Play
    given: Given
    receipt: Receipt


class Exports:
    """One object per host. Its coroutines belong to the event loop's thread."""

    def __init__(self, home: Path, desk: Desk) -> None:
        self._home = home
        self._desk = desk
        self._ready: dict[str, Export] = {}
        self._key = threading.Lock()  # is made once, by whoever is first of several threads

    async def make(
        self, by: Party, clip_id: str, intent: Intent, address: str
    ) -> tuple[Export, str]:
        """Release a clip to `by`: the bundle, and the ticket that opens it to `address`.

        Raises what Plays.open() raises; Conflict sealed: only the resident's own key opens it.
        """
        plays = self._desk.plays
        play = await plays.prepare(by, clip_id, intent, address)
        path = self._desk.handouts.folder / f"{secrets.token_hex(16)}.zip"
        try:
            export = await self._release(play, path)
            ticket = plays.hand_out(play)
        except BaseException:
            play.end("not-made")
            path.unlink(missing_ok=True)
            raise
        self._ready[play.view.id] = export
        play.over.on_end(lambda: self._drop(export))
        return export, ticket

    def of(self, play: Play) -> Export:
        """The bundle of an open play; NotFound for a play of another kind."""
        export = self._ready.get(play.view.id)
        if export is None:
            raise NotFound("no-bundle", "this ticket opens a clip, not a bundle")
        return export

    def _drop(self, export: Export) -> None:
        self._ready.pop(export.play.view.id, None)
        export.given.path.unlink(missing_ok=True)

    async def _release(self, play: Play, path: Path) -> Export:
        desk = self._desk
        if play.clip.sealed:
            raise Conflict("sealed", "it opens with your own key only; download the clip itself")
        media = await desk.handouts.of(play)
        receipt = await desk.plays.release(play, media.sha256)
        key = desk.owner(play.clip.resident)
        found = await desk.store.read(lambda session: papers.gather(session, play, key))
        said = papers.claims(play, found, receipt, desk.clips.clock.unix())
        contents = found.files(play.who.name) | self._log(play.clip.resident, receipt)
        contents["README.txt"] = _readme(play, found)
        given = await self._written(play, path, lambda: self._bundle(path, media, contents, said))
        return Export(play, given, receipt)

    async def _written(self, play: Play, path: Path, write: Callable[[], Given]) -> Given:
        """The bundle, by `write`; nothing is left of it where it could not be, or is given up."""

        def work() -> Given:
            try:
                return write()
            finally:
                if play.over.is_set():  # whoever gave up came too early to delete this
                    path.unlink(missing_ok=True)

        clips = self._desk.clips
        try:
            return await clips.off_loop(work)
        except FileNotFoundError:
            raise NotFound("no-clip", NONE) from None
        except OSError as error:
            clips.trouble(error)
            raise Unavailable("not-made", "the host has no room for a bundle now") from None

    def _bundle(
        self, path: Path, media: Given, contents: dict[str, bytes], said: dict[str, Any]
    ) -> Given:
        """Sign and write. Blocks."""
        with self._key:
            releaser = Releaser.at(self._home, said["iat"])
        name = f"media/{said['jti']}.avi"
        sidecar = provenance.sidecar(media.path, name, said, releaser)
        if sidecar is not None:
            contents[f"{name}.c2pa"] = sidecar
        files = {each: digest(content) for each, content in contents.items()}
        release = releaser.sign(said | {"files": files | {name: media.sha256}})
        whole: dict[str, bytes | Path] = {"release.jws": release, name: media.path, **contents}
        bundle.write(path, whole, said["iat"])
        called = f"{media.name.removesuffix('.avi')}.zip"
        size, digested = path.stat().st_size, handout.digest(path)
        return Given(path, size, digested, bundle.CONTENT_TYPE, called)

    def _log(self, resident: str, receipt: Receipt) -> dict[str, bytes]:
        vkey = self._desk.log_keys.signer(resident).verifier.vkey
        return {
            "log/entry.json": receipt.entry,
            "log/key.txt": f"{vkey}\n".encode(),
            "log/proof.txt": receipt.proof.encode(),
        }


def _readme(play: Play, found: Papers) -> bytes:
    limits = {} if found.allows is None else found.allows.limits
    days = limits.get("retain_s", 0) / 86_400
    retain = f"{days:g} days" if days else _ANY
    return bundle.README.format(resident=play.clip.resident, retain=retain).encode()
