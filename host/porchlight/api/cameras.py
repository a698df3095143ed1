"""Cameras: a resident's own, or those whose residents allow the asking hub something now."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict

from accord import b64
from accord.grant import PURPOSES
from porchlight.api.deps import Caller, OperatorDep, PartsDep, Resident
from porchlight.api.lists import List
from porchlight.consent import permits
from porchlight.errors import BadRequest, NotFound
from porchlight.parts import Parts
from porchlight.registry import CameraRecord
from porchlight.search.index import REGISTER

router = APIRouter(tags=["cameras"])
CameraId = Annotated[str, Path(min_length=43, max_length=43)]
Case = Annotated[str, Query(max_length=64, description="hubs only: the case asked for")]
Purpose = Annotated[str, Query(max_length=32, description="hubs only: one of the purposes")]
_UNSAID: dict[int | str, dict[str, Any]] = {
    400: {"description": "A hub named no case, or no purpose."}
}
_LIMITED = ("id", "label", "source", "enforced_at", "online")


class CameraRow(BaseModel):
    """A camera as its own resident sees it. `firmware`, `release` and `slot`: what runs on it, and
    where that came from ("cable", or the slot of an update). `sent` and `dropped` are frames since
    the board's start, `late_ms` the latest that one left it after it was due, as the board last
    said."""

    id: str
    label: str
    resident: str
    source: str
    enforced_at: str
    online: bool
    firmware: str | None
    release: int | None
    slot: str | None
    state: str | None
    reason: str | None
    sensor_powered: bool | None
    light: bool | None
    clock: str | None
    sent: int | None
    dropped: int | None
    late_ms: int | None
    last_frame: str | None
    frames: int
    grants: list[str]


class AllowedCamera(BaseModel):
    """A camera as a hub sees it: what it may do, and until when at most (unix s)."""

    id: str
    label: str
    source: str
    enforced_at: str
    online: bool
    actions: list[str]
    until: int


class CameraList(BaseModel):
    """Cameras of one resident, or for one hub."""

    cameras: list[CameraRow] | list[AllowedCamera]


class NewCamera(BaseModel):
    """The resident's signed statement about a camera, and the board key it names."""

    model_config = ConfigDict(extra="forbid", strict=True)
    statement: str
    key: str


@router.get("/cameras", responses=_UNSAID)
async def listing(
    parts: PartsDep, by: Caller, operator: OperatorDep, case: Case = "", purpose: Purpose = ""
) -> CameraList:
    """A resident's own cameras. A hub names case and purpose, and every resident shown reads it;
    it is told, and spends, what a search would."""
    if by.is_resident:
        return CameraList(cameras=[_own(parts, row) for row in parts.registry.cameras(by.thumb)])
    check_cause(case, purpose)
    told = List.of(parts, by, operator, case, purpose)
    await told.spend()
    found = {camera.id: _allowed(told, camera.id) for camera in parts.cameras}
    shown = {camera_id: row for camera_id, row in found.items() if row is not None}
    await told.enter(shown)
    return CameraList(cameras=list(shown.values()))


@router.get("/cameras/{camera_id}", responses=_UNSAID)
async def one(
    camera_id: CameraId,
    parts: PartsDep,
    by: Caller,
    operator: OperatorDep,
    *,
    case: Case = "",
    purpose: Purpose = "",
) -> CameraRow | AllowedCamera:
    """One camera. What a caller may not see does not exist."""
    if by.is_resident:
        record = parts.registry.camera(camera_id)
        if record is None or record.resident != by.thumb:
            raise NotFound("no-camera", "you have no such camera")
        return _own(parts, record)
    check_cause(case, purpose)
    told = List.of(parts, by, operator, case, purpose)
    await told.spend()
    row = _allowed(told, camera_id)
    if row is None:
        raise NotFound("no-camera", "there is no such camera that you may use now")
    await told.enter([camera_id])
    return row


@router.post(
    "/cameras",
    status_code=201,
    responses={
        400: {"description": "The key has not 32 bytes."},
        409: {"description": "The camera is registered already."},
    },
)
async def add(body: NewCamera, parts: PartsDep, by: Resident) -> CameraRow:
    """Register a camera by its resident's statement."""
    try:
        board_key = b64.decode(body.key)
        statement = body.statement.encode("ascii", "replace")
        work = parts.registry.adding_camera(statement, board_key, by)
    except ValueError:
        raise BadRequest("bad-key", "key is 32 bytes in base64url without padding") from None
    return _own(parts, await parts.store.run(work))


def _own(parts: Parts, record: CameraRecord) -> CameraRow:
    camera = parts.cameras.get(record.id)
    if camera is None:  # registered a moment ago by another process, and gone again: never
        raise NotFound("no-camera", "you have no such camera")
    return CameraRow(**camera.describe())


def _allowed(told: List, camera_id: str) -> AllowedCamera | None:
    camera = told.parts.cameras.get(camera_id)
    if camera is None:
        return None
    now, purpose = told.parts.clock.unix(), told.cause.purpose
    # Where two have to agree an operator may ask; without one, nobody ever could.
    honoured = {"masks": True, "approved": told.cause.operator is not None}
    until = permits.allowed(camera.book, told.hub.thumb, now, purpose, **honoured)
    until.pop(REGISTER, None)  # whose resident may only be asked has no name here: api/search.py
    until = {action: at for action, at in until.items() if told.shows(camera_id, action)}
    if not until:
        return None
    described: dict[str, Any] = camera.describe()
    shown = {name: described[name] for name in _LIMITED}
    return AllowedCamera(**shown, actions=sorted(until), until=max(until.values()))


def check_cause(case: str, purpose: str) -> None:
    if not case.strip() or not case.isprintable():
        raise BadRequest("no-case", "name the case this is for")
    if purpose not in PURPOSES:
        raise BadRequest("no-purpose", f"name a purpose: one of {', '.join(PURPOSES)}")
