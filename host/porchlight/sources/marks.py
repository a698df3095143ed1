"""Marks: the highest (boot, sequence) seen of each board, kept across restarts of the host."""

from typing import Final

from sqlalchemy.orm import Session

from porchlight.store.engine import Store
from porchlight.store.models import Mark as Row

Mark = tuple[int, int]  # boot, sequence; compares as it should
UNSEEN: Final[Mark] = (-1, -1)


class Marks:
    """Marks in the store. A mark only ever rises."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def load(self, camera: str) -> Mark:
        """The highest mark kept for this camera (thumb)."""

        def work(session: Session) -> Mark:
            row = session.get(Row, camera)
            return UNSEEN if row is None else (row.boot, row.sequence)

        return await self._store.read(work)

    async def save(self, camera: str, mark: Mark) -> None:
        """Keep `mark`, unless a higher one is kept already. Durable when it returns."""

        def work(session: Session) -> None:
            row = session.get(Row, camera)
            if row is None:
                session.add(Row(camera=camera, boot=mark[0], sequence=mark[1]))
            elif (row.boot, row.sequence) < mark:
                row.boot, row.sequence = mark

        await self._store.run(work)
