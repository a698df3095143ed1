"""Operators: the people at a hub, signed in at their own agency's OpenID Connect issuer.

The hub takes its operator to the issuer with the nonce it gets here (authorization code, PKCE), and
brings back the ID token. From then on its requests say who asks: `Authorization: DPoP TOKEN`, and
the token's hash as `ath` in the proof. A token opens nothing for another key.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field

from porchlight.api.deps import Caller, OperatorDep, PartsDep, Visitor
from porchlight.errors import NotFound, Unauthenticated
from porchlight.parts import Parts
from porchlight.registry import Party
from porchlight.views.views import SIGNED_OUT
from porchlight.who import codes
from porchlight.who.operator import Operator

router = APIRouter(tags=["operators"])
Pseudonym = Annotated[str, Path(min_length=1, max_length=64)]


class SignIn(BaseModel):
    """What the hub's client takes to the issuer. `expires`: unix seconds, for the ID token."""

    nonce: str
    issuer: str
    client_id: str
    expires: int


class Brought(BaseModel):
    """The ID token, as the issuer gave it to the hub's client."""

    model_config = ConfigDict(extra="forbid", strict=True)
    id_token: str = Field(max_length=16_384)


class Coded(BaseModel):
    """An authorization code, its PKCE verifier, and where the issuer sent it."""

    model_config = ConfigDict(extra="forbid", strict=True)
    code: str = Field(min_length=1, max_length=4_096)
    code_verifier: str = Field(pattern=r"^[A-Za-z0-9._~-]{43,128}$")
    redirect_uri: str = Field(min_length=1, max_length=512)


class Where(BaseModel):
    """A hub's issuer, and where it signs people in."""

    issuer: str
    client_id: str
    authorization_endpoint: str


class Signed(BaseModel):
    """An operator who is signed in. `operator`: a pseudonym, of this host and this hub alone."""

    operator: str
    roles: list[str]
    expires: int


class Session(Signed):
    """A session; the token is shown this once. `expires`: unix seconds."""

    token: str
    token_type: Literal["DPoP"]


class OperatorList(BaseModel):
    """Who is signed in at this hub; one for each session."""

    operators: list[Signed]


@router.post(
    "/operators/sign-in",
    status_code=201,
    responses={404: {"description": "No issuer is registered for this hub."}},
)
async def begin(parts: PartsDep, by: Visitor) -> SignIn:
    """Begin a sign-in: a nonce for one ID token, which this hub's key has to bring."""
    nonce, issuer, expires = await parts.operators.begin(by)
    return SignIn(nonce=nonce, issuer=issuer.url, client_id=issuer.client_id, expires=expires)


@router.post(
    "/operators/session",
    status_code=201,
    responses={404: {"description": "No issuer is registered for this hub."}},
)
async def sign_in(body: Brought, parts: PartsDep, by: Visitor) -> Session:
    """Sign an operator in with the ID token of a sign-in begun here. 503: the issuer is away."""
    token, operator = await parts.operators.sign_in(by, body.id_token)
    return Session(**_signed(operator).model_dump(), token=token, token_type="DPoP")  # noqa: S106


@router.get(
    "/operators/issuer", responses={404: {"description": "No issuer is registered for this hub."}}
)
async def where(parts: PartsDep, by: Visitor) -> Where:
    """Where an operator's browser has to go to sign in. 503: the issuer is away."""
    issuer = parts.operators.to_ask(by)
    endpoint = await codes.authorization_endpoint(issuer)
    return Where(issuer=issuer.url, client_id=issuer.client_id, authorization_endpoint=endpoint)


@router.post(
    "/operators/code",
    status_code=201,
    responses={404: {"description": "No issuer is registered for this hub."}},
)
async def redeem(body: Coded, parts: PartsDep, by: Visitor) -> Session:
    """Sign an operator in with the code that the issuer sent back to the hub's page: the host
    fetches the ID token. 503: the issuer is away."""
    brought = codes.Code(body.code, body.code_verifier, body.redirect_uri)
    text = await codes.redeem(parts.operators.to_ask(by), brought)
    token, operator = await parts.operators.sign_in(by, text)
    return Session(**_signed(operator).model_dump(), token=token, token_type="DPoP")  # noqa: S106


@router.get("/operators/session")
async def current(by: Visitor, operator: OperatorDep) -> Signed:
    """Who is signed in with this request's token."""
    return _signed(_needed(operator))


@router.delete("/operators/session", status_code=204)
async def sign_out(parts: PartsDep, by: Visitor, operator: OperatorDep) -> None:
    """Sign out everywhere at this hub; the views and clips this operator opened end."""
    await _end(parts, by, _needed(operator).id)


@router.get("/operators")
async def listing(parts: PartsDep, by: Caller) -> OperatorList:
    """Who is signed in at this hub. For its admins."""
    return OperatorList(operators=[_signed(one) for one in parts.operators.of(by)])


@router.delete("/operators/{operator}", status_code=204)
async def dismiss(operator: Pseudonym, parts: PartsDep, by: Caller) -> None:
    """End another operator's sessions, views and clips at this hub; what they approved is approved
    no more. For its admins."""
    ended = await _end(parts, by, operator)
    voided = await parts.approvals.void(by, operator)  # after their last session has gone
    if not ended and not voided:
        raise NotFound("no-session", "nobody is signed in under this pseudonym")


async def _end(parts: Parts, by: Party, operator: str) -> int:
    ended = await parts.operators.sign_out(by, operator)
    parts.plays.sign_out(by, operator)
    for view in parts.views.of(by.thumb):
        if view.intent.operator is not None and view.intent.operator.id == operator:
            await parts.views.close(view, SIGNED_OUT)
    return ended


def _needed(operator: Operator | None) -> Operator:
    if operator is None:
        raise Unauthenticated("no-session", "no operator is signed in with this request")
    return operator


def _signed(operator: Operator) -> Signed:
    return Signed(operator=operator.id, roles=sorted(operator.roles), expires=operator.expires)
