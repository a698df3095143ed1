"""Requests: a hub asks the residents of an area for footage, and hears of approvals, or nothing.

Silence and refusal are one answer here. Nothing tells how many were asked, or whether anybody was.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from porchlight.api.deps import Caller, OperatorDep, PartsDep
from porchlight.errors import Denied
from porchlight.registry import Party
from porchlight.requests.requests import Told

router = APIRouter(tags=["requests"])
RequestId = Annotated[str, Path(min_length=22, max_length=22)]


class NewRequest(BaseModel):
    """A request as the hub signed it: a compact JWS, typ optin-request+jwt."""

    model_config = ConfigDict(extra="forbid", strict=True)
    token: str = Field(max_length=4096)


class Approved(BaseModel):
    """A resident said yes for one camera, by this grant, whose token is at /grants/{grant}."""

    camera: str
    grant: str
    released_at: int


class RequestRow(BaseModel):
    """A request as its hub sees it. `state` follows the clock alone. Times are unix seconds."""

    id: str
    state: Literal["open", "over"]
    case: str
    purpose: str
    reason: str
    area: dict[str, Any]
    window: tuple[int, int]
    actions: list[str]
    received_at: int
    expires: int
    approvals: list[Approved]


class RequestList(BaseModel):
    """A hub's requests, newest first; `host`: the name that a request's `aud` has to be."""

    host: str
    requests: list[RequestRow]


async def _hub_of(caller: Caller) -> Party:
    if caller.is_resident:
        raise Denied("hubs-only", "residents answer requests at /me/requests")
    return caller


@router.post(
    "/requests",
    status_code=201,
    responses={409: {"description": "It was made before: this case, and ground in this area."}},
)
async def make(body: NewRequest, parts: PartsDep, by: Caller, operator: OperatorDep) -> RequestRow:
    """Ask. Residents who let this hub ask for this purpose are told within two minutes, once."""
    hub = await _hub_of(by)
    op = None if operator is None else operator.id
    return _row(await parts.requests.take(body.token.encode("ascii", "replace"), hub, op))


@router.get("/requests")
async def listing(parts: PartsDep, by: Caller) -> RequestList:
    """The hub's own requests."""
    hub = await _hub_of(by)
    found = [_row(told) for told in parts.requests.all_told(hub.thumb)]
    return RequestList(host=parts.requests.host, requests=found)


@router.get("/requests/{request_id}")
async def one(request_id: RequestId, parts: PartsDep, by: Caller) -> RequestRow:
    """One of the hub's own requests."""
    hub = await _hub_of(by)
    return _row(parts.requests.told(request_id, hub.thumb))


def _row(told: Told) -> RequestRow:
    said = told.kept.claims
    return RequestRow(
        id=told.kept.id,
        state=told.state,
        case=said["case"],
        purpose=said["purpose"],
        reason=said["reason"],
        area=said["area"],
        window=told.kept.window,
        actions=said["actions"],
        received_at=told.kept.received_at,
        expires=told.kept.exp,
        approvals=[
            Approved(camera=one.camera, grant=one.jti, released_at=one.release_at)
            for one in told.approvals
        ],
    )
