"""Who the host takes the caller for."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from porchlight.api.deps import Keyholder, OperatorDep, PartsDep
from porchlight.consent.delegates import AGENT
from porchlight.registry import Party

router = APIRouter(tags=["me"])
Kind = Literal["resident", "hub", "agent"]


class Me(BaseModel):
    """The caller as registered."""

    kind: Kind
    thumb: str
    name: str
    host: str = Field(description="the thumb of this host, which statements and requests name")
    operator: str | None = Field(description="the pseudonym of who is signed in with this request")
    roles: list[str] = Field(description="the operator's")
    may: list[str] = Field(description="what these roles allow")
    expires: int | None = Field(description="unix seconds: when they have to sign in again")
    issuer: str | None = Field(description="where this hub's operators sign in; null: nowhere")


@router.get("/me")
async def me(parts: PartsDep, visitor: Keyholder, operator: OperatorDep) -> Me:
    """Whom the key that signed this request belongs to."""
    return Me(
        kind=_kind(visitor),
        thumb=visitor.thumb,
        name=visitor.name,
        host=parts.requests.host,
        operator=None if operator is None else operator.id,
        roles=sorted(operator.roles) if operator else [],
        may=sorted(operator.everything) if operator else [],
        expires=operator.expires if operator else None,
        issuer=parts.operators.issuer_url(visitor),
    )


def _kind(party: Party) -> Kind:
    if party.kind == AGENT:
        return "agent"
    return "resident" if party.is_resident else "hub"
