"""Clips and the residents' rules of recording in the database. Functions of one transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from accord import b64
from porchlight.audit import entries
from porchlight.keys import PublicKey
from porchlight.store.clips_model import Clip as Row
from porchlight.store.clips_model import RecordingRule
from porchlight.store.models import Entry

MAX_PAGE: Final = 200
MAX_ASKED: Final = 20_000  # grants in one question: databases have a limit
MAX_WINDOWS: Final = 200


@dataclass(frozen=True)
class Clip:
    """One recorded stretch. `jti`: the grant it was recorded under. Times: unix ms; `delete_at`:
    unix s. `sha256`: hex, of the file as it lies on disk. `best_at`, `best_bytes`: where in the
    file the frame is in which most moved."""

    id: str
    camera: str
    resident: str
    jti: str
    started_ms: int
    ended_ms: int
    frames: int
    size_bytes: int
    sha256: str
    width: int
    height: int
    sealed: bool
    best_at: int
    best_bytes: int
    delete_at: int

    @property
    def filmed(self) -> tuple[int, int]:
        """From when to when, unix s."""
        return self.started_ms // 1000, self.ended_ms // 1000

    @property
    def handle(self) -> bytes:
        """The grant's name on the wire."""
        return b64.decode(self.jti)


@dataclass(frozen=True)
class Rule:
    """What a resident says of recording at one camera; it can only take away from the grants."""

    enabled: bool = True
    reader: PublicKey | None = None


@dataclass(frozen=True)
class Cover:
    """Clips somebody may have: recorded under this grant, or lying wholly within the window that a
    request named and this grant answered (unix ms)."""

    camera: str
    jti: str
    window: tuple[int, int] | None = None

    def holds(self, clip: Clip) -> bool:
        """Whether this is one of them."""
        if clip.camera != self.camera:
            return False
        if self.window is None:
            return clip.jti == self.jti
        return self.window[0] <= clip.started_ms and clip.ended_ms <= self.window[1]


def keep(session: Session, clip: Clip, now_ms: int, detail: dict[str, Any]) -> Entry:
    """Store a clip and its entry."""
    session.add(Row(**vars(clip)))
    session.flush()
    return _entry(session, "clip.recorded", clip, now_ms, detail=told(clip) | detail)


def remove(
    session: Session, clip: Clip, now_ms: int, type: str, reason: str | None = None
) -> Entry | None:
    """Forget a clip whose file is gone, with an entry; None if that was done."""
    row = session.get(Row, clip.id)
    if row is None:
        return None
    session.delete(row)
    return _entry(session, type, clip, now_ms, reason=reason, detail=told(clip))


def find(session: Session, clip_id: str) -> Clip | None:
    """One clip."""
    row = session.get(Row, clip_id)
    return None if row is None else clip_of(row)


def within(session: Session, camera: str, start_ms: int, end_ms: int) -> list[Clip]:
    """The clips of a camera that lie wholly within a span, oldest first."""
    wanted = select(Row).where(_within(camera, start_ms, end_ms)).order_by(Row.started_ms, Row.id)
    return [clip_of(row) for row in session.scalars(wanted)]


def newest(
    session: Session, condition: ColumnElement[bool], before_ms: int, limit: int
) -> list[Clip]:
    """Clips that began before `before_ms`, newest first."""
    wanted = select(Row).where(condition, Row.started_ms < before_ms)
    ordered = wanted.order_by(Row.started_ms.desc(), Row.id).limit(min(limit, MAX_PAGE))
    return [clip_of(row) for row in session.scalars(ordered)]


def of_resident(resident: str) -> ColumnElement[bool]:
    """For newest(): all of one resident."""
    return Row.resident == resident


def at_camera(camera: str) -> ColumnElement[bool]:
    """For newest(): all of one camera."""
    return Row.camera == camera


def covered(covers: Sequence[Cover]) -> ColumnElement[bool]:
    """For newest(): those of any of these, as far as one question can hold them."""
    recorded = [cover.jti for cover in covers if cover.window is None][:MAX_ASKED]
    asked = [_within(cover.camera, *cover.window) for cover in covers if cover.window is not None]
    return or_(Row.jti.in_(recorded), *asked[:MAX_WINDOWS])


def due(session: Session, now: int) -> list[Clip]:
    """Clips whose time is over at `now` (unix s)."""
    wanted = select(Row).where(Row.delete_at <= now).order_by(Row.delete_at).limit(MAX_PAGE)
    return [clip_of(row) for row in session.scalars(wanted)]


def used(session: Session, camera: str) -> tuple[int, int]:
    """(bytes, clips) of one camera."""
    wanted = select(func.coalesce(func.sum(Row.size_bytes), 0), func.count()).where(
        Row.camera == camera
    )
    size, count = session.execute(wanted).one()
    return int(size), int(count)


def over_quota(session: Session, camera: str, quota: int) -> list[Clip]:
    """The oldest clips of a camera, which have to go for the rest to stay within `quota` bytes."""
    left, gone = used(session, camera)[0], []
    wanted = select(Row).where(Row.camera == camera).order_by(Row.started_ms, Row.id)
    for row in session.scalars(wanted):
        if left <= quota:
            break
        gone.append(clip_of(row))
        left -= row.size_bytes
    return gone


def everything(session: Session) -> list[Clip]:
    """All of this host, for its start."""
    return [clip_of(row) for row in session.scalars(select(Row))]


def rule(session: Session, camera: str) -> Rule:
    """A resident's rule; where none was made, the grants alone decide."""
    row = session.get(RecordingRule, camera)
    if row is None:
        return Rule()
    x, y = row.reader_x, row.reader_y
    reader = None if x is None or y is None else PublicKey.from_coordinates(x, y)
    return Rule(row.enabled, reader)


def set_rule(session: Session, camera: str, resident: str, rule: Rule, now_ms: int) -> Entry:
    """Keep a rule and its entry."""
    reader = rule.reader
    session.merge(
        RecordingRule(
            camera=camera,
            enabled=rule.enabled,
            reader_x=None if reader is None else reader.x,
            reader_y=None if reader is None else reader.y,
            changed_at=now_ms // 1000,
        )
    )
    detail = {"enabled": rule.enabled, "reader": None if reader is None else reader.thumb}
    return entries.write(
        session, now_ms, "recording.set", resident=resident, camera=camera, detail=detail
    )


def told(clip: Clip) -> dict[str, Any]:
    """What every entry about a clip says of it."""
    return {
        "clip": clip.id,
        "sha256": clip.sha256,
        "bytes": clip.size_bytes,
        "frames": clip.frames,
        "seconds": round((clip.ended_ms - clip.started_ms) / 1000, 1),
        "started_ms": clip.started_ms,
    }


def clip_of(row: Row) -> Clip:
    """Detached from its session."""
    return Clip(**{name: getattr(row, name) for name in Clip.__dataclass_fields__})


def _within(camera: str, start_ms: int, end_ms: int) -> ColumnElement[bool]:
    return and_(Row.camera == camera, Row.started_ms >= start_ms, Row.ended_ms <= end_ms)


def _entry(session: Session, type: str, clip: Clip, now_ms: int, **more: Any) -> Entry:
    about = {"resident": clip.resident, "camera": clip.camera, "jti": clip.jti}
    return entries.write(session, now_ms, type, **about, **more)
