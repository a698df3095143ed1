"""Who the host takes the caller for."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from porchlight.api.deps import Visitor

router = APIRouter(tags=["me"])


class Me(BaseModel):
    """The caller as registered."""

    kind: Literal["resident", "hub"]
    thumb: str
    name: str


@router.get("/me")
async def me(visitor: Visitor) -> Me:
    """Whom the key that signed this request belongs to."""
    return Me(
        kind="resident" if visitor.is_resident else "hub", thumb=visitor.thumb, name=visitor.name
    )
