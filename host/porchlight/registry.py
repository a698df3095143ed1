"""Who and what this host knows: residents, hubs and cameras, each named by its thumb.

Rows are read once and kept. A miss asks the database, so that what a command adds is known to a
running host at once. Rows never change after they were added, so nothing kept can go stale.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from accord import names, statement
from accord.errors import Refused
from porchlight import keys
from porchlight.audit import entries
from porchlight.clock import Clock
from porchlight.errors import Conflict, Denied
from porchlight.keys import PublicKey
from porchlight.store import Store, models

RESIDENT: Final = "resident"
HUB: Final = "hub"
Row = TypeVar("Row")


@dataclass(frozen=True)
class Party:
    """A resident or a hub that proved to be known here."""

    kind: str
    name: str
    key: PublicKey

    @property
    def thumb(self) -> str:
        """The name of its key."""
        return self.key.thumb

    @property
    def is_resident(self) -> bool:
        """Whether this is a resident; a hub otherwise."""
        return self.kind == RESIDENT


@dataclass(frozen=True)
class CameraRecord:
    """What was registered about one camera. `board_key` is a secret of board and host."""

    id: str
    resident: str
    label: str
    source: str
    board_key: bytes
    place: dict[str, int] | None
    added_at: int


class Registry:
    """Parties and cameras in the store. Lookups are synchronous: one row by its key."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._parties: dict[str, Party] = {}
        self._cameras: dict[str, CameraRecord] = {}

    def party(self, thumb: str) -> Party | None:
        """The resident or hub with this key, if registered."""
        if thumb not in self._parties:
            row = self._store.read_now(lambda session: session.get(models.Party, thumb))
            if row is None:
                return None
            self._parties[thumb] = _party(row)
        return self._parties[thumb]

    def named(self, kind: str, name: str) -> Party | None:
        """The resident or hub of this name."""
        wanted = select(models.Party).filter_by(kind=kind, name=name)
        row = self._store.read_now(lambda session: session.scalar(wanted))
        return None if row is None else _party(row)

    def parties(self, kind: str) -> list[Party]:
        """All residents or all hubs, by name."""
        wanted = select(models.Party).filter_by(kind=kind).order_by(models.Party.name)
        return self._store.read_now(
            lambda session: [_party(row) for row in session.scalars(wanted)]
        )

    def camera(self, camera_id: str) -> CameraRecord | None:
        """The camera of this thumb, if registered."""
        if camera_id not in self._cameras:
            row = self._store.read_now(lambda session: session.get(models.Camera, camera_id))
            if row is None:
                return None
            self._cameras[camera_id] = _camera(row)
        return self._cameras[camera_id]

    def key(self, thumb: str) -> PublicKey:
        """The key of somebody who is registered; LookupError if nobody is."""
        party = self.party(thumb)
        if party is None:
            raise LookupError("nobody is registered with this key")
        return party.key

    def owner(self, camera_id: str) -> str | None:
        """Whose camera this is, if registered."""
        record = self.camera(camera_id)
        return None if record is None else record.resident

    def cameras(self, resident: str | None = None) -> list[CameraRecord]:
        """All cameras, or one resident's, oldest first."""
        wanted = select(models.Camera).order_by(models.Camera.added_at, models.Camera.id)
        if resident is not None:
            wanted = wanted.filter_by(resident=resident)
        return self._store.read_now(
            lambda session: [_camera(row) for row in session.scalars(wanted)]
        )

    def adding_party(self, kind: str, name: str, key: PublicKey) -> Callable[[Session], Party]:
        """The transaction that registers a party; Conflict if its name or key is taken."""
        now_ms = self._clock.unix_ms()

        def add(session: Session) -> Party:
            if session.get(models.Party, key.thumb) is not None:
                raise Conflict("key-known", "this key is registered already")
            if session.scalar(select(models.Party).filter_by(kind=kind, name=name)) is not None:
                raise Conflict("name-taken", f"there is a {kind} called {name} already")
            row = models.Party(
                thumb=key.thumb, kind=kind, name=name, x=key.x, y=key.y, added_at=now_ms // 1000
            )
            session.add(row)
            _note_party(session, row, now_ms)
            return _party(row)

        return add

    def adding_camera(
        self, token: bytes, board_key: bytes, owner: Party, source: str = "board"
    ) -> Callable[[Session], CameraRecord]:
        """The transaction that registers a camera by its owner's signed statement.

        Denied if the statement does not hold, is not the owner's, or names another board key;
        Conflict if the camera is registered already.
        """
        stated = _verified(token, board_key, owner)
        now_ms = self._clock.unix_ms()

        def add(session: Session) -> CameraRecord:
            if session.get(models.Camera, stated.sub) is not None:
                raise Conflict("camera-known", "this camera is registered already")
            row = models.Camera(
                id=stated.sub,
                resident=owner.thumb,
                label=stated.label,
                source=source,
                board_key=board_key,
                statement=stated.token,
                place=stated.place,
                added_at=now_ms // 1000,
            )
            session.add(row)
            session.flush()
            entries.write(session, now_ms, "camera.added", resident=owner.thumb, camera=stated.sub)
            return _camera(row)

        return add


def _verified(token: bytes, board_key: bytes, owner: Party) -> statement.Statement:
    try:
        stated = statement.verify(token, {owner.thumb: owner.key}, keys.check)
        if stated.sub != names.camera_thumb(board_key):
            raise Refused("wrong-camera")
    except Refused as refused:
        raise Denied(refused.reason, "the camera statement does not hold") from None
    return stated


def _note_party(session: Session, row: models.Party, now_ms: int) -> None:
    if row.kind == RESIDENT:
        entries.write(session, now_ms, "resident.added", resident=row.thumb)
    else:
        entries.write(session, now_ms, "hub.added", resident=None, hub=row.thumb, hub_name=row.name)


def _party(row: models.Party) -> Party:
    return Party(row.kind, row.name, PublicKey.from_coordinates(row.x, row.y))


def _camera(row: models.Camera) -> CameraRecord:
    return CameraRecord(
        id=row.id,
        resident=row.resident,
        label=row.label,
        source=row.source,
        board_key=row.board_key,
        place=row.place,
        added_at=row.added_at,
    )
