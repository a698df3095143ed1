"""Views: opened with purpose and case, listed, closed; their pictures by ticket.

A picture's URL carries the ticket and needs no proof: it works in <img>, VLC and ffmpeg. The ticket
is good for one client address and as long as the view.
"""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from porchlight.api.approvals import PENDING
from porchlight.api.cause import SIGNS, Opening, Statement
from porchlight.api.deps import Caller, OperatorDep, PartsDep, Visitor, address_of
from porchlight.api.receipts import Receipt
from porchlight.errors import NotFound

BASE: Final = "/api/v1/views"
router = APIRouter(tags=["views"])
Id = Annotated[str, Field(min_length=1, max_length=64)]


class NewView(Opening):
    """What to look at, and why. Hubs name purpose and case; residents need neither."""

    cameras: list[Id] = Field(min_length=1, max_length=64)
    action: str = Field(max_length=32, examples=["live", "snapshot"])
    looks: dict[Id, Statement] = Field(
        default_factory=dict, max_length=64, description=f"by camera; {SIGNS}"
    )


class CameraUrls(BaseModel):
    """Where one camera's pictures are. Paths at this host."""

    stream: str
    snapshot: str


class Urls(BaseModel):
    """Where the pictures of a view are. Paths at this host."""

    wall: str
    pictures: str  # a WebSocket
    cameras: dict[str, CameraUrls]


class OpenedView(BaseModel):
    """A view that is open. `expires`: unix seconds. Keep `ticket` and `urls` to yourself, and
    `receipts`, one a camera, as long as you may have to answer for the view."""

    id: str
    expires: int
    ticket: str
    urls: Urls
    receipts: list[Receipt]


class ViewList(BaseModel):
    """The caller's open views."""

    views: list[dict[str, Any]]


@router.post(
    "/views",
    status_code=201,
    response_model=OpenedView,
    responses=PENDING,
)
async def open_view(
    body: NewView, parts: PartsDep, by: Visitor, operator: OperatorDep, request: Request
) -> OpenedView:
    """Open a view. It is in every resident's log before this answers; one refusal refuses all.

    202: nothing is open. Another operator of the hub has to approve it; then ask again, for
    exactly the same, with `approval`.
    """
    intent = body.intent(body.action, operator, body.cameras, looks=body.looks)
    view, ticket = await parts.views.open(by, intent, address_of(request))
    cameras = {
        camera: CameraUrls(
            stream=f"{BASE}/{ticket}/{camera}.mjpg", snapshot=f"{BASE}/{ticket}/{camera}.jpg"
        )
        for camera in view.looks
    }
    own = f"{BASE}/{ticket}"
    urls = Urls(wall=f"{own}/wall.mjpg", pictures=f"{own}/pictures", cameras=cameras)
    receipts = [Receipt(**receipt.describe()) for receipt in view.take_receipts()]
    return OpenedView(id=view.id, expires=view.expires, ticket=ticket, urls=urls, receipts=receipts)


@router.get("/views")
async def listing(parts: PartsDep, by: Caller) -> ViewList:
    """The caller's open views."""
    return ViewList(views=[view.describe() for view in parts.views.of(by.thumb)])


@router.delete("/views/{view_id}", status_code=204)
async def close(view_id: str, parts: PartsDep, by: Caller) -> None:
    """Close one of the caller's views: its streams end, and the residents' logs say so."""
    view = parts.views.get(view_id, by.thumb)
    if view is None:
        raise NotFound("no-view", "you have no such view open")
    await parts.views.close(view, "closed")
