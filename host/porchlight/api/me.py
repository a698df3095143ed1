"""Who the host takes the caller for."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from porchlight.api.deps import OperatorDep, PartsDep, Visitor

router = APIRouter(tags=["me"])


class Me(BaseModel):
    """The caller as registered."""

    kind: Literal["resident", "hub"]
    thumb: str
    name: str
    host: str = Field(description="the thumb of this host, which statements and requests name")
    operator: str | None = Field(description="the pseudonym of who is signed in with this request")


@router.get("/me")
async def me(parts: PartsDep, visitor: Visitor, operator: OperatorDep) -> Me:
    """Whom the key that signed this request belongs to."""
    return Me(
        kind="resident" if visitor.is_resident else "hub",
        thumb=visitor.thumb,
        name=visitor.name,
        host=parts.requests.host,
        operator=None if operator is None else operator.id,
    )
