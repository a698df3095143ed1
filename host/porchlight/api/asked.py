"""What a resident was asked, and who may ask: the inbox of requests. Only they see it.

Nothing here reaches a hub but an approval, at the beginning of a slot of time after it was given.
"""

from typing import Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from porchlight.api.clips import ClipRow, row_of
from porchlight.api.deps import PartsDep, Resident
from porchlight.api.requests import RequestId
from porchlight.errors import Invalid
from porchlight.parts import Parts
from porchlight.requests.answers import Item
from porchlight.requests.statement import PURPOSES

router = APIRouter(prefix="/me", tags=["requests"])
_ANSWERED: dict[int | str, dict[str, Any]] = {
    409: {"description": "This camera has an answer already."},
    410: {"description": "The request is over."},
}


class AskedCamera(BaseModel):
    """One of the resident's cameras in the area; `grant`: the answer that was given for it."""

    id: str
    label: str
    grant: str | None


class AskedRow(BaseModel):
    """A request as a resident sees it. `window`: when what is asked for was recorded, from and
    until; `begins`: from when on a grant that answers it should hold, if it is signed now. Unix
    seconds."""

    id: str
    state: Literal["open", "approved", "denied", "expired"]
    hub: str
    hub_name: str
    case: str
    purpose: str
    reason: str
    area: dict[str, Any]
    window: tuple[int, int]
    actions: list[str]
    asked_at: int
    expires: int
    begins: int
    cameras: list[AskedCamera]


class AskedFull(AskedRow):
    """With the hub's very words, signed, and the resident's own clips in the window: at
    /clips/{id}, for themselves alone as long as they allow nothing."""

    token: str
    clips: list[ClipRow]


class Inbox(BaseModel):
    """What a resident was asked, newest first; at most 200."""

    requests: list[AskedRow]


class Answer(BaseModel):
    """A grant that allows what was asked, or less: a compact JWS whose `req` names the request."""

    model_config = ConfigDict(extra="forbid", strict=True)
    token: str = Field(max_length=4096)


class Given(BaseModel):
    """The answer for one camera. The hub is told at `release_at` (unix s)."""

    camera: str
    grant: str
    release_at: int


class MayAsk(BaseModel):
    """A hub, and for which purposes it may ask."""

    hub: str
    hub_name: str
    purposes: list[str]


class NewMayAsk(BaseModel):
    """Who may ask, for these purposes and no others; none: not at all."""

    model_config = ConfigDict(extra="forbid", strict=True)
    hub: str = Field(min_length=43, max_length=43)
    purposes: list[str] = Field(max_length=len(PURPOSES))


class MayAskList(BaseModel):
    """Everybody who may ask. Empty until the resident says otherwise."""

    asked: list[MayAsk]


@router.get("/requests")
async def inbox(parts: PartsDep, by: Resident) -> Inbox:
    """What the caller was asked."""
    found = await parts.requests.inbox(by.thumb)
    return Inbox(requests=[AskedRow(**_said(parts, item)) for item in found])


@router.get("/requests/{request_id}")
async def one(request_id: RequestId, parts: PartsDep, by: Resident) -> AskedFull:
    """One request, and the caller's own clips that it is about."""
    item = await parts.requests.item(request_id, by.thumb)
    start, end = item.request.window
    clips = [
        row_of(clip)
        for camera in item.cameras
        for clip in await parts.clips.within(camera, start * 1000, end * 1000)
    ]
    return AskedFull(**_said(parts, item), token=item.request.token.decode(), clips=clips)


@router.post("/requests/{request_id}/approve", responses=_ANSWERED)
async def approve(request_id: RequestId, body: Answer, parts: PartsDep, by: Resident) -> Given:
    """Say yes for one camera: hand in a grant that allows what was asked, or less."""
    given = await parts.requests.approve(request_id, body.token.encode("ascii", "replace"), by)
    return Given(camera=given.camera, grant=given.jti, release_at=given.release_at)


@router.post("/requests/{request_id}/deny", status_code=204, responses=_ANSWERED)
async def deny(request_id: RequestId, parts: PartsDep, by: Resident) -> None:
    """Put a request aside. To the hub this is the same as no answer."""
    await parts.requests.deny(request_id, by)


@router.get("/asked")
async def who_may_ask(parts: PartsDep, by: Resident) -> MayAskList:
    """Who may ask the caller for footage."""
    found = await parts.requests.opted_in(by.thumb)
    return MayAskList(
        asked=[
            MayAsk(hub=hub, hub_name=_hub_name(parts, hub), purposes=purposes)
            for hub, purposes in found.items()
        ]
    )


@router.put("/asked", responses={404: {"description": "This host knows no such hub."}})
async def let_ask(body: NewMayAsk, parts: PartsDep, by: Resident) -> MayAskList:
    """Let a hub ask for some purposes, or for none. No hub hears of it."""
    if not set(body.purposes) <= set(PURPOSES):
        raise Invalid("bad-purpose", f"purposes are of {', '.join(PURPOSES)}")
    await parts.requests.opt_in(by, body.hub, body.purposes)
    return await who_may_ask(parts, by)


def _hub_name(parts: Parts, hub: str) -> str:
    party = parts.registry.party(hub)
    return "" if party is None else party.name


def _said(parts: Parts, item: Item) -> dict[str, Any]:
    said = item.request.claims
    return {
        "id": item.request.id,
        "state": item.state(parts.clock.unix()),
        "hub": item.request.hub,
        "hub_name": item.hub_name,
        "case": said["case"],
        "purpose": said["purpose"],
        "reason": said["reason"],
        "area": said["area"],
        "window": item.request.window,
        "actions": said["actions"],
        "asked_at": item.asked_at,
        "expires": item.request.exp,
        "begins": parts.requests.begins(),
        "cameras": [
            AskedCamera(id=camera, label=label, grant=item.grants.get(camera))
            for camera, label in item.cameras.items()
        ],
    }
