"""What routes ask for: the host's parts, and who is calling.

An open route must say so by not asking for a caller; everything under /api/v1 asks, save streams,
whose ticket is the authority.
"""

import re
from typing import Annotated, Final, cast

from fastapi import Depends, Request
from starlette.requests import HTTPConnection

from porchlight import ahead, dpop, tls
from porchlight.consent.delegates import AGENT
from porchlight.errors import Denied, RequestError, Unauthenticated
from porchlight.parts import Parts
from porchlight.registry import Party
from porchlight.who import roles
from porchlight.who.operator import Operator

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}\Z")


async def parts_of(request: Request) -> Parts:
    """The parts that app.py built. A coroutine, for the framework calls others in a thread."""
    return cast(Parts, request.app.state.parts)


def address_of(connection: HTTPConnection) -> str:
    """Where the peer is; empty if that is not known."""
    return connection.client.host if connection.client else ""


async def keyholder_of(request: Request) -> Party:
    """The registered key that signed this very request, be it an agent's; 401 otherwise."""
    parts = await parts_of(request)
    try:
        party = await _prove(request, parts)
        token = _token(request)
        request.state.operator = parts.operators.resolve(party, token) if token else None
    except RequestError as error:
        parts.metrics.refused("request", error.reason)
        raise
    return party


async def operator_of(
    request: Request, keyholder: Annotated[Party, Depends(keyholder_of)]
) -> Operator | None:
    """The operator who is signed in with the caller's token; None where none came."""
    return cast(Operator | None, request.state.operator)


async def visitor_of(request: Request, keyholder: Annotated[Party, Depends(keyholder_of)]) -> Party:
    """A resident or a hub; 403 for an agent, whose key keeps leases alive and no more. Who their
    operator is does not matter yet: for routes that see to that themselves."""
    if keyholder.kind == AGENT:
        (await parts_of(request)).metrics.refused("request", "agents-only-answer")
        raise Denied("agents-only-answer", "an agent's key only answers for its camera's lease")
    return keyholder


async def caller_of(
    request: Request,
    visitor: Annotated[Party, Depends(visitor_of)],
    operator: Annotated[Operator | None, Depends(operator_of)],
) -> Party:
    """A visitor who may ask for this: hubs with an issuer only through an operator who has a role
    for it (who/roles.py); 403 otherwise."""
    parts = await parts_of(request)
    what = roles.takes(request.method, request.scope["route"].path)
    objection = parts.operators.objection(visitor, operator, what)
    if objection is not None:
        parts.metrics.refused("request", objection)
        raise Denied(objection, "an operator with a role for this has to be signed in")
    return visitor


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
        token=_token(request),
    )
    proof = dpop.verify(headers[0] if headers else "", asked, now)
    party = parts.registry.party(proof.key.thumb)
    if party is None:
        raise Unauthenticated("unknown-key", "this key is not registered at this host")
    parts.seen.once(proof, now)
    if proof.iat > now:
        await ahead.keep(parts.store, proof)
    return party


def _token(request: Request) -> str:
    """The operator's token; empty where none came."""
    headers = request.headers.getlist("authorization")
    if not headers:
        return ""
    scheme, _, token = headers[0].partition(" ")
    if len(headers) > 1 or scheme.lower() != "dpop" or not _TOKEN.match(token):
        raise Unauthenticated("bad-token", "send one operator's token, as Authorization: DPoP ...")
    return token


def _raw_path(request: Request) -> str:
    raw = request.scope.get("raw_path") or request.scope["path"].encode()
    return bytes(raw).partition(b"?")[0].decode("latin-1")


async def resident_of(caller: Annotated[Party, Depends(caller_of)]) -> Party:
    """A caller who is a resident; 403 for a hub."""
    if not caller.is_resident:
        raise Denied("residents-only", "only a resident can do this")
    return caller


Keyholder = Annotated[Party, Depends(keyholder_of)]
PartsDep = Annotated[Parts, Depends(parts_of)]
Visitor = Annotated[Party, Depends(visitor_of)]
OperatorDep = Annotated[Operator | None, Depends(operator_of)]
Caller = Annotated[Party, Depends(caller_of)]
Resident = Annotated[Party, Depends(resident_of)]
