"""What a board says in its log: for its resident alone, who mends it where something is wrong."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from porchlight.api.cameras import CameraId
from porchlight.api.deps import PartsDep, Resident
from porchlight.boardlog import KEPT
from porchlight.clock import rfc3339
from porchlight.errors import NotFound

router = APIRouter(tags=["cameras"])


class LogLine(BaseModel):
    """One line, printable characters only."""

    at: str = Field(description="when the host was told it; lines wait while the board is away")
    line: str = Field(description="seconds since the board's start, part, what happened")


class BoardLogLines(BaseModel):
    """The oldest first. A host that was started anew has forgotten all."""

    camera: str
    lines: list[LogLine]


@router.get("/cameras/{camera_id}/log")
async def boardlog(
    camera_id: CameraId,
    parts: PartsDep,
    by: Resident,
    last: Annotated[int, Query(ge=1, le=KEPT)] = KEPT,
) -> BoardLogLines:
    """The last lines of the log of one's own board."""
    camera = parts.cameras.get(camera_id)
    if camera is None or camera.resident != by.thumb:
        raise NotFound("no-camera", "you have no such camera")
    rows = [
        LogLine(at=rfc3339(line.at_ms), line=line.text) for line in camera.boardlog.newest(last)
    ]
    return BoardLogLines(camera=camera.id, lines=rows)
