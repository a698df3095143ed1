"""Leases: the nonce of a camera's board, the answer to it, and whom a resident lets answer.

A resident's key speaks here, or that of an agent they named. A hub's never does.
"""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from accord import b64, lease
from accord.errors import Refused
from porchlight.api.cameras import CameraId
from porchlight.api.deps import Keyholder, PartsDep, Resident
from porchlight.consent.agents import Keeper
from porchlight.consent.delegates import Held
from porchlight.parts import Parts

router = APIRouter(tags=["leases"])
Jti = Annotated[str, Path(min_length=1, max_length=64)]
_AWAY: dict[int | str, dict[str, Any]] = {
    409: {"description": "The board is away, and the nonce is its own."}
}


class Token(BaseModel):
    """What was signed: a compact JWS."""

    model_config = ConfigDict(extra="forbid", strict=True)
    token: str


class Standing(BaseModel):
    """How a camera stands by what its resident and agents said last, as this host knows it."""

    camera: str
    demanded: bool = Field(description="whether a grant that is held demands a lease")
    left_s: int = Field(description="seconds until the lease lapses, 0 without one")
    paused: bool = Field(description="whether its resident paused the camera")
    stopped: list[int] = Field(description="indices of the status list that the resident stopped")
    most_s: int = Field(description="the longest lease that the caller may give")
    panic: list[str] = Field(description="jti of the panic grants that are open now")
    panic_until: dict[str, int] = Field(description="jti -> unix s at which it closes by itself")


class Nonce(BaseModel):
    """What the board (the host, for a camera that cannot ask) wants answered; good for a minute."""

    camera: str
    nonce: str


class Given(BaseModel):
    """A lease was obeyed here. `board`: "held", "sent" while it says nothing, or why not."""

    camera: str
    left_s: int
    board: str


class DelegateRow(BaseModel):
    """An agent's key, and for which camera it may answer until when (unix s)."""

    jti: str
    camera: str
    agent: str
    exp: int
    state: Literal["active", "expired", "revoked"]
    token: str


class DelegateList(BaseModel):
    """A resident's delegates, newest first."""

    delegates: list[DelegateRow]


@router.get("/cameras/{camera_id}/lease")
async def standing(camera_id: CameraId, parts: PartsDep, by: Keyholder) -> Standing:
    """How a camera stands, for who may speak for it."""
    return _standing(parts, await parts.agents.keeper(camera_id, by))


@router.get("/cameras/{camera_id}/nonce", responses=_AWAY)
async def nonce(camera_id: CameraId, parts: PartsDep, by: Keyholder) -> Nonce:
    """What a lease has to answer now, asked of the board."""
    keeper = await parts.agents.keeper(camera_id, by)
    return Nonce(camera=camera_id, nonce=b64.encode(await parts.leases.nonce(keeper.camera)))


@router.post("/cameras/{camera_id}/lease")
async def give(camera_id: CameraId, body: Token, parts: PartsDep, by: Keyholder) -> Given:
    """Hand in a lease: obeyed here if it holds, and carried to the board, which judges for
    itself."""
    keeper = await parts.agents.keeper(camera_id, by)
    try:
        board = await parts.leases.give(keeper, body.token.encode("ascii", "replace"))
    except Refused as refused:
        parts.metrics.refused("lease", refused.reason)
        raise
    return Given(camera=camera_id, left_s=_left_s(keeper), board=board)


@router.post(
    "/delegates",
    status_code=201,
    responses={
        200: {"description": "It was here already."},
        409: {"description": "The agent's key is somebody else's, or there are too many."},
    },
)
async def delegate(body: Token, parts: PartsDep, by: Resident, response: Response) -> DelegateRow:
    """Hand in a delegate: from now on this agent may keep the camera alive, or stop it."""
    held, new = await parts.agents.add(body.token.encode("ascii", "replace"), by)
    if not new:
        response.status_code = 200
    return _row(parts, held)


@router.get("/delegates")
async def delegates(parts: PartsDep, by: Resident) -> DelegateList:
    """The caller's own."""
    return DelegateList(delegates=[_row(parts, held) for held in await parts.agents.of(by)])


@router.post("/delegates/{jti}/revoke")
async def revoke(jti: Jti, parts: PartsDep, by: Resident) -> DelegateRow:
    """Take no more leases of this agent's here. The board hears of it by a lease that says so."""
    return _row(parts, await parts.agents.revoke(jti, by))


def _standing(parts: Parts, keeper: Keeper) -> Standing:
    camera = keeper.camera
    stands, grants = camera.book.standing, camera.book.grants()
    stopped = [i for i in range(4 * lease.MAX_LIST) if lease.status(stands.said, i)]
    by = parts.agents.delegate(keeper)
    panic = [grant.jti for grant in grants if grant.panic_s and not grant.lapsed()]
    return Standing(
        camera=camera.id,
        demanded=any(grant.needs_lease for grant in grants),
        left_s=_left_s(keeper),
        paused=0 in stopped,
        stopped=stopped,
        most_s=lease.MAX_LEASE_S if by is None else by.lease_s,
        panic=panic,
        panic_until={jti: until for jti in panic if (until := parts.leases.open_until(jti))},
    )


def _left_s(keeper: Keeper) -> int:
    stands = keeper.camera.book.standing
    return max(0, stands.ends - stands.ticks()) // 1000


def _row(parts: Parts, held: Held) -> DelegateRow:
    return DelegateRow(
        jti=held.jti,
        camera=held.camera,
        agent=held.agent,
        exp=held.exp,
        state=held.state(parts.clock.unix()),
        token=held.token.decode(),
    )
