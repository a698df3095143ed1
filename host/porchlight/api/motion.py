"""What moved before a camera: for its resident alone. It tells when somebody is at home, of hours
in which nobody looked; a hub learns of what it is shown, frame by frame, and of nothing else.
"""

from typing import Annotated, Final

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from porchlight.api.cameras import CameraId
from porchlight.api.deps import PartsDep, Resident
from porchlight.errors import BadRequest, NotFound
from porchlight.motion.history import BUCKET_S, KEPT_S, MOST_BUCKETS, THRESHOLD

router = APIRouter(tags=["cameras"])
LAST_S: Final = 3600  # what is shown to those who name no start


class MotionBucket(BaseModel):
    """`step` seconds from `at`. `sent`: frames by the reason they were sent for."""

    at: int
    score: int = Field(description="the highest score, of pictures kept back too")
    sent: dict[str, int]
    kept_back: int = Field(description="pictures that the gate judged and sent nowhere")


class Motion(BaseModel):
    """From `start` to before `end`. Buckets in which nothing was heard of the camera are left out;
    a host that was started anew has forgotten all."""

    camera: str
    start: int
    end: int
    step: int
    threshold: int = Field(description="a score from here on means that something moved")
    buckets: list[MotionBucket]


@router.get(
    "/cameras/{camera_id}/motion",
    responses={400: {"description": "No span, or more buckets than one answer holds."}},
)
async def motion(
    camera_id: CameraId,
    parts: PartsDep,
    by: Resident,
    start: Annotated[int | None, Query(alias="from", ge=0, lt=2**53)] = None,
    end: Annotated[int | None, Query(alias="to", ge=0, lt=2**53)] = None,
    step: Annotated[int, Query(ge=BUCKET_S, le=KEPT_S, multiple_of=BUCKET_S)] = BUCKET_S,
) -> Motion:
    """The scores of one's own camera over time, of the last day at most; of the last hour where no
    `from` is named, until now where no `to` is."""
    camera = parts.cameras.get(camera_id)
    if camera is None or camera.resident != by.thumb:
        raise NotFound("no-camera", "you have no such camera")
    upto = parts.clock.unix() + 1 if end is None else end
    since = max(0, upto - LAST_S) if start is None else start
    if not since < upto:
        raise BadRequest("bad-span", "from comes before to")
    if upto - since > MOST_BUCKETS * step:
        raise BadRequest("bad-span", f"at most {MOST_BUCKETS} buckets: ask with a larger step")
    rows = [bucket.row() for bucket in camera.motion.history.between(since, upto, step)]
    return Motion(
        camera=camera.id,
        start=since,
        end=upto,
        step=step,
        threshold=THRESHOLD,
        buckets=[MotionBucket(**row) for row in rows],
    )
