"""The pictures of a view, by ticket: streams of one camera or of all, and single pictures.

A picture's URL needs no proof: it works in <img>, VLC and ffmpeg. HEAD is admitted as GET is, and
told what GET would be; nobody is shown anything, so nothing is counted.
"""

from collections.abc import Callable, Coroutine, Hashable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path, Query, Request, Response
from pydantic import BaseModel, Field

from porchlight.api.deps import PartsDep, address_of
from porchlight.clips.recorded import Recorded
from porchlight.errors import Conflict, Denied, Invalid, Unavailable
from porchlight.frames import Frame
from porchlight.parts import Parts
from porchlight.streams import mjpeg
from porchlight.streams.fanout import Fanout
from porchlight.streams.feed import Feed
from porchlight.streams.layout import MAX_SIDE, USUAL_WIDTH, WIDTHS, Layout, layout_for
from porchlight.streams.picture import PictureHead, PictureResponse, unless_gone
from porchlight.streams.response import StreamHead, StreamResponse
from porchlight.streams.scaled import NARROWEST, STEPS, WIDEST, feed_for, narrowed, rounded
from porchlight.streams.snapshot import snapshot
from porchlight.streams.wall import Wall
from porchlight.views import Look, View
from porchlight.views.still import Still

router = APIRouter(tags=["views"])
Ticket = Annotated[str, Path(min_length=16, max_length=64)]
CameraId = Annotated[str, Path(min_length=1, max_length=64)]
Fps = Annotated[
    float | None,
    Field(ge=0.1, le=60, allow_inf_nan=False, description="at most so many frames a second"),
]
Pixels = Annotated[
    int | None,
    Field(
        ge=NARROWEST,
        le=WIDEST,
        description=f"at most so many pixels wide; made at {', '.join(map(str, STEPS))}",
    ),
]
GONE: Final = 499  # for the log: the viewer left, and nobody reads the answer
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {mjpeg.CONTENT_TYPE.partition(";")[0]: {}}}
}
_PICTURE: Final[dict[int | str, dict[str, Any]]] = {200: {"content": {"image/jpeg": {}}}}


class WallQuery(BaseModel):
    """How a wall is to look."""

    width: int = Field(
        USUAL_WIDTH, ge=WIDTHS[0], le=WIDTHS[1], description="of the whole wall, in pixels"
    )
    columns: int | None = Field(
        None, ge=1, le=MAX_SIDE, description="as square as can be, if not said"
    )
    large: bool = Field(False, description="the first camera takes two by two places")
    fps: Fps = None

    def layout(self, count: int) -> Layout:
        """For so many cameras; Invalid if they do not fit."""
        try:
            return layout_for(count, self.width, self.columns, large=self.large)
        except ValueError as error:
            raise Invalid("invalid-request", str(error)) from None


class StreamQuery(BaseModel):
    """How one camera is to be shown."""

    width: Pixels = None
    fps: Fps = None
    after: str | None = Field(
        None,
        min_length=16,
        max_length=64,
        description="ticket of an opened clip of this camera: its frames come first",
    )

    @property
    def step(self) -> int | None:
        """The width to make it at; None: as it is. Invalid for a clip, which has its own."""
        if self.width is not None and self.after is not None:
            raise Invalid("invalid-request", "after: a clip has its own width; leave width out")
        return None if self.width is None else rounded(self.width)


@router.head("/views/{ticket}/wall.mjpg", include_in_schema=False)
@router.get("/views/{ticket}/wall.mjpg", response_class=Response, responses=_STREAM)
async def wall(
    ticket: Ticket, parts: PartsDep, request: Request, asked: Annotated[WallQuery, Query()]
) -> Response:
    """All cameras of the view in one MJPEG stream."""
    view = await parts.views.admit(ticket, None, address_of(request))
    layout = asked.layout(len(view.looks))

    def fanout() -> Fanout:
        return _fanout(
            view,
            layout,
            lambda: Wall(view, parts.clock, parts.metrics, layout, parts.tiles),
            parts,
        )

    return _stream(request, parts, view, fanout, asked.fps)


@router.head("/views/{ticket}/{camera}.mjpg", include_in_schema=False)
@router.get("/views/{ticket}/{camera}.mjpg", response_class=Response, responses=_STREAM)
async def stream(
    ticket: Ticket,
    camera: CameraId,
    parts: PartsDep,
    request: Request,
    asked: Annotated[StreamQuery, Query()],
) -> Response:
    """One camera as an MJPEG stream: the newest whole frame whenever the viewer can take one.

    `after` joins two times of one camera: a clip's frames in their own time, then what is live.
    """
    view = await parts.views.admit(ticket, camera, address_of(request))
    step = asked.step

    def feed() -> Feed:
        look, asker = view.looks[camera], view.who.thumb
        return feed_for(look, step, parts.clock, parts.metrics, parts.tiles, asker)

    def live() -> Fanout:
        return _fanout(view, (camera, step), feed, parts)

    if asked.after is None:
        return _stream(request, parts, view, live, asked.fps)
    recorded = await _recorded(request, parts, camera, asked.after)
    return _stream(request, parts, view, lambda: _joined(recorded, live, parts), asked.fps)


@router.head("/views/{ticket}/{camera}.jpg", include_in_schema=False)
@router.get("/views/{ticket}/{camera}.jpg", response_class=Response, responses=_PICTURE)
async def picture(
    ticket: Ticket,
    camera: CameraId,
    parts: PartsDep,
    request: Request,
    width: Annotated[Pixels, Query()] = None,
) -> Response:
    """One picture. A view for a snapshot gives one, the same each time; a live one a new one."""
    view = await parts.views.admit(ticket, camera, address_of(request))
    if request.method == "HEAD":
        return PictureHead()
    look = view.looks[camera]
    view.enter()
    try:
        frame = await unless_gone(request.receive, _taken(view, look, width, parts))
    except BaseException:
        view.leave()
        raise
    if frame is None:
        view.leave()
        return Response(status_code=GONE)
    return PictureResponse(look, frame, parts.clock, done=view.leave)


async def _taken(view: View, look: Look, width: int | None, parts: Parts) -> Frame:
    """A picture of now; or the one that there is, if the view is for one."""

    def take() -> Coroutine[Any, Any, Frame]:
        return snapshot(look, parts.clock, parts.metrics)

    if view.intent.action == "snapshot":
        look.still = still = look.still or Still()
        frame = await still.get(take)
    else:
        frame = await take()
    step = None if width is None else rounded(width)
    found = await narrowed(frame, step, parts.tiles, view.who.thumb, look.lines(frame))
    if found is None:
        raise Unavailable("unreadable", "the camera's picture cannot be decoded")
    return found


async def _recorded(request: Request, parts: Parts, camera: str, ticket: str) -> Recorded:
    """What an opened clip of this camera shows; raises what opening its stream would."""
    play = await parts.plays.admit(ticket, address_of(request))
    if play.clip.camera != camera:
        raise Invalid("invalid-request", "after: that clip is of another camera")
    if play.clip.sealed:
        raise Conflict("sealed", "only the resident's own key opens this clip")
    return Recorded(play, parts.clips, await parts.handouts.of(play), parts.metrics)


def _joined(recorded: Recorded, live: Callable[[], Fanout], parts: Parts) -> Fanout:
    """What is recorded, for one viewer, who goes on to what is live then."""
    fanout = Fanout(recorded, skipped=parts.metrics.skipped.inc, deserted=lambda: None)
    recorded.through = lambda: fanout.hand_on(live())
    return fanout


def _stream(
    request: Request, parts: Parts, view: View, fanout: Callable[[], Fanout], fps: float | None
) -> Response:
    check_live(view)
    if request.method == "HEAD":
        return StreamHead()
    done = seated(view, parts)
    return StreamResponse(fanout(), gap_s=1 / fps if fps else 0.0, done=done)


def check_live(view: View) -> None:
    """Denied if the view is for a snapshot."""
    if view.intent.action != "live":
        raise Denied("action-not-granted", "this view is for a snapshot")


def seated(view: View, parts: Parts) -> Callable[[], None]:
    """Count a viewer, here and in their view; what to call when they are gone."""
    try:
        parts.seats.take()
    except Unavailable as full:
        parts.metrics.refused("viewer", full.reason)
        raise
    try:
        view.enter()
    except BaseException:
        parts.seats.leave()
        raise

    def leave() -> None:
        view.leave()
        parts.seats.leave()

    return leave


def _fanout(view: View, key: Hashable, feed: Callable[[], Feed], parts: Parts) -> Fanout:
    """The one for all who watch the same (`key`), as long as somebody does."""
    found: Fanout | None = view.fanouts.get(key)
    if found is None:
        found = view.fanouts[key] = Fanout(
            feed(),
            skipped=parts.metrics.skipped.inc,
            deserted=lambda: view.fanouts.pop(key, None),
            parts=[look.over for look in view.looks.values()] if isinstance(key, Layout) else (),
        )
    return found
