"""A resident's log as c2sp.org/tlog-tiles has it: checkpoint, tiles, bundles of entries; a proof of
each entry. For its resident alone: leaves can be guessed from their hashes."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field

from porchlight.api.deps import PartsDep, Resident
from porchlight.audit import tiles
from porchlight.audit.checkpoint import MAX_SIZE
from porchlight.errors import NotFound
from porchlight.parts import Parts
from porchlight.registry import Party

TEXT = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
router = APIRouter(tags=["log"])
Owner = Annotated[str, Path(min_length=1, max_length=64, description="the resident's thumb")]
_AS_TEXT: dict[int | str, dict[str, Any]] = {200: {"content": {"text/plain": {}}}}
_AS_BYTES: dict[int | str, dict[str, Any]] = {200: {"content": {BYTES: {}}}}


class WitnessRow(BaseModel):
    """A witness of this log. Green: it cosigned all there is. Amber: less, or nothing yet."""

    name: str
    state: Literal["green", "amber"]
    size: int = Field(description="how far it cosigned")
    at: int | None = Field(description="when, in unix seconds")
    fault: str | None = Field(
        description="why not the last time: silent, or differs (it was shown another log)"
    )


class About(BaseModel):
    """A resident's log. `vkey`: what its checkpoints are signed with, as c2sp.org/signed-note has
    it; pin it when you first see it."""

    origin: str
    vkey: str
    size: int
    witnesses: list[WitnessRow]
    hubs: dict[str, dict[str, str]] = Field(
        description="the keys (JWK) of the hubs that grants of the caller name, by thumb: with them"
        " the statements in the log are checked"
    )


@router.get("/log/{resident}")
async def about(resident: Owner, parts: PartsDep, by: Resident) -> About:
    """The caller's own log: its key, its size, its witnesses."""
    _own(resident, by.thumb)
    size, seen = await parts.logs.seen(resident)
    found = {each.witness: each for each in seen}
    rows = []
    for name in dict.fromkeys([*parts.asking.names, *found]):
        each = found.get(name)
        known = each.size if each else 0
        state: Literal["green", "amber"] = "green" if each and known == size else "amber"
        fault = parts.asking.fault(resident, name)
        rows.append(
            WitnessRow(
                name=name, state=state, size=known, at=each.at if each else None, fault=fault
            )
        )
    vkey = parts.logs.vkey(resident)
    origin, hubs = vkey.partition("+")[0], await _hubs(parts, by)
    return About(origin=origin, vkey=vkey, size=size, witnesses=rows, hubs=hubs)


@router.get("/log/{resident}/checkpoint", response_class=Response, responses=_AS_TEXT)
async def checkpoint(resident: Owner, parts: PartsDep, by: Resident) -> Response:
    """The newest tree head: c2sp.org/tlog-checkpoint."""
    _own(resident, by.thumb)
    found = await parts.logs.checkpoint(resident)
    if found is None:
        raise NotFound("no-log", "there is no such log of yours")
    return Response(found, media_type=TEXT)


@router.get("/log/{resident}/tile/{path:path}", response_class=Response, responses=_AS_BYTES)
async def tile(
    resident: Owner,
    path: Annotated[str, Path(max_length=64, description="<L>/<N>[.p/<W>] or entries/<N>[.p/<W>]")],
    parts: PartsDep,
    by: Resident,
) -> Response:
    """Hashes of the tree, or entries: c2sp.org/tlog-tiles."""
    _own(resident, by.thumb)
    wanted = tiles.parse(path)
    found = None if wanted is None else await parts.logs.tile(resident, wanted)
    if found is None:
        raise NotFound("no-tile", "the log has no such tile")
    return Response(found, media_type=BYTES)


@router.get("/log/{resident}/proof/{index}", response_class=Response, responses=_AS_TEXT)
async def proof(
    resident: Owner,
    index: Annotated[int, Path(ge=0, le=MAX_SIZE)],
    parts: PartsDep,
    by: Resident,
) -> Response:
    """That an entry is in the log, to be shown to anybody: c2sp.org/tlog-proof."""
    _own(resident, by.thumb)
    found = await parts.logs.proof(resident, index)
    if found is None:
        raise NotFound("no-entry", "the log has no such entry")
    return Response(found, media_type=TEXT)


async def _hubs(parts: Parts, by: Party) -> dict[str, dict[str, str]]:
    named = {thumb for kept in await parts.grants.of(by) for thumb in kept.claims["aud"]}
    found = [parts.registry.party(thumb) for thumb in sorted(named - {by.thumb})]
    return {party.thumb: party.key.jwk() for party in found if party is not None}


def _own(resident: str, caller: str) -> None:
    if resident != caller:
        raise NotFound("no-log", "there is no such log of yours")
