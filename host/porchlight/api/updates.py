"""Updates over the air: the owner of a camera hands in a release, and watches what becomes of it.

First the release, its list of files and the approval, then the files in a few requests (a body is
small here), then the host brings them to the board. Whether they count, the board decides.
"""

import binascii
from typing import Annotated

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from accord import b64
from porchlight.api.cameras import CameraId
from porchlight.api.deps import PartsDep, Resident
from porchlight.errors import BadRequest, NotFound
from porchlight.parts import Parts
from porchlight.registry import Party
from porchlight.updates import bundle
from porchlight.updates.course import Course

router = APIRouter(tags=["updates"])
_OWN = "/cameras/{camera_id}/update"
Token = Annotated[str, Field(max_length=2_048)]


class NewUpdate(BaseModel):
    """`release`: the token of the release key. `list`: a line "path size sha256" for each file.
    `approval`: the resident's token; boards whose policy is "auto" want none."""

    model_config = ConfigDict(extra="forbid", strict=True)
    release: Token
    list: Annotated[str, Field(max_length=16_384)]
    approval: Token | None = None


class UpdateFiles(BaseModel):
    """Content of some of the files, base64url without padding, by path."""

    model_config = ConfigDict(extra="forbid", strict=True)
    files: dict[str, str]


class UpdateRow(BaseModel):
    """`state`: uploading, waiting (for the board), offered, sending, restarting, running, refused
    or undone; `reason`: why the last two. `missing`: files still to be handed in. `sent` of
    `bytes` are on the board."""

    camera: str
    release: str
    name: str
    version: int
    state: str
    reason: str
    sharing: bool
    missing: int
    sent: int
    bytes: int


@router.post(
    _OWN,
    status_code=201,
    responses={
        400: {"description": "The parts are no release, or do not fit each other."},
        409: {"description": "Another update of this camera is under way."},
    },
)
async def begin(camera_id: CameraId, body: NewUpdate, parts: PartsDep, by: Resident) -> UpdateRow:
    """Begin an update of one's own camera."""
    _check_owner(parts, camera_id, by)
    found = bundle.read(body.release, body.list, body.approval)
    return _row(parts.updates.begin(camera_id, found))


@router.post(
    f"{_OWN}/files",
    responses={
        400: {"description": "A file is not what the list says."},
        409: {"description": "All files are here already."},
    },
)
async def add(camera_id: CameraId, body: UpdateFiles, parts: PartsDep, by: Resident) -> UpdateRow:
    """Hand in files. With the last one the host offers the update to the board."""
    _check_owner(parts, camera_id, by)
    try:
        files = {path: b64.decode(text) for path, text in body.files.items()}
    except (ValueError, binascii.Error):
        raise BadRequest("bad-file", "files are base64url without padding") from None
    return _row(await parts.updates.add(camera_id, files))


@router.get(_OWN)
async def state(camera_id: CameraId, parts: PartsDep, by: Resident) -> UpdateRow:
    """What became of the last update of one's own camera."""
    _check_owner(parts, camera_id, by)
    return _row(parts.updates.get(camera_id))


@router.delete(
    _OWN, responses={409: {"description": "It is over, or the board is trying it already."}}
)
async def cancel(camera_id: CameraId, parts: PartsDep, by: Resident) -> UpdateRow:
    """Give up the update that is under way."""
    _check_owner(parts, camera_id, by)
    return _row(await parts.updates.cancel(camera_id))


def _check_owner(parts: Parts, camera_id: str, by: Party) -> None:
    record = parts.registry.camera(camera_id)
    if record is None or record.resident != by.thumb:
        raise NotFound("no-camera", "you have no such camera")


def _row(course: Course) -> UpdateRow:
    return UpdateRow(**course.row())
