"""The resident's log: every grant, refusal, opening and closing, oldest first."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field

from porchlight.api.deps import PartsDep, Resident
from porchlight.audit.entries import MAX_PAGE

router = APIRouter(tags=["entries"])


class EntryRow(BaseModel):
    """One line of the log. `n` only grows; numbers left out belong to other residents."""

    n: int
    ts: str
    type: str
    camera: str | None
    hub: str | None
    hub_name: str | None
    jti: str | None
    view: str | None
    purpose: str | None
    case: str | None
    reason: str | None
    statement: str | None = Field(description="what a hub signed for this look (client/looks.py)")
    detail: dict[str, Any] | None
    index: int | None = Field(description="its place in the resident's tree (/log)")
    salts: dict[str, str] | None = Field(
        description="with which the leaf commits to case, reason and statement, where there are any"
    )


class EntryPage(BaseModel):
    """Some entries; ask again with `after` = `next` for those that follow."""

    entries: list[EntryRow]
    next: int


@router.get("/entries")
async def entries(
    parts: PartsDep,
    by: Resident,
    after: Annotated[int, Query(ge=0, lt=2**53)] = 0,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE)] = 100,
) -> EntryPage:
    """The caller's own log, from the entry after `after` on."""
    found = await parts.entries.since(by.thumb, after, limit)
    return EntryPage(
        entries=[EntryRow(**entry) for entry in found], next=found[-1]["n"] if found else after
    )


@router.delete("/entries/{n}/words", status_code=204)
async def erase(n: Annotated[int, Path(ge=1, lt=2**53)], parts: PartsDep, by: Resident) -> None:
    """Erase case, reason and statement from an entry of the caller's log, with an entry that says
    so.

    What is left is a commitment without its salt: nobody can read it, and every proof still holds.
    """
    await parts.entries.erase(by.thumb, n)
