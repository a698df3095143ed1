"""Grants: handed in by the resident who signed them, listed for those they concern, taken back."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from accord.errors import Refused
from porchlight.api.deps import Caller, PartsDep, Resident
from porchlight.consent.ledger import Kept
from porchlight.errors import NotFound
from porchlight.parts import Parts
from porchlight.registry import Party
from porchlight.search.index import REGISTER

router = APIRouter(tags=["grants"])
Jti = Annotated[str, Path(min_length=1, max_length=64)]


class Token(BaseModel):
    """A grant as the resident signed it: a compact JWS."""

    model_config = ConfigDict(extra="forbid", strict=True)
    token: str


class GrantRow(BaseModel):
    """A grant, and how it stands. Times are unix seconds."""

    jti: str
    camera: str
    hubs: list[str]
    actions: list[str]
    purposes: list[str]
    nbf: int
    exp: int
    seq: int
    state: Literal["active", "waiting", "expired", "revoked"]
    revoked_at: int | None
    board: str = Field(description="held, sent, offline, revoked, or why the board refused it")
    lease: bool = Field(description="holds only while a lease does")
    incident: str | None
    panic_s: int | None = Field(description="signed ahead; opened by its resident for so long")
    mask: list[list[int]] = Field(description="[x, y, width, height] that are covered, per mille")
    notify: Literal["each", "digest"] = Field(description="how its resident is told of views")


class GrantFull(GrantRow):
    """A grant with the very bytes that were signed."""

    token: str


class GrantList(BaseModel):
    """Grants, newest first; at most 500."""

    grants: list[GrantRow]


class Revoked(BaseModel):
    """A grant is taken back."""

    jti: str
    revoked_at: int
    board: str


@router.post("/grants", status_code=201, responses={200: {"description": "It was here already."}})
async def hand_in(body: Token, parts: PartsDep, by: Resident, response: Response) -> GrantRow:
    """Hand in a grant. Verified, stored, sent to the board; refused with the reason otherwise."""
    try:
        kept, new = await parts.grants.accept(body.token.encode("ascii", "replace"), by)
    except Refused as refused:
        parts.metrics.refused("grant", refused.reason)
        raise
    if not new:
        response.status_code = 200
    return _row(parts, kept)


@router.get("/grants")
async def listing(parts: PartsDep, by: Caller) -> GrantList:
    """A resident's own grants; for a hub those that name it, and allow it something."""
    found = await parts.grants.of(by)
    told = [kept for kept in found if _concerns(kept, by) and _due(parts, kept, by)]
    return GrantList(grants=[_row(parts, kept) for kept in told])


@router.get("/grants/{jti}")
async def one(jti: Jti, parts: PartsDep, by: Caller) -> GrantFull:
    """One grant with its token, for its resident and for those it names."""
    kept = await parts.grants.find(jti)
    if kept is None or not _concerns(kept, by) or not _due(parts, kept, by):
        raise NotFound("no-grant", "there is no such grant that concerns you")
    return GrantFull(**_row(parts, kept).model_dump(), token=kept.token.decode())


@router.post("/grants/{jti}/revoke")
async def revoke(jti: Jti, parts: PartsDep, by: Resident) -> Revoked:
    """Take a grant back, now. Running views have ended when this answers."""
    kept = await parts.grants.revoke(jti, by)
    return Revoked(
        jti=kept.jti, revoked_at=kept.revoked_at or 0, board=parts.grants.board_state(kept)
    )


def _concerns(kept: Kept, party: Party) -> bool:
    """A hub is not given a grant that only registers a camera: it holds the names of both."""
    if kept.resident == party.thumb:
        return True
    actions = kept.claims["authorization_details"][0]["actions"]
    return party.thumb in kept.claims["aud"] and any(action != REGISTER for action in actions)


def _due(parts: Parts, kept: Kept, party: Party) -> bool:
    """A hub is not told of the answer to a request before its time (requests/spread.py)."""
    answers = kept.resident != party.thumb and "req" in kept.claims
    return not answers or parts.requests.span(kept.jti) is not None


def _row(parts: Parts, kept: Kept) -> GrantRow:
    detail = kept.claims["authorization_details"][0]
    return GrantRow(
        jti=kept.jti,
        camera=kept.camera,
        hubs=kept.claims["aud"],
        actions=detail["actions"],
        purposes=detail["purposes"],
        nbf=kept.nbf,
        exp=kept.exp,
        seq=kept.seq,
        state=kept.state(parts.clock.unix()),
        revoked_at=kept.revoked_at,
        board=parts.grants.board_state(kept),
        lease="status" in kept.claims,
        incident=kept.claims.get("incident"),
        panic_s=kept.claims.get("panic"),
        mask=detail.get("mask", []),
        notify=detail.get("notify", "each"),
    )
