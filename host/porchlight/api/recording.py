"""What a resident says of recording at one of their cameras. It can only take away from grants:
what none of them allows with `clips` is not recorded, whatever is said here."""

from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from porchlight.api.cameras import CameraId
from porchlight.api.deps import PartsDep, Resident
from porchlight.camera import Camera
from porchlight.clips.rows import Rule
from porchlight.errors import BadRequest, NotFound
from porchlight.keys import PublicKey
from porchlight.parts import Parts

router = APIRouter(tags=["clips"])


class NewRule(BaseModel):
    """`enabled`: whether grants for clips are used. `reader`: a public P-256 JWK; what is recorded
    from now on only its private key opens, and no hub can play it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    enabled: bool
    reader: dict[str, str] | None = Field(None, max_length=4)


class Recorded(BaseModel):
    """A grant that is recorded under now."""

    grant: str
    hubs: list[str]
    until: int


class Recording(BaseModel):
    """The rule, and how it stands. `reader`: the thumb of the key that clips are sealed to."""

    camera: str
    enabled: bool
    reader: str | None
    now: list[Recorded]
    clips: int
    bytes: int
    quota_bytes: int


@router.get("/cameras/{camera_id}/recording")
async def one(camera_id: CameraId, parts: PartsDep, by: Resident) -> Recording:
    """How recording stands at one's own camera."""
    return await _standing(parts, _own(parts, camera_id, by.thumb))


@router.put(
    "/cameras/{camera_id}/recording", responses={400: {"description": "No key, or not P-256."}}
)
async def change(camera_id: CameraId, body: NewRule, parts: PartsDep, by: Resident) -> Recording:
    """Change the rule: what records now ends at once, and begins anew where it still may."""
    camera = _own(parts, camera_id, by.thumb)
    rule = Rule(body.enabled, _key(body.reader))
    await parts.clips.set_rule(camera.id, by.thumb, rule)
    parts.recorders.ruled(camera.id, rule)
    return await _standing(parts, camera)


def _key(jwk: dict[str, Any] | None) -> PublicKey | None:
    try:
        return None if jwk is None else PublicKey.from_jwk(jwk)
    except ValueError as error:
        raise BadRequest("bad-key", str(error)) from None


def _own(parts: Parts, camera_id: str, resident: str) -> Camera:
    camera = parts.cameras.get(camera_id)
    if camera is None or camera.resident != resident:
        raise NotFound("no-camera", "you have no such camera")
    return camera


async def _standing(parts: Parts, camera: Camera) -> Recording:
    rule = parts.clips.rule(camera.id)
    size, count = await parts.clips.used(camera.id)
    now = [
        Recorded(grant=one.permit.jti, hubs=list(one.permit.grant.aud), until=one.permit.ends)
        for one in parts.recorders.of(camera.id)
        if one.running
    ]
    return Recording(
        camera=camera.id,
        enabled=rule.enabled,
        reader=None if rule.reader is None else rule.reader.thumb,
        now=now,
        clips=count,
        bytes=size,
        quota_bytes=parts.clips.quota,
    )
