"""Problem documents (RFC 9457): the one shape of every answer that is not a success."""

import logging
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection

from accord.errors import Refused
from porchlight.errors import Denied, Invalid, RequestError, StoreError, Unavailable
from porchlight.logs import hush
from porchlight.views.signed import WHAT

MEDIA_TYPE: Final = "application/problem+json"
URN: Final = "urn:porchlight:problem:"
MAX_FAULTS: Final = 8
_log = logging.getLogger(__name__)
_WORDS: Final = {404: "no-such-page", 405: "wrong-method", 400: "bad-request"}
_NOWHERE: Final = "this host has no such page or method"
_DETAILS: Final = {404: _NOWHERE, 405: _NOWHERE, 400: "the body cannot be read"}


class Problem(BaseModel):
    """Why a request was not answered with what it asked for."""

    type: str = Field(examples=["urn:porchlight:problem:no-grant"])
    title: str = Field(examples=["Forbidden"])
    status: int = Field(examples=[403])
    detail: str = Field(examples=["no grant of this camera's resident names this hub"])
    instance: str = Field(examples=["/api/v1/views"])
    reason: str = Field(
        description="one short word, stable; also in the log", examples=["no-grant"]
    )


def not_stored() -> Unavailable:
    """What a caller is told of a StoreError."""
    return Unavailable("not-stored", "the host could not write its log")


def answer(request: HTTPConnection, error: RequestError) -> JSONResponse:
    """The problem document of an error."""
    problem = Problem(
        type=URN + error.reason,
        title=error.title,
        status=error.status,
        detail=error.detail or error.title,
        instance=hush(request.url.path),  # paths of streams hold tickets
        reason=error.reason,
    )
    return JSONResponse(
        problem.model_dump(), error.status, media_type=MEDIA_TYPE, headers=error.headers
    )


def install(app: FastAPI) -> None:
    """Make every error of this app a problem document."""
    app.add_exception_handler(RequestError, _of_ours)
    app.add_exception_handler(Refused, _of_consent)
    app.add_exception_handler(StoreError, _of_the_store)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_routing)
    app.add_exception_handler(Exception, _of_a_bug)


async def _of_ours(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestError)  # noqa: S101 - registered for this class
    return answer(request, error)


async def _of_consent(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Refused)  # noqa: S101 - registered for this class
    return answer(request, Denied(error.reason, WHAT.get(error.reason, "no consent covers this")))


async def _of_the_store(request: Request, error: Exception) -> JSONResponse:
    _log.error("the database refused: %s", error)
    return answer(request, not_stored())


async def _of_validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class
    return answer(request, Invalid("invalid-request", "; ".join(_faults(error))))


def _faults(error: RequestValidationError) -> list[str]:
    """ "body.token: Field required"; never the value that was sent."""
    return [
        f"{'.'.join(str(step) for step in fault['loc'])[:64]}: {fault['msg'][:120]}"
        for fault in error.errors()[:MAX_FAULTS]
    ]


async def _of_routing(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class
    found = RequestError(
        _WORDS.get(error.status_code, "refused"),
        _DETAILS.get(error.status_code, ""),
        headers=dict(error.headers or {}),
    )
    found.status = error.status_code
    return answer(request, found)


async def _of_a_bug(request: Request, error: Exception) -> JSONResponse:
    found: Any = RequestError("internal", "a fault of this host; it is in its log")
    return answer(request, found)
