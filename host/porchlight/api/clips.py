"""Clips: listed, looked at, opened, deleted; and what a resident says of recording.

A hub names case and purpose, and the resident's log says what it was told before it is told. What
of a camera's clips it may have is said in clips/access.py. Owners have all of their own.
"""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, Field

from porchlight.api.approvals import PENDING
from porchlight.api.cameras import Case, Purpose, check_cause
from porchlight.api.cause import SIGNS, LookHeader, Opening, Statement, signed
from porchlight.api.deps import Caller, OperatorDep, PartsDep, Resident, Visitor, address_of
from porchlight.api.lists import List
from porchlight.clips import rows
from porchlight.clips.plays import NONE
from porchlight.clips.rows import Clip, Cover
from porchlight.clips.thumbnail import thumbnail
from porchlight.errors import NotFound, Unavailable
from porchlight.views import Intent

BASE: Final = "/api/v1/plays"
router = APIRouter(tags=["clips"])
ClipId = Annotated[str, Path(min_length=22, max_length=22)]
FAR_MS: Final = 2**53
_UNSAID: Final[dict[int | str, dict[str, Any]]] = {
    400: {"description": "A hub named no case, or no purpose."}
}
_SEALED: Final[dict[int | str, dict[str, Any]]] = {
    409: {"description": "Only the resident's own key opens this clip."}
}
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/jpeg": {}}}}


class ClipRow(BaseModel):
    """A recorded stretch. `started_ms`, `ended_ms`: unix ms. `grant`: the one it was recorded
    under. `sealed`: encrypted to its resident. `sha256`: of the file, in hex. `delete_at`: unix s;
    its file goes then, or earlier where a camera's room is used up."""

    id: str
    camera: str
    grant: str
    started_ms: int
    ended_ms: int
    frames: int
    bytes: int
    width: int
    height: int
    sealed: bool
    sha256: str
    delete_at: int


class ClipList(BaseModel):
    """Clips, newest first; `next`: ask for those `before` it, null where there are no more."""

    clips: list[ClipRow]
    next: int | None


class ClipQuery(BaseModel):
    """Which clips. Hubs name case and purpose."""

    camera: str | None = Field(None, min_length=43, max_length=43)
    before: int = Field(FAR_MS, ge=0, le=FAR_MS, description="only what began before: unix ms")
    limit: int = Field(50, ge=1, le=rows.MAX_PAGE)
    case: str = Field("", max_length=64, description="hubs only: the case asked for")
    purpose: str = Field("", max_length=32, description="hubs only: one of the purposes")


class NewPlay(Opening):
    """What the clip is opened for: `clips` to look at it, `export` to take it away."""

    action: str = Field(max_length=32, examples=["clips", "export"])
    look: Statement = Field("", description=SIGNS)


@dataclass(frozen=True)
class Glance:
    """Why a small picture is looked at, where there is no body to say so."""

    case: Case = ""
    purpose: Purpose = ""
    look: LookHeader = ""


class PlayUrls(BaseModel):
    """Where the clip is: its file, and its frames as an MJPEG stream (null if sealed)."""

    file: str
    stream: str | None


class OpenedPlay(BaseModel):
    """A clip that is open until `expires` (unix s). Keep `ticket` and `urls` to yourself."""

    id: str
    expires: int
    ticket: str
    urls: PlayUrls
    clip: ClipRow


@router.get("/clips", responses=_UNSAID)
async def listing(
    asked: Annotated[ClipQuery, Query()], parts: PartsDep, by: Caller, operator: OperatorDep
) -> ClipList:
    """A resident's own clips. A hub is told of those that a grant covers now."""
    if by.is_resident:
        condition = rows.of_resident(by.thumb)
        if asked.camera is not None:
            condition = condition & rows.at_camera(asked.camera)
        return _page(await parts.clips.newest(condition, asked.before, asked.limit), asked.limit)
    check_cause(asked.case, asked.purpose)
    told = List.of(parts, by, operator, asked.case, asked.purpose)
    await told.spend()
    covers = _shown(told, parts.plays.covers(by.thumb, asked.purpose, asked.camera))
    if not covers:
        return ClipList(clips=[], next=None)
    found = await parts.clips.newest(rows.covered(covers), asked.before, asked.limit)
    shown = [clip for clip in found if told.shows(clip.camera, "clips", clip.filmed)]
    await told.enter(sorted({clip.camera for clip in shown}))
    return ClipList(clips=[row_of(clip) for clip in shown], next=_more(found, asked.limit))


@router.get("/clips/{clip_id}", responses=_UNSAID)
async def one(
    clip_id: ClipId,
    parts: PartsDep,
    by: Caller,
    operator: OperatorDep,
    *,
    case: Case = "",
    purpose: Purpose = "",
) -> ClipRow:
    """One clip. What a caller may not have does not exist."""
    clip = await parts.clips.find(clip_id)
    if by.is_resident:
        if clip is None or clip.resident != by.thumb:
            raise NotFound("no-clip", NONE)
        return row_of(clip)
    check_cause(case, purpose)
    told = List.of(parts, by, operator, case, purpose)
    await told.spend()
    covers = parts.plays.covers(by.thumb, purpose, clip.camera) if clip is not None else []
    if clip is None or not any(cover.holds(clip) for cover in covers):
        raise NotFound("no-clip", NONE)
    if not told.shows(clip.camera, "clips", clip.filmed):
        raise NotFound("no-clip", NONE)
    await told.enter([clip.camera])
    return row_of(clip)


@router.get(
    "/clips/{clip_id}/thumbnail.jpg",
    response_class=Response,
    responses=_UNSAID | _SEALED | _PICTURE,
)
async def small_picture(
    clip_id: ClipId,
    parts: PartsDep,
    by: Visitor,
    operator: OperatorDep,
    why: Annotated[Glance, Depends()],
) -> Response:
    """The frame in which most moved, made small. It is in the log before this answers, and counts
    as one opening; where a second operator has to approve, it is refused."""
    if not by.is_resident:
        check_cause(why.case, why.purpose)
    looks = signed(clip_id, why.look)
    case, purpose = why.case.strip(), why.purpose.strip()
    intent = Intent((), "clips", purpose, case, operator=operator, looks=looks)
    play = await parts.plays.glimpse(by, clip_id, intent)
    try:
        made = await parts.clips.off_loop(thumbnail, parts.clips, play.clip, play.dress)
    except FileNotFoundError:
        raise NotFound("no-clip", NONE) from None
    reason = play.lapse(parts.clock.unix())
    if reason is not None:
        raise NotFound("no-clip", NONE)
    return Response(made, media_type="image/jpeg")


@router.post(
    "/clips/{clip_id}/plays",
    status_code=201,
    response_model=OpenedPlay,
    responses=_SEALED | PENDING,
)
async def open_play(
    clip_id: ClipId,
    body: NewPlay,
    parts: PartsDep,
    by: Visitor,
    operator: OperatorDep,
    request: Request,
) -> OpenedPlay:
    """Open a clip. It is in its resident's log before this answers. 202 as for views."""
    intent = body.intent(body.action, operator, looks=signed(clip_id, body.look))
    play, ticket = await parts.plays.open(by, clip_id, intent, address_of(request))
    own = f"{BASE}/{ticket}"
    plain = None if play.clip.sealed else f"{own}/clip.mjpg"
    urls = PlayUrls(file=f"{own}/clip.avi", stream=plain)
    return OpenedPlay(
        id=play.view.id, expires=play.view.expires, ticket=ticket, urls=urls, clip=row_of(play.clip)
    )


@router.delete("/clips/{clip_id}", status_code=204)
async def delete(clip_id: ClipId, parts: PartsDep, by: Resident) -> None:
    """Delete one of one's own clips: the file is gone when this answers."""
    clip = await parts.clips.find(clip_id)
    if clip is None or clip.resident != by.thumb:
        raise NotFound("no-clip", "you have no such clip")
    try:
        await parts.clips.remove(clip, "clip.deleted")
    except OSError:
        raise Unavailable("not-deleted", "the host could not delete the file") from None


def _shown(told: List, covers: list[Cover]) -> list[Cover]:
    return [cover for cover in covers if told.shows(cover.camera, "clips")]


def _page(found: list[Clip], limit: int) -> ClipList:
    return ClipList(clips=[row_of(clip) for clip in found], next=_more(found, limit))


def _more(found: list[Clip], limit: int) -> int | None:
    return found[-1].started_ms if len(found) == limit else None


def row_of(clip: Clip) -> ClipRow:
    """As the API shows it."""
    return ClipRow(
        id=clip.id,
        camera=clip.camera,
        grant=clip.jti,
        started_ms=clip.started_ms,
        ended_ms=clip.ended_ms,
        frames=clip.frames,
        bytes=clip.size_bytes,
        width=clip.width,
        height=clip.height,
        sealed=clip.sealed,
        sha256=clip.sha256,
        delete_at=clip.delete_at,
    )
