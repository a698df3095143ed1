"""Cases: a hub's case numbers that serve for many cameras, or for places far apart. For its
auditors; of the hub's own openings, and of nobody else's."""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from porchlight.api.deps import Caller, PartsDep
from porchlight.clock import rfc3339
from porchlight.errors import Denied
from porchlight.reuse import Used

router = APIRouter(tags=["cases"])


class CaseRow(BaseModel):
    """A case number, as it was spelt last, and what was opened for it in thirty days."""

    case: str
    flag: Literal["many-cameras", "far-apart", "many-and-far"]
    cameras: int
    openings: int
    first: str
    last: str


class CaseList(BaseModel):
    """Those that are flagged, most cameras first."""

    cases: list[CaseRow]


@router.get("/cases")
async def listing(parts: PartsDep, by: Caller) -> CaseList:
    """The calling hub's flagged cases. For its auditors."""
    if by.is_resident:
        raise Denied("hubs-only", "a resident's own log says what was opened for which case")
    return CaseList(cases=[_row(used) for used in await parts.reuse.flagged(by.thumb)])


def _row(used: Used) -> CaseRow:
    return CaseRow.model_validate(
        {
            "case": used.case,
            "flag": used.flag,
            "cameras": len(used.cameras),
            "openings": used.openings,
            "first": rfc3339(used.first_ms),
            "last": rfc3339(used.last_ms),
        }
    )
