"""A clip that was opened, by ticket: its file with ranges, and its frames as a stream.

The URL needs no proof: it works in players. HEAD is admitted as GET is, and told what GET would be.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Path, Request, Response

from porchlight.api.deps import PartsDep, address_of
from porchlight.clips import avi, sealing
from porchlight.clips.response import FileResponse, FramesResponse, etag
from porchlight.errors import Conflict
from porchlight.streams import mjpeg

router = APIRouter(tags=["clips"])
Ticket = Annotated[str, Path(min_length=16, max_length=64)]
PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    403: {"description": "This ticket belongs to another address."},
    404: {"description": "No clip is open under this ticket."},
    410: {"description": "The clip is closed: its grant, its time or itself is over."},
    422: {"description": "The request has not the shape described here."},
    503: {"description": "The host could not write its log."},
}
RANGE: Final[dict[int | str, dict[str, Any]]] = {
    416: {"description": "The file has no such range."}
}
_FILE: Final[dict[str, Any]] = {"content": {avi.CONTENT_TYPE: {}, sealing.CONTENT_TYPE: {}}}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: _FILE,
    206: {"description": "The range that was asked for.", **_FILE},
}
_SEALED: Final[dict[int | str, dict[str, Any]]] = {409: {"description": "The clip is sealed."}}
_STREAM: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {mjpeg.CONTENT_TYPE.partition(";")[0]: {}}}
}


@router.head("/plays/{ticket}/clip.avi", include_in_schema=False)
@router.get(
    "/plays/{ticket}/clip.avi",
    response_class=Response,
    responses=_FILES | PROBLEMS | RANGE,
)
async def file(
    ticket: Ticket,
    parts: PartsDep,
    request: Request,
    range: Annotated[str | None, Header(max_length=256)] = None,
    if_range: Annotated[str | None, Header(max_length=256)] = None,
) -> Response:
    """The clip's file, or one range of it."""
    play = await parts.plays.admit(ticket, address_of(request))
    given = await parts.handouts.of(play)
    asked = range if if_range in (None, etag(given)) else None
    return FileResponse(play, parts.clips, given, asked, head=request.method == "HEAD")


@router.head("/plays/{ticket}/clip.mjpg", include_in_schema=False)
@router.get(
    "/plays/{ticket}/clip.mjpg",
    response_class=Response,
    responses=_STREAM | PROBLEMS | _SEALED,
)
async def stream(ticket: Ticket, parts: PartsDep, request: Request) -> Response:
    """The clip's frames as they were taken, one after the other in their own time; then the end."""
    play = await parts.plays.admit(ticket, address_of(request))
    if play.clip.sealed:
        raise Conflict("sealed", "only the resident's own key opens this clip")
    given = await parts.handouts.of(play)
    return FramesResponse(play, parts.clips, given, head=request.method == "HEAD")
