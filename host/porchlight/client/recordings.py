"""Recordings a hub was allowed: listed, and taken away as bundles that prove themselves."""

import asyncio
from pathlib import Path
from typing import Any, Final

from porchlight.client.errors import BadAnswer, Pending
from porchlight.client.models import Clip, Why
from porchlight.client.session import Given, Session

_PAGE: Final = 200
_HALF: Final = ".part"


async def listed(session: Session, camera: str, why: Why) -> list[Clip]:
    """All clips of a camera that a grant covers now, newest first."""
    asked: dict[str, str | int] = {"camera": camera, "case": why.case, "purpose": why.purpose}
    found: list[Clip] = []
    page: Given | None = asked | {"limit": _PAGE}
    while page is not None:
        answer = await session.ask("GET", "/clips", params=page)
        try:
            found += map(Clip.from_row, answer["clips"])
            before = answer["next"]
        except (KeyError, TypeError):
            raise BadAnswer("a list of clips that is none") from None
        page = None if before is None else asked | {"limit": _PAGE, "before": int(before)}
    return found


async def made(session: Session, clip: str, why: Why, approval: str = "") -> dict[str, Any]:
    """A bundle of a clip, as the host says it has made one: id, url, receipt. Pending."""
    asked: dict[str, Any] = why.as_json() | ({"approval": approval} if approval else {})
    found = await session.open_clip(clip, "exports", asked, "export")
    if not isinstance(found, dict):
        raise BadAnswer("an export that is none")
    if "approval" in found:
        raise Pending(str(found["approval"]))
    if "url" not in found:
        raise BadAnswer("an export without a url")
    return found


async def saved(session: Session, clip: str, url: str, folder: Path) -> Path:
    """The bundle at `url` in `folder`: CLIP.zip, whole or not there at all."""
    half = folder / f"{clip}{_HALF}"
    try:
        await _save(session, url, half)
        return half.replace(folder / f"{clip}.zip")
    finally:
        half.unlink(missing_ok=True)


async def _save(session: Session, url: str, path: Path) -> None:
    file = await asyncio.to_thread(path.open, "wb")
    with file:
        async with session.opened(url, signed=False) as answer:
            async for chunk in answer.aiter_bytes():
                await asyncio.to_thread(file.write, chunk)
