"""Logs: what the API and witnesses are told of residents' logs.

Everything derives from the tree in the database; checkpoints are signed when asked for, for Ed25519
signs the same text twice the same.
"""

from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from porchlight.audit import log, note, tiles, tree
from porchlight.audit.checkpoint import Checkpoint, Submission, inclusion_text
from porchlight.audit.logkeys import LogKeys
from porchlight.store import Cosignature, LogHead, Store


@dataclass(frozen=True)
class Seen:
    """How far a witness has come with a log. `at`: unix s of its signature."""

    witness: str
    size: int
    at: int
    line: str


class Logs:
    """The logs of this host's residents."""

    def __init__(self, store: Store, keys: LogKeys) -> None:
        self._store = store
        self._keys = keys

    def vkey(self, resident: str) -> str:
        """The key of a resident's log in one word; its first part is the log's origin."""
        return self._keys.signer(resident).verifier.vkey

    async def checkpoint(self, resident: str) -> str | None:
        """The newest checkpoint, with the cosignatures that witnesses gave for it."""

        def work(session: Session) -> str | None:
            head = log.head(session, resident)
            return None if head is None else str(self._cosigned(session, resident, head))

        return await self._store.read(work)

    async def tile(self, resident: str, tile: tiles.Tile) -> bytes | None:
        """A tile, or a bundle of entries; None if the log has not come so far."""

        def work(session: Session) -> list[bytes]:
            head = log.head(session, resident)
            if head is None or not tile.fits(head.size):
                return []
            return log.read(session, resident, tile)

        found = await self._store.read(work)
        if len(found) != tile.width:
            return None
        return tiles.bundle(found) if tile.level == tiles.ENTRIES else b"".join(found)

    async def proof(self, resident: str, index: int) -> str | None:
        """c2sp.org/tlog-proof@v1 of an entry by its index; None if there is no such entry."""

        def work(session: Session) -> str | None:
            head = log.head(session, resident)
            if head is None or not 0 <= index < head.size:
                return None
            steps = log.inclusion(session, resident, index, head.size)
            return inclusion_text(index, steps, self._cosigned(session, resident, head))

        return await self._store.read(work)

    async def submission(self, resident: str, old: int) -> Submission | None:
        """What a witness that knows this log up to `old` is sent; None if it knows more than is."""

        def work(session: Session) -> Submission | None:
            head = log.head(session, resident)
            if head is None or not 0 <= old <= head.size:
                return None
            steps = log.consistency(session, resident, old, head.size)
            return Submission(old, tuple(steps), self._signed(resident, head))

        return await self._store.read(work)

    async def seen(self, resident: str) -> tuple[int, list[Seen]]:
        """The log's size, and how far each witness has come."""

        def work(session: Session) -> tuple[int, list[Seen]]:
            head = log.head(session, resident) or tree.Frontier()
            return head.size, _seen(session, resident)

        return await self._store.read(work)

    async def residents(self) -> list[str]:
        """Whoever has a log here."""
        return await self._store.read(
            lambda session: list(session.scalars(select(LogHead.resident)))
        )

    async def keep(self, resident: str, seen: Seen) -> None:
        """Keep a cosignature that was checked; the newest of each witness."""

        def work(session: Session) -> None:
            session.merge(
                Cosignature(
                    resident=resident,
                    witness=seen.witness,
                    size=seen.size,
                    at=seen.at,
                    line=seen.line,
                )
            )

        await self._store.run(work)

    def _signed(self, resident: str, head: tree.Frontier) -> note.Note:
        signer = self._keys.signer(resident)
        return signer.sign(Checkpoint(signer.verifier.name, head.size, head.root()).text)

    def _cosigned(self, session: Session, resident: str, head: tree.Frontier) -> note.Note:
        signed = self._signed(resident, head)
        more = [note.signature(s.line) for s in _seen(session, resident) if s.size == head.size]
        return note.Note(signed.text, (*signed.signatures, *more))


def _seen(session: Session, resident: str) -> list[Seen]:
    wanted = select(Cosignature).where(Cosignature.resident == resident)
    rows = session.scalars(wanted.order_by(Cosignature.witness))
    return [Seen(row.witness, row.size, row.at, row.line) for row in rows]
