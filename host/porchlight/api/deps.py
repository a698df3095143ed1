"""What routes ask for: the host's parts, and who is calling.

An open route must say so by not asking for a caller; everything under /api/v1 asks, save streams,
whose ticket is the authority.
"""

from typing import Annotated, cast

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from porchlight import ahead, dpop, tls
from porchlight.errors import Denied, RequestError, Unauthenticated
from porchlight.parts import Parts
from porchlight.registry import Party


async def parts_of(request: Request) -> Parts:
    """The parts that app.py built. A coroutine, for the framework calls others in a thread."""
    return cast(Parts, request.app.state.parts)


def address_of(connection: HTTPConnection) -> str:
    """Where the peer is; empty if that is not known."""
    return connection.client.host if connection.client else ""


async def caller_of(request: Request) -> Party:
    """The registered key that signed this very request; 401 otherwise."""
    parts = await parts_of(request)
    try:
        return await _prove(request, parts)
    except RequestError as error:
        parts.metrics.refused("request", error.reason)
        raise


async def _prove(request: Request, parts: Parts) -> Party:
    now = parts.clock.unix()
    headers = request.headers.getlist("dpop")
    if len(headers) > 1:
        raise Unauthenticated("bad-proof", "send one DPoP header")
    asked = dpop.Asked(
        method=request.method,
        scheme=request.scope["scheme"],
        host=request.headers.get("host", ""),
        path=_raw_path(request),
        body=await request.body(),
        names=(*parts.config.listen.names, *tls.ALWAYS),
    )
    proof = dpop.verify(headers[0] if headers else "", asked, now)
    party = parts.registry.party(proof.key.thumb)
    if party is None:
        raise Unauthenticated("unknown-key", "this key is not registered at this host")
    parts.seen.once(proof, now)
    if proof.iat > now:
        await ahead.keep(parts.store, proof)
    return party


def _raw_path(request: Request) -> str:
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    return bytes(raw).partition(b"?")[0].decode("latin-1")


async def resident_of(caller: Annotated[Party, Depends(caller_of)]) -> Party:
    """A caller who is a resident; 403 for a hub."""
    if not caller.is_resident:
        raise Denied("residents-only", "only a resident can do this")
    return caller


PartsDep = Annotated[Parts, Depends(parts_of)]
Caller = Annotated[Party, Depends(caller_of)]
Resident = Annotated[Party, Depends(resident_of)]
