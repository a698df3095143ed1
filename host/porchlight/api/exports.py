"""Exports: a clip taken away as a bundle that proves itself. `porchlight verify` reads it."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, Field

from porchlight.api.approvals import PENDING
from porchlight.api.cause import SIGNS, Opening, Statement, signed
from porchlight.api.clips import BASE, ClipId
from porchlight.api.deps import OperatorDep, PartsDep, Visitor, address_of
from porchlight.api.plays import PROBLEMS, RANGE, Ticket
from porchlight.api.receipts import Receipt
from porchlight.clips.response import FileResponse, etag
from porchlight.exports.bundle import CONTENT_TYPE

router = APIRouter(tags=["clips"])
EXPORT: Final = "export"
_SEALED: Final[dict[int | str, dict[str, Any]]] = {
    409: {"description": "Only the resident's own key opens this clip."}
}
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {CONTENT_TYPE: {}}},
    206: {"description": "The range that was asked for.", "content": {CONTENT_TYPE: {}}},
}


class NewExport(Opening):
    """Why it is taken away. Hubs name purpose and case; residents need neither."""

    look: Statement = Field("", description=SIGNS)


class MadeExport(BaseModel):
    """A bundle, there until `expires` (unix s). Keep `ticket` and `url` to yourself."""

    id: str
    expires: int
    ticket: str
    url: str
    bytes: int
    receipt: Receipt


@router.post(
    "/clips/{clip_id}/exports",
    status_code=201,
    response_model=MadeExport,
    responses=_SEALED | PENDING,
)
async def make_export(
    clip_id: ClipId,
    body: NewExport,
    parts: PartsDep,
    by: Visitor,
    operator: OperatorDep,
    request: Request,
) -> MadeExport:
    """Take a clip away. It is in its resident's log before this answers, and the bundle holds the
    proof of it. 202 as for views."""
    intent = body.intent(EXPORT, operator, looks=signed(clip_id, body.look))
    export, ticket = await parts.exports.make(by, clip_id, intent, address_of(request))
    view = export.play.view
    return MadeExport(
        id=view.id,
        expires=view.expires,
        ticket=ticket,
        url=f"{BASE}/{ticket}/bundle.zip",
        bytes=export.given.size,
        receipt=Receipt(**export.receipt.describe()),
    )


@router.head("/plays/{ticket}/bundle.zip", include_in_schema=False)
@router.get(
    "/plays/{ticket}/bundle.zip", response_class=Response, responses=_FILE | PROBLEMS | RANGE
)
async def bundle(
    ticket: Ticket,
    parts: PartsDep,
    request: Request,
    range: Annotated[str | None, Header(max_length=256)] = None,
    if_range: Annotated[str | None, Header(max_length=256)] = None,
) -> Response:
    """The bundle, or one range of it."""
    play = await parts.plays.admit(ticket, address_of(request))
    given = parts.exports.of(play).given
    asked = range if if_range in (None, etag(given)) else None
    return FileResponse(play, parts.clips, given, asked, head=request.method == "HEAD")
