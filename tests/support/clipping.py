"""Clips at a running host (tests.support.hosting), made without a board; and what callers ask."""

import io
import time
from functools import cache
from typing import Any

import httpx
from PIL import Image

from accord import b64
from porchlight.clips import avi
from porchlight.clips.rows import Clip
from porchlight.clips.store import Origin, new_id
from porchlight.clips.writer import Writer
from porchlight.frames import Frame
from porchlight.keys import PublicKey
from tests.support.hosting import InThread, Kit
from tests.support.signing import Signer
from tests.support.viewing import host_frame, picture

CAUSE = {"case": "C-1", "purpose": "fire"}
SIZE = (160, 120)


@cache
def coloured(number: int) -> bytes:
    """One of a few small pictures."""
    return picture(*SIZE, colour=(40 * number % 256, 90, 0))


def frames(count: int = 5, began_ms: int | None = None) -> list[Frame]:
    """Small ones, a tenth of a second apart."""
    began = time.time_ns() // 1_000_000 - 60_000 if began_ms is None else began_ms
    return [
        host_frame(
            number,
            coloured(number % 6),
            captured_ms=began + 100 * number,
            score=1_000 + number,
        )
        for number in range(count)
    ]


def large(count: int) -> list[Frame]:
    """Frames that take a viewer a while."""
    out = io.BytesIO()
    Image.effect_noise((640, 480), 90).convert("RGB").save(out, "JPEG", quality=95)
    shown = frames(count)
    for frame in shown:
        frame.jpeg = out.getvalue()
    return shown


def keep(
    host: InThread,
    kit: Kit,
    jti: str,
    shown: list[Frame] | None = None,
    *,
    keep_s: int = 3_600,
    reader: PublicKey | None = None,
) -> Clip:
    """A clip of this camera, recorded under this grant, as the recorder leaves it."""
    origin = Origin(kit.id, kit.owner.thumb, jti, keep_s, reader)
    clip_id = new_id()
    shape = avi.Shape(*SIZE, origin.about(clip_id))
    writer = Writer(host.parts.clips.folder / kit.id, clip_id, shape, reader)
    for frame in shown or frames():
        writer.add(frame)
    clip = host.wait(host.parts.clips.keep(writer.finish(), origin))
    assert clip is not None
    return clip


def clip_grant(host: InThread, kit: Kit, *hubs: Signer, **more: Any) -> str:
    """A grant for clips; its jti."""
    detail = {"actions": ["clips"]} | more.pop("detail", {})
    return host.grant(kit, *hubs, detail=detail, **more)


def listed(host: InThread, who: Signer, **asked: Any) -> list[str]:
    """The ids of the clips a caller is told of."""
    answer = host.caller(who).get("/clips", **asked)
    assert answer.status_code == 200, answer.text
    return [row["id"] for row in answer.json()["clips"]]


def ask_play(host: InThread, who: Signer, clip: Clip, **changed: Any) -> httpx.Response:
    """Ask to open a clip; a hub for a fire."""
    owner = who.thumb == clip.resident
    body = {"action": "clips"} | ({} if owner else CAUSE) | changed
    return host.caller(who).post(f"/clips/{clip.id}/plays", body)


def open_play(host: InThread, who: Signer, clip: Clip, **changed: Any) -> dict[str, Any]:
    """What a caller is told who opens a clip, which must succeed."""
    answer = ask_play(host, who, clip, **changed)
    assert answer.status_code == 201, answer.text
    opened: dict[str, Any] = answer.json()
    return opened


def fetch(host: InThread, url: str, **headers: str) -> httpx.Response:
    """A ticket's URL, without any proof."""
    return httpx.get(host.http + url, headers=headers, timeout=20, trust_env=False)


def handle(jti: str) -> bytes:
    """The grant's name on the wire."""
    return b64.decode(jti)
